"""A drill as files: HTML page, JUnit XML, JSON document."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from mockserver.cli.drill_report.document import report_document
from mockserver.cli.drill_report.page import html_page
from mockserver.cli.drill_report.results import KNOWN, DrillReport, Row, ending_words
from mockserver.codec import json
from mockserver.contract.report.text import xml
from mockserver.testing.drill import CLEAN, DOUBTFUL, FAILED, UNMET

_LONGEST = 100_000


def junit_xml(report: DrillReport) -> bytes:
    counts, rows = report.counts, report.rows
    root = ET.Element("testsuites")
    suite = ET.SubElement(
        root,
        "testsuite",
        name=f"drill {report.vendor}",
        tests=str(len(rows) + bool(report.plan.obstacle)),
        failures=str(sum(row.verdict == FAILED for row in rows)),
        skipped=str(counts[KNOWN] + counts[UNMET]),
        errors=str(int(bool(report.plan.obstacle))),
        time=f"{report.seconds:.3f}",
    )
    if report.plan.obstacle:
        case = ET.SubElement(suite, "testcase", classname=f"drill.{report.vendor}", name=CLEAN)
        ET.SubElement(case, "error", message=xml(report.said(report.plan.obstacle)))
    for row in rows:
        _case(suite, report, row)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _case(suite: ET.Element, report: DrillReport, row: Row) -> None:
    result, message = row.result, xml(report.said(row.message))
    case = ET.SubElement(
        suite, "testcase", classname=f"drill.{report.vendor}", name=row.id, time=f"{result.duration_s:.3f}"
    )
    if row.verdict == DOUBTFUL:
        properties = ET.SubElement(case, "properties")
        ET.SubElement(properties, "property", name=DOUBTFUL, value=message)
    elif row.verdict == KNOWN:
        reason = next(filter(None, row.reasons.values()), "no reason is written down")
        ET.SubElement(case, "skipped", message=f"known: {xml(reason)}: {message}")
    elif row.verdict == UNMET:
        ET.SubElement(case, "skipped", message=message)
    elif row.verdict == FAILED:
        failure = ET.SubElement(case, "failure", message=message, type=row.word)
        lines = [f"{one.kind}: {report.said(one.message)}" for one in result.findings]
        failure.text = xml("\n".join([*lines, f"the case: {result.case.says}"]))[:_LONGEST]
    if not result.findings:
        return
    doubt = [f"doubtful: {message}"] if row.verdict == DOUBTFUL else []
    head = [*doubt, f"again: {report.again(row)}", f"the client {ending_words(result)}"]
    out = ET.SubElement(case, "system-out")
    out.text = xml("\n".join([*head, *report.output(result)]))[:_LONGEST]


KINDS: Mapping[str, tuple[str, Callable[[DrillReport], bytes]]] = {
    "html": ("index.html", lambda report: html_page(report).encode(errors="backslashreplace")),
    "junit": ("junit.xml", junit_xml),
    "json": ("report.json", lambda report: json.encode(report_document(report)) + b"\n"),
}
"""Values of `--report`: the name of the file, and its content."""


def write_reports(kinds: Sequence[str], folder: Path, report: DrillReport) -> list[Path]:
    """Write the reports of those kinds, and return the files. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind in kinds:
        name, make = KINDS[kind]
        (folder / name).write_bytes(make(report))
        written.append(folder / name)
    return written
