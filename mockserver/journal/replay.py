"""Replay of a recorded call: the request to send, pointers to its items, and comparison of calls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count, zip_longest
from types import MappingProxyType

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import BODILESS_STATUSES
from mockserver.codec.instants import print_instant
from mockserver.codec.masking import HEADER, is_credential
from mockserver.engine.batch_facts import told_facts
from mockserver.engine.registry import LoadedVendor
from mockserver.engine.told_rows import answered_document, json_value, reported_rows, row_pointers, text_at
from mockserver.errors import MalformedBody
from mockserver.journal.entry import HOP_BY_HOP, Entry, target_below_mount
from mockserver.journal.journal import Journal
from mockserver.journal.view import View, applied_scenarios
from mockserver.model import (
    EMPTY,
    Action,
    Document,
    Json,
    Reply,
    escape_step,
    parse_pointer,
    pointer_of,
    value_at,
)
from mockserver.sandbox.sandboxes import Sandboxes, Settings
from mockserver.sandbox.snapshots import ValueChange, diff_values
from mockserver.spec.batch_forms import Batch, OutcomeRows
from mockserver.spec.openapi import Operation

SANDBOX_HEADER = "mock-sandbox"
FORWARD_HEADER = "mock-forward"
BY_MOCK: Mapping[str, str] = MappingProxyType({FORWARD_HEADER: "off"})
"""Header by which the mock answers a call that would be passed on to a real server."""

LOSS_KINDS_BY_FAULT: Mapping[str, str] = MappingProxyType(
    {
        "CONNECTION_RESET_BY_PEER": "reset",
        "RANDOM_DATA_THEN_CLOSE": "malformed",
        "EMPTY_RESPONSE": "empty",
        "MALFORMED_RESPONSE_CHUNK": "malformed",
        "WRONG_LENGTH": "truncated",
        "NO_RESPONSE": "timeout",
    }
)
"""Loss kind of the case language for each transport fault that a client sees as an error."""

_OWN_HEADER_PREFIX = "mock-"
_BODY_FAULTS = frozenset({"MALFORMED_RESPONSE_CHUNK", "WRONG_LENGTH"})

MAX_SHOWN = 20
"""Maximum number of items that a group names, and of groups of places. The others are only counted."""

_INDEX = re.compile("/[0-9]+(?=/|$)")

_UNREPORTED = "unsaid"
_NO_STATUS = "none"
_NO_REPLY = Reply(0)
MAX_COMPARED = 200
"""Maximum number of listed differences of two calls: for requests and for replies."""

_MOST_CHARACTERS = 200
_SILENT_HEADERS = HOP_BY_HOP | {"date"}


def loss_kind(entry: Entry) -> str:
    """Return how a client loses the reply, or "" if the reply arrives.

    A fault of the body has no effect on a reply without a body.
    """
    is_bodiless = entry.call.method == "HEAD" or entry.reply.status in BODILESS_STATUSES
    return "" if is_bodiless and entry.fault in _BODY_FAULTS else LOSS_KINDS_BY_FAULT.get(entry.fault, "")


def resend_headers(entry: Entry, view: View) -> dict[str, str]:
    """Return the headers to resend, without headers of the connection and without the sandbox header."""
    return {
        name: text
        for name, text in view.request_headers(entry).items()
        if name not in HOP_BY_HOP and name != SANDBOX_HEADER
    }


def to_sandbox(entry: Entry, view: View, sandbox: str) -> tuple[str, Mapping[str, str]]:
    """Return target and headers that send the call to another sandbox of the same server."""
    mount = f"/{entry.call.vendor}" if entry.call.vendor else ""
    target = f"{mount}{target_with_query(entry, view)}"
    return target, {**resend_headers(entry, view), SANDBOX_HEADER: sandbox}


def to_same_target(entry: Entry, view: View) -> tuple[str, Mapping[str, str]]:
    named = entry.call.headers.get(SANDBOX_HEADER)
    own = {SANDBOX_HEADER: named} if named is not None else {}
    return view.target(entry), {**resend_headers(entry, view), **own}


def to_other_server(entry: Entry, view: View) -> tuple[str, Mapping[str, str]]:
    """Return target and headers for another server, without credentials and Mock-* headers."""
    remaining = {
        name: text
        for name, text in resend_headers(entry, view).items()
        if not is_credential(name, HEADER, entry.call.credential_names)
        and not name.startswith(_OWN_HEADER_PREFIX)
    }
    return target_with_query(entry, view), remaining


def target_with_query(entry: Entry, view: View) -> str:
    query = view.query(entry)
    return f"{view.text(target_below_mount(entry.call), entry)}{'?' if query else ''}{query}"


def sandbox_settings(entry: Entry, sandboxes: Sandboxes, served: Mapping[str, LoadedVendor]) -> Settings:
    """Return settings for a sandbox with the call's seed, time, assumptions and the rules that hit the call.

    The clock is frozen at the time of the call. Records and counts of earlier calls are not restored. Raises
    UnknownSandboxError if the call's sandbox was deleted.
    """
    call = entry.call
    shown = sandboxes.show(call.sandbox)
    defaults = served[call.vendor].assumptions if call.vendor else EMPTY
    own = {
        f"{call.vendor}.{name}": value
        for name, value in call.assumptions.items()
        if value != defaults[name] or f"{call.vendor}.{name}" in sandboxes.default_assumptions
    }
    others = {
        name: value for name, value in shown.assumptions.items() if not name.startswith(f"{call.vendor}.")
    }
    records = sorted(applied_scenarios(entry), key=lambda record: record["order"])
    return replace(
        shown.settings,
        frozen=print_instant(call.now) if call.now else shown.settings.frozen,
        assumptions={**others, **own},
        scenarios=tuple(record["document"] for record in records),
    )


ItemStatuses = list[tuple[str, str]]
"""Key and status of each item, in request order."""

_Pairs = list[tuple[tuple[str, str] | None, tuple[str, str] | None]]


def compare_entries(recorded: Entry, replayed: Entry) -> Document:
    """Compare a recorded call with its replay: the replies, and the outcomes of the items."""
    pairs = _pair_items(_item_results(recorded), _item_results(replayed))
    return _difference(recorded, replayed.status, replayed.reply, pairs)


def compare_reply(recorded: Entry, reply: Reply | None, operation: Operation | None) -> Document:
    """Compare a recorded reply with `reply`; None means a lost reply.

    Items are compared by the outcomes that the replies report. If the operation's `x-batch.outcome` is empty,
    no items are compared.
    """
    if reply is None:
        return _difference(recorded, None, _NO_REPLY, [(result, None) for result in _item_results(recorded)])
    sent = [key for key, _ in recorded.decided.items()]
    before, after = (reported_outcomes(one, operation, sent) for one in (recorded.reply, reply))
    batch = operation.batch if operation else None
    if batch is not None and not batch.outcome.rows_of("all"):
        keys = dict.fromkeys(key for key, _ in (*before, *after))
        was, now = dict(before), dict(after)
        before, after = ([(key, reported.get(key, _UNREPORTED)) for key in keys] for reported in (was, now))
    return _difference(recorded, reply.status, reply, _pair_items(before, after))


def reported_counts(reply: Reply, operation: Operation) -> Mapping[str, str]:
    """Return the facts about all items that a reply tells, such as `accepted`, by name."""
    batch = operation.batch
    return told_facts(reply, answered_document(reply, operation), batch) if batch else {}


def reported_outcomes(reply: Reply, operation: Operation | None, sent: Sequence[str] = ()) -> ItemStatuses:
    """Return key and status of each item in a reply, read by `x-batch.outcome`.

    `sent` has the keys of all items. The key is "" if the reply does not tell key and index. If accepted and
    rejected items have rows apart, the status is the names of the lists or maps that have the item. If the
    reply has counts alone, return them in place of the items.
    """
    batch = operation.batch if operation else None
    document = answered_document(reply, operation) if operation else None
    if batch is None or (document is None and batch.outcome.rows):
        return []
    if rows := batch.outcome.rows_of("all"):
        return [
            (key, text_at(row, rows.members.get("status")) or _UNREPORTED)
            for _, key, row in reported_rows(document, rows, batch.key)
        ]
    found = {} if batch.outcome.rows else told_facts(reply, document, batch)
    for rows in batch.outcome.rows:
        name = str(rows.place[-1]) if rows.place else rows.subset
        for pointer, told, row in reported_rows(document, rows, batch.key):
            key = told or _key_by_index(pointer, row, rows, sent)
            found[key] = f"{found[key]}, {name}" if key in found else name
    return list(found.items())


def _key_by_index(pointer: str, row: Json, rows: OutcomeRows, sent: Sequence[str]) -> str:
    """Return the key of the item whose index is in the row or is its name in a map; "" if there is none."""
    is_named = rows.names == "index"
    text = pointer.rpartition("/")[2] if is_named else text_at(row, rows.members.get("index"))
    at = int(text) - rows.first_index if text and text.isdecimal() else -1
    return sent[at] if 0 <= at < len(sent) else text or ""


def _item_results(entry: Entry) -> ItemStatuses:
    return [(key, end) for (key, _), end in zip(entry.decided.items(), entry.decided.shown(), strict=True)]


def _pair_items(before: ItemStatuses, after: ItemStatuses) -> _Pairs:
    was, now = dict(before), dict(after)
    if len(was) < len(before) or len(now) < len(after) or "" in (*was, *now):
        return list(zip_longest(before, after))
    return [
        ((key, was[key]) if key in was else None, (key, now[key]) if key in now else None)
        for key in dict.fromkeys((*was, *now))
    ]


def _difference(recorded: Entry, status: int | None, reply: Reply, pairs: _Pairs) -> Document:
    items = _item_differences(pairs, ("recorded", "replayed"))
    return {
        "same": recorded.status == status and not items["differ"],
        "says": _say(recorded.status, status, items),
        "status": {"recorded": recorded.status, "replayed": status},
        "items": items,
        "body": _body_difference(recorded, reply),
    }


def _item_differences(pairs: _Pairs, sides: tuple[str, str]) -> Document:
    """Return the number of items, and the groups of items that changed from one outcome to the same other.

    Items that both sides have come first, and of these the items with the rarest change.
    """
    groups: dict[tuple[str | None, str | None], list[str]] = {}
    for at, (was, now) in enumerate(pairs):
        if was != now:
            key = View().key((now or was or ("",))[0]) or f"index {at}"
            groups.setdefault((was and was[1], now and now[1]), []).append(key)
    ordered = sorted(groups.items(), key=lambda group: (None in group[0], len(group[1])))
    return {
        "count": len(pairs),
        "differ": sum(map(len, groups.values())),
        "groups": [
            {"count": len(keys), "items": keys[:MAX_SHOWN], **dict(zip(sides, ends, strict=True))}
            for ends, keys in ordered
        ],
    }


def _say(old: int | None, new: int | None, items: Document) -> str:
    was, now = (_NO_STATUS if one is None else str(one) for one in (old, new))
    head = "same status" if was == now else f"status {was} → {now}"
    verb = "differs" if items["differ"] == 1 else "differ"
    return f"{head}, {items['differ']} of {items['count']} outcomes {verb}"


def _place_groups(changes: Sequence[ValueChange], old: Json, new: Json) -> list[Document]:
    """Group the changes whose pointers differ in indexes alone; the values are those of the first change.

    `old` and `new` are the documents without credentials.
    """
    groups: dict[str, list[ValueChange]] = {}
    for change in changes:
        groups.setdefault(_INDEX.sub("/*", change.pointer), []).append(change)
    return [
        {
            "count": len(found),
            "place": place if len(found) > 1 else found[0].pointer,
            "recorded": _text_of(old, found[0], "old"),
            "replayed": _text_of(new, found[0], "new"),
        }
        for place, found in [*groups.items()][:MAX_SHOWN]
    ]


def _body_difference(recorded: Entry, after: Reply) -> Document:
    before, both = recorded.reply, (recorded, replace(recorded, reply=after))
    found: list[ValueChange] = []
    if before.body != after.body:
        old, new = (json_value(one.reply.body, one.reply.media_type) for one in both)
        found = list(diff_values(old, new)) if old is not None and new is not None else []
    # A value alone may not show that it is a credential: a header's name or a grant's type stands beside it.
    masked = [json_value(View().reply_bytes(one), one.reply.media_type) for one in both if found]
    groups = _place_groups(found, *masked) if found else []
    return {"same": before.body == after.body, "differ": len(found), "groups": groups}


def compare_calls(first: Entry, second: Entry) -> Document:
    """Compare any two entries: outcomes by key, requests and replies by pointers.

    Differing credentials are listed with their pointers, but without their values.
    """
    both = (first, second)
    items = _item_differences(_pair_items(*map(_item_results, both)), ("first", "second"))
    was_shown, now_shown = (_parts(one, View(shown=True)) for one in both)
    changes = list(diff_values(was_shown, now_shown))
    old, new = (_parts(one, View()) for one in both)
    return {
        "says": _say(first.status, second.status, items),
        "first": View().listed(first),
        "second": View().listed(second),
        "items": items,
        **{part: _list_changes(part, changes, old, new) for part in ("request", "reply")},
    }


def _list_changes(part: str, changes: Sequence[ValueChange], old: Document, new: Document) -> Document:
    own = [change for change in changes if change.pointer.startswith(f"/{part}/")]
    listed = [
        {"pointer": one.pointer, "first": _text_of(old, one, "old"), "second": _text_of(new, one, "new")}
        for one in own[:MAX_COMPARED]
    ]
    return {"differ": len(own), "differences": listed}


def _text_of(parts: Json, change: ValueChange, side: str) -> str | None:
    if side not in change.values:
        return None
    text = json.encode(value_at(parts, parse_pointer(change.pointer))).decode()
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"


def _parts(entry: Entry, view: View) -> Document:
    """Return the values of request and reply that can be compared."""
    whole = view.whole(entry)
    head = {name: whole[name] for name in ("method", "path", "query")}
    return {"request": head | _comparable(whole["request"]), "reply": _comparable(whole["reply"])}


def _comparable(side: Document) -> dict[str, Json]:
    headers = {name: text for name, text in side["headers"].items() if name.lower() not in _SILENT_HEADERS}
    try:
        body = json.decode(side["body"].encode("utf-8", "replace"))
        json.check_depth(body)
    except MalformedBody:
        body = side["body"].replace("><", ">\n<").splitlines()
    return {**side, "headers": headers, "body": body}


def item_places(entry: Entry, operation: Operation | None) -> Iterator[Document]:
    """Yield for each item its pointers: `sent` in the request, `reported` in the reply, or None if missing.

    `x-batch.outcome` tells whether the reply has a list with a row for each item, or maps by key.
    """
    batch = operation.batch if operation else None
    keys = [key for key, _ in entry.decided.items()]
    if operation is None or batch is None:
        yield from ({"sent": None, "reported": None} for _ in keys)
        return
    is_bare = batch.bare_item and len(keys) == 1 and _is_bare(entry, batch)
    # Items that are cut off come last, and have no rows.
    cut = entry.decided.counts.get(Action.SKIPPED, 0) if batch.atomicity.cuts_off else 0
    reported = row_pointers(keys[: len(keys) - cut], batch, answered_document(entry.reply, operation))
    items = pointer_of(batch.items)
    for index, key in enumerate(keys):
        step = escape_step(key) if batch.is_map else index
        yield {"sent": "" if is_bare else f"{items}/{step}", "reported": reported.get(index)}


def rows_of_items(entry: Entry, operation: Operation) -> Sequence[Json]:
    """Return for each item its row in the reply, or None."""
    document = answered_document(entry.reply, operation)
    pointers = (place["reported"] for place in item_places(entry, operation))
    return [None if one is None else value_at(document, parse_pointer(one)) for one in pointers]


def _is_bare(entry: Entry, batch: Batch) -> bool:
    """Return whether the body is a single item, without the list that the operation declares."""
    document = json_value(entry.call.body, entry.call.headers.get("content-type"))
    name = str(batch.items[0]).lower()
    return isinstance(document, dict) and name not in [member.lower() for member in document]


@contextmanager
def trial_sandbox(
    sandboxes: Sandboxes, journal: Journal, settings: Settings, stem: str = "export"
) -> Iterator[str]:
    """Yield the name of a new sandbox whose calls are not logged; delete the sandbox at the end.

    The name is `stem-N`, where N is the lowest number that makes a new name.
    """
    names = (f"{stem}-{number}" for number in count(1))
    name = next(name for name in names if sandboxes.create(replace(settings, name=name)))
    try:
        with journal.unlogged(name):
            yield name
    finally:
        sandboxes.delete(name)
