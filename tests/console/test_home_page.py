from __future__ import annotations

from pathlib import Path

import pytest

from mockserver import __version__
from mockserver.console.site import LANGUAGES
from mockserver.server.application import Application, Options, create_app
from tests.support import sample_vendor
from tests.support.client import Client


@pytest.fixture
def everyone(app: Application) -> Client:
    return Client(app, {"host": "mock.localhost:9000"})


def test_the_page_says_what_this_is_and_its_version(everyone: Client) -> None:
    response = everyone.get("/")

    assert (response.status, response.media_type) == (200, "text/html")
    assert f"<h1>mockserver {__version__}</h1>" in response.text


def test_every_vendor_has_its_address_with_the_host_of_the_request(
    everyone: Client, app: Application
) -> None:
    text = everyone.get("/").text

    assert [
        one.name for one in app.served if f">http://mock.localhost:9000/{one.name}</code>" not in text
    ] == []


@pytest.mark.parametrize("language", [one.id for one in LANGUAGES])
def test_every_vendor_has_a_first_call_in_each_language(
    everyone: Client, app: Application, language: str
) -> None:
    text = everyone.get(f"/?language={language}").text

    assert [one.name for one in app.served if f'<pre id="call-{one.name}"' not in text] == []
    assert text.count('aria-current="true"') == 1


def test_an_unknown_language_is_curl(everyone: Client) -> None:
    assert everyone.get("/?language=cobol").text == everyone.get("/?language=curl").text


def test_a_first_call_changes_nothing_and_leaves_no_sandbox(tmp_path: Path) -> None:
    application = sample_vendor.create_application(tmp_path)
    before = application.sandboxes.dump("default")

    Client(application, {"host": "testserver"}).get("/")

    assert application.sandboxes.dump("default") == before
    assert application.sandboxes.names() == ["default"]
    assert application.journal.entries("default") == []


def test_a_vendor_without_an_example_leads_to_its_operations(tmp_path: Path) -> None:
    sample_vendor.write_spec(tmp_path)
    application = create_app(Options(specs=(tmp_path,), vendors=(sample_vendor.NAME,)))

    text = Client(application, {"host": "testserver"}).get("/").text

    assert ("There is no example batch" in text, "/acme/ui/" in text) == (True, True)


def test_a_first_call_below_a_sandbox_is_one_of_that_sandbox(app: Application) -> None:
    text = Client(app, {"host": "testserver"}).get("/sandboxes/one/").text

    assert [
        one.name for one in app.served if f"http://testserver/sandboxes/one/{one.name}<" not in text
    ] == []


def test_examples_are_made_once(everyone: Client, app: Application) -> None:
    assert app.served
    assert everyone.get("/").text == everyone.get("/").text


def test_a_hostile_host_is_shown_as_text(tmp_path: Path) -> None:
    application = sample_vendor.create_application(tmp_path)

    text = Client(application, {"host": "<script>alert(1)</script>"}).get("/").text

    assert "<script>alert" not in text
