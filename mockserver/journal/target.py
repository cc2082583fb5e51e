"""Where a recorded call went: its path as it was sent, and what is left of that below the vendor."""

from __future__ import annotations

import re
from urllib.parse import quote

from mockserver.journal.entry import Entry

_SLASH = re.compile("(%(?:25)*2[fF])")
_SAFE = "/!$&'()*+,;=:@-._~"


def target(entry: Entry) -> str:
    """The undecoded path of the call, with the sandbox's prefix and the mount where it had them."""
    return entry.call.target or entry.call.mount + _quoted(entry.call.path)


def below(entry: Entry) -> str:
    """The undecoded path of the call below the vendor's mount, as it was sent where that can be told."""
    call = entry.call
    if call.target.startswith(f"{call.mount}/"):
        return call.target[len(call.mount) :]
    return _quoted(call.path)


def _quoted(path: str) -> str:
    """The path as it is sent; escaped slashes in it, which were left escaped, stay so."""
    parts = _SLASH.split(path)
    return "".join([part if at % 2 else quote(part, safe=_SAFE) for at, part in enumerate(parts)])
