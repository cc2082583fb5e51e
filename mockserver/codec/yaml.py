"""YAML for specs and fixtures: safe, with exact decimals; dates, `yes` and `no` stay texts."""

from __future__ import annotations

import re
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml
from yaml.constructor import ConstructorError

from mockserver.codec import json
from mockserver.model import Json

_MAX_DIGITS = 400
_MAX_LEVELS = 200
_MAX_VALUES = 2_000_000
"""Maximum number of values in a document; each alias counts all values that it stands for."""

_LIKE_NUMBER = re.compile(r"[-+]?(?:0[ox][0-9a-fA-F_]+|[0-9.][0-9_.:eE+-]*)")
"""Texts that YAML 1.1 or YAML 1.2 may read as a number; `dump` quotes them."""


YAMLError = yaml.YAMLError
"""Error that `load` raises: the text is not YAML, or has more than plain data (such as a tag)."""


class TextPosition(NamedTuple):
    """Position in a text; line and column count from 1."""

    line: int
    column: int

    @classmethod
    def of(cls, mark: yaml.Mark) -> TextPosition:
        return cls(mark.line + 1, mark.column + 1)


class NotPlainError(Exception):
    """The document has what `EventReader` cannot read, such as a tag or a repeated member."""


class EventReader:
    """Reader of one document without tags, more than twice as fast as PyYAML; stores equal texts only once.

    `loader`, a PyYAML loader of the text, parses it and decides the types of unquoted scalars.
    """

    _merge: str | None = "<<"
    """Name of the member whose mappings are merged into its parent; None: every member is plain data."""

    def __init__(self, loader: Any) -> None:  # PyYAML's own types say nothing of its events
        self._loader = loader
        self.has_aliases = False
        self._path: list[str | int] = []
        self._anchored: dict[str, Json] = {}
        self._unquoted: dict[str, Json] = {}
        self._texts: dict[str, str] = {}

    def read(self) -> Json:
        """Return the document. Raises NotPlainError, or yaml.YAMLError if the text is not YAML."""
        self._skip(yaml.StreamStartEvent)
        self._skip(yaml.DocumentStartEvent)
        document = self._value(self._loader.get_event())
        self._skip(yaml.DocumentEndEvent)
        self._skip(yaml.StreamEndEvent)
        return document

    def _skip(self, kind: type[yaml.Event]) -> None:
        if not isinstance(self._loader.get_event(), kind):
            raise NotPlainError

    def _refuse(self, event: Any, code: str, detail: str, hint: str) -> None:  # noqa: ARG002 - see subclasses
        """Refuse the value or member at `self._path`. If a subclass's method returns, reading goes on."""
        raise NotPlainError

    def _refuse_reference(self, event: Any) -> None:
        """Refuse the event if it is an alias; else refuse its anchor and its tag, if it has them."""
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, "alias", f"the alias *{event.anchor}", "write out what it stands for")
            return
        if event.anchor is not None:
            self._refuse(event, "anchor", f"the anchor &{event.anchor}", "take it out")
        if event.tag is not None:
            cure = "take it out; quote a value to make it a text"
            self._refuse(event, "tag", f"the tag {event.tag}", cure)

    def _value(self, event: Any, key: Any = None) -> Json:  # noqa: ARG002 - see subclasses
        """Return the value that begins with `event`; for the value of a member, `key` is the name's event."""
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if event.tag is not None or event.anchor in self._anchored:
            raise NotPlainError
        value = self._untagged(event)
        if event.anchor is not None:
            self._anchored[event.anchor] = value
        return value

    def _alias(self, event: Any) -> Json:
        if event.anchor not in self._anchored:
            raise NotPlainError
        self.has_aliases = True
        return self._anchored[event.anchor]

    def _untagged(self, event: Any) -> Json:
        if isinstance(event, yaml.ScalarEvent):
            return self._unquoted_scalar(event) if event.implicit[0] else self._text(event.value)
        return self._mapping() if isinstance(event, yaml.MappingStartEvent) else self._list()

    def _mapping(self) -> Json:
        members: dict[str, Json] = {}
        merged: dict[str, Json] | None = None
        while not isinstance(event := self._loader.get_event(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._refuse(event, "bad-key", "a key is not a text", "write a name before the colon")
                self._below("?", event)
                self._below("?", self._loader.get_event())
                continue
            name = self._text(event.value)
            self._path.append(name)
            if event.anchor is not None or event.tag is not None:
                self._refuse_reference(event)
            if name == self._merge and event.implicit[0] and merged is None:
                merged = self._merged()
            elif name in members or name == self._merge:
                self._refuse(
                    event, "duplicate-key", f'the key "{name}" is here twice', "take one of them out"
                )
                self._path[-1] = f"{name}?"
                self._value(self._loader.get_event())
            else:
                members[name] = self._value(self._loader.get_event(), event)
            self._path.pop()
        return {**merged, **members} if merged else members

    def _merged(self) -> dict[str, Json]:
        value = self._value(self._loader.get_event())
        sources = value if isinstance(value, list) else [value]
        merged: dict[str, Json] = {}
        for source in reversed(sources):
            if not isinstance(source, dict):
                raise NotPlainError
            merged.update(source)
        return merged

    def _list(self) -> Json:
        elements: list[Json] = []
        while not isinstance(event := self._loader.get_event(), yaml.SequenceEndEvent):
            elements.append(self._below(len(elements), event))
        return elements

    def _below(self, step: str | int, event: Any) -> Json:
        self._path.append(step)
        value = self._value(event)
        self._path.pop()
        return value

    def _text(self, text: str) -> str:
        return self._texts.setdefault(text, text)

    def _unquoted_scalar(self, event: Any) -> Json:
        text = event.value
        if text not in self._unquoted:
            tag = self._loader.resolve(yaml.ScalarNode, text, (True, False))
            self._unquoted[text] = self._loader.construct_object(yaml.ScalarNode(tag, self._text(text)))
        return self._unquoted[text]


if TYPE_CHECKING:
    from yaml import SafeLoader as _Safe
else:
    _Safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class PlainLoader(_Safe):
    """PyYAML's safe loader with exact numbers and JSON values only: no set, date or Python object.

    Every key is a text, also `200` and `true`, because names in JSON are texts. A repeated key is an error,
    unless the loader is lenient.
    """

    def __init__(self, text: str, *, lenient: bool = False) -> None:
        super().__init__(text)
        self._lenient = lenient
        self._checked: set[int] = set()

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Check the node's own keys, then merge the mappings under `<<` into the node."""
        if id(node) not in self._checked:
            self._checked.add(id(node))
            _read_keys(node, lenient=self._lenient)
        super().flatten_mapping(node)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Json:  # noqa: FBT001, FBT002 - PyYAML's
        """Return a node's value. Raises ConstructorError: an invalid value, and the loader is not lenient."""
        kind = node.tag.rpartition(":")[2]
        with suppress(ValueError, LookupError):
            if kind != "int" or len(node.value) <= _MAX_DIGITS:
                return super().construct_object(node, deep)
        if self._lenient and isinstance(node, yaml.ScalarNode):
            return str(node.value)
        message = f"{str(node.value)[:_MAX_DIGITS]} is not a valid {kind}; quote it to make it a text"
        raise ConstructorError(None, None, message, node.start_mark)


def _read_keys(node: yaml.MappingNode, *, lenient: bool) -> None:
    first: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
            continue
        key.tag = "tag:yaml.org,2002:str"
        if key.value in first and not lenient:
            message = f"the key {key.value} occurs twice, first in line {first[key.value]}"
            raise ConstructorError(None, None, message, key.start_mark)
        first[key.value] = key.start_mark.line + 1


def _decimal(loader: _Safe, node: yaml.ScalarNode) -> Decimal:
    return json.parse_decimal(loader.construct_scalar(node).replace("_", ""))


PlainLoader.yaml_constructors = {
    tag: make
    for tag, make in _Safe.yaml_constructors.items()
    if tag is None or tag.rpartition(":")[2] in ("null", "bool", "int", "str", "seq", "map")
}
PlainLoader.add_constructor("tag:yaml.org,2002:float", _decimal)
PlainLoader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag.rpartition(":")[2] not in ("timestamp", "bool", "value")
    ]
    for first, resolvers in _Safe.yaml_implicit_resolvers.items()
}
PlainLoader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
"""Booleans are those of YAML 1.2, in which OpenAPI is written: `no` and `on` are texts."""


