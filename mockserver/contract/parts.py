"""The planned parts of a run, and doing them one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from mockserver.contract.call_limits import TargetUnreachableError
from mockserver.contract.ledger import FindingLedger
from mockserver.contract.progress import RunPart
from mockserver.errors import BrokenRunError


@dataclass(frozen=True, slots=True)
class PlannedPart:
    """A part of a run, and the work that it takes.

    Parts with the same `group` are done one after the other; "" is a group of its own. `work` raises
    `TargetUnreachableError` if the target does not answer.
    """

    part: RunPart
    work: Callable[[], Any]
    group: str = ""


def run_parts(parts: Iterable[PlannedPart], ledger: FindingLedger) -> None:
    """Do the parts in their order.

    Raises:
        TargetUnreachableError: the target does not answer.
        BrokenRunError: a part has a fault of ours.
    """
    for one in parts:
        try:
            with ledger.part(one.part):
                one.work()
        except (TargetUnreachableError, BrokenPipeError):
            raise
        except Exception as fault:
            raise BrokenRunError.of(fault, one.part.name) from fault
