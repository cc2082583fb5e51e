"""Lines that describe journal entries, replays and verifications."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.cli.remote.outcome_lines import counted, item_lines, shorten, table_lines
from mockserver.model import Document

_MOST_ITEMS = 60


def entry_lines(entry: Document, *, headers: bool, bodies: bool) -> Iterator[str]:
    """Yield the facts of one call, the outcome of each item, and on request headers and bodies."""
    yield shorten(str(entry["line"]), 400)
    yield from table_lines(list(_facts(entry)), "  ")
    if entry["decided"]:
        yield "items"
        yield from item_lines(entry["decided"], most=_MOST_ITEMS)
    for side in ("request", "reply"):
        if headers:
            yield f"{side} headers"
            yield from (f"  {name}: {shorten(text, 400)}" for name, text in entry[side]["headers"].items())
        if bodies:
            yield f"{side} body"
            yield from (f"  {shorten(line, 10_000)}" for line in entry[side]["body"].splitlines())
    if entry["trace"]:
        yield from entry["trace"].splitlines()


def _facts(entry: Document) -> Iterator[tuple[str, str]]:
    request, reply = entry["request"], entry["reply"]
    query = f"?{entry['query']}" if entry["query"] else ""
    own_time = f"  sandbox time {entry['sandboxAt']}" if entry["sandboxAt"] else ""
    yield "at", f"{entry['at']}{own_time}"
    yield "request", f"{entry['method']} {shorten(entry['path'] + query, 300)}{_size(request)}"
    yield "operation", entry["operation"] or "none"
    yield "envelope", f"refused: {_refusal(entry)}" if entry["refusal"] else "accepted"
    if entry["applied"]:
        yield "rules", " ".join(entry["applied"])
    if entry["fault"]:
        yield "fault", entry["fault"]
    if entry["offContract"]:
        yield "off contract", shorten(entry["offContract"], 300)
    sent = "" if entry["status"] == reply["status"] else f"  sent: {entry['status'] or 'no status'}"
    media_type = f"  {reply['mediaType']}" if reply["mediaType"] else ""
    yield "reply", f"{reply['status']}{sent}{media_type}{_size(reply)}"


def _refusal(entry: Document) -> str:
    return shorten(": ".join(filter(None, (entry["refusal"], entry["reason"]))), 400)


def _size(side: Document) -> str:
    kept = len(side["body"].encode())
    cut = f", {counted(side['cutBytes'], 'byte')} not kept" if side["cutBytes"] else ""
    return f"  {counted(kept, 'byte')}{cut}" if kept or cut else ""


def replay_lines(replayed: Document, *, whole: bool) -> Iterator[str]:
    """Yield what a replay changed; with `whole` each item and each place in the body that differs."""
    difference = replayed["difference"]
    number = f"#{replayed['number']}" if replayed["number"] else str(replayed["to"] or "the replay")
    where = f"  [{replayed['into']}]" if replayed["into"] else ""
    yield f"{number} replays #{replayed['replays']}: {shorten(difference['says'], 400)}{where}"
    if replayed["lost"]:
        yield f"  the answer was lost: {shorten(replayed['lost'], 200)}"
    if not whole:
        return
    for item in difference["items"]["differences"]:
        yield f"  item {item['index']} {shorten(item['key'], 40) or 'no key'}: {_change(item)}"
    if difference["body"]["differences"]:
        yield "  in the body, which the exit status does not count:"
    for place in difference["body"]["differences"]:
        yield f"    {shorten(place['pointer'] or '/', 200)}: {_change(place)}"
    rest = sum(
        difference[part]["differ"] - len(difference[part]["differences"]) for part in ("items", "body")
    )
    if rest > 0:
        yield f"  … {counted(rest, 'more difference')}"


def _change(one: Document) -> str:
    before, after = (
        "absent" if one[side] is None else shorten(str(one[side]), 100) for side in ("recorded", "replayed")
    )
    return f"{before} → {after}"


def verdict_lines(problem: Document) -> Iterator[str]:
    """Yield why calls are not as expected: expected, found, and the nearest calls."""
    yield f"not verified: {shorten(str(problem['detail']), 400)}"
    numbers = problem.get("found", {}).get("numbers", ())
    if numbers:
        yield f"  matching calls: {' '.join(f'#{number}' for number in numbers)}"
    for near in problem.get("nearest", ()):
        call = " ".join(str(near[name]) for name in ("vendor", "method", "path", "status") if near.get(name))
        yield f"  nearest: #{near['number']} {shorten(call, 200)}"
        for one in near["differs"]:
            wanted, found = shorten(str(one["expected"])), shorten(str(one["found"]))
            yield f"    {one['member']}: expected {wanted}, found {found}"
