"""Outcomes of a batch read from its response, and conformance of responses to the spec."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from fnmatch import fnmatchcase
from functools import cached_property
from http import HTTPStatus
from typing import Literal

from msgspec.structs import replace

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Exchange, Response, kind_of_value
from mockserver.contract.jobs import told_by_job
from mockserver.contract.oracle.atomicity import cut_off_outcomes
from mockserver.contract.oracle.decoding import UnreadableError, decode, flattened, is_json, typed
from mockserver.contract.oracle.expectations import count_noun, explain, keys_of, text_of
from mockserver.contract.oracle.schemas import OracleSchema, StatedMembers, compile_schema, unfold
from mockserver.contract.oracle.whole_requests import cut_off, unfounded
from mockserver.contract.profile import BatchItem, OutcomeReader, ReportedOutcome, ReportedOutcomes
from mockserver.model import EMPTY, Document, Json, Path, Value, pointer_of, value_at
from mockserver.spec.batch_forms import Batch, OutcomeForm, OutcomeRows
from mockserver.spec.openapi import Operation, Spec, has_lines, resolve
from mockserver.spec.xml import XML_MEDIA_TYPES, without_omitted

_BODILESS = (204, 205, 304)
_CREATED = 201
_PLACE = re.compile(r"\w*\[([0-9]{1,6})\]|#([0-9]{1,6})")
_CLASS = re.compile(
    r"(?:(?!(?:not|never|already|previously|be|to|if|or|and|no)\b)[a-z]+ ){0,4}"
    r"(created|updated)(?: successfully)?[.!]?"
)
_FAILED = re.compile(
    r"err|fail|reject|refus|invalid|denied|not[ _-]?(?:ok|done|processed|tried|applied|stored)"
    r"|skipped|abort|cancel|rolled[ _-]?back",
    re.IGNORECASE,
)

_REASONS = frozenset({"code", "message"})
_PROBLEM_TYPE = "application/problem+json"
_MAX_PROBLEMS = 3


def reader_for(api: ApiUnderTest, operation: Operation) -> OutcomeReader | None:
    """Return the reader of a batch's outcomes: the batch profile's, else the profile's, else the spec's.

    Return None if the operation is no batch, or nothing describes its outcomes.
    """
    if operation.batch is None:
        return None
    for subject in api.profile.batches(api.facts):
        if subject.operation == operation.id and subject.reader is not None:
            return subject.reader
    known = api.profile.readers.get(operation.id)
    if known is not None:
        return known
    return reader_from_spec(api.spec.document, operation, operation.batch)


def reader_from_spec(document: Document, operation: Operation, batch: Batch) -> OutcomeReader | None:
    """Return the reader that `x-batch` describes, or None if `x-batch` describes no outcomes."""
    form = batch.outcome
    is_whole = batch.atomic and batch.atomicity.switch is None and batch.job is None
    if is_whole and all(rows.subset == "all" and "status" not in rows.members for rows in form.rows):
        return _read_whole
    if not form.rows:
        return None

    def reader(exchange: Exchange, items: Sequence[BatchItem]) -> ReportedOutcomes | None:
        response = exchange.response
        if response.is_refused and not _tells_outcomes(form, response):
            return None
        if batch.job is None:
            answer = facts = _document(document, operation, response)
        elif exchange.followed:
            answer, facts = told_by_job(batch.job, exchange)
        else:
            return None  # nobody has asked for the job
        told = _read_form(batch, answer, items)
        contradiction, first = "", form.rows[0]
        if batch.requests:
            left = cut_off(batch.requests, exchange.request.document(), told, len(items))
            told += [ReportedOutcome(item.place, accepted=False) for item in items[len(items) - left :]]
            contradiction = unfounded(batch, items, told)
        is_free = form.maps or "index" in first.members or first.any_order
        if form.tells_all and (len(form.rows) > 1 or is_free):
            told.sort(key=lambda outcome: len(items) if outcome.place is None else outcome.place)
        if batch.atomicity.cuts_off:
            told += cut_off_outcomes(batch, exchange.request, told, [item.document for item in items])
        reported = ReportedOutcomes(tuple(told), _count(form, facts, items), is_complete=form.tells_all)
        contradiction = contradiction or _contradiction(form, facts, response, reported, len(items))
        return replace(reported, contradiction=contradiction)

    return reader


def _tells_outcomes(form: OutcomeForm, response: Response) -> bool:
    """Return whether a response with the status of a refusal tells outcomes, as `statuses` may declare."""
    if response.status not in form.statuses.values() or response.media_type == _PROBLEM_TYPE:
        return False
    answer, _ = _read(response, EMPTY)
    places = [rows.place for rows in form.rows] + list(form.summary.values())
    return any(value_at(answer, place) is not None for place in places)


def _read_form(batch: Batch, answer: Json, items: Sequence[BatchItem]) -> list[ReportedOutcome]:
    """Return the outcomes in all rows. Of rows with one key, each is about the next item with the key."""
    told: list[ReportedOutcome] = []
    for rows in sorted(batch.outcome.rows, key=lambda one: not _names_places(one)):
        taken = {one.place for one in told if rows.subset != "warned"}
        for outcome in _read_rows(batch, rows, answer, items, taken):
            told.append(outcome)
            taken.add(outcome.place)
    if batch.outcome.rows_of("accepted") and not batch.outcome.rows_of("rejected"):
        told += list(_left_out(told, batch.outcome, items))
    return told


def _names_places(rows: OutcomeRows) -> bool:
    return rows.names == "index" or not {"index", "echo"}.isdisjoint(rows.members)


def _read_whole(exchange: Exchange, _items: Sequence[BatchItem]) -> ReportedOutcomes | None:
    """Return None if an all-or-nothing batch is refused, else a report that rejects no item."""
    return None if exchange.response.is_refused else ReportedOutcomes((), is_complete=False)


def _read_rows(
    batch: Batch, rows: OutcomeRows, answer: Json, items: Sequence[BatchItem], taken: AbstractSet[int | None]
) -> Iterator[ReportedOutcome]:
    found, where = value_at(answer, rows.place), pointer_of(rows.place)
    sent = _SentItems(batch, items)
    if rows.names and rows.subset == "all" and isinstance(found, dict):
        yield from _mapped_rows(rows, found, sent)
    elif rows.names:
        yield from _mapped(rows, found, sent)
    elif isinstance(found, list):
        for at, entry in enumerate(map(rows.unwrapped, found)):
            outcome = _listed(rows, entry, at, len(items))
            if outcome.place is None and "index" not in rows.members:
                places = _named_places(rows, entry, outcome.key, sent)
                if not places and rows.subset == "accepted" and any(map(_names_places, batch.outcome.rows)):
                    places = [item.place for item in items if not keys_of(item.document, batch.key)]
                free = (one for one in places if one not in taken)
                outcome = replace(outcome, place=next(free, next(iter(places), None)))
            yield outcome
    elif rows.subset == "all" or found is not None:
        raise ValueError(
            f"gives no per-item outcome: {count_noun(len(items), 'item')} sent, and "
            f"{where or 'the body'} of the answer is {kind_of_value(found)}, not a list"
        )


def _listed(rows: OutcomeRows, entry: Json, at: int, sent: int) -> ReportedOutcome:
    """Return the outcome in a row of a list, with a place if the row's index or the order tells the place."""
    status, message, key = (_member(rows, entry, what) for what in ("status", "message", "key"))
    text, index = text_at(message), _number(_member(rows, entry, "index"))
    accepted = rows.subset in ("accepted", "warned")
    if rows.subset == "all":
        text_of_bad = text or text_at(_member(rows, entry, "code"))
        accepted = is_accepted_status(status, text_of_bad, by_message=bool(rows.members.keys() & _REASONS))
    if rows.words and isinstance(status, str):
        accepted = status not in (rows.words.get("rejected"), rows.words.get("skipped"))
    number, skipped = _number(status), rows.words.get("skipped")
    is_word_of_skipped = status == skipped is not None and skipped != rows.words.get("rejected")
    named = status if isinstance(status, str) and number is None and class_in_words(status) else text
    if index is None and rows.subset == "all" and not rows.any_order:
        index = at + rows.first_index
    place = -1 if index is None else index - rows.first_index
    return ReportedOutcome(
        place=place if 0 <= place < sent else None,
        accepted=accepted,
        key=text_of(key) or value_of_pair(key),
        made="" if not accepted else "created" if number == _CREATED else class_in_words(named),
        status=number,
        message=text or text_at(_member(rows, entry, "code")),
        at=f"{pointer_of(rows.place)}/{at}",
        is_skipped=not accepted and (number == HTTPStatus.FAILED_DEPENDENCY or is_word_of_skipped),
    )


