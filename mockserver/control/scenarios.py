"""Store, arm, list and delete the scenarios of a sandbox."""

from __future__ import annotations

from dataclasses import dataclass

from mockserver.control.control_call import ControlCall, UnknownScenarioError, UnprocessableMemberError
from mockserver.control.scenario_documents import PackagedScenarios, check_body, read_body
from mockserver.engine.registry import LoadedVendor
from mockserver.model import EMPTY, Document, Json
from mockserver.sandbox import scenarios
from mockserver.sandbox.sandboxes import Sandboxes
from mockserver.sandbox.scenarios import SCENARIO_COUNTERS, SCENARIOS
from mockserver.sandbox.store import SandboxState
from mockserver.scenario import language
from mockserver.scenario.limits import limited
from mockserver.scenario.rule_words import describe_rule


@dataclass(frozen=True, slots=True)
class ScenarioOperations:
    """Operations on a sandbox's scenarios. Those with a `name` raise UnknownSandboxError."""

    sandboxes: Sandboxes
    served: tuple[LoadedVendor, ...]
    packaged: PackagedScenarios

    def list_packaged_scenarios(self) -> Json:
        """Return the packaged scenarios, which a header can name at any time."""
        return [
            {"name": document["name"], "description": document.get("description", ""), "document": document}
            for document in self.packaged.documents.values()
        ]

    def show_scenario_schema(self) -> Document:
        """Return the JSON Schema of the scenario language, with this server's vendors."""
        return language.build_schema(vendor.name for vendor in self.served)

    def check_scenario(self, call: ControlCall) -> Document:
        """Return whether the body is a scenario, with all its problems; nothing is stored.

        Raises:
            UnprocessableMemberError: the body is not UTF-8.
        """
        return check_body(call, self.served)

    def list_scenarios(self, name: str) -> Json:
        """Return the sandbox's scenarios in the order of evaluation: newest first."""
        return self.sandboxes.control(name, _listed)

    def show_scenario(self, name: str, scenario: str) -> Document:
        """Return one scenario with the counts of its rules.

        Raises:
            UnknownScenarioError: the sandbox has no scenario with this name.
        """

        def work(whole: SandboxState) -> Document:
            record = whole.collection(SCENARIOS, "").get(scenario)
            if record is None:
                raise UnknownScenarioError(f"the sandbox has no scenario {scenario}")
            return _whole(record, whole)

        return self.sandboxes.control(name, work)

    def put_scenario(self, name: str, scenario: str, call: ControlCall, *, armed: bool) -> Document:
        """Store a scenario, and arm it if requested; it replaces one of the same name with its counts.

        Raises:
            UnprocessableCallError: the body is not a valid scenario.
            UnprocessableMemberError: its name differs from the path.
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
        """Store and arm a scenario under the name that its document has; `once`: each rule takes one call.

        Raises:
            UnprocessableCallError: the body is not a valid scenario.
        """
        self.sandboxes.check_exists(name)
        read = read_body(call, self.served)
        document = limited(read.document, once=True) if once else read.document
        self.sandboxes.control(name, lambda whole: scenarios.store_scenario(whole, document, armed=True))
        return self.show_scenario(name, read.name)

    def delete_scenario(self, name: str, scenario: str) -> None:
        """Delete a scenario and its counts.

        Raises:
            UnknownScenarioError: the sandbox has no scenario with this name.
        """
        if not self.sandboxes.control(name, lambda whole: scenarios.delete_scenario(whole, scenario)):
            raise UnknownScenarioError(f"the sandbox has no scenario {scenario}")

    def delete_scenarios(self, name: str) -> None:
        """Delete all scenarios and all counts."""
        self.sandboxes.control(name, scenarios.delete_all_scenarios)


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
    """Return each rule in words, with its calls, hits and remaining hits (None: unlimited)."""
    counters = whole.collection(SCENARIO_COUNTERS, "")
    rules: list[Document] = []
    for rule in record["document"]["rules"]:
        counts = counters.get(f"{record['name']}/{rule['id']}") or EMPTY
        hits = counts.get("hits", 0)
        count = rule.get("times", EMPTY).get("count")
        left = None if count is None else max(0, int(count) - hits)
        words = describe_rule(rule)
        told = {"id": rule["id"], "when": words.when, "then": list(words.then)}
        rules.append({**told, "calls": counts.get("calls", 0), "hits": hits, "left": left})
    return rules
