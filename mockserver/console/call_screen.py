"""One call: its request and reply, and the decision on each item."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from flask import Blueprint, Response, request
from msgspec import field
from msgspec.structs import replace

from mockserver.console.data_views import (
    Line,
    LinesBody,
    ShownBody,
    TextBody,
    matching_lines,
    read_body,
    shown_difference,
    shown_lines,
    value_lines,
)
from mockserver.console.pages import action, page
from mockserver.console.scenario_screen import met_by_call
from mockserver.console.screen import CONSOLE, ControlRefusal, Screen, Visit, download
from mockserver.control.http_client import HttpResponse
from mockserver.journal.export.formats import FORMATS, Format
from mockserver.model import EMPTY, LOST, SHOWN_OUTCOMES, Action, Document, Json, Value, shown_outcome
from mockserver.vendor import FAULT_RULE

BLUEPRINT = Blueprint("call", __name__, url_prefix=CONSOLE)

_GOOD = ("created", "updated", "unchanged")

MOST_MARKED = 1_000
"""In a batch with more items, only problems of the picked item and of items on the page are marked."""

MOST_HITS = 100
"""Maximum number of hits of a search that are shown in each body; the others are counted."""

PAGE_ITEMS = 200
"""Maximum number of items on a page."""

MOST_OF_A_KEY = 256
"""Maximum number of characters of a key that the control plane looks for."""

_BAD = ("rejected", LOST)
_CONTRACT_RULES = frozenset(
    {"additionalProperties", "const", "enum", "format", "pattern", "required", "type", "unknown"}
    | {"allOf", "anyOf", "not", "oneOf"}
    | {"exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"}
    | {"maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties"}
)
"""Rules of the vendor's contract: keywords of a schema, and `unknown` for an undeclared query parameter."""

SHOWN_CHARACTERS = 200_000
"""Maximum number of characters of an export on a page; the download is complete."""

_FILE_NAME = re.compile(r'filename="([\w.-]+)"')
_PAGE_NAMES = {"command": "curl", "curl": "script", "pytest": "pytest"}
"""For each format that comes first on the page, the format's name in addresses of the console."""

EXPORTS: Mapping[str, Format] = {
    **{page: FORMATS[name] for name, page in _PAGE_NAMES.items()},
    **{name: form for name, form in FORMATS.items() if name not in _PAGE_NAMES},
}
"""The formats by their names in addresses of the console, in the order of the page."""

TABS = (
    ("items", "Items"),
    ("differences", "Differences"),
    ("bodies", "Bodies"),
    ("headers", "Headers"),
    ("callbacks", "Callbacks"),
    ("raw", "Raw"),
    ("why", "Why"),
    ("state", "State"),
)
"""Name and title of each part of the page. Not every call has items, differences and callbacks."""

RAW_CHARACTERS = 200_000
"""Maximum number of characters of a raw body on a page."""

FRESH, ADDRESS = "fresh", "address"
"""Values of the form's `into` besides `here`: a fresh sandbox, which disturbs nobody, or an address."""


class _Marks(Value, frozen=True):
    """What is marked in the request body or the response body of a call."""

    problems: Sequence[tuple[str, Document]] = ()
    """Pairs of a pointer, and the problem or warning there."""
    items: Mapping[str, int] = field(default_factory=lambda: EMPTY)
    """For each pointer to an item in the body, the index of the item."""
    good: frozenset[int] = frozenset()
    """Indexes of accepted items that no rule changed."""
    picked: str | None = None
    """Pointer of the picked item."""
    hits: Sequence[int] = ()
    """Numbers of the lines that have the searched text."""
    now: int = 0
    """Number of the line to which the page jumps: a hit, or `opened`; 0 if the body has no such line."""
    opened: int = 0
    """Number of the first of the lines to show besides the usual ones; 0 for none."""


class TextSearch(Value, frozen=True):
    """A text to find in request and response."""

    text: str = ""
    hit: int = 0
    """Index of the hit to show."""
    opened: tuple[str, int] = ("", 0)
    """Side, and number of a line there, from which the page shows lines that it had left out."""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> TextSearch:
        """Read the query of a page. If `find` differs from `found`, the previous text, show the first hit."""
        text = query.get("find", "")
        hit = (_number(query.get("hit", "")) or 0) if text == query.get("found") else 0
        side, _, line = query.get("lines", "").partition(":")
        return cls(text, hit, (side, _number(line) or 0))