def _named_places(rows: OutcomeRows, entry: Json, key: str | None, sent: _SentItems) -> list[int]:
    """Return the places of the items that a row names by its key, by its record, or by what was sent."""
    if key:
        return sent.places(key)
    if "echo" in rows.members:
        document = _member(rows, entry, "echo")
        return [item.place for item in sent.items if item.document == document]
    shown = keys_of(_member(rows, entry, "record"), sent.batch.key, any_case=True)
    return sent.places(shown[-1]) if shown else []


def _member(rows: OutcomeRows, entry: Json, what: str) -> Json:
    """Return the value of a row's member, or None if `x-batch.outcome` or the row lacks the member."""
    path = rows.members.get(what)
    return None if path is None else value_at(entry, path)


def _left_out(
    told: Sequence[ReportedOutcome], form: OutcomeForm, items: Sequence[BatchItem]
) -> Iterator[ReportedOutcome]:
    """Yield a rejection for each item that is not among the accepted items, if only these are told."""
    places, where = {one.place for one in told}, pointer_of(form.rows[0].place) or "the answer"
    for item in items:
        if item.place not in places:
            yield ReportedOutcome(item.place, accepted=False, message=f"it is left out of {where}")


def _count(form: OutcomeForm, answer: Json, items: Sequence[BatchItem]) -> int | None:
    """Return the number of accepted items that the answer tells. Raises ValueError: there is no number."""
    if "accepted" not in form.summary:
        return None
    place = form.summary["accepted"]
    count = _number(value_at(answer, place))
    if count is None and not form.tells_all:
        raise ValueError(
            f"gives no per-item outcome: {count_noun(len(items), 'item')} sent, and {pointer_of(place)} "
            f"of the answer is {kind_of_value(value_at(answer, place))}, not a number"
        )
    return count


