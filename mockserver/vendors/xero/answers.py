"""Replies: envelope, headers with rate limits, errors, results of batches.

Accepted elements are saved whether the reply is 200 or 400. A rejected element is shown as sent, without
read-only members, unknown members (assumed, as Json.NET drops them) and members that break a limit. If a
contact is missing because an earlier element was rejected, the message names that element (assumed,
docs/catalogue.md#64-dependent-item). It is assumed that a batch payment shows warnings as other elements do.
Source: docs/vendors/xero.md#limits, #headers-and-parameters, #envelope, #what-clients-can-read,
#summarizeerrors, #error-shapes, #error-numbers, #refusals.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from msgspec.structs import replace

from mockserver.codec.http import JSON_TYPE, json_reply
from mockserver.errors import TooManyRequests
from mockserver.model import EMPTY, Call, Document, Json, Outcome, Path, Problem, Reply, Value
from mockserver.sandbox.quota import QuotaWindow, count_in_fixed_window, peek_fixed_window, rate_limit_headers
from mockserver.sandbox.store import State
from mockserver.spec.openapi import resolve
from mockserver.spec.schema import UUID_PATTERN
from mockserver.vendor import BatchResult, Headers, RenderBatch, Request
from mockserver.vendors.xero.dates_and_amounts import parse_date, print_date, print_now_ms
from mockserver.vendors.xero.messages import make_problem, message_text

TENANT_HEADER = "xero-tenant-id"
LIMIT_NAMES = ("minute", "day", "concurrent", "appminute")
"""Names of limits; the spelling of the last two is assumed. Source: docs/vendors/xero.md#limits."""

_MINUTE = 60
_DAY = 86_400
_APP_A_MINUTE = 10_000
_GUID = re.compile(UUID_PATTERN)
_DIGITS = re.compile("[0-9a-f]{32}")

PROVIDER = "Xero API Partner"
ZERO_ID = "00000000-0000-0000-0000-000000000000"
VALIDATION = (10, "ValidationException")
UNREADABLE = (14, "PostDataInvalidException")
BAD_QUERY = (16, "QueryParseException")
HIGH_VOLUME = (9191919, "HighVolumeFilterUnavailableApiException")
NO_DATA = (17, "NoDataProcessedException")

_TITLES = {401: "Unauthorized", 403: "Forbidden", 412: "Precondition Failed"}
_DATE_STRINGS = ("DateString", "DueDateString")
_VALIDATION_MESSAGE = "A validation exception occurred"
_SUMMARY_FLAG = "summarizeErrors"
_STATUS = "StatusAttributeString"
_SUCCESS_FLAGS = {"HasErrors": False, "HasValidationErrors": False}
_CONTACT_UNKNOWN = "contact-unknown"
_DATE_MEMBERS = ("Date", "DueDate", "ExpectedPaymentDate", "PlannedPaymentDate")
_PAIRED_DATES = ("Date", "DueDate")
_LIMIT_RULES = ("maxLength", "maxItems", "minimum", "maximum")
_READ_ONLY_MEMBERS = (
    "Allocations AmountCredited AmountDue AmountPaid AppliedAmount BankAmount BatchPayment BatchPaymentID "
    "Class CreditNotes DateString DueDateString FullyPaidOnDate HasAccount HasAttachments HasErrors "
    "HasValidationErrors IsDiscounted Overpayments PaymentID PaymentType Payments Prepayments "
    "RemainingCredit ReportingCodeName StatusAttributeString SubTotal SystemAccount Total TotalDiscount "
    "TotalTax UpdatedDateUTC UpdatedDateUTCString ValidationErrors Warnings"
)
_READ_ONLY = frozenset(_READ_ONLY_MEMBERS.split())

RenderSaved: TypeAlias = Callable[[Outcome, Request, State], Json]
PrepareSaved: TypeAlias = Callable[[], RenderSaved]
RenderRejected: TypeAlias = Callable[[Outcome, Request, State], dict[str, Json]]


class _Window(Value, frozen=True):
    """A quota of `limit` calls in `seconds`. `key` names its counter."""

    name: str
    key: str
    limit: int
    seconds: int
    header: str


