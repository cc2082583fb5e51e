"""Results of a drill as rows, and the texts that all forms of the report share."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from typing import NamedTuple, TypeAlias

from click import unstyle
from msgspec import field

from mockserver.codec.masking import Redaction
from mockserver.contract.report.text import HiddenSecrets, one_line
from mockserver.model import Value
from mockserver.testing.drill import (
    CLEAN,
    DOUBTFUL,
    EXPLORED,
    SILENT,
    SURVIVED,
    TOLD,
    UNMET,
    DrillFinding,
    Plan,
    Result,
)

KNOWN = "known"
WORST_FIRST = (SILENT, DOUBTFUL, KNOWN, UNMET, TOLD, SURVIVED)

LAST_LINES = 60
"""Maximum number of lines of a client's output in a report."""

_MOST_OUTPUT = 100_000
_LONGEST_LINE = 1000
_LONGEST_MESSAGE = 2000
_LONGEST_COMMAND = 20_000

Place: TypeAlias = tuple[str, str, str, str]
"""Vendor, case, kind and item of a known fault."""


class KnownFault(NamedTuple):
    """An entry of a baseline."""

    vendor: str
    case: str
    kind: str
    item: str = ""
    """Key or, if the client makes new keys in each run, position (`#2`); "" stands for every item."""
    reason: str = ""


class DrillRow(Value, frozen=True):
    """A run of the client as a row of the report."""

    result: Result
    verdict: str
    """`known` if the client has faults and all faults are known, otherwise the verdict of the result."""
    word: str
    """Kind of the worst unknown fault, or the verdict if no fault is unknown."""
    message: str
    """Message of the worst unknown fault, or the result's message if no fault is unknown."""
    reasons: Mapping[DrillFinding, str]
    """For each known fault of the run: its reason."""

    @property
    def id(self) -> str:
        return self.result.case.id


