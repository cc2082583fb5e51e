"""Results of a run: rows of checks, outcomes of items, `report.json`, and progress."""

from __future__ import annotations

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeAlias

from msgspec import Struct, field
from msgspec.structs import asdict

from mockserver import __version__
from mockserver.console.report_file import result_words, run_document
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.baseline import KnownFindings, entry_of
from mockserver.contract.exchange import (
    Check,
    Exchange,
    Finding,
    Request,
    Response,
    all_checks,
    check_named,
    checks_of,
)
from mockserver.contract.oracle.checks import ExchangeJudge
from mockserver.contract.report.text import HiddenSecrets, counted, number_lines, one_line
from mockserver.contract.run_state import PartResult, RunConfig, RunPart, SizeTimes
from mockserver.contract.session import Session, command_line
from mockserver.model import Json, Value

RowVerdict: TypeAlias = Literal["ok", "FAIL", "known"]

VERSION = 1
BEST_TO_WORST: tuple[str, ...] = (
    "created",
    "accepted",
    "updated",
    "unchanged",
    "skipped",
    "rejected",
)
_REFUSED_MEDIA = {406: "accept", 415: "content-type"}
"""For each status that refuses a media type, the request header with that media type."""
_OF_MEDIA_TYPES = frozenset({"answers-match-the-spec", "comes-as-asked-for"})
_OF_SERVERS = frozenset({"unsupported-method", "missing-required-header", "ignored-auth"})
"""Checks whose equal failures have one cause, which lies outside the operations."""
_STEPS = {"links": "walk", "stateful": "sequence", "sizes": "size"}
_KINDS = {"links": "walks along links", "stateful": "sequences", "sizes": "batches of each size"}
_UNITS = {"links": "round", "stateful": "batch", "sizes": "batch"}
_LONGEST = 200
_MINUTES = 2
"""Minimum number of minutes for which a time is shown in minutes instead of seconds."""

_FEW_CALLS = 100
"""Minimum number of calls before the time that is left can be estimated."""


class ReportRow(Value, frozen=True):
    """The result of a check at an operation. If the check has passed, fields from `finding` on are empty."""

    operation: str
    check: Check
    made: int
    """How often the check was made."""
    verdict: RowVerdict = "ok"
    finding: Finding | None = None
    name: str = ""
    """Name of the failure in this run, also used in names of files."""
    fingerprint: str = ""
    again: str = ""
    """The command that repeats the failure."""
    reason: str = ""
    """The reason that the baseline gives for the failure, if the baseline covers it."""


class RowGroup(Value, frozen=True):
    """An operation and its checks."""

    operation: str
    label: str
    """Method and path ("POST /v1/invoices")."""
    calls: int
    rows: tuple[ReportRow, ...]


class RunOutcome(Value, frozen=True):
    """Results of a run."""

    session: Session
    groups: tuple[RowGroup, ...]
    resolved: tuple[KnownFindings, ...]
    """Entries of the baseline whose check now passes."""

    @property
    def rows(self) -> tuple[ReportRow, ...]:
        return tuple(row for group in self.groups for row in group.rows)

    def having(self, verdict: RowVerdict) -> tuple[ReportRow, ...]:
        return tuple(row for row in self.rows if row.verdict == verdict)


def run_outcome(
    session: Session, known: Iterable[KnownFindings], before: Iterable[RunOutcome] = ()
) -> RunOutcome:
    """Return the results of a run.

    A failure that `known` covers has the verdict "known". The numbers in names
    of failures continue after the numbers in `before`.
    """
    mine = [one for one in known if one.vendor == session.api.name]
    names = _names(session, before)
    groups = tuple(_group(session, operation, mine, names) for operation in _operations(session))
    found = [entry_of(session.api, row.finding) for group in groups for row in group.rows if row.finding]
    gone = tuple(
        one
        for one in mine
        if session.ledger.made[one.operation, one.check] and not any(one.covers(other) for other in found)
    )
    return RunOutcome(session, groups, gone)


