from __future__ import annotations

import pytest

from tests.support.client import Client
from tests.vendors.xero.documents import INVOICES, R1

FILES = f"{INVOICES}/{R1}/Attachments"
PICTURE = bytes(range(256))


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_file_comes_back_as_it_went_up(xero: Client, method: str) -> None:
    sent = xero.request(method, f"{FILES}/plan.png", content=PICTURE, headers={"content-type": "image/png"})

    made = sent.json["Attachments"][0]
    for name in ("plan.png", made["AttachmentID"], made["AttachmentID"].replace("-", "")):
        found = xero.get(f"{FILES}/{name}")
        assert (found.status, found.body, found.headers["content-type"]) == (200, PICTURE, "image/png")
    assert xero.get(FILES).json["Attachments"] == [made]
