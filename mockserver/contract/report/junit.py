"""A run as JUnit XML: suite = vendor, class = operation, name = check; the same names in every run."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from mockserver.contract.report.rows import ReportRow, RunOutcome
from mockserver.contract.report.shell import call_lines
from mockserver.contract.report.text import HiddenSecrets, number_lines, xml

_LONGEST = 100_000


def junit_xml(outcomes: Iterable[RunOutcome]) -> bytes:
    """Return the file; a known difference is a skipped case."""
    root = ET.Element("testsuites")
    for outcome in outcomes:
        rows, visit = outcome.rows, outcome.session
        suite = ET.SubElement(
            root,
            "testsuite",
            name=visit.api.name,
            tests=str(len(rows)),
            failures=str(len(outcome.having("FAIL"))),
            skipped=str(len(outcome.having("known"))),
            errors=str(int(bool(visit.stopped))),
            time=f"{visit.seconds:.3f}",
        )
        for group in outcome.groups:
            for row in group.rows:
                _case(suite, group.label, row, outcome)
        if visit.stopped:
            case = ET.SubElement(suite, "testcase", classname=visit.api.name, name="run")
            error = ET.SubElement(case, "error", message=xml(visit.stopped))
            error.text = "The run ended early; the other results are those until then."
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _case(suite: ET.Element, label: str, row: ReportRow, outcome: RunOutcome) -> None:
    case = ET.SubElement(suite, "testcase", classname=xml(label), name=row.check.id)
    if row.finding is None:
        return
    finding, hidden = row.finding, HiddenSecrets(outcome.session.secrets)
    said = xml(hidden.text(finding.said))
    if row.verdict == "known":
        ET.SubElement(
            case, "skipped", message=xml(f"known: {row.reason or 'no reason is written down'}: {said}")
        )
        return
    told = [said, f"at: {finding.pointer}" if finding.pointer else "", *number_lines(finding.told)]
    told += [f"expected: {finding.expected}" if finding.expected else ""]
    told += [f"came: {finding.came}" if finding.came else ""]
    failure = ET.SubElement(case, "failure", message=said, type=row.check.id)
    failure.text = xml("\n".join(hidden.text(one) for one in told if one))[:_LONGEST]
    calls = "\n".join(call_lines(outcome.session, finding))
    out = ET.SubElement(case, "system-out")
    out.text = xml(f"seed {outcome.session.plan.run_config.seed}\nagain: {hidden.text(row.again)}\n{calls}")[
        :_LONGEST
    ]
