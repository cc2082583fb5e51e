"""List, show and run the cases of the catalogue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import count

from mockserver.control.cases.catalogue import (
    CatalogueCase,
    CatalogueRow,
    case_document,
    row_document,
    rows,
    vendor_cases,
)
from mockserver.control.cases.export import export_case
from mockserver.control.cases.language import Case
from mockserver.control.cases.runner import CaseResult, run
from mockserver.control.cases.runs import CaseRuns
from mockserver.control.cases.sandbox_client import SEED, START_INSTANT, SandboxClient
from mockserver.control.cases.transport import HttpClient, open_client
from mockserver.control.control_call import ControlCall, ControlError, UnprocessableMemberError
from mockserver.engine.registry import LoadedVendor
from mockserver.journal.journal import Journal
from mockserver.model import EMPTY, Document, Json, Reply
from mockserver.sandbox import settings as sandbox_settings
from mockserver.sandbox import snapshots
from mockserver.sandbox.sandboxes import Sandboxes
from mockserver.sandbox.settings import Settings


class UnknownCaseError(ControlError):
    """The catalogue has no such row."""

    status = 404
    code = "unknown-case"


class UnknownRunError(ControlError):
    """No run has this number, or its verdict is no longer kept."""

    status = 404
    code = "unknown-run"


class CaseRunningError(ControlError):
    """Another case is running in the sandbox."""

    status = 409
    code = "case-running"


@dataclass(frozen=True, slots=True)
class CaseOperations:
    """Operations on the catalogue's rows and the cases of the served vendors.

    `inside` sends calls of a vendor to this server, `control` those of the control plane without access
    guard. `runs` are those that are going on, and the verdicts of the last ones.
    """

    sandboxes: Sandboxes
    served: tuple[LoadedVendor, ...]
    inside: HttpClient
    control: HttpClient
    journal: Journal
    runs: CaseRuns

    def list_cases(self, vendor: str = "", section: str = "", source: str = "", search: str = "") -> Json:
        """Return the rows by number; of one vendor, section or source if given, and with all words searched.

        Raises:
            UnprocessableMemberError: no vendor with this name is served.
        """
        if vendor and vendor not in self._names():
            raise UnprocessableMemberError(
                "/query/vendor", f"no vendor named {vendor}; there are {', '.join(self._names())}"
            )
        return [
            row_document(row, self._vendors(row))
            for row in rows().values()
            if (not vendor or vendor in self._vendors(row))
            and section in ("", row.section)
            and source in ("", *row.source)
            and row.contains(search)
        ]

    def show_case(self, case: str) -> Document:
        """Return one row with the cases of all vendors.

        Raises:
            UnknownCaseError: there is no such row.
        """
        row = _row(case)
        return {
            **row_document(row, self._vendors(row)),
            "cases": [
                {
                    "vendor": entry.case.vendor,
                    "says": entry.case.says or row.expected,
                    "source": entry.case.source,
                    "differs": entry.differs or None,
                    "document": case_document(entry.case),
                }
                for vendor in self._vendors(row)
                for entry in self._entries(vendor, row)
            ],
        }

    async def run_case(self, name: str, case: str, body: Document | None, call: ControlCall) -> Document:
        """Run a row's cases for one vendor in the sandbox and restore its state afterwards.

        Each case starts from the fixtures with a fixed seed and time. The calls stay in the sandbox's
        journal; changes that others make in the sandbox meanwhile are lost.

        Raises:
            UnknownSandboxError: the sandbox does not exist.
            UnknownCaseError: there is no such row.
            UnprocessableMemberError: the row has no case for the vendor, or several vendors and none is
                named.
            CaseRunningError: another case is running in the sandbox.
        """
        self.sandboxes.check_exists(name)
        row = _row(case)
        vendor = self._choose_vendor(row, (body or EMPTY).get("vendor", ""))
        clock = asyncio.get_running_loop().time
        started = clock()
        results = []
        with self._restored(name):
            for entry in self._entries(vendor, row):
                self._initialize(name, entry.case)
                results.append(await self._run(entry.case, name, call.origin))
        return self.runs.add(
            {
                "sandbox": name,
                "id": row.id,
                "vendor": vendor,
                "passed": all(result.passed for result in results),
                "says": [line for result in results for line in result.differences],
                "calls": [number for result in results for number in result.calls],
                "durationMillis": round((clock() - started) * 1000, 3),
            }
        )

    def show_case_run(self, run: int) -> Document:
        """Return the verdict of a run.

        Raises:
            UnknownRunError: none is kept under this number.
        """
        verdict = self.runs.find(run)
        if verdict is None:
            raise UnknownRunError(f"no verdict of a run {run} is kept")
        return verdict

    async def export_case(self, case: str, format_: str, vendor: str, call: ControlCall) -> Reply:
        """Return the calls of a row's first case for one vendor as a file, after a run in a new sandbox.

        Raises:
            UnknownCaseError: there is no such row.
            UnprocessableMemberError: the row has no case for the vendor, or several vendors and none is
                named.
            UnexportableCaseError: the case fails, or its calls cannot be exported.
            TooManySandboxesError: the limit of sandboxes is reached.
        """
        row = _row(case)
        entry = self._entries(self._choose_vendor(row, vendor), row)[0]
        with self._new_sandbox(entry.case) as name:
            async with self._client(entry.case, name, call.origin) as client:
                file = await export_case(entry.case, client, format_)
        disposition = ("Content-Disposition", file.headers["content-disposition"])
        return Reply(file.status, file.body, file.headers["content-type"], (disposition,))

    async def _run(self, case: Case, name: str, origin: str) -> CaseResult:
        async with self._client(case, name, origin) as client:
            return await run(case, client)

    @asynccontextmanager
    async def _client(self, case: Case, name: str, origin: str) -> AsyncIterator[SandboxClient]:
        """Yield a client of the sandbox; it uses sockets if the case expects a lost response."""
        if not case.needs_socket:
            yield SandboxClient(name, self.inside, self.control)
            return
        async with open_client(origin, is_trusted=True) as client:
            yield SandboxClient(name, client, self.control)

    @contextmanager
    def _new_sandbox(self, case: Case) -> Iterator[str]:
        """Make a sandbox for the case, whose calls nobody is told of, and delete it at the end."""
        seed = SEED if case.seed is None else case.seed
        settings = Settings("", seed, START_INSTANT, empty=case.empty)
        names = (f"export-case-{number}" for number in count(1))
        name = next(one for one in names if self.sandboxes.create(replace(settings, name=one)))
        try:
            with self.journal.unlogged(name):
                yield name
        finally:
            self.sandboxes.delete(name)

    @contextmanager
    def _restored(self, name: str) -> Iterator[None]:
        """Restore the sandbox's state at the end of the context."""
        with self.runs.claim(name) as is_claimed:
            if not is_claimed:
                raise CaseRunningError(f"a case runs in the sandbox {name}")
            tables = self.sandboxes.control(name, snapshots.dump_tables)
            try:
                yield
            finally:
                self.sandboxes.control(name, lambda whole: snapshots.load_tables(whole, tables))

    def _initialize(self, name: str, case: Case) -> None:
        settings = Settings(name, SEED if case.seed is None else case.seed, START_INSTANT)
        fixtures = self.sandboxes.kept_when_empty if case.empty else self.sandboxes.fixtures
        tables = sandbox_settings.initial_tables(settings, fixtures, EMPTY)
        self.sandboxes.control(name, lambda whole: snapshots.load_tables(whole, tables))

    def _choose_vendor(self, row: CatalogueRow, vendor: str) -> str:
        vendors = self._vendors(row)
        if vendor in vendors:
            return vendor
        if len(vendors) == 1 and not vendor:
            return vendors[0]
        detail = f"{row.id} has no case for {vendor}" if vendor else f"{row.id} is for several vendors"
        raise UnprocessableMemberError("/vendor", detail, f"name one of {', '.join(vendors) or 'none'}")

    def _names(self) -> list[str]:
        return [vendor.name for vendor in self.served]

    def _vendors(self, row: CatalogueRow) -> list[str]:
        return [name for name in self._names() if self._entries(name, row)]

    def _entries(self, vendor: str, row: CatalogueRow) -> Sequence[CatalogueCase]:
        return [entry for entry in vendor_cases(vendor) if entry.row.row == row.row]


def _row(case: str) -> CatalogueRow:
    """Return the row with that id, number or name.

    Raises:
        UnknownCaseError: there is none.
    """
    for row in rows().values():
        if case in (row.id, str(row.row), row.name):
            return row
    near = get_close_matches(case, [row.id for row in rows().values()], 1)
    raise UnknownCaseError(f"no case {case}; the nearest is {near[0]}" if near else f"no case {case}")
