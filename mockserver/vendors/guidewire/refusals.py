"""Refusals of whole calls in ClaimCenter's error format, and classification of schema problems."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from mockserver.codec.http import json_reply
from mockserver.errors import (
    InvalidCall,
    MethodNotAllowed,
    Refusal,
    Rejected,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    VendorFailure,
)
from mockserver.model import Call, Json, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.spec.openapi import Operation
from mockserver.vendor import FAULT_RULE
from mockserver.vendors.guidewire import attributes, rules
from mockserver.vendors.guidewire.attributes import (
    ATTRIBUTES_PATH,
    INVOICE_ATTRIBUTES,
    ITEM_ATTRIBUTES,
    sent_attributes,
)
from mockserver.vendors.guidewire.lifecycle import INVOICES, ITEMS
from mockserver.vendors.guidewire.messages import (
    ACTION_PROBLEMS,
    ACTION_REFUSED,
    BAD_INPUT,
    PROBLEM_ERRORS,
    REFUSAL_ERRORS,
    ErrorTemplate,
    problem_detail,
)
from mockserver.vendors.guidewire.representation import API, with_correlation_id
from mockserver.vendors.guidewire.rules import Target

_LENIENT = frozenset({"ignore", "log"})
_AMOUNT_PATHS = ((*ATTRIBUTES_PATH, "bulkInvoiceTotal"), (*ATTRIBUTES_PATH, "amount", "amount"))
_ITEMS = "/bulk-invoice-items"
_BATCH = f"{API}/batch"
_BUSINESS_RULES = ACTION_PROBLEMS | {
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
_WITH_OWN_DETAIL = (VendorFailure, Unavailable, TooManyRequests)
"""Faults with a message of their own."""


def classify(problem: Problem, call: Call) -> Problem | None:
    """Ignore unknown names if a header asks for it; report read-only ones separately.

    Source: docs/vendors/guidewire.md#headers, #bulk-invoice.
    """
    if problem.code == "unknown-parameter":
        return None if _is_lenient(call, "gw-unknownqueryparamhandling") else problem
    if problem.code == "wrong-type":
        return _classify_null(problem, call) if problem.found is None else _classify_amount(problem, call)
    if problem.code != "unknown-member":
        return problem
    known = ITEM_ATTRIBUTES if _ITEMS in call.path else INVOICE_ATTRIBUTES
    if problem.path[:-1] == ATTRIBUTES_PATH and problem.path[-1] in known:
        return Problem("read-only", problem.path, problem.detail, "read-only", found=problem.found)
    if call.path == _BATCH and problem.path[-1] == "data":
        return None if call.assumptions["batch_data_alias"] == "accepted" else problem
    return None if _is_lenient(call, "gw-unknownpropertyhandling") else problem


def refuse(refusal: Refusal, call: Call, operation: Operation | None, state: State) -> Reply:
    """Return the vendor's error for a whole call. Source: docs/vendors/guidewire.md#errors."""
    if isinstance(refusal, InvalidCall):
        document = problem_error((*refusal.problems, *_rule_problems(refusal, call, operation, state)), call)
    elif isinstance(refusal, Rejected):
        document = rejection_error(refusal.problems, call)
    else:
        document = refusal_error(refusal.code, call.path)
    if isinstance(refusal, _WITH_OWN_DETAIL) and refusal.detail:
        document = {**document, "userMessage": refusal.detail}
    headers = _headers(refusal)
    return with_correlation_id(
        json_reply(document["status"], wrap_error(document, call), headers=headers), call, state
    )


def refusal_error(code: str, path: str) -> Json:
    """Return the error for a refusal that is no matter of single problems."""
    kind = REFUSAL_ERRORS.get(code, BAD_INPUT)
    readable = path.encode(errors="replace").decode()
    return _error_document(replace(kind, message=kind.message.replace("{path}", readable)))


