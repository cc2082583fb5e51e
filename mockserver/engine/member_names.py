"""What the name of a member of an answer says about its value."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from mockserver.model import Json

SENTENCES = (
    "message",
    "detail",
    "errordescription",
    "errormessage",
    "description",
    "msg",
    "text",
    "reason",
    "error",
    "details",
    "fault",
    "cause",
    "info",
    "title",
)
"""Names of a sentence, the likeliest first."""

TITLES = frozenset({"title", "error", "reason", "summary", "statustext", "phrase"})
CODES = frozenset({"code", "errorcode", "type", "kind", "category", "errortype", "reasoncode", "rule"})
STATUSES = frozenset({"status", "statuscode", "httpstatus", "httpcode", "httpstatuscode"})
PLACES = frozenset({"pointer", "path", "location", "jsonpath", "jsonpointer", "in", "where"})
FIELDS = frozenset({"field", "member", "property", "parameter", "param", "source", "attribute", "target"})
ADDRESSES = frozenset({"instance", "path", "uri", "url", "requesturi"})
TIMES = frozenset({"timestamp", "time", "at", "date", "datetime", "occurredat"})
ERRORS = frozenset(
    {
        "errors",
        "error",
        "details",
        "problems",
        "violations",
        "validationerrors",
        "fielderrors",
        "messages",
        "issues",
        "causes",
        "reasons",
        "warnings",
        "invalidparams",
        "modelstate",
    }
)
SUCCESSES = frozenset({"success", "ok", "successful", "accepted", "valid", "isvalid", "succeeded"})
FAILURES = frozenset({"failed", "failure", "iserror", "haserrors", "error", "rejected"})
COUNTS: Mapping[str, tuple[str, ...]] = {
    "total": ("total", "count", "received", "totalcount", "items", "size", "length", "processed"),
    "accepted": ("accepted", "succeeded", "successful", "ok", "stored", "imported", "successcount"),
    "method-not-allowed": ("methodnotallowed", "notallowed", "unsupported", "badrequest", "invalid"),
    "rejected": ("rejected", "failed", "errors", "failures", "invalid", "errorcount", "failurecount"),
    "created": ("created", "inserted", "new"),
    "updated": ("updated", "changed"),
}
_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "malformed": ("malformed", "badrequest", "parseerror", "invalidjson", "invalid", "validation"),
    "invalid": ("invalid", "validationfailed", "validationerror", "validation", "badrequest"),
    "unauthorized": ("unauthorized", "unauthenticated", "authentication", "auth"),
    "forbidden": ("forbidden", "permissiondenied", "accessdenied", "denied"),
    "not-found": ("notfound", "unknown", "missing"),
    "method-not-allowed": ("methodnotallowed", "notallowed", "unsupported", "badrequest", "invalid"),
    "rejected": ("rejected", "conflict", "duplicate", "invalid"),
    "too-large": ("toolarge", "payloadtoolarge", "requesttoolarge", "limit"),
    "too-many-items": ("toomanyitems", "toolarge", "limit"),
    "unsupported-media-type": ("unsupportedmediatype", "mediatype", "unsupported"),
    "not-acceptable": ("notacceptable", "unsupported"),
    "too-many-requests": ("toomanyrequests", "ratelimited", "ratelimit", "throttled", "quota", "limit"),
    "headers-too-large": ("headerstoolarge", "toolarge"),
    "unavailable": ("unavailable", "serviceunavailable", "maintenance"),
    "failed": ("internal", "internalerror", "internalservererror", "servererror", "failed", "failure"),
    "missing-required": ("missing", "required", "missingrequired", "missingfield", "validation", "invalid"),
    "duplicate-key": ("duplicate", "alreadyexists", "exists", "conflict", "invalid"),
}
LAST_RESORTS = ("error", "failed", "failure", "other", "general", "unknown", "invalid", "badrequest")


@lru_cache(maxsize=4096)
def plain(name: object) -> str:
    """Return a name without case and separators: `error_code` and `errorCode` are one."""
    return re.sub(r"[^a-z0-9]", "", str(name).lower())


def pick(values: Iterable[Json], *wanted: object) -> Json:
    """Return the value that is one of the texts, or has one of them in it; None where none does."""
    listed = [value for value in values if value is not None]
    texts = [text for one in wanted if (text := plain(one))]
    for text in texts:
        for value in listed:
            if plain(value) == text:
                return value
    for text in texts:
        for value in listed:
            if isinstance(value, str) and len(text) > 3 and text in plain(value):  # noqa: PLR2004 - "ok" is in much
                return value
    return None


def words_of(code: str) -> tuple[str, ...]:
    """Return the words by which lists of codes name a neutral code, the likeliest first."""
    return (code, *_SYNONYMS.get(code, ("validation", "invalid")))
