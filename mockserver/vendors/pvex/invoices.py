"""Operations on invoices: store a batch or a single invoice, show an invoice, list invoices.

An invoice is inserted or replaced as a whole. Source: docs/vendors/pvex.md#operations-and-paths, #state.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from mockserver.engine.reasons import describe_problems
from mockserver.errors import InvalidCall, NotFound, Rejected
from mockserver.model import Action, Document, Item, Outcome, Problem, Reply, Value, escape_step
from mockserver.sandbox.assumptions import KeyRules, key_rules
from mockserver.sandbox.store import Collection, State
from mockserver.vendor import BatchResult, Request, StoreItem, fault_status
from mockserver.vendors.pvex.media_types import BodyReader, body_reader
from mockserver.vendors.pvex.messages import EXCEPTIONS, INVALID_REQUEST, message
from mockserver.vendors.pvex.model_state import ErrorContext, RejectedInvoice, model_state
from mockserver.vendors.pvex.replies import (
    ErrorContent,
    error_reply,
    invoice_reply,
    invoices_reply,
    storage_failure_reply,
    success_reply,
)
from mockserver.vendors.pvex.rules import (
    CALENDAR_CODE,
    CONFLICT,
    DATABASE_CODE,
    DATE_MEMBERS,
    EMPTY_INVOICE,
    NULL_ITEM_CODE,
    STORING,
    invoice_problems,
    normalize_date,
    print_server_time,
)

INVOICES = "invoices"
FIRST_SQL_DATE = "1753-01-01"


class InvoiceStore(Value, frozen=True):
    invoices: Collection
    reader: BodyReader
    now: str
    failing_ids: frozenset[str]
    null_fails: bool
    rejects_existing: bool
    skips_equal_checksum: bool
    has_sql_datetime: bool
    keeps_absent_members: bool
    key_rules: KeyRules
    has_unique_row_keys: bool
    keys_by_casefold: dict[str, str] | None

    def store(self, item: Item) -> Outcome:
        """Insert the invoice, or replace the stored invoice that has the same `SubscriberId` and `Id`.

        The stored `ApiCreateDate` stays; a null item is ignored. Source: docs/vendors/pvex.md#state. Raises
        Rejected if storing fails, or if an assumption refuses the item because it is null or a duplicate.
        """
        if item.document is None:
            if self.null_fails:
                raise Rejected(Problem(NULL_ITEM_CODE, (item.index,), "the item is null", STORING))
            return Outcome(item, Action.UNCHANGED)  # not SKIPPED, which would take the batch back
        invoice = _stored_invoice(item.document, self.reader, self.key_rules)
        key = self._find_key(_invoice_key(invoice))
        known = self.invoices.get(key)
        if known is not None:
            if self.rejects_existing:
                raise Rejected(Problem("conflict", (item.index, "Id"), "it is stored already", CONFLICT))
            if self.skips_equal_checksum and known["CheckSum"] == invoice["CheckSum"]:
                return Outcome(item, Action.UNCHANGED, known)
            self._inherit(invoice, known, item.document)
        invoice["ApiLastChangeDate"] = invoice["ApiLastChangeDate"] or self.now
        if self.has_unique_row_keys:
            self._check_row_key(item, invoice, key)
        if self.failing_ids or self.has_sql_datetime:
            self._check_storable(item, invoice)
        self.invoices[key] = invoice
        if self.keys_by_casefold is not None:
            self.keys_by_casefold[key.casefold()] = key
        return Outcome(item, Action.CREATED if known is None else Action.UPDATED, invoice)

    def _find_key(self, key: str) -> str:
        if self.keys_by_casefold is None or key in self.invoices:
            return key
        found = self.keys_by_casefold.get(key.casefold(), key)
        return found if found in self.invoices else key  # not stored if a scenario took the item back

    def _inherit(self, invoice: dict[str, Any], known: Document, sent: Document) -> None:
        staying = {"ApiCreateDate", "SubscriberId", "Id"}
        if self.keeps_absent_members:
            staying |= EMPTY_INVOICE.keys() - sent.keys() - {"ApiLastChangeDate"}
        invoice.update({name: known[name] for name in staying})

    def _check_row_key(self, item: Item, invoice: Document, key: str) -> None:
        holders = self.invoices.find("RowKey", invoice["RowKey"])
        if any(
            holder["SubscriberId"] == invoice["SubscriberId"] and _invoice_key(holder) != key
            for holder in holders
        ):
            raise Rejected(Problem("conflict", (item.index, "RowKey"), "another has it", CONFLICT))

    def _check_storable(self, item: Item, invoice: Document) -> None:
        if invoice["Id"] in self.failing_ids:
            raise Rejected(Problem(DATABASE_CODE, (item.index, "Id"), "the database fails", STORING))
        early = [name for name in DATE_MEMBERS if (invoice[name] or FIRST_SQL_DATE) < FIRST_SQL_DATE]
        if self.has_sql_datetime and early:
            raise Rejected(Problem(CALENDAR_CODE, (item.index, min(early)), "no SQL datetime", STORING))


def open_store(request: Request, state: State) -> InvoiceStore:
    assumptions = request.call.assumptions
    rules, invoices = key_rules(assumptions), state.collection(INVOICES)
    return InvoiceStore(
        invoices=invoices,
        reader=body_reader(request.media_type),
        now=print_server_time(state.now),
        failing_ids=frozenset(filter(None, assumptions["faulty_ids"].split(","))),
        null_fails=assumptions["null_item"] == "500",
        rejects_existing=assumptions["conflict"] == "reject",
        skips_equal_checksum=assumptions["checksum_skip"] == "on",
        has_sql_datetime=assumptions["sql_datetime"] == "on",
        keeps_absent_members=assumptions["absent_on_update"] == "kept",
        key_rules=rules,
        has_unique_row_keys=assumptions["row_key"] == "unique",
        keys_by_casefold={key.casefold(): key for key in invoices} if rules.ignores_case else None,
    )


def apply_batch(request: Request, state: State) -> StoreItem:
    """Return a function that stores an invoice. Raises Rejected if an assumption refuses empty batches."""
    if not request.items and request.call.assumptions["empty_batch"] == "refused":
        name = request.call.assumptions["param_name"]
        raise Rejected(Problem("too-few", (), message("too-few", name=name), "minItems", 1))
    keep = open_store(request, state).store
    return keep if request.call.assumptions["db_failure"] == "atomic" else _stop_at_failure(keep)


def _stop_at_failure(store: StoreItem) -> StoreItem:
    """Return a function that stores invoices until storing an invoice fails, and then stores no more.

    Source: docs/vendors/pvex.md#state, `stop_at_first`. The failed invoice and all later ones count as
    unchanged, because a rejected invoice would undo the whole batch.
    """
    failed: list[Problem] = []

    def kept(item: Item) -> Outcome:
        if failed:
            return Outcome(item, Action.UNCHANGED)
        try:
            return store(item)
        except Rejected as rejected:
            if rejected.problems[0].rule != STORING:
                raise
            failed.extend(rejected.problems)
            return Outcome(item, Action.UNCHANGED, None, rejected.problems)

    return kept


def _stored_invoice(sent: Document, reader: BodyReader, rules: KeyRules) -> dict[str, Any]:
    nothing = (None, "") if reader is BodyReader.FORM else (None,)
    invoice = {
        **EMPTY_INVOICE,
        **{name: value for name, value in sent.items() if name in EMPTY_INVOICE and value not in nothing},
    }
    for name in DATE_MEMBERS & sent.keys():
        if sent[name] is not None:
            invoice[name] = normalize_date(sent[name], reader)
    invoice.update({name: rules.stored(invoice[name]) for name in ("SubscriberId", "Id")})
    return invoice


def _invoice_key(invoice: Document) -> str:
    """Join `SubscriberId` and `Id`; escape `SubscriberId`, so that different pairs have different keys."""
    return f"{escape_step(invoice['SubscriberId'])}/{invoice['Id']}"


def render_batch(result: BatchResult, _state: State) -> Reply:
    """Reply with success, with all problems of all invoices, or with a failure of the database.

    If a scenario sets the status of an invoice, this status becomes the status of the whole reply.
    Source: docs/vendors/pvex.md#refusals.
    """
    problems = [problem for outcome in result.outcomes for problem in outcome.problems]
    if not problems:
        stored = [outcome.document for outcome in result.outcomes if outcome.document is not None]
        return success_reply(result.request.call, stored)
    reply = _refused_reply(result, problems)
    status = fault_status(problems)
    return reply if status is None else replace(reply, status=status)


def _refused_reply(result: BatchResult, problems: list[Problem]) -> Reply:
    call = result.request.call
    failed = [problem for problem in problems if problem.code in EXCEPTIONS]
    if len(failed) == len(problems):
        return storage_failure_reply(call, failed[0])
    state = model_state(ErrorContext(call, is_batch=True), _rejected_invoices(result))
    return error_reply(call, ErrorContent(400, INVALID_REQUEST, state))


def store_invoice(request: Request, state: State) -> Reply:
    """Insert or replace a single invoice.

    Source: docs/vendors/pvex.md#operations-and-paths. Raises InvalidCall if rules beyond the schema find
    problems; Rejected if `InvoiceStore.store` raises it.
    """
    reading = body_reader(request.media_type)
    found = tuple(invoice_problems(0, request.document, reading, request.call.assumptions))
    if found:
        told = [replace(problem, path=problem.path[1:]) for problem in found]  # without the index
        raise InvalidCall((), request.document, hint=describe_problems(told))
    outcome = open_store(request, state).store(Item(0, "", request.document))
    return success_reply(request.call, [outcome.document], is_batch=False)


def list_invoices(request: Request, state: State) -> Reply:
    """List the invoices that the query selects, by default all, including deleted invoices.

    PVEx publishes no such operation: this server has it so that tests can look at the stored invoices.

    Source: docs/vendors/pvex.md#state.
    """
    invoices, asked = state.collection(INVOICES), request.parameters
    subscriber, deleted = asked.get("subscriberId"), asked.get("deleted")
    found = invoices.values() if subscriber is None else invoices.find("SubscriberId", subscriber)
    shown = [one for one in found if deleted is None or bool(one["Deleted"]) is deleted]
    return invoices_reply(request.call, shown)


def show_invoice(request: Request, state: State) -> Reply:
    """Show the first invoice with the `Id` and, if sent, the `subscriberId` of the call, for tests."""
    wanted = str(request.parameters["id"])
    subscriber = request.parameters.get("subscriberId")
    for invoice in state.collection(INVOICES).find("Id", wanted):
        if subscriber is None or invoice["SubscriberId"] == subscriber:
            return invoice_reply(request.call, invoice)
    raise NotFound(INVOICES, wanted, hint=f"no invoice has the Id {wanted}; the fixtures have INV-1")


def _rejected_invoices(result: BatchResult) -> list[RejectedInvoice]:
    sent = result.request.document
    return [
        RejectedInvoice(
            outcome.item.index,
            sent[outcome.item.index],
            outcome.item.document,
            tuple(problem for problem in outcome.problems if problem.code not in EXCEPTIONS),
        )
        for outcome in result.outcomes
        if outcome.problems
    ]
