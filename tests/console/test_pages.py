from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from mockserver.console.pages import FURTHER_SCREENS, NAVIGATION
from mockserver.server.application import Application
from tests.control.operators import create, order
from tests.support import sample_vendor
from tests.support.client import Client, Response

TEMPLATES = sorted(
    (Path(str(files("mockserver.console"))) / "templates").rglob("*.html"), key=lambda file: file.name
)


def test_the_head_leads_to_every_screen_in_the_sandbox(browser: Client) -> None:
    order(browser, "A")

    text = browser.get("/_console/?sandbox=new").text

    assert [
        name for name, path, _ in NAVIGATION if f'<a href="/_console{path}?sandbox=new"' not in text
    ] == []


def test_further_screens_have_keys_of_their_own(browser: Client) -> None:
    order(browser, "A")

    text = browser.get("/_console/?sandbox=new").text

    keys = re.findall('data-key="(.)"', text)
    assert (len(set(keys)), len(keys)) == (len(NAVIGATION + FURTHER_SCREENS),) * 2
    assert 'href="/_console/timeline?sandbox=new" data-key="l" hidden>Timeline</a>' in text


def test_a_refusal_leads_to_the_calls_of_its_sandbox(browser: Client) -> None:
    order(browser, "A")

    text = browser.get("/_console/item?sandbox=new&item=none").text

    assert '<a href="/_console/?sandbox=new">All calls of the sandbox new</a>' in text


@pytest.mark.parametrize(("path", "name"), [("/_console/", "Calls"), ("/_console/x/1", "Calls")])
def test_the_head_marks_where_one_is(browser: Client, path: str, name: str) -> None:
    order(browser, "A", sandbox="default")

    text = browser.get(path).text.partition("</header>")[0]

    assert re.findall('aria-current="page">([^<]*)<', text) == [name]


def test_the_head_offers_all_sandboxes_and_shows_the_clock(browser: Client) -> None:
    browser.get("/acme/orders")
    create(browser, freeze="2026-01-05T09:00:00Z")

    text = browser.get("/_console/?sandbox=new").text

    head = text.partition("</header>")[0]
    assert re.findall('<option value="([^"]*)"( selected)?>([^<]*)', head) == [
        ("default", "", "default (1)"),
        ("new", " selected", "new (0)"),
    ]
    assert '<time datetime="2026-01-05T09:00:00Z">09:00</time> <strong>frozen</strong>' in text


def test_the_head_tells_how_far_the_clock_is_ahead(browser: Client) -> None:
    create(browser)
    browser.post("/_mock/sandboxes/new/clock/advance", json={"seconds": 360})

    assert "<strong>+6 min</strong>" in browser.get("/_console/clock?sandbox=new").text


def test_a_page_names_its_twin_with_its_filters(browser: Client) -> None:
    text = browser.get("/_console/?text=%22%3E").text
    twin = "/_console/journal.json?text=%22%3E&amp;sandbox=default"

    assert f'<a href="{twin}">This page as JSON</a>' in text


@pytest.mark.parametrize("path", ["/_console/", "/_console/nope", "/_console/x/9", "/_console/?sandbox=none"])
def test_every_page_is_under_the_policy(browser: Client, path: str) -> None:
    headers = browser.get(path).headers

    assert headers["content-security-policy"] == "default-src 'self'; frame-ancestors 'none'"
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "same-origin")


_FORBIDDEN = r"<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=|https?://(?!127\.0\.0\.1)"


# A report is a file with a policy and a stylesheet of its own.
_PAGES = [file for file in TEMPLATES if file.name != "report_file.html"]


@pytest.mark.parametrize("file", _PAGES, ids=[file.name for file in _PAGES])
def test_a_template_has_nothing_that_the_policy_forbids(file: Path) -> None:
    text = re.sub(r"{[{%].*?[%}]}", "", file.read_text("utf-8"))

    assert re.findall(_FORBIDDEN, text) == []


def test_no_template_trusts_a_text_but_that_of_our_own_pages_and_coloured_json() -> None:
    trusting = {
        file.name for file in TEMPLATES if re.search(r"\|\s*safe|autoescape|Markup", file.read_text("utf-8"))
    }

    assert trusting == {"call_parts.html", "documentation.html", "report_file.html"}


BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "sec-fetch-dest": "document"}
OLD_BROWSER = {"accept": "text/html,*/*;q=0.8"}


@pytest.fixture
def caller(tmp_path: Path) -> Client:
    return sample_vendor.create_client(tmp_path).without("authorization")


def is_page(response: Response) -> bool:
    return response.media_type == "text/html"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (BROWSER, True),
        (OLD_BROWSER, True),
        ({}, False),
        ({"accept": "*/*"}, False),
        ({"accept": "application/json, text/html"}, False),
        ({"accept": "text/html", "sec-fetch-dest": "empty"}, False),
        ({"accept": "*/*", "sec-fetch-dest": "document"}, False),
    ],
)
def test_people_are_answered_with_a_page_and_programs_with_problem_details(
    caller: Client, headers: dict[str, str], *, expected: bool
) -> None:
    response = caller.get("/nope", headers=headers)

    assert (response.status, is_page(response)) == (404, expected)


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("/acne/ui/", 'href="/acme/ui/"'),
        ("/ui/acme", 'href="/acme/ui/"'),
        ("/order", "<code>GET /acme/orders</code>"),
        ("/acme/order", "<code>GET /acme/orders</code>"),
        ("/acme", 'href="/acme/ui/"'),
        ("/_console/scenario", 'href="/_console/scenarios"'),
        ("/sandboxes/one/order", "<code>GET /sandboxes/one/acme/orders</code>"),
    ],
)
def test_the_page_names_the_nearest_thing(caller: Client, path: str, near: str) -> None:
    response = caller.get(path, headers=BROWSER)

    assert (response.status, is_page(response), near in response.text) == (404, True, True)


def test_where_nothing_is_near_the_page_lists_what_there_is(caller: Client) -> None:
    text = caller.get("/zzzzzz/ui/", headers=BROWSER).text

    assert ("<dl>" in text, 'href="/acme/ui/"' in text, 'href="/_console/"' in text) == (False, True, True)


def test_a_method_that_an_address_does_not_have_is_named(caller: Client) -> None:
    response = caller.post("/acme/ui/", headers=BROWSER)

    assert (response.status, is_page(response)) == (405, True)
    assert "has no POST; it has" in response.text
    assert response.headers["allow"]


def test_a_program_at_a_vendor_is_answered_by_the_vendor(caller: Client) -> None:
    assert not is_page(caller.get("/acme/order", headers={"sec-fetch-dest": "empty"}))


def test_a_visitor_at_an_operation_is_answered_by_the_vendor(caller: Client) -> None:
    assert caller.get("/acme/orders", headers=BROWSER).status == 401


def test_the_page_shows_an_address_as_text(caller: Client) -> None:
    text = caller.get("/%3Cscript%3Ealert(1)", headers=BROWSER).text

    assert ("<script>alert" in text, "&lt;script&gt;alert" in text) == (False, True)


def test_a_lost_visitor_is_not_in_the_journal(caller: Client) -> None:
    caller.get("/acme/order", headers=BROWSER)

    assert isinstance(caller.app, Application)
    assert caller.app.journal.kept.entries("default") == []
