"""Which of its readers the vendor gives a body to: JSON, XML or form, by the exact media type."""

from __future__ import annotations

from enum import StrEnum


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
