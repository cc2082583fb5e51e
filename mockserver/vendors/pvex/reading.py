"""Which of its readers the vendor gives a body to: JSON, XML or form, by the exact media type."""

from __future__ import annotations

from enum import StrEnum

from mockserver.model import Call


class Reading(StrEnum):
    """One of the vendor's three readers."""

    JSON = "json"
    XML = "xml"
    FORM = "form"


def reading_of(media_type: str) -> Reading:
    """The reader of a media type that the spec lists."""
    if media_type.endswith("/json"):
        return Reading.JSON
    return Reading.XML if media_type.endswith("/xml") else Reading.FORM


def content_type(call: Call) -> tuple[str, str]:
    """The body's media type and charset in lower case, "" for what the call does not say."""
    media_type, _, rest = call.headers.get("content-type", "").partition(";")
    charset = ""
    for parameter in rest.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return media_type.strip().lower(), charset
