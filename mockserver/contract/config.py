"""Size of a run: seed, examples, batch sizes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_LIMITS = 16


@dataclass(frozen=True, slots=True)
class RunConfig:
    """`max_examples` bounds the random calls of an operation and the sequences of a subject.

    `only` are the checks to make and `operations` the ones to call, by id; empty: all. Without `shrinks` what
    breaks is told as it was found, and no more calls are made for it. `workers` processes do independent
    parts side by side; the result is the same. `left_out` are operations that are never called, not even by
    a sequence of another operation. `parts` are the operations whose parts are done ("links": the walks);
    empty: all.
    """

    seed: int = 0
    max_examples: int = 100
    only: frozenset[str] = frozenset()
    operations: frozenset[str] = frozenset()
    shrinks: bool = True
    workers: int = 1
    left_out: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()

    @property
    def max_limit_calls(self) -> int:
        """Most calls of an operation at the limits of its schemas, besides examples and random calls."""
        return _LIMITS * self.max_examples

    def wants(self, check: str) -> bool:
        """Return whether a check is to be made."""
        return not self.only or check in self.only

    def wants_any(self, checks: Iterable[str]) -> bool:
        """Return whether any of them is to be made."""
        return any(map(self.wants, checks))

    def calls(self, operation: str) -> bool:
        """Return whether an operation is to be called for its own sake."""
        return self.may_call(operation) and (not self.operations or operation in self.operations)

    def may_call(self, operation: str) -> bool:
        """Return whether an operation may be called at all, as a step of a sequence too."""
        return operation not in self.left_out
