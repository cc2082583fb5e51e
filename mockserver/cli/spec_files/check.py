"""Find everything that keeps a spec from being served, and what OpenAPI does not allow, at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml as pyyaml

from mockserver.cli.failure.suggestions import nearest, shown
from mockserver.cli.spec_files.batch_checks import Misfit, find_misfits
from mockserver.cli.spec_files.cures import cure_of
from mockserver.cli.spec_files.openapi_rules import Path_, openapi_problems, operations_of, wrong_types
from mockserver.cli.spec_files.references import is_own_fault, reference_problems, without_references
from mockserver.cli.spec_files.statuses import find_unstated_statuses
from mockserver.codec import json, yaml
from mockserver.contract.profile_file.entries import WrittenProfileError
from mockserver.contract.profile_file.profile import profile_of_spec
from mockserver.engine.registry import load_vendor, vendor_packages
from mockserver.errors import MockServerError
from mockserver.spec.loading import MALFORMED, load_spec
from mockserver.spec.openapi import METHODS, Spec
from mockserver.spec.positions import START, Place, compose, place_in
from mockserver.spec.references import find_broken_references
from mockserver.spec.yaml_errors import find_yaml_fault

_MOST_PROBLEMS = 20
_PROFILE_CURE = "what the table of x-contract in docs/own-spec.md says"
_EXTENSION = re.compile(r"x-[a-z-]+(?:\.[\w-]+)*")
_NOT_NEEDED = ("unknown; known are", "security: add", "x-paths")
_TOP_EXTENSION = re.compile(r"x-(?:paths|rate-limit)(?:\.[\w-]+)*")
_OF_TYPES = re.compile(r"OpenAPI: \{|is not valid under any of the given schemas")
_TWICE = re.compile(r"is there twice, in .* and in ([A-Z]+) (/\S*)$")
_NO_OPERATION_ID = re.compile(r"(\w+) (/\S*): (\w+) is missing")


@dataclass(frozen=True, slots=True)
class SpecProblem:
    """A problem of a spec: where it is, what is wrong, and what to write; a warning where it may be meant."""

    file: Path
    place: Place
    pointer: str
    what: str
    cure: str
    is_warning: bool = False


def find_problems(file: Path, *, schema: bool = True) -> tuple[SpecProblem, ...]:
    """Return the problems of a spec by line; with `schema` what OpenAPI does not allow as well."""
    try:
        text = file.read_bytes().decode()
        document, root = yaml.load(text), compose(text)
    except UnicodeError:
        return (SpecProblem(file, START, "", "the file is not UTF-8 text", "save it as UTF-8"),)
    except RecursionError:
        return (SpecProblem(file, START, "", "not YAML: nested too deep", "nest less"),)
    except pyyaml.YAMLError as error:
        return (_syntax_problem(file, text, error),)
    if not isinstance(document, dict):
        what = "expected an OpenAPI document, found no mapping"
        return (SpecProblem(file, START, "", what, "openapi: 3.0.3"),)
    problems = {
        SpecProblem(file, place_in(root, path), _pointer(path, document), what, cure)
        for path, what, cure in _problems(file, document, schema=schema)
    }
    if schema and not problems:
        problems = {
            SpecProblem(
                file,
                place_in(root, one.path),
                _pointer(one.path, document),
                one.what,
                one.cure,
                one.is_warning,
            )
            for one in _doubts(file)
        }
    return tuple(sorted(problems, key=lambda one: (one.place, one.what)))


def _doubts(file: Path) -> Iterator[Misfit]:
    """Yield what can be served and is probably not meant, for a vendor without a package."""
    if file.stem not in vendor_packages() and not file.stem.startswith("_"):
        spec = load_spec(file)
        yield from find_misfits(spec)
        yield from find_unstated_statuses(spec)
        yield from _wrong_profile(spec)


def _wrong_profile(spec: Spec) -> Iterator[Misfit]:
    """Yield what keeps `mockserver contract` from reading `x-contract`; the server does not need it."""
    try:
        profile_of_spec(spec)
    except WrittenProfileError as error:
        yield Misfit(error.path, error.said, _PROFILE_CURE, is_warning=False)


def _problems(file: Path, document: dict[str, Any], *, schema: bool) -> list[tuple[Path_, str, str]]:
    broken = list(find_broken_references(document))
    whole = without_references(document, broken)
    refused = [one for one in _loader_problems(file, whole) if is_own_fault(one[0], one[1], broken)]
    disallowed = [one for one in openapi_problems(whole) if is_own_fault(one[0], one[1], broken)]
    malformed = [one for one in refused if MALFORMED in one[1]]
    if malformed and (disallowed or broken):
        refused = [one for one in refused if one not in malformed]
    shown_ones = disallowed if schema or malformed else []
    types = list(wrong_types(whole))
    if types:  # what the validators say of them is a dump of all around it
        refused = [one for one in refused if "cannot be compiled" not in one[1]]
        shown_ones = [one for one in shown_ones if not _OF_TYPES.search(one[1])]
    return [*reference_problems(broken), *types[:_MOST_PROBLEMS], *refused, *shown_ones]


def _syntax_problem(file: Path, text: str, error: pyyaml.YAMLError) -> SpecProblem:
    fault = find_yaml_fault(text, error)
    place = Place(fault.line, fault.column) if fault.line else START
    cure = "quote texts with : or #, and indent with spaces"
    if "indented" in fault.what:
        cure = "indent with spaces, members of one mapping all alike"
    elif "twice" in fault.what:
        cure = "remove one of them, or rename it"
    return SpecProblem(file, place, "", f"not YAML: {shown(fault.what)}", cure)


def _loader_problems(file: Path, document: dict[str, Any]) -> Iterator[tuple[Path_, str, str]]:
    """Yield what our loader refuses; what is told is taken out, so that it tells the next one."""
    rest = deepcopy(document)
    for _ in range(_MOST_PROBLEMS):
        message = _load(file, rest)
        if message is None:
            return
        path = _path_of(message, document)
        what = message.removeprefix(f"{file.name}: ").removeprefix(f"{file.stem}: ")
        yield path, what, cure_of(what, path, document)
        if not (_part_taken_out(what, path, rest) or _taken_out(message, path, rest)):
            return


def _load(file: Path, document: dict[str, Any]) -> str | None:
    """Return the first problem that our loader has with the document, None if it has none."""
    with TemporaryDirectory() as folder:
        copy = Path(folder) / file.name
        copy.write_bytes(json.encode(document))
        try:
            load_vendor(copy)
        except MockServerError as error:
            return str(error)
    return None


def _taken_out(message: str, path: Path_, document: dict[str, Any]) -> bool:
    """Take what the message is about out of the document; return whether that was possible."""
    if "openapi: expected" in message:
        changed = document.get("openapi") != "3.0.3"
        document["openapi"] = "3.0.3"
        return changed
    if "info.title" in message:
        document["info"] = {"title": "x", "version": "1"}
        return True
    if path[:1] == ("paths",) and len(path) > 2:  # noqa: PLR2004 - a path and a method
        del document["paths"][path[1]][path[2]]
        return any(method in item for item in document["paths"].values() for method in METHODS)
    return False


def _part_taken_out(what: str, path: Path_, document: dict[str, Any]) -> bool:
    """Take out what is wrong and not needed, so that the rest of its operation is read as well."""
    if not any(part in what for part in _NOT_NEEDED):
        return False
    node: Any = document
    for step in path[:-1]:
        node = node.get(step) if isinstance(node, dict) else None
    if not isinstance(node, dict) or path[-1] not in node:
        return False
    value = node.pop(path[-1])
    _, _, known = what.partition("unknown; known are ")
    near = nearest(str(path[-1]), known.split(", ")) if known else None
    if near:
        node.setdefault(near, value)
    return True


def _path_of(message: str, document: dict[str, Any]) -> Path_:
    """Return the path of what a message of our loader is about."""
    if "openapi: expected" in message:
        return ("openapi",)
    if "info.title" in message:
        return ("info",)
    if named := _TWICE.search(message) or _NO_OPERATION_ID.search(message):
        return ("paths", named[2], named[1].lower(), *(("operationId",) if "twice" in message else ()))
    names = message.split(": ")
    for path, method, operation in operations_of(document):
        if operation.get("operationId") in names:
            return _refined(message, ("paths", path, method), operation)
    if top := _TOP_EXTENSION.search(message):
        return tuple(top[0].split("."))
    return ("paths",) if "paths" in message else ()


def _refined(message: str, path: Path_, operation: dict[str, Any]) -> Path_:
    if "security" in message and "security" in operation:
        return (*path, "security")
    if extension := _EXTENSION.search(message):
        own = tuple(extension[0].split("."))
        media = [
            name for name in operation.get("requestBody", {}).get("content", {}) if f"{name}: " in message
        ]
        inside = ("requestBody", "content", *media[:1]) if media and own[0] not in operation else ()
        return (*path, *inside, *own)
    return path


def _pointer(path: Path_, document: Any) -> str:
    """Return the JSON Pointer of the deepest value on the path that is there."""
    there: list[str | int] = []
    node: Any = document
    for step in path:
        try:
            node = node[step]
        except (KeyError, IndexError, TypeError):
            break
        there.append(step)
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in there)
