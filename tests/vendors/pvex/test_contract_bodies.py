from __future__ import annotations

from decimal import Decimal

from mockserver.vendors.pvex.contract_bodies import form, text_json, xml

ONE = {"Number": "7 & <8>", "Amount": Decimal("10.50"), "Deleted": True, "SiteId": None, "RowKey": 3}


def test_json_keeps_the_scale_of_amounts() -> None:
    assert text_json([ONE]) == (
        b'[{"Number": "7 & <8>", "Amount": 10.50, "Deleted": true, "SiteId": null, "RowKey": 3}]'
    )


def test_xml_has_its_members_in_order_in_the_namespace_of_the_contract() -> None:
    assert xml([ONE, {"Id": "é"}]).decode() == (
        '<ArrayOfInvoice xmlns="http://schemas.datacontract.org/2004/07/PVExDataModel" '
        'xmlns:i="http://www.w3.org/2001/XMLSchema-instance">'
        "<Invoice><Amount>10.50</Amount><Deleted>true</Deleted><Number>7 &amp; &lt;8&gt;</Number>"
        '<RowKey>3</RowKey><SiteId i:nil="true"/></Invoice>'
        "<Invoice><Id>é</Id></Invoice></ArrayOfInvoice>"
    )


def test_a_form_numbers_its_invoices_from_zero() -> None:
    assert form([{"Number": "a b", "SiteId": None}, {"Amount": Decimal("1E+3")}]) == (
        b"%5B0%5D.Number=a+b&%5B0%5D.SiteId=&%5B1%5D.Amount=1000"
    )
