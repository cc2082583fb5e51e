"""The `outcome` that an operation's answer schema suggests."""

from __future__ import annotations

from collections.abc import Sequence

from mockserver.cli.spec_files.members import members_of
from mockserver.errors import SpecError
from mockserver.model import Document, Json
from mockserver.spec.openapi import resolve

_STATUS_NAMES = ("status", "code", "result", "state")
_MESSAGE_NAMES = ("message", "text", "detail", "error", "reason", "description")
_KEY_NAMES = ("key", "id", "number", "reference")


def answer_schema(document: Document, node: Document) -> Json:
    """Return the JSON schema of the operation's first 2xx answer, None without one."""
    for status, answer in node["responses"].items():
        content = resolve(document, answer).get("content", {}) if str(status).startswith("2") else {}
        for name, media in content.items():
            if name.endswith("json") and "schema" in media:
                return media["schema"]
    return None


def outcome_for(document: Document, path: Sequence[str | int], key: str) -> str:
    """Return an `outcome` as YAML, of the pointers that the answer schema has; `key` identifies an item."""
    known: list[str] = []
    try:
        schema = answer_schema(document, document["paths"][path[1]][path[2]])
        known = list(members_of(document, schema)) if schema else []
    except (AttributeError, KeyError, SpecError, TypeError):
        known = []
    rows = next((one for one in known if one.endswith("/*")), "")
    inside = [
        one.removeprefix(rows)
        for one in known
        if rows and one.startswith(f"{rows}/") and "*" not in one[len(rows) :]
    ]
    list_pointer = rows.removesuffix("/*") if rows else "/results"
    parts = {
        "list": list_pointer or '""',
        "status": _pick(inside, _STATUS_NAMES, "/status"),
        "message": _pick(inside, _MESSAGE_NAMES, "/message"),
        "key": _pick(inside, (key, *_KEY_NAMES) if key else _KEY_NAMES, f"/{key or 'key'}"),
    }
    return "{" + ", ".join(f"{name}: {pointer}" for name, pointer in parts.items()) + "}"


def _pick(pointers: Sequence[str], names: Sequence[str], otherwise: str) -> str:
    """Return the first pointer whose last step is one of the names, by the order of the names."""
    return next(
        (one for name in names for one in pointers if one.rpartition("/")[2].lower() == name.lower()),
        otherwise,
    )