class DrillReport(Value, frozen=True):
    """Data of a drill that all forms of its report need."""

    vendor: str
    command: tuple[str, ...]
    """Words of the client's command, with placeholders."""
    plan: Plan
    results: tuple[Result, ...]
    began: str
    seconds: float
    options: tuple[str, ...] = ()
    """Vendor or file, and options, of the command that repeats a case."""
    chosen: tuple[str, ...] = ()
    """Options that choose the cases."""
    exploring: tuple[str, ...] = ()
    """Options of the command that draws and runs this drill's schedules again."""
    known: Mapping[Place, str] = field(default_factory=dict)
    """For each known fault: its reason."""
    secrets: Mapping[str, str] = field(default_factory=dict)
    """For each text that no report may contain: its replacement."""

    @property
    def rows(self) -> list[DrillRow]:
        """Rows of the cases, after the run without faults if it has findings and there is no obstacle."""
        clean = self.plan.clean
        first = () if self.plan.obstacle or clean.verdict in (SURVIVED, TOLD) else (clean,)
        return [self.row(one) for one in (*first, *self.results)]

    def row(self, result: Result) -> DrillRow:
        faults = [one for one in result.findings if not one.doubtful]
        reasons = {one: reason for one in faults if (reason := self._reason(result, one)) is not None}
        new = [one for one in faults if one not in reasons]
        if new:
            message = result.message if new[0] is result.findings[0] else new[0].message
            return DrillRow(result, result.verdict, new[0].kind, message, reasons)
        verdict = KNOWN if faults else result.verdict
        return DrillRow(result, verdict, verdict, result.message, reasons)

    def _reason(self, result: Result, fault: DrillFinding) -> str | None:
        """Return the reason why a fault is known, or None if the fault, or one of its items, is not known."""
        known = [
            [self.known[place] for place in places if place in self.known]
            for places in self._places(result, fault)
        ]
        return next(filter(None, chain(*known)), "") if all(known) else None

    def _places(self, result: Result, fault: DrillFinding) -> list[list[Place]]:
        """Return for each item the entries that may cover it: by key, by position (`#2`), without an item."""
        positions = {key: f"#{at}" for at, key in enumerate(self.plan.keys, 1)}
        names = [dict.fromkeys((key, positions.get(key, ""), "")) for key in fault.items or ("",)]
        return [[(self.vendor, result.case.id, fault.kind, name) for name in own] for own in names]

    @property
    def counts(self) -> Mapping[str, int]:
        """Number of rows by verdict. A client that cannot be drilled counts as one failure."""
        found = Counter(row.verdict for row in self.rows)
        found[SILENT] += bool(self.plan.obstacle)
        return {name: found[name] for name in (SURVIVED, TOLD, SILENT, DOUBTFUL, KNOWN, UNMET)}

    @property
    def gone(self) -> list[Place]:
        """Known faults that a run of their case did not show, unless the run's verdict is `unmet`."""
        met = [row.result for row in self.rows if row.verdict != UNMET]
        ran = {(self.vendor, one.case.id) for one in met}
        found = {place for one in met for fault in one.findings for place in chain(*self._places(one, fault))}
        return [place for place in self.known if place[:2] in ran and place not in found]

    @property
    def to_be_known(self) -> Mapping[Place, str]:
        """Content of a new baseline: the faults of this drill, and all known faults that are not `gone`.

        An item is named by its key if a case's run sent that key too, otherwise by its position in the plan.
        """
        gone = self.gone
        kept = {place: reason for place, reason in self.known.items() if place not in gone}
        sent = {item["key"] for result in self.results for item in result.items}
        lasting = sent.intersection(self.plan.keys)
        found = {
            places[0] if places[0][3] in lasting else places[:2][-1]: ""
            for row in self.rows
            for one in row.result.findings
            if not one.doubtful and one not in row.reasons
            for places in self._places(row.result, one)
        }
        return {**found, **kept}

    def hide(self, text: str) -> str:
        """Return the text with each secret, and everything that looks like a credential, replaced."""
        return Redaction().text(HiddenSecrets(self.secrets).text(text))

    def said(self, text: str) -> str:
        """Return a message on one line of limited length, with secrets replaced."""
        return one_line(self.hide(text), _LONGEST_MESSAGE)

    def command_line(self, before: Iterable[str] = ()) -> str:
        """Return `before` and the client's command as one line of shell, with secrets replaced."""
        words = [HiddenSecrets(self.secrets).text(word) for word in (*before, *self.command)]
        return one_line(" ".join(map(_quote, Redaction().words(words))), _LONGEST_COMMAND)

    @property
    def whole_line(self) -> str:
        """The command that repeats the drill."""
        return self.command_line(("mockserver", "drill", *self.options, *self.chosen, "--"))

    def again(self, row: DrillRow) -> str:
        """Return the command that repeats the row's case (for a drawn schedule, the whole exploration)."""
        case: tuple[str, ...] = () if row.id == CLEAN else ("--case", row.id)
        if row.id.startswith(EXPLORED):
            case = self.exploring
        return self.command_line(("mockserver", "drill", *self.options, *case, "--"))

    def output(self, result: Result) -> Sequence[str]:
        """Return the last lines of the client's output; if earlier lines are left out, first say how many."""
        written = result.ending.output
        lines = self.hide(unstyle(written[-_MOST_OUTPUT:]).expandtabs(4)).splitlines()
        more = len(written.splitlines()) - LAST_LINES
        left_out = [f"… {more:,} lines before these"] if more > 0 else []
        return [*left_out, *(one_line(line, _LONGEST_LINE) for line in lines[-LAST_LINES:])]


def ending_words(result: Result) -> str:
    """Describe the client's end, such as "ended with 1 after 0.5 s"."""
    status, starts = result.ending.status, len(result.ending.starts)
    often = f", started {starts} times" if starts > 1 else ""
    ended = "did not end, and was stopped" if status is None else f"ended with {status}"
    return f"{ended} after {result.duration_s:.1f} s{often}"


def _quote(word: str) -> str:
    """Quote a word of shell; a word of several lines as `$'…'`, in which `one_line` may escape characters."""
    escaped = word.replace("\\", "\\\\").replace("'", "\\'")
    return shlex.quote(word) if word.isprintable() else f"$'{escaped}'"


def count_words(report: DrillReport) -> str:
    """Return the counts, such as "survived 61 · told 20 · silent 3 · unmet 1"."""
    counts = report.counts.items()
    shown = (f"{name} {count:,}" for name, count in counts if count or name in (SURVIVED, TOLD, SILENT))
    return " · ".join(shown)


def gone_words(place: Place) -> str:
    _, case, kind, item = place
    what = f"{kind} of {item}" if item else kind
    return f"{what} in {case} is in the baseline and was not found: take it out"
