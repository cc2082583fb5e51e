from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mockserver.app import Application
from mockserver.contract.generated.xml_bodies import written
from mockserver.typed_xml import read
from tests.support.client import Client
from tests.vendors.pvex.bodies import BATCH, XML, invoice, less


@pytest.fixture
def document(app: Application) -> Any:
    return next(one.spec.document for one in app.served if one.name == "pvex")


def schema(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def test_what_is_written_is_stored_and_read_back(pvex: Client, document: Any) -> None:
    sent = invoice(Amount=12.5, IsPaid=True, SiteId=None, Bogus={"a b": [None]})

    pvex.post(BATCH, content=written([None, sent], schema("InvoiceBatchXml"), document), headers=XML)
    answer = pvex.get("/api/Invoice?subscriberId=SUB-1", headers={"accept": "text/xml"})

    (kept,) = read(answer.body, schema("StoredInvoicesXml"), document)
    assert (kept["Amount"], kept["IsPaid"], kept["SiteId"], kept["RowKey"]) == (
        Decimal("12.5"),
        True,
        None,
        1,
    )


def test_an_error_is_read_by_its_schema(pvex: Client, document: Any) -> None:
    answer = pvex.post(
        BATCH, content=written([less("Number")], schema("InvoiceBatchXml"), document), headers=XML
    )

    error = read(answer.body, schema("HttpErrorXml"), document)
    assert error["ModelState"] == {"invoices_x005B_0_x005D_.Number": "The Number field is required."}


def test_another_root_is_no_answer(document: Any) -> None:
    with pytest.raises(ValueError, match="expected the element Error"):
        read(b"<Fault/>", schema("HttpErrorXml"), document)