def problem_error(problems: Iterable[Problem], call: Call) -> Json:
    """Return the error for problems; the first one decides its kind, unless a scenario did."""
    listed = tuple(problems)
    for problem in listed:
        if problem.rule == FAULT_RULE:
            return problem.found or _status_error(problem)
    first = listed[0]
    kind = PROBLEM_ERRORS.get(first.code, BAD_INPUT)
    if first.code == "stale-checksum":
        kind = replace(kind, status=int(call.assumptions["conflict_status"]))
    if first.code in ACTION_PROBLEMS:
        kind = replace(kind, message=ACTION_REFUSED.format(action=first.expected))
    return {**_error_document(kind), "details": [problem_detail(problem) for problem in listed]}


def rejection_error(problems: Iterable[Problem], call: Call) -> Json:
    """Return the error like `problem_error`, with the business rule's status if only those are broken."""
    listed = tuple(problems)
    error = problem_error(listed, call)
    if all(problem.code in _BUSINESS_RULES and problem.rule != FAULT_RULE for problem in listed):
        return {**error, "status": int(call.assumptions["business_rule_status"])}
    return error


def wrap_error(error: Json, call: Call) -> Json:
    """Return the error as a body. Source: docs/vendors/guidewire.md#statuses (a disagreement)."""
    return error if call.assumptions["error_wrapper"] == "root" else {"error": error}


def _error_document(kind: ErrorTemplate) -> Json:
    return {"status": kind.status, "errorCode": kind.error_code, "userMessage": kind.message}


def _status_error(problem: Problem) -> Json:
    """Return the error for a scenario that names no more than a status."""
    kind = PROBLEM_ERRORS["stale-checksum"]
    return _error_document(kind if problem.expected is None else replace(kind, status=problem.expected))


def _headers(refusal: Refusal) -> tuple[tuple[str, str], ...]:
    """Return the HTTP headers of the error; Retry-After is assumed, as the vendor publishes no limits."""
    if isinstance(refusal, MethodNotAllowed):
        return (("Allow", ", ".join(refusal.allowed)),)
    if isinstance(refusal, Unauthorized):
        return (("WWW-Authenticate", "Bearer, Basic"),)
    if isinstance(refusal, TooManyRequests) and refusal.wait is not None:
        return (("Retry-After", str(refusal.wait)),)
    return ()


def _classify_null(problem: Problem, call: Call) -> Problem | None:
    """Return a null that counts as absent is no problem, unless something has to be there."""
    of_attribute = problem.path[:-1] == ATTRIBUTES_PATH
    if not of_attribute or call.assumptions["null_attribute"] != "ignored":
        return problem
    creates = call.method == "POST" and problem.path[-1] in _REQUIRED
    return Problem("missing-required", problem.path, problem.detail, "required") if creates else None


def _classify_amount(problem: Problem, call: Call) -> Problem | None:
    """Drop the problem of a numeric amount if `number_amounts` allows it."""
    is_amount = problem.path in _AMOUNT_PATHS and attributes.amount_text(problem.found) is not problem.found
    return None if is_amount and call.assumptions["number_amounts"] == "read" else problem


def _rule_problems(refusal: Refusal, call: Call, operation: Operation | None, state: State) -> list[Problem]:
    """Return what the rules say of a body that its schema already refuses, but for members named already."""
    if not isinstance(refusal, InvalidCall) or operation is None:
        return []
    sent = sent_attributes(refusal.document, call)
    if sent is None:
        return []
    named = {problem.path[:3] for problem in refusal.problems}
    found = rules.attribute_problems(operation.id, sent, _target(call, state), call.assumptions, state)
    return [problem for problem in found if problem.path not in named]


def _target(call: Call, state: State) -> Target:
    """Return the invoice and the item that the path names, as far as they are there."""
    invoice_id, item_id = _ids_in_path(call.path)
    invoice = state.collection(INVOICES).get(invoice_id)
    item = state.collection(ITEMS).get(item_id)
    if invoice is None or item is None or item["bulkInvoice"] != invoice_id:
        return Target(invoice)
    return Target(invoice, item)


def _ids_in_path(path: str) -> tuple[str, str]:
    """Return the invoice's and the item's id in a path, "" for what it does not name."""
    invoice, _, rest = path.removeprefix(f"{API}/bulk-invoices/").partition("/")
    return invoice, rest.partition("/")[2]


def _is_lenient(call: Call, header: str) -> bool:
    return call.headers.get(header, "") in _LENIENT
