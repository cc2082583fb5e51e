"""Checks of the items in one exchange: outcomes, order, keys, counts and messages.

Messages are judged by unambiguous English words, so a message in another language passes. If a vendor uses
such words with another meaning, its profile exempts the messages (`message_exceptions`).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Exchange
from mockserver.contract.oracle.atomicity import find_broken_tie, is_atomic
from mockserver.contract.oracle.expectations import ExpectedItem, ExpectedResponse, count_noun, text_of
from mockserver.contract.oracle.responses import CheckFailure, ConformanceResult
from mockserver.contract.oracle.schemas import is_match
from mockserver.contract.profile import ReportedOutcome, ReportedOutcomes
from mockserver.model import Json, pointer_of, value_at
from mockserver.spec.batch_forms import OutcomeForm
from mockserver.spec.openapi import Operation

SERVER_ERROR = 500
NOT_IMPLEMENTED = 501
DENIED = (401, 403)
"""Statuses that refuse the caller, whatever the call contains."""

NOTHING_TO_JUDGE: CheckResult = (0, None)
_REASONS = frozenset({"code", "message"})
_WORDS = re.compile(r"message|detail|descri|title|reason", re.IGNORECASE)
_FEW = 5
_VERBS = "created|updated|saved|accepted|inserted|imported|processed|stored|completed|booked|added|registered"
_DONE = re.compile(
    rf"(the )?(?:[a-z]+ ){{0,2}}(was |has been )?created"
    rf"|{_VERBS}|ok|okay|done|success|successful|succeeded",
)
"""A whole message that says "done"."""

_SUCCESSFULLY = re.compile(r"\bsuccessfully\b")
_FAILED = re.compile(
    r"(?P<start>^(error|failure|failed)\b)|\b(failed|rejected|refused|denied|unsuccessful)\b|^invalid$"
    rf"|\b(could |can )?(not|n't|cannot|can't) (be |been )?({_VERBS})\b"
)
"""A part of a message that says "not done"."""

_IN_DOUBT = re.compile(
    r"\b(not|no|never|none|without|0|zero|cannot|can't|could|must|be|if|unless|until|only|before|after|already"
    r"|earlier|previously|failed|error|errors|warning|but|except|however|n't)\b"
)
"""Words that may change the meaning of the other words of a message."""

_ABOUT_OTHERS = re.compile(
    r"\b(same|duplicates?|duplicated|also|twice|already|unique|other|another|conflicts?|previous|see)\b",
    re.IGNORECASE,
)
"""Words with which a message may rightly name another item."""

_LONG_NUMBER, _LONG_TEXT = 6, 4
_LIMITS = ("2147483647", "9223372036854775807")
"""Maximum integers, which messages about too large numbers quote; they are not recognised as keys."""

_WORD = re.compile(r"[\w-]+")


def is_stated(status: int, responses: Collection[str | int]) -> bool:
    """Return whether `responses` declares the status or its class (`4XX`); `default` does not count."""
    return not {str(status), f"{status // 100}XX"}.isdisjoint(str(response).upper() for response in responses)


@dataclass(frozen=True, slots=True)
class CheckCase:
    """An exchange of a known operation."""

    api: ApiUnderTest
    exchange: Exchange
    operation: Operation
    expected: ExpectedResponse
    reported: ReportedOutcomes | None = None
    """Outcomes in the response, None if it has none or they cannot be read."""
    unreadable: str = ""
    """Why the outcomes cannot be read."""
    conformance: ConformanceResult = field(default_factory=ConformanceResult)
    is_tolerated: bool = False
    """Whether the vendor's profile allows the response's status although another status is expected."""
    has_credentials: bool = False
    """Whether the request carries the credentials of the run."""
    lacks_credentials: bool = False
    """Whether credentials or tenant of the request are wrong or missing."""
    atomic: bool = field(init=False)
    """Whether the call is all-or-nothing, or may be because its switch cannot be read."""

    def __post_init__(self) -> None:
        batch = self.operation.batch
        object.__setattr__(
            self, "atomic", bool(batch and is_atomic(batch, self.exchange.request) is not False)
        )

    @property
    def status(self) -> int:
        return self.exchange.response.status

    @property
    def is_refusal(self) -> bool:
        return self.exchange.response.is_refused

    @property
    def is_provoked(self) -> bool:
        """Whether the request provoked an undeclared status: 401 or 403 by credentials, 304 by a condition.

        A spec need not declare these statuses.
        """
        is_unstated = not is_stated(self.status, self.operation.responses)
        is_denied = self.status in DENIED and self.lacks_credentials
        return is_unstated and (is_denied or self.exchange.is_unmodified)

    @property
    def named_by_path(self) -> bool:
        """Whether a path parameter is a key member, so that the path, not the item, names the record."""
        keys = self.operation.batch.key if self.operation.batch else ()
        return any(one.place == "path" and one.name in keys for one in self.operation.parameters)

    @property
    def refused(self) -> bool:
        return self.is_refusal and (self.reported is None or self.atomic)

    @property
    def outcomes(self) -> tuple[ReportedOutcome, ...]:
        """Reported outcomes; none if the call was refused as a whole."""
        return () if self.reported is None or self.refused else self.reported.outcomes

    def outcome_of(self, expected_item: ExpectedItem) -> ItemOutcome:
        if self.refused:
            return "rejected"
        if self.reported is None:
            return "skipped"
        of_it = [outcome for outcome in self.reported.outcomes if outcome.place == expected_item.item.place]
        if not of_it:
            return "skipped" if self.reported.is_complete else "accepted"
        if not all(one.accepted for one in of_it):
            return "rejected"
        return of_it[-1].made or "accepted"

    def done(self, expected_item: ExpectedItem) -> bool:
        return self.outcome_of(expected_item) not in ("rejected", "skipped")


ItemOutcome: TypeAlias = Literal["created", "updated", "unchanged", "accepted", "rejected", "skipped"]
"""Outcome of an item: "accepted" if it is unknown what was done, "skipped" if the response has no outcome."""

CheckResult: TypeAlias = tuple[int, CheckFailure | None]
"""Number of times that a check was made on a case (0 if it did not apply), and its failure or None."""


Checker: TypeAlias = Callable[[CheckCase], CheckResult]


def has_message(body: Json) -> bool:
    """Return whether at least one of the `reasons` in a body is not blank."""
    return any(text.strip() for text in reasons(body))


def reasons(body: Json) -> list[str]:
    """Return the texts of the reason members nearest to the root, or all texts if there is no reason member.

    A reason member is named like "message" or "detail". Reason members on deeper levels are ignored.
    """
    level: list[tuple[str, Json]] = [("", body)]
    texts: list[str] = []
    while level:
        named = [value for name, value in level if _WORDS.search(str(name)) and isinstance(value, str)]
        if named:
            return named
        texts += [value for _, value in level if isinstance(value, str)]
        # Elements of a list get the name of the list.
        inner = [
            value.items() if isinstance(value, dict) else [(name, child) for child in value]
            for name, value in level
            if isinstance(value, dict | list)
        ]
        level = [pair for pairs in inner for pair in pairs]
    return texts


def one_outcome_per_item(case: CheckCase) -> CheckResult:
    """Check that every item has one outcome, and that no outcome is about an item that was not sent."""
    if not case.expected.listed:
        return NOTHING_TO_JUDGE
    if case.unreadable:
        return 1, CheckFailure(
            case.unreadable, expected="an outcome for each item", received="none that can be read"
        )
    if case.reported is None or case.refused:
        return NOTHING_TO_JUDGE
    return max(1, len(case.expected.items)), _unmatched(case)


def _unmatched(case: CheckCase) -> CheckFailure | None:
    items, outcomes = case.expected.items, case.outcomes
    if case.reported and case.reported.is_complete and len(outcomes) != len(items):
        sent, received = count_noun(len(items), "item"), count_noun(len(outcomes), "outcome")
        message = f"sent {sent}, {received} came{_named(case)}"
        if outcomes and not any(one.key in awaited.keys for one in outcomes for awaited in items):
            message = f"gives no per-item outcome: {message}"
        return CheckFailure(message, expected=count_noun(len(items), "outcome"), received=received)
    unmatched = next((one for one in outcomes if one.place is None), None)
    if unmatched is not None:
        name = f" ({unmatched.key})" if unmatched.key else ""
        sent = count_noun(len(items), "item")
        message = f"sent {sent}; the answer has an outcome for an item that was not sent{name}"
        return CheckFailure(message, unmatched.at, "outcomes of what was sent", f"one of {unmatched.key}")
    places = Counter(one.place for one in outcomes)
    twice = next((place for place, times in places.items() if times > 1), None)
    if twice is None or case.reported is None or not case.reported.is_complete:
        return None
    at = next(one.at for one in outcomes if one.place == twice)
    return CheckFailure(f"item {twice} has {places[twice]} outcomes", at, "1 outcome", str(places[twice]))


def _named(case: CheckCase) -> str:
    """Return sent and received keys as the end of a message; "" if either list is empty or exceeds 5."""
    sent = [item.item.key for item in case.expected.items if item.item.key]
    received = [one.key for one in case.outcomes if one.key]
    if not sent or not received or max(len(sent), len(received)) > _FEW:
        return ""
    return f"; sent: {', '.join(sent)}; the answer names: {', '.join(received)}"


def outcome_fits_the_item(case: CheckCase) -> CheckResult:
    known = [item for item in case.expected.items if item.verdict != "doubtful"]
    if not case.expected.listed or not known or case.reported is None:
        return NOTHING_TO_JUDGE
    bad = case.expected.bad
    if case.atomic and case.refused:
        return len(known), _unnamed(case)
    accepted = [one for one in bad if case.done(one)]
    if not accepted:
        return len(known), _broken_tie(case)
    first, total = accepted[0], len(case.expected.items)
    done = sum(case.done(item) for item in case.expected.items)
    what = (
        f"all {total} are" if done == total > 1 else "it is" if total == 1 else f"item {first.item.place} is"
    )
    message = (
        f"sent {count_noun(total, 'item')}, {len(bad)} of them bad "
        f"(item {first.item.place}: {first.reason}); {what} reported as done"
    )
    at = next((one.at for one in case.outcomes if one.place == first.item.place), "")
    return len(known), CheckFailure(message, at, "rejected", "done")


def _broken_tie(case: CheckCase) -> CheckFailure | None:
    """Return the failure if items that depend on each other have outcomes that contradict that."""
    if case.operation.batch is None or case.reported is None or case.refused:
        return None
    found = find_broken_tie(
        case.operation.batch,
        case.exchange.request,
        [item.item.document for item in case.expected.items],
        {item.item.place for item in case.expected.bad},
        case.outcomes,
        is_complete=case.reported.is_complete,
    )
    if found is None:
        return None
    place, at, contradiction = found
    message = f"sent {count_noun(len(case.expected.items), 'item')}; item {place} {contradiction}"
    return CheckFailure(message, at, "outcomes as x-batch.atomicity says", f"item {place}")


def _unnamed(case: CheckCase) -> CheckFailure | None:
    """Return the failure if the refusal of a whole call names items as its cause, but not every bad item."""
    named = {outcome.place for outcome in case.reported.outcomes} if case.reported else set()
    missing = next((one for one in case.expected.bad if named and one.item.place not in named), None)
    if missing is None:
        return None
    blamed = ", ".join(str(place) for place in sorted(place for place in named if place is not None))
    message = (
        f"refuses all items for item {blamed} and says nothing of item {missing.item.place}: {missing.reason}"
    )
    return CheckFailure(message, expected=f"item {missing.item.place}", received=f"item {blamed}")


def order_is_kept(case: CheckCase) -> CheckResult:
    pairs = _pairs(case)
    if case.reported is None or not case.reported.is_complete or not case.outcomes:
        return NOTHING_TO_JUDGE
    places = [one.place for one in case.outcomes if one.place is not None]
    if places != sorted(places):
        order = ", ".join(map(str, places[:_FEW]))
        message = (
            f"sent {count_noun(len(case.expected.items), 'item')}; the outcomes are in the order {order}"
        )
        return len(places), CheckFailure(message, case.outcomes[0].at, "the order of the items", order)
    wrong = [(awaited, outcome) for awaited, outcome in pairs if not _names(outcome, awaited)]
    if not wrong or any(_owner(case, outcome) is None for _, outcome in wrong):
        return len(pairs), None
    awaited, outcome = wrong[0]
    message = (
        f"sent {count_noun(len(case.expected.items), 'item')}; at the position of item {awaited.item.place} "
        f"({awaited.item.key}) is the outcome of {outcome.key}, which is item {_owner(case, outcome)}"
    )
    return len(pairs), CheckFailure(message, outcome.at, str(awaited.item.key), str(outcome.key))


def keys_are_the_items(case: CheckCase) -> CheckResult:
    pairs = _pairs(case)
    strange = (pair for pair in pairs if not _names(pair[1], pair[0]) and _owner(case, pair[1]) is None)
    awaited, outcome = next(strange, (None, None))
    if awaited is None or outcome is None:
        return len(pairs), None
    message = f"item {awaited.item.place} was sent as {awaited.item.key}; its outcome names {outcome.key}"
    return len(pairs), CheckFailure(message, outcome.at, str(awaited.item.key), str(outcome.key))


def _pairs(case: CheckCase) -> list[tuple[ExpectedItem, ReportedOutcome]]:
    """Return each item with its outcome. Skip doubtful items, and items or outcomes without a key."""
    items = case.expected.items
    if case.named_by_path or not case.expected.listed or case.reported is None:
        return []
    if case.reported.is_complete and len(case.outcomes) != len(items):
        return []
    return [
        (awaited, outcome)
        for outcome in case.outcomes
        if outcome.place is not None and outcome.place < len(items) and outcome.key
        for awaited in [items[outcome.place]]
        if awaited.keys and awaited.verdict != "doubtful"
    ]


def _names(outcome: ReportedOutcome, expected_item: ExpectedItem) -> bool:
    return outcome.key in expected_item.keys or (outcome.key or "").strip() in {
        key.strip() for key in expected_item.keys
    }


def _owner(case: CheckCase, outcome: ReportedOutcome) -> int | None:
    """Return the place of the item that the outcome names by key, whatever place the outcome has."""
    return next((item.item.place for item in case.expected.items if _names(outcome, item)), None)


def _counts_of_all(case: CheckCase, form: OutcomeForm) -> CheckResult:
    """Check the counts of an answer that has counts alone: they fit the items, and are of all items."""
    response, sent, bad = case.exchange.response, len(case.expected.items), len(case.expected.bad)
    told = {fact: response.headers.get(name.lower()) for fact, name in form.headers.items()}
    if form.summary:
        followed = case.exchange.followed
        body = followed[0].response.document() if followed else case.conformance.body
        told |= {fact: text_of(value_at(body, place)) for fact, place in form.summary.items()}
    counts = {fact: int(text) for fact, text in told.items() if text and text.isdecimal()}
    accepted = counts.get("accepted", sent - counts.get("rejected", 0))
    rejected = counts.get("rejected", sent - accepted)
    result = "all" if not rejected else "some" if accepted else "none"
    is_consistent = accepted + rejected == counts.get("total", sent) == sent and accepted >= 0
    is_status = form.statuses.get(result, response.status) == response.status
    if not counts or (is_consistent and is_status and rejected >= bad):
        return int(bool(counts)), None
    said = ", ".join(f"{fact} {count}" for fact, count in counts.items())
    message = f"sent {count_noun(sent, 'item')}, {bad} of them bad; {response.status} came with {said}"
    return 1, CheckFailure(message, expected=f"{bad} rejected at least", received=said)


def count_is_processed(case: CheckCase) -> CheckResult:
    form = case.operation.batch.outcome if case.operation.batch else None
    if form and not form.rows and case.expected.listed and case.expected.envelope == "good":
        return _counts_of_all(case, form)
    if not case.expected.listed or case.reported is None or case.refused:
        return NOTHING_TO_JUDGE
    if case.reported.contradiction:
        return 1, CheckFailure(f"the answer says {case.reported.contradiction}")
    if case.reported.count is None:
        return NOTHING_TO_JUDGE
    sent, count = len(case.expected.items), case.reported.count
    refused = [one for one in case.outcomes if not one.accepted and one.place is not None]
    if case.reported.is_complete:
        fewest = most = sum(one.accepted for one in case.outcomes)
    else:
        # Items with equal keys share one entry, which says that at least one of these items was refused.
        fewest = sent - len({one.place for one in refused})
        most = sent - len({one.at for one in refused})
    if fewest <= count <= most:
        return 1, None
    expected = str(most) if fewest == most else f"{fewest} to {most}"
    rejected = sent - fewest
    message = f"sent {count_noun(sent, 'item')}, {rejected} rejected: count is {count}, expected {expected}"
    batch = case.operation.batch
    pointer = pointer_of(batch.outcome.summary.get("accepted", ())) if batch else ""
    return 1, CheckFailure(message, pointer, expected, str(count))


def refusals_say_why(case: CheckCase) -> CheckResult:
    """Check that each refusal with a body has a message, and that each rejected item has a message.

    The message of a rejected item must differ from the messages of accepted items.
    """
    has_body = case.is_refusal and case.conformance.body is not None
    if has_body and not has_message(case.conformance.body):
        message = f"answers {case.status} without a message"
        return 1, CheckFailure(message, expected="a message", received="none")
    rejected = [one for one in case.outcomes if not one.accepted]
    rows = case.operation.batch.outcome.rows if case.operation.batch else ()
    has_reasons = not rows or any(one.members.keys() & _REASONS for one in rows)
    silent = next((one for one in rejected if not one.message.strip()), None)
    if silent is not None and has_reasons:
        message = f"item {silent.place} is rejected without a message"
        return len(rejected), CheckFailure(message, silent.at, "a message", "none")
    # If the answer lists only failed items, the message of an accepted item is a warning.
    listed = case.outcomes if case.reported is not None and case.reported.is_complete else ()
    done = {one.message: one.place for one in listed if one.accepted}
    alike = next((one for one in rejected if one.message and one.message in done), None)
    if alike is not None:
        other = done[alike.message]
        message = f"item {alike.place} is rejected with the message of item {other}, which was accepted"
        return len(rejected), CheckFailure(message, alike.at, "why it is rejected", alike.message)
    return len(rejected) + has_body, None


def message_fits_the_outcome(case: CheckCase) -> CheckResult:
    """Check that messages of refusals claim no success, and messages of accepted items claim no failure."""
    told = [one for one in case.outcomes if one.message.strip() and not _is_exempt(case, one.message)]
    for one in told:
        says_otherwise = _says_failed if one.accepted else _says_done
        if says_otherwise(_plain(one.message)):
            return len(told), _contradiction(one)
    if case.reported is not None or not case.is_refusal:
        return len(told), None
    return _refused_call(case)


def message_names_its_item(case: CheckCase) -> CheckResult:
    """Check that the message of an item names no other item, unless it also names its own item."""
    items = {item.item.place: item for item in case.expected.items}
    outcomes = [one for one in case.outcomes if one.message and one.place in items and len(items) > 1]
    if not outcomes:
        return NOTHING_TO_JUDGE
    known = _by_word(items.values())
    for one in outcomes:
        if _is_exempt(case, one.message) or _ABOUT_OTHERS.search(one.message):
            continue
        own = items[one.place or 0]
        named = [item for word in _WORD.findall(one.message) for item in known.get(word, ())]
        blamed = [item for item in named if _is_blamed(item, own, one.message)]
        if blamed:
            other = min(blamed, key=lambda item: item.item.place)
            message = (
                f"the message of item {one.place} ({own.item.key}) is about item {other.item.place} "
                f"({other.item.key}): {one.message!r}"
            )
            expected = f"a message about {own.item.key}"
            return len(outcomes), CheckFailure(message, one.at, expected, one.message)
    return len(outcomes), None


def _by_word(items: Iterable[ExpectedItem]) -> Mapping[str, list[ExpectedItem]]:
    """Return the items by the first word of each key that `_is_telling` accepts.

    A large batch has as many messages as keys, so a message is compared with the keys of its words alone.
    """
    known: defaultdict[str, list[ExpectedItem]] = defaultdict(list)
    for item in items:
        for key in {*item.keys, item.item.key}:
            if key and _is_telling(key):
                known[_WORD.findall(key)[0]].append(item)
    return known


def _is_blamed(other: ExpectedItem, own: ExpectedItem, message: str) -> bool:
    mine = {text for text in (*own.keys, own.item.key) if text}
    theirs = {text for text in (*other.keys, other.item.key) if text and _is_telling(text)}
    if other is own or theirs & mine or any(_mentions_key(message, text) for text in mine):
        return False
    document = str(own.item.document)
    return any(_mentions_key(message, text) and text not in document for text in theirs)


def _refused_call(case: CheckCase) -> CheckResult:
    body = case.conformance.body
    if not has_message(body):
        return NOTHING_TO_JUDGE
    wrong = next((text for text in reasons(body) if _says_done(_plain(text))), None)
    if wrong is None or _is_exempt(case, wrong):
        return 1, None
    message = f"the call is refused with {case.status}, and its message says that it was done: {wrong!r}"
    return 1, CheckFailure(message, expected="why it was refused", received=wrong)


def _contradiction(one: ReportedOutcome) -> CheckFailure:
    became, opposite = ("accepted", "failed") if one.accepted else ("rejected", "done")
    item = "an item" if one.place is None else f"item {one.place}"
    name = f" ({one.key})" if one.key else ""
    message = (
        f"{item}{name} is reported as {became}, and its message says that it was {opposite}: {one.message!r}"
    )
    expected = "a message that fits it" if one.accepted else "why it was rejected"
    return CheckFailure(message, one.at, expected, one.message)


def _says_done(text: str) -> bool:
    return bool(_DONE.fullmatch(text) or _SUCCESSFULLY.search(text)) and not _IN_DOUBT.search(text)


def _says_failed(text: str) -> bool:
    """Return whether the text tells of a failure, and no other words tell of success or leave doubt."""
    found = _FAILED.search(text)
    if found is None:
        return False
    rest = f"{text[: found.start()]} {text[found.end() :]}"
    is_mixed = re.search(rf"\b({_VERBS}|success\w*|ok|done)\b", rest)
    return is_mixed is None and (bool(found["start"]) or not _IN_DOUBT.search(rest))


def _plain(message: str) -> str:
    return " ".join(message.lower().split()).strip(" .!:;")


def _is_exempt(case: CheckCase, message: str) -> bool:
    return any(is_match(pattern, message) is not False for pattern in case.api.profile.message_exceptions)


def _is_telling(key: str) -> bool:
    """Return whether a key is so unusual a word or number that a message with the key must mean its item."""
    if key.isdigit():
        return len(key) >= _LONG_NUMBER and key not in _LIMITS
    return len(key) >= _LONG_TEXT and any(letter.isdigit() for letter in key)


def _mentions_key(message: str, key: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(key)}(?![\w-])", message) is not None
