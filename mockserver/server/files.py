"""Files of a server: scenarios and fixtures at the start, the saved state, the ready file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile, mkstemp

from yaml import MarkedYAMLError, YAMLError

from mockserver import __version__
from mockserver.codec import json, yaml
from mockserver.control.scenarios import operations_by_vendor
from mockserver.control.state import SAVED_SNAPSHOTS, DumpValidator
from mockserver.engine.registry import LoadedVendor
from mockserver.engine.resources import find_resources, key_members
from mockserver.errors import MalformedBody, TooManySandboxesError, UnknownSandboxError
from mockserver.model import EMPTY, Document, Json, Value, join_key, pointer_of
from mockserver.model import Path as Place
from mockserver.sandbox import snapshots
from mockserver.sandbox.sandboxes import DEFAULT_SANDBOX, Sandboxes, Settings, is_sandbox_name
from mockserver.sandbox.store import SANDBOX_SCOPE, SandboxState, Tables
from mockserver.scenario.parser import InvalidScenarioError, parse_text
from mockserver.server.listening import StartupError
from mockserver.spec.schema import COMMON_FORMATS, compile_schema

SHOWN_PROBLEMS = 3
_YAML_SUFFIXES = (".yaml", ".yml")
_DUMP = "mockserver sandbox dump -o FILE"
_ALL_PROBLEMS = "mockserver scenario validate"

FORMAT = 1
_MEMBERS = frozenset({"mockserver", "format", "sandboxes"})
_SANDBOX_MEMBERS = frozenset({"state", "snapshots"})
_ADDRESS = re.compile(rb"(https?://[^\s]{1,300}\n?)?")
_LONGEST_BYTES = 1024


def read_scenarios(files: Iterable[Path], served: Sequence[LoadedVendor]) -> tuple[Document, ...]:
    """Return the scenario documents of the files.

    Raises StartupError if a file is unreadable or invalid, or if two scenarios share a name.
    """
    documents: dict[str, tuple[Document, Path]] = {}
    for file in files:
        document = _read_scenario(file, served)
        name = document["name"]
        if name in documents:
            what = f"two files have a scenario named {name}; the other is {documents[name][1]}"
            raise StartupError(what, str(file), "give one of them another name")
        documents[name] = document, file
    return tuple(document for document, _ in documents.values())


def _read_scenario(file: Path, served: Sequence[LoadedVendor]) -> Document:
    text = read_text(file)
    try:
        return parse_text(text, operations_by_vendor(served), source=str(file)).document
    except InvalidScenarioError as error:
        first, more = error.problems[0], len(error.problems) - 1 + error.more
        also = f", and {more:,} more: {_ALL_PROBLEMS} {file}" if more else ""
        raise StartupError(f"{first.detail}{also}", error.where(first), first.hint) from None


def read_fixtures(file: Path, served: Sequence[LoadedVendor]) -> Mapping[str, Tables]:
    """Return by vendor the tables of a JSON or YAML dump, which need not have every vendor.

    The dump's own seed, clock and scenarios are left out. In the file, a collection may be a list of records,
    and the scope `VENDOR/` may be called `VENDOR`. Raises StartupError.
    """
    document = read_document(file)
    if not isinstance(document, dict):
        raise StartupError(f"expected a dump, an object; found {_kind(document)}", str(file), _DUMP)
    document = {
        scope if "/" in scope else f"{scope}/": _keyed(file, scope.partition("/")[0], tables, served)
        for scope, tables in document.items()
    }
    check_problems(file, DumpValidator(tuple(served)).problems(document))
    check_problems(file, _wrong_values(document, served), "a value that the schema of the record allows")
    tables: dict[str, dict[str, Mapping[str, Mapping[str, Document]]]] = {}
    for scope, collections in document.items():
        if scope != SANDBOX_SCOPE:
            tables.setdefault(scope.partition("/")[0], {})[scope] = collections
    if not tables:
        raise StartupError("the dump has no records of any vendor", str(file), _DUMP)
    return tables


def _wrong_values(document: Document, served: Sequence[LoadedVendor]) -> Iterator[Document]:
    """Yield the values in records of own APIs that their schemas refuse. The server adds missing members."""
    for vendor in (one for one in served if one.spec.is_own):
        kinds = {one.collection: one for one in find_resources(vendor.spec).values()}
        for name, records in document.get(f"{vendor.name}/", EMPTY).items():
            if kind := kinds.get(name):
                judge = compile_schema(kind.document, kind.schema, COMMON_FORMATS)
                found = ((key, one) for key, record in records.items() for one in judge.problems(record))
                for key, one in found:
                    if one.rule != "required":
                        pointer = pointer_of((vendor.name, name, key, *one.path))
                        yield {"pointer": pointer, "detail": one.detail}


def _keyed(file: Path, vendor: str, tables: Json, served: Sequence[LoadedVendor]) -> Json:
    """Return the tables with each list of records turned into records by key.

    Raises StartupError if the spec does not tell a list's key, or if a key is missing or repeated.
    """
    if not isinstance(tables, dict):
        return tables
    lists = {name: one for name, one in tables.items() if isinstance(one, list) and one}
    known = next((key_members(one.spec) for one in served if one.name == vendor), {})
    keyed: dict[str, Json] = {}
    for name, records in lists.items():
        members = known.get(name)
        if not members:
            there = ", ".join(sorted(known)) or "no collection"
            what = f"the key of {name} is not in the spec of {vendor}, which has it for {there}"
            raise StartupError(what, f"{file}: /{vendor}/{name}", "write a mapping: {KEY: {…}}")
        for place, record in enumerate(records):
            absent = next((one for one in members if not isinstance(record, dict) or one not in record), "")
            if absent:
                where = f"{file}: /{vendor}/{name}/{place}"
                raise StartupError(f"the record has no {absent}", where, f"{absent}: …")
        found = {join_key(str(one[part]) for part in members): one for one in records}
        if len(found) < len(records):
            what = f"{len(records) - len(found)} of {len(records)} records of {name} have the key of another"
            raise StartupError(what, f"{file}: /{vendor}/{name}", "give each a key of its own")
        keyed[name] = found
    return {**tables, **keyed}


def check_problems(file: Path, problems: Iterable[Document], cure: str = _DUMP) -> None:
    """Raise StartupError if there is a problem, with the pointer of the first problem."""
    remaining = iter(problems)
    shown = list(islice(remaining, SHOWN_PROBLEMS))
    if not shown:
        return
    more = len(shown) - 1 + sum(1 for _ in remaining)
    also = f", and {more:,} more" if more else ""
    raise StartupError(f"{shown[0]['detail']}{also}", f"{file}: {shown[0]['pointer'] or '/'}", cure)


def read_text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise StartupError(f"cannot read the file: {error.strerror}", str(file), f"ls -l {file}") from None
    except UnicodeDecodeError as error:
        what = f"the file is not UTF-8, at byte {error.start:,}"
        raise StartupError(what, str(file), "save it as UTF-8") from None


def read_document(file: Path) -> Json:
    """Return the document of a JSON or YAML file, with exact decimals and text keys. Raises StartupError."""
    text = read_text(file)
    is_json = file.suffix not in _YAML_SUFFIXES and text.lstrip()[:1] in ("{", "[")
    return (_read_json if is_json else _read_yaml)(file, text)


def _read_json(file: Path, text: str) -> Json:
    try:
        document = json.decode(text.encode())
        json.check_depth(document)
    except MalformedBody as error:
        read = text.encode()[: error.position or 0].decode(errors="ignore")
        line, column = read.count("\n") + 1, len(read) - read.rfind("\n")
        where = f"{file}:{line}:{column}" if error.position else str(file)
        raise StartupError(f"the file is not JSON: {error}", where, _DUMP) from None
    return document


def _read_yaml(file: Path, text: str) -> Json:
    try:
        document = yaml.load(text)
        json.check_depth(document)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else str(file)
        raise StartupError(f"the file is not YAML: {error.problem}", where, "mend that line") from None
    except (YAMLError, MalformedBody) as error:
        raise StartupError(f"the file is not YAML: {error}", str(file), "mend the file") from None
    return document


def _kind(document: Json) -> str:
    names = {list: "a list", str: "a text", type(None): "nothing"}
    return names.get(type(document), "a single value")


class StateFile(Value, frozen=True):
    """The file of `--state`: `{mockserver, format, sandboxes: {name: {state, snapshots}}}`, in JSON."""

    file: Path

    def load(self, sandboxes: Sandboxes, served: tuple[LoadedVendor, ...]) -> None:
        """Check that the file can be written at the end. If the file exists, load all its sandboxes.

        Raises StartupError if the file is no saved state of served vendors, has too many sandboxes, or
        cannot be written.
        """
        self._check_writable()
        if not self.file.exists():
            return
        document = read_document(self.file)
        cure = f"mockserver run --state FILE, another one than {self.file}"
        check_problems(self.file, _problems(document, served), cure)
        for name, saved in document["sandboxes"].items():
            try:
                if name != DEFAULT_SANDBOX:
                    sandboxes.create(Settings(name))
            except TooManySandboxesError as error:
                needed = len({DEFAULT_SANDBOX, *document["sandboxes"]})
                cure = f"mockserver run --max-sandboxes {needed}"
                raise StartupError(str(error), str(self.file), cure) from None
            sandboxes.control(name, partial(_load, saved=saved))

    def save(self, sandboxes: Sandboxes) -> None:
        """Write all sandboxes to the file. Raises StartupError if that fails; the file is then unchanged."""
        saved = {}
        for name in sandboxes.names():
            try:
                saved[name] = sandboxes.control(name, _dump)
            except UnknownSandboxError:  # it has just expired
                continue
        document = {"mockserver": __version__, "format": FORMAT, "sandboxes": saved}
        try:
            replace_file(self.file, json.encode(document) + b"\n")
        except OSError as error:
            what = f"the state is not saved: {error.strerror}"
            raise StartupError(what, str(self.file), f"ls -ld {self.file.parent}") from None

    def _check_writable(self) -> None:
        folder = self.file.resolve().parent
        try:
            if self.file.is_dir():
                raise StartupError(
                    "expected a file, found a folder", str(self.file), f"{self.file}/state.json"
                )
            with TemporaryFile(dir=folder):
                pass
        except OSError as error:
            what = f"cannot write to the folder of the state file: {error.strerror}"
            raise StartupError(what, str(folder), f"mkdir -p {folder}") from None


def _dump(whole: SandboxState) -> Document:
    return {"state": snapshots.dump_tables(whole), "snapshots": snapshots.dump_snapshots(whole)}


def _load(whole: SandboxState, saved: Mapping[str, Json]) -> None:
    whole.load(saved["state"])
    snapshots.load_snapshots(whole, saved["snapshots"])
    snapshots.note_loaded(whole, ["--state"])


def _problems(document: Json, served: tuple[LoadedVendor, ...]) -> Iterator[Document]:
    if not isinstance(document, dict) or not document.keys() >= _MEMBERS:
        yield _problem((), "the file is not a state that mockserver saved")
    elif document["format"] != FORMAT:
        yield _problem(("format",), f"expected format {FORMAT}; another version of mockserver wrote the file")
    elif not isinstance(document["sandboxes"], dict):
        yield _problem(("sandboxes",), "expected an object of sandboxes")
    else:
        for name, saved in document["sandboxes"].items():
            yield from _sandbox_problems(name, saved, served)


def _sandbox_problems(name: str, saved: Json, served: tuple[LoadedVendor, ...]) -> Iterator[Document]:
    where: Place = ("sandboxes", name)
    if not is_sandbox_name(name):
        yield _problem(where, "a sandbox name is 1 to 64 of a-z, 0-9 and -")
    if not isinstance(saved, dict) or saved.keys() != _SANDBOX_MEMBERS:
        yield _problem(where, "expected an object with state and snapshots")
        return
    yield from _table_problems(saved["state"], (*where, "state"), served)
    malformed = [
        _problem(problem.path, problem.detail)
        for problem in SAVED_SNAPSHOTS.problems(saved["snapshots"], (*where, "snapshots"))
    ]
    yield from malformed
    for key, snapshot in () if malformed else saved["snapshots"]["kept"].items():
        place = (*where, "snapshots", "kept", key)
        if snapshot["id"] != key:
            yield _problem(place, f"the snapshot stored as {key} has another id")
        yield from _table_problems(snapshot["tables"], (*place, "tables"), served)


def _table_problems(tables: Json, where: Place, served: tuple[LoadedVendor, ...]) -> Iterator[Document]:
    if not isinstance(tables, dict) or not isinstance(tables.get(SANDBOX_SCOPE), dict):
        yield _problem((*where, SANDBOX_SCOPE), "the seed and the clock of the sandbox are missing")
        return
    for problem in DumpValidator(served).problems(tables):
        yield {**problem, "pointer": pointer_of(where) + problem["pointer"]}


def _problem(where: Place, detail: str) -> Document:
    return {"pointer": pointer_of(where), "detail": detail}


class ReadyFile(Value, frozen=True):
    """The file of `--ready-file`; it holds the address of the server."""

    file: Path

    @contextmanager
    def removed_at_end(self) -> Iterator[None]:
        """Remove the file before and after the context.

        Raises StartupError at the start if the file holds something else than an address, or cannot be
        removed, or if its folder is missing.
        """
        try:
            self._check_is_ours()
            self.file.unlink(missing_ok=True)
        except OSError as error:
            what = f"cannot write the ready file: {error.strerror}"
            raise StartupError(
                what, f"--ready-file {self.file}", "name a file in a folder that you may write to"
            ) from None
        try:
            yield
        finally:
            with suppress(OSError):
                self.file.unlink()

    def write(self, url: str) -> None:
        replace_file(self.file, f"{url}\n".encode())

    def _check_is_ours(self) -> None:
        if not self.file.parent.is_dir():
            raise FileNotFoundError(2, f"there is no folder {self.file.parent}")
        if self.file.exists():
            with self.file.open("rb") as opened:
                content = opened.read(_LONGEST_BYTES)
            if not _ADDRESS.fullmatch(content):
                what = "the ready file is there and holds something else than an address"
                raise StartupError(what, f"--ready-file {self.file}", "name another file")


def replace_file(file: Path, content: bytes) -> None:
    """Replace or create the file with mode 0600.

    The content is first written to a new file in the same folder, and flushed to the disk. Raises OSError;
    then the old file is unchanged.
    """
    target = file.resolve()  # a link stays a link
    opened, name = mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(opened, "wb") as written:
            written.write(content)
            written.flush()
            os.fsync(written.fileno())
        Path(name).replace(target)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
