from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import pytest

from mockserver.console.pages import NAVIGATION
from tests.control.operators import create, order
from tests.support.client import Client

TEMPLATES = sorted(
    (Path(str(files("mockserver.console"))) / "templates").rglob("*.html"), key=lambda file: file.name
)


def test_the_head_leads_to_every_screen_in_the_sandbox(browser: Client) -> None:
    order(browser, "A")

    text = browser.get("/_console/?sandbox=new").text

    assert [name for name, path in NAVIGATION if f'<a href="/_console{path}?sandbox=new"' not in text] == []


@pytest.mark.parametrize(("path", "name"), [("/_console/", "Calls"), ("/_console/x/1", "Calls")])
def test_the_head_marks_where_one_is(browser: Client, path: str, name: str) -> None:
    order(browser, "A", sandbox="default")

    text = browser.get(path).text.partition("</header>")[0]

    assert re.findall('aria-current="page">([^<]*)<', text) == [name]


def test_the_head_offers_all_sandboxes_and_shows_the_clock(browser: Client) -> None:
    browser.get("/acme/orders")
    create(browser, freeze="2026-01-05T09:00:00Z")

    text = browser.get("/_console/?sandbox=new").text

    assert re.findall('<option value="([^"]*)"></option>', text) == ["default", "new"]
    assert "2026-01-05T09:00:00Z <small>frozen</small>" in text


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


@pytest.mark.parametrize("file", TEMPLATES, ids=[file.name for file in TEMPLATES])
def test_a_template_has_nothing_that_the_policy_forbids(file: Path) -> None:
    text = re.sub(r"{[{%].*?[%}]}", "", file.read_text("utf-8"))

    assert re.findall(_FORBIDDEN, text) == []


_FORBIDDEN = r"<script(?![^>]*\ssrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=|https?://(?!127\.0\.0\.1)"


def test_no_template_trusts_a_text_but_that_of_our_own_pages() -> None:
    trusting = {
        file.name for file in TEMPLATES if re.search(r"\|\s*safe|autoescape|Markup", file.read_text("utf-8"))
    }

    assert trusting == {"documentation.html"}
