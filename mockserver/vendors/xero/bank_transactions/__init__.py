"""Bank transactions: money spent and received without an invoice."""

from collections.abc import Mapping

from mockserver.vendor import BatchHandler, Handler, store_each
from mockserver.vendors.xero import refusals
from mockserver.vendors.xero.bank_transactions import booking, representation, updates
from mockserver.vendors.xero.faults import extra_outcome
from mockserver.vendors.xero.replies.batch_results import render_results

_render = render_results(
    "BankTransactions", representation.represent_saved, representation.represent_rejected
)
_extra_outcome = extra_outcome("Reference", "BankTransactionID", "LineItemID")

BATCHES: Mapping[str, BatchHandler] = {
    "createBankTransactions": BatchHandler(
        check=booking.check_transaction,
        apply=store_each(booking.create_transaction),
        rules=(refusals.nul_problems, booking.new_transaction_problems),
        render=_render,
        extra_outcome=_extra_outcome,
    ),
    **dict.fromkeys(
        ("updateOrCreateBankTransactions", "updateBankTransaction"),
        BatchHandler(
            check=updates.check_update,
            apply=store_each(updates.update_or_create_transaction),
            rules=(refusals.nul_problems,),
            render=_render,
            extra_outcome=_extra_outcome,
        ),
    ),
}
OPERATIONS: Mapping[str, Handler] = {
    "getBankTransactions": representation.list_transactions,
    "getBankTransaction": representation.get_transaction,
}
