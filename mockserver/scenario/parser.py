"""Parse scenario documents, and report all problems of one at once with position and hint."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.codec import json
from mockserver.errors import MalformedBody, MockServerError
from mockserver.model import EMPTY, Document, Fault, Json, Path, Problem, Value
from mockserver.scenario.model import (
    Commit,
    Delay,
    Dribble,
    Effect,
    EnvelopeEffect,
    ItemEffect,
    ItemSelector,
    Predicate,
    ResponseBody,
    ResponseEffect,
    Rule,
    RuleMatch,
    RuleQuota,
    RuleTimes,
    Scenario,
    SchemaDrift,
)
from mockserver.scenario.predicates import parse_path, parse_predicate
from mockserver.scenario.rule_checks import check_document
from mockserver.scenario.schema_errors import ScenarioProblem, find_schema_errors
from mockserver.scenario.yaml_positions import (
    MAX_CHARACTERS,
    PositionedDocument,
    SyntaxProblem,
    TextPosition,
    check_size,
    parse_yaml,
)

MAX_PROBLEMS = 20


class LocatedProblem(Value, frozen=True):
    """A problem in a document: `pointer` says where, `code` is kebab-case and stable.

    `line` and `column` count from 1; they are None where the document came without its text.
    """

    pointer: str
    code: str
    detail: str
    hint: str
    line: int | None = None
    column: int | None = None


class InvalidScenarioError(MockServerError):
    """A document is no scenario: its first 20 faults in their order, and how many `more` there are.

    `source` is the file that it came from, "" when it came from none.
    """

    def __init__(self, problems: tuple[LocatedProblem, ...], more: int = 0, source: str = "") -> None:
        self.problems, self.more, self.source = problems, more, source
        told = [f"{self.where(fault)}: {fault.detail}; {fault.hint}" for fault in problems]
        super().__init__("\n".join([*told, *([f"and {more} more"] if more else [])]))

    def where(self, fault: LocatedProblem) -> str:
        """`flaky.yaml:4:18: /rules/0`, of which what is not known is left out."""
        place = (self.source, fault.line, fault.column)
        said = ":".join(str(part) for part in place if part not in ("", None))
        return ": ".join(part for part in (said, fault.pointer or "/") if part)


def parse_text(text: str, vendors: Mapping[str, frozenset[str]], *, source: str = "") -> Scenario:
    """Parse the scenario in a YAML or JSON text; `vendors` are operation ids by vendor.

    Raises:
        InvalidScenarioError: it holds none.
    """
    found = parse_yaml(text)
    if found.syntax_problems and found.document is None and len(text) <= MAX_CHARACTERS:
        # JSON writes emoji as two surrogates and has keys of any length, which no YAML reader takes.
        try:
            return parse_document(json.decode(text.encode()), vendors, source=source)
        except (MalformedBody, UnicodeError):
            pass
    return _parse(found, vendors, source)


def parse_document(document: Json, vendors: Mapping[str, frozenset[str]], *, source: str = "") -> Scenario:
    """Return the scenario that a decoded document is.

    Raises:
        InvalidScenarioError: it is none.
    """
    try:
        json.check_depth(document)
    except MalformedBody as deep:
        slip = SyntaxProblem((), "too-deep", deep.detail, "keep the document flatter")
        return _parse(PositionedDocument(None, syntax_problems=(slip,)), vendors, source)
    return _parse(check_size(len(json.encode(document))) or PositionedDocument(document), vendors, source)


def _parse(found: PositionedDocument, vendors: Mapping[str, frozenset[str]], source: str) -> Scenario:
    document = found.document
    slipped = {slip.path for slip in found.syntax_problems}
    unread = document is None and bool(slipped)
    findings = (
        []
        if unread
        else [one for one in find_schema_errors(document) if not _is_at_or_below(one.path, slipped)]
    )
    broken = slipped | {one.path for one in findings}
    if not unread:
        findings.extend(check_document(document, vendors, broken))
    if not broken and not findings:
        return build_scenario(document)
    faults = [_locate_syntax_problem(slip) for slip in found.syntax_problems] + [
        _locate_problem(one, found) for one in findings
    ]
    order = _document_order(document)
    faults.sort(key=lambda one: (one[0].line or 0, one[0].column or 0, _order_of(one[1], order)))
    told = tuple(fault for fault, _path in faults)
    raise InvalidScenarioError(told[:MAX_PROBLEMS], len(told[MAX_PROBLEMS:]), source)


def _is_at_or_below(path: Path, others: set[Path]) -> bool:
    return any(path[: len(other)] == other for other in others)


def _locate_syntax_problem(slip: SyntaxProblem) -> tuple[LocatedProblem, Path]:
    return _located(slip.path, slip.code, slip.detail, slip.hint, slip.position), slip.path


def _locate_problem(one: ScenarioProblem, found: PositionedDocument) -> tuple[LocatedProblem, Path]:
    places = found.keys if one.code == "unknown-key" else found.values
    path = one.path
    while path and path not in places:
        path = path[:-1]
    return _located(one.path, one.code, one.detail, one.hint, places.get(path)), one.path


def _located(path: Path, code: str, detail: str, hint: str, position: TextPosition | None) -> LocatedProblem:
    pointer = Problem(code, path).pointer
    return LocatedProblem(pointer, code, detail, hint, *(position or (None, None)))


def _document_order(document: Json) -> Mapping[Path, int]:
    """Return where each place comes in the document."""
    paths: list[Path] = []

    def visit(node: Json, path: Path) -> None:
        paths.append(path)
        children = (
            node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
        )
        for step, child in children:
            visit(child, (*path, step))

    visit(document, ())
    return {path: at for at, path in enumerate(paths)}


def _order_of(path: Path, order: Mapping[Path, int]) -> int:
    while path not in order:
        path = path[:-1]
    return order[path]


_COMMITS: Mapping[str, Commit] = {"full": Commit(), "none": Commit(first=0)}


def build_scenario(document: Document) -> Scenario:
    """Return the scenario that `document` is; nobody has found anything wrong with it."""
    seed = document.get("seed")
    return Scenario(
        document["name"],
        tuple(_build_rule(rule) for rule in document["rules"]),
        description=document.get("description", ""),
        seed=None if seed is None else int(seed),
        document=document,
    )


def _build_rule(node: Document) -> Rule:
    probability = node.get("probability")
    times = node.get("times", {})
    return Rule(
        id=node["id"],
        priority=int(node.get("priority", 1)),
        match=_build_match(node.get("match", EMPTY)),
        probability=None if probability is None else float(probability),
        times=RuleTimes(int(times.get("after", 0)), _integer(times.get("count"))),
        requires=node.get("requiresState", EMPTY),
        transitions=node.get("transitionsState", EMPTY),
        commit=_build_commit(node.get("commit", "full")),
        items=tuple(
            ItemEffect(_build_selector(one["select"]), _build_effect(one["effect"]))
            for one in node.get("items", ())
        ),
        envelope=_build_envelope(node["envelope"]) if "envelope" in node else None,
        response=_build_response(node["response"]) if "response" in node else None,
        quota=_build_quota(node["quota"]) if "quota" in node else None,
    )


def _build_match(node: Document) -> RuleMatch:
    return RuleMatch(
        vendor=node.get("vendor", ""),
        operation=node.get("operation", ""),
        headers={name.lower(): value for name, value in node.get("headers", EMPTY).items()},
        query=node.get("query", EMPTY),
        body=_build_predicate(node.get("body")),
        item=_build_predicate(node.get("item")),
        nth=_integer(node.get("nth")),
    )


def _build_predicate(node: Document | None) -> Predicate | None:
    return None if node is None else parse_predicate(node)


def _build_commit(said: Json) -> Commit:
    return _COMMITS[said] if isinstance(said, str) else Commit(first=int(said["partial"]))


def _build_selector(node: Document) -> ItemSelector:
    sample = node.get("sample")
    return ItemSelector(
        all="all" in node,
        index=_integer(node.get("index")),
        key=node.get("key"),
        where=_build_predicate(node.get("where")),
        sample=None if sample is None else float(sample),
    )


def _build_effect(node: Document) -> Effect:
    return Effect(
        fail=_build_fault(node.get("fail")),
        fail_times=_integer(node.get("failTimes")),
        warn=_build_fault(node.get("warn")),
        hang_ms=_integer(node.get("hang")),
        omit="omit" in node,
        duplicate=int(node.get("duplicate", 0)),
        commit=node.get("commit"),
    )


def _build_fault(node: Document | None) -> Fault | None:
    return (
        None if node is None else Fault(node["code"], _integer(node.get("status")), node.get("message", ""))
    )


def _build_envelope(node: Document) -> EnvelopeEffect:
    return EnvelopeEffect(
        order=node.get("order", ""),
        count_add=int(node.get("countAdd", 0)),
        phantom=int(node.get("phantom", 0)),
        empty_map_as_array=node.get("emptyMapAsArray", False),
        content_type=node.get("contentType", ""),
        drift=tuple(
            SchemaDrift(parse_path(one["path"], every=True), one["change"], one.get("to"))
            for one in node.get("drift", ())
        ),
    )


def _build_response(node: Document) -> ResponseEffect:
    after, cut, dribble = node.get("retryAfter"), node.get("truncateBodyAtFraction"), node.get("dribble")
    body = node.get("body")
    return ResponseEffect(
        status=_integer(node.get("status")),
        headers=node.get("headers", EMPTY),
        body=None if body is None else ResponseBody(body["text"], body["mediaType"]),
        example=node.get("example", ""),
        retry_after=after if isinstance(after, str) else _integer(after),
        delay=_build_delay(node["delay"]) if "delay" in node else None,
        dribble=None
        if dribble is None
        else Dribble(int(dribble["numberOfChunks"]), int(dribble["totalDuration"])),
        truncate_at=None if cut is None else float(cut),
        fault=node.get("fault", ""),
    )


def _build_delay(node: Document) -> Delay:
    return Delay(
        node["type"],
        value=int(node.get("value", 0)),
        lower=int(node.get("lower", 0)),
        upper=int(node.get("upper", 0)),
        median=int(node.get("median", 0)),
        sigma=float(node.get("sigma", 0)),
        longest=_integer(node.get("max")),
    )


def _build_quota(node: Document) -> RuleQuota:
    return RuleQuota(
        int(node["limit"]), int(node["windowMillis"]), node.get("name", ""), int(node.get("status", 429))
    )


def _integer(number: Json) -> int | None:
    """Return a whole number, which JSON may also write 3.0."""
    return None if number is None else int(number)
