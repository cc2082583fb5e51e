"""The case language: permitted members, and a strict parser."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mockserver.control.cases.transport import LOSS_KINDS
from mockserver.errors import MockServerError
from mockserver.model import SAFE_METHODS

SOURCES = ("seed", "field", "public", "rfc", "report", "assumed")
"""Evidence of an answer.

The seed page, another public page of the vendor, a standard, a user's report, or none.
"""

HEAD = frozenset(
    {"vendor", "says", "source", "seed", "empty", "assumptions", "freeze", "headers", "names"}
    | {"scenario", "scenarios"}
    | {"given", "when", "then"}
)
BODIES = frozenset({"json", "text", "form", "hex", "base64"})
CALL = (
    BODIES
    | {
        "call",
        "vendor",
        "headers",
        "encoding",
        "gzip",
        "chunked",
        "times",
        "after",
        "within",
        "takes",
        "keep_alive",
    }
    | {"answer", "fails", "keep", "remember"}
)
CONTROL = frozenset({"control", "headers", "json", "text", "base64", "answer", "keep"})
WALK = frozenset({"walk", "headers", "items", "key", "next", "between", "finds", "covers", "keep"})
ANSWER = frozenset(
    {"status", "type", "headers", "json", "includes", "text", "contains", "lacks", "unreadable"}
    | {"same_as", "apart_from"}
)
STEPS: Mapping[str, frozenset[str]] = {
    "call": CALL,
    "control": CONTROL,
    "together": frozenset({"together", "answers"}),
    "walk": WALK,
    "advance": frozenset({"advance"}),
    "freeze": frozenset({"freeze"}),
    "assume": frozenset({"assume"}),
    "scenario": frozenset({"scenario"}),
    "disarm": frozenset({"disarm"}),
    "snapshot": frozenset({"snapshot"}),
    "restore": frozenset({"restore"}),
    "reset": frozenset({"reset"}),
    "journal": frozenset({"journal"}),
    "calls": frozenset({"calls"}),
    "dump": frozenset({"dump", "scope"}),
    "unchanged": frozenset({"unchanged", "except"}),
}
"""Kinds of steps: the member that identifies a kind, and all its permitted members."""

_STATE_STEPS = ("dump", "unchanged", "walk")

Node = Mapping[str, Any]


class BadCaseError(MockServerError):
    """A case is not valid in the case language; the message names file and place."""


@dataclass(frozen=True, slots=True)
class Case:
    """Preconditions, actions and expectations at one vendor.

    `place` locates the case, for messages. The sandbox begins with `seed` (None: any), and without records
    if `empty`. `headers` are sent with every call. `names` are the initial
    placeholders. `scenarios` are armed between `given` and `when`: names of packaged scenarios, or documents.
    """

    vendor: str
    place: str
    says: str = ""
    source: str = "assumed"
    seed: int | None = None
    empty: bool = False
    assumptions: Mapping[str, str] = field(default_factory=dict)
    freeze: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Any] = field(default_factory=dict)
    scenarios: Sequence[str | Node] = ()
    given: Sequence[Node] = ()
    when: Sequence[Node] = ()
    then: Sequence[Node] = ()

    @property
    def steps(self) -> Iterator[Node]:
        """All steps, including nested ones."""
        return _nested_steps((*self.given, *self.when, *self.then))

    @property
    def writes(self) -> bool:
        """Whether a call of the case may change something."""
        return any(
            "call" in step and step["call"].split()[0] not in SAFE_METHODS
            for step in _nested_steps(self.when)
        )

    @property
    def expects_state(self) -> bool:
        """Whether the case checks the state afterwards."""
        return any(
            any(name in step for name in _STATE_STEPS) or step.get("call", "").split()[:1] == ["GET"]
            for step in _nested_steps((*self.when, *self.then))
        )

    @property
    def needs_socket(self) -> bool:
        """Whether the case expects a lost response, which takes a real connection."""
        return any("fails" in step for step in self.steps)


@dataclass(frozen=True, slots=True)
class CaseDefaults:
    """Defaults of a vendor's cases: headers of every call, and placeholders."""

    headers: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Any] = field(default_factory=dict)


