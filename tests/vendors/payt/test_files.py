"""Uploads, to an address that the server makes up."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha3_512
from typing import Any

import pytest

from tests.support.client import Client, Response

CONTENT = b"%PDF-1.7 a made up invoice"
DIGEST = b64encode(sha3_512(CONTENT).digest()).decode()
TYPE = "application/pdf"


def announce(payt: Client, **changes: Any) -> Any:
    file = {"byte_size": len(CONTENT), "checksum": DIGEST, "content_type": TYPE, **changes}
    return payt.post("/v1/files", json={"administration_id": "81", "files": [file]}).json


@pytest.fixture
def url(payt: Client) -> str:
    """Where the bytes go, without the host."""
    told: str = announce(payt)[0]["url"]
    return told.removeprefix("http://testserver")


def upload(payt: Client, url: str, content: bytes = CONTENT, media_type: str = TYPE) -> Response:
    """What a client sends that knows nothing but the URL."""
    return Client(payt.app, {}).put(url, content=content, headers={"content-type": media_type})


def test_a_file_can_be_attached_once_it_is_uploaded(payt: Client, url: str) -> None:
    change = {"invoice_number": "F-1001", "document": {"checksum": DIGEST}}

    def attach() -> Any:
        return payt.patch("/v1/invoices", json={"administration_id": "81", "invoices": [change]}).json

    assert attach()["warnings"] == {"F-1001": ["Document could not be found"]}
    assert upload(payt, url, media_type="Application/PDF; version=1").status == 204
    assert attach() == {"success": True, "count": 1, "errors": {}}
    assert announce(payt) == []


def test_a_file_that_was_only_announced_gets_another_url(payt: Client, url: str) -> None:
    again = announce(payt)

    assert [one["checksum"] for one in again] == [DIGEST]
    assert not again[0]["url"].endswith(url)


def test_the_url_stays_in_the_sandbox_that_a_path_or_a_header_names(
    payt: Client, sandbox: str, url: str
) -> None:
    by_path = payt.without("mock-sandbox").within(f"/sandboxes/{sandbox}/payt")

    assert url.startswith(f"/sandboxes/{sandbox}/payt/storage/uploads/")
    assert announce(by_path)[0]["url"].startswith(f"http://testserver/sandboxes/{sandbox}/payt/storage/")


def test_the_url_in_the_default_sandbox_has_no_prefix(payt: Client) -> None:
    told = announce(payt.without("mock-sandbox"), checksum="d" * 88)

    assert told[0]["url"].startswith("http://testserver/payt/storage/uploads/")


@pytest.mark.parametrize(
    ("content", "media_type", "message"),
    [
        (CONTENT, "text/plain", "Content-Type does not match the announced file"),
        (CONTENT.swapcase(), TYPE, "Checksum does not match the announced file"),
        (
            CONTENT + b"!",
            TYPE,
            "Byte size does not match the announced file, Checksum does not match the announced file",
        ),
    ],
)
def test_bytes_that_were_not_announced_are_refused(
    payt: Client, url: str, content: bytes, media_type: str, message: str
) -> None:
    answer = upload(payt, url, content, media_type)

    assert (answer.status, answer.json) == (422, {"code": "unprocessable_entity", "message": message})
    assert len(announce(payt)) == 1


def test_a_url_is_good_for_four_hours(payt: Client, url: str, set_clock: Callable[[str], None]) -> None:
    set_clock("2026-01-05T12:59:59Z")
    assert upload(payt, url).status == 204

    set_clock("2026-01-05T13:00:00Z")

    assert upload(payt, url).json == {"code": "not_found", "message": "Upload not found"}
