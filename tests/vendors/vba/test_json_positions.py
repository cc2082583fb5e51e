"""Where a value stands that cannot be read, as the framework tells it (docs/vendors/vba.md#refusals)."""

from __future__ import annotations

import pytest

from tests.support.client import Client
from tests.vendors.vba.conftest import envelope


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        (b'{\n  "invoice_Key": "x"\n}', 1, 20),
        (b'{"description": "\\"}, {", "INVOICE_KEY" : [1]}', 0, 43),
        ('{"description":"ü","invoice_Key":true}'.encode(), 0, 38),
        (b'{"x":[{"y":[1,2]},{}],"invoice_Key":{}}', 0, 37),
        (b'{"invoice_Key":1,"invoice_Key":null}', 0, 35),
        (b'{"x":' + b"9" * 300 + b',"invoice_Key":1.5}', 0, 323),
    ],
    ids=[
        "lines",
        "brackets in a text",
        "bytes, not characters",
        "an object",
        "the last of two",
        "long number",
    ],
)
def test_a_value_that_cannot_be_read_is_told_with_its_place(
    vba: Client, content: bytes, line: int, column: int
) -> None:
    answer = vba.post("/claim-invoice", content=content, headers={"content-type": "application/json"})

    detail = (
        "The JSON value could not be converted to System.Int32. "
        f"Path: $.invoice_Key | LineNumber: {line} | BytePositionInLine: {column}."
    )
    assert envelope(answer) == (400, detail)


@pytest.mark.parametrize(
    ("path", "model"), [("/claim-invoice", "ClaimInvoice"), ("/payees", "Payee")], ids=["invoice", "payee"]
)
def test_a_single_record_that_cannot_be_read_names_its_class(vba: Client, path: str, model: str) -> None:
    answer = vba.post(path, content=b"{", headers={"content-type": "application/json"})

    detail = (
        f"The JSON value could not be converted to VBAPI.Models.{model}. "
        "Path: $ | LineNumber: 0 | BytePositionInLine: 1."
    )
    assert envelope(answer) == (400, detail)


def test_a_payee_whose_id_ends_like_a_batch_is_one_record_all_the_same(vba: Client) -> None:
    answer = vba.put("/payees/night-batch", content=b"[]", headers={"content-type": "application/json"})

    assert "converted to VBAPI.Models.Payee. Path: $ " in str(envelope(answer)[1])


def test_a_place_is_counted_in_utf_8_without_byte_order_mark(vba: Client) -> None:
    answer = vba.post(
        "/claim-invoice",
        content='{"invoice_Key":"ü"}'.encode("utf-16"),
        headers={"content-type": "application/json; charset=utf-16"},
    )

    assert "BytePositionInLine: 19." in str(envelope(answer)[1])
