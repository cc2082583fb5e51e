"""Refusals in the vendor's shape: status, error class, message, and what may be forgiven by header."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from mockserver.errors import (
    Failed,
    Invalid,
    MethodNotAllowed,
    Refusal,
    Rejected,
    TooManyRequests,
    Unauthorized,
    Unavailable,
)
from mockserver.model import Call, Json, Problem, Reply
from mockserver.reply import json_reply
from mockserver.spec import Operation
from mockserver.store import State
from mockserver.vendor import FAULT
from mockserver.vendors.guidewire import amounts, rules
from mockserver.vendors.guidewire.messages import OF_ACTIONS, detail
from mockserver.vendors.guidewire.readings import attributes_of
from mockserver.vendors.guidewire.records import INVOICES, ITEMS
from mockserver.vendors.guidewire.render import API, correlated
from mockserver.vendors.guidewire.rules import Subject
from mockserver.vendors.guidewire.sent import ATTRIBUTES
from mockserver.vendors.guidewire.texts import BAD_INPUT, CANNOT_ACT, ERRORS, PROBLEM_ERRORS, Kind
from mockserver.vendors.guidewire.words import INVOICE_ATTRIBUTES, ITEM_ATTRIBUTES

_LENIENT = frozenset({"ignore", "log"})
_AMOUNTS = ((*ATTRIBUTES, "bulkInvoiceTotal"), (*ATTRIBUTES, "amount", "amount"))
_ITEMS = "/bulk-invoice-items"
_BATCH = f"{API}/batch"
_OF_BUSINESS = OF_ACTIONS | {
    "amount-forbidden",
    "claim-closed",
    "duplicate-key",
    "missing-required",
    "one-currency",
    "other-currency",
    "supplement-only",
    "too-many-decimals",
    "total-required",
    "unknown-reference",
}
_REQUIRED = frozenset({"claim", "payeeAddressBookUID"})
_TOLD = (Failed, Unavailable, TooManyRequests)
"""What a scenario may have words of its own for."""


def grade(problem: Problem, call: Call) -> Problem | None:
    """Forgive unknown names where a header says so; name apart those that exist but cannot be written.

    Source: Guidewire fact sheet §1.5, §2.2.
    """
    if problem.code == "unknown-parameter":
        return None if _is_lenient(call, "gw-unknownqueryparamhandling") else problem
    if problem.code == "wrong-type":
        return _graded_null(problem, call) if problem.found is None else _graded_amount(problem, call)
    if problem.code != "unknown-member":
        return problem
    known = ITEM_ATTRIBUTES if _ITEMS in call.path else INVOICE_ATTRIBUTES
    if problem.path[:-1] == ATTRIBUTES and problem.path[-1] in known:
        return Problem("read-only", problem.path, problem.detail, "read-only", found=problem.found)
    if call.path == _BATCH and problem.path[-1] == "data":
        return None if call.assumptions["batch_data_alias"] == "accepted" else problem
    return None if _is_lenient(call, "gw-unknownpropertyhandling") else problem


def refuse(refusal: Refusal, call: Call, operation: Operation | None, state: State) -> Reply:
    """The vendor's error for a whole call. Source: Guidewire fact sheet §3."""
    if isinstance(refusal, Invalid):
        document = problem_error((*refusal.problems, *_further(refusal, call, operation, state)), call)
    elif isinstance(refusal, Rejected):
        document = rejection_error(refusal.problems, call)
    else:
        document = refusal_error(refusal.code, call.path)
    if isinstance(refusal, _TOLD) and refusal.detail:
        document = {**document, "userMessage": refusal.detail}
    headers = _headers(refusal)
    return correlated(json_reply(document["status"], wrapped(document, call), headers=headers), call, state)


def refusal_error(code: str, path: str) -> Json:
    """The error for a refusal that is no matter of single problems."""
    kind = ERRORS.get(code, BAD_INPUT)
    readable = path.encode(errors="replace").decode()
    return _error(replace(kind, message=kind.message.replace("{path}", readable)))


