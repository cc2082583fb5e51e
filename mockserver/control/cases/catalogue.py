"""The catalogue of 165 batch failures, and the operations that list, show and run its cases."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from msgspec.structs import fields

from mockserver.codec import yaml
from mockserver.control.cases.expectations import SEED, START_INSTANT, SandboxClient
from mockserver.control.cases.language import (
    SOURCES,
    BadCaseError,
    Case,
    CaseDefaults,
    Node,
    check_members,
    read_case,
)
from mockserver.control.cases.runner import CaseResult, export_case, run
from mockserver.control.cases.runs import CaseRuns
from mockserver.control.control_call import (
    ConflictError,
    ControlCall,
    UnknownNameError,
    UnprocessableMemberError,
    find_vendor,
)
from mockserver.control.http_client import HttpClient, open_client
from mockserver.engine.registry import VENDORS_PACKAGE, LoadedVendor, vendor_packages
from mockserver.journal.journal import Journal
from mockserver.journal.replay import trial_sandbox
from mockserver.model import EMPTY, Document, Json, Reply, Value
from mockserver.sandbox import sandboxes as sandbox_settings
from mockserver.sandbox import snapshots
from mockserver.sandbox.sandboxes import Sandboxes, Settings

_ROW_MEMBERS = frozenset({"row", "name", "section", "trigger", "expected", "check", "source", "generic"})
_CASE_MEMBERS = frozenset({"row", "differs"})
_DEFAULTS_FILE = "_vendor.yaml"


class CatalogueRow(Value, frozen=True):
    """Row of the catalogue, about one failure of batches."""

    row: int
    name: str
    section: str
    trigger: str
    expected: str
    """Expected behaviour of the server."""
    check: str
    """What a test suite asserts about the failure."""
    source: Sequence[str]
    generic: Node
    """Case for any vendor, with placeholders that each vendor defines; {} if there is no such case."""

    @property
    def id(self) -> str:
        """Number and name, for example `148-reset`."""
        return f"{self.row}-{self.name}"

    def contains(self, search: str) -> bool:
        """Return whether all words of `search` are in the row, in any order and case."""
        text = f"{self.id} {self.section} {self.trigger} {self.expected} {self.check}".lower()
        return all(word in text for word in search.lower().split())


class CatalogueCase(Value, frozen=True):
    """A vendor's case for a row."""

    row: CatalogueRow
    case: Case
    differs: str = ""
    """How a better source contradicts the row, or "" if no source does."""


@cache
def rows() -> Mapping[int, CatalogueRow]:
    """Return all rows by number. Raises BadCaseError if the catalogue's file is invalid."""
    file = Path(__file__).parent / "catalogue.yaml"
    found = [_read_row(node) for node in yaml.load(file.read_text(encoding="utf-8"))]
    return {row.row: row for row in found}


@cache
def vendor_cases(vendor: str) -> tuple[CatalogueCase, ...]:
    """Return the vendor's cases, sorted by row, then by file; () without a package. Raises BadCaseError."""
    if vendor not in vendor_packages():
        return ()
    module = importlib.import_module(f"{VENDORS_PACKAGE}.{vendor}")
    cases = load_folder(Path(str(module.__file__)).parent / "cases", vendor)
    return tuple(sorted(cases, key=lambda entry: entry.row.row))


def load_folder(folder: Path, vendor: str) -> Iterator[CatalogueCase]:
    """Yield the cases of a folder, file by file. Raises BadCaseError if a case or its row is invalid."""
    common = load_defaults(folder / _DEFAULTS_FILE)
    for file in sorted(folder.glob("[a-z]*.yaml")):
        for node in yaml.load(file.read_text(encoding="utf-8")) or ():
            yield _read_case(node, f"{vendor}/{file.name}", vendor, common)


def load_defaults(file: Path) -> CaseDefaults:
    """Return the defaults of the vendor's cases, empty if the file is missing. Raises BadCaseError."""
    node = yaml.load(file.read_text(encoding="utf-8")) if file.is_file() else {}
    check_members(file.name, "ingredients", node, frozenset({"headers", "names"}))
    return CaseDefaults(node.get("headers", {}), node.get("names", {}))


def row_document(row: CatalogueRow, vendors: Sequence[str]) -> dict[str, Json]:
    told = {one.name: getattr(row, one.name) for one in fields(row) if one.name != "generic"}
    return {"id": row.id, **told, "vendors": list(vendors)}


def case_document(case: Case) -> Document:
    """Return the case as a document of the case language, without unused placeholders."""
    members = {one.name: getattr(case, one.name) for one in fields(case) if one.name != "place"}
    return _with_used_names({name: value for name, value in members.items() if value})


def _with_used_names(document: Document) -> Document:
    names = document.get("names", {})
    waiting = {name for name in names if _uses({**document, "names": {}}, name)}
    used: set[str] = set()
    while waiting:
        name = waiting.pop()
        used.add(name)
        waiting |= {other for other in names if other not in used and _uses(names[name], other)}
    kept = {name: value for name, value in names.items() if name in used}
    return {member: kept if member == "names" else value for member, value in document.items()}


def _uses(node: Json, name: str) -> bool:
    return f"${{{name}}}" in str(node)


