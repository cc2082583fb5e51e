"""What differs between two states of a sandbox, as pages show it."""

from __future__ import annotations

from collections.abc import Sequence

from mockserver.console.body_lines import MAX_LINES
from mockserver.console.document_lines import document_lines, json_text
from mockserver.console.record_table import record_label
from mockserver.model import Document

MAX_RECORDS = 200
"""Limit of records of one kind that a page draws."""

_OPEN_RECORDS = 5
_SIGNS = {"removed": "-", "changed": "~", "added": "+"}


def shown_difference(found: Document) -> Document:
    """Return the records that differ, by collection, and apart from them what the server keeps for itself.

    `found` is what the control plane's `/diff` answers. Of many, those that are no additions come first.
    """
    entries = [{**one, "kind": kind} for kind in _SIGNS for one in found[kind]]
    records = [one for one in entries if not one["own"]]
    own = [one for one in entries if one["own"]]
    kinds = [one["kind"] for one in records]
    return {
        "counts": {kind: kinds.count(kind) for kind in ("added", "removed", "changed")},
        "groups": _groups(records[:MAX_RECORDS]),
        "own": [_entry(one) for one in own[:MAX_RECORDS]],
        "more": max(0, len(records) - MAX_RECORDS) + max(0, len(own) - MAX_RECORDS),
        "open": len(records) <= _OPEN_RECORDS,
    }


def _groups(entries: Sequence[Document]) -> list[Document]:
    groups: dict[tuple[str, str], list[Document]] = {}
    for one in entries:
        groups.setdefault((one["scope"], one["collection"]), []).append(_entry(one))
    return [
        {"scope": scope, "collection": collection, "records": groups[scope, collection]}
        for scope, collection in sorted(groups)
    ]


def _entry(one: Document) -> Document:
    shown = {name: one[name] for name in ("kind", "scope", "collection", "key")}
    shown |= {"sign": _SIGNS[one["kind"]], "vendor": one["scope"].partition("/")[0]}
    if "document" in one:
        lines = document_lines(one["document"])[:MAX_LINES]
        return {**shown, "label": record_label(one["key"], one["document"]), "lines": lines}
    return {**shown, "label": "", "changes": [_change(change) for change in one["changes"]]}


def _change(change: Document) -> Document:
    kind = "changed" if "old" in change and "new" in change else "added" if "new" in change else "removed"
    return {
        "pointer": change["pointer"],
        "kind": kind,
        "sign": _SIGNS[kind],
        "old": json_text(change["old"]) if "old" in change else None,
        "new": json_text(change["new"]) if "new" in change else None,
    }