def problem_error(problems: Iterable[Problem], call: Call) -> Json:
    """The error for problems; the first one says what kind it is, unless a scenario brought its own."""
    listed = tuple(problems)
    for problem in listed:
        if problem.rule == FAULT:
            return problem.found or _of_status(problem)
    first = listed[0]
    kind = PROBLEM_ERRORS.get(first.code, BAD_INPUT)
    if first.code == "stale-checksum":
        kind = replace(kind, status=int(call.assumptions["conflict_status"]))
    if first.code in OF_ACTIONS:
        kind = replace(kind, message=CANNOT_ACT.format(action=first.expected))
    return {**_error(kind), "details": [detail(problem) for problem in listed]}


def rejection_error(problems: Iterable[Problem], call: Call) -> Json:
    """As `problem_error`, with the status of business rules where nothing but those is broken."""
    listed = tuple(problems)
    error = problem_error(listed, call)
    if all(problem.code in _OF_BUSINESS and problem.rule != FAULT for problem in listed):
        return {**error, "status": int(call.assumptions["business_rule_status"])}
    return error


def wrapped(error: Json, call: Call) -> Json:
    """The error as a body. Source: Guidewire fact sheet §6 (a disagreement)."""
    return error if call.assumptions["error_wrapper"] == "root" else {"error": error}


def _error(kind: Kind) -> Json:
    return {"status": kind.status, "errorCode": kind.error_code, "userMessage": kind.message}


def _of_status(problem: Problem) -> Json:
    """The error for a scenario that names no more than a status."""
    kind = PROBLEM_ERRORS["stale-checksum"]
    return _error(kind if problem.expected is None else replace(kind, status=problem.expected))


def _headers(refusal: Refusal) -> tuple[tuple[str, str], ...]:
    """What HTTP wants beside the error; Retry-After is assumed, the vendor publishes no limits."""
    if isinstance(refusal, MethodNotAllowed):
        return (("Allow", ", ".join(refusal.allowed)),)
    if isinstance(refusal, Unauthorized):
        return (("WWW-Authenticate", "Bearer"),)
    if isinstance(refusal, TooManyRequests) and refusal.wait is not None:
        return (("Retry-After", str(refusal.wait)),)
    return ()


def _graded_null(problem: Problem, call: Call) -> Problem | None:
    """A null that counts as absent is no problem, unless something has to be there."""
    of_attribute = problem.path[:-1] == ATTRIBUTES
    if not of_attribute or call.assumptions["null_attribute"] != "ignored":
        return problem
    creates = call.method == "POST" and problem.path[-1] in _REQUIRED
    return Problem("missing-required", problem.path, problem.detail, "required") if creates else None


def _graded_amount(problem: Problem, call: Call) -> Problem | None:
    """A number that stands for the text of an amount is no problem where a switch says so."""
    is_amount = problem.path in _AMOUNTS and amounts.as_text(problem.found) is not problem.found
    return None if is_amount and call.assumptions["number_amounts"] == "read" else problem


def _further(refusal: Refusal, call: Call, operation: Operation | None, state: State) -> list[Problem]:
    """What the rules say of a body that its schema already refuses, but for members named already."""
    if not isinstance(refusal, Invalid) or operation is None:
        return []
    sent = attributes_of(refusal.document, call)
    if sent is None:
        return []
    named = {problem.path[:3] for problem in refusal.problems}
    found = rules.of(operation.id, sent, _subject(call, state), call.assumptions, state)
    return [problem for problem in found if problem.path not in named]


def _subject(call: Call, state: State) -> Subject:
    """The invoice and the item that the path names, as far as they are there."""
    invoice_id, item_id = _ids(call.path)
    invoice = state.collection(INVOICES).get(invoice_id)
    item = state.collection(ITEMS).get(item_id)
    if invoice is None or item is None or item["bulkInvoice"] != invoice_id:
        return Subject(invoice)
    return Subject(invoice, item)


def _ids(path: str) -> tuple[str, str]:
    """The invoice's and the item's id in a path, "" for what it does not name."""
    invoice, _, rest = path.removeprefix(f"{API}/bulk-invoices/").partition("/")
    return invoice, rest.partition("/")[2]


def _is_lenient(call: Call, header: str) -> bool:
    return call.headers.get(header, "") in _LENIENT
