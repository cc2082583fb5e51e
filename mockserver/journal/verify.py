"""Verification: how many calls of a kind there were, what became of their items, and which came near."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import parse_qsl

from mockserver.codec import json
from mockserver.journal.entry import Entry
from mockserver.journal.query import NONE, WARNED, has_scenario, has_status
from mockserver.journal.view import View
from mockserver.model import NOTHING, Document, Json, Value
from mockserver.scenario.model import Predicate
from mockserver.scenario.predicates import holds
from mockserver.secrets import masked_body

NEAREST = 3
NUMBERS = 20
SHOWN_SIGNS = 500


class Wanted(Value, frozen=True):
    """Which calls are meant; what is None, "" or empty matches all. Header names are lower case.

    `query` and `headers` name those that must be there with that text, `body` what holds of the request's
    document. `status` and `scenario` are as in a query of the journal.
    """

    vendor: str = ""
    operation: str = ""
    method: str = ""
    path: str = ""
    query: Mapping[str, str] = NOTHING
    headers: Mapping[str, str] = NOTHING
    body: Predicate | None = None
    said: Document = NOTHING
    status: str = ""
    scenario: str = ""


class Bounds(Value, frozen=True):
    """A number from `least` to `most`, None: no limit."""

    least: int = 0
    most: int | None = None

    def hold(self, found: int) -> bool:
        """Whether `found` is such a number."""
        return self.least <= found and (self.most is None or found <= self.most)

    def __str__(self) -> str:
        """As a person says it."""
        if self.most is None:
            return f"at least {self.least}"
        return str(self.least) if self.least == self.most else f"{self.least} to {self.most}"

    def shown(self) -> Json:
        """As it was said: a number, or the bounds."""
        if self.least == self.most:
            return self.least
        return {"min": self.least} if self.most is None else {"min": self.least, "max": self.most}


class Expected(Value, frozen=True):
    """So many calls that match, and among the items of all of them so many of each outcome."""

    match: Wanted
    calls: Bounds
    items: Mapping[str, Bounds] = NOTHING

    @property
    def limited(self) -> bool:
        """Whether something may not be more than it is: then no call may be missing."""
        return any(bounds.most is not None for bounds in (self.calls, *self.items.values()))


class Difference(Value, frozen=True):
    """A word of the match that a call does not meet: what was expected, what it has."""

    member: str
    expected: Json
    found: Json


class Verified(Value, frozen=True):
    """What was found: how many calls, their numbers, what became of their items, and near misses."""

    holds: bool
    calls: int
    items: Mapping[str, int]
    numbers: tuple[int, ...]
    nearest: tuple[tuple[Entry, tuple[Difference, ...]], ...]


Documents = Callable[[Entry], Json]
"""The document that a call's body holds, None where it holds none."""


def verified(expected: Expected, entries: Iterable[Entry], document: Documents) -> Verified:
    """What there is of `expected` among the entries."""
    matching: list[Entry] = []
    others: list[tuple[int, Entry]] = []
    for entry in entries:
        # What is found is told of the nearest alone: to mask many large bodies takes long.
        if differing := len([*differences(expected.match, entry, document, told=False)]):
            others.append((differing, entry))
        else:
            matching.append(entry)
    items = _items(matching)
    kept = expected.calls.hold(len(matching)) and all(
        bounds.hold(items[outcome]) for outcome, bounds in expected.items.items()
    )
    others.sort(key=lambda other: (other[0], -other[1].number))
    nearest = tuple(
        (entry, tuple(differences(expected.match, entry, document))) for _, entry in others[:NEAREST]
    )
    numbers = tuple(entry.number for entry in matching[-NUMBERS:])
    return Verified(kept, len(matching), dict(items), numbers, nearest)


def differences(
    wanted: Wanted, entry: Entry, document: Documents, *, told: bool = True
) -> Iterator[Difference]:
    """Every word of the match that the call does not meet, in the order of the language.

    What stands in the body is found only if it is to be `told`.
    """
    call = entry.call
    plain = (
        ("vendor", wanted.vendor, call.vendor),
        ("operation", wanted.operation, entry.operation),
        ("method", wanted.method.upper(), call.method),
        ("path", wanted.path, call.path),
    )
    for member, expected, found in plain:
        if expected not in ("", found):
            yield Difference(member, expected, found)
    yield from _of_query(wanted, entry)
    yield from _of_headers(wanted, entry)
    if wanted.body is not None and not holds(wanted.body, sent := document(entry)):
        yield Difference("body", wanted.said, shown_at(wanted.body, sent) if told else None)
    if wanted.status and not has_status(entry, wanted.status):
        yield Difference("status", wanted.status, NONE if entry.status is None else str(entry.status))
    if wanted.scenario and not has_scenario(entry, wanted.scenario):
        yield Difference("scenario", wanted.scenario, list(entry.applied))


def shown_at(predicate: Predicate, document: Json) -> Json:
    """What stands where the predicate looks, without credentials; None where nothing does.

    Of what is long only the beginning is shown, as JSON text.
    """
    *way, last = ("", *predicate.path)
    around: Json = {"": document}
    for name in way:
        around = _step(around, name)
    # Its neighbours say whether it is a credential: a header's name, a grant's type.
    masked = json.decode(masked_body(json.encode(around).decode()).encode())
    found = _step(masked, last)
    text = json.encode(found).decode()
    return found if len(text) <= SHOWN_SIGNS else f"{text[:SHOWN_SIGNS]}…"


def _step(document: Json, name: str | int) -> Json:
    if isinstance(document, list) and isinstance(name, int):
        return document[name] if name < len(document) else None
    return document.get(name) if isinstance(document, dict) else None


def _of_query(wanted: Wanted, entry: Entry) -> Iterator[Difference]:
    if not wanted.query:
        return
    sent = parse_qsl(entry.call.query, keep_blank_values=True)
    shown = dict(parse_qsl(View().query(entry), keep_blank_values=True))
    for name, text in wanted.query.items():
        if (name, text) not in sent:
            yield Difference(f"query.{name}", text, shown.get(name))


def _of_headers(wanted: Wanted, entry: Entry) -> Iterator[Difference]:
    for name, text in wanted.headers.items():
        if entry.call.headers.get(name) != text:
            yield Difference(f"headers.{name}", text, View().request_headers(entry).get(name))


def _items(entries: Iterable[Entry]) -> Counter[str]:
    """How many items of all the entries met which end, and how many were warned about."""
    found: Counter[str] = Counter()
    for entry in entries:
        found.update(entry.decided.counts)
        found[WARNED] += len(entry.decided.warnings)
    return +found
