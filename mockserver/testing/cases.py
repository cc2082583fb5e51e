"""Catalogue cases in a sandbox: arrange one for a client under test, or run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mockserver.control.cases.catalogue import CatalogueCase, vendor_cases
from mockserver.model import Json


class CatalogueTest:
    """A row of the catalogue: its trigger, the expected behaviour, and what a suite has to check."""

    def __init__(
        self,
        entry: CatalogueCase,
        arrange: Callable[[Mapping[str, str], str | None, tuple[str | Mapping[str, Json], ...]], None],
        run: Callable[[str, str], Mapping[str, Json]],
    ) -> None:
        row = entry.row
        self.id = row.id
        self.name = row.name
        self.vendor = entry.case.vendor
        self.section = row.section
        self.trigger = row.trigger
        self.expected = row.expected
        self.check = row.check
        self.source = entry.case.source
        self._entry = entry
        self._arrange = arrange
        self._run = run

    def __repr__(self) -> str:
        return f"<{self.id} of {self.vendor}: {self.trigger}>"

    def arrange(self) -> None:
        """Set up the sandbox: clock, assumptions and scenarios of the case; no call is made."""
        case = self._entry.case
        self._arrange(
            {f"{case.vendor}.{name}": value for name, value in case.assumptions.items()},
            case.freeze,
            tuple(case.scenarios),
        )

    def run(self) -> None:
        """Make the case's own calls and check the responses; the sandbox's state is restored afterwards.

        Raises:
            AssertionError: a result differs from the case.
        """
        result = self._run(self.id, self.vendor)
        if not result["passed"]:
            raise AssertionError("\n".join((f"{self.id} of {self.vendor}:", *result["says"])))


def find_cases(vendor: str, tag: str = "") -> dict[str, CatalogueCase]:
    """Return the first case of each row by id; `tag` selects by section, source, name or id.

    Raises:
        BadCaseError: the catalogue cannot be read.
    """
    found: dict[str, CatalogueCase] = {}
    for entry in vendor_cases(vendor):
        row = entry.row
        if tag in ("", row.section, row.name, row.id, str(row.row), *row.source):
            found.setdefault(row.id, entry)
    return found