_NO_FIND = TextSearch()


def bodies(
    call: Document,
    decided: Sequence[Document],
    rows: Sequence[Document],
    picked: int | None,
    find: TextSearch = _NO_FIND,
) -> Document:
    """Return the marked lines of both bodies. `rows` are the page's items, `picked` is an item's index."""
    item = None if picked is None else decided[picked]
    told = decided if len(decided) <= MOST_MARKED else _with(rows, item)
    request, reply = _marks(call, decided, told, item)
    read = _read_bodies(call, len(decided))
    hits = [matching_lines(body, find.text) for body in read]
    total, first = sum(map(len, hits)), len(hits[0])
    hit = find.hit % total if total else 0
    at = hits[0][hit] if hit < first else 0, hits[1][hit - first] if first <= hit < total else 0
    opened = [find.opened[1] if find.opened[0] == side else 0 for side in ("request", "reply")]
    now = opened if any(opened) else at
    request = replace(request, hits=hits[0], now=now[0], opened=opened[0])
    reply = replace(reply, hits=hits[1], now=now[1], opened=opened[1])
    return {
        "request": _side(read[0], call["request"], request),
        "reply": _side(read[1], call["reply"], reply),
        "find": {"text": find.text, "lines": total, "request": first, "hit": hit},
    }


def _read_bodies(call: Document, items: int) -> tuple[ShownBody, ShownBody]:
    messages = (call["request"], call["reply"])
    request, reply = (
        read_body(one["body"], _media_type(one) if one["body"] else "text/plain") for one in messages
    )
    if isinstance(request, LinesBody) and request.total != items:
        request = TextBody(request.texts)  # an item is not a line, as in pairs of lines
    return request, reply


def _media_type(message: Document) -> str:
    is_reply = "mediaType" in message
    return str((message["mediaType"] if is_reply else message["headers"].get("content-type")) or "")


def _marks(
    call: Document, decided: Sequence[Document], told: Iterable[Document], item: Document | None
) -> tuple[_Marks, _Marks]:
    """Return what is marked in request and reply: the problems of the items `told`, and the picked `item`."""
    good = frozenset([one["index"] for one in decided if shown_outcome(one) in _GOOD and not one["effect"]])
    sent, reported = (
        {one[side]: one["index"] for one in decided if one[side] is not None} for side in ("sent", "reported")
    )
    problems = [*_refused(call["reason"] or ""), *_problems(told)]
    return (
        _Marks(problems, sent, good, item["sent"] if item else None),
        _Marks((), reported, good, item["reported"] if item else None),
    )


def item_parts(call: Document, decided: Sequence[Document], index: int) -> Document:
    """Return the lines of an item in the `request` and in the `reply`; None for a body without the item."""
    item, (request, reply) = decided[index], _read_bodies(call, len(decided))
    sent, reported = _marks(call, (), [item], None)
    return {
        "request": _part(request, item["sent"], sent),
        "reply": _part(reply, item["reported"], reported),
    }


def _part(body: ShownBody, pointer: str | None, marks: _Marks) -> Document | None:
    lines = [] if pointer is None else value_lines(body, pointer)
    if not lines:
        return None
    rows = [row for row in _rows(body, lines, _problems_by_line(body, marks), marks) if "leftOut" not in row]
    return {"rows": rows, "lines": len(rows), "leftOut": len(body.find(pointer or "")) - len(rows)}


def _with(rows: Sequence[Document], item: Document | None) -> list[Document]:
    if item is None or any(row["index"] == item["index"] for row in rows):
        return list(rows)
    return [*rows, item]


def _problems(items: Iterable[Document]) -> Iterator[tuple[str, Document]]:
    for item in items:
        for kind, members in (("problem", item["problems"]), ("warning", item["warnings"])):
            for member in members:
                yield member["pointer"], {"kind": kind, "code": member["code"], "detail": member["detail"]}


def _refused(reason: str) -> Iterator[tuple[str, Document]]:
    """Yield pointer and mark for each pointer in the reason of a refusal, such as `/0/id is missing; …`."""
    for part in reason.split("; "):
        pointer, _, detail = part.partition(" ")
        if pointer.startswith("/"):
            yield pointer.removesuffix(":"), {"kind": "problem", "code": "refused", "detail": detail}


