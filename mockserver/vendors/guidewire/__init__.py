"""Guidewire ClaimCenter: bulk invoices, their items, and batches of calls."""

from mockserver.vendor import BatchRoom, Vendor, one_by_one
from mockserver.vendors.guidewire import batch, operations
from mockserver.vendors.guidewire.instants import is_instant
from mockserver.vendors.guidewire.operations import reading, writing
from mockserver.vendors.guidewire.refusals import grade, refuse

VENDOR = Vendor(
    batches={"runBatch": BatchRoom(apply=one_by_one(batch.run), render=batch.answer, ends=batch.aborts)},
    operations={
        "createBulkInvoice": writing(operations.create_invoice),
        "createBulkInvoiceItem": writing(operations.create_item),
        "getBulkInvoice": reading(operations.show_invoice),
        "getBulkInvoiceItem": reading(operations.show_item),
        "getBulkInvoiceItems": reading(operations.list_items),
        "getBulkInvoices": reading(operations.list_invoices),
        "updateBulkInvoice": writing(operations.update_invoice),
    },
    refuse=refuse,
    grade=grade,
    formats={"date-time": is_instant},
    standing=("payees", "claims", "exposures"),
)