def _contradiction(
    form: OutcomeForm, answer: Json, response: Response, reported: ReportedOutcomes, sent: int
) -> str:
    """Return how a summary or the status contradicts the outcomes, as the end of a sentence; "" if not."""
    rejected = len({one.place for one in reported.outcomes if not one.accepted})
    result = "all" if not rejected else "none" if rejected == sent else "some"
    facts: Mapping[str, Json] = {
        "accepted": sent - rejected,
        "rejected": rejected,
        "total": sent,
        "any-rejected": rejected > 0,
        "all-accepted": not rejected,
    }
    in_body = {fact: at for fact, at in form.summary.items() if fact != "accepted"}  # a check of its own
    told = [(pointer_of(at), value_at(answer, at), facts[fact]) for fact, at in in_body.items()]
    told += [(name, response.headers.get(name.lower()), facts[fact]) for fact, name in form.headers.items()]
    if form.words:
        told.append((pointer_of(form.word_at), value_at(answer, form.word_at), form.words.get(result)))
    if form.statuses:
        told.append(("the status", response.status, form.statuses[result]))
    texts = ((name, str(said).lower(), str(true).lower()) for name, said, true in told)
    false = next((f"{name} {said}, not {true}" for name, said, true in texts if said != true), "")
    return f"{false}, although {rejected} of {count_noun(sent, 'item')} are rejected" if false else ""


def _mapped(rows: OutcomeRows, found: Json, sent: _SentItems) -> Iterator[ReportedOutcome]:
    """Yield the outcomes in a map by key or index, or by reason with the keys that have the reason."""
    if found is None or found == []:
        return
    if not isinstance(found, dict):
        kind = kind_of_value(found)
        message = f"{pointer_of(rows.place)} of the answer is {kind}, not an object of problems by item"
        raise ValueError(message)  # noqa: TRY004 - it is the value that came
    accepted = rows.subset in ("accepted", "warned")
    for key, texts in found.items():
        where = pointer_of((*rows.place, key))
        said = text_at(texts if "message" not in rows.members else _member(rows, texts, "message"))
        if rows.names == "index":
            yield ReportedOutcome(_by_index(rows, key, sent.items), accepted, message=said, at=where)
        elif places := sent.places(key):
            for at in places:
                yield ReportedOutcome(at, accepted, key, message=said, at=where)
        elif _are_keys(texts) and all(sent.places(text) for text in texts):
            # The key is a reason, and the texts name the items that have this reason.
            for number, text in enumerate(texts):
                for at in sent.places(text):
                    yield ReportedOutcome(at, accepted, text, message=key, at=f"{where}/{number}")
        else:
            yield ReportedOutcome(None, accepted, key, message=said, at=where)


