"""Build journal queries and expectations from the parameters of a control plane call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from difflib import get_close_matches

from mockserver.codec.durations import parse_duration
from mockserver.codec.instants import parse_instant
from mockserver.control.control_call import UnprocessableMemberError
from mockserver.engine.registry import LoadedVendor
from mockserver.journal.query import Query
from mockserver.journal.verification import Bounds, CallMatch, Expectation
from mockserver.model import EMPTY, Document, Json
from mockserver.sandbox.clock import Clock, system_clock
from mockserver.scenario.model import Predicate
from mockserver.scenario.predicates import InvalidPredicateError, parse_predicate


def read_query(
    filters: Mapping[str, Json], served: Iterable[LoadedVendor], machine: Clock = system_clock
) -> Query:
    """Return the journal query for the parameters of a call; `machine` is the clock of the entries' `at`.

    Raises:
        UnprocessableMemberError: a vendor or operation is unknown, or `since` is invalid.
    """
    _check_names(filters, served, "/query")
    since = filters.get("since")
    return Query(**{**filters, "since": None if since is None else _since(since, machine)})


def read_expectation(body: Document, served: Iterable[LoadedVendor]) -> Expectation:
    """Return what a verification expects; by default at least one call.

    Raises:
        UnprocessableMemberError: a vendor or operation is unknown, the predicate is invalid, or a maximum is
            below its minimum.
    """
    match = body.get("match", EMPTY)
    _check_names(match, served, "/match")
    predicate = match.get("body", EMPTY)
    call_match = CallMatch(
        vendor=match.get("vendor", ""),
        operation=match.get("operation", ""),
        method=match.get("method", ""),
        path=match.get("path", ""),
        query=match.get("query", EMPTY),
        headers={name.lower(): text for name, text in match.get("headers", EMPTY).items()},
        body=_predicate(predicate) if predicate else None,
        body_document=predicate,
        status=str(match.get("status", "")),
        scenario=match.get("scenario", ""),
    )
    item_bounds = body.get("items", EMPTY)
    items = {outcome: _bounds(bounds, f"/items/{outcome}") for outcome, bounds in item_bounds.items()}
    default = {"min": 0} if items else {"min": 1}
    return Expectation(call_match, _bounds(body.get("calls", default), "/calls"), items)


def _predicate(node: Document) -> Predicate:
    try:
        return parse_predicate(node)
    except InvalidPredicateError as error:
        pointer = f"/match/body/{error.part}" if error.part else "/match/body"
        raise UnprocessableMemberError(pointer, error.detail, error.hint) from None


def _bounds(node: Json, pointer: str) -> Bounds:
    if isinstance(node, int):
        return Bounds(node, node)
    bounds = Bounds(node.get("min", 0), node.get("max"))
    if bounds.most is not None and bounds.most < bounds.least:
        raise UnprocessableMemberError(
            pointer, f"no number is from {bounds.least} to {bounds.most}", "swap min and max"
        )
    return bounds


def _check_names(names: Mapping[str, Json], served: Iterable[LoadedVendor], pointer: str) -> None:
    vendors = {vendor.name: vendor for vendor in served}
    name, operation = names.get("vendor"), names.get("operation")
    if name is not None and name not in vendors:
        raise UnprocessableMemberError(
            f"{pointer}/vendor", f"there is no vendor {name}", _suggestion(name, vendors)
        )
    candidates = [vendors[name]] if name is not None else list(vendors.values())
    known = [known_operation for vendor in candidates for known_operation in vendor.spec.operations]
    if operation is not None and operation not in known:
        whose = f"{name} has no operation" if name is not None else "no vendor has an operation"
        raise UnprocessableMemberError(
            f"{pointer}/operation", f"{whose} {operation}", _suggestion(operation, known)
        )


def _suggestion(word: str, known: Iterable[str]) -> str:
    words = list(known)
    near = get_close_matches(word, words, 1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(words[:10])}"


def _since(text: str, machine: Clock) -> int | datetime:
    if text.isdecimal() and text.isascii():
        return int(text)
    with suppress(ValueError):
        return machine() - parse_duration(text)
    try:
        return parse_instant(text)
    except ValueError:
        detail = f"{text} is not a number of the journal, a duration or an instant"
        cure = "write 17, 10m or 2026-01-05T09:00:00Z"
        raise UnprocessableMemberError("/query/since", detail, cure) from None
