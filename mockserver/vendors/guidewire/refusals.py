"""Refusals of whole calls and scenario faults, in ClaimCenter's error format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec.structs import replace

from mockserver.codec.http import json_reply
from mockserver.errors import InvalidCall, Rejected
from mockserver.model import (
    EMPTY,
    Call,
    Document,
    Fault,
    Item,
    Json,
    Outcome,
    Problem,
    Reply,
    Value,
    value_at,
)
from mockserver.sandbox.store import State
from mockserver.vendor import FAULT_RULE, RefusalRow, RefusedCall, Request, item_fault
from mockserver.vendors.guidewire import attributes, lifecycle
from mockserver.vendors.guidewire.attributes import (
    ATTRIBUTES_PATH,
    INVOICE_ATTRIBUTES,
    ITEM_ATTRIBUTES,
    attribute_problem,
    reference_id_of,
    sent_attributes,
)
from mockserver.vendors.guidewire.errors import (
    ACTION_PROBLEMS,
    ACTION_REFUSED,
    BAD_INPUT,
    BUSINESS_RULES,
    PROBLEM_ERRORS,
    REFUSAL_OF_FAULT,
    REFUSALS,
    problem_detail,
)
from mockserver.vendors.guidewire.lifecycle import CUSTOM_ACTIONS, INVOICES, ITEMS, Target
from mockserver.vendors.guidewire.representation import API, checksum, with_correlation_id

_LENIENT = frozenset({"ignore", "log"})
_AMOUNT_PATHS = ((*ATTRIBUTES_PATH, "bulkInvoiceTotal"), (*ATTRIBUTES_PATH, "amount", "amount"))
_ITEMS = "/bulk-invoice-items"
_BATCH = f"{API}/batch"
_REQUIRED = frozenset({"claim", "payeeAddressBookUID"})
FAULT_TEXT_LIMIT = 255
"""Length limit in the message of a scenario's `too-long` fault; no rule checks this limit."""

_LOCKED_IN = "Issued"
_BULK_INVOICES = "/bulk-invoices/"


def classify(problem: Problem, call: Call) -> Problem | None:
    """Return the problem, or None if a header or an assumption tolerates it.

    If an unknown member is an attribute that replies show, return the problem `read-only`.

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


def refuse(refused: RefusedCall, state: State) -> Reply:
    refusal, call = refused.refusal, refused.call
    if isinstance(refusal, InvalidCall):
        document = problem_error((*refusal.problems, *_rule_problems(refusal, refused, state)), call)
    elif isinstance(refusal, Rejected):
        document = rejection_error(refusal.problems, call)
    else:
        document = _error_document(refused.row if refused.row.kind else BAD_INPUT)
    reply = json_reply(document["status"], wrap_error(document, call), headers=refused.headers)
    return with_correlation_id(reply, call, state)


def refusal_error(code: str, path: str) -> Json:
    """Return the error of the refusal `code`, for a scenario's fault or a subrequest."""
    row = REFUSALS[code]
    readable = path.encode(errors="replace").decode()
    return _error_document(replace(row, message=row.message.replace("{path}", readable)))


def problem_error(problems: Iterable[Problem], call: Call) -> Json:
    """Return a scenario's error, if any; otherwise the first problem's error with all problems' details."""
    listed = tuple(problems)
    for problem in listed:
        if problem.rule == FAULT_RULE:
            row = PROBLEM_ERRORS["stale-checksum"]
            return problem.found or _error_document(replace(row, status=problem.expected or row.status))
    first = listed[0]
    kind = PROBLEM_ERRORS.get(first.code, BAD_INPUT)
    if first.code == "stale-checksum":
        kind = replace(kind, status=int(call.assumptions["conflict_status"]))
    if first.code in ACTION_PROBLEMS:
        kind = replace(kind, message=ACTION_REFUSED.format(action=first.expected))
    return {**_error_document(kind), "details": [problem_detail(problem) for problem in listed]}


def rejection_error(problems: Iterable[Problem], call: Call) -> Json:
    """Return `problem_error`'s error; if all problems break business rules, an assumption sets its status."""
    listed = tuple(problems)
    error = problem_error(listed, call)
    if all(problem.code in BUSINESS_RULES and problem.rule != FAULT_RULE for problem in listed):
        return {**error, "status": int(call.assumptions["business_rule_status"])}
    return error


def wrap_error(error: Json, call: Call) -> Json:
    return error if call.assumptions["error_wrapper"] == "root" else {"error": error}


def _error_document(row: RefusalRow) -> Json:
    return {"status": row.status, "errorCode": row.kind, "userMessage": row.message}


def _classify_null(problem: Problem, call: Call) -> Problem | None:
    of_attribute = problem.path[:-1] == ATTRIBUTES_PATH
    if not of_attribute or call.assumptions["null_attribute"] != "ignored":
        return problem
    creates = call.method == "POST" and problem.path[-1] in _REQUIRED
    return Problem("missing-required", problem.path, problem.detail, "required") if creates else None


def _classify_amount(problem: Problem, call: Call) -> Problem | None:
    is_amount = problem.path in _AMOUNT_PATHS and attributes.amount_text(problem.found) is not problem.found
    return None if is_amount and call.assumptions["number_amounts"] == "read" else problem


def _rule_problems(refusal: InvalidCall, refused: RefusedCall, state: State) -> list[Problem]:
    """Return the problems that rules find in a body that its schema refuses.

    Skip problems of attributes in which the schema already finds a problem.
    """
    operation, call = refused.operation, refused.call
    sent = sent_attributes(refusal.document, call)
    if operation is None or sent is None:
        return []
    named = {problem.path[:3] for problem in refusal.problems}
    found = lifecycle.attribute_problems(operation.id, sent, _target(call, state), call.assumptions, state)
    return [problem for problem in found if problem.path not in named]


