from __future__ import annotations

from importlib.resources import files

import pytest

from mockserver.console.assets import static_address
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
