"""A sandbox of a test: made, asked, and held to account when the test ends."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from mockserver.model import Json
from mockserver.testing import endings, keeping, scenarios
from mockserver.testing.arming import Armed
from mockserver.testing.calls import Call, Calls
from mockserver.testing.cases import Case, rows
from mockserver.testing.clock import Clock
from mockserver.testing.control import NotDone, Within
from mockserver.testing.naming import made
from mockserver.testing.server import Server
from mockserver.testing.vendor import Vendor


class Sandbox:
    """A world of its own: the state of all vendors, a clock, scenarios, a journal.

    Use it as a context. It is made on `server` (an address, a Server, None: one that is started for it),
    begins with the fixtures or `empty`, and is dropped at the end, or kept where an exception ends it. A name
    that is taken gets a number. At a good end AssertionError is raised if a rule was armed and never hit, or
    a call was off contract; `allow` says which of `never-hit` and `off-contract` is meant so.
    """

    def __init__(  # noqa: PLR0913 - every one but the first has a name and a default
        self,
        server: str | Server | None = None,
        *,
        name: str = "",
        seed: int = 0,
        freeze: str | None = None,
        empty: bool = False,
        allow: Collection[str] = (),
        folder: Path | None = None,
    ) -> None:
        self.name = name or f"t-{os.getpid()}"
        self.allow = frozenset(allow)
        self.folder = folder or Path.cwd()
        self._server = server if isinstance(server, Server) else Server(server)
        self._given = isinstance(server, Server)
        self._wanted = {"seed": seed, "empty": empty, **({"freeze": freeze} if freeze else {})}
        self._armed: list[Armed] = []
        self._snapshots: list[str] = []
        self._vendors: dict[str, Vendor] = {}
        self._excused: set[int] = set()
        self._open = ExitStack()

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._open:
            if kind is not None:
                return
            if said := self.complaints():
                raise AssertionError("\n".join(said))
            self.drop()

    def open(self) -> Self:
        """Make it, for those who see to its end by themselves.

        Raises:
            NotDone: it cannot be made; the text says why.
            NoServer: nothing answers.
        """
        with ExitStack() as opening:
            if not self._given:
                opening.enter_context(self._server)
            self.name = made(self._server.control, self.name, self._wanted)
            self._open = opening.pop_all()
        self._within = Within(self._server.control, self.name)
        self.clock = Clock(self._within)
        return self

    def __repr__(self) -> str:
        return f"<sandbox {self.name}>"

    @property
    def url(self) -> str:
        """Below it stands every vendor, by its name."""
        return self._within.url

    @property
    def link(self) -> str:
        """Where what happened in it can be read."""
        return self._within.link

    def vendor(self, name: str) -> Vendor:
        """One of the vendors, always the same.

        Raises:
            LookupError: the server has none of the name.
        """
        if name not in self._server.vendors:
            raise LookupError(f"no vendor {name} is served; there are {', '.join(self._server.vendors)}")
        if name not in self._vendors:
            contract = self._server.contract(name)
            self._vendors[name] = Vendor(self._within, contract, self.journal, self.scenario)
        return self._vendors[name]

    def scenario(self, given: str | Path | Mapping[str, Json]) -> Armed:
        """Arm a scenario: one that ships, by name; a document; a file (.yaml, .yml, .json).

        Raises:
            NotDone: it is none; everything that is wrong with it stands in the text.
            LookupError: none of the name ships.
            OSError: the file cannot be read.
        """
        name = scenarios.put(self._within, given, self.folder)
        self._armed = [one for one in self._armed if one.name != name]
        self._armed.append(Armed(self._within, name))
        return self._armed[-1]

    def snapshot(self, label: str = "") -> str:
        """Keep all that the sandbox holds; the snapshot's id."""
        self._snapshots.append(self._within.ask("POST", "/snapshots", {"label": label})["id"])
        return self._snapshots[-1]

    def restore(self, snapshot: str = "") -> None:
        """Set the sandbox back to a snapshot, or to the last one that was taken.

        Raises:
            LookupError: none was taken.
            NotDone: there is none of the id.
        """
        if not snapshot and not self._snapshots:
            raise LookupError("no snapshot was taken; call snapshot() first")
        self._within.ask("POST", f"/snapshots/{snapshot or self._snapshots[-1]}/restore")

    def journal(self, *, last: int = keeping.ALL, off_contract: bool | None = None, **wanted: Json) -> Calls:
        """The newest `last` calls, oldest first, of those that are wanted.

        By `vendor`, `operation`, `method`, `status` ("207", "4xx", "none"), `outcome`, `item`, `scenario`,
        `since`, `fault` and `off_contract`.

        Raises:
            NotDone: there is no such word, or it cannot be that.
        """
        listed = self._within.ask("GET", "/journal", None, last=last, offContract=off_contract, **wanted)
        return Calls(Call(short, self.name, self._whole(short["number"])) for short in listed)

    def verify(
        self,
        match: Mapping[str, Json] | None = None,
        *,
        calls: int | Mapping[str, int] | None = None,
        items: Mapping[str, Json] | None = None,
    ) -> None:
        """Hold that so many calls match, and that so many of their items were created, rejected and so on.

        Numbers are exact, or {"min": 1, "max": 3}.

        Raises:
            AssertionError: it is not so; the text says what was expected, what was found and what came near.
            NotDone: it cannot be asked so.
        """
        wanted = {"match": match, "calls": calls, "items": items}
        said = {name: one for name, one in wanted.items() if one is not None}
        try:
            self._within.ask("POST", "/journal/verify", said)
        except NotDone as told:
            if "expected" not in told.problem:
                raise
            raise AssertionError(endings.not_verified(told.problem)) from None

    def assumption(self, name: str, value: str | None) -> None:
        """Turn a switch such as `vendor.null_body`; None turns it back.

        Raises:
            NotDone: there is no such switch, or no such position.
        """
        self._within.ask("PATCH", "/assumptions", {name: value})

    def case(self, vendor: str, name: str) -> Case:
        """A row of the catalogue by its id, its number or its name, as the vendor has it.

        Raises:
            LookupError: the vendor has no case for such a row.
        """
        found = next(iter(rows(vendor, name).values()), None)
        if found is None:
            raise LookupError(f"{vendor} has no case {name}")
        return Case(found, self._arrange, self._run_case)

    def complaints(self) -> list[str]:
        """What is wrong although nothing failed: rules that never hit, calls off contract."""
        calls = self.journal()
        said: list[str] = []
        if endings.NEVER_HIT not in self.allow:
            said += endings.never_hit(self._within, self._armed, calls)
        if endings.OFF_CONTRACT not in self.allow:
            said += endings.off_contract(calls, self._excused)
        return said

    def save(self, folder: Path) -> None:
        """Keep the traffic as HAR, every call as a curl command, and the state, in a folder of its name.

        Raises:
            OSError: the folder cannot be written.
        """
        keeping.save(self._within, self.journal(), folder / self.name)

    def drop(self) -> None:
        """Let it be gone, journal and all; one that is gone already is no matter."""
        try:
            self._within.ask("DELETE", "")
        except NotDone as told:
            if told.status != 404:  # noqa: PLR2004 - not found
                raise

    def _whole(self, number: int) -> Callable[[], Json]:
        return lambda: self._within.ask("GET", f"/journal/{number}")

    def _arrange(
        self, switches: Mapping[str, str], freeze: str | None, armed: Iterable[str | Mapping[str, Json]]
    ) -> None:
        if switches:
            self._within.ask("PATCH", "/assumptions", switches)
        if freeze is not None:
            self.clock.freeze(freeze)
        for one in armed:
            self.scenario(one)

    def _run_case(self, case: str, vendor: str) -> Mapping[str, Json]:
        verdict: Mapping[str, Json] = self._within.ask("POST", f"/cases/{case}/run", {"vendor": vendor})
        self._excused.update(verdict["calls"])
        return verdict
