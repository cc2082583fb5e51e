"""The report of a run, as JSON in `report/`; `record` copies it into the documentation.

It has a section for `make bench` and one for `make bench-peers`; each has its own date, and a run of one
keeps the section of the other.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, TypeAlias

import mockserver
from mockserver.sandbox.clock import system_clock
from tests.tools.bench.goals import Judgement
from tests.tools.bench.picture import draw
from tests.tools.bench.servers import ROOT
from tests.tools.bench.speed_page import PAGE, RECORD, fresh_page

Document: TypeAlias = dict[str, Any]
Section: TypeAlias = Literal["bench", "peers"]
REPORT = ROOT / "report" / "bench.json"
_PACKAGES = ("connexion", "flask", "jsonschema-rs", "msgspec", "uvicorn", "uvloop")
_DIGITS = 4


def section(
    judgement: Judgement, seconds: float, more: Mapping[str, str], figures: Mapping[str, Any]
) -> Document:
    """One section: when and where it was measured, how steady the machine was, goals and figures."""
    content: Document = _rounded(
        {
            "date": system_clock().date().isoformat(),
            "versions": {
                "mockserver": mockserver.__version__,
                "Python": platform.python_version(),
                **{name: version(name) for name in _PACKAGES},
                **more,
            },
            "machine": {"system": platform.system(), "kind": platform.machine(), "cores": os.cpu_count()},
            "seconds": seconds,
            "noise": judgement.machine_noise,
            "goals": [
                {
                    "what": goal.what,
                    "figure": goal.figure,
                    "limit": goal.limit,
                    "unit": goal.unit,
                    "at_least": goal.at_least,
                    "verdict": verdict,
                }
                for goal, verdict in judgement.verdicts()
            ],
            **figures,
        }
    )
    return content


def write(name: Section, content: Document, report: Path = REPORT) -> Document:
    """Write one section and the picture of all; return the whole report."""
    document: Document = json.loads(report.read_text(encoding="utf-8")) if report.is_file() else {}
    document[name] = content
    report.parent.mkdir(exist_ok=True)
    report.write_text(_text(document), encoding="utf-8")
    report.with_suffix(".svg").write_text(draw(document), encoding="utf-8")
    return document


def record(document: Document) -> None:
    """Write the report, its picture and its figures into the documentation."""
    RECORD.write_text(_text(document), encoding="utf-8")
    RECORD.with_suffix(".svg").write_text(draw(document), encoding="utf-8")
    PAGE.write_text(fresh_page(), encoding="utf-8")


def _text(document: Document) -> str:
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _rounded(value: Any) -> Any:
    """The same with fewer digits: four that say something."""
    if isinstance(value, float):
        return float(f"{value:.{_DIGITS}g}")
    if isinstance(value, Mapping):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_rounded(one) for one in value]
    return value