def _names(session: Session, before: Iterable[RunOutcome]) -> Mapping[tuple[str, str], str]:
    numbers = Counter(row.check.id for one in before for row in one.rows if row.finding)
    names = {}
    for finding in session.ledger.findings:
        numbers[finding.check] += 1
        names[finding.operation, finding.check] = f"{finding.check}-{numbers[finding.check]}"
    return names


def _operations(session: Session) -> Iterator[str]:
    found = [finding.operation for finding in session.ledger.findings]
    met = dict.fromkeys([*(operation for operation, _ in session.ledger.made), *found])
    yield from (name for name in session.api.spec.operations if name in met)
    yield from (name for name in met if name not in session.api.spec.operations)


def _group(
    session: Session, operation: str, known: list[KnownFindings], file_names: Mapping[tuple[str, str], str]
) -> RowGroup:
    ledger = session.ledger
    found: Mapping[str, Finding] = {
        finding.check: finding for finding in ledger.findings if finding.operation == operation
    }
    made = {name for at, name in ledger.made if at == operation and ledger.made[at, name]}
    rows = tuple(
        _found(session, found[name], known, file_names[operation, name])
        if name in found
        else ReportRow(operation, check_named(name), ledger.made[operation, name])
        for name in in_report_order({*made, *found})
    )
    return RowGroup(operation, operation_label(session.api, operation), ledger.calls[operation], rows)


def group_causes(outcome: RunOutcome, verdict: RowVerdict = "FAIL") -> list[list[ReportRow]]:
    """Group failures by cause: first causes of stored items and of items, then of answers, then of methods.

    A refused or undocumented media type is one cause for all operations, as is a refused method.
    """
    causes: dict[tuple[object, ...], list[ReportRow]] = {}
    for row in outcome.having(verdict):
        causes.setdefault(_cause(row), []).append(row)
    return sorted(causes.values(), key=lambda rows: _rank(rows[0].check))


def _cause(row: ReportRow) -> tuple[object, ...]:
    if not row.finding or not row.finding.exchanges:
        return row.operation, row.check.id
    request, response = row.finding.exchanges[-1].request, row.finding.exchanges[-1].response
    if row.check.id in _OF_SERVERS:
        return row.check.id, response.status
    if row.check.id in _OF_MEDIA_TYPES and (came := response.media_type) and came in row.finding.message:
        return "answered as", came
    refused = request.headers.get(_REFUSED_MEDIA.get(response.status, ""), "").partition(";")[0]
    return (response.status, refused) if refused else (row.operation, row.check.id)


def _rank(check: Check) -> int:
    if check.counts == "items" or check.id in checks_of("sequences", "values", "sizes"):
        return 0
    return 2 if check.id in _OF_SERVERS else 1


def in_report_order(names: Iterable[str]) -> list[str]:
    """Return the ids of checks in the order of `checks.yaml`. Unknown checks come last, by name."""
    places = {name: place for place, name in enumerate(all_checks())}
    return sorted(names, key=lambda name: (places.get(name, len(places)), name))


def _found(session: Session, finding: Finding, known: list[KnownFindings], name: str) -> ReportRow:
    entry = entry_of(session.api, finding)
    covering = next((one for one in known if one.covers(entry)), None)
    return ReportRow(
        finding.operation,
        check_named(finding.check),
        session.ledger.made[finding.operation, finding.check],
        "known" if covering else "FAIL",
        finding,
        name,
        entry.fingerprint,
        command_line(session.plan.only(finding.check, finding), session.api.spec.credential_names),
        covering.reason if covering else "",
    )


