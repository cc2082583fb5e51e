"""YAML as the document that it is, moments as their texts."""

from __future__ import annotations

import yaml

from mockserver.model import Json


class _Untimely(yaml.SafeLoader):
    """Reads no moments."""


def _as_written(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> Json:
    return loader.construct_scalar(node)


_Untimely.add_constructor("tag:yaml.org,2002:timestamp", _as_written)


def read(text: str) -> Json:
    """The document.

    Raises:
        ValueError: it is none.
    """
    try:
        return yaml.load(text, _Untimely)  # noqa: S506 - a safe one
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(str(error)) from None
