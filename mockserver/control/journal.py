"""List, show, verify, export and clear the journal of a sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache, partial
from itertools import islice

from msgspec.structs import asdict, replace

from mockserver.codec.http import join_headers, json_reply
from mockserver.codec.instants import parse_duration, parse_instant
from mockserver.codec.masking import MASK
from mockserver.control.clock import open_windows, read_instant
from mockserver.control.control_call import (
    ConflictError,
    UnknownNameError,
    UnprocessableMemberError,
    find_vendor,
    suggestion,
)
from mockserver.control.http_client import HttpClient
from mockserver.control.scenarios import PackagedScenarios
from mockserver.control.stories import NotReproducibleError, StoryBuilder, call_reply, file_reply, story_reply
from mockserver.engine.registry import LoadedVendor
from mockserver.journal.entry import Entry, JournalQuery, select, with_first_calls
from mockserver.journal.export.archives import har_archive
from mockserver.journal.export.formats import FORMATS
from mockserver.journal.export.story import file_stem
from mockserver.journal.item_history import ItemHistory, find_histories, has_own_key
from mockserver.journal.item_values import find_name
from mockserver.journal.journal import Journal
from mockserver.journal.ledger import SENT, describe_items, end_items, sum_items
from mockserver.journal.overview import group_differences, sum_up
from mockserver.journal.replay import compare_calls, item_places, rows_of_items
from mockserver.journal.sent_headers import sent_headers
from mockserver.journal.timeline import chart_calls
from mockserver.journal.verification import (
    Bounds,
    CallMatch,
    Expectation,
    RequestDocuments,
    VerificationResult,
    verify_entries,
)
from mockserver.journal.view import View, applied_rules, strip
from mockserver.model import EMPTY, Document, Json, Reply, Value
from mockserver.sandbox.clock import Clock, system_clock
from mockserver.sandbox.deliveries import OwedDelivery, deliveries_of
from mockserver.sandbox.sandboxes import Sandboxes
from mockserver.scenario.model import Predicate
from mockserver.scenario.predicates import InvalidPredicateError, parse_predicate
from mockserver.spec.openapi import Operation

DROPPED_HEADER = "Mock-Journal-Dropped"
"""Name of the response header for the number of old entries that the journal has dropped."""

_BOUNDS = ("from_", "to")
_NO_MONEY = {"amount": None, "currency": None}
_SHOWN_SECRETS = "shown"
_NEAREST_MEMBERS = frozenset({"number", "vendor", "method", "path", "operation", "status", "outcomes"})


class JournalOperations(Value, frozen=True):
    """Operations on a sandbox's journal. All raise UnknownSandboxError if the sandbox does not exist."""

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[LoadedVendor, ...]
    packaged: PackagedScenarios
    inside: HttpClient
    """HTTP client of this server. An export repeats the recorded calls with it, to prove equal results."""

    def list_journal(
        self, name: str, last: int, secrets: str, *, strips: bool = False, **filters: Json
    ) -> Reply:
        """Return the newest matching entries in short form, oldest first.

        If `strips` is set, each entry also has a `strip`: at most 240 outcomes, of items or groups of items.
        """
        found = self._select(name, last, filters)
        view = View(shown=secrets == _SHOWN_SECRETS)
        headers = ((DROPPED_HEADER, str(dropped)),) if (dropped := self.journal.kept.dropped(name)) else ()
        listed = [
            {**view.listed(entry), **({"strip": strip(entry.decided)} if strips else {})} for entry in found
        ]
        return replace(json_reply(200, listed), headers=headers)

    def clear_journal(self, name: str) -> None:
        self.sandboxes.check_exists(name)
        self.journal.clear(name)

    def show_entry(self, name: str, number: int, secrets: str) -> Document:
        """Return a whole entry with its rules in words, and each item's money and places in the bodies.

        Raises UnknownNameError.
        """
        entry = find_entry(self.sandboxes, self.journal, name, number)
        view = View(shown=secrets == _SHOWN_SECRETS)
        whole = view.whole(entry)
        whole["reply"]["sent"] = view.headers(
            join_headers(sent_headers(entry, marks=self.journal.adds_headers)), entry
        )
        places = item_places(entry, find_operation(self.served, entry))
        histories = find_histories([entry], self.served, lambda: self.packaged.documents)
        money = {attempt.index: attempt.money for one in histories for attempt in one.attempts}
        found = zip(whole["decided"], places, strict=True)
        decided = [{**one, **place, **money.get(one["index"], _NO_MONEY)} for one, place in found]
        rules = applied_rules(entry, lambda: self.packaged.documents)
        deliveries = list(map(view.delivery, self._owed(entry)))
        return {**whole, "decided": decided, "rules": rules, "deliveries": deliveries}

    def _owed(self, entry: Entry) -> list[OwedDelivery]:
        """Return the callbacks and webhooks that a call caused."""
        owed = partial(deliveries_of, cause=entry.cause)
        return self.sandboxes.control(entry.call.sandbox, owed) if entry.cause else []

    def compare_entries(self, name: str, number: int, other: int) -> Document:
        """Return what differs between two calls. Raises UnknownNameError."""
        return compare_calls(
            *(find_entry(self.sandboxes, self.journal, name, one) for one in (number, other))
        )

    def show_overview(self, name: str, vendor: str = "") -> Document:
        """Return a summary of the journal, and the use of quotas. Raises UnprocessableMemberError."""
        items = end_items(self._histories(name, vendor))
        entries = [one for one in self.journal.kept.entries(name) if vendor in ("", one.call.vendor)]
        used = self.sandboxes.control(name, lambda whole: open_windows(whole.now, whole.tables()))
        return {
            **sum_up(entries, items, View(), self._item_namer(name)),
            "dropped": self.journal.kept.dropped(name),
            "quotas": [one for one in used if vendor in ("", one["vendor"])],
        }

    def list_journal_items(  # noqa: PLR0913 - the filters of the operation
        self,
        name: str,
        vendor: str = "",
        item: str | None = None,
        *,
        figure: Sequence[str] = (SENT,),
        why: str | None = None,
        skip: int = 0,
        limit: int | None = None,
    ) -> list[Document]:
        """Return at most `limit` items that at least one of the figures counts, ordered by first attempt.

        With `item`, return only the items with this key, or else with this name, and their callbacks and
        webhooks. With `why`, return only the items that ended for this reason. Raises
        UnprocessableMemberError if the vendor is unknown.
        """
        ended = end_items(self._histories(name, vendor, item))
        found = (one for one in ended if not set(figure).isdisjoint(one.figures) and why in (None, one.why))
        stop = None if limit is None else skip + limit
        name_item = self._item_namer(name)
        shown = [
            ({**one.document(View()), "name": name_item(one.history)}, one.history)
            for one in islice(found, skip, stop)
        ]
        if item is None:
            return [document for document, _ in shown]
        return [{**document, "deliveries": self._story(name, history)} for document, history in shown]

    def _story(self, name: str, history: ItemHistory) -> list[Document]:
        """Return the callbacks and webhooks of an item, each with the number of its call."""
        entries = (self.journal.kept.entry(name, attempt.number) for attempt in history.attempts)
        owed = ((entry.number, one) for entry in entries if entry for one in self._owed(entry))
        return [{**View().delivery(one), "call": call} for call, one in owed if history.key in one.items]

    def _item_namer(self, name: str) -> Callable[[ItemHistory], str | None]:
        """Return what names items without a key as people do, such as by the number that the server gave."""

        @cache
        def rows(number: int) -> Sequence[Json]:
            entry = self.journal.kept.entry(name, number)
            operation = entry and find_operation(self.served, entry)
            return rows_of_items(entry, operation) if entry and operation else ()

        def name_item(item: ItemHistory) -> str | None:
            """Return the names of the created records, else that in the request; None for one with a key."""
            if has_own_key(item):
                return None
            created = [one for one in item.attempts if one.created]
            names = [find_name(row) for one in created for row in rows(one.number)[one.index : one.index + 1]]
            return " and ".join(filter(None, names)) or find_name(item.attempts[-1].document) or None

        return name_item

    def show_ledger(self, name: str, vendor: str = "") -> Document:
        """Return number and money of items by how they ended. Raises UnprocessableMemberError."""
        ledger = sum_items(end_items(self._histories(name, vendor)))
        return {**ledger, "dropped": self.journal.kept.dropped(name)}

    def list_differences(self, name: str) -> list[Document]:
        """Return the differences of the mock from the real server, those that are alike together."""
        self.sandboxes.check_exists(name)
        return group_differences(self.journal.kept.entries(name), View())

    def show_timeline(
        self, name: str, vendor: str = "", item: str | None = None, from_: str = "", to: str = ""
    ) -> Document:
        """Return the calls from one instant of the machine's clock to another; with `item`, only its calls.

        Raises UnprocessableMemberError if the vendor is unknown, or no time lies between the instants.
        """
        start = parse_instant(read_instant(from_, "/query/from")) if from_ else None
        end = parse_instant(read_instant(to, "/query/to")) if to else None
        if start and end and start >= end:
            raise UnprocessableMemberError("/query/to", f"{to} is not after {from_}", "swap from and to")
        entries = [one for one in self.journal.kept.entries(name) if vendor in ("", one.call.vendor)]
        histories = self._histories(name, vendor, item)
        if item is not None:
            carried = {attempt.number for one in histories for attempt in one.attempts}
            entries = [one for one in entries if one.number in carried]
        return chart_calls(entries, (start, end), histories, View())

    def _histories(self, name: str, vendor: str, item: str | None = None) -> Sequence[ItemHistory]:
        self.sandboxes.check_exists(name)
        served = [find_vendor(self.served, vendor, "/query/vendor")] if vendor else self.served
        is_masked = item is not None and MASK in item  # a key as shown, with credentials masked
        entries, wanted = self.journal.kept.entries(name), None if is_masked else item
        found = find_histories(entries, served, lambda: self.packaged.documents, wanted)
        found = tuple(one for one in found if not is_masked or View().key(one.key) == item)
        if found or item is None:
            return found
        name_item = self._item_namer(name)
        named = ((one, name_item(one)) for one in self._histories(name, vendor))
        return [one for one, known in named if known and item in (known, *known.split(" and "))]

    def verify_journal(self, name: str, body: Document) -> None:
        """Check that the recorded calls meet the expectation in `body`.

        Raises ConflictError if the expectation is not met, or if dropped entries make a maximum uncheckable;
        UnprocessableMemberError if a name is unknown, or a predicate is invalid.
        """
        self.sandboxes.check_exists(name)
        expected = read_expectation(body, self.served)
        found = verify_entries(expected, self.journal.kept.entries(name), RequestDocuments(self.served))
        dropped = self.journal.kept.dropped(name)
        if found.holds and dropped and expected.has_upper_bound:
            raise ConflictError(
                f"the first {dropped:,} calls are no longer kept, and could be too many; "
                "clear the journal before what is to be verified",
                code="not-kept",
            )
        if not found.holds:
            members = _problem_members(expected, found, dropped)
            raise ConflictError(_summary(expected, found), members, code="not-verified")

    async def export_entry(self, name: str, number: int, format_: str, secrets: str) -> Reply:
        """Export an entry with all that is needed to repeat its call.

        Raises UnknownNameError; ConflictError if the recorded request body was cut; NotReproducibleError,
        except for HAR, if a repetition has a different result, or the format cannot express the call.
        """
        entry = find_entry(self.sandboxes, self.journal, name, number)
        form = FORMATS[format_]
        if form.of_one_call:
            check_body_kept(entry)
            return call_reply(entry, form, shown=secrets == _SHOWN_SECRETS)
        return await self._exported(name, [entry], format_, secrets)

    async def export_journal(
        self, name: str, format_: str, last: int, secrets: str, **filters: Json
    ) -> Reply:
        """Export the newest matching entries with all that is needed to repeat their calls.

        Raises NotReproducibleError, except for HAR; UnprocessableMemberError.
        """
        return await self._exported(name, self._select(name, last, filters), format_, secrets)

    async def _exported(self, name: str, entries: Sequence[Entry], form: str, secrets: str) -> Reply:
        shown = secrets == _SHOWN_SECRETS
        builder = StoryBuilder(self.sandboxes, self.journal, self.served, self.inside)
        histories = find_histories(entries, self.served, lambda: self.packaged.documents)
        ledger = describe_items(end_items(histories))
        try:
            return story_reply(await builder.build(name, entries, ledger, shown=shown), FORMATS[form])
        except NotReproducibleError as error:
            if form != "har":
                raise
            archive = har_archive(entries, View(shown), str(error), ledger)
            return file_reply(FORMATS[form], archive, file_stem([entry.number for entry in entries]))

    def _select(self, name: str, last: int, filters: Mapping[str, Json]) -> list[Entry]:
        """Return the newest `last` matching entries; the filters `from_` and `to` bound the entry numbers."""
        self.sandboxes.check_exists(name)
        others = {filter_: value for filter_, value in filters.items() if filter_ not in _BOUNDS}
        query = read_query(others, self.served)
        lowest, highest = (filters.get(bound) for bound in _BOUNDS)
        entries = [
            entry
            for entry in with_first_calls(self.journal.kept.entries(name))
            if (lowest is None or lowest <= entry.number) and (highest is None or entry.number <= highest)
        ]
        return select(entries, query, last)


