"""Payees: what an invoice's `payee_ID` points at."""

from mockserver.model import Document, Json
from mockserver.store import State
from mockserver.vendor import Request
from mockserver.vendors.vba.names import CLAIM_INVOICE, PAYEE
from mockserver.vendors.vba.table import Record, Reference, Table

TEXTS = (
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
FLAGS = ("inactive", "virtual_Office", "void_Checks", "w9_Received", "wire_Transfer")


def _ready(_request: Request, _state: State) -> Record:
    """A payee needs nothing but what was sent."""
    return _record


def _record(sent: Document, key: Json, _stored: Document | None) -> Document:
    """The whole row anew: a text left out is null, a flag false."""
    texts = {name: sent.get(name) for name in TEXTS}
    return {"payee_ID": key, **texts, **{name: sent.get(name, False) for name in FLAGS}}


TABLE = Table(
    names=PAYEE,
    blank=None,
    spell=str,
    ready=_ready,
    references=(
        Reference(
            "FK_Claim_Invoice_Payee", CLAIM_INVOICE.collection, "Claim_Invoice", "payee_ID", switch="fk_payee"
        ),
    ),
)