def _mapped_rows(rows: OutcomeRows, found: Document, sent: _SentItems) -> Iterator[ReportedOutcome]:
    """Yield the outcomes in a map that has a row for each item."""
    for key, row in found.items():
        outcome = replace(_listed(rows, row, 0, 0), key=key, at=pointer_of((*rows.place, key)))
        places: list[int | None] = [] if rows.names == "index" else [*sent.places(key)]
        yield from (replace(outcome, place=place) for place in places or [_by_index(rows, key, sent.items)])


def _by_index(rows: OutcomeRows, name: str, items: Sequence[BatchItem]) -> int | None:
    index = int(name) - rows.first_index if rows.names == "index" and name.isdecimal() else -1
    return index if 0 <= index < len(items) else None


class _SentItems(Value, frozen=True, dict=True, weakref=True):
    """Items by key and by value of a key member, whose name matches in any letter case."""

    batch: Batch
    items: Sequence[BatchItem]

    @cached_property
    def _by_key(self) -> Mapping[str | None, list[int]]:
        found: dict[str | None, list[int]] = {}
        for item in self.items:
            keys = keys_of(item.document, self.batch.key, any_case=True)
            for key in {item.key, *keys}:
                found.setdefault(key, []).append(item.place)
        return found

    def places(self, key: str) -> list[int]:
        """Return the places of the items with `key` as key or as value of a key member.

        If no item has the key, the key may name a place, such as `[2]`.
        """
        by_place = _PLACE.fullmatch(key)
        if key in self._by_key or not by_place:
            return self._by_key.get(key, [])
        place = int(by_place[1] or by_place[2])
        return [place] if place < len(self.items) else []


def text_at(value: Json) -> str:
    """Return a message as one text; texts in a list or an object are joined by `; `."""
    if isinstance(value, str):
        return value.strip()
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return "; ".join(filter(None, map(text_at, inner)))


def class_in_words(text: str) -> Literal["created", "updated", ""]:
    """Return "created" or "updated" if this is all that a short message says; "" for "already created"."""
    match = _CLASS.fullmatch(text.strip().lower())
    return "" if match is None else "created" if match[1] == "created" else "updated"


def is_accepted_status(status: Json, message: str, *, by_message: bool) -> bool:
    """Return whether an outcome accepts its item.

    The status decides. If there is no status, and `by_message` is set, a message means a rejection.
    """
    number = _number(status)
    if number is not None:
        return number < HTTPStatus.BAD_REQUEST
    if isinstance(status, bool):
        return status
    if isinstance(status, str) and status:
        return not _FAILED.search(status)
    return not (by_message and message)


