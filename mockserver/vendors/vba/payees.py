"""Payees: build the stored row from the sent one."""

from mockserver.model import Document, Json
from mockserver.sandbox.store import State
from mockserver.vendor import Request
from mockserver.vendors.vba.record_names import CLAIM_INVOICE, PAYEE
from mockserver.vendors.vba.tables import BuildRow, Reference, Table

TEXT_MEMBERS = (
    "name",
    "address",
    "address2",
    "city",
    "state",
    "zip_Code",
    "federal_ID",
    "phone_Number",
    "email_Address",
)
FLAG_MEMBERS = ("inactive", "virtual_Office", "void_Checks", "w9_Received", "wire_Transfer")
_BLANK: Document = {"payee_ID": None, **dict.fromkeys(TEXT_MEMBERS), **dict.fromkeys(FLAG_MEMBERS, False)}


def _prepare(_request: Request, _state: State) -> BuildRow:
    """Return a payee needs nothing but what was sent."""
    return _build_row


def _build_row(sent: Document, key: Json, _stored: Document | None) -> Document:
    """Return the whole row anew: a text left out is null, a flag false; no unknown member gets here."""
    return {**_BLANK, **sent, "payee_ID": key}


TABLE = Table(
    names=PAYEE,
    blank_key=None,
    key_type=str,
    prepare=_prepare,
    references=(
        Reference(
            "FK_Claim_Invoice_Payee",
            CLAIM_INVOICE.collection,
            "Claim_Invoice",
            "payee_ID",
            assumption="fk_payee",
        ),
    ),
)
