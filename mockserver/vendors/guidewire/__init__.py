"""Guidewire ClaimCenter: the whole life of bulk invoices and their items, batches, composites."""

from mockserver.vendor import BatchRoom, Vendor
from mockserver.vendors.guidewire import actions, batch, composite, definition, operations, transactions
from mockserver.vendors.guidewire.actions import action, moving
from mockserver.vendors.guidewire.assumptions import ASSUMPTIONS
from mockserver.vendors.guidewire.door import admit
from mockserver.vendors.guidewire.faults import fault, phantom
from mockserver.vendors.guidewire.instants import is_instant
from mockserver.vendors.guidewire.processing import request
from mockserver.vendors.guidewire.refusals import grade, refuse
from mockserver.vendors.guidewire.transactions import reading, remember, writing

VENDOR = Vendor(
    batches={"runBatch": BatchRoom(apply=batch.run, render=batch.answer, ends=batch.aborts, phantom=phantom)},
    operations={
        "createBulkInvoice": writing(operations.create_invoice),
        "createBulkInvoiceItem": writing(operations.create_item),
        "deleteBulkInvoice": writing(operations.delete_invoice),
        "deleteBulkInvoiceItem": writing(operations.delete_item),
        "getAsyncRequest": reading(transactions.show_async_request),
        "getBulkInvoice": reading(operations.show_invoice),
        "getBulkInvoiceItem": reading(operations.show_item),
        "getBulkInvoiceItems": reading(operations.list_items),
        "getBulkInvoices": reading(operations.list_invoices),
        "getOpenApi": reading(definition.openapi_json),
        "getSwagger": reading(definition.swagger_json),
        "placeHoldOnBulkInvoice": writing(moving("place-hold")),
        "requestBulkInvoice": writing(action("request", request)),
        "runComposite": writing(composite.run),
        "stopBulkInvoice": writing(moving("stop")),
        "submitBulkInvoice": writing(action("submit", actions.submit)),
        "updateBulkInvoice": writing(operations.update_invoice),
        "updateBulkInvoiceItem": writing(operations.update_item),
        "validateBulkInvoice": writing(action("validate", actions.validate)),
        "voidBulkInvoice": writing(moving("void")),
        # What in real life others do, under a prefix of its own.
        "helpBulkInvoiceAlong": writing(actions.help_along),
        "runEscalation": writing(actions.run_escalation),
    },
    refuse=refuse,
    grade=grade,
    admit=admit,
    remember=remember,
    fault=fault,
    assumptions=ASSUMPTIONS,
    formats={"date-time": is_instant},
    standing=("payees", "bank-accounts", "claims", "exposures"),
)
