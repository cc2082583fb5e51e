from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.payt.records import CHECKSUM, invoice

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
