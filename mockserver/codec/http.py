"""Build HTTP replies and parse the Content-Type and Accept headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from http import HTTPStatus

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.lines import write_lines
from mockserver.errors import NotAcceptable, Refusal, ServerRefusal, UnsupportedMediaType
from mockserver.model import Call, Json, Reply

JSON_TYPE = "application/json"
PROBLEM_TYPE = "application/problem+json"
_JSON_NAME = re.compile(r"[^/;]+/(?:[^;]*[+.-])?json|application/x-amz-json-1\.[01]")
JSON_RANGES = ("*/*", "application/*")
"""Ranges of media types in which this server sends JSON."""
BODILESS_STATUSES = (204, 304)
_ACCEPTING_JSON = (JSON_TYPE, *reversed(JSON_RANGES))
"""Media ranges that include JSON, the most specific first (RFC 9110 §12.5.1)."""

_CACHED_HEADERS = 256
_UTF_8_CHARSETS = frozenset({"utf-8", "utf8", "us-ascii"})
REFUSAL_STATUSES: Mapping[str, int] = {
    "malformed": 400,
    "invalid": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not-found": 404,
    "method-not-allowed": 405,
    "not-acceptable": 406,
    "rejected": 409,
    "too-large": 413,
    "too-many-items": 413,
    "unsupported-media-type": 415,
    "too-many-requests": 429,
    "headers-too-large": 431,
    "failed": 500,
    "unavailable": 503,
}
"""HTTP status for each code of a refusal, unless the vendor declares another status."""

_TITLES = {413: "Content Too Large", 422: "Unprocessable Content"}
"""Titles from RFC 9110 where Python's `HTTPStatus` uses an older phrase."""

_UNSUPPORTED_STATUS = REFUSAL_STATUSES[UnsupportedMediaType.code]

_SERVER_PROBLEM_PREFIX = "urn:mockserver:"


def json_reply(
    status: int,
    document: Json,
    media_type: str = JSON_TYPE,
    headers: tuple[tuple[str, str], ...] = (),
    *,
    lines: bool = False,
) -> Reply:
    """Reply with `document` as JSON, or with a line for each of its elements; decimals keep their scale."""
    has_lines = lines and isinstance(document, list)
    return Reply(status, write_lines(document) if has_lines else json.encode(document), media_type, headers)


def status_title(status: int) -> str:
    return _TITLES.get(status) or HTTPStatus(status).phrase


def problem_reply(status: int, detail: str = "", title: str | None = None, **members: Json) -> Reply:
    """Reply with problem details (RFC 9457), for calls that belong to no vendor.

    If `title` is None, the reply has the usual title of the status.
    """
    title = status_title(status) if title is None else title
    document = {"type": "about:blank", "title": title, "status": status, **members}
    if detail:
        document["detail"] = detail
    return json_reply(status, document, PROBLEM_TYPE)


def server_problem_reply(refusal: ServerRefusal) -> Reply:
    """Reply with a refusal of this server as problem details; `type` is `urn:mockserver:<code>`."""
    title = refusal.code.replace("-", " ").capitalize()
    members = {"type": _SERVER_PROBLEM_PREFIX + refusal.code, **refusal.members}
    reply = problem_reply(refusal.status, refusal.detail, title, **members)
    return replace(reply, headers=refusal.headers)


def with_supported_types(reply: Reply, refusal: Refusal) -> Reply:
    """Add Accept (media types) or Accept-Encoding (codings) to a 415 that lacks it (RFC 9110 §15.5.16)."""
    if (
        not isinstance(refusal, UnsupportedMediaType)
        or not refusal.supported
        or reply.status != _UNSUPPORTED_STATUS
    ):
        return reply
    name = "Accept" if all("/" in kind for kind in refusal.supported) else "Accept-Encoding"
    if any(known.lower() == name.lower() for known, _ in reply.headers):
        return reply
    return replace(reply, headers=(*reply.headers, (name, ", ".join(refusal.supported))))


def is_server_problem(reply: Reply) -> bool:
    return reply.media_type == PROBLEM_TYPE and f'"type":"{_SERVER_PROBLEM_PREFIX}'.encode() in reply.body


def join_headers(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the headers by name; the values of a repeated header are joined by commas."""
    headers: dict[str, str] = {}
    for name, text in pairs:
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return headers


def parse_content_type(headers: Mapping[str, str], default_charset: str = "utf-8") -> tuple[str, str]:
    """Return the media type ("" if it is missing) and the charset (or the default), in lower case."""
    return _parse_media_type(headers.get("content-type", ""), default_charset)


@lru_cache(_CACHED_HEADERS)
def is_json_type(media_type: str) -> bool:
    """Return whether bodies of a media type, which may have parameters, are JSON.

    Only here is decided which media types are JSON; `is_json_content` adds ranges and lines by their schema.
    """
    return _JSON_NAME.fullmatch(media_type.partition(";")[0].strip().lower()) is not None


def sent_type(media_type: str) -> str:
    """Return the media type in which this server sends a body that is declared with a media type or range."""
    return JSON_TYPE if media_type in JSON_RANGES else media_type


@lru_cache(_CACHED_HEADERS)
def _parse_media_type(text: str, default_charset: str) -> tuple[str, str]:
    kind, _, rest = text.partition(";")
    charset = default_charset
    for parameter in rest.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return kind.strip().lower(), charset


def check_accepts_json(headers: Mapping[str, str], because: str = "") -> None:
    """Raise NotAcceptable if the call has an Accept header that excludes JSON.

    `because` is the reason that the hint gives; without a reason there is no hint.
    """
    header = headers.get("accept", "")
    wanted = dict(parse_accept(header))
    if wanted and not next((wanted[kind] > 0 for kind in _ACCEPTING_JSON if kind in wanted), False):
        hint = f"Accept: {header} has no room for {JSON_TYPE} ({because})" if because else ""
        raise NotAcceptable(header, hint=hint)


def check_utf_8_charset(headers: Mapping[str, str], because: str = "") -> None:
    """Raise UnsupportedMediaType if the body declares a charset other than UTF-8 and ASCII.

    `because` is the reason that the hint gives; without a reason there is no hint.
    """
    media_type, charset = parse_content_type(headers)
    if charset not in _UTF_8_CHARSETS:
        hint = f"the body's charset is {charset}, send utf-8 ({because})" if because else ""
        raise UnsupportedMediaType(f"{media_type}; charset={charset}", (JSON_TYPE,), hint=hint)


def check_json_in_utf_8(call: Call) -> None:
    """Check Accept if the assumption `unacceptable` is 406; check the charset if `other_charset` is 415.

    This check is for vendors whose documents mention neither Accept nor charset.
    Raises NotAcceptable, UnsupportedMediaType.
    """
    if call.assumptions["unacceptable"] == "406":
        check_accepts_json(call.headers, call.assumed("unacceptable"))
    if call.body and call.assumptions["other_charset"] == "415":
        check_utf_8_charset(call.headers, call.assumed("other_charset"))


@lru_cache(_CACHED_HEADERS)
def parse_accept(header: str) -> tuple[tuple[str, float], ...]:
    """Return the media ranges of `Accept` in their order, each with its quality (RFC 9110 §12.5.1)."""
    parts = ([piece.strip().lower() for piece in part.split(";")] for part in header.split(","))
    return tuple((name, _parse_quality(parameters)) for name, *parameters in parts if name)


def _parse_quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return max(0.0, min(1.0, float(parameter[2:])))
            except ValueError:
                return 1.0
    return 1.0
