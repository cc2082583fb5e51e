"""Choose the reader of a request body, and the representation of a reply; neither choice can fail.

Source: docs/vendors/pvex.md#media-types, #negotiation.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from itertools import chain

from mockserver.codec.http import parse_accept, parse_content_type
from mockserver.model import Call, Reply, Value
from mockserver.vendor import Headers

_FORMATTERS = (("application/json", "text/json"), ("application/xml", "text/xml"))
_CHARSETS = ("utf-8", "utf-16")


class BodyReader(StrEnum):
    JSON = "json"
    XML = "xml"
    FORM = "form"


def body_reader(media_type: str) -> BodyReader:
    if media_type.endswith("/json"):
        return BodyReader.JSON
    return BodyReader.XML if media_type.endswith("/xml") else BodyReader.FORM


class Representation(Value, frozen=True):
    media_type: str
    charset: str

    @property
    def is_xml(self) -> bool:
        return self.media_type.endswith("/xml")

    def reply(self, status: int, text: str, headers: Headers = ()) -> Reply:
        body = text.encode() if self.charset == "utf-8" else b"\xff\xfe" + text.encode("utf-16-le")
        return Reply(status, body, f"{self.media_type}; charset={self.charset}", headers)


def negotiate(call: Call) -> Representation:
    """Choose media type and charset that the caller accepts, else those of the body, else JSON in UTF-8."""
    media_type, charset = parse_content_type(call.headers, default_charset="")
    return Representation(_choose_media_type(call, media_type), _choose_charset(call, charset))


def _choose_media_type(call: Call, sent: str) -> str:
    ranges = _by_quality(call.headers.get("accept", ""))
    is_script = call.headers.get("x-requested-with", "").lower() == "xmlhttprequest"
    if is_script and all(name == "*/*" for name, _ in ranges):
        return "application/json"
    matches = [match for formatter in _FORMATTERS if (match := _best_match(ranges, formatter))]
    if matches:
        return max(matches, key=lambda match: match[:2])[2]
    return sent if sent in chain.from_iterable(_FORMATTERS) else "application/json"


def _best_match(
    ranges: Iterable[tuple[str, float]], formatter: tuple[str, ...]
) -> tuple[float, int, str] | None:
    """Return the best match: quality, minus the number of `*`, media type; None if nothing matches."""
    for name, quality in ranges:
        for media_type in formatter:
            if name in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
                return quality, -name.count("*"), media_type
    return None


def _choose_charset(call: Call, sent: str) -> str:
    for name, _ in _by_quality(call.headers.get("accept-charset", "")):
        if name in (*_CHARSETS, "*"):
            return "utf-8" if name == "*" else name
    return sent if sent in _CHARSETS else "utf-8"


def _by_quality(header: str) -> list[tuple[str, float]]:
    return sorted((one for one in parse_accept(header) if one[1] > 0), key=lambda one: -one[1])
