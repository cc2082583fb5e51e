"""Items with hard values that are to be sent: which, and in what order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from zlib import crc32

from mockserver.contract.profile import Json
from mockserver.contract.values.hard_values import HardValue
from mockserver.contract.values.members import MemberPath, ValueMember

Change = tuple[ValueMember, HardValue]
_FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class ValueTrial:
    """Members of one item that are changed at once; `media_type` is "" for the usual one."""

    changes: tuple[Change, ...]
    media_type: str = ""
    is_alone: bool = False

    @property
    def values(self) -> Mapping[MemberPath, Json]:
        """What is sent, by member."""
        return {member.path: hard.value for member, hard in self.changes}

    def halves(self) -> tuple[ValueTrial, ...]:
        """Return two trials with half of the changes each, none where there is one change."""
        if len(self.changes) < 2:  # noqa: PLR2004 - one cannot be split
            return ()
        middle = len(self.changes) // 2
        return (
            replace(self, changes=self.changes[:middle], is_alone=False),
            replace(self, changes=self.changes[middle:], is_alone=False),
        )


def plan_trials(
    members: Sequence[ValueMember], media_types: Sequence[str], most: int, seed: int
) -> Iterator[ValueTrial]:
    """Yield a plain value for every member first, then `most` rounds of hard ones, drawn by the seed.

    A round gives every member another value. All are sent in the usual media type, then the plain ones in
    every other, then `most` in the others in turn: what is lost there alone is a fault of that media type.
    """
    rounds = max((len(member.values) for member in members), default=0)
    order = sorted(range(1, rounds), key=lambda place: crc32(f"{seed} {place}".encode()))
    hard = order[: max(1, most)]
    yield from (ValueTrial(tuple(_round(members, place))) for place in (0, *hard))
    for place, media_type in _in_others(hard, media_types, most, seed):
        changes = _round(members, place)
        # A form has no null, and many read an empty text as one.
        told = (one for one in changes if media_type != _FORM or one[1].value not in (None, ""))
        yield ValueTrial(tuple(told), media_type)


def _in_others(
    hard: Sequence[int], media_types: Sequence[str], most: int, seed: int
) -> Iterator[tuple[int, str]]:
    """Yield rounds and media types: the plain round in each, then the hard ones in one each, turn by turn."""
    yield from ((0, name) for name in media_types)
    count = len(media_types)
    planned = (
        (place, media_types[(number + turn + seed) % count])
        for turn in range(count)
        for number, place in enumerate(hard)
    )
    yield from islice(planned, max(1, most))


def _round(members: Sequence[ValueMember], place: int) -> Iterator[Change]:
    for member in members:
        values = member.values
        if place == 0:
            yield member, values[0]
        else:
            yield member, values[1 + (place - 1) % (len(values) - 1)]
