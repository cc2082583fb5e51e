"""From problems to `ModelState`: which place, in which words, and whether a reader or an attribute says so.

Source: PVEx fact sheet §3.1, §3.3. A caller is remote, to whom a reader's words are a general sentence,
unless `error_detail` is on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from mockserver.model import Json, Path, Problem, Value
from mockserver.vendor import FAULT
from mockserver.vendors.pvex import details
from mockserver.vendors.pvex.manner import Manner
from mockserver.vendors.pvex.members import INTEGERS, RANK, REQUIRED_TEXTS, REQUIRED_VALUES, TEXTS
from mockserver.vendors.pvex.reading import Reading
from mockserver.vendors.pvex.rules import CONFLICT, SUMS, UTF16_LENGTH
from mockserver.vendors.pvex.words import ASSUMED, EMPTY, GENERAL, LEFT_OUT, NOT_VALID, REQUIRED, TOO_LONG

ModelState = Mapping[str, list[str]]


class Subject(Value, frozen=True):
    """One invoice: as it was sent, as it was read, and what is wrong with it; a single one has index 0.

    The paths of `problems` begin with that index.
    """

    index: int
    sent: Json
    read: Json
    problems: tuple[Problem, ...]


class Fault(Value, frozen=True):
    """One entry of `ModelState`; `place` is an item's index, and a member unless the item is meant."""

    place: Path
    key: str
    text: str
    by_reader: bool


def model_state(manner: Manner, subjects: Iterable[Subject]) -> ModelState:
    """All faults of a call: the readers' first, then item by item in the order of the class."""
    faults = list(_faults(manner, subjects))
    read = [fault for fault in faults if fault.by_reader]
    if read and manner.reading is Reading.XML:
        return {manner.name: [read[0].text]}
    state: dict[str, list[str]] = {}
    for fault in read:
        state.setdefault(fault.key, []).append(fault.text)
    taken = {fault.place for fault in read}
    for fault in faults:
        if not fault.by_reader and fault.place not in taken:
            state.setdefault(fault.key, []).append(fault.text)
    return state


def parameters(problems: Iterable[Problem]) -> ModelState:
    """What is wrong with the parameters of a helper GET."""
    state: dict[str, list[str]] = {}
    for problem in problems:
        name = str(problem.path[-1])
        state.setdefault(name, []).append(NOT_VALID.format(found=problem.found, name=name))
    return state


def _faults(manner: Manner, subjects: Iterable[Subject]) -> Iterator[Fault]:
    for subject in subjects:
        if not subject.problems:
            continue
        faults = sorted((_fault(problem, subject, manner) for problem in subject.problems), key=_rank)
        if manner.reading is Reading.JSON and (member := _overflow(subject)):
            yield from _until(member, subject, manner, faults)
            return
        yield from faults


def _fault(problem: Problem, subject: Subject, manner: Manner) -> Fault:
    place = problem.path[:2]
    if len(place) == 1:
        return _by_reader(place, problem, subject, manner)
    name = str(place[1])
    if problem.rule == FAULT:
        return Fault(place, manner.key(place), problem.detail, by_reader=False)
    if text := _attribute(name, problem):
        return Fault(place, manner.key(place), text.format(name=name), by_reader=False)
    if manner.reading is Reading.FORM:
        text = _form_text(name, problem).format(found=problem.found, name=name)
        return Fault(place, manner.key(place), text, by_reader=True)
    return _by_reader(place[:1] if problem.rule == "required" else place, problem, subject, manner)


def _by_reader(place: Path, problem: Problem, subject: Subject, manner: Manner) -> Fault:
    """What a reader's exception says; JSON's names places as they were sent."""
    if manner.reading is not Reading.JSON:
        text = details.of_xml(problem) if manner.detailed else GENERAL
        return Fault(place, manner.key(place), text, by_reader=True)
    wire = (*place[:1], *(_sent_name(str(name), subject.sent) for name in place[1:]))
    text = GENERAL
    if manner.detailed:
        if len(wire) > 1:  # what was sent, not what was made of it
            problem = replace(problem, found=subject.sent[wire[1]])
        text = details.of_json(problem, place if manner.listed else place[1:], manner.places)
    return Fault(place, manner.key(wire), text, by_reader=True)


def _sent_name(member: str, sent: Json) -> str:
    names = sent if isinstance(sent, dict) else ()
    return next((name for name in reversed(list(names)) if name.lower() == member.lower()), member)


def _attribute(name: str, problem: Problem) -> str:
    """What an attribute of the class says of a text, "" where the reader has failed before."""
    if problem.rule == CONFLICT:
        return ASSUMED.row_key_taken if name == "RowKey" else ASSUMED.conflict
    if problem.rule == SUMS:
        return ASSUMED.owes_too_much
    if name not in TEXTS:
        return ""
    if problem.rule in ("maxLength", UTF16_LENGTH):
        return TOO_LONG
    blank = problem.found is None or (isinstance(problem.found, str) and not problem.found.strip())
    return REQUIRED if blank and name in REQUIRED_TEXTS else ""


def _form_text(name: str, problem: Problem) -> str:
    if problem.rule == "required":
        return LEFT_OUT
    if problem.found in (None, ""):
        return REQUIRED if name in REQUIRED_VALUES else EMPTY
    return NOT_VALID


def _rank(fault: Fault) -> tuple[int, bool]:
    member = RANK[str(fault.place[1])] if len(fault.place) > 1 else len(RANK)
    return member, fault.text != REQUIRED.format(name=fault.place[-1])


def _overflow(subject: Subject) -> str:
    """The member whose number no int32 holds, which is where Json.NET loses the rest of the array."""
    for problem in subject.problems:
        member = str(problem.path[-1])
        if problem.rule in ("minimum", "maximum") and member in INTEGERS:
            sent = subject.sent.get(_sent_name(member, subject.sent))
            if isinstance(sent, int):
                return member
    return ""


def _until(member: str, subject: Subject, manner: Manner, faults: Iterable[Fault]) -> Iterator[Fault]:
    """The reader's faults up to `member` in the order of the wire, and one more on what follows it."""
    wire = list(subject.read)
    last = wire.index(member)
    for fault in faults:
        if fault.by_reader and len(fault.place) > 1 and wire.index(str(fault.place[1])) <= last:
            yield fault
    for name in wire[last + 1 : last + 2]:
        place = (subject.index, name)
        text = GENERAL
        if manner.detailed:
            where = place if manner.listed else place[1:]
            text = f"{details.LOST} {manner.places.sentence('name', where)}"
        yield Fault(place, manner.key((subject.index, _sent_name(name, subject.sent))), text, by_reader=True)
