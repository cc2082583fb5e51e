"""What a vendor changes by design in the values that it keeps: plain values of a profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

LossKind: TypeAlias = Literal[
    "lost",
    "changed",
    "trimmed",
    "inner blanks",
    "normalised",
    "beyond 16 bits",
    "ASCII only",
    "line ends",
    "cut short",
    "escaped",
    "letter case",
    "empty is null",
    "null is empty",
    "null is filled",
    "empty is filled",
    "moved",
    "zone left out",
    "zone of its own left out",
    "fraction lost",
    "seventh digit lost",
    "time left out",
    "time added",
    "rounded",
    "cut off",
    "scale lost",
    "kept",
]
"""In what way a value that is read differs from the one that was sent."""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A change that the vendor makes by design; `member` as it is sent ("LineItems.UnitAmount"), "" for all.

    `places` are the decimals that are kept of a number ("rounded", "cut off") or of the seconds ("fraction
    lost"). `source` is where the vendor says so, or the assumption.
    """

    member: str
    what: LossKind
    reason: str
    source: str
    places: int = 0


@dataclass(frozen=True, slots=True)
class ValueRules:
    """How the members of an item are sent and shown, where that is not by name.

    `at` is the pointer in an item to the object that has the members, `schema` the schema in the components
    that describes it ("": the item's own). `shown_as` are names in an answer, by those in a request.
    `left_alone` are members that mean more than their value (keys, references, what drives the state) or that
    the vendor works out itself; the name of an object stands for all in it.
    `decimals` says with how many decimals a read prints an amount, by member as sent.
    """

    at: str = ""
    schema: str = ""
    shown_as: Mapping[str, str] = field(default_factory=dict)
    left_alone: tuple[str, ...] = ()
    decimals: Mapping[str, int] = field(default_factory=dict)
    changes: tuple[ValueChange, ...] = ()


AS_SENT = ValueRules()
"""Nothing is changed, and every member has the same name in requests and answers."""