def find_entry(sandboxes: Sandboxes, journal: Journal, name: str, number: int) -> Entry:
    """Return an entry of a sandbox's journal. Raises UnknownSandboxError, UnknownNameError."""
    sandboxes.check_exists(name)
    entry = journal.kept.entry(name, number)
    if entry is None:
        raise UnknownNameError(f"journal of {name} has no entry {number}", code="unknown-entry")
    if not entry.replayed_key:
        return entry
    return next(one for one in with_first_calls(journal.kept.entries(name)) if one.number == number)


def find_operation(served: Iterable[LoadedVendor], entry: Entry) -> Operation | None:
    specs = {vendor.name: vendor.spec for vendor in served}
    spec = specs.get(entry.call.vendor)
    return None if spec is None else spec.operations.get(entry.operation or "")


def check_body_kept(entry: Entry) -> None:
    if entry.request_cut_bytes:
        raise ConflictError(
            f"{entry.request_cut_bytes:,} bytes of the body of call {entry.number} were not kept",
            code="not-kept",
        )


def _summary(expected: Expectation, found: VerificationResult) -> str:
    wanted = [
        *([_calls(str(expected.calls))] if expected.calls != Bounds() else ()),
        *(f"{bounds} {outcome}" for outcome, bounds in expected.items.items()),
    ]
    there = [
        _calls(str(found.calls)),
        *(f"{found.items.get(outcome, 0)} {outcome}" for outcome in expected.items),
    ]
    return f"expected {', '.join(wanted)}; found {', '.join(there)}"


