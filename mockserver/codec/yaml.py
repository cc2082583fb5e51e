"""YAML for specs and fixtures: safe, with exact decimals; dates, `yes` and `no` stay texts."""

from __future__ import annotations

import re
from contextlib import suppress
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml
from yaml.constructor import ConstructorError

from mockserver.codec import json
from mockserver.model import Json

_MERGE = "<<"

_MAX_DIGITS = 400
_MAX_LEVELS = 200
_MAX_VALUES = 2_000_000
"""Maximum number of values in a document, counted with each alias replaced by what it names."""

_LIKE_NUMBER = re.compile(r"[-+]?(?:0[ox][0-9a-fA-F_]+|[0-9.][0-9_.:eE+-]*)")
"""Texts that a version of YAML reads as a number."""


class NotPlainError(Exception):
    """The document has what `EventReader` cannot read, such as a tag or a repeated member."""


class EventReader:
    """Reader of one document without tags, more than twice as fast as PyYAML; stores equal texts only once.

    `loader` is a PyYAML loader of the text, which parses and decides the types of unquoted scalars.
    """

    def __init__(self, loader: Any) -> None:  # PyYAML's own types say nothing of its events
        self._loader = loader
        self.has_aliases = False
        self._anchored: dict[str, Json] = {}
        self._unquoted: dict[str, Json] = {}
        self._texts: dict[str, str] = {}

    def read(self) -> Json:
        """Return the document. Raises NotPlainError; yaml.YAMLError: the text is not YAML."""
        self._skip(yaml.StreamStartEvent)
        self._skip(yaml.DocumentStartEvent)
        document = self._value(self._loader.get_event())
        self._skip(yaml.DocumentEndEvent)
        self._skip(yaml.StreamEndEvent)
        return document

    def _skip(self, kind: type[yaml.Event]) -> None:
        if not isinstance(self._loader.get_event(), kind):
            raise NotPlainError

    def _value(self, event: Any) -> Json:
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
            return self._unquoted_scalar(event.value) if event.implicit[0] else self._text(event.value)
        return self._mapping() if isinstance(event, yaml.MappingStartEvent) else self._list()

    def _mapping(self) -> Json:
        members: dict[str, Json] = {}
        merged: dict[str, Json] | None = None
        while not isinstance(event := self._loader.get_event(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent) or event.anchor is not None or event.tag is not None:
                raise NotPlainError
            name = self._text(event.value)
            if name == _MERGE and event.implicit[0] and merged is None:
                merged = self._merged(self._loader.get_event())
            elif name in members or name == _MERGE:
                raise NotPlainError
            else:
                members[name] = self._value(self._loader.get_event())
        return {**merged, **members} if merged else members

    def _merged(self, event: Any) -> dict[str, Json]:
        value = self._alias(event) if isinstance(event, yaml.AliasEvent) else None
        if not isinstance(value, dict):
            raise NotPlainError
        return value

    def _list(self) -> Json:
        elements: list[Json] = []
        while not isinstance(event := self._loader.get_event(), yaml.SequenceEndEvent):
            elements.append(self._value(event))
        return elements

    def _text(self, text: str) -> str:
        return self._texts.setdefault(text, text)

    def _unquoted_scalar(self, text: str) -> Json:
        if text not in self._unquoted:
            tag = self._loader.resolve(yaml.ScalarNode, text, (True, False))
            self._unquoted[text] = self._loader.construct_object(yaml.ScalarNode(tag, self._text(text)))
        return self._unquoted[text]


if TYPE_CHECKING:
    from yaml import SafeLoader as _Safe
else:
    _Safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Safe):
    """PyYAML's safe loader with exact numbers and JSON values only: no set, date or object.

    Keys are texts as written; otherwise `200` would be a number and `on` a Boolean, which JSON does not allow
    as names. A repeated key is an error, unless the loader is lenient.
    """

    def __init__(self, text: str, *, lenient: bool = False) -> None:
        super().__init__(text)
        self._lenient = lenient
        self._checked: set[int] = set()

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge the mapping under `<<`, after a check of the mapping's own keys."""
        if id(node) not in self._checked:
            self._checked.add(id(node))
            _read_keys(node, lenient=self._lenient)
        super().flatten_mapping(node)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Json:  # noqa: FBT001, FBT002 - PyYAML's
        """Return the value of a node. Raises ConstructorError: the text is not valid for the node's type."""
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


_Loader.yaml_constructors = {
    tag: make
    for tag, make in _Safe.yaml_constructors.items()
    if tag is None or tag.rpartition(":")[2] in ("null", "bool", "int", "str", "seq", "map")
}
_Loader.add_constructor("tag:yaml.org,2002:float", _decimal)
_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag.rpartition(":")[2] not in ("timestamp", "bool", "value")
    ]
    for first, resolvers in _Safe.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
"""Booleans are those of YAML 1.2, in which OpenAPI is written: `no` and `on` are texts."""


def load(text: str, *, lenient: bool = False) -> Json:
    """Return the one document in `text`. Raises yaml.YAMLError: no YAML, or more than plain data.

    If `lenient`, the last of repeated keys counts, and a value that is not valid for its type is a text.
    """
    reader = EventReader(_Loader(text))
    try:
        document = reader.read()
    except (NotPlainError, yaml.YAMLError, RecursionError):
        return load_by_nodes(text, lenient=lenient)
    if reader.has_aliases:
        _count_values(document, {})
    return document


def load_by_nodes(text: str, *, lenient: bool = False) -> Json:
    """Return the one document in `text`, read by PyYAML: slow, but it knows tags and the places of errors."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):  # PyYAML's own recursion would end the process
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _MAX_LEVELS:
            raise ConstructorError(None, None, f"nested deeper than {_MAX_LEVELS} levels", None)
    loader = _Loader(text, lenient=lenient)
    try:
        document = loader.get_single_data()
    finally:
        loader.dispose()
    _count_values(document, {})
    return document


def _count_values(value: Json, counted: dict[int, int]) -> int:
    """Return the number of values, and count an aliased value at each alias.

    `counted` stores the number of each list or object by its `id`.
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
