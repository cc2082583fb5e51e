"""Credentials are never shown whole: somebody will paste a real one."""

from __future__ import annotations

import re
from collections.abc import Mapping

_SECRET = re.compile(r"authorization|cookie|token|secret|password|api-?key", re.IGNORECASE)
_SHOWN = 2


def masked(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers with every credential cut to its scheme and first letters."""
    return {name: _mask(name, text) if _SECRET.search(name) else text for name, text in headers.items()}


def _mask(name: str, text: str) -> str:
    scheme, space, secret = text.partition(" ") if name.endswith("authorization") else ("", "", text)
    if not secret:
        scheme, space, secret = "", "", text
    return f"{scheme}{space}{secret[:_SHOWN]}…" if secret else text
