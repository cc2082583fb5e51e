from __future__ import annotations

from base64 import b64encode
from hashlib import sha3_512
from typing import Any

import pytest

from tests.support.client import Client, Response
from tests.vendors.payt.samples import CHECKSUM, invoice

CONTENT = b"%PDF-1.7 a made up invoice"
DIGEST = b64encode(sha3_512(CONTENT).digest()).decode()
PDF = {"content-type": "application/pdf"}


def file(**changes: Any) -> dict[str, Any]:
    return {"byte_size": len(CONTENT), "checksum": DIGEST, "content_type": "application/pdf", **changes}


def announce(payt: Client, *files: Any) -> Response:
    return payt.post("/v1/files", json={"administration_id": "81", "files": list(files)})


@pytest.fixture
def url(payt: Client) -> str:
    """Where the bytes go, without the host."""
    told: str = announce(payt, file()).json[0]["url"]
    return told.removeprefix("http://testserver")


def upload(payt: Client, url: str, content: bytes = CONTENT, **headers: str) -> Response:
    """What a client sends that knows nothing but the URL."""
    named = {name.replace("_", "-"): text for name, text in headers.items()} or PDF
    return Client(payt.app, {}).put(url, content=content, headers=named)


def test_an_uploaded_file_can_be_attached(payt: Client, url: str, post: Any, shown: Any) -> None:
    assert upload(payt, url).status == 204

    assert post(invoice("D1", document={"checksum": DIGEST})).json == {
        "success": True,
        "count": 1,
        "errors": {},
    }
    assert shown("D1", "document_url")["document_url"] is not None


@pytest.mark.usefixtures("url")
def test_an_announced_file_cannot_be_attached_yet(post: Any) -> None:
    answer = post(invoice("D1", document={"checksum": DIGEST}))

    assert answer.json["warnings"] == {"D1": ["Document could not be found"]}


def test_a_file_that_is_stored_is_not_answered_again(payt: Client, url: str) -> None:
    upload(payt, url)

    assert announce(payt, file(), file(checksum=CHECKSUM)).json == []


def test_a_file_that_was_only_announced_gets_another_url(payt: Client, url: str) -> None:
    again = announce(payt, file()).json

    assert [one["checksum"] for one in again] == [DIGEST]
    assert not again[0]["url"].endswith(url)


def test_a_file_that_a_call_names_twice_gets_one_url(payt: Client) -> None:
    assert len(announce(payt, file(), file()).json) == 1


def test_the_url_stays_in_the_sandbox_that_a_path_names(payt: Client, sandbox: str) -> None:
    client = payt.without("mock-sandbox").within(f"/sandboxes/{sandbox}/payt")

    told = announce(client, file()).json[0]["url"]

    assert told.startswith(f"http://testserver/sandboxes/{sandbox}/payt/storage/uploads/")


def test_the_url_stays_in_the_sandbox_that_a_header_names(
    client: Client, payt: Client, sandbox: str, url: str
) -> None:
    bare = client.without("mock-sandbox").within("")

    answer = bare.put(url, content=CONTENT, headers=PDF)

    assert url.startswith(f"/sandboxes/{sandbox}/payt/storage/uploads/")
    assert answer.status == 204
    assert announce(payt, file()).json == []


def test_the_url_in_the_default_sandbox_has_no_prefix(client: Client) -> None:
    default = client.without("mock-sandbox").within("/payt", authorization="Bearer full-token")

    told = announce(default, file(checksum="d" * 88)).json[0]["url"]

    assert told.startswith("http://testserver/payt/storage/uploads/")


@pytest.mark.parametrize(
    ("content", "media_type", "message"),
    [
        (CONTENT, "text/plain", "Content-Type does not match the announced file"),
        (CONTENT.swapcase(), "application/pdf", "Checksum does not match the announced file"),
        (
            CONTENT + b"!",
            "application/pdf",
            "Byte size does not match the announced file, Checksum does not match the announced file",
        ),
    ],
)
def test_bytes_that_were_not_announced_are_refused(
    payt: Client, url: str, content: bytes, media_type: str, message: str
) -> None:
    answer = upload(payt, url, content, content_type=media_type)

    assert (answer.status, answer.json) == (422, {"code": "unprocessable_entity", "message": message})
    assert len(announce(payt, file()).json) == 1


