"""Build the `ModelState` of an error: keys, and messages of body readers and of attributes.

Callers are remote, and see a general sentence in place of a reader's message, unless `error_detail` is on.
Source: docs/vendors/pvex.md#errors, #modelstate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from msgspec.structs import replace

from mockserver.codec.http import parse_content_type
from mockserver.codec.json import to_utf_8
from mockserver.errors import MalformedBody
from mockserver.model import Call, Json, Path, Problem, Value
from mockserver.vendor import FAULT_RULE
from mockserver.vendors.pvex import reader_messages
from mockserver.vendors.pvex.invoice_members import (
    INTEGER_MEMBERS,
    MEMBER_RANK,
    REQUIRED_TEXTS,
    REQUIRED_VALUES,
    TEXT_MEMBERS,
)
from mockserver.vendors.pvex.json_positions import JsonPositions, find_positions, print_path
from mockserver.vendors.pvex.media_types import BodyReader, body_reader
from mockserver.vendors.pvex.messages import (
    ASSUMED,
    GENERAL_ERROR,
    NOT_VALID,
    PROPERTY_REQUIRED,
    REQUIRED,
    TOO_LONG,
    VALUE_REQUIRED,
)
from mockserver.vendors.pvex.rules import CONFLICT, SUMS, UTF16_LENGTH


@dataclass(frozen=True)
class ErrorContext:
    """Context of an error reply; `is_batch` for a list of invoices, not a single one."""

    call: Call
    is_batch: bool

    @property
    def name(self) -> str:
        """The controller's parameter, with which every place begins."""
        return self.call.assumptions["param_name"] if self.is_batch else ASSUMED.single_parameter

    @cached_property
    def reader(self) -> BodyReader:
        """Reader of the body."""
        return body_reader(parse_content_type(self.call.headers)[0])

    @property
    def is_detailed(self) -> bool:
        """Whether the caller counts as local."""
        return self.call.assumptions["error_detail"] == "on"

    @cached_property
    def text(self) -> str:
        """The body as text; what is none has a replacement character."""
        try:
            octets = to_utf_8(self.call.body, parse_content_type(self.call.headers)[1])
        except MalformedBody:
            return "\N{REPLACEMENT CHARACTER}"
        return octets.decode(errors="replace")

    @cached_property
    def positions(self) -> JsonPositions:
        """Positions in a JSON body."""
        return find_positions(self.text)

    def key(self, path: Path) -> str:
        """Return what `ModelState` calls a place: an invoice's index, and then perhaps a member."""
        return self.body_key(path if self.is_batch else path[1:])

    def body_key(self, path: Path) -> str:
        """Return what `ModelState` calls a path into the body."""
        behind = print_path(path)
        return f"{self.name}.{behind}" if behind and not behind.startswith("[") else self.name + behind


ModelState = Mapping[str, list[str]]


class RejectedInvoice(Value, frozen=True):
    """An invoice as sent and as read, with its problems; a single one has index 0.

    The paths of `problems` begin with that index.
    """

    index: int
    sent: Json
    read: Json
    problems: tuple[Problem, ...]


class ModelStateEntry(Value, frozen=True):
    """An entry of `ModelState`; `path` is an item's index, and a member unless the whole item is meant."""

    path: Path
    key: str
    text: str
    by_reader: bool


def model_state(context: ErrorContext, invoices: Iterable[RejectedInvoice]) -> ModelState:
    """Return all faults of a call: the readers' first, then item by item in the order of the class."""
    faults = list(_entries(context, invoices))
    read = [fault for fault in faults if fault.by_reader]
    if read and context.reader is BodyReader.XML:
        return {context.name: [read[0].text]}
    state: dict[str, list[str]] = {}
    for fault in read:
        state.setdefault(fault.key, []).append(fault.text)
    taken = {fault.path for fault in read}
    for fault in faults:
        if not fault.by_reader and fault.path not in taken:
            state.setdefault(fault.key, []).append(fault.text)
    return state


def parameter_model_state(problems: Iterable[Problem]) -> ModelState:
    """Return what is wrong with the parameters of a helper GET."""
    state: dict[str, list[str]] = {}
    for problem in problems:
        name = str(problem.path[-1])
        state.setdefault(name, []).append(NOT_VALID.format(found=problem.found, name=name))
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
    if text := _attribute_message(name, problem):
        return ModelStateEntry(place, context.key(place), text.format(name=name), by_reader=False)
    if context.reader is BodyReader.FORM:
        text = _form_message(name, problem).format(found=problem.found, name=name)
        return ModelStateEntry(place, context.key(place), text, by_reader=True)
    return _reader_entry(place[:1] if problem.rule == "required" else place, problem, invoice, context)


def _reader_entry(
    path: Path, problem: Problem, invoice: RejectedInvoice, context: ErrorContext
) -> ModelStateEntry:
    """Return what a reader's exception says; JSON's names places as they were sent."""
    if context.reader is not BodyReader.JSON:
        text = reader_messages.xml_message(problem) if context.is_detailed else GENERAL_ERROR
        return ModelStateEntry(path, context.key(path), text, by_reader=True)
    wire = (*path[:1], *(_sent_name(str(name), invoice.sent) for name in path[1:]))
    text = GENERAL_ERROR
    if context.is_detailed:
        if len(wire) > 1:  # what was sent, not what was made of it
            problem = replace(problem, found=invoice.sent[wire[1]])
        text = reader_messages.json_message(
            problem, path if context.is_batch else path[1:], context.positions
        )
    return ModelStateEntry(path, context.key(wire), text, by_reader=True)


def _sent_name(member: str, sent: Json) -> str:
    names = sent if isinstance(sent, dict) else ()
    return next((name for name in reversed(list(names)) if name.lower() == member.lower()), member)


def _attribute_message(name: str, problem: Problem) -> str:
    """Return what an attribute of the class says of a text, "" where the reader has failed before."""
    if problem.rule == CONFLICT:
        return ASSUMED.row_key_taken if name == "RowKey" else ASSUMED.conflict
    if problem.rule == SUMS:
        return ASSUMED.owes_too_much
    if name not in TEXT_MEMBERS:
        return ""
    if problem.rule in ("maxLength", UTF16_LENGTH):
        return TOO_LONG
    blank = problem.found is None or (isinstance(problem.found, str) and not problem.found.strip())
    return REQUIRED if blank and name in REQUIRED_TEXTS else ""


def _form_message(name: str, problem: Problem) -> str:
    if problem.rule == "required":
        return PROPERTY_REQUIRED
    if problem.found in (None, ""):
        return REQUIRED if name in REQUIRED_VALUES else VALUE_REQUIRED
    return NOT_VALID


def _entry_rank(fault: ModelStateEntry) -> tuple[int, bool]:
    member = MEMBER_RANK[str(fault.path[1])] if len(fault.path) > 1 else len(MEMBER_RANK)
    return member, fault.text != REQUIRED.format(name=fault.path[-1])


def _overflowing_member(invoice: RejectedInvoice) -> str:
    """Return the member whose number no int32 holds, which is where Json.NET loses the rest of the array."""
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
    """Yield the reader's faults up to `member` in the order of the wire, and one more on what follows it."""
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
            text = f"{reader_messages.REST_UNREADABLE} {context.positions.describe('name', where)}"
        yield ModelStateEntry(
            place, context.key((invoice.index, _sent_name(name, invoice.sent))), text, by_reader=True
        )
