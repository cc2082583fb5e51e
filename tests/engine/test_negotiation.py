from __future__ import annotations

import pytest

from mockserver.engine.negotiation import choose

OFFERED = ("application/json", "text/xml", "application/xml")


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "application/json"),
        ("*/*", "application/json"),
        ("text/xml", "text/xml"),
        ("text/*", "text/xml"),
        ("application/xml, application/json", "application/xml"),
        ("application/json, application/xml", "application/json"),
        ("text/xml;q=0.5, application/json;q=0.9", "application/json"),
        ("*/*, text/xml", "text/xml"),
        ("text/html, application/xml;q=0.9, */*;q=0.8", "application/xml"),
        ("application/json;q=0, */*", "text/xml"),
        ("text/csv", None),
        ("application/json;q=0", None),
    ],
)
def test_the_media_type_is_the_one_that_is_wanted_most(accept: str, chosen: str | None) -> None:
    assert choose(accept, OFFERED) == chosen


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [("", "text/xml"), ("*/*", "text/xml"), ("application/json", "application/json"), ("text/csv", None)],
)
def test_what_is_left_open_may_be_xml(accept: str, chosen: str | None) -> None:
    assert choose(accept, OFFERED, prefers_xml=True) == chosen