def read_case(node: Node, place: str, vendor: str, common: CaseDefaults) -> Case:
    """Parse `node` as a case for `vendor`.

    Raises:
        BadCaseError: it is not valid in the case language, or for another vendor.
    """
    check_members(place, "case", node, HEAD)
    if node.get("vendor", vendor) != vendor:
        raise BadCaseError(f"{place}: the case is for {node['vendor']}")
    if not node.get("when"):
        raise BadCaseError(f"{place}: when is missing")
    if node.get("source", "assumed") not in SOURCES:
        raise BadCaseError(f"{place}: source is one of {', '.join(SOURCES)}")
    if "scenario" in node and "scenarios" in node:
        raise BadCaseError(f"{place}: scenario or scenarios, not both")
    given, when, then = (node.get(part, ()) for part in ("given", "when", "then"))
    for steps in (given, when, then):
        check_steps(place, steps)
    return Case(
        vendor,
        place,
        says=node.get("says", ""),
        source=node.get("source", "assumed"),
        seed=node.get("seed"),
        empty=node.get("empty", False),
        assumptions=node.get("assumptions", {}),
        freeze=node.get("freeze"),
        headers={**common.headers, **node.get("headers", {})},
        names={"vendor": vendor, **common.names, **node.get("names", {})},
        scenarios=node.get("scenarios", [node["scenario"]] if "scenario" in node else ()),
        given=given,
        when=when,
        then=then,
    )


def check_steps(place: str, steps: Sequence[Node], within: str = "step") -> None:
    """Raise unless all steps are valid.

    Raises:
        BadCaseError: a step is not.
    """
    for number, step in enumerate(steps, 1):
        _check_step(place, f"{within} {number}", step)


def check_members(place: str, what: str, node: Node, names: frozenset[str]) -> None:
    """Raise unless all members of `node` are among `names`.

    Raises:
        BadCaseError: it has others.
    """
    if unknown := sorted(node.keys() - names):
        raise BadCaseError(f"{place}: {what}: unknown {', '.join(unknown)}")


def _check_step(place: str, where: str, step: Node) -> None:
    kinds = [kind for kind in STEPS if kind in step and step.keys() <= STEPS[kind]]
    if len(kinds) != 1:
        raise BadCaseError(f"{place}: {where}: unknown or mixed members {sorted(step)}")
    if kinds[0] in ("call", "control"):
        _check_call(place, where, step)
    elif kinds[0] == "walk":
        check_steps(place, step.get("between", ()), f"{where}, step")
    elif kinds[0] == "together":
        _check_together(place, where, step)


def _check_call(place: str, where: str, step: Node) -> None:
    if len(BODIES & step.keys()) > 1:
        raise BadCaseError(f"{place}: {where}: one of {', '.join(sorted(BODIES & step.keys()))}, not more")
    if "fails" in step:
        loss = step["fails"] if isinstance(step["fails"], Mapping) else {"kind": step["fails"]}
        check_members(place, where, loss, frozenset({"kind", "status"}))
        if "answer" in step or loss.get("kind") not in LOSS_KINDS:
            raise BadCaseError(
                f"{place}: {where}: fails is one of {', '.join(LOSS_KINDS)}, and has no answer"
            )
    else:
        _check_answer(place, where, step.get("answer", {}))


def _check_answer(place: str, where: str, answer: Node | str) -> None:
    if isinstance(answer, str):
        return  # a placeholder
    check_members(place, where, answer, ANSWER)
    if "status" not in answer and "same_as" not in answer:
        raise BadCaseError(f"{place}: {where}: answer.status is missing")


def _check_together(place: str, where: str, step: Node) -> None:
    for number, call in enumerate(step["together"], 1):
        inside = f"{where}, call {number}"
        if "call" not in call or not call.keys() <= CALL:
            raise BadCaseError(f"{place}: {inside}: unknown or mixed members {sorted(call)}")
        if "answers" not in step:
            _check_call(place, inside, call)
        elif {"answer", "fails"} & call.keys():
            raise BadCaseError(f"{place}: {inside}: its answer belongs in answers")
    for answer in step.get("answers", ()):
        _check_answer(place, where, {name: node for name, node in answer.items() if name != "times"})


def _nested_steps(steps: Sequence[Node]) -> Iterator[Node]:
    for step in steps:
        yield step
        yield from _nested_steps((*step.get("together", ()), *step.get("between", ())))
