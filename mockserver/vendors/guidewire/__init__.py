"""Guidewire ClaimCenter: lifecycle of bulk invoices and items, batches, composites."""

from mockserver.vendor import BatchHandler, Vendor
from mockserver.vendors.guidewire import (
    api_definition,
    batches,
    bulk_invoices,
    custom_actions,
    request_headers,
)
from mockserver.vendors.guidewire.attributes import is_instant
from mockserver.vendors.guidewire.custom_actions import action_handler, request_invoice, transition_handler
from mockserver.vendors.guidewire.errors import REFUSALS
from mockserver.vendors.guidewire.refusals import classify, extra_outcome, fault_problem, refuse
from mockserver.vendors.guidewire.request_headers import admit, read_handler, remember_failure, write_handler

VENDOR = Vendor(
    batches={
        "runBatch": BatchHandler(
            apply=batches.run_batch,
            render=batches.render_batch,
            aborts_batch=batches.aborts_batch,
            extra_outcome=extra_outcome,
        )
    },
    operations={
        "createBulkInvoice": write_handler(bulk_invoices.create_invoice),
        "createBulkInvoiceItem": write_handler(bulk_invoices.create_item),
        "deleteBulkInvoice": write_handler(bulk_invoices.delete_invoice),
        "deleteBulkInvoiceItem": write_handler(bulk_invoices.delete_item),
        "getAsyncRequest": read_handler(request_headers.show_async_request),
        "getApis": read_handler(api_definition.list_apis),
        "getBulkInvoice": read_handler(bulk_invoices.show_invoice),
        "getBulkInvoiceItem": read_handler(bulk_invoices.show_item),
        "getBulkInvoiceItems": read_handler(bulk_invoices.list_items),
        "getBulkInvoices": read_handler(bulk_invoices.list_invoices),
        "getClaim": read_handler(bulk_invoices.show_claim),
        "getClaimInfos": read_handler(bulk_invoices.list_claim_infos),
        "getClaims": read_handler(bulk_invoices.list_claims),
        "getOpenApi": read_handler(api_definition.show_openapi),
        "getSwagger": read_handler(api_definition.show_swagger),
        "placeHoldOnBulkInvoice": write_handler(transition_handler("place-hold")),
        "requestBulkInvoice": write_handler(action_handler("request", request_invoice)),
        "runComposite": write_handler(batches.run_composite),
        "stopBulkInvoice": write_handler(transition_handler("stop")),
        "submitBulkInvoice": write_handler(action_handler("submit", custom_actions.submit)),
        "updateBulkInvoice": write_handler(bulk_invoices.update_invoice),
        "updateBulkInvoiceItem": write_handler(bulk_invoices.update_item),
        "validateBulkInvoice": write_handler(action_handler("validate", custom_actions.validate)),
        "voidBulkInvoice": write_handler(transition_handler("void")),
        # Actions that in reality the vendor's staff or systems take; their paths have a separate prefix.
        "helpBulkInvoiceAlong": write_handler(custom_actions.run_helper),
        "runEscalation": write_handler(custom_actions.run_escalation),
    },
    refuse=refuse,
    refusals=REFUSALS,
    challenge="Bearer, Basic",
    classify=classify,
    admit=admit,
    remember=remember_failure,
    fault=fault_problem,
    formats={"date-time": is_instant},
    kept_when_empty=("payees", "bank-accounts", "claims", "exposures"),
)
