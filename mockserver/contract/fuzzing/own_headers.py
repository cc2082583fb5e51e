"""Tell generated calls that ask a mockserver for something from calls of the vendor's API.

What is drawn may by chance be a header or a path that only a mockserver gives a meaning to: it would answer
as the mockserver that it is, and not as the vendor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit

from mockserver.contract.fuzzing.pins import PinnedCase

_OWN_PREFIX = "mock-"
_PREFER = "prefer"
_WISH = re.compile(r"\b(code|example)\s*=", re.IGNORECASE)
_OWN_PATHS = re.compile(r"/(sandboxes|_mock)(/|\?|$)")


def own_part(case: PinnedCase, url: str) -> str:
    """Return the header or path of the case that asks a mockserver for something, "" if there is none.

    `url` is the target's address. A path that the spec itself has below it is none.
    """
    stated = [parameter.name for parameter in case.operation.headers]
    return own_header(case.headers or {}, stated) or _own_path(case, url)


def own_header(headers: Mapping[str, object], stated: Iterable[str]) -> str:
    """Return the name of a header that asks a mockserver for something, "" if there is none.

    A `Prefer` that the spec states is one only if it wishes for a status or an example.
    """
    allowed = {name.lower() for name in stated}
    for name, text in headers.items():
        lower = name.lower()
        if lower.startswith(_OWN_PREFIX) and lower not in allowed:
            return name
        if lower == _PREFER and (lower not in allowed or _WISH.search(str(text))):
            return name
    return ""


def _own_path(case: PinnedCase, url: str) -> str:
    mount = urlsplit(url).path
    path = unquote(mount + case.formatted_path)
    is_stated = _OWN_PATHS.match(mount + case.operation.path)
    return path if _OWN_PATHS.match(path) and not is_stated else ""
