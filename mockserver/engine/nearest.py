"""Find the operation nearest to a call that no operation answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from functools import cached_property, lru_cache

from msgspec import field

from mockserver.model import Value
from mockserver.spec.openapi import Spec

_LEFT_OUT = 0.4
"""Cost of a segment that only the operation's path has."""

_TOO_MUCH = 0.6
"""Cost of a segment that only the call's path has."""

_PARAMETER = 0.35
_OTHER_METHOD = 0.3
_UNLIKE = 2.0
_ALIKE = 0.6
"""Minimum similarity of a segment and its misspelling."""

_MAX_SEGMENTS = 12
_MAX_SEGMENT = 60
_KNOWN_PAIRS = 4096


class _Route(Value, frozen=True):
    """A method and the segments of a full path template."""

    method: str
    vendor: str
    """Name of the vendor as first segment; "" if the vendor answers at `/`."""
    segments: tuple[str, ...]

    @property
    def full_path(self) -> str:
        return "".join(f"/{segment}" for segment in self.segments)


class OperationDirectory(Value, frozen=True, dict=True, weakref=True):
    """The operations of `specs`; the vendor that `at_root` names also answers at `/`."""

    specs: Mapping[str, Spec] = field(default_factory=dict)
    at_root: str = ""

    @cached_property
    def routes(self) -> tuple[_Route, ...]:
        mounts = [*(((self.at_root, ""),) if self.at_root else ()), *((name, name) for name in self.specs)]
        return tuple(
            _Route(operation.method.upper(), mount, _segments(f"{mount}{operation.path}"))
            for name, mount in mounts
            for operation in self.specs[name].operations.values()
        )

    def nearest(self, method: str, path: str, prefix: str = "") -> str:
        """Return the nearest operation, such as "PUT /vendor/orders/{id}"; "" if no operation is similar.

        `path` is the full path without the sandbox's `prefix`; the result begins with `prefix`.
        """
        sent = tuple(segment[:_MAX_SEGMENT] for segment in _segments(path)[:_MAX_SEGMENTS])
        likely = [route for route in self.routes if _is_likely(sent, route)]
        if not likely:
            return ""
        found = min(likely, key=lambda route: _distance(method, sent, route))
        return f"{found.method} {prefix}{found.full_path}"


def _segments(path: str) -> tuple[str, ...]:
    return tuple(segment for segment in path.split("/") if segment)


def _is_likely(sent: Iterable[str], route: _Route) -> bool:
    """Return whether a segment of `sent` is similar to a segment of `route`, except parameters and vendor."""
    names = [
        segment_name
        for segment_name in route.segments
        if not _is_parameter(segment_name) and segment_name != route.vendor
    ]
    return any(_similarity(segment, name) >= _ALIKE for segment in sent for name in names)


def _distance(method: str, sent: tuple[str, ...], route: _Route) -> float:
    row = [_LEFT_OUT * count for count in range(len(route.segments) + 1)]
    for segment in sent:
        above, row = row, [row[0] + _TOO_MUCH]
        for at, wanted in enumerate(route.segments):
            unlike = _PARAMETER if _is_parameter(wanted) else _UNLIKE * (1 - _similarity(segment, wanted))
            row.append(min(above[at] + unlike, above[at + 1] + _TOO_MUCH, row[at] + _LEFT_OUT))
    wanted_method = "GET" if method == "HEAD" else method
    return row[-1] + (0 if route.method == wanted_method else _OTHER_METHOD)


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{")


@lru_cache(_KNOWN_PAIRS)
def _similarity(segment: str, wanted: str) -> float:
    """Return the similarity of two segments, from 0 to 1; a difference in letter case costs 0.01."""
    if segment == wanted:
        return 1
    return 0.99 * SequenceMatcher(None, segment.lower(), wanted.lower(), autojunk=False).ratio()
