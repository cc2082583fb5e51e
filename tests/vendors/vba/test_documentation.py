"""What is pasted from the vendor's own samples works: they name everything "string"."""

from __future__ import annotations

from tests.support.client import Client
from tests.vendors.vba.conftest import results

_INSTANT = "2019-08-24T14:15:22Z"
_SAMPLE = {
    "invoice_Key": 0,
    "description": "string",
    "due_Date": _INSTANT,
    "entry_Date": _INSTANT,
    "entry_User": "string",
    "invoice_Date": _INSTANT,
    "invoice_Number": "string",
    "invoice_Status": "string",
    "payee_ID": "string",
    "update_Date": _INSTANT,
    "update_User": "string",
}


def test_the_sample_of_a_batch_is_stored(vba: Client) -> None:
    answer = vba.put("/claim-invoice-batch", json=[_SAMPLE], headers={"vbasoftware-database": "string"})

    ((_, status, message),) = results(answer)
    assert (answer.status, status, message) == (207, 201, "Created")


def test_the_payee_of_the_samples_is_read_by_its_id(vba: Client) -> None:
    answer = vba.get("/payees/string", headers={"vbasoftware-database": "string"})

    assert (answer.status, answer.json["data"]["payee_ID"]) == (200, "string")
