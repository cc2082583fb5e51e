"""What is judged otherwise than Schemathesis does by itself, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass

from schemathesis.checks import CheckFunction


@dataclass(frozen=True, slots=True)
class Judged:
    """Statuses that answer what the schema of an operation takes, and what it does not take."""

    reason: str
    valid: tuple[str, ...] = ("2xx",)
    invalid: tuple[str, ...] = ("4xx",)


@dataclass(frozen=True, slots=True)
class Excluded:
    """A check that is left out; with `header` for the cases only that were made to lack it."""

    check: CheckFunction
    reason: str
    header: str = ""


PER_ITEM = "the envelope is good, so every item is answered for itself"
NO_SUCH = "the schema cannot say which ids are there"
STATE = "the schema cannot say what the state allows, or which other documents are there"

ONE = Judged(NO_SUCH, valid=("200", "404"))
