from __future__ import annotations

from mockserver.contract.fuzzing.request_writer import can_write_xml, write_xml

DOCUMENT = {
    "components": {
        "schemas": {
            "Item": {
                "type": "object",
                "xml": {"name": "Invoice", "namespace": "urn:x"},
                "properties": {"B": {"type": "string"}, "A": {"type": "number"}},
            }
        }
    }
}
ITEM = {"$ref": "#/components/schemas/Item"}
LIST = {"type": "array", "items": ITEM, "xml": {"name": "ArrayOfInvoice", "namespace": "urn:x"}}


def test_members_are_written_in_the_order_in_which_a_data_contract_reads_them() -> None:
    assert write_xml({"B": "x", "A": 1.5}, ITEM, DOCUMENT) == (
        b'<ns0:Invoice xmlns:ns0="urn:x"><ns0:A>1.5</ns0:A><ns0:B>x</ns0:B></ns0:Invoice>'
    )


def test_null_is_nil() -> None:
    assert b'nil="true"' in write_xml([None], LIST, DOCUMENT)


def test_what_xml_cannot_carry_is_left_out() -> None:
    assert b"<ns0:B>ab</ns0:B>" in write_xml({"B": "a\x00b"}, ITEM, DOCUMENT)


def test_only_xml_is_written_here() -> None:
    assert [can_write_xml(one) for one in ("text/xml", "application/json", None)] == [True, False, False]