def load(text: str, *, lenient: bool = False) -> Json:
    """Return the one document in `text`. Raises yaml.YAMLError: the text is not YAML, or is not plain data.

    If `lenient`, the last of repeated keys counts, and a value that is not valid for its type is a text.
    """
    reader = EventReader(PlainLoader(text))
    try:
        document = reader.read()
    except (NotPlainError, yaml.YAMLError, RecursionError):
        return load_by_nodes(text, lenient=lenient)
    if reader.has_aliases:
        _count_values(document, {})
    return document


def load_by_nodes(text: str, *, lenient: bool = False) -> Json:
    """Return the one document in `text`, read by PyYAML: this is slow, but reads tags and locates errors."""
    depth = 0
    for event in yaml.parse(text, Loader=PlainLoader):  # PyYAML's own recursion would end the process
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_LEVELS:
            raise ConstructorError(None, None, f"nested deeper than {_MAX_LEVELS} levels", None)
    loader = PlainLoader(text, lenient=lenient)
    try:
        document = loader.get_single_data()
    finally:
        loader.dispose()
    _count_values(document, {})
    return document


def _count_values(value: Json, counted: dict[int, int]) -> int:
    """Return the number of values in `value`; a value with aliases counts again at each alias.

    `counted` stores the result for each list or object, by the `id` of the list or object.
    Raises ConstructorError: too many values, or a cycle.
    """
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in counted:
        counted[id(value)] = _MAX_VALUES + 1  # a value that contains itself finds this number
        inside = value.values() if isinstance(value, dict) else value
        counted[id(value)] = 1 + sum(_count_values(child, counted) for child in inside)
    if counted[id(value)] > _MAX_VALUES:
        raise ConstructorError(None, None, "aliases make the document too large, or endless", None)
    return counted[id(value)]


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's own signature
        return True


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "'" if _LIKE_NUMBER.fullmatch(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _represent_text)
_Dumper.add_representer(
    Decimal, lambda dumper, number: dumper.represent_scalar("tag:yaml.org,2002:float", str(number))
)


def dump(document: Json) -> str:
    """Return a document as YAML in block style, members in their order and without anchors."""
    return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
