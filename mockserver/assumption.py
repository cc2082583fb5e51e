"""Assumptions: what no document says and could as well be otherwise, as switches of a sandbox."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mockserver.errors import Failed, Unavailable
from mockserver.model import Call


@dataclass(frozen=True, slots=True)
class Assumption:
    """One switch of one vendor; its positions are texts.

    `meaning` is a sentence on what it decides, `source` where the gap is described. With a `pattern` every
    text that it matches fully is a position, and `alternatives` are examples.
    """

    name: str
    default: str
    alternatives: tuple[str, ...]
    meaning: str
    source: str
    pattern: str = ""

    def takes(self, position: str) -> bool:
        """Whether the switch has that position."""
        if self.pattern and re.fullmatch(self.pattern, position):
            return True
        return position in (self.default, *self.alternatives)


ASSUMPTIONS = "assumptions"
"""The vendor-wide collection of the switches that a sandbox has turned: `{name, position}` by name."""

AVAILABILITY = "availability"
DUPLICATE_MEMBERS = "duplicate_members"
MAGIC_TOKENS = "magic_tokens"
ON = "on"
COMMON = (
    Assumption(
        AVAILABILITY,
        "up",
        ("failing", "offline", "failing_after_commit"),
        "Whether calls that may enter are answered, fail with a 500, fail with one after their work is done, "
        "or meet a vendor that is offline.",
        "design §8.7: a 5xx is never unasked",
    ),
    Assumption(
        DUPLICATE_MEMBERS,
        "last_wins",
        ("refused",),
        "What becomes of a JSON object that names a member twice.",
        "design §6: the vendors' parsers take the last",
    ),
    Assumption(
        MAGIC_TOKENS,
        ON,
        ("off",),
        "Whether a text such as sbx.fail.internal in the member for it bends what becomes of its item.",
        "edge-cases §2: off where real data may hold such texts",
    ),
)
"""The switches that every vendor has; the core turns them."""


def check_availability(call: Call) -> None:
    """Let in a call if the vendor is up.

    Raises:
        Failed, Unavailable: it is not.
    """
    position = call.assumptions.get(AVAILABILITY)
    if position == "failing":
        raise Failed
    if position == "offline":
        raise Unavailable


def check_delivery(call: Call) -> None:
    """Let out the answer to a call whose work is done.

    Raises:
        Failed: it is lost.
    """
    if call.assumptions.get(AVAILABILITY) == "failing_after_commit":
        raise Failed


def defaults(assumptions: Iterable[Assumption]) -> Mapping[str, str]:
    """Every switch in the position that it has until somebody says otherwise."""
    return MappingProxyType({one.name: one.default for one in assumptions})
