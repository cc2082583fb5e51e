"""What an item may do to a record that is there, where the vendor's documents leave that open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from mockserver.contract.profile import (
    REFUSED_STEP,
    DrawnValues,
    Record,
    RecordAfter,
    RefusedStep,
    Step,
    UpdatePosition,
)
from mockserver.contract.written_profile.entries import StepEntry, UpdateWord

_WORDS: dict[UpdateWord, str] = {
    "replaced": "replaced as a whole",
    "kept": "what it leaves out is kept",
    "rejected": "rejected",
}


def read_updates(
    words: Sequence[UpdateWord],
    record: Callable[[str, DrawnValues], Record],
    steps: Sequence[tuple[StepEntry, Step]],
) -> tuple[UpdatePosition, ...]:
    """Return the positions; where records are not replaced, no step deletes one: it could come to light."""
    return tuple(_position(word, record, steps) for word in words)


def _position(
    word: UpdateWord, record: Callable[[str, DrawnValues], Record], steps: Sequence[tuple[StepEntry, Step]]
) -> UpdatePosition:
    if word == "replaced":
        return UpdatePosition(_WORDS[word], None, tuple(step for _, step in steps))
    after = _kept(record) if word == "kept" else _rejected(record)
    made = [_after_step(step, after) if one.if_there == "stored" else step for one, step in steps]
    kept = [one for one, (entry, _) in zip(made, steps, strict=True) if entry.if_there != "deleted"]
    return UpdatePosition(_WORDS[word], after, tuple(kept))


def _after_step(step: Step, after: RecordAfter) -> Step:
    return replace(step, after=lambda before, drawn: after(before, "", drawn))


def _kept(record: Callable[[str, DrawnValues], Record]) -> RecordAfter:
    def after(before: Record | None, key: str, drawn: DrawnValues) -> Record:
        new = record(key, drawn)
        return {name: (before or {}).get(name) if value is None else value for name, value in new.items()}

    return after


def _rejected(record: Callable[[str, DrawnValues], Record]) -> RecordAfter:
    def after(before: Record | None, key: str, drawn: DrawnValues) -> Record | RefusedStep:
        return record(key, drawn) if before is None else REFUSED_STEP

    return after
