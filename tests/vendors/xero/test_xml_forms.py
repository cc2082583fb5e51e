"""Every operation of the accounting says what it is in XML, and answers in it what it says in JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from mockserver.spec.openapi import resolve
from mockserver.spec.xml import XML_MEDIA_TYPES
from tests.support import spec_documents
from tests.support.client import Client
from tests.vendors.xero.documents import BATCHES, TWO_CURRENCIES

DOCUMENT = spec_documents.spec("xero")
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
JSON_ONLY = ("HttpProblem", "Token", "OAuthError", "Connections", "OpenIDConfiguration", "KeySet")


def contents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and media types of every body, sent or answered, that is JSON."""
    for _, _, node in spec_documents.operations(DOCUMENT):
        sent = resolve(DOCUMENT, node.get("requestBody", {})).get("content", {})
        if JSON in sent:
            yield node["operationId"], sent
        for status, answer in node["responses"].items():
            content = resolve(DOCUMENT, answer).get("content", {})
            if JSON in content and not content[JSON]["schema"].get("$ref", "").endswith(JSON_ONLY):
                yield f"{node['operationId']} {status}", content


def test_whatever_is_json_is_xml_too() -> None:
    assert [name for name, content in contents() if not set(XML_MEDIA_TYPES) <= set(content)] == []


def test_whatever_is_sent_as_xml_may_be_sent_in_a_form() -> None:
    sent = [(name, content) for name, content in contents() if " " not in name]

    assert [name for name, content in sent if FORM not in content] == []


def test_a_list_has_a_wrapper_and_names_its_elements() -> None:
    schemas = {
        name: node for name, node in DOCUMENT["components"]["schemas"].items() if name not in JSON_ONLY
    }

    assert [place for name, node in schemas.items() for place in unnamed_lists(node, name)] == []


def unnamed_lists(node: Any, place: str) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "array":
            item = resolve(DOCUMENT, node["items"])
            if "name" not in item.get("xml", {}) or not node.get("xml", {}).get("wrapped"):
                yield place
        for name, child in node.items():
            yield from unnamed_lists(child, f"{place}/{name}")
    elif isinstance(node, list):
        for child in node:
            yield from unnamed_lists(child, place)


@pytest.mark.parametrize("kind", ["case", "curl", "har", "postman", "pytest"])
def test_calls_in_xml_are_exported(xero: Client, kind: str) -> None:
    body = b"<HistoryRecords><HistoryRecord><Details>Hello</Details></HistoryRecord></HistoryRecords>"
    sent = {"content-type": "text/xml", "accept": "text/xml"}
    xero.put(f"{BATCHES}/{TWO_CURRENCIES}/History", content=body, headers=sent)
    place = f"/{xero.headers['mock-sandbox']}/journal/export?format={kind}"

    exported = xero.within(base="/_mock/sandboxes").get(place)

    assert (exported.status, "Details>Hello</Details" in exported.text) == (200, True)
