"""What no document says, as switches of a sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mockserver.control.refusals import Impossible
from mockserver.model import Json
from mockserver.sandbox import Sandboxes
from mockserver.served import Served
from mockserver.switches import UnknownPosition, check_positions, listed


@dataclass(frozen=True, slots=True)
class AssumptionOperations:
    """The switches of a sandbox. UnknownSandbox where there is none of the name."""

    sandboxes: Sandboxes
    served: tuple[Served, ...]

    def list_assumptions(self, name: str) -> Json:
        """Every switch of every vendor, with the position that it has in the sandbox."""
        return listed(self.served, self.sandboxes.show(name).assumptions)

    def assume(self, name: str, body: Mapping[str, str | None]) -> Json:
        """Turn switches; None turns one back to its default.

        Raises:
            Impossible: there is no such switch or position; none was turned then.
        """
        self.sandboxes.known(name)
        positions_checked(self.served, body, "")
        self.sandboxes.assume(name, body)
        return self.list_assumptions(name)


def positions_checked(
    served: tuple[Served, ...], positions: Mapping[str, str | None], pointer: str
) -> Mapping[str, str | None]:
    """The positions, all of which there are.

    Raises:
        Impossible: there is no such switch or position; `pointer` is where the positions stand.
    """
    try:
        check_positions(served, positions)
    except UnknownPosition as error:
        raise Impossible(f"{pointer}/{error.switch}", str(error)) from None
    return positions
