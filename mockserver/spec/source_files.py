"""Files of an OpenAPI document: read as they are, and parts in other files brought into one document."""

from __future__ import annotations

import json as standard_json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from yaml import YAMLError

from mockserver.codec import yaml
from mockserver.codec.json import parse_decimal
from mockserver.errors import SpecError
from mockserver.model import Document, Json, escape_step
from mockserver.spec.yaml_positions import describe_yaml_error

PARTS = "x-parts"
"""The member of the root document that holds the other files, each under its name from the root's folder."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_LONE = re.compile("[\ud800-\udfff]")
_MOST_LEVELS = 200
_DATA = frozenset({"example", "examples", "default", "enum", "const"})


def read_text(file: Path) -> str:
    """Return the text of a file in UTF-8 or UTF-16, without a byte order mark. Raises SpecError."""
    try:
        content = file.read_bytes()
        wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        return content.decode("utf-16" if wide else "utf-8-sig")
    except OSError as error:
        raise SpecError(f"cannot be read: {error.strerror}", file=file.name) from None
    except UnicodeError as error:
        raise SpecError(str(error), file=file.name, cure="save it as UTF-8") from None


def parse(text: str, name: str) -> Json:
    """Return the document of a JSON or YAML text; numbers stay exact, names are texts. Raises SpecError."""
    document = _parsed(text, name)
    if _is_deep(document):
        raise SpecError(f"nested deeper than {_MOST_LEVELS} levels", file=name)
    return document


def _parsed(text: str, name: str) -> Json:
    if text.lstrip()[:1] in ("{", "["):
        try:
            return _parse_json(text)
        except (ValueError, RecursionError):
            pass  # flow style of YAML begins alike, and allows comments and a last comma
    try:
        return yaml.load(text, lenient=True)
    except (YAMLError, RecursionError) as error:
        raise SpecError(f"not YAML: {describe_yaml_error(text, error)}", file=name) from None


def _parse_json(text: str) -> Json:
    document = standard_json.loads(text, parse_float=_exact, parse_constant=str, strict=False)
    return _whole_texts(document) if _SURROGATE.search(text) else document


def _exact(text: str) -> Decimal | str:
    try:
        return parse_decimal(text)
    except ValueError:
        return text


def _whole_texts(value: Json) -> Json:
    """Return the value with U+FFFD for halves of surrogate pairs, which no UTF-8 can hold."""
    if isinstance(value, str):
        return _LONE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole_texts(one) for one in value]
    if isinstance(value, dict):
        return {_whole_texts(name): _whole_texts(one) for name, one in value.items()}
    return value


def _is_deep(document: Json) -> bool:
    """Return whether the document has so many levels that reading it may end in a RecursionError."""
    level = [document]
    for _ in range(_MOST_LEVELS):
        inside = (
            one.values() if isinstance(one, dict) else one for one in level if isinstance(one, dict | list)
        )
        level = list(chain.from_iterable(inside))
    return bool(level)


def listed(value: Json) -> list[Any]:
    """Return the value if it is a list, else none of it."""
    return value if isinstance(value, list) else []


def members(value: Json) -> dict[str, Any]:
    """Return the members of a value that is an object, by texts; else none."""
    return {str(name): one for name, one in value.items()} if isinstance(value, dict) else {}


def extensions(node: Document) -> dict[str, Any]:
    """Return the members whose names begin with `x-`."""
    return {name: one for name, one in node.items() if str(name).startswith("x-")}


def texts(value: Json) -> list[str]:
    """Return the texts of a list, else none."""
    return [one for one in listed(value) if isinstance(one, str)]


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A document, the `text` of its root file, and the other `files` that it refers to, missing ones too."""

    text: str
    document: dict[str, Any]
    files: tuple[Path, ...]


def read_source(root: Path) -> SourceDocument:
    """Read a document; what it refers to in other files is in its `x-parts`, with local references.

    A reference to a missing file, or to another host, stays as it is. Raises SpecError: the root is no
    document.
    """
    text = read_text(root)
    document = parse(text, root.name)
    if not isinstance(document, dict):
        raise SpecError("expected an OpenAPI document, found no mapping", file=root.name)
    bundle = _Bundle(root.resolve())
    bundle.localize(document, bundle.root)
    if bundle.parts:
        document[PARTS] = bundle.parts
    return SourceDocument(text, document, (*bundle.names, *sorted(bundle.missing)))


@dataclass(slots=True)
class _Bundle:
    """The other files by name; `names` has the name of each that was read, `missing` those that were not."""

    root: Path
    parts: dict[str, Json] = field(default_factory=dict)
    names: dict[Path, str] = field(default_factory=dict)
    missing: set[Path] = field(default_factory=set)

    def localize(self, document: Json, file: Path) -> None:
        """Make the references of a document local, file by file as they are met."""
        ahead = [(document, file)]
        while ahead:
            node, here = ahead.pop()
            for holder in _reference_holders(node):
                local, part = self._local(holder["$ref"], here)
                holder["$ref"] = local
                if part is not None:
                    ahead.append((self.parts[self.names[part]], part))

    def _local(self, reference: str, here: Path) -> tuple[str, Path | None]:
        """Return the reference within the whole document, and its file if that was now read."""
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
    """The file at an address in the file `here`; None for one at another host, or that no file can have."""
    try:
        parts = urlsplit(address)
        file = (here.parent / unquote(parts.path)).resolve()
        is_device = file.exists() and not file.is_file()  # which may never end
    except (ValueError, OSError, RuntimeError):
        return None
    return file if parts.scheme in ("", "file") and not is_device else None


def _reference_holders(document: Json) -> Iterator[dict[str, Any]]:
    """Yield the objects with a `$ref` that is a text, outside of examples and the like; each once."""
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