def _windows(call: Call) -> tuple[_Window, ...]:
    (minute, _, day), tenant = _call_limits(call), call.headers.get(TENANT_HEADER, "")
    app = f"app/{call.principal.name}"
    return (
        _Window("day", f"day/{tenant}", day, _DAY, "X-DayLimit-Remaining"),
        _Window("minute", f"minute/{tenant}", minute, _MINUTE, "X-MinLimit-Remaining"),
        _Window("appminute", app, _APP_A_MINUTE, _MINUTE, "X-AppMinLimit-Remaining"),
    )


def count_call(call: Call, state: State) -> None:
    """Count a call against each quota. If the call is refused, `admit` undoes the counts.

    Raises TooManyRequests.
    """
    if call.assumptions["quotas"] == "off":
        return
    _, limit, _ = _call_limits(call)
    if call.in_flight > limit:
        hint = f"{call.in_flight} calls of the tenant at once, at most {limit} are allowed"
        raise TooManyRequests("concurrent", hint=f"{hint} ({call.assumed('quotas')})")
    for window in _windows(call):
        spent = count_in_fixed_window(state, window.key, window.limit, window.seconds)
        if not spent.allowed and window.name == "appminute":
            hint = f"the app has used up its {window.limit:,} calls of this minute ({call.assumed('quotas')})"
            raise TooManyRequests(window.name, hint=hint)
        if not spent.allowed:
            raise TooManyRequests(window.name, spent.wait)


def _remaining_headers(call: Call, state: State) -> Headers:
    """Return the rate limit headers. While quotas are off, the headers are those after one call."""
    windows, counted = _windows(call), call.assumptions["quotas"] != "off"
    left = [
        peek_fixed_window(state, one.key, one.limit, one.seconds).left if counted else max(0, one.limit - 1)
        for one in windows
    ]
    shown = tuple((one.header, str(calls)) for one, calls in zip(windows, left, strict=True))
    if call.assumptions["ratelimit_headers"] != "on":
        return shown
    # Headers of the RateLimit draft, with the tenant's quotas; no document of the vendor has these headers.
    now = int(state.now.timestamp())
    day, minute, _ = (
        QuotaWindow(one.name, one.limit, one.seconds, calls, one.seconds - now % one.seconds)
        for one, calls in zip(windows, left, strict=True)
    )
    return (*shown, *rate_limit_headers(minute, day))


def _call_limits(call: Call) -> tuple[int, ...]:
    """Return how many calls a tenant may make in a minute, at the same time, and in a day."""
    return tuple(int(part) for part in call.assumptions["call_limits"].split("/"))


def is_guid(text: str) -> bool:
    return _GUID.fullmatch(text) is not None


def id_parameter(request: Request, name: str) -> str:
    return stored_id(str(request.parameters[name]))


def named_id(sent: Document, name: str, request: Request) -> str:
    """Return the id in the path; if the path has none, the id in the element; "" if neither has an id."""
    if name in request.parameters:
        return id_parameter(request, name)
    key = str(sent.get(name, "")).lower()
    return "" if key == ZERO_ID else key


def names_id(sent: Document, name: str, request: Request) -> bool:
    return name in request.parameters or sent.get(name, ZERO_ID) != ZERO_ID


def stored_id(text: str) -> str:
    """Return an id in its stored form: lower case, with dashes even if it came as 32 hex digits."""
    text = text.lower()
    return str(UUID(text)) if _DIGITS.fullmatch(text) else text


def pick_members(document: Document, *names: str) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name in names:
        if name in document:
            members[name] = document[name]
    return members


def common_headers(call: Call, state: State) -> Headers:
    return (*correlation_header(state), *_remaining_headers(call, state))


def correlation_header(state: State) -> Headers:
    return (("Xero-Correlation-Id", state.uuid()),)


def success_reply(members: Mapping[str, Json], call: Call, state: State) -> Reply:
    """Reply 200 with the four members of every answer, then `members`.

    Source: the vendor's sample; docs/vendors/xero.md#envelope.
    """
    document = {
        "Id": state.uuid(),
        "Status": "OK",
        "ProviderName": PROVIDER,
        "DateTimeUTC": print_now_ms(state.now),
        **_apply_date_separator(members, call),
    }
    return json_reply(200, document, headers=common_headers(call, state))


