"""Scenario faults as ClaimCenter errors, and extra outcomes for calls that were not in the batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec.structs import replace

from mockserver.model import EMPTY, Document, Fault, Item, Json, Outcome, Path, Problem, Value
from mockserver.vendor import FAULT_RULE, Request
from mockserver.vendors.guidewire.attributes import attribute_problem, reference_id_of
from mockserver.vendors.guidewire.lifecycle import CUSTOM_ACTIONS
from mockserver.vendors.guidewire.refusals import refusal_error, rejection_error
from mockserver.vendors.guidewire.representation import API, checksum

FAULT_TEXT_LIMIT = 255
"""Length limit in the message of a too-long fault; nothing is refused for its length."""


_REFUSALS: Mapping[str, str] = {
    "internal": "failed",
    "throttled": "too-many-requests",
    "timeout": "unavailable",
}
"""Faults that are no matter of what was sent, and the refusal that says them."""

_LOCKED_IN = "Issued"
_ITEMS = "/bulk-invoice-items"
_BULK_INVOICES = "/bulk-invoices/"


class _FaultyCall(Value, frozen=True):
    """The call that a fault befalls, alone or in a batch; what it lacks is empty."""

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
        """The attribute that names another resource, and that a new one cannot do without."""
        return "claim" if self.of_item else "payeeAddressBookUID"

    @property
    def text(self) -> str:
        """The attribute that its owner words freely."""
        return "description" if self.of_item else "invoiceNumber"


def fault_problem(fault: Fault, item: Item, request: Request) -> Problem:
    """Return a scenario's fault as a problem whose `found` is the vendor's error.

    Source: docs/vendors/guidewire.md#errors, #statuses, #stale-data.
    """
    refusal = _REFUSALS.get(fault.code)
    if refusal is not None:
        error = refusal_error(refusal, request.call.path)
    else:
        error = rejection_error((_nearest_problem(fault.code, _faulty_call(item, request)),), request.call)
    if fault.message:
        error = {"errorCode": error["errorCode"], "userMessage": fault.message, "status": error["status"]}
    if fault.status is not None:
        error = {**error, "status": fault.status}
    return Problem(fault.code, _item_path(item, request), _message(error), FAULT_RULE, fault.status, error)


def extra_outcome(outcome: Outcome, number: int) -> Outcome:
    """Return the outcome of a call for an invoice that is not there, of the same form as a true one."""
    name = f"xc:Sphantom{number:0>13}"
    sent = _object(outcome.item.document)
    shown = _object(_object(_object(_object(outcome.document).get("body")).get("data")).get("attributes"))
    known = _invoice_id_in(sent.get("path")) or shown.get("id")
    path = f"{_BULK_INVOICES}{name}"
    document = {**_with_id_replaced(sent, known, name), "path": path}
    return replace(
        outcome,
        item=Item(outcome.item.index, path, document),
        document=_with_id_replaced(_with_id_replaced(outcome.document, known, name), shown.get("id"), name),
    )


def _nearest_problem(code: str, sent: _FaultyCall) -> Problem:
    """Return the problem of the vendor's that comes nearest."""
    nearest = _PROBLEMS.get(code)
    return nearest(sent) if nearest else Problem(code, ("data",))


def _missing(sent: _FaultyCall) -> Problem:
    return attribute_problem("missing-required", sent.reference)


def _too_long(sent: _FaultyCall) -> Problem:
    return attribute_problem("too-long", sent.text, expected=FAULT_TEXT_LIMIT)


def _duplicate(sent: _FaultyCall) -> Problem:
    return attribute_problem("duplicate-key", sent.text, found=sent.attributes.get(sent.text, ""))


def _unknown(sent: _FaultyCall) -> Problem:
    named = reference_id_of(sent.attributes, sent.reference) or sent.attributes.get(sent.reference, "")
    return attribute_problem("unknown-reference", sent.reference, found=named)


def _stale(sent: _FaultyCall) -> Problem:
    current = {"uri": sent.target, "currentChecksum": checksum({"uri": sent.target})}
    return Problem(
        "stale-checksum", ("data", "checksum"), expected=current, found=sent.data.get("checksum", "")
    )


def _locked(sent: _FaultyCall) -> Problem:
    """Return the error for a call that an issued invoice does not allow."""
    action = sent.target.rpartition("/")[2]
    if sent.method == "delete" and not sent.of_item:
        action = "delete"
    elif action not in CUSTOM_ACTIONS:
        return Problem("not-editable", expected="update", found=_LOCKED_IN)
    return Problem("wrong-state", expected=action, found=_LOCKED_IN)


_PROBLEMS: Mapping[str, Callable[[_FaultyCall], Problem]] = {
    "conflict": _stale,
    "duplicate-key": _duplicate,
    "locked": _locked,
    "missing-required": _missing,
    "too-long": _too_long,
    "unknown-reference": _unknown,
}


def _faulty_call(item: Item, request: Request) -> _FaultyCall:
    call = request.call
    if request.operation.batch is None:
        return _FaultyCall(call.method.lower(), call.path, _object(_object(item.document).get("data")))
    carried = _object(item.document)
    target = API + str(carried.get("path", ""))
    return _FaultyCall(
        str(carried.get("method", "")), target, _object(_object(carried.get("body")).get("data"))
    )


def _item_path(item: Item, request: Request) -> Path:
    batch = request.operation.batch
    return (*batch.items, item.index) if batch else ()


def _message(error: Json) -> str:
    details = error.get("details", ())
    sentence: str = details[0]["message"] if details else error["userMessage"]
    return sentence


def _invoice_id_in(path: Json) -> str:
    """Return the id of the invoice that a path names, "" for none."""
    if not isinstance(path, str) or not path.startswith(_BULK_INVOICES):
        return ""
    return path.removeprefix(_BULK_INVOICES).partition("/")[0]


def _with_id_replaced(node: Json, name: Json, other: str) -> Json:
    """`node` with another id wherever it names the one."""
    if isinstance(node, Mapping):
        return {member: _with_id_replaced(child, name, other) for member, child in node.items()}
    if isinstance(node, list):
        return [_with_id_replaced(child, name, other) for child in node]
    return node.replace(name, other) if isinstance(node, str) and name else node


def _object(value: Json) -> Document:
    return value if isinstance(value, Mapping) else EMPTY
