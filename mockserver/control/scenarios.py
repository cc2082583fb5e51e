"""Operations on scenarios: read documents, store, arm, list and delete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from difflib import get_close_matches
from functools import cached_property

from mockserver.control.control_call import (
    ControlCall,
    UnknownNameError,
    UnprocessableCallError,
    UnprocessableMemberError,
)
from mockserver.engine.registry import LoadedVendor
from mockserver.model import EMPTY, Document, Json, Value
from mockserver.sandbox import scenarios
from mockserver.sandbox.sandboxes import Sandboxes
from mockserver.sandbox.scenarios import SCENARIO_COUNTERS, SCENARIOS
from mockserver.sandbox.store import SandboxState
from mockserver.scenario import language, parser
from mockserver.scenario.model import Scenario
from mockserver.scenario.parser import (
    InvalidScenarioError,
    limited,
    parse_document,
    parse_text,
)
from mockserver.scenario.rule_words import describe_rule
from mockserver.scenario.yaml_positions import DocumentProblem

_GROUPS: Mapping[str, frozenset[Json]] = {
    "vendor": frozenset({"vendor"}),
    "quotas": frozenset({"quota", 429}),
    "transport": frozenset({"delay", "dribble", "fault", "truncateBodyAtFraction"}),
    "items": frozenset({"items"}),
}
"""For each group, members and statuses: a packaged scenario is in the group if a rule has one of them."""


def operations_by_vendor(served: Iterable[LoadedVendor]) -> Mapping[str, frozenset[str]]:
    return {vendor.name: frozenset(vendor.spec.operations) for vendor in served}


class PackagedScenarios:
    """Packaged scenarios that suit the served vendors, read once."""

    def __init__(self, served: tuple[LoadedVendor, ...]) -> None:
        self._operations = operations_by_vendor(served)

    @cached_property
    def documents(self) -> Mapping[str, Document]:
        found: dict[str, Document] = {}
        for name, text in sorted(parser.load_packaged(self._operations).items()):
            with suppress(InvalidScenarioError):
                found[name] = parse_text(text, self._operations).document
        return found

    def document(self, name: str, pointer: str) -> Document:
        """Return a packaged scenario. If it is unknown, raise UnprocessableMemberError with `pointer`."""
        if name not in self.documents:
            known = get_close_matches(name, self.documents, 1) or list(self.documents)
            raise UnprocessableMemberError(
                pointer, f"there is no packaged scenario {name}", f"name one of {', '.join(known)}"
            )
        return self.documents[name]


def read_body(call: ControlCall, served: tuple[LoadedVendor, ...]) -> Scenario:
    """Parse a call's JSON or YAML body as a scenario.

    Raises UnprocessableMemberError if the body is not UTF-8; UnprocessableCallError if the scenario is
    invalid, with the line and column of each problem.
    """
    try:
        return parse_text(_text_of(call), operations_by_vendor(served))
    except InvalidScenarioError as error:
        raise _scenario_error(error, "") from None


def read_document(document: Json, served: tuple[LoadedVendor, ...], pointer: str) -> Scenario:
    """Parse a document as a scenario; `pointer` is its place in the body. Raises UnprocessableCallError."""
    try:
        return parse_document(document, operations_by_vendor(served))
    except InvalidScenarioError as error:
        raise _scenario_error(error, pointer) from None


def document_problems(document: Json, served: tuple[LoadedVendor, ...], pointer: str) -> Iterator[Document]:
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


def _problem_document(problem: DocumentProblem, pointer: str) -> Document:
    document = {
        "pointer": pointer + problem.pointer,
        "code": problem.code,
        "detail": problem.detail,
        "try": problem.hint,
    }
    return {**document, "line": problem.line, "column": problem.column} if problem.line else document


class ScenarioOperations(Value, frozen=True):
    """Operations on scenarios. Operations with the `name` of a missing sandbox raise UnknownSandboxError."""

    sandboxes: Sandboxes
    served: tuple[LoadedVendor, ...]
    packaged: PackagedScenarios

    def list_packaged_scenarios(self) -> Json:
        return [
            {
                "name": document["name"],
                "group": _group(document),
                "description": document.get("description", ""),
                "document": document,
            }
            for document in self.packaged.documents.values()
        ]

    def show_scenario_schema(self) -> Document:
        return language.build_schema(vendor.name for vendor in self.served)

    def check_scenario(self, call: ControlCall) -> Document:
        """Validate a scenario without storing it. Raises UnprocessableMemberError if the body is no UTF-8."""
        try:
            scenario = parse_text(_text_of(call), operations_by_vendor(self.served))
        except InvalidScenarioError as error:
            errors = [_problem_document(problem, "") for problem in error.problems]
            return {"valid": False, "document": None, "errors": errors, "more": error.more}
        return {"valid": True, "document": scenario.document, "errors": [], "more": 0}

    def list_scenarios(self, name: str) -> Json:
        return self.sandboxes.control(name, _listed)

    def show_scenario(self, name: str, scenario: str) -> Document:
        def work(whole: SandboxState) -> Document:
            record = whole.collection(SCENARIOS, "").get(scenario)
            if record is None:
                raise UnknownNameError(f"the sandbox has no scenario {scenario}", code="unknown-scenario")
            return _whole(record, whole)

        return self.sandboxes.control(name, work)

    def put_scenario(self, name: str, scenario: str, call: ControlCall, *, armed: bool) -> Document:
        """Store a scenario, and arm it if `armed`. Delete an older scenario of this name, and its counts.

        Raises UnprocessableCallError; UnprocessableMemberError if the name in the body is not `scenario`.
        """
        self.sandboxes.check_exists(name)
        read = read_body(call, self.served)
        if read.name != scenario:
            cure = f"rename it to {scenario}, or PUT it to …/scenarios/{read.name}"
            raise UnprocessableMemberError("/name", f"expected the name {scenario}, found {read.name}", cure)
        self.sandboxes.control(
            name, lambda whole: scenarios.store_scenario(whole, read.document, armed=armed)
        )
        return self.show_scenario(name, scenario)

    def add_scenario(self, name: str, call: ControlCall, *, once: bool) -> Document:
        """Store and arm a scenario under its own name; if `once` is set, each rule applies to one call only.

        Raises UnprocessableCallError.
        """
        self.sandboxes.check_exists(name)
        read = read_body(call, self.served)
        document = limited(read.document, once=True) if once else read.document
        self.sandboxes.control(name, lambda whole: scenarios.store_scenario(whole, document, armed=True))
        return self.show_scenario(name, read.name)

    def delete_scenario(self, name: str, scenario: str) -> None:
        if not self.sandboxes.control(name, lambda whole: scenarios.delete_scenario(whole, scenario)):
            raise UnknownNameError(f"the sandbox has no scenario {scenario}", code="unknown-scenario")

    def delete_scenarios(self, name: str) -> None:
        self.sandboxes.control(name, scenarios.delete_all_scenarios)


def _group(document: Document) -> str:
    parts = [(rule, rule.get("match", EMPTY), rule.get("response", EMPTY)) for rule in document["rules"]]
    members = {member for rule in parts for part in rule for member in (*part, part.get("status"))}
    return next((group for group, own in _GROUPS.items() if own & members), "answers")


def _listed(whole: SandboxState) -> Json:
    records = sorted(whole.collection(SCENARIOS, "").values(), key=lambda record: -int(record["order"]))
    return [_short(record, whole) for record in records]


def _short(record: Document, whole: SandboxState) -> Document:
    rules = _rules(record, whole)
    return {
        "name": record["name"],
        "armed": record["armed"],
        "description": record["document"].get("description", ""),
        "rules": len(rules),
        "hits": sum(rule["hits"] for rule in rules),
    }


def _whole(record: Document, whole: SandboxState) -> Document:
    return {**_short(record, whole), "counts": _rules(record, whole), "document": record["document"]}


def _rules(record: Document, whole: SandboxState) -> list[Document]:
    """Return each rule in words, with the numbers of calls, hits and remaining hits (None if unlimited)."""
    counters = whole.collection(SCENARIO_COUNTERS, "")
    rules: list[Document] = []
    for rule in record["document"]["rules"]:
        counts = counters.get(f"{record['name']}/{rule['id']}") or EMPTY
        hits = counts.get("hits", 0)
        count = rule.get("times", EMPTY).get("count")
        left = None if count is None else max(0, int(count) - counts.get("taken", hits))
        words = describe_rule(rule)
        told = {"id": rule["id"], "when": words.when, "then": list(words.then)}
        rules.append({**told, "calls": counts.get("calls", 0), "hits": hits, "left": left})
    return rules
