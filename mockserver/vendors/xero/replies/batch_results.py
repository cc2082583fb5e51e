"""Render the reply to a batch: every element with its outcome, or only the rejected ones.

Accepted elements are saved in either form. A rejected element repeats what was sent, without read-only
members, unknown members (assumed, as Json.NET drops them) and members that break a limit. An element whose
contact is missing because an earlier element was rejected names that element (assumed,
docs/catalogue.md#64-dependent-item).
Source: docs/vendors/xero.md#what-clients-can-read, #summarizeerrors, #error-shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from msgspec.structs import replace

from mockserver.codec.http import JSON_TYPE
from mockserver.model import EMPTY, Document, Json, Outcome, Path, Problem, Reply
from mockserver.sandbox.store import State
from mockserver.spec.openapi import resolve
from mockserver.vendor import BatchResult, RenderBatch, Request
from mockserver.vendors.xero.dates import parse_date, print_date
from mockserver.vendors.xero.messages import make_problem
from mockserver.vendors.xero.replies.envelope import (
    ZERO_ID,
    is_guid,
    stored_id,
    success_reply,
    validation_reply,
)

RenderSaved: TypeAlias = Callable[[Outcome, Request, State], Json]
PrepareSaved: TypeAlias = Callable[[], RenderSaved]
RenderRejected: TypeAlias = Callable[[Outcome, Request, frozenset[Path]], dict[str, Json]]

_SUMMARY_FLAG = "summarizeErrors"
_SUCCESS_FLAGS = {"HasErrors": False, "HasValidationErrors": False}
IdentifyRejected: TypeAlias = Callable[[Outcome, Request, State], Mapping[str, Json]]


def _identify_none(_outcome: Outcome, _request: Request, _state: State) -> Mapping[str, Json]:
    return EMPTY


def render_results(
    plural: str, stored: RenderSaved, echo: RenderRejected, identify: IdentifyRejected = _identify_none
) -> RenderBatch:
    """Return the render of a batch of `plural`: `stored` shows the good elements, `echo` the failed ones.

    `identify` returns the id of what a failed element would have changed, if it knows better than `echo`.
    """
    return _ResultWriter(plural, lambda: stored, echo, identify).render


def render_prepared_results(
    plural: str, prepare: PrepareSaved, echo: RenderRejected, identify: IdentifyRejected = _identify_none
) -> RenderBatch:
    """Return a render like `render_results`; `prepare` makes anew for each call what shows good elements."""
    return _ResultWriter(plural, prepare, echo, identify).render


@dataclass(frozen=True, slots=True)
class _ResultWriter:
    """Writer of the replies to batches of `plural`; its parts are those of `render_prepared_results`."""

    plural: str
    prepare: PrepareSaved
    echo: RenderRejected
    identify: IdentifyRejected

    def render(self, result: BatchResult, state: State) -> Reply:
        request, outcomes = result.request, explain_missing_contacts(result.outcomes, self.plural)
        refused = [outcome for outcome in outcomes if not outcome.accepted]
        if refused and is_summarised(request):
            elements = [
                {**self._failed(outcome, request, state), "ValidationErrors": _validation_errors_of(outcome)}
                for outcome in refused
            ]
            return validation_reply(elements, request.call, state)
        refuse = self._hidden if request.call.assumptions["silent_failure"] == "on" else self._told
        stored = self.prepare()
        shown = [
            _add_warnings(stored(outcome, request, state), outcome)
            if outcome.accepted
            else refuse(outcome, request, state)
            for outcome in outcomes
        ]
        return success_reply({self.plural: shown}, request.call, state)

    def _failed(self, outcome: Outcome, request: Request, state: State) -> dict[str, Json]:
        shown = self.echo(outcome, request, paths_over_limit(outcome, request))
        return {**shown, **self.identify(outcome, request, state)}

    def _hidden(self, outcome: Outcome, request: Request, state: State) -> dict[str, Json]:
        """Return a failed element that looks like a saved one."""
        shown = self._failed(outcome, request, state)
        return {name: _SUCCESS_FLAGS.get(name, value) for name, value in shown.items()}

    def _told(self, outcome: Outcome, request: Request, state: State) -> dict[str, Json]:
        return {
            **self._failed(outcome, request, state),
            "StatusAttributeString": "ERROR",
            "ValidationErrors": _validation_errors_of(outcome),
        }


def _validation_errors_of(outcome: Outcome) -> list[Json]:
    return validation_errors(outcome.problems or (make_problem("not-processed"),))


def _add_warnings(shown: Mapping[str, Json], outcome: Outcome) -> Mapping[str, Json]:
    """Return a saved element with its warnings, if any.

    That a batch payment shows warnings as other elements do is assumed. Source:
    docs/vendors/xero.md#error-shapes.
    """
    if not outcome.warnings:
        return shown
    return {**shown, "StatusAttributeString": "WARNING", "Warnings": validation_errors(outcome.warnings)}


def is_summarised(request: Request) -> bool:
    """Return whether failed elements make one 400: unless the flag is false, always where there is none.

    Source: docs/vendors/xero.md#headers-and-parameters.
    """
    if _SUMMARY_FLAG in request.parameters:
        return request.parameters[_SUMMARY_FLAG] is not False
    takes_flag = any(parameter.name == _SUMMARY_FLAG for parameter in request.operation.parameters)
    return not takes_flag or request.call.assumptions["summarize_default"] == "true"


_CONTACT_UNKNOWN = "contact-unknown"


def explain_missing_contacts(outcomes: Sequence[Outcome], plural: str) -> Sequence[Outcome]:
    """Return the outcomes; a missing contact is reported at the element that should have created it."""
    brought: dict[str, int] = {}
    for outcome in outcomes:
        if outcome.problems and (number := _new_contact_number(_contact_of(outcome.item.document))):
            brought[number] = min(outcome.item.index, brought.get(number, outcome.item.index))
    return (
        [_explain_missing_contact(outcome, brought, plural) for outcome in outcomes] if brought else outcomes
    )


def _explain_missing_contact(outcome: Outcome, brought: Mapping[str, int], plural: str) -> Outcome:
    if not any(problem.rule == _CONTACT_UNKNOWN for problem in outcome.problems):
        return outcome
    contact, here = _contact_of(outcome.item.document), outcome.item.index
    cause = here if "ContactID" in contact else brought.get(contact.get("ContactNumber", ""), here)
    if cause >= here:
        return outcome
    problems = [
        make_problem("contact-unsaved", problem.path, place=f"{plural}[{cause}]")
        if problem.rule == _CONTACT_UNKNOWN
        else problem
        for problem in outcome.problems
    ]
    return replace(outcome, problems=tuple(problems))


def _new_contact_number(contact: Document) -> str:
    """Return the number of the contact that an element would have created, "" for none."""
    is_new = contact.get("Name") and "ContactID" not in contact
    return str(contact.get("ContactNumber", "")) if is_new else ""


def _contact_of(document: Json) -> Document:
    contact = document.get("Contact") if isinstance(document, dict) else None
    return contact if isinstance(contact, dict) else {}


_DATE_MEMBERS = ("Date", "DueDate", "ExpectedPaymentDate", "PlannedPaymentDate")
_PAIRED_DATES = ("Date", "DueDate")
_LIMIT_RULES = ("maxLength", "maxItems", "minimum", "maximum")
_READ_ONLY_MEMBERS = frozenset(
    {
        "Allocations",
        "AmountCredited",
        "AmountDue",
        "AmountPaid",
        "AppliedAmount",
        "BankAmount",
        "BatchPayment",
        "BatchPaymentID",
        "Class",
        "CreditNotes",
        "DateString",
        "DueDateString",
        "FullyPaidOnDate",
        "HasAccount",
        "HasAttachments",
        "HasErrors",
        "HasValidationErrors",
        "IsDiscounted",
        "Overpayments",
        "PaymentID",
        "PaymentType",
        "Payments",
        "Prepayments",
        "RemainingCredit",
        "ReportingCodeName",
        "StatusAttributeString",
        "SubTotal",
        "SystemAccount",
        "Total",
        "TotalDiscount",
        "TotalTax",
        "UpdatedDateUTC",
        "UpdatedDateUTCString",
        "ValidationErrors",
        "Warnings",
    }
)


def validation_errors(problems: Iterable[Problem]) -> list[Json]:
    """Return what is wrong, each sentence once."""
    return [{"Message": detail} for detail in dict.fromkeys(problem.detail for problem in problems)]


def paths_over_limit(outcome: Outcome, request: Request) -> frozenset[Path]:
    """Return where, inside the element, a limit was broken; nowhere while elements are to be shown whole.

    Source: docs/vendors/xero.md#what-clients-can-read.
    """
    if request.call.assumptions["echo"] == "whole":
        return frozenset()
    batch = request.operation.batch
    steps = len(batch.items) + 1 if batch else 0
    return frozenset(problem.path[steps:] for problem in outcome.problems if problem.rule in _LIMIT_RULES)


def echo_members(sent: Document, names: Iterable[str], omitted: frozenset[Path]) -> dict[str, Json]:
    """Return the sent members that a rejected element shows again, in the order of `names`."""
    shown: dict[str, Json] = {}
    for name in names:
        if name not in sent or (name,) in omitted:
            continue
        if name in _DATE_MEMBERS:
            shown |= _echo_date(name, sent[name], paired=name in _PAIRED_DATES)
        else:
            shown[name] = _copy_member(sent[name], (name,), omitted)
    return shown


def _copy_member(value: Json, path: Path, omitted: frozenset[Path]) -> Json:
    if isinstance(value, list):
        copied = [_copy_member(child, (*path, index), omitted) for index, child in enumerate(value)]
        return [child for index, child in enumerate(copied) if (*path, index) not in omitted]
    if not isinstance(value, dict):
        return value.lower() if isinstance(value, str) and _is_id(path[-1], value) else value
    shown: dict[str, Json] = {}
    for name, child in value.items():
        if name in _READ_ONLY_MEMBERS or (*path, name) in omitted:
            continue
        if name in _DATE_MEMBERS:
            shown |= _echo_date(name, child)
        else:
            shown[name] = _copy_member(child, (*path, name), omitted)
    return shown


def _is_id(name: str | int, value: str) -> bool:
    return str(name).endswith("ID") and is_guid(value)


def _echo_date(name: str, value: Json, *, paired: bool = False) -> dict[str, Json]:
    day = parse_date(value)
    if day is None:
        return {}
    return {**({f"{name}String": f"{day}T00:00:00"} if paired else {}), name: print_date(day)}


def echo_around_id(name: str, before: Iterable[str], after: Iterable[str], flag: str) -> RenderRejected:
    """Return what shows a document that was not created, or not changed: that has its id, if it was named.

    `name` is the id's, with the members `before` and `after` it; `flag` says that something is wrong.
    """

    def represent(outcome: Outcome, request: Request, omitted: frozenset[Path]) -> dict[str, Json]:
        sent = known_members(outcome.item.document, request)
        return {
            **echo_members(sent, before, omitted),
            name: rejected_id(sent, name, request),
            **echo_members(sent, after, omitted),
            flag: True,
        }

    return represent


def rejected_id(sent: Document, name: str, request: Request) -> str:
    """Return the id of a document that was not changed, all zeros where it was not created."""
    batch = request.operation.batch
    if batch is None or not batch.upsert:
        return ZERO_ID
    key = stored_id(str(sent.get(name) or request.parameters.get(name, ZERO_ID)))
    return key if is_guid(key) else ZERO_ID


def known_members(element: Json, request: Request) -> Document:
    """Return an element of a batch; an empty document for null."""
    batch = request.operation.batch
    node: Json = request.contract["paths"][request.operation.path][request.operation.method]
    node = resolve(request.contract, node["requestBody"])["content"][JSON_TYPE]["schema"]
    for name in batch.items if batch else ():
        node = resolve(request.contract, node)["properties"][name]
    items = resolve(request.contract, node)["items"]
    return _drop_unknown(element, items, request.contract) or EMPTY


def _drop_unknown(value: Json, node: Document, contract: Document) -> Json:
    if not isinstance(value, (list, dict)):
        return value
    stated = resolve(contract, node)
    if isinstance(value, list):
        return [_drop_unknown(one, stated.get("items", EMPTY), contract) for one in value]
    members = stated.get("properties")
    if members is None:
        return value
    return {
        name: _drop_unknown(child, members[name], contract)
        for name, child in value.items()
        if name in members
    }
