from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from mockserver.cli.drill_report.badge import badge_svg

SVG = "{http://www.w3.org/2000/svg}"


def badge(silent: int) -> ET.Element:
    return ET.fromstring(badge_svg({"survived": 61, "told": 20, "silent": silent, "unmet": 2}))  # noqa: S314 - ours


def test_a_badge_shows_what_was_survived_told_and_silent() -> None:
    assert [one.text for one in badge(3).iter(f"{SVG}text")] == ["drill", "survived 61 · told 20 · silent 3"]


@pytest.mark.parametrize(("silent", "colour"), [(0, "#2e7d32"), (1, "#b3261e")])
def test_a_badge_is_green_if_nothing_is_silent(silent: int, colour: str) -> None:
    drawn = badge(silent).find(f"{SVG}rect")

    assert drawn is not None
    assert drawn.get("fill") == colour
