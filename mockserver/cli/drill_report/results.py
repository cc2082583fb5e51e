"""The results of a drill as rows, and what every form of its report says alike."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from click import unstyle

from mockserver.cli.drill_report.known import KnownFault
from mockserver.codec.redaction import redact_log, redact_words
from mockserver.contract.report.text import HiddenSecrets, one_line
from mockserver.testing.drill import CLEAN, DOUBTFUL, EXPLORED, FAILED, OK, UNMET, Finding, Plan, Result

KNOWN = "known"
HANGS = "HANGS"
WORST_FIRST = (FAILED, DOUBTFUL, KNOWN, UNMET, OK)

LAST_LINES = 60
"""Lines of a client's output that are shown."""

_MOST_OUTPUT = 100_000
_LONGEST_LINE = 1000
LONGEST_MESSAGE = 2000


@dataclass(frozen=True, slots=True)
class Row:
    """A run of the client; `verdict` is `known` if all its faults are, and `reasons` are theirs by kind."""

    result: Result
    verdict: str
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.result.case.id

    @property
    def word(self) -> str:
        """The kind of the worst fault that is not known, or the verdict."""
        return self.main.kind if self.main and self.verdict == FAILED else self.verdict

    @property
    def main(self) -> Finding | None:
        """The finding that the row is about."""
        found = self.result.findings
        new = (one for one in found if not one.doubtful and one.kind not in self.reasons)
        return next(new, found[0] if found else None)

    @property
    def message(self) -> str:
        found = self.result.findings
        is_first = self.main is None or self.main is found[0]
        return self.result.message if is_first or self.main is None else self.main.message


@dataclass(frozen=True, slots=True)
class DrillReport:
    """A whole drill.

    `command` are the words of the client, with placeholders. `options` are those that a repetition needs
    beside the vendor and the case, `exploring` those that draw its schedules again. `secrets` are texts that
    no report may hold, each with what stands in its place.
    """

    vendor: str
    command: tuple[str, ...]
    plan: Plan
    results: tuple[Result, ...]
    began: str
    seconds: float
    at_once: int = 1
    options: tuple[str, ...] = ()
    exploring: tuple[str, ...] = ()
    known: tuple[KnownFault, ...] = ()
    secrets: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> tuple[Row, ...]:
        """A row for each case; before them the run without faults, if the client has some even there."""
        clean = self.plan.clean
        first = () if self.plan.obstacle or clean.verdict == OK else (clean,)
        return tuple(self.row(one) for one in (*first, *self.results))

    def row(self, result: Result) -> Row:
        faults = [one for one in result.findings if not one.doubtful]
        mine = {one.kind: one.reason for one in self._mine if one.case == result.case.id}
        reasons = {one.kind: mine[one.kind] for one in faults if one.kind in mine}
        is_known = bool(faults) and all(one.kind in reasons for one in faults)
        return Row(result, KNOWN if is_known else result.verdict, reasons)

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows by verdict; clients that did not end are counted apart."""
        rows = self.rows
        found = Counter("hangs" if one.word == HANGS else one.verdict for one in rows)
        found["fail"] += bool(self.plan.obstacle)
        return {name: found[name] for name in (OK, FAILED, "hangs", DOUBTFUL, KNOWN, UNMET)}

    @property
    def has_failed(self) -> bool:
        return bool(self.counts[FAILED] or self.counts["hangs"])

    @property
    def gone(self) -> tuple[KnownFault, ...]:
        """Known faults that were not found again in a case that took place."""
        found = {one.result.case.id: one.result for one in self.rows if one.verdict != UNMET}
        return tuple(
            one
            for one in self._mine
            if one.case in found and all(one.kind != here.kind for here in found[one.case].findings)
        )

    @property
    def to_be_known(self) -> tuple[KnownFault, ...]:
        """What a new baseline has to hold: all faults, with known reasons, and those outside this drill."""
        faults = {
            KnownFault(self.vendor, row.id, one.kind, row.reasons.get(one.kind, ""))
            for row in self.rows
            for one in row.result.findings
            if not one.doubtful
        }
        found, gone = {(one.vendor, one.case, one.kind) for one in faults}, self.gone
        kept = (
            one for one in self.known if one not in gone and (one.vendor, one.case, one.kind) not in found
        )
        return (*faults, *kept)

    @property
    def _mine(self) -> Iterator[KnownFault]:
        return (one for one in self.known if one.vendor == self.vendor)

    def hide(self, text: str) -> str:
        """The text without what is secret, or looks like it."""
        return redact_log(HiddenSecrets(self.secrets).text(text))

    def said(self, text: str) -> str:
        """A message in one line, without what is secret."""
        return one_line(self.hide(text), LONGEST_MESSAGE)

    def command_line(self, words: Iterable[str] | None = None) -> str:
        """The words in shell syntax, without what is secret; by default those of the client."""
        given = self.command if words is None else words
        shown = redact_words(HiddenSecrets(self.secrets).text(one) for one in given)
        return one_line(shlex.join(shown), LONGEST_MESSAGE)

    def again(self, row: Row) -> str:
        """The command that runs the client against this case again."""
        case: tuple[str, ...] = () if row.id == CLEAN else ("--case", row.id)
        if row.id.startswith(EXPLORED):
            case = self.exploring
        drill = ("mockserver", "drill", self.vendor, *self.options, *case)
        return self.command_line((*drill, "--", *self.command))

    def output(self, result: Result) -> Sequence[str]:
        """The last lines that the client wrote; before them how many are left out."""
        written = result.ending.output
        lines = self.hide(unstyle(written[-_MOST_OUTPUT:]).expandtabs(4)).splitlines()
        more = len(written.splitlines()) - LAST_LINES
        left_out = [f"… {more:,} lines before these"] if more > 0 else []
        return [*left_out, *(one_line(line, _LONGEST_LINE) for line in lines[-LAST_LINES:])]


def ending_words(result: Result) -> str:
    """The end of the client, such as: ended with 1 after 0.5 s."""
    status, starts = result.ending.status, len(result.ending.starts)
    often = f", started {starts} times" if starts > 1 else ""
    ended = "did not end, and was stopped" if status is None else f"ended with {status}"
    return f"{ended} after {result.duration_s:.1f} s{often}"


def count_words(counts: Mapping[str, int]) -> str:
    """Such as: 36 ok, 4 fail, 1 hangs."""
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count or name in (OK, FAILED))