def not_found_reply(call: Call, state: State) -> Reply:
    """Reply 404 with plain text that is declared as HTML.

    Source: docs/vendors/xero.md#refusals (OAS#163).
    """
    return Reply(
        404, message_text("not-found").encode(), "text/html; charset=utf-8", common_headers(call, state)
    )


def problem_reply(status: int, detail: str, call: Call, state: State) -> Reply:
    """Reply with problem details of Xero's gateway to a refused caller or unreadable `If-Modified-Since`."""
    document: Json = {
        "Type": None,
        "Title": _TITLES[status],
        "Status": status,
        "Detail": detail,
        "Instance": state.uuid(),
        "Extensions": {},
    }
    return json_reply(status, document, headers=common_headers(call, state))


def error_reply(
    status: int, kind: Json, message: str, call: Call, state: State, *headers: tuple[str, str]
) -> Reply:
    number, name = kind
    document = {"ErrorNumber": number, "Type": name, "Message": message}
    return json_reply(status, document, headers=(*common_headers(call, state), *headers))


def validation_reply(elements: list[Json], call: Call, state: State) -> Reply:
    """Reply 400 with only the failed elements."""
    number, name = VALIDATION
    document = {"ErrorNumber": number, "Type": name, "Message": _VALIDATION_MESSAGE, "Elements": elements}
    return json_reply(400, _apply_date_separator(document, call), headers=common_headers(call, state))


def _apply_date_separator(document: Json, call: Call) -> Json:
    """Return the document with `…DateString` members in the form that the assumption `date_string` sets."""
    return document if call.assumptions["date_string"] == "T" else _separate_by_space(document)


