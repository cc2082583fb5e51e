"""Kinds of documents: invoices, and the credits that can be taken off them.

Invoices and credit notes are sent, checked and stored alike; overpayments and prepayments come of bank
transactions. Source: docs/vendors/xero.md#invoice, #credits.
"""

from collections.abc import Mapping

from mockserver.model import Value
from mockserver.vendor import Request


class DocumentKind(Value, frozen=True):
    """A kind of document: where it is stored, its name in messages, its members, its types.

    `sales` are the types of documents with customers, the first that which can be created; `purchases` those
    with suppliers. `unsettled` is the amount that is still to be paid or used, `settled` are the amounts that
    were. `number` is "" for a kind without numbers; `prefix` begins that of a sale which came without one.
    `due` says whether an approved one needs a due date.
    """

    collection: str
    plural: str
    label: str
    id: str
    sales: tuple[str, ...]
    purchases: tuple[str, ...]
    unsettled: str = "RemainingCredit"
    number: str = ""
    prefix: str = ""
    settled: tuple[str, ...] = ()
    due: bool = False

    @property
    def name(self) -> str:
        """The member that holds a document of this kind."""
        return self.id.removesuffix("ID")

    @property
    def sale(self) -> str:
        """The type of a sale that can be created."""
        return self.sales[0]

    @property
    def purchase(self) -> str:
        """The type of a purchase that can be created."""
        return self.purchases[0]


INVOICE = DocumentKind(
    collection="invoices",
    plural="Invoices",
    label="Invoice",
    id="InvoiceID",
    sales=("ACCREC",),
    purchases=("ACCPAY",),
    unsettled="AmountDue",
    number="InvoiceNumber",
    prefix="INV-",
    settled=("AmountPaid", "AmountCredited"),
    due=True,
)
CREDIT_NOTE = DocumentKind(
    collection="credit-notes",
    plural="CreditNotes",
    label="Credit Note",
    id="CreditNoteID",
    sales=("ACCRECCREDIT",),
    purchases=("ACCPAYCREDIT",),
    number="CreditNoteNumber",
    prefix="CN-",
)
OVERPAYMENT = DocumentKind(
    collection="overpayments",
    plural="Overpayments",
    label="Overpayment",
    id="OverpaymentID",
    sales=("RECEIVE-OVERPAYMENT", "AROVERPAYMENT"),
    purchases=("SPEND-OVERPAYMENT",),
)
PREPAYMENT = DocumentKind(
    collection="prepayments",
    plural="Prepayments",
    label="Prepayment",
    id="PrepaymentID",
    sales=("RECEIVE-PREPAYMENT", "ARPREPAYMENT"),
    purchases=("SPEND-PREPAYMENT", "APPREPAYMENT"),
)
CREDITS = (CREDIT_NOTE, PREPAYMENT, OVERPAYMENT)
"""In the order in which an invoice lists them."""

_BY_COLLECTION: Mapping[str, DocumentKind] = {one.collection: one for one in (INVOICE, CREDIT_NOTE)}


def kind_of(request: Request) -> DocumentKind:
    """Return the kind of document that a batch operation writes; for others that of an invoice."""
    batch = request.operation.batch
    return _BY_COLLECTION.get(batch.collection, INVOICE) if batch else INVOICE
