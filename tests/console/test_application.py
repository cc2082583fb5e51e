from __future__ import annotations

import gzip

import pytest
from flask import Blueprint, Response, request

from mockserver.console import application
from mockserver.console.pages import action, page
from mockserver.console.screen import CONSOLE, Screen, Visit, download, move_to
from tests.control.operators import order
from tests.support import sample_vendor
from tests.support.client import Client

PROGRAM = {"accept": "*/*"}


@pytest.fixture
def trying(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Client:
    """A browser of a console with screens that do one thing each."""

    blueprint = Blueprint("try", __name__, url_prefix=CONSOLE)

    @page(blueprint, "/try/keep")
    def keep(_visit: Visit) -> Response:
        return download("kept.txt", "text/plain", b"kept")

    @action(blueprint, "/try/move")
    def move(visit: Visit) -> Response:
        return move_to(visit.address("/", text=request.form["text"]))

    @page(blueprint, "/try/fail")
    def fail(_visit: Visit) -> Screen:
        raise ZeroDivisionError("swordfish")

    @page(blueprint, "/try/tell/<name>")
    def tell(visit: Visit) -> Screen:
        return Screen("refusal.html", {"title": visit.path["name"], "form": dict(request.form)}, 202)

    monkeypatch.setattr(application, "SCREENS", (*application.SCREENS, blueprint))
    client = sample_vendor.create_client(tmp_path_factory.mktemp("specs"))
    return client.within(accept="text/html")


def post(client: Client, path: str, form: str) -> tuple[int, str]:
    response = client.post(
        path, content=form.encode(), headers={"content-type": "application/x-www-form-urlencoded"}
    )
    return response.status, response.headers.get("location", "")


def test_a_screen_is_a_page_and_a_document(trying: Client) -> None:
    page, twin = trying.get("/_console/try/tell/me"), trying.get("/_console/try/tell/me.json")

    assert (page.status, page.media_type, "<h1>me</h1>" in page.text) == (202, "text/html", True)
    assert (twin.status, twin.media_type) == (202, "application/json")
    assert twin.json == {"title": "me", "form": {}}


def test_a_change_leads_to_another_address(trying: Client) -> None:
    assert post(trying, "/_console/try/move?sandbox=one", "text=%26x") == (
        303,
        "/_console/?sandbox=one&text=%26x",
    )


@pytest.mark.parametrize("path", ["/_console/try/keep", "/_console/try/keep.json"])
def test_a_download_has_its_name(trying: Client, path: str) -> None:
    response = trying.get(path)

    assert (response.body, response.media_type) == (b"kept", "text/plain")
    assert response.headers["content-disposition"] == 'attachment; filename="kept.txt"'


@pytest.mark.parametrize("path", ["/_console/try/fail", "/_console/try/fail.json"])
def test_a_screen_that_breaks_says_so_and_no_more(trying: Client, path: str) -> None:
    response = trying.get(path)

    assert (response.status, "the console itself failed: ZeroDivisionError" in response.text) == (500, True)
    assert "swordfish" not in response.text


def test_a_screen_that_only_changes_has_no_document(trying: Client) -> None:
    assert trying.get("/_console/try/move.json").status == 404


def test_a_refusal_of_the_control_plane_keeps_its_status_and_words(browser: Client) -> None:
    page, twin = browser.get("/_console/x/9"), browser.get("/_console/x/9.json")

    assert (page.status, page.media_type) == (404, "text/html")
    assert twin.json["detail"] in page.text
    assert (twin.status, twin.media_type, twin.json["instance"]) == (
        404,
        "application/problem+json",
        "/_console/x/9.json",
    )


def test_a_sandbox_that_is_not_there_is_named_and_its_screen_too(browser: Client) -> None:
    page = browser.get("/_console/?sandbox=nobody")

    assert (page.status, "<h1>The sandbox nobody does not exist yet</h1>" in page.text) == (404, True)
    assert "mockserver send acme --sandbox nobody --url http://testserver" in page.text
    assert '<option value="nobody" selected>nobody</option>' in page.text
    assert '<a href="/_console/sandboxes?sandbox=nobody"' in page.text


@pytest.mark.parametrize("name", ["No_Name", "%3Cb%3E", "a" * 65, "a/b"])
def test_a_name_that_no_sandbox_can_have_is_not_found(browser: Client, name: str) -> None:
    page = browser.get(f"/_console/?sandbox={name}")

    assert (page.status, "a sandbox name is 1 to 64 of a-z, 0-9 and -" in page.text) == (404, True)
    assert "<b>" not in page.text


def test_an_address_without_a_screen_is_a_page_for_people(browser: Client) -> None:
    page = browser.get("/_console/nope")

    assert (page.status, page.media_type, "<h1>Not Found</h1>" in page.text) == (404, "text/html", True)


def test_an_address_without_a_screen_is_a_problem_for_programs(browser: Client) -> None:
    response = browser.get("/_console/nope", headers=PROGRAM)

    assert (response.status, response.media_type) == (404, "application/problem+json")
    assert response.json["detail"] == "nothing is served here; vendors are listed at /_mock/vendors"


def test_a_method_that_a_screen_does_not_have_is_told(browser: Client) -> None:
    response = browser.post("/_console/", headers=PROGRAM)

    assert (response.status, sorted(response.headers["allow"].split(", "))) == (405, ["GET", "HEAD"])


def test_a_page_is_compressed_for_who_takes_it(browser: Client) -> None:
    response = browser.get("/_console/", headers={"accept-encoding": "gzip"})

    assert response.headers["content-encoding"] == "gzip"
    assert b"<h1>Calls</h1>" in gzip.decompress(response.body)


def test_a_page_of_a_call_is_not_taken_for_its_twin(browser: Client) -> None:
    order(browser, "A", sandbox="default")

    assert browser.get("/_console/x/1.json").json["call"]["number"] == 1


def test_without_the_console_nothing_is_there(tmp_path_factory: pytest.TempPathFactory) -> None:
    client = sample_vendor.create_client(tmp_path_factory.mktemp("specs"), console=False)

    assert [client.get(path).status for path in ("/_console/", "/_console/events", "/_console/x/1")] == [
        404
    ] * 3