def report_document(outcomes: Iterable[RunOutcome], began: str) -> Json:
    """Return `report.json`; `began` is an ISO instant.

    A body that is not UTF-8 is under `base64`, not `body`. `target` is null for a run in this process.
    """
    runs = list(outcomes)
    counts = tally_findings(runs)
    names = ", ".join(one.session.api.name for one in runs)
    lines = (
        HiddenSecrets(one.session.secrets).text(
            command_line(one.session.plan, one.session.api.spec.credential_names)
        )
        for one in runs
    )
    return {
        "version": VERSION,
        "mockserver": __version__,
        "run": run_document("contract", names, result_words(counts), one_line(" && ".join(lines))),
        "began": began,
        **counts,
        "vendors": [_vendor(one) for one in runs],
    }


def tally_findings(outcomes: Iterable[RunOutcome]) -> Mapping[str, int]:
    """Return the number of checks by result; a check counts once for each operation."""
    rows = [row for outcome in outcomes for row in outcome.rows]
    words = {"failed": "FAIL", "passed": "ok", "known": "known"}
    return {word: sum(row.verdict == verdict for row in rows) for word, verdict in words.items()}


def _vendor(outcome: RunOutcome) -> Json:
    visit = outcome.session
    judge, hidden = ExchangeJudge(visit.api, RunConfig()), HiddenSecrets(visit.secrets)
    causes = [*group_causes(outcome), *group_causes(outcome, "known")]
    return {
        "name": visit.api.name,
        "target": visit.url or None,
        "in_process": visit.plan.target is None,
        "seed": visit.plan.run_config.seed,
        "max_examples": visit.plan.run_config.max_examples,
        "calls": visit.ledger.calls.total(),
        "seconds": round(visit.seconds, 3),
        "stopped": visit.stopped,
        "notes": [hidden.text(note) for note in visit.ledger.notes],
        "sizes": [_sizes(size) for size in visit.ledger.sizes],
        "operations": [
            {
                "operation": group.operation,
                "label": group.label,
                "calls": group.calls,
                "checks": [_row(row, hidden, judge) for row in group.rows],
            }
            for group in outcome.groups
        ],
        "causes": [[row.name for row in rows] for rows in causes],
        "gone": [
            {"operation": one.operation, "check": one.check, "reason": one.reason} for one in outcome.resolved
        ],
    }


def _sizes(sizes: SizeTimes) -> Json:
    return {
        "operation": sizes.operation,
        "limit": sizes.limit.most,
        "limit_by": sizes.limit.source,
        "budget": asdict(sizes.budget),
        "batches": [
            {
                "items": time.size,
                "bad": time.bad,
                "status": time.status,
                "seconds": round(time.seconds, 3),
                "late_after": round(time.due, 3),
                "read_back": time.compared,
            }
            for time in sizes.times
        ],
        "left_out": [{"items": size, "reason": reason} for size, reason in sizes.left_out.items()],
    }


def _row(row: ReportRow, hidden: HiddenSecrets, judge: ExchangeJudge) -> Json:
    document: dict[str, Json] = {
        "check": row.check.id,
        "says": row.check.says,
        "counts": row.check.counts,
        "made": row.made,
        "verdict": row.verdict,
    }
    if row.finding:
        finding = row.finding
        document["finding"] = {
            "name": row.name,
            "fingerprint": row.fingerprint,
            "reason": row.reason,
            "why": row.check.reason,
            "said": hidden.text(finding.message),
            "pointer": hidden.text(finding.pointer),
            "expected": hidden.text(finding.expected),
            "came": hidden.text(finding.received),
            "told": [hidden.text(line) for line in number_lines(finding.steps)],
            "exchanges": [_exchange(exchange, hidden, judge) for exchange in finding.exchanges],
            "again": hidden.text(row.again),
        }
    return document


def _exchange(exchange: Exchange, hidden: HiddenSecrets, judge: ExchangeJudge) -> Json:
    sent, received = exchange.request, exchange.response
    return {
        "operation": exchange.operation,
        "items": [
            {"key": hidden.text(key), "outcome": outcome} for key, outcome in judge.item_outcomes(exchange)
        ],
        "request": {"method": sent.method, "path": hidden.path(sent.path), **_message(sent, hidden)},
        "response": {"status": received.status, **_message(received, hidden)},
    }


