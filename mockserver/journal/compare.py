"""Two answers to one request, the recorded and the replayed: what differs, item by item."""

from __future__ import annotations

from itertools import zip_longest

from mockserver.codec import json
from mockserver.difference import Change, changes
from mockserver.errors import Malformed
from mockserver.journal.entry import Entry
from mockserver.model import Document, Json, Path, Reply
from mockserver.reply import media_type_of
from mockserver.secrets import masked_body
from mockserver.spec import Operation, pointer_path

SHOWN = 20
"""So many places of a body, and so many items, are told; the rest is counted."""

Fates = list[tuple[str, str]]
"""Key and end of each item, in the order of the wire."""

_Pairs = list[tuple[tuple[str, str] | None, tuple[str, str] | None]]
_UNSAID = "unsaid"
_NO_STATUS = "none"
_NO_REPLY = Reply(0)


def compared(recorded: Entry, replayed: Entry) -> Document:
    """What differs between the answers of two entries; items by what became of them here."""
    pairs = _paired(_decided(recorded), _decided(replayed))
    return _difference(recorded, replayed.status, replayed.reply, pairs)


def compared_reply(recorded: Entry, reply: Reply | None, operation: Operation | None) -> Document:
    """What differs between a recorded answer and one from elsewhere, None: lost.

    Items are told as the answers tell of them, none where the operation's `x-batch.outcome` says nothing.
    """
    if reply is None:
        return _difference(recorded, None, _NO_REPLY, [(one, None) for one in _decided(recorded)])
    before, after = outcomes(recorded.reply, operation), outcomes(reply, operation)
    batch = operation.batch if operation else None
    if batch is not None and "list" not in batch.outcome:
        keys = dict.fromkeys(key for key, _ in (*before, *after))
        was, now = dict(before), dict(after)
        before, after = ([(key, told.get(key, _UNSAID)) for key in keys] for told in (was, now))
    return _difference(recorded, reply.status, reply, _paired(before, after))


def outcomes(reply: Reply, operation: Operation | None) -> Fates:
    """Key and end of each item that an answer tells of, by the operation's `x-batch.outcome`.

    The key is "" where the answer tells none. The end is the item's status, or of what stands in maps the
    names of those.
    """
    batch = operation.batch if operation else None
    document = _document(reply)
    if batch is None or document is None:
        return []
    told = batch.outcome
    if "list" in told:
        listed = _at(document, pointer_path(told["list"]))
        items = listed if isinstance(listed, list) else []
        return [
            (_told(item, told.get("key")) or "", _told(item, told.get("status")) or _UNSAID) for item in items
        ]
    found: dict[str, str] = {}
    for pointer in batch.maps:
        problems, name = _at(document, pointer_path(pointer)), pointer.rpartition("/")[2]
        for key in problems if isinstance(problems, dict) else ():
            found[key] = f"{found[key]}, {name}" if key in found else name
    return list(found.items())


def _decided(entry: Entry) -> Fates:
    return [(key, str(action)) for key, action in entry.decided.items()]


def _paired(before: Fates, after: Fates) -> _Pairs:
    """The two ends of each item: by key where each item has one of its own, else by place."""
    was, now = dict(before), dict(after)
    if len(was) < len(before) or len(now) < len(after) or "" in (*was, *now):
        return list(zip_longest(before, after))
    return [
        ((key, was[key]) if key in was else None, (key, now[key]) if key in now else None)
        for key in dict.fromkeys((*was, *now))
    ]


def _difference(recorded: Entry, status: int | None, reply: Reply, pairs: _Pairs) -> Document:
    differing = [_item(at, was, now) for at, (was, now) in enumerate(pairs) if was != now]
    was, now = (_NO_STATUS if one is None else str(one) for one in (recorded.status, status))
    head = "same status" if was == now else f"status {was} → {now}"
    verb = "differs" if len(differing) == 1 else "differ"
    return {
        "same": recorded.status == status and not differing,
        "says": f"{head}, {len(differing)} of {len(pairs)} outcomes {verb}",
        "status": {"recorded": recorded.status, "replayed": status},
        "items": {"count": len(pairs), "differ": len(differing), "differences": differing[:SHOWN]},
        "body": _bodies(recorded.reply, reply),
    }


def _item(at: int, was: tuple[str, str] | None, now: tuple[str, str] | None) -> Document:
    key = masked_body((now or was or ("", ""))[0])
    recorded, replayed = was[1] if was else None, now[1] if now else None
    says = f"item {at} {recorded or 'absent'} → {replayed or 'absent'}"
    return {"index": at, "key": key, "recorded": recorded, "replayed": replayed, "says": says}


def _bodies(before: Reply, after: Reply) -> Document:
    found: list[Change] = []
    if before.body != after.body:
        old, new = _document(before), _document(after)
        found = list(changes(old, new)) if old is not None and new is not None else []
    return {
        "same": before.body == after.body,
        "differ": len(found),
        "differences": [
            {
                "pointer": change.pointer,
                "recorded": _shown(change, "old"),
                "replayed": _shown(change, "new"),
            }
            for change in found[:SHOWN]
        ],
    }


def _shown(change: Change, side: str) -> Json:
    """The value as JSON, cut, and without credentials; None where there is none."""
    if side not in change.facts:
        return None
    member = json.encode({change.pointer.rpartition("/")[2]: change.facts[side]}).decode()
    return masked_body(member).partition(":")[2][:-1][:200]


def _document(reply: Reply) -> Json:
    """The JSON of the reply's body; None where it is none."""
    try:
        return json.decode(reply.body, media_type_of({"content-type": reply.media_type or ""})[1])
    except Malformed:
        return None


def _at(document: Json, path: Path) -> Json:
    for step in path:
        if isinstance(document, list) and str(step).isdecimal():
            document = document[int(step)] if int(step) < len(document) else None
        else:
            document = document.get(step) if isinstance(document, dict) else None
    return document


def _told(item: Json, pointer: str | None) -> str | None:
    value = None if pointer is None else _at(item, pointer_path(pointer))
    return value if value is None or isinstance(value, str) else json.encode(value).decode()
