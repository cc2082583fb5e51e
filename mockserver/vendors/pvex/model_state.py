"""The `ModelState` of an error: keys, messages of body readers, positions in the JSON text.

Positions are found without validating the text. If the assumption `error_detail` is off, as for remote
callers, a general message replaces the messages of body readers.
Source: docs/vendors/pvex.md#errors, #modelstate.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import parse_content_type
from mockserver.codec.json import to_utf_8
from mockserver.errors import MalformedBody
from mockserver.model import Call, Json, Path, Problem, Value
from mockserver.vendor import FAULT_RULE
from mockserver.vendors.pvex.media_types import BodyReader, body_reader
from mockserver.vendors.pvex.messages import GENERAL_ERROR, message
from mockserver.vendors.pvex.rules import (
    AMOUNT_MEMBERS,
    CONFLICT,
    DATE_MEMBERS,
    INTEGER_MEMBERS,
    MEMBER_RANK,
    REQUIRED_TEXTS,
    REQUIRED_VALUES,
    SUMS,
    TEXT_MEMBERS,
    UTF16_LENGTH,
)

_TOKEN = re.compile(
    r"""(?P<blank>[\s\ufeff]+|//[^\r\n]*|/\*.*?\*/)
    |(?P<mark>[{}\[\]:,])
    |(?P<text>"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*'|[^\s{}\[\]:,"'/]+)""",
    re.DOTALL | re.VERBOSE,
)
_BLANK = re.compile(r"[\s\ufeff]+|//[^\r\n]*|/\*.*?\*/", re.DOTALL)
_LINE_END = re.compile(r"\r\n|\r|\n")
_SPECIAL = re.compile(r"[.' /\"\[\]()\t\n\r\f\b\\]")

_MAX_DEPTH = 2
MAX_TEXT_LENGTH = 256 * 1024
"""Maximum number of characters to search: each takes 0.3 µs, and all other calls wait during a search."""

TokenKey: TypeAlias = tuple[str, Path]
"""Token kind (`name`: colon, `value`: scalar or opening bracket, `end`: closing bracket); lower-case path."""

TokenEnd: TypeAlias = tuple[Path, int]
"""Path (indexes, and names as sent), and the number of characters before the token's end."""

INVOICE_TYPE = "PVExDataModel.Invoice"
LIST_TYPE = f"System.Collections.Generic.List`1[{INVOICE_TYPE}]"
_TOKEN_NAMES: Mapping[type, str] = {
    list: "StartArray",
    dict: "StartObject",
    str: "String",
    bool: "Boolean",
    int: "Integer",
    Decimal: "Float",
}


class _OpenContainer(Struct):
    is_list: bool
    step: str | int | None = None
    named: bool = False


class _Cursor:
    """Position of Json.NET's reader. An open container adds a step to the path only after its first token."""

    def __init__(self) -> None:
        self._open: list[_OpenContainer] = []

    @property
    def depth(self) -> int:
        return len(self._open)

    @property
    def path(self) -> Path:
        return tuple(one.step for one in self._open if one.step is not None)

    def pass_mark(self, mark: str) -> str:
        """Pass a bracket, colon or comma; return its kind (see `TokenKey`), or "" if it has no kind."""
        if mark in "[{":
            self._begin()
            return "value"
        if mark in "]}" and self._open:
            self._open.pop()
            return "end"
        if self._open and not self._open[-1].is_list:
            self._open[-1].named = mark == ":"
        return "name" if mark == ":" else ""

    def enter(self, mark: str) -> None:
        if mark in "[{":
            self._open.append(_OpenContainer(is_list=mark == "["))

    def pass_text(self, text: str) -> str:
        top = self._open[-1] if self._open else None
        if top is None or top.is_list or top.named:
            self._begin()
            return "value"
        top.step = _unquote(text)
        return ""

    def _begin(self) -> None:
        top = self._open[-1] if self._open else None
        if top is not None and top.is_list:
            top.step = top.step + 1 if isinstance(top.step, int) else 0


class JsonPositions(Value, frozen=True):
    """Positions of the tokens in a JSON text, down to members of the elements of the outermost list."""

    text: str
    token_ends: Mapping[TokenKey, TokenEnd]
    line_starts: tuple[int, ...]

    def describe(self, kind: str, path: Path) -> str:
        """Return the end of Json.NET's messages: path, line and position."""
        at = self.token_ends.get((kind, _lower_path(path)), (path, len(self.text)))
        return self.describe_offset(*at)

    def describe_offset(self, path: Path, offset: int) -> str:
        line = bisect_right(self.line_starts, offset) if offset else 0
        position = offset - self.line_starts[line - 1] if offset else 0
        return f"Path '{print_path(path)}', line {line}, position {position}."


def find_positions(text: str) -> JsonPositions:
    """Return the positions of tokens in `text`, none if it is too long; of equal names, the last counts."""
    if len(text) > MAX_TEXT_LENGTH:
        return JsonPositions(text, {}, (0,))
    cursor, spots = _Cursor(), dict[TokenKey, TokenEnd]()
    for kind, offset in _tokens(text, len(text), cursor):
        if cursor.depth <= _MAX_DEPTH:
            path = cursor.path
            spots[kind, _lower_path(path)] = (path, offset)
    starts = (0, *(found.end() for found in _LINE_END.finditer(text)))
    return JsonPositions(text, spots, starts)


def path_at(text: str, stop: int) -> Path:
    """Return the reader's path at the offset `stop`, or () if `stop` is over `MAX_TEXT_LENGTH`."""
    if stop > MAX_TEXT_LENGTH:
        return ()
    cursor = _Cursor()
    for _ in _tokens(text, stop, cursor):
        pass
    return cursor.path


def is_blank(text: str) -> bool:
    end = 0
    while blank := _BLANK.match(text, end):
        end = blank.end()
    return end == len(text)


def print_path(path: Path) -> str:
    """Return a path in Json.NET's spelling: `[0].Number`, or `[0]['a b']` if special characters occur."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif _SPECIAL.search(step):
            text += f"['{step}']"
        else:
            text += f".{step}" if text else step
    return text


def _tokens(text: str, stop: int, cursor: _Cursor) -> Iterator[tuple[str, int]]:
    """Move the cursor over tokens that begin before `stop`; yield kind and end of each token with a kind."""
    at = 0
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        if start != at or start >= stop:
            return
        at = end
        kind = token.lastgroup
        if kind == "blank":
            continue
        found = cursor.pass_text(token[0]) if kind == "text" else cursor.pass_mark(token[0])
        if found:
            yield found, end
        if kind == "mark":
            cursor.enter(token[0])


def _unquote(text: str) -> str:
    if text[0] not in "\"'":
        return text
    if "\\" not in text:
        return text[1:-1]
    try:
        return str(json.decode_lenient(text.encode()))
    except MalformedBody:
        return text[1:-1]


def _lower_path(path: Path) -> Path:
    return tuple(step.lower() if isinstance(step, str) else step for step in path)


class _MemberType(Value, frozen=True):
    """Type of an invoice member."""

    word: str
    """Json.NET's word for the type in messages."""
    name: str
    """Name of the type in .NET, without `System.`."""


_STRING, _BOOLEAN = _MemberType("string", "String"), _MemberType("boolean", "Boolean")
_DATE = _MemberType("DateTime", "DateTime")
_MEMBER_TYPES: Mapping[str, _MemberType] = {
    **dict.fromkeys(TEXT_MEMBERS, _STRING),
    **dict.fromkeys(AMOUNT_MEMBERS, _MemberType("decimal", "Decimal")),
    **dict.fromkeys(INTEGER_MEMBERS, _MemberType("integer", "Int32")),
    **dict.fromkeys(DATE_MEMBERS, _DATE),
}


def json_message(problem: Problem, path: Path, positions: JsonPositions) -> str:
    """Return Json.NET's message about the member or item at `path`."""
    if problem.rule == "required":
        return message("property-missing", name=problem.path[-1]) + positions.describe("end", path)
    if path and isinstance(path[-1], str):
        return f"{_member_message(path[-1], problem)} {positions.describe('value', path)}"
    return _item_message(problem.found) + positions.describe("value", path)


def not_a_list_message(positions: JsonPositions, path: Path) -> str:
    return message("not-a-list", type=LIST_TYPE) + positions.describe("name", path)


def wrong_shape_message(found: Json, positions: JsonPositions, *, is_batch: bool) -> str:
    text = _unconvertible_message(found, LIST_TYPE) if is_batch else _item_message(found)
    return text + positions.describe("value", ())


def broken_json_message(positions: JsonPositions, path: Path, offset: int) -> str:
    rest = positions.text[offset : offset + 1]
    text = message("odd-character", found=rest) if rest else message("end-of-file")
    return f"{text} {positions.describe_offset(path, offset)}"


def xml_message(problem: Problem) -> str:
    kind, found = _MEMBER_TYPES.get(str(problem.path[-1]), _BOOLEAN), problem.found
    if found is None:
        return broken_xml_message(message("null-in-xml", type=f"System.{kind.name}"))
    return broken_xml_message(message("odd-in-xml", found=found, type=kind.name))


def broken_xml_message(detail: str) -> str:
    return message("unreadable-xml", type=LIST_TYPE) + detail


def _item_message(found: Json) -> str:
    if isinstance(found, list):
        return message("not-an-object", type=INVOICE_TYPE)
    return _unconvertible_message(found, INVOICE_TYPE)


def _unconvertible_message(found: Json, kind: str) -> str:
    return f"{message('unconvertible', found=json.encode(found).decode(), type=kind)} "


def _member_message(name: str, problem: Problem) -> str:
    kind, found = _MEMBER_TYPES.get(name, _BOOLEAN), problem.found
    if found is None or (found == "" and name in (REQUIRED_VALUES | INTEGER_MEMBERS)):
        return message("unconvertible", found="{null}", type=f"System.{kind.name}")
    if isinstance(found, str):
        if kind is _STRING:
            return message("control-character")
        return message("odd-text", word=kind.word, found=found)
    if kind.word == "integer" and type(found) is int:
        return message("int32", found=found)
    if kind.word in ("integer", "decimal") and type(found) in (int, Decimal):
        return message("odd-number", found=found, word=kind.word)
    word = "date" if kind is _DATE else kind.word
    return message("odd-token", word=word, found=_TOKEN_NAMES[type(found)])


class ErrorContext(Value, frozen=True, dict=True, weakref=True):
    """Context of an error reply."""

    call: Call
    is_batch: bool
    """Whether the operation takes a list of invoices, not a single invoice."""

    @property
    def name(self) -> str:
        """Name of the controller's parameter, with which every key of `ModelState` begins."""
        return self.call.assumptions["param_name"] if self.is_batch else "invoice"  # assumed

    @cached_property
    def reader(self) -> BodyReader:
        return body_reader(parse_content_type(self.call.headers)[0])

    @property
    def is_detailed(self) -> bool:
        return self.call.assumptions["error_detail"] == "on"

    @cached_property
    def text(self) -> str:
        try:
            octets = to_utf_8(self.call.body, parse_content_type(self.call.headers)[1])
        except MalformedBody:
            return "\N{REPLACEMENT CHARACTER}"
        return octets.decode(errors="replace")

    @cached_property
    def positions(self) -> JsonPositions:
        return find_positions(self.text)

    def key(self, path: Path) -> str:
        """Return the `ModelState` key of `path`: `self.name`, the index if in a batch, the member if any."""
        return self.body_key(path if self.is_batch else path[1:])

    def body_key(self, path: Path) -> str:
        behind = print_path(path)
        return f"{self.name}.{behind}" if behind and not behind.startswith("[") else self.name + behind


ModelState = Mapping[str, list[str]]


class RejectedInvoice(Value, frozen=True):
    """Invoice with its problems."""

    index: int
    """Place in the batch; 0 for a single invoice."""
    sent: Json
    """The invoice with names and values as sent; {} for a single invoice that is not JSON."""
    read: Json
    problems: tuple[Problem, ...]
    """Problems whose paths begin with `index`."""


class ModelStateEntry(Value, frozen=True):
    """Message of `ModelState`."""

    path: Path
    """Index of an invoice, and a member's name if the message is about a member."""
    key: str
    text: str
    by_reader: bool
    """Whether the message is a body reader's; otherwise it is a rule's."""


def model_state(context: ErrorContext, invoices: Iterable[RejectedInvoice]) -> ModelState:
    """Return messages by key: first the reader's, then the rules' messages, ordered by invoice and member.

    Members at which the reader fails get no messages of rules. If the body is XML, and the reader fails,
    return only the reader's first failure.
    """
    faults = list(_entries(context, invoices))
    read = [fault for fault in faults if fault.by_reader]
    if read and context.reader is BodyReader.XML:
        return {context.name: [read[0].text]}
    taken = {fault.path for fault in read}
    ruled = [fault for fault in faults if not fault.by_reader and fault.path not in taken]
    state: dict[str, list[str]] = {}
    for fault in (*read, *ruled):
        state.setdefault(fault.key, []).append(fault.text)
    return state


def parameter_model_state(problems: Iterable[Problem]) -> ModelState:
    state: dict[str, list[str]] = {}
    for problem in problems:
        name = str(problem.path[-1])
        state.setdefault(name, []).append(message("not-valid", found=problem.found, name=name))
    return state


def _entries(context: ErrorContext, invoices: Iterable[RejectedInvoice]) -> Iterator[ModelStateEntry]:
    for subject in invoices:
        if not subject.problems:
            continue
        faults = sorted((_entry(problem, subject, context) for problem in subject.problems), key=_entry_rank)
        if context.reader is BodyReader.JSON and (member := _overflowing_member(subject)):
            yield from _entries_until_overflow(member, subject, context, faults)
            return
        yield from faults


def _entry(problem: Problem, invoice: RejectedInvoice, context: ErrorContext) -> ModelStateEntry:
    place = problem.path[:2]
    if len(place) == 1:
        return _reader_entry(place, problem, invoice, context)
    name = str(place[1])
    if problem.rule == FAULT_RULE:
        return ModelStateEntry(place, context.key(place), problem.detail, by_reader=False)
    if rule := _attribute_rule(name, problem):
        return ModelStateEntry(place, context.key(place), message(rule, name=name), by_reader=False)
    if context.reader is BodyReader.FORM:
        text = message(_form_rule(name, problem), found=problem.found, name=name)
        return ModelStateEntry(place, context.key(place), text, by_reader=True)
    return _reader_entry(place[:1] if problem.rule == "required" else place, problem, invoice, context)


def _reader_entry(
    path: Path, problem: Problem, invoice: RejectedInvoice, context: ErrorContext
) -> ModelStateEntry:
    """Return the entry of a body reader's exception. For a JSON body, the entry's key has names as sent."""
    if context.reader is not BodyReader.JSON:
        text = xml_message(problem) if context.is_detailed else GENERAL_ERROR
        return ModelStateEntry(path, context.key(path), text, by_reader=True)
    wire = (*path[:1], *(_sent_name(str(name), invoice.sent) for name in path[1:]))
    text = GENERAL_ERROR
    if context.is_detailed:
        if len(wire) > 1:  # the sent value, not the value that was read
            problem = replace(problem, found=invoice.sent[wire[1]])
        text = json_message(problem, path if context.is_batch else path[1:], context.positions)
    return ModelStateEntry(path, context.key(wire), text, by_reader=True)


def _sent_name(member: str, sent: Json) -> str:
    names = sent if isinstance(sent, dict) else ()
    return next((name for name in reversed(list(names)) if name.lower() == member.lower()), member)


def _attribute_rule(name: str, problem: Problem) -> str:
    """Return the name of the message if a rule found the problem, or "" if the body reader found it."""
    if problem.rule == CONFLICT:
        return "row-key-taken" if name == "RowKey" else "conflict"
    if problem.rule == SUMS:
        return "owes-too-much"
    if name not in TEXT_MEMBERS:
        return ""
    if problem.rule in ("maxLength", UTF16_LENGTH):
        return "too-long"
    blank = problem.found is None or (isinstance(problem.found, str) and not problem.found.strip())
    return "required" if blank and name in REQUIRED_TEXTS else ""


def _form_rule(name: str, problem: Problem) -> str:
    if problem.rule == "required":
        return "property-required"
    if problem.found in (None, ""):
        return "required" if name in REQUIRED_VALUES else "value-required"
    return "not-valid"


def _entry_rank(fault: ModelStateEntry) -> tuple[int, bool]:
    member = MEMBER_RANK[str(fault.path[1])] if len(fault.path) > 1 else len(MEMBER_RANK)
    return member, fault.text != message("required", name=fault.path[-1])


def _overflowing_member(invoice: RejectedInvoice) -> str:
    """Return the first member with a number beyond int32, or "". Json.NET stops reading the array there."""
    for problem in invoice.problems:
        member = str(problem.path[-1])
        if problem.rule in ("minimum", "maximum") and member in INTEGER_MEMBERS:
            sent = invoice.sent.get(_sent_name(member, invoice.sent))
            if isinstance(sent, int):
                return member
    return ""


def _entries_until_overflow(
    member: str, invoice: RejectedInvoice, context: ErrorContext, faults: Iterable[ModelStateEntry]
) -> Iterator[ModelStateEntry]:
    """Yield the reader's faults at members sent up to `member`, then a new fault at the next sent member."""
    wire = list(invoice.read)
    last = wire.index(member)
    for fault in faults:
        if fault.by_reader and len(fault.path) > 1 and wire.index(str(fault.path[1])) <= last:
            yield fault
    for name in wire[last + 1 : last + 2]:
        place = (invoice.index, name)
        text = GENERAL_ERROR
        if context.is_detailed:
            where = place if context.is_batch else place[1:]
            text = f"{message('odd-character', found=',')} {context.positions.describe('name', where)}"
        yield ModelStateEntry(
            place, context.key((invoice.index, _sent_name(name, invoice.sent))), text, by_reader=True
        )
