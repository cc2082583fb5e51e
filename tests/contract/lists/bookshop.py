"""A small server of somebody else with one list, paged in one of several ways, and its spec."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Exchange, Finding
from mockserver.contract.lists.run import plan_lists
from mockserver.contract.profile import Profile
from mockserver.contract.profile_reads import ListProfile
from mockserver.contract.run_state import FindingLedger, RunConfig, run_parts
from mockserver.contract.target import Address, Target
from mockserver.contract.trial import Trial
from mockserver.spec import loading

BOOKS = [
    {
        "isbn": f"97800{number}",
        "id": f"b{number}",
        "genre": ("crime", "verse")[number % 2],
        "sold": number > 9,
    }
    for number in range(23)
]
STYLES: Mapping[str, Sequence[tuple[str, str]]] = {
    "page": (("page", "integer"), ("per_page", "integer")),
    "offset": (("_start", "integer"), ("_limit", "integer")),
    "cursor": (("after", "string"), ("limit", "integer")),
    "link": (("limit", "integer"),),
    "header": (("page[number]", "integer"), ("page[size]", "integer")),
}
USUAL = 10


@dataclass
class Bookshop:
    """An ASGI application: `GET /books`; a `fault` is one way to be wrong."""

    style: str
    fault: str = ""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await receive()
        query = dict(parse_qsl(scope["query_string"].decode()))
        found = [book for book in BOOKS if query.get("genre", book["genre"]) == book["genre"]]
        if "sold" in query and self.fault != "sold is ignored":
            found = [book for book in found if book["sold"] == (query["sold"] == "true")]
        document, headers = self._answer(found, query)
        named = [(name.encode(), text.encode()) for name, text in headers.items()]
        typed = [(b"content-type", b"application/json"), *named]
        await send({"type": "http.response.start", "status": 200, "headers": typed})
        await send({"type": "http.response.body", "body": json.dumps(document).encode()})

    def _answer(self, found: list[Any], query: Mapping[str, str]) -> tuple[Any, Mapping[str, str]]:
        names = [name for name, _ in STYLES[self.style]]
        size = int(query.get(names[-1], USUAL))
        first = self._first(found, query, names[0], size)
        rows = found[first : first + size]
        rest = first + size < len(found)
        if self.fault == "always a next page":
            rest = bool(rows)
        if self.style == "page":
            return {"books": rows, "meta": {"total": len(found), "total_pages": -(-len(found) // size)}}, {}
        if self.style == "offset":
            return rows, {"x-total-count": str(len(found) - (self.fault == "one short"))}
        if self.style == "cursor":
            return {"items": rows, "count": len(rows), "next_cursor": rows[-1]["id"] if rest else None}, {}
        if self.style == "link":
            text = urlencode({**query, "limit": size, "at": first + size})
            next_ = f"https://books.example/shop/books?{text}" if rest else None
            return {"results": rows, "next": next_}, {}
        text = urlencode({**query, "page[number]": first // size + 2, "page[size]": size})
        return rows, {"link": f'</books?{text}>; rel="next"'} if rest else {}

    def _first(self, found: list[Any], query: Mapping[str, str], name: str, size: int) -> int:
        if self.style == "link":
            return int(query.get("at", 0))
        asked = query.get(name, "")
        if self.style == "cursor":
            return [book["id"] for book in found].index(asked) + 1 if asked else 0
        if self.style == "offset":
            return int(asked or 0) - (self.fault == "repeats" and int(asked or 0) > 0)
        return (int(asked or 1) - 1) * size


def spec(folder: Path, style: str, *more: tuple[str, str]) -> Path:
    """The spec of the list: its parameters by name and type, and no word on how it is paged."""
    names = (*(STYLES.get(style, ())), ("genre", "string"), ("sold", "boolean"), *more)
    parameters = [{"name": name, "in": "query", "schema": _schema(name, kind)} for name, kind in names]
    rows = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "string"}}}}
    answer: Mapping[str, Any] = rows
    member = {"page": "books", "cursor": "items", "link": "results"}.get(style)
    if member:
        answer = {"type": "object", "properties": {member: rows}}
    content = {"application/json": {"schema": answer}}
    operation = {
        "operationId": "listBooks",
        "parameters": parameters,
        "responses": {"200": {"description": "Books.", "content": content}},
    }
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Books", "version": "1"},
        "paths": {"/books": {"get": operation}},
    }
    file = folder / "bookshop.yaml"
    file.write_text(json.dumps(document), encoding="utf-8")
    return file


def _schema(name: str, kind: str) -> Mapping[str, Any]:
    is_size = name in {"per_page", "_limit", "limit", "page[size]"}
    return {"type": kind, "minimum": 1, "maximum": 50, "default": USUAL} if is_size else {"type": kind}


def _unjudged(_exchange: Exchange, _ledger: FindingLedger) -> tuple[Finding, ...]:
    return ()


def run(shop: Bookshop, file: Path, *lists: ListProfile) -> FindingLedger:
    """What its list comes to, with what a profile states of it."""
    api = ApiUnderTest("bookshop", loading.load_spec(file), Profile(lists=lists))
    ledger = FindingLedger(keeps_exchanges=True)
    with Target(Address("http://testserver/shop", shop)) as target:
        run_parts(plan_lists(Trial(api, target, RunConfig(3, 5), ledger, _unjudged)), ledger)
    return ledger
