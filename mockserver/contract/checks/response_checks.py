"""Checks on a call as a whole: its status, its body, whether it was to be refused."""

from __future__ import annotations

from mockserver.contract.checks.check_case import (
    FIRST_REFUSAL,
    NOTHING_TO_JUDGE,
    SERVER_ERROR,
    CheckCase,
    CheckFailure,
    CheckResult,
)
from mockserver.contract.oracle.expectations import count_noun
from mockserver.model import pointer_of

_UNAUTHORIZED = 401
_FOR_THE_BODY = frozenset({400, 413, 415, 422})
"""Refusals for the content of a call; all others may depend on its state, its caller or the time."""


def answers_match_the_spec(case: CheckCase) -> CheckResult:
    """Check status, media type and, of an answer that is no refusal, the body."""
    if case.is_provoked:
        return NOTHING_TO_JUDGE
    found = case.conformance.undeclared
    if found is None or (found.of_body and case.status >= FIRST_REFUSAL):
        return 1, None
    return 1, CheckFailure(found.said, found.pointer, found.expected, found.came)


def members_are_stated(case: CheckCase) -> CheckResult:
    """Check that the response has no undeclared members."""
    is_read = case.exchange.response.body and not case.is_provoked
    if case.conformance.undeclared is not None or not is_read:
        return NOTHING_TO_JUDGE
    if case.conformance.undeclared_member is None:
        return 1, None
    name = case.conformance.undeclared_member[-1]
    said = f"answers {case.status} with a member that the spec does not name: {name}"
    return 1, CheckFailure(
        said,
        pointer_of(case.conformance.undeclared_member),
        "members of the schema",
        str(case.conformance.undeclared_member[-1]),
    )


def comes_as_asked_for(case: CheckCase) -> CheckResult:
    """Check that the media type was asked for, if the spec states it; 401 and 403 may have another."""
    refused = case.status in (401, 403)
    if refused or "accept" not in case.exchange.request.headers or not case.exchange.response.body:
        return NOTHING_TO_JUDGE
    is_right = case.exchange.response.media_type in case.answer_types
    found = None if is_right else case.conformance.unacceptable
    return 1, CheckFailure(found.said, found.pointer, found.expected, found.came) if found else None


def no_server_error(case: CheckCase) -> CheckResult:
    """Check that the response is no 5xx, but for a declared 501 to a method that the path does not have."""
    if case.status < SERVER_ERROR or case.refuses_method:
        return 1, None
    said = f"answers {case.status}: a server must have an answer to every request"
    return 1, CheckFailure(said, expected="a status below 500", came=str(case.status))


def refusals_have_the_shape(case: CheckCase) -> CheckResult:
    """Check that a refusal has the body that the spec declares."""
    if case.status < FIRST_REFUSAL or case.is_provoked:
        return NOTHING_TO_JUDGE
    found = case.conformance.undeclared
    if found is not None and found.of_body:
        return 1, CheckFailure(found.said, found.pointer, found.expected, found.came)
    if case.conformance.has_declared_body and not case.exchange.response.body:
        said = f"answers {case.status} without a body; the spec has one for this status"
        return 1, CheckFailure(said, expected="a body", came="none")
    return 1, None


def envelope_is_judged(case: CheckCase) -> CheckResult:
    """Check that an invalid envelope is refused, and that no call is refused for a bad item's sake."""
    expected = case.expected
    if expected.envelope == "bad":
        if case.status >= FIRST_REFUSAL or case.is_tolerated:
            return 1, None
        said = f"answers {case.status} to a call that must be refused: {expected.reason}"
        return 1, CheckFailure(said, expected="a 4xx", came=str(case.status))
    if case.status == _UNAUTHORIZED and case.has_credentials and not case.is_tolerated:
        said = "answers 401 to the credentials of this run"
        return 1, CheckFailure(said, expected="credentials accepted", came="401")
    if expected.envelope == "doubtful" or not expected.listed or case.lacks_credentials:
        return NOTHING_TO_JUDGE
    return 1, _refused_too_little(case) or _refused_too_much(case)


def _refused_too_little(case: CheckCase) -> CheckFailure | None:
    """Return an item that the vendor's own reader must fail at, in a call that was not refused."""
    culprit = next((one for one in case.expected.items if one.refuses_call), None)
    if culprit is None or case.status >= FIRST_REFUSAL:
        return None
    said = (
        f"sent {count_noun(len(case.expected.items), 'item')}; item {culprit.item.place} cannot be read "
        f"({culprit.reason}), so the call must be refused as a whole; {case.status} came"
    )
    return CheckFailure(said, expected="a 4xx", came=str(case.status))


def _refused_too_much(case: CheckCase) -> CheckFailure | None:
    """Find a call that was refused as a whole although its items may only be rejected one by one."""
    operation, items = case.expected.operation, case.expected.items
    if operation is None or operation.batch is None or case.atomic or not case.refused:
        return None
    told_apart = operation.batch.outcome or operation.batch.maps
    if not told_apart or case.status not in _FOR_THE_BODY or any(one.may_refuse_call for one in items):
        return None
    bad = case.expected.bad
    what = (
        f"item {bad[0].item.place} alone is bad: {bad[0].reason}" if bad else "the spec allows each of them"
    )
    if len(bad) > 1:
        what = f"{len(bad)} of them are bad, each by itself (item {bad[0].item.place}: {bad[0].reason})"
    said = f"sent {count_noun(len(items), 'item')}; {what}; but {case.status} rejects all of them"
    return CheckFailure(said, expected="an outcome for each item", came=str(case.status))
