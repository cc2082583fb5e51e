"""The report, its picture and the page are written from the same figures."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from tests.tools.bench.goals import Goal, Judgement
from tests.tools.bench.picture import WIDTH, draw
from tests.tools.bench.report import section, write
from tests.tools.bench.speed_page import RECORD, describe

DOCUMENT: dict[str, Any] = json.loads(RECORD.read_text(encoding="utf-8"))
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def picture() -> Element:
    found: Element = fromstring(draw(DOCUMENT))
    return found


def test_the_picture_of_the_page_is_drawn_from_its_figures() -> None:
    assert RECORD.with_suffix(".svg").read_text(encoding="utf-8") == draw(DOCUMENT)


def test_the_picture_is_svg_with_a_text_for_those_who_do_not_see_it(picture: Element) -> None:
    assert picture.tag == f"{SVG}svg"
    assert picture.get("aria-label")


def test_all_bars_are_within_the_picture(picture: Element) -> None:
    ends = [float(bar.get("x", "")) + float(bar.get("width", "")) for bar in picture.iter(f"{SVG}rect")]

    assert ends
    assert max(ends) < WIDTH


def test_the_picture_has_colors_for_dark_pages(picture: Element) -> None:
    style = picture.find(f"{SVG}style")

    assert style is not None
    assert "prefers-color-scheme: dark" in (style.text or "")


def test_a_report_of_one_section_has_a_picture_and_a_page() -> None:
    for name, content in DOCUMENT.items():
        assert fromstring(draw({name: content})).findall(f"{SVG}rect")
        assert describe({name: content})


def test_a_section_says_when_where_and_with_what_it_was_measured() -> None:
    content = section(Judgement((Goal("one", 1.23456, 2.0),), 0.1), 12.3, {"Prism": "5"}, {})

    assert content["goals"] == [
        {"what": "one", "figure": 1.235, "limit": 2.0, "unit": "x", "at_least": False, "verdict": "ok"}
    ]
    assert {"date", "versions", "machine", "seconds", "noise"} <= content.keys()
    assert {"mockserver", "Python", "Prism"} <= content["versions"].keys()


def test_a_run_keeps_the_section_of_the_other(tmp_path: Path) -> None:
    report = tmp_path / "report" / "bench.json"
    for name in ("peers", "bench"):
        if name in DOCUMENT:
            write(name, DOCUMENT[name], report)

    assert json.loads(report.read_text(encoding="utf-8")) == DOCUMENT
    assert report.with_suffix(".svg").is_file()
