"""A sandbox's state as one document: dumped, and loaded after it was judged."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from mockserver import snapshots
from mockserver.control.dumps import Judge
from mockserver.control.refusals import Impossibles
from mockserver.model import Document, Json
from mockserver.sandbox import Sandboxes, record_count
from mockserver.served import Served
from mockserver.store import OWN, Tables, Whole

MAX_TOLD = 20


@dataclass(frozen=True, slots=True)
class StateOperations:
    """The whole state of a sandbox. UnknownSandbox where there is none of the name."""

    sandboxes: Sandboxes
    served: tuple[Served, ...]

    def dump_sandbox(self, name: str, vendor: str = "") -> Json:
        """Everything that the sandbox holds, or what it holds of one vendor.

        Raises:
            Impossibles: no vendor of that name is served.
        """
        self._check_vendor(vendor)
        held = self.sandboxes.dump(name)
        return {scope: tables for scope, tables in held.items() if _is_of(scope, vendor)}

    def load_state(self, name: str, body: Document, vendor: str = "") -> Document:
        """Let the sandbox hold what a dump says, all of it or of one vendor, or nothing of it.

        What a whole dump does not say of the sandbox itself (seed, clock, scenarios) stays as it is.

        Raises:
            Impossibles: no vendor of that name is served, or the dump has scopes or documents that this
                server can do nothing with.
        """
        self._check_vendor(vendor)
        tables = self._judged(body, vendor)

        def work(whole: Whole) -> Document:
            held = snapshots.tables(whole)
            kept = {scope: held[scope] for scope in held if not _is_of(scope, vendor) or scope == OWN}
            snapshots.replace(whole, {**kept, **tables})
            return {"records": record_count(snapshots.tables(whole))}

        return self.sandboxes.control(name, work)

    def _check_vendor(self, vendor: str) -> None:
        names = [one.name for one in self.served]
        if vendor and vendor not in names:
            detail = f"no vendor {vendor} is served; there are {', '.join(names)}"
            raise Impossibles(
                detail, [{"pointer": "/query/vendor", "code": "unknown-vendor", "detail": detail}]
            )

    def _judged(self, body: Document, vendor: str) -> Tables:
        found = Judge(self.served, vendor).problems(body)
        told = list(islice(found, MAX_TOLD))
        if told:
            more = sum(1 for _ in found)
            also = f", and {more:,} more" if more else ""
            raise Impossibles(f"the state cannot be loaded: {told[0]['detail']}{also}", told)
        return body


def _is_of(scope: str, vendor: str) -> bool:
    return not vendor or scope.startswith(f"{vendor}/")
