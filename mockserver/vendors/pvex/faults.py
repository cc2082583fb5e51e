"""From problems to `ModelState`: which place, in which words, and whether a reader or an attribute says so.

Source: PVEx fact sheet §3.1, §3.3. A caller is remote: what a reader says stays a general sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mockserver.model import Json, Outcome, Path, Problem, Value
from mockserver.vendor import BatchResult
from mockserver.vendors.pvex.members import INTEGERS, RANK, REQUIRED_TEXTS, REQUIRED_VALUES, TEXTS
from mockserver.vendors.pvex.reading import Reading, reading_of
from mockserver.vendors.pvex.rules import UTF16_LENGTH

PARAMETER = "invoices"  # assumed: §3.3, the parameter's name; setting `param_name`
GENERAL = "An error has occurred."
REQUIRED = "The {name} field is required."
TOO_LONG = "The field {name} must be a string with a maximum length of 50."
LEFT_OUT = "The {name} property is required."
EMPTY = "A value is required."
NOT_VALID = "The value '{found}' is not valid for {name}."

ModelState = Mapping[str, list[str]]


class Fault(Value, frozen=True):
    """One entry of `ModelState`; `place` is an item's index, and a member unless the item is meant."""

    place: Path
    text: str
    by_reader: bool

    @property
    def key(self) -> str:
        """The place in the vendor's spelling."""
        index, *member = self.place
        return f"{PARAMETER}[{index}]" + "".join(f".{name}" for name in member)


def model_state(result: BatchResult) -> ModelState:
    """All faults of a batch: the readers' first, then item by item in the order of the class."""
    reading = reading_of(result.request.media_type)
    faults = list(_faults(result, reading))
    read = [fault for fault in faults if fault.by_reader]
    if read and reading is Reading.XML:
        return unreadable()
    state: dict[str, list[str]] = {}
    for fault in read:
        state.setdefault(fault.key, []).append(fault.text)
    taken = frozenset(state)
    for fault in faults:
        if not fault.by_reader and fault.key not in taken:
            state.setdefault(fault.key, []).append(fault.text)
    return state


def unreadable(member: str = "") -> ModelState:
    """The body as a whole cannot be read, or not from `member` on."""
    return {f"{PARAMETER}.{member}" if member else PARAMETER: [GENERAL]}


def parameters(problems: Iterable[Problem]) -> ModelState:
    """What is wrong with the parameters of a helper GET."""
    state: dict[str, list[str]] = {}
    for problem in problems:
        name = str(problem.path[-1])
        state.setdefault(name, []).append(NOT_VALID.format(found=problem.found, name=name))
    return state


def _faults(result: BatchResult, reading: Reading) -> Iterator[Fault]:
    for outcome in result.outcomes:
        faults = sorted((_fault(problem, reading) for problem in outcome.problems), key=_rank)
        if reading is Reading.JSON and (member := _overflow(outcome, result.request.document)):
            yield from _until(member, list(outcome.item.document), faults)
            return
        yield from faults


def _fault(problem: Problem, reading: Reading) -> Fault:
    place = problem.path[:2]
    if len(place) == 1:
        return Fault(place, GENERAL, by_reader=True)
    name = str(place[1])
    if text := _attribute(name, problem):
        return Fault(place, text.format(name=name), by_reader=False)
    if reading is Reading.FORM:
        text = _form_text(name, problem).format(found=problem.found, name=name)
        return Fault(place, text, by_reader=True)
    return Fault(place[:1] if problem.rule == "required" else place, GENERAL, by_reader=True)


def _attribute(name: str, problem: Problem) -> str:
    """What an attribute of the class says of a text, "" where the reader has failed before."""
    if name not in TEXTS:
        return ""
    if problem.rule in ("maxLength", UTF16_LENGTH):
        return TOO_LONG
    blank = problem.found is None or (isinstance(problem.found, str) and not problem.found.strip())
    return REQUIRED if blank and name in REQUIRED_TEXTS else ""


def _form_text(name: str, problem: Problem) -> str:
    if problem.rule == "required":
        return LEFT_OUT
    if problem.found is None:
        return REQUIRED if name in REQUIRED_VALUES else EMPTY
    return NOT_VALID


def _rank(fault: Fault) -> tuple[int, bool]:
    member = RANK[str(fault.place[1])] if len(fault.place) > 1 else len(RANK)
    return member, fault.text != REQUIRED.format(name=fault.place[-1])


def _overflow(outcome: Outcome, document: Json) -> str:
    """The member whose number no int32 holds, which is where Json.NET loses the rest of the array."""
    for problem in outcome.problems:
        member = str(problem.path[-1])
        if problem.rule in ("minimum", "maximum") and member in INTEGERS:
            sent: Mapping[str, Json] = document[outcome.item.index]
            if any(name.lower() == member.lower() and isinstance(value, int) for name, value in sent.items()):
                return member
    return ""


def _until(member: str, wire: list[str], faults: Iterable[Fault]) -> Iterator[Fault]:
    """The reader's faults up to `member` in the order of the wire, and one more on what follows it."""
    last = wire.index(member)
    for fault in faults:
        if fault.by_reader and len(fault.place) > 1 and wire.index(str(fault.place[1])) <= last:
            yield fault
            place = fault.place
    for name in wire[last + 1 : last + 2]:
        yield Fault((place[0], name), GENERAL, by_reader=True)
