"""A .NET client of PVEx: DataContract XML made and read by lxml, the JSON and the forms of ASP.NET."""

from __future__ import annotations

import json
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
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
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


def test_the_members_come_back_in_the_order_of_the_contract(pvex: httpx.Client) -> None:
    answer = pvex.get("/api/Invoice/INV-1", headers=XML)

    names = list(members(etree.fromstring(answer.content)))
    assert (len(names), names) == (23, sorted(names))


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


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_the_declaration_and_the_charset_have_to_agree(pvex: httpx.Client, encoding: str) -> None:
    body = contract(visit(1, Number="Größe"), encoding=encoding)

    said = pvex.post(
        "/api/InvoiceBatch", content=body, headers={"content-type": f"text/xml; charset={encoding}"}
    )
    unsaid = pvex.post("/api/InvoiceBatch", content=body, headers={"content-type": "text/xml"})

    assert (said.status_code, stored(pvex, 1)["Number"]) == (200, "Größe")
    assert unsaid.status_code == (200 if encoding == "utf-8" else 400)


def test_members_out_of_order_are_lost(pvex: httpx.Client) -> None:
    one = element(visit(1))
    one.append(one.find(f"{{{NAMESPACE}}}ClientId"))

    answer = pvex.post("/api/InvoiceBatch", content=etree.tostring(make.ArrayOfInvoice(one)), headers=XML)

    assert told(answer) == {"invoices[0].ClientId": "The ClientId field is required."}


def test_a_prefix_for_the_namespace_makes_no_difference(pvex: httpx.Client) -> None:
    prefixed = ElementMaker(namespace=NAMESPACE, nsmap={"d": NAMESPACE})
    one = prefixed.Invoice(*(prefixed(name, str(value)) for name, value in sorted(visit(1).items())))

    answer = pvex.post("/api/InvoiceBatch", content=etree.tostring(prefixed.ArrayOfInvoice(one)), headers=XML)

    assert (answer.status_code, stored(pvex, 1)["Id"]) == (200, "I-1")


@pytest.mark.parametrize(
    ("sent", "printed"),
    [
        ("/Date(1700000000000)/", "2023-11-14T22:13:20Z"),
        ("2025-12-16", "2025-12-16T00:00:00"),
        ("12/16/2025", "2025-12-16T00:00:00"),
        ("2025-12-16T10:00:00.1234567-06:00", "2025-12-16T16:00:00.1234567+00:00"),
    ],
)
def test_json_has_the_dates_of_net(pvex: httpx.Client, sent: str, printed: str) -> None:
    pvex.post("/api/InvoiceBatch", json=[visit(1, DateTime=sent)])

    assert stored(pvex, 1)["DateTime"] == printed


def test_json_has_the_names_of_scripts(pvex: httpx.Client) -> None:
    camel = {name[0].lower() + name[1:]: value for name, value in visit(1, Amount=12.5).items()}

    answer = pvex.post("/api/InvoiceBatch", json=[camel])

    assert (answer.status_code, stored(pvex, 1)["Amount"]) == (200, 12.5)


def test_json_may_be_written_by_hand(pvex: httpx.Client) -> None:
    written = json.dumps(visit(1)).replace('"', "'").replace("'Id':", "Id: /* ours */").replace("}", ",}")

    answer = pvex.post("/api/InvoiceBatch", content=f"[{written}] // done".encode(), headers=JSON)

    assert (answer.status_code, stored(pvex, 1)["Number"]) == (200, "N-1")


def test_json_in_utf_16_is_answered_in_utf_16(pvex: httpx.Client) -> None:
    body = json.dumps([visit(1, Number="")]).encode("utf-16")

    answer = pvex.post(
        "/api/InvoiceBatch", content=body, headers={"content-type": "text/json; charset=utf-16"}
    )

    assert answer.headers["content-type"] == "application/json; charset=utf-16"  # httpx accepts anything
    assert json.loads(answer.content.decode("utf-16"))["ModelState"] == {
        "invoices[0].Number": ["The Number field is required."]
    }


@pytest.mark.parametrize("key", ["[{}].{}", "[{}][{}]"], ids=["dotted", "jquery"])
def test_a_form_spells_a_list(pvex: httpx.Client, key: str) -> None:
    pairs = {key.format(n, name): str(value) for n in (0, 1) for name, value in visit(n + 1).items()}

    answer = pvex.post("/api/InvoiceBatch", data=pairs)

    assert (answer.status_code, stored(pvex, 2)["Number"]) == (200, "N-2")


def test_a_form_spells_one_invoice(pvex: httpx.Client) -> None:
    answer = pvex.post("/api/Invoice", data={**visit(1), "Amount": "1000.10", "DateTime": ""})

    assert answer.status_code == 200
    assert (stored(pvex, 1)["Amount"], stored(pvex, 1)["DateTime"]) == (1000.1, None)


def test_a_form_is_told_its_values(pvex: httpx.Client) -> None:
    answer = pvex.post(
        "/api/InvoiceBatch", content=b"[0].Amount=abc&[0].Number=1", headers={**FORM, "accept": "*/*"}
    )

    state = answer.json()["ModelState"]
    assert state["invoices[0].Amount"] == ["The value 'abc' is not valid for Amount."]
    assert state["invoices[0].RowKey"] == ["The RowKey property is required."]


def test_a_browser_is_answered_in_xml(pvex: httpx.Client) -> None:
    accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

    answer = pvex.get("/api/Invoice/INV-1", headers={"accept": accept})

    assert members(etree.fromstring(answer.content))["Id"] == "INV-1"
