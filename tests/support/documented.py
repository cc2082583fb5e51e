"""Holds answers against the spec: no status, media type, body or member leaves that it does not state."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from mockserver.model import Reply
from mockserver.published import Contract
from mockserver.reply import PROBLEM
from mockserver.served import Served

_PREFIX = re.compile("/sandboxes/[^/]*")


@dataclass(frozen=True, slots=True)
class Sent:
    """An answer as it left, and what it answers; header names are lower case."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes


def complaint(vendors: Iterable[Served], sent: Sent) -> str:
    """What the spec of the vendor does not say of the answer; "" when it says all of it.

    The path begins with a mount, after a sandbox's prefix or none. A crash or what the door refuses is no
    vendor's answer.
    """
    below = _PREFIX.sub("", sent.path, count=1)
    for vendor in vendors:
        if below.startswith(f"/{vendor.name}/"):
            contract = _contract(_Same(vendor.name, vendor.spec.text, vendor))
            return _complaint(contract, below[len(vendor.name) + 1 :], sent)
    return ""


def _complaint(contract: Contract, path: str, sent: Sent) -> str:
    media_type = sent.headers.get("content-type")
    operation = contract.operation(sent.method, path)
    stated = operation.responses.values() if operation else ()
    if media_type == PROBLEM and not any(PROBLEM in media_types for media_types in stated):
        return ""
    return contract.complaint(sent.method, path, Reply(sent.status, sent.body, media_type), closed=True)


@dataclass(frozen=True)
class _Same:
    """A vendor that is known again by its name and its spec."""

    name: str
    text: str
    vendor: Served = field(compare=False)


@cache
def _contract(same: _Same) -> Contract:
    return Contract(same.vendor)
