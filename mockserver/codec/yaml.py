"""YAML for specs and fixtures: safe, floats as exact decimals, dates, `yes` and `no` as the text they are."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING

import yaml
from yaml.constructor import ConstructorError

from mockserver.codec.yaml_events import EventReader, NotPlainError
from mockserver.model import Json

if TYPE_CHECKING:
    from yaml import SafeLoader as _Safe
else:
    _Safe = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Safe):
    """The safe loader, exact; keys are texts as they are written, and one that is there twice is an error.

    Else `200` would be a number and `on` a truth value, which no JSON object has for a name.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._checked: set[int] = set()

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge what `<<` names, after a look at the mapping's own keys.

        Raises:
            ConstructorError: one of them is there twice.
        """
        if id(node) not in self._checked:
            self._checked.add(id(node))
            _read_keys(node)
        super().flatten_mapping(node)


def _read_keys(node: yaml.MappingNode) -> None:
    first: dict[str, int] = {}
    for key, _ in node.value:
        if not isinstance(key, yaml.ScalarNode) or key.tag == "tag:yaml.org,2002:merge":
            continue
        key.tag = "tag:yaml.org,2002:str"
        if key.value in first:
            said = f"the key {key.value} is there twice, first in line {first[key.value]}"
            raise ConstructorError(None, None, said, key.start_mark)
        first[key.value] = key.start_mark.line + 1


def _decimal(loader: _Safe, node: yaml.ScalarNode) -> Decimal:
    text = loader.construct_scalar(node)
    try:
        return Decimal(text.replace("_", ""))
    except InvalidOperation:
        raise ConstructorError(None, None, f"{text} is no decimal; quote it", node.start_mark) from None


_Loader.add_constructor("tag:yaml.org,2002:float", _decimal)
_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern)
        for tag, pattern in resolvers
        if tag not in ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
    ]
    for first, resolvers in _Safe.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
"""As in YAML 1.2, which OpenAPI is written in: `no` and `on` are texts."""


def load(text: str) -> Json:
    """Return the one document in `text`.

    Raises:
        yaml.YAMLError: the text is no YAML, or asks for more than plain data.
    """
    try:
        return EventReader(_Loader(text)).read()
    except (NotPlainError, yaml.YAMLError, RecursionError):
        return load_by_nodes(text)


def load_by_nodes(text: str) -> Json:
    """Return the one document in `text`, read as PyYAML reads it: slower, with tags and errors' places.

    Raises:
        yaml.YAMLError: as `load`.
    """
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a subclass of the safe loader


_LIKE_NUMBER = re.compile(r"[-+]?(?:0[ox][0-9a-fA-F_]+|[0-9.][0-9_.:eE+-]*)")
"""Texts that one version of YAML or another reads as a number."""


class _Dumper(yaml.SafeDumper):
    """The safe dumper, exact."""

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