def value_of_pair(value: Json) -> str | None:
    """Return the value of a list like `[{"key": "Id", "value": 7}]` as text, or None for any other value."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
        return text_of(value[0].get("value"))
    return None


def _are_keys(texts: Json) -> bool:
    return isinstance(texts, list) and bool(texts) and all(isinstance(text, str) for text in texts)


def _number(value: Json) -> int | None:
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _document(document: Document, operation: Operation, response: Response) -> Json:
    answers = document["paths"][operation.path][operation.method]["responses"]
    node: Document = EMPTY
    if "xml" in response.media_type:
        content = resolve(document, answers.get(str(response.status), EMPTY)).get("content", EMPTY)
        node = unfold(document, content.get(response.media_type, EMPTY).get("schema", EMPTY))
    read, error = _read(response, node, lines=operation.answers_lines(response.status, response.media_type))
    if error:
        raise ValueError(f"gives no per-item outcome: {error}")
    return read


class CheckFailure(Value, frozen=True):
    """Reason why a check fails."""

    message: str
    pointer: str = ""
    expected: str = ""
    received: str = ""
    of_body: bool = False
    """Whether the answer differs from the spec only in its body."""


class ConformanceResult(Value, frozen=True):
    """Differences of a response from the spec. A difference that does not occur is None."""

    undeclared: CheckFailure | None = None
    """An undeclared status or media type, or a body that breaks its schema, is unreadable or is missing."""
    unacceptable: CheckFailure | None = None
    """A media type that the request does not accept, although the spec declares an acceptable media type."""
    undeclared_member: Path | None = None
    """Path of the first member that no schema names."""
    bad_header: CheckFailure | None = None
    """A header that breaks its schema, or is required and missing."""
    has_headers: bool = False
    """Whether the spec declares headers for the status."""
    body: Json = None
    """Document in the body, None if it is missing or unreadable."""


class ResponseConformance:
    """Comparison of responses with the spec. Responses that `may_be_empty` names are valid without a body."""

    def __init__(self, spec: Spec, may_be_empty: Iterable[str] = ()) -> None:
        self._spec = spec
        self._may_be_empty = [spec.document["components"]["responses"][name] for name in may_be_empty]
        self._schemas: dict[tuple[str, int, str], tuple[OracleSchema, StatedMembers]] = {}

    def conformance(self, operation: Operation, exchange: Exchange) -> ConformanceResult:
        """Compare the response of an exchange with the operation's declaration."""
        response = exchange.response
        stated = self._stated(operation, response.status)
        if stated is None:
            known = ", ".join(sorted(operation.responses))
            message = f"answers {response.status}, which the spec does not state for {operation.id}"
            return ConformanceResult(
                CheckFailure(message, "", known, str(response.status)), body=_read(response, EMPTY)[0]
            )
        needs_none = not response.body and stated in self._may_be_empty
        content = EMPTY if needs_none else stated.get("content", EMPTY)
        told = operation.batch.outcome.statuses.values() if operation.batch else ()
        if response.status in told and response.media_type == _PROBLEM_TYPE:
            # The whole call is refused, in a status that else tells outcomes.
            content = {_PROBLEM_TYPE: EMPTY}
        headers = {
            name: resolve(self._spec.document, node)
            for name, node in stated.get("headers", EMPTY).items()
            if name.lower() != "content-type"
        }
        return replace(
            self._of_content(operation, exchange, content),
            bad_header=self._bad_header(operation, response, headers),
            has_headers=bool(headers),
        )

    def _of_content(
        self, operation: Operation, exchange: Exchange, content: Mapping[str, Document]
    ) -> ConformanceResult:
        response = exchange.response
        if exchange.request.method == "HEAD":
            return ConformanceResult()
        if not response.body:
            return ConformanceResult(None if _may_be_empty(response, content) else _missing_body(response))
        unasked = _unacceptable_media_type(exchange, content)
        media_type = next((name for name in content if fnmatchcase(response.media_type, name)), None)
        if media_type is None:
            received, known = response.media_type or "no media type", ", ".join(content) or "no body"
            message = f"answers {response.status} as {received}; the spec states {known}"
            other = CheckFailure(message, "", known, received)
            return ConformanceResult(other, unasked, body=_read(response, EMPTY)[0])
        schema, members = self._compiled(operation, response.status, media_type, content[media_type])
        document, error = _read(response, schema.node, lines=has_lines(content[media_type]))
        if error:
            message = f"answers {response.status} with a body that cannot be read: {error}"
            return ConformanceResult(CheckFailure(message, "", media_type, of_body=True), unasked)
        problems, stranger = _body_problems(response, schema, document), members.first_undeclared(document)
        return ConformanceResult(problems, unasked, stranger, body=document)

    def _bad_header(
        self, operation: Operation, response: Response, declared: Mapping[str, Document]
    ) -> CheckFailure | None:
        """Return the failure of the first header that breaks its schema, or is required and missing."""
        for name, node in declared.items():
            text = response.headers.get(name.lower())
            if text is None and node.get("required"):
                message = f"answers {response.status} without the header {name}, which the spec requires"
                return CheckFailure(message, expected=name, received="no such header")
            if text is None or "schema" not in node:
                continue
            known, _ = self._compiled(operation, response.status, name, node)
            shape = flattened(known.node)
            broken = () if shape.get("type") == "object" else known.broken(_header_value(text, shape))
            if broken:
                message = f"answers {response.status} with a header {name} that breaks its schema: "
                reason = explain(replace(broken[0], path=(name,)))
                return CheckFailure(f"{message}{reason}", "", broken[0].keyword, text)
        return None

    def _compiled(
        self, operation: Operation, status: int, name: str, stated: Document
    ) -> tuple[OracleSchema, StatedMembers]:
        """Return the schema of a header or a media type, and its members, compiled once."""
        key = (operation.id, status, name)
        if key not in self._schemas:
            document = self._in_xml if name in XML_MEDIA_TYPES else self._spec.document
            node = unfold(document, stated.get("schema", EMPTY))
            self._schemas[key] = compile_schema(node), StatedMembers(node)
        return self._schemas[key]

    @cached_property
    def _in_xml(self) -> Document:
        return without_omitted(self._spec.document)

    def _stated(self, operation: Operation, status: int) -> Document | None:
        """Return the response that is declared for the status, its class or `default`, or None."""
        name = operation.declared_key(status)
        declared = value_at(self._spec.document, (*operation.place, "responses", name)) if name else None
        found: Document | None = resolve(self._spec.document, declared)
        return found


