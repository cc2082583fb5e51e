"""Read the files of an OpenAPI document, and bring the parts in other files into one document."""

from __future__ import annotations

import json as standard_json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct, field

from mockserver.codec import yaml
from mockserver.codec.json import is_deep, parse_decimal
from mockserver.errors import SpecError
from mockserver.model import Document, Json, Value, escape_step
from mockserver.spec.yaml_positions import end_of, find_yaml_fault

PARTS = "x-parts"
"""Member of the root document with the other files, by path: relative in the root's folder, else absolute."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]..")
_LONE = re.compile("[\ud800-\udfff]")
_MOST_LEVELS = 200
"""Maximum number of levels of a document, so that reading it does not end in a RecursionError."""

_JSON_CURE = "names and texts in double quotes, a comma between two members, no comma after the last"
_YAML_CURES = {
    "indented": "indent with spaces, members of one mapping all alike",
    "twice": "remove one of them, or rename it",
    "deep": "nest less",
    "": "quote texts with : or #, and indent with spaces",
}
"""By a word of a message, what to do."""

_Parsed = tuple[Json, tuple[SpecError, ...]]
_DATA = frozenset({"example", "examples", "default", "enum", "const"})


def read_text(file: Path) -> str:
    """Return the text of a UTF-8 or UTF-16 file, without the byte order mark. Raises SpecError."""
    try:
        content = file.read_bytes()
        wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        return content.decode("utf-16" if wide else "utf-8-sig")
    except OSError as error:
        raise SpecError(f"cannot be read: {error.strerror}", file=file.name) from None
    except UnicodeDecodeError as error:
        place = end_of(content[: error.start].decode(error.encoding, "replace"))
        message, cure = f"the file is not {error.encoding.upper()} text: {error.reason}", "save it as UTF-8"
        raise SpecError(message, file=file.name, cure=cure, place=place) from None


def parse(text: str, name: str) -> Json:
    """Parse the JSON or YAML text of file `name`. Numbers are exact, names are texts. Raises SpecError."""
    return _parsed(text, name)[0]


def _parsed(text: str, name: str) -> _Parsed:
    is_json = text.lstrip()[:1] in ("{", "[")
    document, faults = _parsed_json(text, name) if is_json else _parsed_yaml(text, name)
    if is_deep(document, _MOST_LEVELS):
        raise SpecError(f"nested deeper than {_MOST_LEVELS} levels", file=name, cure="nest less")
    return document, faults


def _parsed_yaml(text: str, name: str) -> _Parsed:
    try:
        return parse_yaml(text, name), ()
    except SpecError as fault:
        return parse_yaml(text, name, lenient=True), (fault,)


def parse_yaml(text: str, name: str, *, lenient: bool = False) -> Json:
    """Return what `yaml.load` returns for the text of the file `name`. Raises SpecError."""
    try:
        return yaml.load(text, lenient=lenient)
    except (yaml.YAMLError, RecursionError) as error:
        what, line, column = find_yaml_fault(text, error)
        cure = next(cure for word, cure in _YAML_CURES.items() if word in what)
        place = (line, column) if line else ()
        raise SpecError(f"not YAML: {what}", file=name, cure=cure, place=place) from None


def _parsed_json(text: str, name: str) -> _Parsed:
    repeats: list[str] = []

    def read_members(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        made = dict(pairs)
        repeats.extend(made if len(made) < len(pairs) else ())
        return made

    try:
        document = standard_json.loads(
            text, parse_float=_exact, parse_constant=str, strict=False, object_pairs_hook=read_members
        )
    except (ValueError, RecursionError) as error:
        faults: tuple[SpecError, ...] = ()
        if isinstance(error, standard_json.JSONDecodeError):
            place = error.lineno, error.colno
            faults = (SpecError(f"not JSON: {error.msg}", file=name, cure=_JSON_CURE, place=place),)
        try:  # YAML in flow style allows comments and a last comma
            return parse_yaml(text, name, lenient=True), faults if name.lower().endswith(".json") else ()
        except SpecError as unread:
            raise (*faults, unread)[0] from None
    # YAML has neither surrogates nor tabs before its tokens; its reader finds the line of a repeated name.
    faults = _parsed_yaml(_SURROGATE.sub(r"\\u0020", text.replace("\t", " ")), name)[1] if repeats else ()
    return _whole_texts(document) if _SURROGATE.search(text) else document, faults


def _exact(text: str) -> Decimal | str:
    try:
        return parse_decimal(text)
    except ValueError:
        return text


def _whole_texts(value: Json) -> Json:
    """Return the value with U+FFFD in place of lone surrogates, which UTF-8 cannot encode."""
    if isinstance(value, str):
        return _LONE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole_texts(one) for one in value]
    if isinstance(value, dict):
        return {_whole_texts(name): _whole_texts(one) for name, one in value.items()}
    return value


def listed(value: Json) -> list[Any]:
    """Return the value if it is a list, else an empty list."""
    return value if isinstance(value, list) else []


def members(value: Json) -> dict[str, Any]:
    """Return the members of an object, with texts as names; {} if the value is no object."""
    return {str(name): one for name, one in value.items()} if isinstance(value, dict) else {}


def extensions(node: Document) -> dict[str, Any]:
    """Return the members whose names begin with `x-`."""
    return {name: one for name, one in node.items() if str(name).startswith("x-")}


def texts(value: Json) -> list[str]:
    """Return those elements of a list that are texts; [] if the value is no list."""
    return [one for one in listed(value) if isinstance(one, str)]


class SourceDocument(Value, frozen=True):
    """A document, read from its root file and all files that it refers to."""

    text: str
    """The text of the root file."""
    document: dict[str, Any]
    files: tuple[Path, ...]
    """The other files that the document refers to, including files that cannot be read."""
    faults: tuple[SpecError, ...]
    """The first fault of the root file that does not prevent reading, such as a repeated name, if any."""


def read_source(root: Path) -> SourceDocument:
    """Read a document, put the other files that it refers to into its `x-parts`, and point references there.

    A reference to a file that cannot be read, or to another host, stays unchanged. Raises SpecError: the root
    file cannot be read, or has no mapping.
    """
    text = read_text(root)
    document, faults = _parsed(text, root.name)
    if not isinstance(document, dict):
        message = "expected an OpenAPI document, found no mapping"
        raise SpecError(message, file=root.name, cure="openapi: 3.1.0")
    bundle = _Bundle(root.resolve())
    bundle.localize(document, bundle.root)
    if bundle.parts:
        document[PARTS] = bundle.parts
    return SourceDocument(text, document, (*bundle.names, *sorted(bundle.missing)), faults)


class _Bundle(Struct):
    """The other files of a document."""

    root: Path
    parts: dict[str, Json] = field(default_factory=dict)
    """Contents of the files, by name."""
    names: dict[Path, str] = field(default_factory=dict)
    """Name of each file that was read."""
    missing: set[Path] = field(default_factory=set)
    """Files that could not be read."""

    def localize(self, document: Json, file: Path) -> None:
        """Point references in `document` and in referenced files into the root document; read a file once."""
        ahead = [(document, file)]
        while ahead:
            node, here = ahead.pop()
            for holder in _reference_holders(node):
                local, part = self._local(holder["$ref"], here)
                holder["$ref"] = local
                if part is not None:
                    ahead.append((self.parts[self.names[part]], part))

    def _local(self, reference: str, here: Path) -> tuple[str, Path | None]:
        """Return the reference for the root document, and the file if this call has read it, else None."""
        address, _, pointer = reference.partition("#")
        if not address:
            return (reference if here == self.root else self._within(here, pointer)), None
        file = _file_at(address, here)
        if file is None:
            return reference, None
        if file == self.root:
            return f"#{pointer}", None
        is_new = file not in self.names and file not in self.missing and self._read(file)
        return (reference if file in self.missing else self._within(file, pointer)), file if is_new else None

    def _read(self, file: Path) -> bool:
        try:
            part = parse(read_text(file), file.name)
        except SpecError:
            self.missing.add(file)
            return False
        name = str(file.relative_to(self.root.parent)) if file.is_relative_to(self.root.parent) else str(file)
        self.names[file], self.parts[name] = name, part
        return True

    def _within(self, file: Path, pointer: str) -> str:
        is_anchor = pointer and not pointer.startswith("/")
        return f"#/{PARTS}/{escape_step(self.names[file])}" + (f"/#{pointer}" if is_anchor else pointer)


def _file_at(address: str, here: Path) -> Path | None:
    """Return the file that an address in the file `here` names; None for a folder, device or other host."""
    try:
        parts = urlsplit(address)
        file = (here.parent / unquote(parts.path)).resolve()
        is_device = file.exists() and not file.is_file()  # reading a device may never end
    except (ValueError, OSError, RuntimeError):
        return None
    return file if parts.scheme in ("", "file") and not is_device else None


def _reference_holders(document: Json) -> Iterator[dict[str, Any]]:
    """Yield each object with a text `$ref` once; skip lists of data (under `enum`, `examples` …)."""
    ahead, seen = [document], set()
    while ahead:
        node = ahead.pop()
        if isinstance(node, dict):
            if id(node) in seen:
                continue
            seen.add(id(node))
            if isinstance(node.get("$ref"), str):
                yield node
            ahead += [child for name, child in node.items() if name not in _DATA or isinstance(child, dict)]
        elif isinstance(node, list):
            ahead += node
