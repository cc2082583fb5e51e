"""The documentation at its address: pages, search, pictures, and what is not there."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import pytest

from mockserver.console import documentation
from mockserver.console.documentation import documentation_document
from tests.support.client import Client

DOCS = "/_console/docs/"


@pytest.mark.parametrize("name", ["", "first-answer", "vendors/vba"])
def test_a_page_is_shown_with_its_json_twin(browser: Client, name: str) -> None:
    shown = browser.get(f"{DOCS}{name}")
    twin = browser.get(f"/_console/docs{'/' * bool(name)}{name}.json")

    assert (shown.status, shown.text.count("<h1")) == (200, 1)
    assert twin.json["html"] in shown.text


def test_a_search_works_with_a_link_alone(browser: Client) -> None:
    shown = browser.get(f"{DOCS}?search=idempotency+key")

    assert "sections have “idempotency key”" in shown.text
    assert '<a href="/_console/docs/decisions#idempotency-keys-of-our-own">' in shown.text


def test_a_picture_is_served(browser: Client) -> None:
    assert browser.get(f"{DOCS}speed.svg").media_type == "image/svg+xml"


@pytest.mark.parametrize("name", ["nothing", "../mkdocs.yml", "first-answer.md", "nothing.svg"])
def test_what_is_not_there_is_a_404(browser: Client, name: str) -> None:
    assert browser.get(f"{DOCS}{name}").status == 404


def test_a_page_is_made_outside_of_the_thread_that_answers_all_calls(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []

    def document(*given: Any) -> Mapping[str, Any]:
        threads.append(threading.current_thread())
        return documentation_document(*given)

    monkeypatch.setattr(documentation, "documentation_document", document)
    browser.get(f"{DOCS}limits")

    assert threads != [threading.current_thread()]