def _separate_by_space(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {
            name: child.replace("T", " ") if name in _DATE_STRINGS else _separate_by_space(child)
            for name, child in value.items()
        }
    return [_separate_by_space(child) for child in value] if isinstance(value, list) else value


def render_results(plural: str, prepare: PrepareSaved, failed: RenderRejected) -> RenderBatch:
    """Return the function that writes the reply to a batch of `plural`.

    `prepare` is called once for each call, and returns the function that shows saved elements. `failed` shows
    failed elements.
    """

    def render(result: BatchResult, state: State) -> Reply:
        request, outcomes = result.request, explain_missing_contacts(result.outcomes, plural)
        refused = [outcome for outcome in outcomes if not outcome.accepted]
        if refused and is_summarised(request):
            elements = [
                {**failed(outcome, request, state), "ValidationErrors": _validation_errors_of(outcome)}
                for outcome in refused
            ]
            return validation_reply(elements, request.call, state)
        hidden = request.call.assumptions["silent_failure"] == "on"
        saved = prepare()
        shown = [
            _mark_saved(saved(outcome, request, state), outcome, request)
            if outcome.accepted
            else _mark_failed(failed(outcome, request, state), outcome, hidden=hidden)
            for outcome in outcomes
        ]
        return success_reply({plural: shown}, request.call, state)

    return render


def _mark_failed(shown: Mapping[str, Json], outcome: Outcome, *, hidden: bool) -> dict[str, Json]:
    """Return a failed element with its errors; if `hidden`, without errors, like a saved element."""
    if hidden:
        return {name: _SUCCESS_FLAGS.get(name, value) for name, value in shown.items()}
    errors = _validation_errors_of(outcome)
    return {**shown, _STATUS: "ERROR", "ValidationErrors": errors}


def _validation_errors_of(outcome: Outcome) -> list[Json]:
    return validation_errors(outcome.problems or (make_problem("not-processed"),))


def _mark_saved(shown: Mapping[str, Json], outcome: Outcome, request: Request) -> Mapping[str, Json]:
    """Return a saved element with its warnings; in a summarised reply, an assumption may omit the status."""
    warned = {_STATUS: "WARNING", "Warnings": validation_errors(outcome.warnings)} if outcome.warnings else {}
    is_told = request.call.assumptions["saved_status"] == "always" or not is_summarised(request)
    hidden = "" if is_told else _STATUS
    return {name: value for name, value in {**shown, **warned}.items() if name != hidden}


def is_summarised(request: Request) -> bool:
    """Return whether a failure makes the reply a 400.

    `summarizeErrors` or its default decides. If the operation lacks the flag, a failure is always a 400.
    """
    if _SUMMARY_FLAG in request.parameters:
        return request.parameters[_SUMMARY_FLAG] is not False
    is_default = request.call.assumptions["summarize_default"] == "true"
    return is_default or not request.operation.has_parameter(_SUMMARY_FLAG)


def explain_missing_contacts(outcomes: Sequence[Outcome], plural: str) -> Sequence[Outcome]:
    """Return outcomes whose messages on missing contacts refer to the elements that failed to create them."""
    brought: dict[str, int] = {}
    for outcome in outcomes:
        contact, here = _contact_of(outcome) if outcome.problems else EMPTY, outcome.item.index
        if contact.get("Name") and contact.get("ContactNumber") and "ContactID" not in contact:
            number = str(contact["ContactNumber"])
            brought[number] = min(here, brought.get(number, here))
    return (
        [_explain_missing_contact(outcome, brought, plural) for outcome in outcomes] if brought else outcomes
    )


def _explain_missing_contact(outcome: Outcome, brought: Mapping[str, int], plural: str) -> Outcome:
    contact, here = _contact_of(outcome), outcome.item.index
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


def _contact_of(outcome: Outcome) -> Document:
    document = outcome.item.document
    contact = document.get("Contact") if isinstance(document, dict) else None
    return contact if isinstance(contact, dict) else {}


def validation_errors(problems: Iterable[Problem]) -> list[Json]:
    return [{"Message": detail} for detail in dict.fromkeys(problem.detail for problem in problems)]


def fitting_members(outcome: Outcome, request: Request) -> Document:
    """Return a rejected element's declared members, without values beyond a limit (assumption `echo`)."""
    batch = request.operation.batch
    assert batch is not None  # noqa: S101 - only batches have outcomes
    body = resolve(request.contract, request.operation.node["requestBody"])
    node: Json = body["content"][JSON_TYPE]["schema"]
    for name in batch.items:
        node = resolve(request.contract, node)["properties"][name]
    rules = () if request.call.assumptions["echo"] == "whole" else _LIMIT_RULES
    steps = len(batch.items) + 1
    omitted = {problem.path[steps:] for problem in outcome.problems if problem.rule in rules}

    def fitting(value: Json, node: Document, path: Path) -> Json:
        if not isinstance(value, (list, dict)):
            return value
        stated = resolve(request.contract, node)
        if isinstance(value, list):
            inner = stated.get("items", EMPTY)
            children = [((*path, index), child) for index, child in enumerate(value)]
            return [fitting(child, inner, here) for here, child in children if here not in omitted]
        members = stated.get("properties")
        if members is None:
            return value
        return {
            name: fitting(child, members[name], (*path, name))
            for name, child in value.items()
            if name in members and (*path, name) not in omitted
        }

    return fitting(outcome.item.document, resolve(request.contract, node)["items"], ()) or EMPTY


def echo_members(sent: Document, names: Iterable[str]) -> dict[str, Json]:
    """Return the sent members that a rejected element shows again, in the order of `names`."""
    return _copy_members(sent, (name for name in names if name in sent), _PAIRED_DATES)


def _copy_members(sent: Document, names: Iterable[str], paired: Sequence[str] = ()) -> dict[str, Json]:
    shown: dict[str, Json] = {}
    for name in names:
        if name in _DATE_MEMBERS:
            shown |= _echo_date(name, sent[name], paired=name in paired)
        else:
            shown[name] = _copy_value(sent[name], name)
    return shown


def _copy_value(value: Json, name: str) -> Json:
    if isinstance(value, list):
        return [_copy_value(child, "") for child in value]
    if isinstance(value, dict):
        return _copy_members(value, (inner for inner in value if inner not in _READ_ONLY))
    is_id = name.endswith("ID") and isinstance(value, str) and is_guid(value)
    return value.lower() if is_id else value


def _echo_date(name: str, value: Json, *, paired: bool) -> dict[str, Json]:
    day = parse_date(value)
    if day is None:
        return {}
    return {**({f"{name}String": f"{day}T00:00:00"} if paired else {}), name: print_date(day)}


def rejected_id(sent: Document, name: str, request: Request) -> str:
    """Return the id that the rejected element or the call's path names; all zeros if the element is new."""
    batch = request.operation.batch
    if batch is None or not batch.upsert:
        return ZERO_ID
    key = stored_id(str(sent.get(name) or request.parameters.get(name, ZERO_ID)))
    return key if is_guid(key) else ZERO_ID
