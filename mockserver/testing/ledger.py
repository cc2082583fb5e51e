"""The ledger of a run: how items ended over all calls, with number and money of the items of each end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

FIGURES = ("sent", "stored", "refused", "notTried", "lost", "phantom", "doubled", "unanswered")
"""Names of the figures in JSON, in the order of the headline and of `SandboxLedger`."""

BAD = ("lost", "phantom", "doubled")
"""Figures of items of which the client does not know the truth."""

_WORDS = {"notTried": "not tried", "unanswered": "never answered"}


def figure_words(figure: str) -> str:
    return _WORDS.get(figure, figure)


def print_money(currency: str | None, amount: str | None) -> str:
    """Return currency and amount: a whole number as it is, else with at least two decimals; "" for None."""
    if amount is None:
        return ""
    decimals = len(amount.partition(".")[2])
    return f"{currency or ''} {f'{Decimal(amount):,.{max(2, decimals)}f}' if decimals else amount}".lstrip()


def item_cells(item: Mapping[str, Any]) -> tuple[str, ...]:
    """Return key (with the name of an item without an own key), end, money, calls and reason of an item."""
    why = item["why"] or ""
    often = why.partition(" by ")[0] if " times by " in why else "created twice"
    end = often if item["end"] == "doubled" else figure_words(item["end"])
    calls = " ".join(f"#{attempt['call']}" for attempt in item["attempts"])
    money = print_money(item["currency"], item["amount"])
    key = item["key"] or "no key"
    return f"{key} ({item['name']})" if item.get("name") else key, end, money, calls, item["why"] or ""


@dataclass(frozen=True, slots=True, repr=False)
class SandboxLedger:
    """Numbers of items by figure. `stored` includes `doubled`, and `unanswered` counts stored items too."""

    says: str
    """The figures as a headline, such as: sent 3 · stored 2 · refused 1 · lost 0 · doubled 0."""
    sums: Mapping[str, Mapping[str, Decimal]]
    """Sums of amounts by figure and currency ("" if unknown); for `doubled`, what was entered too often."""
    sent: int
    stored: int
    refused: int
    not_tried: int
    lost: int
    phantom: int
    doubled: int
    unanswered: int

    def __repr__(self) -> str:
        return f"<{self.says}>"


def read_ledger(node: Mapping[str, Any]) -> SandboxLedger:
    sums = {
        name: {one["currency"] or "": Decimal(one["amount"]) for one in node[name]["sums"]}
        for name in FIGURES
    }
    return SandboxLedger(node["says"], sums, *(node[name]["items"] for name in FIGURES))
