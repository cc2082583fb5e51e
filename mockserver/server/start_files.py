"""Read the files that a server starts from: scenarios, fixtures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path

from yaml import MarkedYAMLError, YAMLError

from mockserver.codec import json, yaml
from mockserver.control.scenario_documents import operations_by_vendor
from mockserver.control.state import DumpValidator
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import MalformedBody
from mockserver.model import Document, Json
from mockserver.sandbox.store import SANDBOX_SCOPE, Tables
from mockserver.scenario.parser import InvalidScenarioError, parse_text
from mockserver.server.startup_error import StartupError

SHOWN_PROBLEMS = 3
_YAML_SUFFIXES = (".yaml", ".yml")
_DUMP = "mockserver sandbox dump -o FILE"
_ALL_PROBLEMS = "mockserver scenario validate"


def read_scenarios(files: Iterable[Path], served: Sequence[LoadedVendor]) -> tuple[Document, ...]:
    """Return the scenario documents of the files, in their order.

    Raises:
        StartupError: a file cannot be read, is not a scenario, or has the name of another one.
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
    """Return the tables by vendor of a dump, in JSON or YAML, of all vendors or of some.

    What the dump says of its sandbox (seed, clock, scenarios) is left out.

    Raises:
        StartupError: the file cannot be read, or is not a dump of vendors that are served.
    """
    document = read_document(file)
    if not isinstance(document, dict):
        raise StartupError(f"expected a dump, an object; found {_kind(document)}", str(file), _DUMP)
    check_problems(file, DumpValidator(tuple(served)).problems(document))
    tables: dict[str, dict[str, Mapping[str, Mapping[str, Document]]]] = {}
    for scope, collections in document.items():
        if scope != SANDBOX_SCOPE:
            tables.setdefault(scope.partition("/")[0], {})[scope] = collections
    if not tables:
        raise StartupError("the dump has no records of any vendor", str(file), _DUMP)
    return tables


def check_problems(file: Path, problems: Iterable[Document], cure: str = _DUMP) -> None:
    """Raise `StartupError` if there is a problem, with the pointer of the first one.

    Raises:
        StartupError: there is at least one problem.
    """
    remaining = iter(problems)
    shown = list(islice(remaining, SHOWN_PROBLEMS))
    if not shown:
        return
    more = len(shown) - 1 + sum(1 for _ in remaining)
    also = f", and {more:,} more" if more else ""
    raise StartupError(f"{shown[0]['detail']}{also}", f"{file}: {shown[0]['pointer'] or '/'}", cure)


def read_text(file: Path) -> str:
    """Return the text of a UTF-8 file.

    Raises:
        StartupError: it cannot be read.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise StartupError(f"cannot read the file: {error.strerror}", str(file), f"ls -l {file}") from None
    except UnicodeDecodeError as error:
        what = f"the file is not UTF-8, at byte {error.start:,}"
        raise StartupError(what, str(file), "save it as UTF-8") from None


def read_document(file: Path) -> Json:
    """Return what a JSON or YAML file holds, with exact decimals and text keys.

    Raises:
        StartupError: it cannot be read.
    """
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