def test_a_type_may_come_with_parameters(payt: Client, url: str) -> None:
    assert upload(payt, url, content_type="Application/PDF; version=1").status == 204


def test_a_url_is_good_for_four_hours(payt: Client, url: str, set_clock: Any) -> None:
    set_clock("2026-01-05T12:59:59Z")
    assert upload(payt, url).status == 204

    set_clock("2026-01-05T13:00:00Z")
    answer = upload(payt, url)

    assert (answer.status, answer.json) == (404, {"code": "not_found", "message": "Upload not found"})


def test_an_unknown_url_is_not_found(payt: Client) -> None:
    assert upload(payt, "/payt/storage/uploads/nothing").status == 404


@pytest.mark.parametrize(
    ("record", "message"),
    [
        (file(checksum="x" * 20), "files[0][checksum] is the wrong length (should be 88 characters)"),
        (file(byte_size=0), "files[0][byte_size] is invalid"),
        (file(byte_size="many"), "files[0][byte_size] is invalid"),
        (file(content_type=""), "files[0][content_type] can't be blank"),
        ({"byte_size": 1}, "files[0][checksum] is missing, files[0][content_type] is missing"),
        (3, "files[0] is invalid"),
    ],
)
def test_whatever_is_wrong_with_one_file_ends_the_call(
    payt: Client, stored: Any, record: Any, message: str
) -> None:
    before = stored()

    answer = announce(payt, record, file())

    assert (answer.status, answer.json["message"]) == (422, message)
    assert stored() == before


def test_a_size_may_be_written_as_text(payt: Client) -> None:
    assert len(announce(payt, file(byte_size=str(len(CONTENT)))).json) == 1


URL = "https://app.example.com/administrations/81/invoices/2603746/document"
OTHER = "A" * 88


@pytest.mark.parametrize(
    ("member", "message"),
    [
        ("document", "Document checksum is the wrong length (should be 88 characters)"),
        ("ubl_document", "Ubl document checksum is the wrong length (should be 88 characters)"),
    ],
)
def test_a_checksum_of_another_length_refuses_the_record(post: Any, member: str, message: str) -> None:
    answer = post(invoice("D1", **{member: {"checksum": "x" * 20}}))

    assert answer.json == {"success": True, "count": 0, "errors": {"D1": [message]}}


@pytest.mark.parametrize(
    ("member", "message"),
    [("document", "Document could not be found"), ("ubl_document", "Ubl document could not be found")],
)
def test_a_file_that_was_never_uploaded_is_a_warning(
    post: Any, shown: Any, member: str, message: str
) -> None:
    answer = post(invoice("D2", **{member: {"checksum": OTHER}}))

    assert answer.json == {"success": True, "count": 1, "errors": {}, "warnings": {"D2": [message]}}
    assert shown("D2", f"{member}_url") == {f"{member}_url": None}


def test_an_uploaded_file_is_attached(post: Any, shown: Any) -> None:
    answer = post(invoice("D3", document={"checksum": CHECKSUM, "filename": "d3.pdf"}))

    assert answer.json == {"success": True, "count": 1, "errors": {}}
    assert shown("D3", "document_url", "ubl_document_url") == {"document_url": URL, "ubl_document_url": None}


@pytest.mark.parametrize(
    "document",
    [{"destroy": True, "checksum": OTHER}, {"destroy": False}, {"filename": "new.pdf"}, {"checksum": OTHER}],
)
def test_an_attached_file_stays(post: Any, shown: Any, document: Any) -> None:
    post(invoice("D3", document={"checksum": CHECKSUM}))

    assert post(invoice("D3", document=document)).json["count"] == 1

    assert shown("D3", "document_url") == {"document_url": URL}


@pytest.mark.parametrize("document", [{"destroy": True}, {"destroy": True, "checksum": CHECKSUM}, None])
def test_an_attached_file_is_taken_away(post: Any, shown: Any, document: Any) -> None:
    post(invoice("D3", document={"checksum": CHECKSUM}))

    assert post(invoice("D3", document=document)).json == {"success": True, "count": 1, "errors": {}}

    assert shown("D3", "document_url") == {"document_url": None}