def _read_row(node: Node) -> CatalogueRow:
    place = f"catalogue row {node.get('row')}"
    check_members(place, "row", node, _ROW_MEMBERS)
    if missing := sorted(_ROW_MEMBERS - {"generic"} - node.keys()):
        raise BadCaseError(f"{place}: {', '.join(missing)} is missing")
    if unknown := [source for source in node["source"] if source not in SOURCES]:
        raise BadCaseError(f"{place}: source {unknown[0]} is not one of {', '.join(SOURCES)}")
    return CatalogueRow(**{"generic": {}, **node})


def _read_case(node: Node, place: str, vendor: str, common: CaseDefaults) -> CatalogueCase:
    row = rows().get(node.get("row", 0))
    if row is None:
        raise BadCaseError(f"{place}: there is no row {node.get('row')}")
    place = f"{place}, row {row.row}"
    own = {name: value for name, value in node.items() if name not in _CASE_MEMBERS}
    if "when" not in own:
        if not row.generic:
            raise BadCaseError(f"{place}: the row has no generic case; write when")
        names = {**row.generic.get("names", {}), **common.names, **own.get("names", {})}
        own = {**row.generic, **own, "names": names}
    case = read_case({"source": row.source[-1], **own}, place, vendor, common)
    return CatalogueCase(row, case, node.get("differs", ""))


class CaseOperations(Value, frozen=True):
    """Operations on the catalogue's rows and the cases of the served vendors."""

    sandboxes: Sandboxes
    served: tuple[LoadedVendor, ...]
    inside: HttpClient
    """Client of the vendors of this server."""
    control: HttpClient
    """Client of the control plane without its access guard."""
    journal: Journal
    runs: CaseRuns

    def list_cases(self, vendor: str = "", section: str = "", source: str = "", search: str = "") -> Json:
        """Return matching rows in number order. Raises UnprocessableMemberError if the vendor is unknown."""
        if vendor:
            find_vendor(self.served, vendor, "/query/vendor")
        return [
            row_document(row, self._vendors(row))
            for row in rows().values()
            if (not vendor or vendor in self._vendors(row))
            and section in ("", row.section)
            and source in ("", *row.source)
            and row.contains(search)
        ]

    def show_case(self, case: str) -> Document:
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
        """Run a row's cases for one vendor in the sandbox and restore the sandbox's state afterwards.

        Each case starts from the fixtures with a fixed seed and time. The calls stay in the sandbox's
        journal; changes by other clients during the run are lost. Raises UnknownSandboxError;
        UnknownNameError; UnprocessableMemberError if the row has no case for the vendor, or if no vendor is
        named and the row has cases for several vendors; ConflictError if the sandbox runs another case.
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
        verdict = self.runs.find(run)
        if verdict is None:
            raise UnknownNameError(f"no verdict of a run {run} is kept", code="unknown-run")
        return verdict

    async def export_case(self, case: str, format_: str, vendor: str, call: ControlCall) -> Reply:
        """Run a row's first case for one vendor in a new sandbox, and export its calls.

        Raises UnknownNameError; UnprocessableMemberError as `run_case` does; UnexportableCaseError if the
        case fails, or the format cannot express its calls; TooManySandboxesError.
        """
        row = _row(case)
        entry = self._entries(self._choose_vendor(row, vendor), row)[0]
        seed = SEED if entry.case.seed is None else entry.case.seed
        settings = Settings("", seed, START_INSTANT, empty=entry.case.empty)
        with trial_sandbox(self.sandboxes, self.journal, settings) as name:
            async with self._client(entry.case, name, call.origin) as client:
                file = await export_case(entry.case, client, format_)
        disposition = ("Content-Disposition", file.headers["content-disposition"])
        return Reply(file.status, file.body, file.headers["content-type"], (disposition,))

    async def _run(self, case: Case, name: str, origin: str) -> CaseResult:
        async with self._client(case, name, origin) as client:
            return await run(case, client)

    @asynccontextmanager
    async def _client(self, case: Case, name: str, origin: str) -> AsyncIterator[SandboxClient]:
        if not case.needs_socket:
            yield SandboxClient(name, self.inside, self.control)
            return
        async with open_client(origin, is_trusted=True) as client:
            yield SandboxClient(name, client, self.control)

    @contextmanager
    def _restored(self, name: str) -> Iterator[None]:
        with self.runs.claim(name) as is_claimed:
            if not is_claimed:
                raise ConflictError(f"a case runs in the sandbox {name}", code="case-running")
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

    def _vendors(self, row: CatalogueRow) -> list[str]:
        return [vendor.name for vendor in self.served if self._entries(vendor.name, row)]

    def _entries(self, vendor: str, row: CatalogueRow) -> Sequence[CatalogueCase]:
        return [entry for entry in vendor_cases(vendor) if entry.row.row == row.row]


def _row(case: str) -> CatalogueRow:
    for row in rows().values():
        if case in (row.id, str(row.row), row.name):
            return row
    near = get_close_matches(case, [row.id for row in rows().values()], 1)
    told = f"no case {case}; the nearest is {near[0]}" if near else f"no case {case}"
    raise UnknownNameError(told, code="unknown-case")
