"""The reply to a batch: how many were taken, and what is to be said of the others, by record.

Source: Payt fact sheet §2.5, §3.2.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mockserver.model import Item, Json, Problem, Reply
from mockserver.reply import json_reply
from mockserver.spec import Batch
from mockserver.store import State
from mockserver.vendor import BatchResult

CREATED = 201

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
}
_RANKS = {kind: {field: rank for rank, field in enumerate(fields)} for kind, fields in _FIELDS.items()}


def success_entity(result: BatchResult, _state: State) -> Reply:
    """Counters and maps; `success` even when every record was refused, `warnings` only when there are any.

    Source: Payt fact sheet §2.5, §3.2.
    """
    batch = result.request.operation.batch
    errors: dict[str, list[str]] = {}
    warnings: dict[str, list[str]] = {}
    for outcome in result.outcomes:
        if outcome.problems:
            _add(errors, batch, outcome.item, outcome.problems)
        elif outcome.warnings:
            _add(warnings, batch, outcome.item, outcome.warnings)
    count = sum(outcome.accepted for outcome in result.outcomes)
    document: dict[str, Json] = {"success": True, "count": count, "errors": errors}
    if warnings:
        document["warnings"] = warnings
    return json_reply(CREATED, document)


def _add(told: dict[str, list[str]], batch: Batch | None, item: Item, problems: Iterable[Problem]) -> None:
    """Put a record's messages under its key, each text once; records of one key share it."""
    kind, members = (str(batch.items[0]), batch.key) if batch else ("", ())
    ranks = _RANKS[kind]
    texts = told.setdefault(_record_key(kind, members, item), [])
    for problem in sorted(problems, key=lambda found: ranks.get(str(found.path[2]), len(ranks))):
        if problem.detail not in texts:
            texts.append(problem.detail)


def _record_key(kind: str, members: Iterable[str], item: Item) -> str:
    """The number, else the identifier, else the place in the call.

    Source: Payt fact sheet §3.2 (assumed).
    """
    for member in members:
        text = item.document.get(member)
        if text and text.strip():
            return str(text)
    return f"{kind}[{item.index}]"
