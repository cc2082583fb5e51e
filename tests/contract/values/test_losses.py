"""A value that is read is compared as its type and format have it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from mockserver.contract.profile import ValueChange
from mockserver.contract.values.comparison import find_differences


@pytest.mark.parametrize(
    ("kind", "sent", "shown"),
    [
        ("number", Decimal("1.0"), Decimal("1.00")),
        ("amount", "1000", "1000.00"),
        ("moment", "2026-03-31T02:00:00+05:45", "2026-03-30T20:15:00Z"),
        ("day", "2026-03-31", "2026-03-31"),
        ("text", "a\u0301 ", "a\u0301 "),
        ("boolean", False, False),
        ("text", None, None),
    ],
)
def test_the_same_value_in_another_form_is_no_loss(kind: str, sent: Any, shown: Any) -> None:
    assert find_differences(kind, sent, shown) == ()


@pytest.mark.parametrize(
    ("kind", "sent", "shown", "loss"),
    [
        ("text", " a ", "a", "trimmed"),
        ("text", "a  b", "a b", "inner blanks"),
        ("text", "e\u0301", "\xe9", "normalised"),
        ("text", "Zo\xeb", "Zo?", "ASCII only"),
        ("text", "a\U0001f600b", "ab", "beyond 16 bits"),
        ("text", "a\r\nb", "a\nb", "line ends"),
        ("text", "a" * 9, "a" * 5, "cut short"),
        ("text", "<b>", "&lt;b&gt;", "escaped"),
        ("text", "aB", "ab", "letter case"),
        ("text", "a\xeb", "OK", "changed"),
        ("text", "a", None, "lost"),
        ("text", "", None, "empty is null"),
        ("text", None, "", "null is empty"),
        ("text", None, "x", "null is filled"),
        ("number", Decimal("10.005"), Decimal("10.01"), "rounded"),
        ("number", Decimal("10.019"), Decimal("10.01"), "cut off"),
        ("number", Decimal(5), Decimal(6), "changed"),
        ("boolean", True, False, "changed"),
        ("moment", "2026-03-31T02:00:00+05:45", "2026-03-31T02:00:00Z", "moved"),
        ("moment", "2026-03-31T02:00:00+05:45", "2026-03-30T20:15:00", "zone left out"),
        ("moment", "2026-03-31T02:00:00+05:45", "2026-03-31T02:00:00", "zone of its own left out"),
        ("moment", "2026-03-31T02:00:00.5Z", "2026-03-31T02:00:00Z", "fraction lost"),
        ("moment", "2026-03-31T02:00:00.1234567Z", "2026-03-31T02:00:00.12345Z", "fraction lost"),
        ("moment", "2026-03-31T02:00:00.1234567Z", "2026-03-31T02:00:00.123456Z", "seventh digit lost"),
        ("moment", "2026-03-31T02:00:00.1234567Z", "2026-03-31T02:00:00.123457Z", "seventh digit lost"),
        ("moment", "2026-03-31T02:00:00Z", "2026-03-31", "time left out"),
        ("moment", "2026-03-31T02:00:00Z", "0001-01-01T00:00:00+09:00", "changed"),
        ("day", "2026-03-31", "/Date(1774915200000+0000)/", "time added"),
        ("day", "2026-03-31", "2026-03-30", "moved"),
    ],
)
def test_a_loss_has_a_name(kind: str, sent: Any, shown: Any, loss: str) -> None:
    assert [one.kind for one in find_differences(kind, sent, shown)] == [loss]


def test_xml_does_not_tell_null_from_the_empty_text() -> None:
    assert find_differences("text", None, "", is_text=True) == ()
    assert find_differences("number", Decimal("1.50"), "1.5", is_text=True) == ()
    assert find_differences("boolean", sent=True, shown="true", is_text=True) == ()


def test_a_change_by_design_is_that_change_alone() -> None:
    cents = ValueChange("Amount", "rounded", "it has two decimals", "its page", places=2)
    (two,) = find_differences("number", Decimal("10.015"), Decimal("10.02"))
    (whole,) = find_differences("number", Decimal("10.015"), Decimal(10))

    assert two.is_declared(cents)
    assert not whole.is_declared(cents)
