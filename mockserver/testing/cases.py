"""Catalogue cases in a sandbox: arrange one for a client under test, or run it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mockserver.testing.control_client import ControlClient
from mockserver.testing.exact_json import Json

if TYPE_CHECKING:
    from mockserver.testing.sandbox import Sandbox


class CatalogueTest:
    """A row of the catalogue: its trigger, the expected behaviour, and what a suite has to check."""

    def __init__(
        self, row: Mapping[str, Json], vendor: str, sandbox: Sandbox, run: Callable[[str, str], Json]
    ) -> None:
        self._case = next(one for one in row["cases"] if one["vendor"] == vendor)
        self._sandbox = sandbox
        self._run = run
        self.id: str = row["id"]
        self.name: str = row["name"]
        self.vendor = vendor
        self.section: str = row["section"]
        self.trigger: str = row["trigger"]
        self.expected: str = row["expected"]
        self.check: str = row["check"]
        self.source: str = self._case["source"]

    def __repr__(self) -> str:
        return f"<{self.id} of {self.vendor}: {self.trigger}>"

    def arrange(self) -> None:
        """Set up the sandbox: clock, assumptions and scenarios of the case; no call is made."""
        document = self._case["document"]
        for name, value in document.get("assumptions", {}).items():
            self._sandbox.assumption(f"{self.vendor}.{name}", value)
        if "freeze" in document:
            self._sandbox.clock.freeze(document["freeze"])
        for scenario in document.get("scenarios", ()):
            self._sandbox.scenario(scenario)

    def run(self) -> None:
        """Make the case's own calls and check the responses; the sandbox's state is restored afterwards.

        Raises:
            AssertionError: a result differs from the case.
        """
        result = self._run(self.id, self.vendor)
        if not result["passed"]:
            raise AssertionError("\n".join((f"{self.id} of {self.vendor}:", *result["says"])))


def find_cases(control: ControlClient, vendor: str, tag: str = "") -> dict[str, Mapping[str, Json]]:
    """Return the vendor's rows by id; `tag` selects by section, source, name, number or id.

    Raises:
        ControlPlaneError: the server has no such vendor.
    """
    return {
        row["id"]: row
        for row in control.request("GET", "/cases", vendor=vendor)
        if tag in ("", row["section"], row["name"], row["id"], str(row["row"]), *row["source"])
    }


def show_case(control: ControlClient, case: str) -> Mapping[str, Json]:
    """Return a row with the cases of all vendors.

    Raises:
        ControlPlaneError: there is no such row.
    """
    return control.request("GET", f"/cases/{case}")  # type: ignore[no-any-return]