def _side(body: ShownBody, message: Document, marks: _Marks) -> Document:
    text = message["body"]
    marked = [pointer for pointer, _ in marks.problems]
    hits = {*marks.hits[:MOST_HITS], marks.now}
    shown = shown_lines(body, len(text), marked, marks.picked, hits, opened=marks.opened)
    return {
        "mediaType": _media_type(message),
        "characters": len(text),
        "lines": body.total if text else 0,
        "rows": list(_rows(body, shown, _problems_by_line(body, marks), marks)),
    }


def _problems_by_line(body: ShownBody, marks: _Marks) -> Mapping[int, Sequence[Document]]:
    by_line: dict[int, list[Document]] = {}
    for pointer, mark in marks.problems:
        if place := body.find(pointer):
            by_line.setdefault(place.start, []).append({**mark, "pointer": pointer})
    return by_line


def _rows(
    body: ShownBody, shown: Sequence[Line], by_line: Mapping[int, Sequence[Document]], marks: _Marks
) -> Iterator[Document]:
    lit = body.find(marks.picked) if marks.picked is not None else range(0)
    hits, last = frozenset(marks.hits), 0
    for line in shown:
        if line.number > last + 1:
            yield {"leftOut": line.number - last - 1, "from": last + 1}
        last = line.number
        item = None if line.pointer is None else marks.items.get(line.pointer)
        yield {
            **line.document(),
            "item": item,
            "good": item in marks.good,
            "lit": line.number in lit,
            "hit": line.number in hits,
            "now": line.number == marks.now,
            "problems": list(by_line.get(line.number, ())),
        }
    if last < body.total:
        yield {"leftOut": body.total - last, "from": last + 1}


class ItemChoice(Value, frozen=True):
    """Which items a page shows."""

    outcome: str = ""
    """Outcome of the items to show; "" for all items."""
    first: int = 0
    """Position, among the items with the outcome, from which the page starts."""
    picked: int | None = None
    """Index of the picked item."""
    key: str = ""
    """Part of the keys of the items to show, in any letter case; "" for all items."""

    @classmethod
    def of(cls, query: Mapping[str, str], items: int) -> ItemChoice:
        """Read the query of a page whose call has `items` items; ignore invalid numbers and unknown items."""
        picked = _number(query.get("item", ""))
        return cls(
            query.get("outcome", ""),
            _number(query.get("first", "")) or 0,
            picked if picked is not None and picked < items else None,
            query.get("key", ""),
        )


def item_page(decided: Sequence[Document], choice: ItemChoice, why: Document) -> Document:
    """Return the chosen page of items with the neighbouring pages and the next bad item.

    Lost items are first, then the other bad items, then the skipped items. `why` has `applied`, the rules
    that hit the call, and `switches`, the names of the vendor's assumptions.
    """
    matching = [
        one
        for one in decided
        if choice.outcome in ("", shown_outcome(one)) and choice.key.casefold() in one["key"].casefold()
    ]
    matching.sort(
        key=lambda one: (
            not (_is_bad(one) or one["action"] == Action.SKIPPED),
            not _is_bad(one),
            shown_outcome(one) != LOST,
        )
    )
    first = _first(matching, choice)
    rows = matching[first : first + PAGE_ITEMS]
    after = first + PAGE_ITEMS
    shown = choice.picked if choice.picked is not None or not rows else rows[0]["index"]
    item = None if shown is None else _with_reasons(decided[shown], why)
    return {
        "total": len(decided),
        "matching": len(matching),
        "first": first,
        "rows": [_with_reasons(row, why) for row in rows],
        "previousPage": max(0, first - PAGE_ITEMS) if first else None,
        "nextPage": after if after < len(matching) else None,
        "item": item,
        "nextBad": _next_bad(decided, shown),
    }


def _first(matching: Sequence[Document], choice: ItemChoice) -> int:
    """Return the position of the first item of the requested page or, by default, the picked item's page."""
    first = min(choice.first, max(0, len(matching) - 1))
    if choice.picked is not None and not choice.first:
        first = next((at for at, one in enumerate(matching) if one["index"] == choice.picked), first)
    return first // PAGE_ITEMS * PAGE_ITEMS