def _target(call: Call, state: State) -> Target:
    invoice_id, item_id = _ids_in_path(call.path)
    invoice = state.collection(INVOICES).get(invoice_id)
    item = state.collection(ITEMS).get(item_id)
    if invoice is None or item is None or item["bulkInvoice"] != invoice_id:
        return Target(invoice)
    return Target(invoice, item)


def _ids_in_path(path: str) -> tuple[str, str]:
    """Return the ids of invoice and item in a path, each "" if missing."""
    invoice, _, rest = path.removeprefix(f"{API}/bulk-invoices/").partition("/")
    return invoice, rest.partition("/")[2]


def _is_lenient(call: Call, header: str) -> bool:
    return call.headers.get(header, "") in _LENIENT


class _FaultyCall(Value, frozen=True):
    """Call or subrequest that a scenario's fault hits; a missing `method` or `data` is empty."""

    method: str
    target: str
    data: Document

    @property
    def attributes(self) -> Document:
        return _object(self.data.get("attributes"))

    @property
    def of_item(self) -> bool:
        return _ITEMS in self.target

    @property
    def reference(self) -> str:
        """Name of the attribute that must refer to a claim or a payee."""
        return "claim" if self.of_item else "payeeAddressBookUID"

    @property
    def text(self) -> str:
        return "description" if self.of_item else "invoiceNumber"


def fault_problem(fault: Fault, item: Item, request: Request) -> Problem:
    """Return a scenario's fault as a problem whose `found` is the vendor's error.

    Source: docs/vendors/guidewire.md#errors, #statuses, #stale-data.
    """
    refusal = REFUSAL_OF_FAULT.get(fault.code)
    if refusal is not None:
        error = refusal_error(refusal, request.call.path)
    else:
        nearest = _PROBLEMS.get(fault.code)
        problem = nearest(_faulty_call(item, request)) if nearest else Problem(fault.code, ("data",))
        error = rejection_error((problem,), request.call)
    if fault.message:
        error = {"errorCode": error["errorCode"], "userMessage": fault.message, "status": error["status"]}
    if fault.status is not None:
        error = {**error, "status": fault.status}
    return replace(item_fault(fault, item, request, _message(error)), found=error)


def extra_outcome(outcome: Outcome, number: int) -> Outcome:
    """Return the outcome with every invoice id replaced by the id of an invoice that does not exist."""
    name = f"xc:Sphantom{number:0>13}"
    sent = _object(outcome.item.document)
    shown = _object(value_at(outcome.document, ("body", "data", "attributes")))
    known = _invoice_id_in(sent.get("path")) or shown.get("id")
    path = f"{_BULK_INVOICES}{name}"
    document = {**_with_id_replaced(sent, known, name), "path": path}
    return replace(
        outcome,
        item=Item(outcome.item.index, path, document),
        document=_with_id_replaced(_with_id_replaced(outcome.document, known, name), shown.get("id"), name),
    )


def _unknown(sent: _FaultyCall) -> Problem:
    reference_id = reference_id_of(sent.attributes, sent.reference) or sent.attributes.get(sent.reference, "")
    return attribute_problem("unknown-reference", sent.reference, found=reference_id)


def _stale(sent: _FaultyCall) -> Problem:
    current = {"uri": sent.target, "currentChecksum": checksum({"uri": sent.target})}
    return Problem(
        "stale-checksum", ("data", "checksum"), expected=current, found=sent.data.get("checksum", "")
    )


def _locked(sent: _FaultyCall) -> Problem:
    action = sent.target.rpartition("/")[2]
    if sent.method == "delete" and not sent.of_item:
        action = "delete"
    elif action not in CUSTOM_ACTIONS:
        return Problem("not-editable", expected="update", found=_LOCKED_IN)
    return Problem("wrong-state", expected=action, found=_LOCKED_IN)


_PROBLEMS: Mapping[str, Callable[[_FaultyCall], Problem]] = {
    "conflict": _stale,
    "duplicate-key": lambda sent: attribute_problem(
        "duplicate-key", sent.text, found=sent.attributes.get(sent.text, "")
    ),
    "locked": _locked,
    "missing-required": lambda sent: attribute_problem("missing-required", sent.reference),
    "too-long": lambda sent: attribute_problem("too-long", sent.text, expected=FAULT_TEXT_LIMIT),
    "unknown-reference": _unknown,
}


def _faulty_call(item: Item, request: Request) -> _FaultyCall:
    call = request.call
    if request.operation.batch is None:
        return _FaultyCall(call.method.lower(), call.path, _object(value_at(item.document, ("data",))))
    carried = _object(item.document)
    data = _object(value_at(carried, ("body", "data")))
    return _FaultyCall(str(carried.get("method", "")), API + str(carried.get("path", "")), data)


def _message(error: Json) -> str:
    details = error.get("details", ())
    sentence: str = details[0]["message"] if details else error["userMessage"]
    return sentence


def _invoice_id_in(path: Json) -> str:
    if not isinstance(path, str) or not path.startswith(_BULK_INVOICES):
        return ""
    return path.removeprefix(_BULK_INVOICES).partition("/")[0]


def _with_id_replaced(node: Json, name: Json, other: str) -> Json:
    if isinstance(node, Mapping):
        return {member: _with_id_replaced(child, name, other) for member, child in node.items()}
    if isinstance(node, list):
        return [_with_id_replaced(child, name, other) for child in node]
    return node.replace(name, other) if isinstance(node, str) and name else node


def _object(value: Json) -> Document:
    return value if isinstance(value, Mapping) else EMPTY
