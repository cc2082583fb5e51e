"""A checker of histories: does some order of the operations on one register explain all that was read?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Thread

from mockserver.contract.exchange import Request
from mockserver.contract.profile import Record
from tests.support.overlapping_calls import OverlappingRequest
from tests.support.profiled_vendor import ProfiledVendor


@dataclass(frozen=True, slots=True)
class RegisterOperation:
    """A write of `value`, or a read that found it; from tick `begun` to tick `ended`."""

    writes: bool
    value: Record | None
    begun: int
    ended: int


def is_linearizable(history: Sequence[RegisterOperation], value: Record | None) -> bool:
    """Whether each operation can have happened at one moment of its time; `value` was there before."""
    if not history:
        return True
    soonest = min(one.ended for one in history)
    for at, one in enumerate(history):
        if one.begun > soonest or not (one.writes or one.value == value):
            continue
        rest = [*history[:at], *history[at + 1 :]]
        if is_linearizable(rest, one.value):
            return True
    return False


def run_together(*works: Callable[[], object]) -> None:
    """Run each in a thread of its own until all are done; what one raises fails the test."""
    broken: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again below
            broken.append(error)

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]


def overlapping(vendor: ProfiledVendor, request: Request) -> OverlappingRequest:
    """Return the request as one that is sent while others are under way."""
    return OverlappingRequest(request.method, f"/{vendor.name}{request.path}", request.body, request.headers)
