"""Read scenario documents from control plane calls and report their problems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from functools import cached_property

from mockserver.control.control_call import ControlCall, UnprocessableCallError, UnprocessableMemberError
from mockserver.engine.registry import LoadedVendor
from mockserver.model import Document, Json
from mockserver.scenario import packaged
from mockserver.scenario.model import Scenario
from mockserver.scenario.parser import InvalidScenarioError, LocatedProblem, parse_document, parse_text


def operations_by_vendor(served: Iterable[LoadedVendor]) -> Mapping[str, frozenset[str]]:
    """Return the operations that a scenario may name, by vendor."""
    return {vendor.name: frozenset(vendor.spec.operations) for vendor in served}


class PackagedScenarios:
    """Packaged scenarios, read once; those for vendors that are not served are left out."""

    def __init__(self, served: tuple[LoadedVendor, ...]) -> None:
        self._operations = operations_by_vendor(served)

    @cached_property
    def documents(self) -> Mapping[str, Document]:
        """Documents by name, sorted."""
        found: dict[str, Document] = {}
        for name, text in sorted(packaged.load_packaged(self._operations).items()):
            with suppress(InvalidScenarioError):
                found[name] = parse_text(text, self._operations).document
        return found

    def document(self, name: str, pointer: str) -> Document:
        """Return the packaged scenario that the member at `pointer` names.

        Raises:
            UnprocessableMemberError: there is no packaged scenario with this name.
        """
        if name not in self.documents:
            known = get_close_matches(name, self.documents, 1) or list(self.documents)
            raise UnprocessableMemberError(
                pointer, f"there is no packaged scenario {name}", f"name one of {', '.join(known)}"
            )
        return self.documents[name]


def read_body(call: ControlCall, served: tuple[LoadedVendor, ...]) -> Scenario:
    """Parse a call's body, in JSON or YAML, as a scenario.

    Raises:
        UnprocessableMemberError: the body is not UTF-8.
        UnprocessableCallError: it is not a scenario; all problems have line and column.
    """
    try:
        return parse_text(_text_of(call), operations_by_vendor(served))
    except InvalidScenarioError as error:
        raise _scenario_error(error, "") from None


def check_body(call: ControlCall, served: tuple[LoadedVendor, ...]) -> Document:
    """Return whether a call's body is a scenario: its document, or all its problems.

    Raises:
        UnprocessableMemberError: the body is not UTF-8.
    """
    try:
        found = parse_text(_text_of(call), operations_by_vendor(served))
    except InvalidScenarioError as error:
        errors = [_problem_document(problem, "") for problem in error.problems]
        return {"valid": False, "document": None, "errors": errors, "more": error.more}
    return {"valid": True, "document": found.document, "errors": [], "more": 0}


def read_document(document: Json, served: tuple[LoadedVendor, ...], pointer: str) -> Scenario:
    """Parse the document at `pointer` of a body as a scenario.

    Raises:
        UnprocessableCallError: it is not a scenario.
    """
    try:
        return parse_document(document, operations_by_vendor(served))
    except InvalidScenarioError as error:
        raise _scenario_error(error, pointer) from None


def document_problems(document: Json, served: tuple[LoadedVendor, ...], pointer: str) -> Iterator[Document]:
    """Yield all problems of the scenario document at `pointer`."""
    try:
        parse_document(document, operations_by_vendor(served))
    except InvalidScenarioError as error:
        yield from (_problem_document(problem, pointer) for problem in error.problems)


def _text_of(call: ControlCall) -> str:
    try:
        return call.content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnprocessableMemberError("", "the body is not valid UTF-8") from None


def _scenario_error(error: InvalidScenarioError, pointer: str) -> UnprocessableCallError:
    more = len(error.problems) - 1 + error.more
    also = f", and {more:,} more" if more else ""
    detail = f"the scenario is not stored: {error.problems[0].detail}{also}"
    return UnprocessableCallError(detail, [_problem_document(problem, pointer) for problem in error.problems])


def _problem_document(problem: LocatedProblem, pointer: str) -> Document:
    document = {
        "pointer": pointer + problem.pointer,
        "code": problem.code,
        "detail": problem.detail,
        "try": problem.hint,
    }
    return {**document, "line": problem.line, "column": problem.column} if problem.line else document