def _message(one: Request | Response, hidden: HiddenSecrets) -> Mapping[str, Json]:
    text = hidden.utf_8(one.body)
    body = {"base64": b64encode(hidden.octets(one.body)).decode()} if text is None else {"body": text}
    return {"headers": hidden.headers(one.headers), **body}


def outcome_words(items: Sequence[Mapping[str, str]]) -> str:
    """Return the outcomes of items in words, such as "3 items: 2 created, 1 rejected"."""
    counts = Counter(item["outcome"] for item in items)
    totals = ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in BEST_TO_WORST if counts[outcome])
    return f"{counted(len(items), 'items')}: {totals}"


def operation_label(api: ApiUnderTest, operation: str) -> str:
    found = api.spec.operations.get(operation)
    return f"{found.method.upper()} {found.path}" if found else operation or "outside all operations"


def part_label(api: ApiUnderTest, part: RunPart) -> str:
    words = [
        operation_label(api, part.operation) if part.operation else "",
        _KINDS.get(part.phase, ""),
        part.note,
    ]
    return one_line(" ".join(word for word in words if word))


def part_line(api: ApiUnderTest, part: RunPart, result: PartResult, failed: int, seconds: float) -> str:
    """Return the line of a finished part; `failed` is the number of failed checks outside the baseline."""
    checks = counted(result.checks, "checks")
    result_text = f"{failed} of {checks} FAILED" if failed else f"{checks} ok"
    calls = counted(result.calls, "calls")
    return f"{api.name} {part_label(api, part)}  {result_text}  {calls}  {seconds:.1f} s"


def failure_line(api: ApiUnderTest, finding: Finding, secrets: Mapping[str, str]) -> str:
    message = one_line(HiddenSecrets(secrets).text(finding.message), _LONGEST)
    where = one_line(operation_label(api, finding.operation))
    return f"FAILED  {api.name} {where}  {check_named(finding.check).says}: {message}"


def duration(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < _MINUTES * 60 else f"{seconds / 60:.0f} min"


class RunningState(Struct):
    """Progress of a run, with times of the machine's clock."""

    api: ApiUnderTest
    began: datetime
    secrets: Mapping[str, str] = field(default_factory=dict)
    part: RunPart | None = None
    part_began: datetime | None = None
    first_call: datetime | None = None
    planned: int = 0
    """Estimated number of calls of the whole run."""
    is_estimated: bool = False
    """Whether the estimated time of the run was shown."""
    calls: int = 0
    failures: int = 0
    step: int = 0

    def enter(self, part: RunPart, now: datetime) -> None:
        self.part, self.part_began, self.step = part, now, 0

    def line(self, now: datetime) -> str:
        """Return the progress in one line, which ends with the least important information."""
        words = [self.api.name]
        if self.part:
            words.append(f"{self.part.phase}: {_place(self.part, self.step)}")
        words.append(counted(self.calls, "calls"))
        words.append(counted(self.failures, "failures"))
        words.append(f"{(now - self.began).total_seconds():.0f} s")
        left = self.seconds_left(now)
        if left is not None:
            words.append(f"about {duration(left)} left")
        if self.part:
            words.append(part_label(self.api, self.part))
        return " · ".join(words)

    def seconds_left(self, now: datetime) -> float | None:
        """Return the estimated seconds left, or None if too few calls or more than `planned` were made."""
        if self.first_call is None or self.first_call == now or not _FEW_CALLS <= self.calls <= self.planned:
            return None
        return (now - self.first_call).total_seconds() * (self.planned / self.calls - 1)


def _place(part: RunPart, step: int) -> str:
    unit = _UNITS.get(part.phase, "operation")
    place = f"{unit} {part.number} of {part.of}"
    word = _STEPS.get(part.phase)
    if not word or not step:
        return place
    place = word if part.of == 1 else f"{place}, {word}"
    return (
        f"{place} {step:,} of {part.steps:,}" if step <= part.steps else f"{place} {step:,}, making it small"
    )
