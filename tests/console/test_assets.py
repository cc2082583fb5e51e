from __future__ import annotations

import json
from hashlib import sha256
from importlib.resources import files
from pathlib import Path

import pytest
from a2wsgi import WSGIMiddleware
from flask import Flask

from mockserver.console.assets import MOUNT, Assets, static_address
from tests.support.client import Client

NAMES = sorted(file.name for file in files("mockserver.console").joinpath("static").iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_a_file_may_be_kept_for_ever_at_the_address_of_its_content(browser: Client, name: str) -> None:
    response = browser.get(static_address(name))

    assert (response.status, response.headers["x-content-type-options"]) == (200, "nosniff")
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("query", ["", "?000000000000"])
def test_a_file_at_another_address_is_asked_for_again(browser: Client, query: str) -> None:
    response = browser.get(f"/_console/static/console.css{query}")

    assert (response.status, response.headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize(
    ("name", "media_type"),
    [("console.css", "text/css"), ("live.js", "text/javascript"), ("icon.svg", "image/svg+xml")],
)
def test_a_file_has_its_media_type(browser: Client, name: str, media_type: str) -> None:
    assert browser.get(f"/_console/static/{name}").media_type == media_type


@pytest.mark.parametrize(
    "name", ["nope.js", "live", "__init__.py", ".css", "..%2Fpages.py", "..%2Fstatic%2Flive.js", "%00.js"]
)
def test_nothing_else_is_served(browser: Client, name: str) -> None:
    assert browser.get(f"/_console/static/{name}").status == 404


def test_a_script_is_short_enough_to_be_read() -> None:
    folder = files("mockserver.console").joinpath("static")
    lines = {name: len(folder.joinpath(name).read_text("utf-8").splitlines()) for name in NAMES}

    assert {name: count for name, count in lines.items() if name.endswith(".js") and count >= 150} == {}


CONTENT = b"let x = 1\n"
SHORT = sha256(CONTENT).hexdigest()[:12]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with two assets, of which `lost.css` has no file."""
    row = {"package": "x", "version": "1.0.0", "licence": "MIT", "sha256": sha256(CONTENT).hexdigest()}
    table = [{"name": name, **row} for name in ("x.js", "lost.css")]
    (tmp_path / "assets.json").write_text(json.dumps(table))
    (tmp_path / "x.js").write_bytes(CONTENT)
    return tmp_path


@pytest.fixture
def reader(folder: Path) -> Client:
    app = Flask(__name__)
    app.add_url_rule(f"{MOUNT}/<name>", view_func=Assets.find(folder).file)
    return Client(WSGIMiddleware(app), {"host": "testserver"})  # type: ignore[arg-type] # it has types of its own for ASGI


def test_the_address_of_an_asset_has_a_hash_of_its_content(folder: Path) -> None:
    assert Assets.find(folder).address("x.js") == f"/_console/assets/x.js?{SHORT}"


@pytest.mark.parametrize("name", ["lost.css", "other.js"])
def test_an_asset_that_is_not_there_has_no_address(folder: Path, name: str) -> None:
    assert Assets.find(folder).address(name) == ""


def test_an_asset_that_was_changed_is_not_there(folder: Path) -> None:
    (folder / "x.js").write_bytes(b"let x = 2\n")

    assert Assets.find(folder).address("x.js") == ""


@pytest.mark.parametrize("table", [None, "", "[{}]", '{"a": 1}', "[1]"])
def test_without_a_table_that_can_be_read_there_are_no_assets(tmp_path: Path, table: str | None) -> None:
    if table is not None:
        (tmp_path / "assets.json").write_text(table)

    assert Assets.find(tmp_path).rows == {}


def test_an_asset_at_its_address_may_be_kept_for_ever(reader: Client) -> None:
    response = reader.get(f"/_console/assets/x.js?{SHORT}")

    assert (response.status, response.media_type, response.body) == (200, "text/javascript", CONTENT)
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["x-content-type-options"] == "nosniff"


def test_an_asset_at_an_old_address_is_asked_for_again(reader: Client) -> None:
    assert reader.get("/_console/assets/x.js?old").headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("name", ["lost.css", "assets.json", "..%2Fassets.py"])
def test_only_assets_are_served(reader: Client, name: str) -> None:
    assert reader.get(f"/_console/assets/{name}").status == 404
