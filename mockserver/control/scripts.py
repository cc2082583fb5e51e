"""Scenarios as operators write them: read, or refused with everything that is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from functools import cached_property

from mockserver.control.asked import Asked
from mockserver.control.refusals import Impossible, Impossibles
from mockserver.model import Document, Json
from mockserver.scenario import ready
from mockserver.scenario.model import Scenario
from mockserver.scenario.reading import BadScenario, ScenarioFault, of, read
from mockserver.served import Served


def operations(served: Iterable[Served]) -> Mapping[str, frozenset[str]]:
    """The operations that a scenario may name, by vendor."""
    return {one.name: frozenset(one.spec.operations) for one in served}


class Packaged:
    """The scenarios that ship, read once; those for vendors that are not served are left out."""

    def __init__(self, served: tuple[Served, ...]) -> None:
        self._operations = operations(served)

    @cached_property
    def documents(self) -> Mapping[str, Document]:
        """Their documents by name, sorted."""
        found: dict[str, Document] = {}
        for name, text in sorted(ready.packaged(self._operations).items()):
            with suppress(BadScenario):
                found[name] = read(text, self._operations).document
        return found

    def document(self, name: str, pointer: str) -> Document:
        """The document of one that a body names at `pointer`.

        Raises:
            Impossible: none of that name ships.
        """
        if name not in self.documents:
            known = get_close_matches(name, self.documents, 1) or list(self.documents)
            raise Impossible(pointer, f"no scenario {name} ships", f"name one of {', '.join(known)}")
        return self.documents[name]


def sent(asked: Asked, served: tuple[Served, ...]) -> Scenario:
    """The scenario that a call's body is, in JSON or YAML.

    Raises:
        Impossible: the body is no text.
        Impossibles: it is no scenario; all that is wrong, with line and column.
    """
    try:
        return read(asked.content.decode("utf-8-sig"), operations(served))
    except UnicodeDecodeError:
        raise Impossible("", "the body is not valid UTF-8") from None
    except BadScenario as error:
        raise _refusal(error, "") from None


def given(document: Json, served: tuple[Served, ...], pointer: str) -> Scenario:
    """The scenario that a document is which stands at `pointer` in a body.

    Raises:
        Impossibles: it is none.
    """
    try:
        return of(document, operations(served))
    except BadScenario as error:
        raise _refusal(error, pointer) from None


def flaws(document: Json, served: tuple[Served, ...], pointer: str) -> Iterator[Document]:
    """Everything that is wrong with a scenario's document which stands at `pointer`."""
    try:
        of(document, operations(served))
    except BadScenario as error:
        yield from (_shown(fault, pointer) for fault in error.faults)


def _refusal(error: BadScenario, pointer: str) -> Impossibles:
    more = len(error.faults) - 1 + error.more
    also = f", and {more:,} more" if more else ""
    detail = f"the scenario is not stored: {error.faults[0].detail}{also}"
    return Impossibles(detail, [_shown(fault, pointer) for fault in error.faults])


def _shown(fault: ScenarioFault, pointer: str) -> Document:
    shown = {
        "pointer": pointer + fault.pointer,
        "code": fault.code,
        "detail": fault.detail,
        "try": fault.cure,
    }
    return {**shown, "line": fault.line, "column": fault.column} if fault.line else shown
