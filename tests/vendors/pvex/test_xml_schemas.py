"""Bodies and replies in XML are such as the spec's XML schemas describe."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mockserver.contract.fuzzing.generated_requests import write_xml
from mockserver.server.application import Application
from mockserver.spec.typed_xml import read
from tests.support.client import Client
from tests.vendors.pvex.samples import BATCH, XML, invoice, less


@pytest.fixture
def document(app: Application) -> Any:
    return next(one.spec.document for one in app.served if one.name == "pvex")


def schema(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def test_what_is_written_is_stored_and_read_back(pvex: Client, document: Any) -> None:
    sent = invoice(Amount=12.5, IsPaid=True, SiteId=None, Bogus={"a b": [None]})

    pvex.post(BATCH, content=write_xml([None, sent], schema("InvoiceBatchXml"), document), headers=XML)
    answer = pvex.get("/api/Invoice?subscriberId=SUB-1", headers={"accept": "text/xml"})

    (kept,) = read(answer.body, schema("StoredInvoicesXml"), document)
    shown = (kept["Amount"], kept["IsPaid"], kept["SiteId"], kept["RowKey"])
    assert shown == (Decimal("12.5"), True, None, 1)


def test_an_error_is_read_by_its_schema(pvex: Client, document: Any) -> None:
    answer = pvex.post(
        BATCH, content=write_xml([less("Number")], schema("InvoiceBatchXml"), document), headers=XML
    )

    error = read(answer.body, schema("HttpErrorXml"), document)
    assert error["ModelState"] == {"invoices_x005B_0_x005D_.Number": "The Number field is required."}


def test_another_root_is_no_answer(document: Any) -> None:
    with pytest.raises(ValueError, match="expected the element Error"):
        read(b"<Fault/>", schema("HttpErrorXml"), document)
