"""Parse YAML 1.2 or JSON text to plain data with the line and column of every key and value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

import yaml
from msgspec import field

from mockserver.codec.json import MAX_DEPTH
from mockserver.codec.yaml import EventReader, PlainLoader, TextPosition
from mockserver.model import Json, Path, Value, pointer_of

MAX_CHARACTERS = 64 * 1024
UNKNOWN_KEY = "unknown-key"
"""Code of a problem whose place is a key; the place of any other problem is a value."""

_TAG = "tag:yaml.org,2002:"
_FLOAT = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_NOT_FINITE = r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"


class DocumentProblem(NamedTuple):
    """A problem at one place of a document.

    `line` and `column` count from 1; both are None if the document was not read from a text.
    """

    path: Path
    code: str
    """Stable and in kebab-case."""
    detail: str
    """What is wrong."""
    hint: str
    """The cure."""
    line: int | None = None
    column: int | None = None

    @property
    def pointer(self) -> str:
        return pointer_of(self.path)


class PositionedDocument(Value, frozen=True):
    """A document, and for each path the marks where key and value begin."""

    document: Json
    values: Mapping[Path, yaml.Mark] = field(default_factory=dict)
    keys: Mapping[Path, yaml.Mark] = field(default_factory=dict)
    syntax_problems: tuple[DocumentProblem, ...] = ()
    """Problems at the places of the text that are not plain data."""

    @classmethod
    def refused(cls, code: str, detail: str, hint: str, *position: int) -> Self:
        """Return an empty document with one problem, for a text or document that is not read at all."""
        return cls(None, syntax_problems=(DocumentProblem((), code, detail, hint, *position),))

    def locate(self, problem: DocumentProblem) -> DocumentProblem:
        """Return the problem with line and column of its key or value, or of the nearest place around it."""
        places = self.keys if problem.code == UNKNOWN_KEY else self.values
        path = problem.path
        while path and path not in places:
            path = path[:-1]
        return problem._replace(**TextPosition.of(places[path])._asdict()) if path in places else problem


def parse_yaml(text: str, max_characters: int = MAX_CHARACTERS) -> PositionedDocument:
    """Parse the text. If the text has syntax problems, the result lists them and has what can be read."""
    if (refused := check_size(len(text), max_characters)) is not None:
        return refused
    position: tuple[int, ...] = ()
    try:
        reader = _TolerantReader(text)
        return PositionedDocument(reader.read(), reader.values, reader.keys, tuple(reader.problems))
    except _UnreadableError as error:
        return PositionedDocument.refused(*error.args)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        position = TextPosition.of(mark) if mark else ()
        message = " ".join(part for part in (error.context, error.problem) if part)
    except (yaml.YAMLError, UnicodeError) as error:
        message = "a character that no YAML may hold" if isinstance(error, UnicodeError) else str(error)
    detail = "the text is not YAML: " + message.replace("\n", " ")
    return PositionedDocument.refused("unreadable", detail, "correct it there, or quote the value", *position)


def check_size(characters: int, max_characters: int = MAX_CHARACTERS) -> PositionedDocument | None:
    if characters <= max_characters:
        return None
    detail = f"{characters:,} characters, at most {max_characters:,} are read"
    return PositionedDocument.refused("too-large", detail, "split it into several scenarios")


class _UnreadableError(Exception):
    """The text cannot be read; `args` has the arguments of `PositionedDocument.refused`."""


class _CoreLoader(PlainLoader):
    """Loader with the types of YAML 1.2's core schema."""


_CoreLoader.yaml_implicit_resolvers = {}
for _kind, _pattern, _first in (
    ("null", "~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", "true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", "[-+]?[0-9]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("octal", "0o[0-7]+", ["0"]),
    ("float", f"{_FLOAT}|{_NOT_FINITE}", list("-+.0123456789")),
):
    _CoreLoader.add_implicit_resolver(_TAG + _kind, re.compile(f"^(?:{_pattern})$"), _first)
_CoreLoader.add_constructor(f"{_TAG}int", lambda _, node: int(node.value, 16 if "x" in node.value else 10))
_CoreLoader.add_constructor(f"{_TAG}octal", lambda _, node: int(node.value, 8))


class _TolerantReader(EventReader):
    """Reader that notes where keys and values begin, and reads on after problems, to a depth of MAX_DEPTH."""

    _merge = None

    def __init__(self, text: str) -> None:
        super().__init__(_CoreLoader(text))
        self.values: dict[Path, yaml.Mark] = {}
        self.keys: dict[Path, yaml.Mark] = {}
        self.problems: list[DocumentProblem] = []

    def read(self) -> Json:
        """Return the document. Raises _UnreadableError, or yaml.YAMLError if the text is not YAML."""
        self._skip(yaml.StreamStartEvent)
        if not self._loader.check_event(yaml.DocumentStartEvent):
            raise _UnreadableError("empty", "the text is empty", "begin with version: 1", 1, 1)
        self._skip(yaml.DocumentStartEvent)
        document = self._value(self._loader.get_event())
        self._skip(yaml.DocumentEndEvent)
        event = self._loader.get_event()
        if not isinstance(event, yaml.StreamEndEvent):
            self._refuse(event, "not-one-document", "a second document begins", "keep one")
        return document

    def _refuse(self, event: Any, code: str, detail: str, hint: str) -> None:
        path, place = tuple(self._path), TextPosition.of(event.start_mark)
        self.problems.append(DocumentProblem(path, code, detail, hint, *place))

    def _value(self, event: Any, key: Any = None) -> Json:
        path = tuple(self._path)
        self.values[path] = event.start_mark
        if key is not None:
            self.keys[path] = key.start_mark
        if isinstance(event, yaml.ScalarEvent):
            if event.anchor is not None or event.tag is not None:
                self._refuse_reference(event)
            return self._text(event.value) if event.style else self._untagged(event)
        if len(path) >= MAX_DEPTH:
            detail = f"nested deeper than {MAX_DEPTH} levels"
            place = TextPosition.of(event.start_mark)
            raise _UnreadableError("too-deep", detail, "keep the document flatter", *place)
        self._refuse_reference(event)
        return None if isinstance(event, yaml.AliasEvent) else self._untagged(event)

    def _unquoted_scalar(self, event: Any) -> Json:
        try:
            return super()._unquoted_scalar(event)
        except yaml.constructor.ConstructorError:
            detail = f"the number {event.value[:40]} is too large or too small, or none"
            self._refuse(event, "bad-number", detail, "write a smaller one, or quote it to make it a text")
            return 0
