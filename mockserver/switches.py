"""All switches of all vendors, by `vendor.name`: looked up, checked and listed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from mockserver.assumption import Assumption
from mockserver.errors import MockServerError
from mockserver.model import NOTHING, Document
from mockserver.served import Served


class UnknownPosition(MockServerError):
    """There is no switch of that name, or it has no such position; `switch` is its full name."""

    def __init__(self, switch: str, detail: str) -> None:
        super().__init__(detail)
        self.switch = switch


def switches(served: Iterable[Served]) -> Mapping[str, Assumption]:
    """Every switch by its full name, in the order of the vendors."""
    return {f"{vendor.name}.{one.name}": one for vendor in served for one in vendor.switches}


def check_positions(served: Iterable[Served], positions: Mapping[str, str | None]) -> None:
    """Let pass what can be turned so; None stands for the default.

    Raises:
        UnknownPosition: something cannot.
    """
    known = switches(served)
    for name, position in positions.items():
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"; do you mean {near[0]}?" if near else ""
            raise UnknownPosition(name, f"there is no switch {name}{hint}")
        switch = known[name]
        if position is not None and not switch.takes(position):
            there = ", ".join((switch.default, *switch.alternatives))
            raise UnknownPosition(name, f"{name} has no position {position}; it has {there}")


def listed(served: Iterable[Served], turned: Mapping[str, str] = NOTHING) -> list[Document]:
    """Every switch with its position, `turned` or default, and where its gap is described."""
    return [
        {
            "id": name,
            "value": turned.get(name, one.default),
            "default": one.default,
            "alternatives": list(one.alternatives),
            "pattern": one.pattern or None,
            "meaning": one.meaning,
            "source": one.source,
        }
        for name, one in switches(served).items()
    ]
