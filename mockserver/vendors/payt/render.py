"""The reply to a batch: how many were taken, and what is to be said of the others, by record.

Source: Payt fact sheet §2.5, §3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeAlias

from mockserver.model import Item, Json, Outcome, Problem, Reply
from mockserver.reply import json_reply
from mockserver.store import State
from mockserver.vendor import FAULT, BatchResult, Render, Request
from mockserver.vendors.payt.checks import NOT_FOUND

CREATED = 201
CHANGED = 200
NOT_FOUND_KIND = "not_found"
"""The only kind of failure that is documented.

Source: Payt fact sheet §3.2.
"""

# The order in which a record's messages are printed: that of its fields in §2.1 and §2.7 (assumed, §3.2).
_FIELDS: Mapping[str, tuple[str, ...]] = {
    "invoices": (
        "currency_code",
        "invoice_number",
        "invoice_date",
        "due_date",
        "book_amount_total",
        "book_amount_open",
        "amount_total",
        "amount_open",
        "invoice_identifier",
        "debtor_number",
        "debtor_identifier",
        "order_number",
        "peppol_identifier",
        "description",
        "category",
        "contact_identifier",
        "payment_condition",
        "payment_method",
        "sent_at",
        "labels",
        "payment_term",
        "document",
        "ubl_document",
        "payments",
        "invoice_lines",
    ),
    "debtors": (
        "debtor_number",
        "name",
        "debtor_identifier",
        "bank_account_name",
        "bank_account_number",
        "category",
        "coc_number",
        "contact_identifier",
        "country_code",
        "language_code",
        "oin_number",
        "peppol_identifier",
        "relation_manager",
        "remark",
        "vat_number",
        "is_company",
        "peppol_enabled",
        "labels",
    ),
    "contacts": (
        "contact_identifier",
        "call_phone_number",
        "postal_address_country_code",
        "sms_phone_number",
    ),
    "vat_rates": ("code", "rate", "name", "category"),
    "payment_conditions": ("code", "name"),
}
_RANKS = {kind: {field: rank for rank, field in enumerate(fields)} for kind, fields in _FIELDS.items()}


Warned: TypeAlias = Callable[[Item, Request, State], tuple[Problem, ...]]
"""What a refused record would have been warned of."""


def success_entity(result: BatchResult, state: State) -> Reply:
    """Counters and maps; `warnings` only when there are any.

    Source: Payt fact sheet §2.5, §3.2; that `success` is true when no record was taken is assumed.
    """
    return _entity(result, state, None)


def success_entity_with(warned: Warned) -> Render:
    """As `success_entity`, where what a refused record would be warned of is yet to be found."""
    return lambda result, state: _entity(result, state, warned)


def _entity(result: BatchResult, state: State, warned: Warned | None) -> Reply:
    request = result.request
    told = _Told(request)
    for outcome in result.outcomes:
        told.add(outcome)
        if outcome.problems and told.of_refused:
            more = warned(outcome.item, request, state) if warned is not None else ()
            told.warn(outcome, (*outcome.warnings, *more))
    count = sum(outcome.accepted for outcome in result.outcomes)
    fails = request.call.assumptions["success_when_all_fail"] == "false" and result.outcomes and not count
    document: dict[str, Json] = {"success": not fails, "count": count, "errors": told.errors}
    if told.warnings:
        document["warnings"] = told.warnings
    return json_reply(CHANGED if request.operation.method == "patch" else CREATED, document)


def contacts_posted(result: BatchResult, state: State) -> Reply:
    """As `success_entity`, or without a body, as the vendor's document gives this answer no schema.

    Source: Payt fact sheet §5.11.
    """
    if result.request.call.assumptions["contacts_answer"] == "empty":
        return Reply(CREATED)
    return success_entity(result, state)


class _Told:
    """What is to be said of the records of a call, by record or by kind of failure."""

    def __init__(self, request: Request) -> None:
        batch = request.operation.batch
        self.errors: dict[str, list[str]] = {}
        self.warnings: dict[str, list[str]] = {}
        self._kind = str(batch.items[0]) if batch else ""
        self._members = batch.key if batch else ()
        if request.call.assumptions["record_key"] == "identifier":
            self._members = tuple(sorted(self._members, key=lambda name: not name.endswith("_identifier")))
        self._ranks = _RANKS[self._kind]
        self._unknown: set[str] = set()
        self._trims = request.call.assumptions["trim"] == "on"
        self.of_refused = request.call.assumptions["warnings_of_refused"] == "told"

    def add(self, outcome: Outcome) -> None:
        """Say what there is to say of one record."""
        if not outcome.problems and not outcome.warnings:
            return
        missing = next((one for one in outcome.problems if one.code == NOT_FOUND and one.rule != FAULT), None)
        if missing is not None:
            if missing.found not in self._unknown:
                self._unknown.add(missing.found)
                self.errors.setdefault(NOT_FOUND_KIND, []).append(missing.found)
        elif outcome.problems:
            self._put(self.errors, self._key(outcome.item), outcome.problems)
        else:
            self.warn(outcome, outcome.warnings)

    def warn(self, outcome: Outcome, warnings: Iterable[Problem]) -> None:
        """Say what a record is warned of, if it is."""
        if found := tuple(warnings):
            self._put(self.warnings, self._key(outcome.item), found)

    def _put(self, told: dict[str, list[str]], key: str, problems: Iterable[Problem]) -> None:
        """Put a record's messages under its key, each text once; records of one key share it."""
        texts = told.setdefault(key, [])
        for problem in sorted(problems, key=self._rank):
            if problem.detail not in texts:
                texts.append(problem.detail)

    def _rank(self, problem: Problem) -> int:
        field = str(problem.path[2]) if len(problem.path) > len(("records", "index")) else ""
        return self._ranks.get(field, len(self._ranks))

    def _key(self, item: Item) -> str:
        """The number, else the identifier, else the place in the call.

        Source: Payt fact sheet §3.2 (assumed).
        """
        for member in self._members if isinstance(item.document, dict) else ():
            text = item.document.get(member)
            if isinstance(text, str) and text.strip():
                return text.strip() if self._trims else text
        return f"{self._kind}[{item.index}]"
