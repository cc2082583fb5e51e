"""A .NET client of PVEx: DataContract XML, made and read by lxml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from lxml import etree
from lxml.builder import ElementMaker

from tests.vendors.pvex.samples import visit

NAMESPACE = "http://schemas.datacontract.org/2004/07/PVExDataModel"
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"
NIL = f"{{{INSTANCE}}}nil"
XML = {"content-type": "application/xml", "accept": "application/xml"}
LOGIN = {"grant_type": "password", "username": "sync@cedarhollow.example", "password": "cedar-hollow-9"}
ENCODED = re.compile("_x([0-9A-F]{4})_")
make = ElementMaker(namespace=NAMESPACE, nsmap={None: NAMESPACE, "i": INSTANCE})


@pytest.fixture
def pvex(base: str) -> Iterator[httpx.Client]:
    """A client that has logged in."""
    with httpx.Client(base_url=f"{base}/pvex") as client:
        token = client.post("/token", data=LOGIN).json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        yield client


def element(invoice: Mapping[str, Any]) -> Any:
    """An invoice as the serializer writes it: members in alphabetical order, null as nil."""
    made = make.Invoice()
    for name, value in sorted(invoice.items()):
        member = etree.SubElement(made, f"{{{NAMESPACE}}}{name}")
        if value is None:
            member.set(NIL, "true")
        else:
            member.text = str(value).lower() if isinstance(value, bool) else str(value)
    return made


def contract(*invoices: Mapping[str, Any], encoding: str = "utf-8") -> bytes:
    """A list of invoices with its XML declaration."""
    root = make.ArrayOfInvoice(*map(element, invoices))
    made: bytes = etree.tostring(root, xml_declaration=True, encoding=encoding)
    return made


def told(answer: httpx.Response) -> dict[str, str]:
    """`ModelState` of an XML error, its names decoded."""
    state = etree.fromstring(answer.content).find("ModelState")
    return {ENCODED.sub(lambda code: chr(int(code[1], 16)), one.tag): one.text for one in state}


def members(invoice: Any) -> dict[str, str | None]:
    """An invoice that was answered in XML; null is None."""
    return {etree.QName(one).localname: None if one.get(NIL) else one.text for one in invoice}


def stored(client: httpx.Client, number: int) -> Any:
    return client.get(f"/api/Invoice/I-{number}", headers={"accept": "application/json"}).json()


def test_a_list_goes_there_and_comes_back(pvex: httpx.Client) -> None:
    sent = [visit(1, Amount="12.50", IsPaid=True, SiteId=None), visit(2, Deleted=False)]

    answer = pvex.post("/api/InvoiceBatch", content=contract(*sent), headers=XML)

    back = etree.fromstring(pvex.get("/api/Invoice?subscriberId=SUB-1", headers=XML).content)
    first, second = map(members, back)
    assert (answer.status_code, answer.content, back.tag) == (200, b"", f"{{{NAMESPACE}}}ArrayOfInvoice")
    assert (first["Amount"], first["IsPaid"], first["SiteId"]) == ("12.50", "true", None)
    assert (second["Deleted"], second["RowKey"]) == ("false", "2")


def test_what_came_back_can_be_sent_again(pvex: httpx.Client) -> None:
    whole = pvex.get("/api/Invoice", headers=XML).content

    answer = pvex.post("/api/InvoiceBatch", content=whole, headers=XML)

    assert (answer.status_code, pvex.get("/api/Invoice", headers=XML).content) == (200, whole)


def test_one_invoice_is_a_root_of_its_own(pvex: httpx.Client) -> None:
    answer = pvex.post("/api/Invoice", content=etree.tostring(element(visit(7, CheckSum=5))), headers=XML)

    assert (answer.status_code, stored(pvex, 7)["CheckSum"]) == (200, 5)


def test_errors_name_their_places_in_the_names_of_elements(pvex: httpx.Client) -> None:
    body = contract(visit(1), visit(2, Number=None), visit(3, SyncId="x" * 51))

    answer = pvex.post("/api/InvoiceBatch", content=body, headers=XML)

    assert answer.status_code == 400
    assert told(answer) == {
        "invoices[1].Number": "The Number field is required.",
        "invoices[2].SyncId": "The field SyncId must be a string with a maximum length of 50.",
    }
    assert pvex.get("/api/Invoice/I-1").status_code == 404


def test_a_prefix_for_the_namespace_makes_no_difference(pvex: httpx.Client) -> None:
    prefixed = ElementMaker(namespace=NAMESPACE, nsmap={"d": NAMESPACE})
    one = prefixed.Invoice(*(prefixed(name, str(value)) for name, value in sorted(visit(1).items())))

    answer = pvex.post("/api/InvoiceBatch", content=etree.tostring(prefixed.ArrayOfInvoice(one)), headers=XML)

    assert (answer.status_code, stored(pvex, 1)["Id"]) == (200, "I-1")
