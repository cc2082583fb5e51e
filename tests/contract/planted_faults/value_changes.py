"""What a server may do to values that it stores or shows."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    Route,
    changes_document,
    changes_request,
)

Change = Callable[[Any], Any]


def changed(names: tuple[str, ...], change: Change) -> Callable[[Json], Json]:
    """The document with another value of these members, wherever they stand."""

    def walked(node: Any) -> Any:
        if isinstance(node, list):
            return [walked(one) for one in node]
        if not isinstance(node, dict):
            return node
        return {name: change(value) if name in names else walked(value) for name, value in node.items()}

    return walked


def stores(route: Route, change: Change, *names: str) -> Planted:
    """A server that keeps another value than the one that was sent."""
    walked = changed(names, change)
    return changes_request(route, lambda call: call.holding(walked(call.json())))


def shows(route: Route, change: Change, *names: str) -> Planted:
    """A server that shows another value than the one that it keeps."""
    walked = changed(names, change)
    return changes_document(route, lambda _sent, told: walked(told))


def in_text(change: Callable[[str], str]) -> Change:
    return lambda value: change(value) if isinstance(value, str) else value


def in_number(change: Callable[[Decimal], Decimal]) -> Change:
    return lambda value: change(value) if isinstance(value, Decimal) else value


def without_zone(text: str) -> str:
    """The time of day of another zone, taken for UTC."""
    return re.sub(r"[+-]\d\d:\d\d$", "Z", text)


def without_fraction(text: str) -> str:
    return re.sub(r"\.\d+", "", text)


def squeezed(text: str) -> str:
    return re.sub(" +", " ", text)


def composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def in_ascii(text: str) -> str:
    return text.encode("ascii", "ignore").decode()


def in_latin_1(text: str) -> str:
    return text.encode("latin-1", "replace").decode("latin-1")


def in_16_bits(text: str) -> str:
    return "".join(mark for mark in text if ord(mark) < 0x10000)


def in_cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def without_last_zero(text: str) -> str:
    return text.removesuffix("0") if "." in text else text
