"""Moments that JSON has as milliseconds within a text, and XML as ISO 8601."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,7})?Z?", re.ASCII)
_MAX_DIGITS = 15


def to_iso(text: str, form: str, zone: str = "") -> str:
    """Return the ISO form of a text of `form`, such as `/Date({})/`; any other text as it is."""
    found = _pattern(form).fullmatch(text)
    if found is None:
        return text
    try:
        moment = _EPOCH + int(found[1]) * _MILLISECOND
    except OverflowError:
        return text
    whole = moment.replace(tzinfo=None).isoformat(timespec="milliseconds")
    return whole.rstrip("0").removesuffix(".") + zone if moment.microsecond else whole[:-4] + zone


def from_iso(text: str, form: str) -> str:
    """Return a moment in ISO form as a text of `form`; any other text as it is."""
    if not _ISO.fullmatch(text):
        return text
    try:
        moment = datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC)
    except ValueError:
        return text
    return form.replace("{}", str((moment - _EPOCH) // _MILLISECOND))


@lru_cache
def _pattern(form: str) -> re.Pattern[str]:
    before, _, after = form.partition("{}")
    return re.compile(f"{re.escape(before)}(-?[0-9]{{1,{_MAX_DIGITS}}}){re.escape(after)}")
