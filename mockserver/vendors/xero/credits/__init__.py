"""Credit notes, overpayments and prepayments: list, create and change them, allocate them to invoices."""

from collections.abc import Mapping

from mockserver.vendor import BatchHandler, Handler, store_each
from mockserver.vendors.xero import refusals
from mockserver.vendors.xero.credits import allocating, representation
from mockserver.vendors.xero.faults import extra_outcome
from mockserver.vendors.xero.invoices import creation, updates
from mockserver.vendors.xero.invoices.kinds import CREDIT_NOTE, OVERPAYMENT, PREPAYMENT
from mockserver.vendors.xero.replies.batch_results import render_prepared_results

_RENDER = render_prepared_results(
    CREDIT_NOTE.plural,
    representation.represent_created_credit_notes,
    representation.represent_rejected_credit_note,
)
_EXTRA_OUTCOME = extra_outcome(CREDIT_NOTE.number, CREDIT_NOTE.id, "LineItemID")

BATCHES: Mapping[str, BatchHandler] = {
    "createCreditNotes": BatchHandler(
        check=creation.check_invoice,
        apply=store_each(creation.create_invoice),
        render=_RENDER,
        rules=(refusals.nul_problems, creation.new_invoice_problems),
        extra_outcome=_EXTRA_OUTCOME,
    ),
    **dict.fromkeys(
        ("updateOrCreateCreditNotes", "updateCreditNote"),
        BatchHandler(
            check=updates.check_invoice_update,
            apply=store_each(updates.update_or_create_invoice),
            render=render_prepared_results(
                CREDIT_NOTE.plural,
                representation.represent_created_credit_notes,
                representation.represent_rejected_credit_note,
                updates.identify_rejected,
            ),
            rules=(refusals.nul_problems,),
            extra_outcome=_EXTRA_OUTCOME,
        ),
    ),
    "createCreditNoteAllocation": allocating.allocation_handler(CREDIT_NOTE),
    "createOverpaymentAllocations": allocating.allocation_handler(OVERPAYMENT),
    "createPrepaymentAllocations": allocating.allocation_handler(PREPAYMENT),
}
OPERATIONS: Mapping[str, Handler] = {
    "getCreditNotes": representation.list_credits(CREDIT_NOTE),
    "getCreditNote": representation.get_credit(CREDIT_NOTE),
    "deleteCreditNoteAllocations": allocating.delete_allocation(CREDIT_NOTE),
    "getOverpayments": representation.list_credits(OVERPAYMENT),
    "getOverpayment": representation.get_credit(OVERPAYMENT),
    "deleteOverpaymentAllocations": allocating.delete_allocation(OVERPAYMENT),
    "getPrepayments": representation.list_credits(PREPAYMENT),
    "getPrepayment": representation.get_credit(PREPAYMENT),
    "deletePrepaymentAllocations": allocating.delete_allocation(PREPAYMENT),
}
