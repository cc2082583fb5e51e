from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from starlette.applications import Starlette

from mockserver.console.assets import Assets
from tests.support.client import Client

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
    return Client(Starlette(routes=[Assets.find(folder).route()]), {"host": "testserver"})


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
