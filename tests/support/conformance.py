"""Holds answers against the spec: no status, media type, body or member leaves that it does not state."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from mockserver.codec.http import PROBLEM_TYPE
from mockserver.engine.conformance import ReplyConformance
from mockserver.engine.registry import LoadedVendor
from mockserver.model import Reply

_PREFIX = re.compile("/sandboxes/[^/]*")


@dataclass(frozen=True, slots=True)
class SentReply:
    """An answer as it left, and what it answers; header names are lower case."""

    method: str
    path: str
    status: int
    headers: Mapping[str, str]
    body: bytes


def find_violation(vendors: Iterable[LoadedVendor], sent: SentReply) -> str:
    """What the spec of the vendor does not say of the answer; "" when it says all of it.

    The path begins with a mount, after a sandbox's prefix or none. A crash or what the door refuses is no
    vendor's answer.
    """
    below = _PREFIX.sub("", sent.path, count=1)
    for vendor in vendors:
        if below.startswith(f"/{vendor.name}/"):
            contract = _conformance_of(_VendorKey(vendor.name, vendor.spec.text, vendor))
            path = vendor.spec.canonical_path(below[len(vendor.name) + 1 :])
            return _find_violation(contract, path, sent)
    return ""


def _find_violation(contract: ReplyConformance, path: str, sent: SentReply) -> str:
    media_type = sent.headers.get("content-type")
    operation = contract.operation(sent.method, path)
    stated = map(operation.contents, operation.responses) if operation else ()
    if media_type == PROBLEM_TYPE and not any(PROBLEM_TYPE in contents for contents in stated):
        return ""
    return contract.find_violation(sent.method, path, Reply(sent.status, sent.body, media_type), closed=True)


@dataclass(frozen=True)
class _VendorKey:
    """A vendor that is known again by its name and its spec."""

    name: str
    text: str
    vendor: LoadedVendor = field(compare=False)


@cache
def _conformance_of(same: _VendorKey) -> ReplyConformance:
    return ReplyConformance(same.vendor)
