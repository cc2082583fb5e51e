"""Parse YAML 1.2 or JSON text to plain data with the line and column of every key and value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from mockserver.codec.json import MAX_DEPTH, parse_decimal
from mockserver.model import Json, Path, pointer_of

if TYPE_CHECKING:
    from yaml import SafeLoader as _Parser
else:
    _Parser = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MAX_CHARACTERS = 64 * 1024
MAX_DIGITS = 400
UNKNOWN_KEY = "unknown-key"
"""Code of a problem whose place is a key; the place of any other problem is a value."""

_CONSTANTS: Mapping[str, Json] = {
    "": None,
    "~": None,
    **dict.fromkeys(("null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


class TextPosition(NamedTuple):
    """Position in a text; line and column count from 1."""

    line: int
    column: int


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


@dataclass(frozen=True, slots=True)
class PositionedDocument:
    """A document, and for each path the positions where key and value begin."""

    document: Json
    values: Mapping[Path, TextPosition] = field(default_factory=dict)
    keys: Mapping[Path, TextPosition] = field(default_factory=dict)
    syntax_problems: tuple[DocumentProblem, ...] = ()
    """The places of the text that are not plain data."""

    def locate(self, problem: DocumentProblem) -> DocumentProblem:
        """Return the problem with the position of its key or value, or of the nearest value around it."""
        places = self.keys if problem.code == UNKNOWN_KEY else self.values
        path = problem.path
        while path and path not in places:
            path = path[:-1]
        return problem._replace(**places[path]._asdict()) if path in places else problem


def parse_yaml(text: str, max_characters: int = MAX_CHARACTERS) -> PositionedDocument:
    """Parse the text. If the text has syntax problems, the result lists them and has what can be read."""
    if (refused := check_size(len(text), max_characters)) is not None:
        return refused
    composer = _Composer(text)
    try:
        return composer.compose()
    except _TooDeepError as error:
        return _unreadable(
            "too-deep", f"nested deeper than {MAX_DEPTH} levels", "keep the document flatter", error.position
        )
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = TextPosition(mark.line + 1, mark.column + 1) if mark else None
        message = " ".join(part for part in (error.context, error.problem) if part)
    except (yaml.YAMLError, UnicodeError) as error:
        place = None
        message = "a character that no YAML may hold" if isinstance(error, UnicodeError) else str(error)
    message = message.replace("\n", " ")
    return _unreadable(
        "unreadable", f"the text is not YAML: {message}", "correct it there, or quote the value", place
    )


def check_size(characters: int, max_characters: int = MAX_CHARACTERS) -> PositionedDocument | None:
    if characters <= max_characters:
        return None
    detail = f"{characters:,} characters, at most {max_characters:,} are read"
    return _unreadable("too-large", detail, "split it into several scenarios", None)


def _unreadable(code: str, detail: str, hint: str, position: TextPosition | None) -> PositionedDocument:
    problem = DocumentProblem((), code, detail, hint, *(position or ()))
    return PositionedDocument(None, syntax_problems=(problem,))


class _TooDeepError(Exception):
    def __init__(self, position: TextPosition) -> None:
        super().__init__()
        self.position = position


@dataclass
class _Composer:
    """Builder of the document from the parser's events, without recursion deeper than `MAX_DEPTH`."""

    text: str
    values: dict[Path, TextPosition] = field(default_factory=dict)
    keys: dict[Path, TextPosition] = field(default_factory=dict)
    syntax_problems: list[DocumentProblem] = field(default_factory=list)

    def compose(self) -> PositionedDocument:
        events = yaml.parse(self.text, Loader=_Parser)
        document = None
        documents = 0
        for event in events:
            if isinstance(event, DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self._slip((), "not-one-document", "a second document begins", "keep one", event)
                    break
                document = self._node(next(events), events, ())
        if not documents:
            return _unreadable("empty", "the text is empty", "begin with version: 1", TextPosition(1, 1))
        return PositionedDocument(document, self.values, self.keys, tuple(self.syntax_problems))

    def _node(self, event: Event, events: Iterator[Event], path: Path) -> Json:
        self.values[path] = _position_of(event)
        if len(path) >= MAX_DEPTH and not isinstance(event, ScalarEvent):
            raise _TooDeepError(_position_of(event))
        self._refuse_reference(event, path)
        if isinstance(event, MappingStartEvent):
            return self._mapping(events, path)
        if isinstance(event, SequenceStartEvent):
            return self._sequence(events, path)
        return self._scalar(event, path) if isinstance(event, ScalarEvent) else None

    def _mapping(self, events: Iterator[Event], path: Path) -> Json:
        document: dict[str, Any] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, ScalarEvent):
                self._slip(path, "bad-key", "a key is not a text", "write a name before the colon", event)
                self._node(event, events, (*path, "?"))
                self._node(next(events), events, (*path, "?"))
                continue
            name = str(event.value)
            inside = (*path, name)
            self._refuse_reference(event, inside)
            if name in document:
                detail = f'the key "{name}" is here twice'
                self._slip(inside, "duplicate-key", detail, "take one of them out", event)
                self._node(next(events), events, (*path, f"{name}?"))
                continue
            self.keys[inside] = _position_of(event)
            document[name] = self._node(next(events), events, inside)
        return document

    def _sequence(self, events: Iterator[Event], path: Path) -> Json:
        elements: list[Json] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            elements.append(self._node(event, events, (*path, len(elements))))
        return elements

    def _scalar(self, event: ScalarEvent, path: Path) -> Json:
        text = str(event.value)
        if event.style or not event.implicit[0]:
            return text
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        try:
            return _number(text)
        except ValueError:
            detail = f"the number {text[:40]} is too large or too small, or none"
            self._slip(
                path, "bad-number", detail, "write a smaller one, or quote it to make it a text", event
            )
            return 0

    def _refuse_reference(self, event: Event, path: Path) -> None:
        if isinstance(event, AliasEvent):
            self._slip(path, "alias", f"the alias *{event.anchor}", "write out what it stands for", event)
            return
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor is not None:
            self._slip(path, "anchor", f"the anchor &{anchor}", "take it out", event)
        if tag is not None:
            self._slip(path, "tag", f"the tag {tag}", "take it out; quote a value to make it a text", event)

    def _slip(self, path: Path, code: str, detail: str, hint: str, event: Event) -> None:
        self.syntax_problems.append(DocumentProblem(path, code, detail, hint, *_position_of(event)))


def _position_of(event: Event) -> TextPosition:
    mark = event.start_mark
    return TextPosition(mark.line + 1, mark.column + 1) if mark is not None else TextPosition(1, 1)


def _number(text: str) -> Json:
    """Return the number that a plain scalar means, or the scalar's text if it is no number.

    Raises ValueError if JSON cannot have the number.
    """
    if len(text) > MAX_DIGITS and (_DECIMAL.fullmatch(text) or _HEXADECIMAL.fullmatch(text)):
        raise ValueError("too many digits")
    if _DECIMAL.fullmatch(text):
        return int(text)
    if _OCTAL.fullmatch(text) or _HEXADECIMAL.fullmatch(text):
        return int(text, 0)
    if _NOT_FINITE.fullmatch(text):
        raise ValueError("no number of JSON's")
    return parse_decimal(text) if _FLOAT.fullmatch(text) else text