def _may_be_empty(response: Response, content: Mapping[str, Document]) -> bool:
    """Return whether a response may have an empty body.

    It may if HTTP forbids a body for the status, if the spec declares no body, or if the response is a
    success whose declared media types are lines, or neither JSON nor XML.
    """
    if not content or response.status in _BODILESS:
        return True
    sent = response.media_type
    named = [name for name in content if fnmatchcase(sent, name)] if sent else list(content)
    is_document = not named or any(
        (is_json(one) or one.endswith("xml")) and not has_lines(content[one]) for one in named
    )
    return not response.is_refused and not is_document


def _missing_body(response: Response) -> CheckFailure:
    message = f"answers {response.status} without a body; the spec has one for this status"
    return CheckFailure(message, expected="a body", received="none", of_body=True)


def _header_value(text: str, node: Document) -> Json:
    """Return the value of a header that is written in OpenAPI's style `simple`."""
    if node.get("type") == "array":
        return [typed(part.strip(), node.get("items", EMPTY)) for part in text.split(",")]
    return typed(text, node)


def _read(response: Response, node: Document, *, lines: bool = False) -> tuple[Json, str]:
    """Return the document and "", or None and the reason if the body cannot be read."""
    settings = {"format": "lines"} if lines else EMPTY
    try:
        return decode(response.body, response.headers.get("content-type", ""), node, settings).document, ""
    except UnreadableError as error:
        return None, str(error)


def _body_problems(response: Response, known: OracleSchema, document: Json) -> CheckFailure | None:
    if "xml" in response.media_type and "type" not in known.node:
        return None  # nothing says what its texts stand for
    broken = known.broken(document)
    if not broken:
        return None
    problems = "; ".join(explain(one) for one in broken[:_MAX_PROBLEMS])
    more = f"; {len(broken) - _MAX_PROBLEMS} more" if len(broken) > _MAX_PROBLEMS else ""
    message = f"answers {response.status} with a body that breaks its schema: {problems}{more}"
    at = pointer_of(broken[0].path)
    return CheckFailure(message, at, broken[0].keyword, explain(broken[0]), of_body=True)


def _unacceptable_media_type(exchange: Exchange, content: Mapping[str, Document]) -> CheckFailure | None:
    """Return a failure if the request accepts a declared media type, but not the response's media type.

    If the request accepts a declared JSON media type, all JSON media types pass: the client can read JSON.
    """
    response, accept = exchange.response, exchange.request.headers.get("accept", "")
    asked = [one.partition(";")[0].strip().lower() for one in accept.split(",")]
    offered = [name for name in content if name in asked]
    if not offered or any(fnmatchcase(response.media_type, one) for one in asked):
        return None
    if is_json(response.media_type) and any(map(is_json, offered)):
        return None
    received = response.media_type or "no media type"
    message = f"asked for {', '.join(asked)}, which the spec states for {response.status}; {received} came"
    return CheckFailure(message, "", offered[0], received)
