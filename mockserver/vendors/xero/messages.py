"""Xero's messages (`messages.yaml`), and problems made from them."""

from collections.abc import Mapping
from pathlib import Path as File

from mockserver.codec import yaml
from mockserver.model import Item, Json, Path, Problem
from mockserver.vendor import Request

MESSAGES: Mapping[str, str] = yaml.load(File(__file__).with_suffix(".yaml").read_text(encoding="utf-8"))
"""The vendor's sentences by rule, each under its source. Source: docs/vendors/xero.md#messages."""


def item_path(item: Item, request: Request) -> Path:
    batch = request.operation.batch
    return (*(batch.items if batch else ()), item.index)


def message_text(rule: str, **values: Json) -> str:
    return MESSAGES[rule].format(**values)


def make_problem(rule: str, path: Path = (), **values: Json) -> Problem:
    return Problem(rule, path, message_text(rule, **values), rule)


def member_label(path: Path) -> str:
    """Label of a member: alone in a list's element, else after its parent (`Account Code`).

    Source: docs/vendors/xero.md#messages (XNet#285).
    """
    holder = path[-2] if len(path) > 1 else 0
    return str(path[-1]) if isinstance(holder, int) else f"{holder} {path[-1]}"
