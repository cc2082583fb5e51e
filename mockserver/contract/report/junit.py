"""JUnit XML for the contract suite, the drill and the case runner."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.etree import ElementTree as ET

from mockserver.contract.report.text import xml
from mockserver.model import Value

_LONGEST = 100_000


class JunitCase(Value, frozen=True):
    """A test case. `kind` is "failure", "error" or "skipped", or "" if the case has passed."""

    classname: str
    name: str
    seconds: float | None = None
    kind: str = ""
    message: str = ""
    failure_type: str = ""
    text: str = ""
    output: str = ""


def junit_xml(
    suites: Iterable[tuple[Mapping[str, object], Iterable[JunitCase]]],
    properties: Iterable[tuple[str, object]] = (),
) -> bytes:
    """Return suites (pairs of attributes and cases) as JUnit XML; each suite has the `properties`."""
    root = ET.Element("testsuites")
    for totals, cases in suites:
        suite = ET.SubElement(root, "testsuite", {name: str(value) for name, value in totals.items()})
        listed = [ET.Element("property", name=name, value=str(value)) for name, value in properties]
        if listed:
            ET.SubElement(suite, "properties").extend(listed)
        for case in cases:
            _add_case(suite, case)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _add_case(suite: ET.Element, case: JunitCase) -> None:
    element = ET.SubElement(suite, "testcase", classname=xml(case.classname), name=xml(case.name))
    if case.seconds is not None:
        element.set("time", f"{case.seconds:.3f}")
    if case.kind:
        result = ET.SubElement(element, case.kind, message=xml(case.message))
        if case.failure_type:
            result.set("type", case.failure_type)
        result.text = xml(case.text)[:_LONGEST]
    if case.output:
        ET.SubElement(element, "system-out").text = xml(case.output)[:_LONGEST]
