"""Cases that a vendor's documents leave open.

The suite tries out how a foreign server treats an open case of batches (`sequences.undocumented`). In all
other open cases the checks accept either behaviour of a foreign server, and a note says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from msgspec.structs import replace

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.profile import (
    BatchProfile,
    ExpectedStatuses,
    Facts,
    FixturePins,
    OpenCase,
    Profile,
    Tolerance,
)

_TWICE = Tolerance("uniqueItems", "whether a key that occurs twice refuses the call is assumed")
_REFUSED = ExpectedStatuses(_TWICE.reason, valid=("400", "422"))


def let_either(api: ApiUnderTest) -> ApiUnderTest:
    """Return the API with a profile that accepts either behaviour in every open case."""
    profile, cases = api.profile, (*api.profile.open_cases, *_repeated_keys(api))
    if not cases:
        return api
    changes = tuple(change for case in cases for change in case.values)

    def batches(facts: Facts) -> tuple[BatchProfile, ...]:
        return tuple(
            replace(one, values=replace(one.values, changes=(*one.values.changes, *changes)))
            for one in profile.batches(facts)
        )

    return replace(
        api,
        profile=replace(
            profile,
            batches=batches,
            pins=_pins(profile.pins, cases),
            tolerances=_tolerances(profile, cases),
            # The first rule that fits a call counts, so the rules of open cases come first.
            refusals=(*(rule for case in cases for rule in case.refusals), *profile.refusals),
            lists=tuple(
                replace(one, ends_empty=one.ends_empty or any(case.lists_end_empty for case in cases))
                for one in profile.lists
            ),
            open_cases=(),
        ),
    )


def _repeated_keys(api: ApiUnderTest) -> Iterator[OpenCase]:
    """Yield an open case for each batch whose profile lets a server refuse calls with a repeated key.

    Sequences find out whether the server refuses such calls.
    """
    statuses = api.profile.pins.expected_statuses
    for batch in api.profile.batches(api.facts):
        if "call" in batch.twice_positions:
            known = {batch.operation: _REFUSED} if batch.operation in statuses else {}
            yield OpenCase("", {batch.operation: (_TWICE,)}, known)


def note_of(api: ApiUnderTest) -> str:
    """Return a sentence with the names of the open cases, "" if there are none."""
    names = "; ".join(case.name for case in api.profile.open_cases)
    return f"the documents leave open, so a server may do either: {names}" if names else ""


def _pins(pins: FixturePins, cases: Iterable[OpenCase]) -> FixturePins:
    statuses = dict(pins.expected_statuses)
    types = list(pins.answer_types)
    for case in cases:
        types += case.answer_types
        for operation, more in case.expected_statuses.items():
            known = statuses.get(operation, ExpectedStatuses(""))
            statuses[operation] = ExpectedStatuses(
                f"{known.reason}; {more.reason}".removeprefix("; "),
                valid=tuple(dict.fromkeys([*known.valid, *more.valid])),
                invalid=tuple(dict.fromkeys([*known.invalid, *more.invalid])),
            )
    return replace(pins, expected_statuses=statuses, answer_types=tuple(types))


def _tolerances(profile: Profile, cases: Iterable[OpenCase]) -> Mapping[str, tuple[Tolerance, ...]]:
    made = dict(profile.tolerances)
    for case in cases:
        for operation, more in case.tolerances.items():
            made[operation] = (*made.get(operation, ()), *more)
    return made