def _calls(number: str) -> str:
    return f"{number} call" if number.rsplit(maxsplit=1)[-1] == "1" else f"{number} calls"


def _problem_members(expected: Expectation, found: VerificationResult, dropped: int) -> Document:
    nearest = [
        {
            **{name: value for name, value in View().short(entry).items() if name in _NEAREST_MEMBERS},
            "differs": [asdict(mismatch) for mismatch in mismatches],
        }
        for entry, mismatches in found.nearest
    ]
    return {
        "expected": {
            "calls": expected.calls.document(),
            "items": {outcome: bounds.document() for outcome, bounds in expected.items.items()},
        },
        "found": {"calls": found.calls, "items": found.items, "numbers": found.numbers, "dropped": dropped},
        "nearest": nearest,
    }


def read_query(
    filters: Mapping[str, Json], served: Iterable[LoadedVendor], machine: Clock = system_clock
) -> JournalQuery:
    """Return the journal query of `filters`. Raises UnprocessableMemberError.

    `machine` is the clock of the entries' time `at`, from which a duration in `since` counts back.
    """
    _check_names(filters, served, "/query")
    since = filters.get("since")
    return JournalQuery(**{**filters, "since": None if since is None else _since(since, machine)})


def read_expectation(body: Document, served: Iterable[LoadedVendor]) -> Expectation:
    """Return the expectation of a verification; if the body has no bounds, expect at least one call.

    Raises UnprocessableMemberError if a name is unknown, a predicate invalid, or a maximum below its minimum.
    """
    match = body.get("match", EMPTY)
    _check_names(match, served, "/match")
    headers = {name.lower(): text for name, text in match.get("headers", EMPTY).items()}
    given = {**match, "headers": headers, "status": str(match.get("status", ""))}
    predicate = given.pop("body", EMPTY)
    call_match = CallMatch(
        **given, body=_predicate(predicate) if predicate else None, body_document=predicate
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
    name, operation = names.get("vendor"), names.get("operation")
    vendors = served if name is None else [find_vendor(served, name, f"{pointer}/vendor")]
    known = [known_operation for vendor in vendors for known_operation in vendor.spec.operations]
    if operation is not None and operation not in known:
        whose = f"{name} has no operation" if name is not None else "no vendor has an operation"
        raise UnprocessableMemberError(
            f"{pointer}/operation", f"{whose} {operation}", suggestion(operation, known)
        )


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
