"""The cases of a drill, and how a case is fitted to the calls of a client."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from msgspec import convert

from mockserver.codec import yaml
from mockserver.model import Document, Json, Value

SCENARIO_NAME = "drill"
_JOB = "{job}"
_LONGEST_WAIT_S = 2
"""Maximum wait that a case asks for, so that a whole drill takes about a minute."""

_LEAST_PROBABILITY = 0.5
_SEED = 7
_DATE_AHEAD = re.compile(r"date\+([0-9]+)")


class DrillCase(Value, frozen=True):
    """Something that can happen to a client."""

    id: str
    says: str
    rules: tuple[Document, ...]
    """Rules of the scenario that makes the case happen."""
    rows: tuple[int, ...] = ()
    """Numbers of the rows in `docs/catalogue.md` that the case shows."""
    tags: tuple[str, ...] = ()
    harmless: bool = False
    """Whether the client must end with the same status as without faults."""
    once: bool = False
    """Whether each rule without `times` hits only once."""
    jobs: bool = False
    """Whether the case needs a batch whose outcomes are told by a job."""
    calls: int = 1
    """Minimum number of calls of the client's operation in the run without faults."""
    crash: str = ""
    """Moment at which the client is killed and started again; "" if the client is not killed."""

    @property
    def left_out(self) -> str:
        """Why the case cannot happen to a client whose calls a real server answers, or ""."""
        if self.jobs:
            return "left out: the items of a job are not followed on a real server"
        moves_clock = any("advanceClock" in rule for rule in self.rules)
        return "left out: the clock of a real server cannot be advanced" if moves_clock else ""

    def document(self) -> Document:
        return {
            "id": self.id,
            "says": self.says,
            "rows": list(self.rows),
            "tags": list(self.tags),
            "harmless": self.harmless,
            "calls": self.calls,
            "crash": self.crash,
        }


class Calls(Value, frozen=True):
    """Facts about a client's calls in the run without faults."""

    vendor: str
    operation: str = ""
    """The operation that carries the most items."""
    count: int = 2
    """Number of calls of that operation."""
    largest: int = 3
    """Maximum number of items in a call of that operation."""
    job: str = ""
    """The operation that tells the outcomes of its jobs; "" if the operation has no jobs."""


@cache
def _table() -> tuple[Document, ...]:
    text = files("mockserver.drill").joinpath("cases.yaml").read_text(encoding="utf-8")
    return tuple(yaml.load(text))


def list_cases(
    vendor: str, packaged: Mapping[str, Document], *, has_jobs: bool = False, has_webhooks: bool = False
) -> list[DrillCase]:
    """Return all cases for a vendor: the cases in `cases.yaml`, then the vendor's own packaged scenarios.

    If a vendor has no jobs, omit the cases of jobs. If the client receives no webhooks, omit their cases.
    """
    table = {node["id"]: node for node in _table() if "id" in node}
    facts = {node["own"]: node for node in _table() if "own" in node}
    own: list[Document] = [
        {**facts.get(kind, {}), "id": name, "tags": ["shape"], "harmless": _is_harmless(one)}
        for name, one in packaged.items()
        if name not in table and (kind := name.removeprefix(f"{vendor}-")) != name
    ]
    cases = [_read_case(node, packaged) for node in (*table.values(), *own)]
    left_out = {"webhook"} if not has_webhooks else set[str]()
    return [case for case in cases if (has_jobs or not case.jobs) and left_out.isdisjoint(case.tags)]


def _read_case(node: Document, packaged: Mapping[str, Document]) -> DrillCase:
    scenario = node if "rules" in node else packaged[node["id"]]
    return convert({"says": scenario.get("description", ""), **node, "rules": scenario["rules"]}, DrillCase)


def _is_harmless(scenario: Document) -> bool:
    """Return whether the scenario's drift only adds members or rewords texts, as tolerant readers accept."""
    drift = [change for rule in scenario["rules"] for change in rule.get("envelope", {}).get("drift", ())]
    return bool(drift) and all(change["change"] in ("add", "reword") for change in drift)


def fit_case(case: DrillCase, calls: Calls) -> Document:
    """Return the scenario of a case, with indexes, numbers and waits that fit the client's calls."""
    return drill_scenario(case.says, [_fit_rule(rule, calls, once=case.once) for rule in case.rules])


def drill_scenario(says: str, rules: Json) -> Document:
    """Return a scenario with the rules, named `SCENARIO_NAME` and described by `says`."""
    return {"version": 1, "name": SCENARIO_NAME, "seed": _SEED, "description": says, "rules": rules}


def _fit_rule(rule: Document, calls: Calls, *, once: bool) -> Document:
    match: dict[str, Any] = {"vendor": calls.vendor}
    if calls.operation:
        match["operation"] = calls.operation
    match |= rule.get("match", {})
    if match.get("operation") == _JOB:
        match["operation"] = calls.job
    fitted: dict[str, Any] = {**rule, "match": _limit(match, nth=calls.count)}
    if "probability" in rule:
        fitted["probability"] = max(rule["probability"], _LEAST_PROBABILITY)
    if once:
        fitted.setdefault("times", {"count": 1})
    if "times" in fitted:
        fitted["times"] = _limit(fitted["times"], after=calls.count - 1)
    if "items" in rule:
        fitted["items"] = _fit_items(rule["items"], calls.largest - 1)
    if "response" in rule:
        fitted["response"] = _fit_response(rule["response"])
    if "quota" in rule:
        fitted["quota"] = _limit(
            rule["quota"], windowMillis=_LONGEST_WAIT_S * 1000, limit=max(1, calls.count - 1)
        )
    return fitted


def _limit(document: Document, **most: int) -> dict[str, Any]:
    """Return a copy of the document; reduce each member that `most` names to at most the value in `most`."""
    return {name: min(value, most[name]) if name in most else value for name, value in document.items()}


def _fit_items(items: Iterable[Document], last: int) -> list[Document]:
    """Return the effects; reduce selected indexes to at most `last`. Of equal selections, keep the first."""
    made: list[Document] = []
    for one in items:
        select = _limit(one["select"], index=last, firstIndex=last)
        if all(select != other["select"] for other in made):
            made.append({**one, "select": select})
    return made


def _fit_response(response: Document) -> Document:
    wait: Json = response.get("retryAfter")
    if isinstance(wait, int):
        return _limit(response, retryAfter=_LONGEST_WAIT_S)
    if isinstance(wait, str) and (ahead := _DATE_AHEAD.fullmatch(wait)):
        return {**response, "retryAfter": f"date+{min(int(ahead[1]), _LONGEST_WAIT_S)}"}
    return response