def _is_bad(item: Document) -> bool:
    return shown_outcome(item) in _BAD or bool(item["effect"])


def _next_bad(decided: Sequence[Document], picked: int | None) -> int | None:
    """Return the index of the first bad item after `picked` or, if none follows, of the first bad item."""
    bad = [one["index"] for one in decided if _is_bad(one)]
    behind = (index for index in bad if picked is None or index > picked)
    return next(behind, bad[0] if bad else None)


def _with_reasons(item: Document, why: Document) -> Document:
    rules = [item["effect"]["rule"]] if item["effect"] else why["applied"]
    problems, warnings = (
        [{**one, "source": _source(one, why, rules)} for one in item[kind]]
        for kind in ("problems", "warnings")
    )
    return {**item, "outcome": shown_outcome(item), "problems": problems, "warnings": warnings}


def _source(problem: Document, why: Document, rules: Sequence[str]) -> Document:
    """Return where a problem comes from: `kind`, `name`, and the scenario rules that may have caused it."""
    rule, code = str(problem["rule"]), str(problem["code"])
    if rule == FAULT_RULE:
        return {"kind": "scenario", "name": rule, "rules": rules}
    for word in (rule, code):
        if (name := word.replace("-", "_")) in why["switches"]:
            return {"kind": "assumed", "name": name, "rules": []}
    if rule.partition(":")[0] in _CONTRACT_RULES:
        return {"kind": "contract", "name": rule, "rules": []}
    return {"kind": "vendor", "name": rule or code, "rules": []}


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() else None


def export_part(visit: Visit) -> Document | None:
    """Return the export in the query's format `as`, or why the export failed; None for an unknown format."""
    name = request.args.get("as", "")
    export = EXPORTS.get(name)
    if export is None:
        return None
    is_shown = request.args.get("secrets") == "shown"
    part = {"name": name, "title": export.title, "brings": not export.of_one_call, "shown": is_shown}
    try:
        text = (_file(visit, export)).body.decode()
    except ControlRefusal as refusal:
        return {**part, "text": None, "cutCharacters": 0, "reason": str(refusal)}
    cut = max(0, len(text) - SHOWN_CHARACTERS)
    return {**part, "text": text[:SHOWN_CHARACTERS], "cutCharacters": cut, "reason": None}


@page(BLUEPRINT, "/x/<int:number>/export")
def download_export(visit: Visit) -> Response:
    """Return the call as a file in the query's format `as`, else as a curl command. Raises ControlRefusal."""
    name = request.args.get("as", "")
    export = EXPORTS.get(name, FORMATS["command"])
    response = _file(visit, export)
    match = _FILE_NAME.search(response.headers.get("content-disposition", ""))
    file_name = match[1] if match else f"call-{visit.path['number']}.{name}"
    return download(file_name, response.headers.get("content-type", "text/plain"), response.body)


def _file(visit: Visit, export: Format) -> HttpResponse:
    path = visit.of_sandbox(f"/journal/{visit.path['number']}/export")
    query = {"format": export.name, "secrets": "shown" if request.args.get("secrets") == "shown" else None}
    return visit.control.call("GET", path, query=query)


@page(BLUEPRINT, "/x/<int:number>")
def show_call(visit: Visit) -> Screen:
    return Screen("call.html", _document(visit))


@action(BLUEPRINT, "/x/<int:number>")
def replay(visit: Visit) -> Screen:
    chosen = request.form.get("into", "")
    to = request.form.get("to", "")
    # Recorded credentials are never sent to another address.
    headers = {"authorization": text} if (text := request.form.get("authorization", "")) else {}
    asked = {"to": to, "headers": headers} if chosen == ADDRESS else {"into": chosen or FRESH}
    try:
        found = visit.control.post(visit.of_sandbox(f"/journal/{visit.path['number']}/replay"), asked)
    except ControlRefusal as refusal:
        failed = {"into": chosen, "to": to, "error": refusal.problem}
        return Screen("call.html", {**_document(visit), "replay": failed}, refusal.status)
    return Screen("call.html", {**_document(visit), "replay": _replayed(found, chosen, to)})


