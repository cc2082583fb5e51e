"""Which recorded calls are a vendor's, and where its own paths begin in them."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote, urlsplit

from mockserver.contract.drift.archive import Recorded
from mockserver.contract.exchange import Exchange
from mockserver.errors import MethodNotAllowed, NotFound
from mockserver.spec.openapi import Spec

_SANDBOX = re.compile("/sandboxes/([a-z0-9-]{1,64})(?=/)")
SANDBOX_HEADER = "mock-sandbox"


def placed(one: Recorded, spec: Spec, base: str) -> Exchange | None:
    """The exchange with its path below the vendor's own beginning; None where it is none of the vendor's.

    `base` is the address at which the vendor's paths begin; "" looks for the longest end of the path that
    the spec serves. A call below `base` that no operation answers is kept, without an operation. A sandbox
    in the path becomes the header that says the same.
    """
    path, headers = one.exchange.request.path, dict(one.exchange.request.headers)
    if base:
        begun = base.rstrip("/")
        address = one.url.partition("#")[0]
        if not address.startswith((f"{begun}/", f"{begun}?")) and address != begun:
            return None
        path = address[len(begun) :] or "/"
    elif found := _SANDBOX.match(path):
        headers[SANDBOX_HEADER] = found[1]
        path = path[found.end() :]
    name = _operation(spec, one.exchange.request.method, path) if base else ""
    if not base:
        below, name = _searched(spec, one.exchange.request.method, path)
        if not name:
            return None
        path = below
    request = replace(one.exchange.request, path=path, headers=headers)
    return replace(one.exchange, request=request, operation=name)


def _searched(spec: Spec, method: str, path: str) -> tuple[str, str]:
    """The longest end of `path` that is served, with its query, and the operation; "" where none is."""
    parts = urlsplit(path)
    segments = parts.path.split("/")
    query = f"?{parts.query}" if parts.query else ""
    for cut in range(1, len(segments)):
        below = "/" + "/".join(segments[cut:])
        if name := _operation(spec, method, below):
            return below + query, name
    return path, ""


def _operation(spec: Spec, method: str, path: str) -> str:
    try:
        return spec.match(method, spec.canonical_path(unquote(urlsplit(path).path))).operation.id
    except (NotFound, MethodNotAllowed):
        return ""
