"""Checks of the outcomes in one exchange: number, fit, order, keys, count, messages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from mockserver.contract.checks.check_case import (
    FIRST_REFUSAL,
    NOTHING_TO_JUDGE,
    CheckCase,
    CheckFailure,
    CheckResult,
)
from mockserver.contract.oracle.expectations import ExpectedItem, count_noun
from mockserver.contract.profile import Json, ReportedOutcome

_WORDS = re.compile(r"message|detail|descri|title|reason", re.IGNORECASE)


def has_message(body: Json) -> bool:
    """Return whether one of the reason members, or without such names any member, holds a text.

    The ones nearest to the root count: what stands deeper explains, and does not replace them.
    """
    return any(text.strip() for text in reasons(body))


def reasons(body: Json) -> list[str]:
    """Return the texts of the reason members nearest to the root, or without such names all texts."""
    level = list(_children("", body)) if isinstance(body, dict | list) else [("", body)]
    texts: list[str] = []
    while level:
        named = [value for name, value in level if _WORDS.search(name) and isinstance(value, str)]
        if named:
            return named
        texts += [value for _, value in level if isinstance(value, str)]
        level = [pair for name, value in level for pair in _children(name, value)]
    return texts


def _children(name: str, value: Json) -> Iterator[tuple[str, Json]]:
    """Yield members with their names; elements of a list have the name of the list."""
    if isinstance(value, dict):
        yield from ((str(member), child) for member, child in value.items())
    elif isinstance(value, list):
        yield from ((name, child) for child in value)


_FEW = 5


def one_outcome_per_item(case: CheckCase) -> CheckResult:
    """Check that every item has one outcome, and nothing else has."""
    if not case.expected.listed:
        return NOTHING_TO_JUDGE
    if case.unreadable:
        return 1, CheckFailure(
            case.unreadable, expected="an outcome for each item", came="none that can be read"
        )
    if case.reported is None or case.refused:
        return NOTHING_TO_JUDGE
    return max(1, len(case.expected.items)), _unmatched(case)


def _unmatched(case: CheckCase) -> CheckFailure | None:
    items, told = case.expected.items, case.told
    if case.reported and case.reported.is_complete and len(told) != len(items):
        sent, came = count_noun(len(items), "item"), count_noun(len(told), "outcome")
        said = f"sent {sent}, {came} came{_named(case)}"
        if told and not any(one.key in awaited.keys for one in told for awaited in items):
            said = f"gives no per-item outcome: {said}"
        return CheckFailure(said, expected=count_noun(len(items), "outcome"), came=came)
    unmatched = next((one for one in told if one.place is None), None)
    if unmatched is not None:
        name = f" ({unmatched.key})" if unmatched.key else ""
        sent = count_noun(len(items), "item")
        said = f"sent {sent}; the answer has an outcome for an item that was not sent{name}"
        return CheckFailure(said, unmatched.at, "outcomes of what was sent", f"one of {unmatched.key}")
    places = Counter(one.place for one in told)
    twice = next((place for place, times in places.items() if times > 1), None)
    if twice is None or case.reported is None or not case.reported.is_complete:
        return None
    at = next(one.at for one in told if one.place == twice)
    return CheckFailure(f"item {twice} has {places[twice]} outcomes", at, "1 outcome", str(places[twice]))


def _named(case: CheckCase) -> str:
    """Return the keys on both sides, where there are few."""
    sent = [one.item.key for one in case.expected.items if one.item.key]
    came = [one.key for one in case.told if one.key]
    if not sent or not came or max(len(sent), len(came)) > _FEW:
        return ""
    return f"; sent: {', '.join(sent)}; the answer names: {', '.join(came)}"


def outcome_fits_the_item(case: CheckCase) -> CheckResult:
    """Check that no invalid item is reported as done."""
    known = [one for one in case.expected.items if one.verdict != "doubtful"]
    if not case.expected.listed or not known or case.reported is None:
        return NOTHING_TO_JUDGE
    bad = case.expected.bad
    if case.atomic and case.refused:
        return len(known), _unnamed(case)
    accepted = [one for one in bad if case.done(one)]
    if not accepted:
        return len(known), None
    first, total = accepted[0], len(case.expected.items)
    done = sum(case.done(one) for one in case.expected.items)
    what = (
        f"all {total} are" if done == total > 1 else "it is" if total == 1 else f"item {first.item.place} is"
    )
    said = (
        f"sent {count_noun(total, 'item')}, {len(bad)} of them bad "
        f"(item {first.item.place}: {first.reason}); {what} reported as done"
    )
    return len(known), CheckFailure(said, _at(case, first), "rejected", "done")


def _unnamed(case: CheckCase) -> CheckFailure | None:
    """Return a bad item that the refusal of all does not name, where it names others."""
    named = {one.place for one in case.reported.outcomes} if case.reported else set()
    missing = next((one for one in case.expected.bad if named and one.item.place not in named), None)
    if missing is None:
        return None
    blamed = ", ".join(str(place) for place in sorted(place for place in named if place is not None))
    said = (
        f"refuses all items for item {blamed} and says nothing of item {missing.item.place}: {missing.reason}"
    )
    return CheckFailure(said, expected=f"item {missing.item.place}", came=f"item {blamed}")


def _at(case: CheckCase, expected_item: ExpectedItem) -> str:
    return next((one.at for one in case.told if one.place == expected_item.item.place), "")


def order_is_kept(case: CheckCase) -> CheckResult:
    """Check that outcomes stand in the order of the items, as far as keys and places say."""
    pairs = _pairs(case)
    if case.reported is None or not case.reported.is_complete or not case.told:
        return NOTHING_TO_JUDGE
    places = [one.place for one in case.told if one.place is not None]
    if places != sorted(places):
        order = ", ".join(map(str, places[:_FEW]))
        said = f"sent {count_noun(len(case.expected.items), 'item')}; the outcomes are in the order {order}"
        return len(places), CheckFailure(said, case.told[0].at, "the order of the items", order)
    wrong = [(awaited, told) for awaited, told in pairs if not _names(told, awaited)]
    if not wrong or any(_owner(case, told) is None for _, told in wrong):
        return len(pairs), None
    awaited, told = wrong[0]
    said = (
        f"sent {count_noun(len(case.expected.items), 'item')}; at the position of item {awaited.item.place} "
        f"({awaited.item.key}) is the outcome of {told.key}, which is item {_owner(case, told)}"
    )
    return len(pairs), CheckFailure(said, told.at, str(awaited.item.key), str(told.key))


def keys_are_the_items(case: CheckCase) -> CheckResult:
    """Check that the key of an outcome is that of its item."""
    pairs = _pairs(case)
    unmatcheds = [
        (awaited, told) for awaited, told in pairs if not _names(told, awaited) and _owner(case, told) is None
    ]
    if not unmatcheds:
        return len(pairs), None
    awaited, told = unmatcheds[0]
    said = f"item {awaited.item.place} was sent as {awaited.item.key}; its outcome names {told.key}"
    return len(pairs), CheckFailure(said, told.at, str(awaited.item.key), str(told.key))


def _pairs(case: CheckCase) -> list[tuple[ExpectedItem, ReportedOutcome]]:
    """Return items with their outcomes where both have a key that can be read in one way only."""
    items = case.expected.items
    if case.named_by_path or not case.expected.listed or case.reported is None:
        return []
    if case.reported.is_complete and len(case.told) != len(items):
        return []
    return [
        (awaited, told)
        for told in case.told
        if told.place is not None and told.place < len(items) and told.key
        for awaited in [items[told.place]]
        if awaited.keys and awaited.verdict != "doubtful"
    ]


def _names(told: ReportedOutcome, expected_item: ExpectedItem) -> bool:
    return told.key in expected_item.keys or (told.key or "").strip() in {
        key.strip() for key in expected_item.keys
    }


def _owner(case: CheckCase, told: ReportedOutcome) -> int | None:
    """Return the item that the outcome names, whatever its place."""
    return next((one.item.place for one in case.expected.items if _names(told, one)), None)


def count_is_processed(case: CheckCase) -> CheckResult:
    """Check that the count is the number of items that were done."""
    if not case.expected.listed or case.reported is None or case.refused or case.reported.count is None:
        return NOTHING_TO_JUDGE
    sent, count = len(case.expected.items), case.reported.count
    refused = [one for one in case.told if not one.accepted and one.place is not None]
    if case.reported.is_complete:
        fewest = most = sum(one.accepted for one in case.told)
    else:
        # Items of one key share what is said of it: of those at least one was refused.
        fewest = sent - len({one.place for one in refused})
        most = sent - len({one.at for one in refused})
    if fewest <= count <= most:
        return 1, None
    expected = str(most) if fewest == most else f"{fewest} to {most}"
    rejected = sent - fewest
    said = f"sent {count_noun(sent, 'item')}, {rejected} rejected: count is {count}, expected {expected}"
    operation = case.expected.operation
    pointer = operation.batch.outcome.get("count", "") if operation and operation.batch else ""
    return 1, CheckFailure(said, pointer, expected, str(count))


def refusals_say_why(case: CheckCase) -> CheckResult:
    """Check that refused calls have a body with a message, and rejected items their own message."""
    if (
        case.status >= FIRST_REFUSAL
        and case.conformance.body is not None
        and not has_message(case.conformance.body)
    ):
        return 1, CheckFailure(f"answers {case.status} without a message", expected="a message", came="none")
    rejected = [one for one in case.told if not one.accepted]
    silent = next((one for one in rejected if not one.message.strip()), None)
    if silent is not None:
        said = f"item {silent.place} is rejected without a message"
        return len(rejected), CheckFailure(said, silent.at, "a message", "none")
    # Where only failed items are listed, the words about an item that was done are those of a warning.
    listed = case.told if case.reported is not None and case.reported.is_complete else ()
    done = {one.message: one.place for one in listed if one.accepted}
    alike = next((one for one in rejected if one.message in done), None)
    if alike is not None:
        other = done[alike.message]
        said = f"item {alike.place} is rejected with the message of item {other}, which was accepted"
        return len(rejected), CheckFailure(said, alike.at, "why it is rejected", alike.message)
    return len(rejected) + (case.status >= FIRST_REFUSAL and case.conformance.body is not None), None
