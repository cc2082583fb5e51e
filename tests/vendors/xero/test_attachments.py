"""Files attached to invoices."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client, Response
from tests.vendors.xero.conftest import Read
from tests.vendors.xero.documents import API, B1, INVOICES, R1, ZERO, messages

FILES = f"{INVOICES}/{R1}/Attachments"
PICTURE = bytes(range(256))


def attach(
    xero: Client, name: str, body: bytes = PICTURE, kind: str = "image/png", method: str = "PUT"
) -> Response:
    return xero.request(method, f"{FILES}/{name}", content=body, headers={"content-type": kind})


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_file_comes_back_as_it_went_up(xero: Client, method: str) -> None:
    made = attach(xero, "plan.png", method=method).json["Attachments"][0]

    for name in ("plan.png", made["AttachmentID"], made["AttachmentID"].replace("-", "")):
        found = xero.get(f"{FILES}/{name}")
        assert (found.status, found.body, found.headers["content-type"]) == (200, PICTURE, "image/png")
    assert found.headers["content-disposition"] == 'attachment; filename="plan.png"'


def test_an_upload_is_answered_with_what_is_kept(xero: Client) -> None:
    made = attach(xero, "my plan.png").json["Attachments"][0]

    assert made["Url"].endswith(f"/xero{FILES}/my%20plan.png")
    assert {name: made[name] for name in ("FileName", "MimeType", "ContentLength")} == {
        "FileName": "my plan.png",
        "MimeType": "image/png",
        "ContentLength": 256,
    }
    assert xero.get(FILES).json["Attachments"] == [made]


def test_the_invoice_says_that_it_has_attachments(xero: Client, read: Read) -> None:
    before = read(f"Invoices/{R1}")[0]["HasAttachments"]
    attach(xero, "plan.png")
    xero.post(f"{INVOICES}/{R1}", json={"Invoices": [{"Reference": "New"}]})

    assert (before, read(f"Invoices/{R1}")[0]["HasAttachments"]) == (False, True)


def test_its_history_names_the_file(xero: Client, read: Read) -> None:
    attach(xero, "plan.png")

    line = read(f"Invoices/{R1}/History", member="HistoryRecords")[0]
    assert (line["Changes"], line["Details"]) == (
        "Attached a file",
        "Attached the file plan.png through the Xero API using Xero API Partner",
    )


def test_a_file_of_the_same_name_takes_the_place_of_the_other(xero: Client) -> None:
    first = attach(xero, "plan.png").json["Attachments"][0]
    second = attach(xero, "plan.png", b"newer").json["Attachments"][0]

    assert second["AttachmentID"] == first["AttachmentID"]
    assert [one["ContentLength"] for one in xero.get(FILES).json["Attachments"]] == [5]
    assert xero.get(f"{FILES}/plan.png").body == b"newer"


def test_an_eleventh_file_is_refused_and_a_replacement_is_not(xero: Client) -> None:
    for number in range(10):
        attach(xero, f"{number}.png")

    refused = attach(xero, "10.png")

    assert messages(refused.json["Elements"][0]) == ["A document can have at most 10 attachments"]
    assert attach(xero, "9.png", b"newer").status == 200
    assert [one["FileName"] for one in xero.get(FILES).json["Attachments"]] == [f"{n}.png" for n in range(10)]


@pytest.mark.parametrize(("key", "shown"), [(R1, True), (B1, None)])
def test_only_sales_show_files_online(xero: Client, key: str, shown: Any) -> None:
    made = xero.put(f"{INVOICES}/{key}/Attachments/a.txt?IncludeOnline=true", content=b"a")

    assert made.json["Attachments"][0].get("IncludeOnline") == shown


def test_a_name_tells_the_media_type_where_nobody_else_does(xero: Client) -> None:
    made = attach(xero, "photo.JPG", kind="application/octet-stream").json["Attachments"][0]

    assert made["MimeType"] == "image/jpg"


def test_a_file_of_no_type_at_all_is_refused(xero: Client) -> None:
    answer = attach(xero, "filename", kind="application/octet-stream")

    assert (answer.status, answer.json["Elements"]) == (
        400,
        [
            {
                "AttachmentID": ZERO,
                "FileName": "filename",
                "MimeType": "application/octet-stream",
                "ContentLength": 256,
                "ValidationErrors": [
                    {"Message": "The file couldn't be uploaded because it isn't a supported file type."}
                ],
            }
        ],
    )


@pytest.mark.parametrize("sign", ["%3C", "%3E", "%3A", "%22", "%7C", "%3F", "*", "%5C"])
def test_some_signs_are_not_for_file_names(xero: Client, sign: str) -> None:
    answer = attach(xero, f"a{sign}b.png")

    assert messages(answer.json["Elements"][0]) == ["FileName contains a character that is not allowed"]
    assert xero.get(FILES).json["Attachments"] == []


def test_an_invoice_that_is_not_there_takes_no_file(xero: Client) -> None:
    lost = "99999999-9999-4999-8999-999999999999"
    answer = xero.put(f"{INVOICES}/{lost}/Attachments/a.txt", content=b"a")

    assert messages(answer.json["Elements"][0]) == [f"A document with id '{lost}' could not be found"]
    assert xero.get(f"{INVOICES}/{lost}/Attachments").status == 404


def test_a_file_that_is_not_there_is_a_404(xero: Client) -> None:
    attach(xero, "plan.png")

    assert xero.get(f"{FILES}/other.png").status == 404
    assert xero.get(f"{INVOICES}/{B1}/Attachments/plan.png").status == 404


def test_an_empty_file_is_no_data(xero: Client) -> None:
    answer = attach(xero, "plan.png", b"")

    assert (answer.status, answer.json["ErrorNumber"]) == (400, 17)


def test_bytes_are_in_no_charset(xero: Client) -> None:
    answer = attach(xero, "letter.txt", b"\xe9", kind="text/plain; charset=iso-8859-1")

    assert (answer.status, xero.get(f"{FILES}/letter.txt").body) == (200, b"\xe9")


def test_an_upload_with_a_key_is_kept_once(xero: Client) -> None:
    sent = {"content-type": "image/png", "idempotency-key": "upload-1"}
    first, again = (xero.put(f"{FILES}/plan.png", content=PICTURE, headers=sent) for _ in range(2))

    assert first.body == again.body
    assert len(xero.get(f"{INVOICES}/{R1}/History").json["HistoryRecords"]) == 2


def test_who_may_only_read_cannot_attach(xero: Client) -> None:
    reader = xero.within(authorization="Bearer read-only-token")

    assert reader.get(FILES).status == 200
    assert reader.put(f"{FILES}/a.txt", content=b"a").status == 401


def test_files_are_those_of_one_organisation(xero: Client) -> None:
    attach(xero, "plan.png")
    other = xero.within(xero_tenant_id="00000000-0000-4000-8000-000000000002")

    assert other.get(f"{API}/Invoices/{R1}/Attachments/plan.png").status == 404
