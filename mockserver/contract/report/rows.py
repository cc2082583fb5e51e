"""Results of the checks, a row for each operation and check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from mockserver.contract.catalogue import all_checks, check_named
from mockserver.contract.finding import Check, Finding
from mockserver.contract.report.running import operation_label
from mockserver.contract.session.baseline import KnownFindings, fingerprint
from mockserver.contract.session.plan import command_line
from mockserver.contract.session.session import Session

RowVerdict: TypeAlias = Literal["ok", "FAIL", "known"]


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A check at an operation; `made` is how often it was made.

    Where it did not hold: `name` tells this failure from all others of the run, in names of files too,
    `again` is the line that repeats it, `reason` why it is known.
    """

    operation: str
    check: Check
    made: int
    verdict: RowVerdict = "ok"
    finding: Finding | None = None
    name: str = ""
    fingerprint: str = ""
    again: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RowGroup:
    """An operation with its checks; `label` is "POST /v1/invoices"."""

    operation: str
    label: str
    calls: int
    rows: tuple[ReportRow, ...]


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """Results of a run; `resolved` are known differences that no longer occur."""

    session: Session
    groups: tuple[RowGroup, ...]
    resolved: tuple[KnownFindings, ...]

    @property
    def rows(self) -> tuple[ReportRow, ...]:
        """All rows."""
        return tuple(row for group in self.groups for row in group.rows)

    def having(self, verdict: RowVerdict) -> tuple[ReportRow, ...]:
        """Return the rows with this result."""
        return tuple(row for row in self.rows if row.verdict == verdict)


def run_outcome(
    session: Session, known: Iterable[KnownFindings], before: Iterable[RunOutcome] = ()
) -> RunOutcome:
    """Return the rows of a run; rows in `known` are marked, failures are numbered on from `before`."""
    mine = [one for one in known if one.vendor == session.api.name]
    names = _names(session, before)
    groups = tuple(_group(session, operation, mine, names) for operation in _operations(session))
    met = {
        one
        for group in groups
        for row in group.rows
        for one in mine
        if row.finding and one.covers(one.vendor, row.finding, row.fingerprint)
    }
    judged = {key for key, times in session.ledger.made.items() if times}
    gone = tuple(one for one in mine if one not in met and (one.operation, one.check) in judged)
    return RunOutcome(session, groups, gone)


def _names(session: Session, before: Iterable[RunOutcome]) -> Mapping[tuple[str, str], str]:
    """By operation and check, what tells each failure apart."""
    numbers = Counter(row.check.id for one in before for row in one.rows if row.finding)
    names = {}
    for finding in session.ledger.findings:
        numbers[finding.check] += 1
        names[finding.operation, finding.check] = f"{finding.check}-{numbers[finding.check]}"
    return names


def _operations(session: Session) -> Iterator[str]:
    """Yield those that were judged, in the spec's order."""
    found = [one.operation for one in session.ledger.findings]
    met = dict.fromkeys([*(operation for operation, _ in session.ledger.made), *found])
    yield from (name for name in session.api.spec.operations if name in met)
    yield from (name for name in met if name not in session.api.spec.operations)


def _group(
    session: Session, operation: str, known: list[KnownFindings], file_names: Mapping[tuple[str, str], str]
) -> RowGroup:
    ledger = session.ledger
    found: Mapping[str, Finding] = {one.check: one for one in ledger.findings if one.operation == operation}
    order = {name: at for at, name in enumerate(all_checks())}
    made = {name for at, name in ledger.made if at == operation and ledger.made[at, name]}
    names = sorted({*made, *found}, key=lambda name: (order.get(name, len(order)), name))
    rows = tuple(
        _found(session, found[name], known, file_names[operation, name])
        if name in found
        else ReportRow(operation, check_named(name), ledger.made[operation, name])
        for name in names
    )
    return RowGroup(operation, operation_label(session.api, operation), ledger.calls[operation], rows)


def _found(session: Session, finding: Finding, known: list[KnownFindings], name: str) -> ReportRow:
    mark = fingerprint(session.api, finding)
    covering = next((one for one in known if one.covers(one.vendor, finding, mark)), None)
    return ReportRow(
        finding.operation,
        check_named(finding.check),
        session.ledger.made[finding.operation, finding.check],
        "known" if covering else "FAIL",
        finding,
        name,
        mark,
        command_line(session.plan.only(finding.check, finding)),
        covering.reason if covering else "",
    )
