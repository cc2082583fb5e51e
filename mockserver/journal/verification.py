"""Verify how many recorded calls match a description, and report the calls that nearly match."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import parse_qsl

from mockserver.codec import json
from mockserver.codec.http import parse_content_type
from mockserver.codec.masking import Redaction
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import MalformedBody, TooLarge
from mockserver.journal.entry import NO_STATUS, Entry, has_scenario, has_status
from mockserver.journal.view import View
from mockserver.model import EMPTY, WARNED, Document, Json, Value
from mockserver.scenario.model import Predicate
from mockserver.scenario.predicates import holds

MAX_NEAREST = 3
MAX_NUMBERS = 20
MAX_SHOWN = 500


class RequestDocuments:
    def __init__(self, served: Iterable[LoadedVendor]) -> None:
        self._served: Mapping[str, LoadedVendor] = {vendor.name: vendor for vendor in served}

    def __call__(self, entry: Entry) -> Json:
        """Return the request's document; None if the document is missing, malformed or too large."""
        call = entry.call
        if entry.refusal == TooLarge.code:
            return None
        media_type, charset = parse_content_type(call.headers)
        plan = self._served[call.vendor].plans.get(entry.operation or "") if call.vendor else None
        body = plan.bodies.get(media_type) if plan else None
        try:
            if body is not None:
                return body.decode(call, charset, json.MAX_LENIENT_BYTES)
            return json.decode(call.body, charset)
        except MalformedBody:
            return None


class CallMatch(Value, frozen=True):
    """Conditions for calls; a field that is None, "" or empty matches everything."""

    vendor: str = ""
    operation: str = ""
    method: str = ""
    path: str = ""
    query: Mapping[str, str] = EMPTY
    """Parameters that the call must have with these values; it may have other parameters."""
    headers: Mapping[str, str] = EMPTY
    """Headers, by name in lower case, that the call must have with these values."""
    body: Predicate | None = None
    """Predicate that must hold for the request's document."""
    body_document: Document = EMPTY
    """The predicate `body` in JSON."""
    status: str = ""
    """A status, a class such as 4xx, or `none` for calls without a status."""
    scenario: str = ""
    """A scenario name or `scenario/rule`."""


class Bounds(Value, frozen=True):
    """Range from `least` to `most`, both included. None means no upper limit."""

    least: int = 0
    most: int | None = None

    def contains(self, found: int) -> bool:
        return self.least <= found and (self.most is None or found <= self.most)

    def __str__(self) -> str:
        if self.most is None:
            return f"at least {self.least}"
        return str(self.least) if self.least == self.most else f"{self.least} to {self.most}"

    def document(self) -> Json:
        if self.least == self.most:
            return self.least
        return {"min": self.least} if self.most is None else {"min": self.least, "max": self.most}


class Expectation(Value, frozen=True):
    """Expected number of matching calls, and of their items by outcome."""

    match: CallMatch
    calls: Bounds
    items: Mapping[str, Bounds] = EMPTY

    @property
    def has_upper_bound(self) -> bool:
        return any(bounds.most is not None for bounds in (self.calls, *self.items.values()))


class Mismatch(Value, frozen=True):
    member: str
    expected: Json
    found: Json


class VerificationResult(Value, frozen=True):
    holds: bool
    calls: int
    items: Mapping[str, int]
    numbers: tuple[int, ...]
    nearest: tuple[tuple[Entry, tuple[Mismatch, ...]], ...]


ReadDocument = Callable[[Entry], Json]
"""Function that returns the document of a call's body, or None if there is no document."""


def verify_entries(
    expected: Expectation, entries: Iterable[Entry], document: ReadDocument
) -> VerificationResult:
    matching: list[Entry] = []
    others: list[tuple[int, Entry]] = []
    for entry in entries:
        # Found values are only looked up for the nearest calls: redacting many large bodies takes long.
        if differing := len([*mismatches(expected.match, entry, document, with_values=False)]):
            others.append((differing, entry))
        else:
            matching.append(entry)
    items = _count_outcomes(matching)
    is_met = expected.calls.contains(len(matching)) and all(
        bounds.contains(items[outcome]) for outcome, bounds in expected.items.items()
    )
    others.sort(key=lambda other: (other[0], -other[1].number))
    nearest = tuple(
        (entry, tuple(mismatches(expected.match, entry, document))) for _, entry in others[:MAX_NEAREST]
    )
    numbers = tuple(entry.number for entry in matching[-MAX_NUMBERS:])
    return VerificationResult(is_met, len(matching), dict(items), numbers, nearest)


def mismatches(
    wanted: CallMatch, entry: Entry, document: ReadDocument, *, with_values: bool = True
) -> Iterator[Mismatch]:
    """Yield the conditions that the call breaks, in the order of the fields.

    Without `with_values` the actual values in the body are left out.
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
            yield Mismatch(member, expected, found)
    yield from _query_mismatches(wanted, entry)
    for name, text in wanted.headers.items():
        if entry.call.headers.get(name) != text:
            yield Mismatch(f"headers.{name}", text, View().request_headers(entry).get(name))
    if wanted.body is not None and not holds(wanted.body, sent := document(entry)):
        yield Mismatch(
            "body",
            wanted.body_document,
            value_at(wanted.body, sent, View().redaction(entry)) if with_values else None,
        )
    if wanted.status and not has_status(entry, wanted.status):
        yield Mismatch("status", wanted.status, NO_STATUS if entry.status is None else str(entry.status))
    if wanted.scenario and not has_scenario(entry, wanted.scenario):
        yield Mismatch("scenario", wanted.scenario, list(entry.applied))


def value_at(predicate: Predicate, document: Json, redaction: Redaction) -> Json:
    """Return the value at the predicate's path, without credentials; None if there is no value.

    A long value is cut to the beginning of its JSON text.
    """
    *way, last = ("", *predicate.path)
    around: Json = {"": document}
    for name in way:
        around = _step(around, name)
    # Redaction needs the surrounding object: a header's name, a grant's type.
    masked = json.decode(redaction.text(json.encode(around).decode()).encode())
    found = _step(masked, last)
    text = json.encode(found).decode()
    return found if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _step(document: Json, name: str | int) -> Json:
    if isinstance(document, list) and isinstance(name, int):
        return document[name] if name < len(document) else None
    return document.get(name) if isinstance(document, dict) else None


def _query_mismatches(wanted: CallMatch, entry: Entry) -> Iterator[Mismatch]:
    if not wanted.query:
        return
    sent = parse_qsl(entry.call.query, keep_blank_values=True)
    shown = dict(parse_qsl(View().query(entry), keep_blank_values=True))
    for name, text in wanted.query.items():
        if (name, text) not in sent:
            yield Mismatch(f"query.{name}", text, shown.get(name))


def _count_outcomes(entries: Iterable[Entry]) -> Counter[str]:
    found: Counter[str] = Counter()
    for entry in entries:
        found.update(entry.decided.counts)
        found[WARNED] += len(entry.decided.warnings)
    return +found
