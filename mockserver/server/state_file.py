"""Keep the state of all sandboxes in a file, from one run of the server to the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile

from mockserver import __version__
from mockserver.codec import json
from mockserver.control.state import DumpValidator
from mockserver.control.state_schemas import SAVED_SNAPSHOTS
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import TooManySandboxesError, UnknownSandboxError
from mockserver.model import Document, Json, pointer_of
from mockserver.model import Path as Place
from mockserver.sandbox import snapshots
from mockserver.sandbox.idle import DEFAULT_SANDBOX
from mockserver.sandbox.sandboxes import Sandboxes, is_sandbox_name
from mockserver.sandbox.settings import Settings
from mockserver.sandbox.store import SANDBOX_SCOPE, SandboxState
from mockserver.server.private_file import replace_file
from mockserver.server.start_files import check_problems, read_document
from mockserver.server.startup_error import StartupError

FORMAT = 1
_MEMBERS = frozenset({"mockserver", "format", "sandboxes"})
_SANDBOX_MEMBERS = frozenset({"state", "snapshots"})


@dataclass(frozen=True, slots=True)
class StateFile:
    """The file of `--state`: `{mockserver, format, sandboxes: {name: {state, snapshots}}}`, in JSON."""

    file: Path

    def load(self, sandboxes: Sandboxes, served: tuple[LoadedVendor, ...]) -> None:
        """Load all sandboxes of the file; without a file, see that it can be written at the end.

        Raises:
            StartupError: the file is not a saved state of vendors that are served, or cannot be written.
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
        """Write all sandboxes to the file, in place of what it holds.

        Raises:
            StartupError: it cannot be written; the file is as it was.
        """
        saved = {}
        for name in sandboxes.names():
            try:
                saved[name] = sandboxes.control(name, _dump)
            except UnknownSandboxError:  # it was idle for too long
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
    """Yield what keeps a document from being loaded, in its order."""
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
        _problem(one.path, one.detail)
        for one in SAVED_SNAPSHOTS.problems(saved["snapshots"], (*where, "snapshots"))
    ]
    yield from malformed
    for key, snapshot in () if malformed else saved["snapshots"]["kept"].items():
        place = (*where, "snapshots", "kept", key)
        if snapshot["id"] != key:
            yield _problem(place, f"the snapshot stored as {key} has another id")
        yield from _table_problems(snapshot["tables"], (*place, "tables"), served)


def _table_problems(tables: Json, where: Place, served: tuple[LoadedVendor, ...]) -> Iterator[Document]:
    """Yield what is wrong with everything that a sandbox holds; its settings have to be there."""
    if not isinstance(tables, dict) or not isinstance(tables.get(SANDBOX_SCOPE), dict):
        yield _problem((*where, SANDBOX_SCOPE), "the seed and the clock of the sandbox are missing")
        return
    for problem in DumpValidator(served).problems(tables):
        yield {**problem, "pointer": pointer_of(where) + problem["pointer"]}


def _problem(where: Place, detail: str) -> Document:
    return {"pointer": pointer_of(where), "detail": detail}
