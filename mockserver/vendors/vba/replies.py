"""Replies: envelope, media type, rate limit and its headers, sorted pages.

The vendor sends no rate limit headers; this server sends the headers of the RateLimit draft.
Source: docs/vendors/vba.md#lists, #envelope, #media-types.
"""

from __future__ import annotations

from functools import lru_cache

from mockserver.codec import json
from mockserver.codec.http import json_reply, parse_accept
from mockserver.model import Call, Document, Json, Reply
from mockserver.sandbox.quota import QUOTAS, QuotaUse, QuotaWindow, count_in_token_bucket, rate_limit_headers
from mockserver.sandbox.store import State
from mockserver.vendor import Headers, Request
from mockserver.vendors.vba.tables import Table

_RATE, _BURST = 25, 50
_ON = "on"
_JSON = "application/json; charset=utf-8"
_TEXT_JSON = "text/json; charset=utf-8"
_PLAIN = "text/plain; charset=utf-8"
_CONTENT_TYPES = {"application/json": _JSON, "application/*": _JSON, "text/json": _TEXT_JSON}
DEFAULT_PAGE_SIZE = 100


def count_call(key: str, state: State) -> QuotaUse:
    return count_in_token_bucket(state, _bucket_name(key), _RATE, _BURST)


def remaining_headers(call: Call, state: State) -> Headers:
    if call.assumptions["quota_headers"] != _ON:
        return ()
    kept = state.collection(QUOTAS, "").get(_bucket_name(call.headers.get("x-api-key", "")))
    left = _BURST if kept is None else int(float(kept["tokens"]))
    full_in = max(1, -(-(_BURST - left) // _RATE))
    return rate_limit_headers(QuotaWindow("key", _BURST, _BURST // _RATE, left, full_in))


def _bucket_name(key: str) -> str:
    return f"throttle/{key}"


def success_reply(status: int, data: Json, call: Call, state: State, headers: Headers = ()) -> Reply:
    """Reply with `data` and a new activity id.

    Source: docs/vendors/vba.md#envelope, #media-types (assumption `literal_text_plain`).
    """
    plain = call.assumptions["literal_text_plain"] == "on"
    told = (*headers, *remaining_headers(call, state))
    return json_reply(status, _envelope(data, None, state), _PLAIN if plain else content_type(call), told)


def error_reply(error: Document, call: Call, state: State, headers: Headers = ()) -> Reply:
    """Reply with `error`, a new activity id, and no data. Source: docs/vendors/vba.md#envelope."""
    told = (*headers, *remaining_headers(call, state))
    return json_reply(error["status"], _envelope(None, error, state), content_type(call), told)


def _envelope(data: Json, error: Json, state: State) -> Document:
    return {"data": data, "error": error, "debug": {"activityID": state.uuid()}}


def content_type(call: Call) -> str:
    """Return the media type that ASP.NET Core chooses: application/json, or text/json if `Accept` prefers it.

    Source: docs/vendors/vba.md#media-types.
    """
    return _preferred_type(call.headers.get("accept", ""))


@lru_cache(256)
def _preferred_type(accepted: str) -> str:
    ranges = sorted(parse_accept(accepted), key=lambda one: -one[1])
    if any(name == "*/*" for name, _ in ranges):
        return _JSON
    return next(
        (_CONTENT_TYPES[name] for name, quality in ranges if quality and name in _CONTENT_TYPES), _JSON
    )


def page_reply(table: Table, request: Request, state: State) -> Reply:
    """Reply with the requested page of the table's rows, ordered by `sortBy` and then by key."""
    rows = sorted(table.rows(state).values(), key=lambda document: _sort_key(document[table.names.key]))
    for member, descending in reversed(_parse_sort_by(request.parameters.get("sortBy", ""))):
        rows.sort(key=lambda document: _sort_key(document[member]), reverse=descending)
    size = request.parameters.get("pageSize", DEFAULT_PAGE_SIZE)
    size = size if size > 0 else DEFAULT_PAGE_SIZE
    number = max(1, request.parameters.get("page", 1))
    start = (number - 1) * size
    facts = {
        "TotalCount": len(rows),
        "TotalPages": -(-len(rows) // size),
        "CurrentPage": number,
        "PageSize": size,
    }
    header = (("x-pagination", json.encode(facts).decode()),)
    return success_reply(200, rows[start : start + size], request.call, state, header)


def _parse_sort_by(text: str) -> list[tuple[str, bool]]:
    """For each part (`Field`, `Field:asc`, `Field:desc`), return member, and whether the order descends."""
    parts = [part.partition(":") for part in text.split(",") if part]
    return [(name[:1].lower() + name[1:], direction == "desc") for name, _, direction in parts]


def _sort_key(value: Json) -> tuple[bool, Json]:
    return (value is not None, value)
