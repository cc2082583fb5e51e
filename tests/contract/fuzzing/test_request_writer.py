from __future__ import annotations

from typing import Any

import pytest
import requests

from mockserver.contract.fuzzing.generated_requests import RequestWriter, can_write_xml, write_xml
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.run_state import FindingLedger
from mockserver.contract.target import Address, Target

DOCUMENT = {
    "components": {
        "schemas": {
            "Item": {
                "type": "object",
                "xml": {"name": "Invoice", "namespace": "urn:x"},
                "properties": {"B": {"type": "string"}, "A": {"type": "number"}},
            }
        }
    }
}
ITEM = {"$ref": "#/components/schemas/Item"}
SPEC = load_vendor_api("payt").spec
LIST = {"type": "array", "items": ITEM, "xml": {"name": "ArrayOfInvoice", "namespace": "urn:x"}}


def test_members_are_written_in_the_order_in_which_a_data_contract_reads_them() -> None:
    written = write_xml({"B": "x", "A": 1.5}, ITEM, DOCUMENT)

    assert written.startswith(b'<Invoice xmlns="urn:x"')
    assert written.endswith(b"><A>1.5</A><B>x</B></Invoice>")


def test_null_is_nil() -> None:
    assert b'nil="true"' in write_xml([None], LIST, DOCUMENT)


def test_what_xml_cannot_carry_is_replaced() -> None:
    assert "<B>a\ufffdb</B>".encode() in write_xml({"B": "a\x00b"}, ITEM, DOCUMENT)


def test_only_xml_is_written_here() -> None:
    assert [can_write_xml(one) for one in ("text/xml", "application/json", None)] == [True, False, False]


async def _answers(_scope: Any, _receive: Any, send: Any) -> None:
    headers = [(b"Content-Type", b"text/plain; charset=utf-8"), (b"X-Twice", b"1"), (b"X-Twice", b"2")]
    await send({"type": "http.response.start", "status": 418, "headers": headers})
    await send({"type": "http.response.body", "body": "käse".encode()})


def test_an_answer_is_what_requests_reads_of_it() -> None:
    with Target(Address("http://mock.test/shop", _answers)) as target:
        received = RequestWriter(target, FindingLedger(), SPEC).request("GET", "http://mock.test/shop/a")

    assert (received.status_code, received.text, received.encoding, received.url) == (
        418,
        "käse",
        "utf-8",
        "http://mock.test/shop/a",
    )
    assert received.headers["x-twice"] == "1, 2"
    assert received.raw.headers.getlist("X-Twice") == ["1, 2"]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"params": {"a": ["1", "ü"], "b": ""}},
        {"params": {}, "cookies": {}, "headers": {"X-None": None}},
        {"params": "a=%20", "cookies": {"c": "1"}, "headers": {"X-A": "1"}},
        {"data": b"octets", "headers": {"Content-Type": "text/xml"}},
        {"data": {"a": "1"}},
        {"json": {"a": [1.5]}},
        {"json": []},
        {"files": [("a", (None, b"1"))]},
        {"auth": ("jdoe", "harbor")},
    ],
    ids=str,
)
def test_a_request_is_the_one_that_requests_prepares(given: dict[str, Any]) -> None:
    with Target(Address("http://mock.test/shop", _answers)) as target:
        received = RequestWriter(target, FindingLedger(), SPEC).request(
            "post", "http://mock.test/shop/a", **given
        )
    told = {name: value for name, value in given.items() if name != "headers"}
    headers = {name: text for name, text in given.get("headers", {}).items() if text is not None}
    wanted = requests.Request("POST", "http://mock.test/shop/a", headers=headers, **told).prepare()

    sent = received.request
    assert (sent.method, sent.url) == (wanted.method, wanted.url)
    assert _without_boundary(sent) == _without_boundary(wanted)


def _without_boundary(prepared: requests.PreparedRequest) -> tuple[dict[str, str], bytes]:
    """Return headers and body with nothing of the boundary, which is drawn for each request."""
    headers = {name.lower(): str(text) for name, text in prepared.headers.items()}
    boundary = headers.get("content-type", "").partition("boundary=")[2]
    body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body or b""
    if boundary:
        headers["content-type"] = headers["content-type"].replace(boundary, "")
        body = body.replace(boundary.encode(), b"")
    return headers, body
