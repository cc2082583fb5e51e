"""Content negotiation: in which media type and charset an answer leaves. It never fails.

Source: PVEx fact sheet §2.4, §3.4.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from mockserver.model import Call, Value
from mockserver.reply import accepted, media_type_of

_FORMATTERS = (("application/json", "text/json"), ("application/xml", "text/xml"))
_CHARSETS = ("utf-8", "utf-16")


class Representation(Value, frozen=True):
    """How an answer is written."""

    media_type: str
    charset: str

    @property
    def xml(self) -> bool:
        """Whether it is XML; else it is JSON."""
        return self.media_type.endswith("/xml")

    @property
    def content_type(self) -> str:
        """The header, which always names the charset."""
        return f"{self.media_type}; charset={self.charset}"

    def encode(self, text: str) -> bytes:
        """`text` in the charset; UTF-16 is little-endian behind its mark."""
        return text.encode() if self.charset == "utf-8" else b"\xff\xfe" + text.encode("utf-16-le")


def negotiated(call: Call) -> Representation:
    """The representation that `call` asks for, as far as the vendor has it."""
    media_type, charset = media_type_of(call.headers, unsaid="")
    return Representation(_media_type(call, media_type), _charset(call, charset))


def _media_type(call: Call, sent: str) -> str:
    ranges = _by_quality(call.headers.get("accept", ""))
    is_script = call.headers.get("x-requested-with", "").lower() == "xmlhttprequest"
    if is_script and all(name == "*/*" for name, _ in ranges):
        return "application/json"
    matches = [match for formatter in _FORMATTERS if (match := _match(ranges, formatter))]
    if matches:
        return max(matches, key=lambda match: match[:2])[2]
    return sent if sent in chain.from_iterable(_FORMATTERS) else "application/json"


def _match(ranges: Iterable[tuple[str, float]], formatter: tuple[str, ...]) -> tuple[float, int, str] | None:
    """The formatter's best media type, before it its quality and how exactly it was asked for."""
    for name, quality in ranges:
        for media_type in formatter:
            if name in (media_type, f"{media_type.partition('/')[0]}/*", "*/*"):
                return quality, -name.count("*"), media_type
    return None


def _charset(call: Call, sent: str) -> str:
    for name, _ in _by_quality(call.headers.get("accept-charset", "")):
        if name in (*_CHARSETS, "*"):
            return "utf-8" if name == "*" else name
    return sent if sent in _CHARSETS else "utf-8"


def _by_quality(header: str) -> list[tuple[str, float]]:
    """The ranges of `header`, the most wanted first; those with quality 0 are none."""
    return sorted((one for one in accepted(header) if one[1] > 0), key=lambda one: -one[1])
