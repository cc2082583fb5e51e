"""Read plain YAML from the parser's events, without the nodes that PyYAML makes of them."""

from __future__ import annotations

from typing import Any

import yaml

from mockserver.model import Json

_MERGE = "<<"


class NotPlainError(Exception):
    """A document has what `EventReader` does not read: a tag, a member twice, a name that is no scalar."""


class EventReader:
    """Reader of one document without tags, more than twice as fast as PyYAML; equal texts become one object.

    `loader` is a PyYAML loader of the text: it parses, and decides what an unquoted scalar is.
    """

    def __init__(self, loader: Any) -> None:  # PyYAML's own types say nothing of its events
        self._loader = loader
        self.has_aliases = False
        self._anchored: dict[str, Json] = {}
        self._unquoted: dict[str, Json] = {}
        self._texts: dict[str, str] = {}

    def read(self) -> Json:
        """Return the document.

        Raises:
            NotPlainError: it has more than this class reads, or there is not exactly one document.
            yaml.YAMLError: the text is no YAML.
        """
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
