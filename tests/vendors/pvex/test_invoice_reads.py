from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mockserver.vendors.pvex.rules import DECLARED_ORDER
from tests.support.client import Client, Response
from tests.vendors.pvex.samples import GENERAL, NAMESPACE, invoice

Push = Callable[..., Response]


def ids(answer: Response) -> list[str]:
    return [one["Id"] for one in answer.json]


def test_the_list_shows_every_invoice_deleted_or_not(pvex: Client) -> None:
    assert ids(pvex.get("/api/Invoice")) == ["INV-1", "INV-2", "INV-3"]


def test_the_list_can_be_of_one_subscriber(push: Push, pvex: Client) -> None:
    push(invoice())

    assert ids(pvex.get("/api/Invoice?subscriberId=SUB-1")) == ["I-1"]


def test_the_list_can_be_of_deleted_ones(pvex: Client) -> None:
    assert ids(pvex.get("/api/Invoice?deleted=true")) == ["INV-3"]


def test_a_null_flag_counts_as_not_deleted(push: Push, pvex: Client) -> None:
    push(invoice(Deleted=None))

    assert ids(pvex.get("/api/Invoice?DELETED=False")) == ["I-1", "INV-1", "INV-2"]


def test_a_flag_that_is_none_is_refused(pvex: Client) -> None:
    answer = pvex.get("/api/Invoice?deleted=maybe")

    assert answer.status == 400
    assert answer.json["ModelState"] == {"deleted": ["The value 'maybe' is not valid for deleted."]}


def test_other_query_names_are_ignored(pvex: Client) -> None:
    assert pvex.get("/api/Invoice?page=2").status == 200


def test_json_writes_every_member_in_declared_order(pvex: Client) -> None:
    answer = pvex.get("/api/Invoice/INV-2")

    assert list(answer.json) == list(DECLARED_ORDER)
    assert '"Amount":84.50,"BalanceDue":84.50,"DiscountAmount":null' in answer.text


def test_json_writes_a_point_into_whole_amounts(pvex: Client) -> None:
    assert '"Amount":35.0,' in pvex.get("/api/Invoice/INV-3").text


def test_seven_decimals_of_a_second_are_kept(pvex: Client) -> None:
    assert pvex.get("/api/Invoice/INV-1").json["ApiCreateDate"] == "2025-12-01T15:20:31.4190046Z"


def test_xml_writes_one_invoice_in_alphabetical_order(pvex: Client) -> None:
    answer = pvex.get("/api/Invoice/INV-3", headers={"accept": "text/xml"})

    assert answer.text.startswith(
        f'<Invoice xmlns:i="http://www.w3.org/2001/XMLSchema-instance" xmlns="{NAMESPACE}">'
        "<AdjustmentAmount>0.00</AdjustmentAmount><Amount>35</Amount>"
    )
    assert '<IsComplete>false</IsComplete><IsPaid i:nil="true" /><Number>10003</Number>' in answer.text


def test_xml_writes_a_list(pvex: Client) -> None:
    answer = pvex.get("/api/Invoice", headers={"accept": "application/xml"})

    assert answer.text.startswith("<ArrayOfInvoice ")
    assert answer.text.count("<Invoice>") == 3


def test_an_empty_list_is_still_a_list(pvex: Client) -> None:
    empty = "/api/Invoice?subscriberId=none"

    assert pvex.get(empty).text == "[]"
    assert pvex.get(empty, headers={"accept": "text/xml"}).text.endswith("></ArrayOfInvoice>")


def test_markup_in_a_text_is_escaped(push: Push, pvex: Client) -> None:
    push(invoice(Number="<b>&\r\n]]>"))

    answer = pvex.get("/api/Invoice/I-1", headers={"accept": "text/xml"})

    assert "<Number>&lt;b&gt;&amp;&#xD;\n]]&gt;</Number>" in answer.text


def test_an_unknown_invoice_is_not_found(pvex: Client) -> None:
    answer = pvex.get("/api/Invoice/nope")

    assert answer.status == 404
    assert answer.json["Message"].endswith("'http://testserver/pvex/api/Invoice/nope'.")


def test_another_subscribers_invoice_is_not_found(pvex: Client) -> None:
    assert pvex.get("/api/Invoice/INV-1?subscriberId=SUB-9").status == 404


def test_a_null_in_the_path_is_only_unknown(pvex: Client) -> None:
    answer = pvex.get("/api/Invoice/%00", headers={"accept": "application/xml"})

    assert answer.status == 404
    assert GENERAL not in answer.text


def test_the_fixtures_hold_the_practice_itself(app: Any, sandbox: str) -> None:
    tables = app.sandboxes.dump(sandbox)["pvex/"]

    assert set(tables) == {"credentials", "users", "subscribers", "clients", "providers", "invoices"}