@page(BLUEPRINT, "/x/<int:number>/request", "/x/<int:number>/reply")
def download_body(visit: Visit) -> Response:
    number, side = visit.path["number"], PurePosixPath(request.path).stem
    call = visit.control.get(visit.of_sandbox(f"/journal/{number}"))
    # A browser must save the body and not open it, whatever the body's media type is.
    return download(f"call-{number}-{side}.txt", "application/octet-stream", call[side]["body"].encode())


def _document(visit: Visit) -> Document:
    number = int(visit.path["number"])
    call: Document = visit.control.get(visit.of_sandbox(f"/journal/{number}"))
    decided = call["decided"]
    choice = ItemChoice.of(request.args, len(decided))
    told = {"items": decided, "differences": call["differing"], "callbacks": call["deliveries"]}
    tabs = {name: title for name, title in TABS if told.get(name, True)}
    search = request.args.get("find", "")
    wanted = request.args.get("tab", "bodies" if search else "")
    tab = next(name for name in (wanted, *tabs) if name in tabs)
    switches = _switches(visit, call)
    page = item_page(decided, choice, {"applied": call["applied"], "switches": switches})
    return {
        **_neighbours(visit, {name: value for name, value in call.items() if name != "decided"}),
        "tabs": [{"name": name, "title": title} for name, title in tabs.items()],
        "tab": tab,
        "outcomes": list(SHOWN_OUTCOMES),
        "outcome": choice.outcome,
        "picked": choice.picked,
        "wantedKey": choice.key,
        "items": page,
        "shown": _shown_item(visit, call, page["item"]) if tab == "items" and page["item"] else None,
        "met": met_by_call(call),
        "search": search,
        "bodies": bodies(call, decided, page["rows"], choice.picked, TextSearch.of(request.args))
        if tab == "bodies"
        else None,
        "rawCharacters": RAW_CHARACTERS,
        "changes": _changes(visit, number) if tab == "state" else None,
        "exports": [
            {"name": name, "title": form.title, "file": form.file_title} for name, form in EXPORTS.items()
        ],
        "export": export_part(visit),
        "replay": None,
    }


def _shown_item(visit: Visit, call: Document, item: Document) -> Document:
    """Return the item's parts of both bodies, and its story in all calls."""
    key, own = item["key"], (call["vendor"], call["operation"])
    has_story = 0 < len(key) <= MOST_OF_A_KEY
    histories = visit.control.get(visit.of_sandbox("/journal/items"), item=key) if has_story else ()
    story = next((one for one in histories if (one["vendor"], one["operation"]) == own), None)
    return {"parts": item_parts(call, call["decided"], item["index"]), "story": story}


def _neighbours(visit: Visit, call: Document) -> Document:
    number = call["number"]
    around = visit.control.get(visit.of_sandbox("/journal"), last=3, to=number + 1, strips=True)
    numbers = [one["number"] for one in around]
    strip: list[Json] = next((one["strip"] for one in around if one["number"] == number), [])
    return {
        "call": {**call, "strip": strip},
        "previous": next((one for one in reversed(numbers) if one < number), None),
        "next": next((one for one in numbers if one > number), None),
    }


def _changes(visit: Visit, number: int) -> Document:
    """Return the changes of the call as a `difference`, or the `reason` why they are unknown."""
    states = {"against": f"before:{number}", "of": f"after:{number}"}
    try:
        found = visit.control.get(visit.of_sandbox("/diff"), **states)
    except ControlRefusal as refusal:
        return {"difference": None, "reason": str(refusal)}
    return {"difference": shown_difference(found), "reason": None}


def _switches(visit: Visit, call: Document) -> list[str]:
    if not (call["warned"] or call["outcomes"].get("rejected")):
        return []
    listed = visit.control.get(visit.of_sandbox("/assumptions"))
    of_vendor = f"{call['vendor']}."
    return [one["id"].removeprefix(of_vendor) for one in listed if one["id"].startswith(of_vendor)]


def _replayed(found: Document, chosen: str, to: str) -> Document:
    address = calls = None
    if found["number"] is not None:
        address = f"{CONSOLE}/x/{found['number']}?sandbox={found['into']}"
        calls = f"{CONSOLE}/?sandbox={found['into']}"
    result: Json = {**found, "address": address, "calls": calls}
    return {"into": chosen, "to": to, "error": None, "result": result}
