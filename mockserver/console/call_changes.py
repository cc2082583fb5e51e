"""What one call changed in the state, for the page of the call."""

from __future__ import annotations

from collections.abc import Sequence

from mockserver.console.body_lines import all_lines
from mockserver.console.control_client import ControlRefusal
from mockserver.console.document_lines import json_text
from mockserver.console.visit import Visit
from mockserver.model import Document

MOST_SHOWN = 200
"""Most documents of each kind on a page; the rest is only counted."""

_KINDS = ("added", "changed", "removed")


async def changes_of(visit: Visit, number: int) -> Document:
    """Return what the call changed in `records` and in what the server keeps for `itself`, or the `reason`.

    The reason says why it is not known.
    """
    reason = None
    try:
        found = await visit.control.get(
            visit.of_sandbox("/diff"), against=f"before:{number}", of=f"after:{number}"
        )
    except ControlRefusal as refusal:
        found, reason = {}, str(refusal)
    changes = {kind: found.get(kind, []) for kind in _KINDS}
    return {
        "reason": reason,
        "records": {kind: _shown([one for one in changes[kind] if not one["own"]]) for kind in _KINDS},
        "itself": {kind: _shown([one for one in changes[kind] if one["own"]]) for kind in _KINDS},
    }


def _shown(documents: Sequence[Document]) -> Document:
    return {"count": len(documents), "rows": [_with_texts(one) for one in documents[:MOST_SHOWN]]}


def _with_texts(one: Document) -> Document:
    """Return a document in lines, or its changed values with both sides as text."""
    if "changes" in one:
        return {**one, "changes": [_compared(change) for change in one["changes"]]}
    return {**one, "text": "\n".join(line.text for line in all_lines(one["document"]))}


def _compared(change: Document) -> Document:
    was, now = (json_text(change[side]) if side in change else "absent" for side in ("old", "new"))
    return {"pointer": change["pointer"], "before": was, "after": now}
