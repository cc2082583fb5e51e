"""What recorded calls changed: their versions of a sandbox, and the log of its changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

from msgspec.structs import astuple

from mockserver.model import Value
from mockserver.redis_store.connection import RedisConnection
from mockserver.redis_store.documents import read_before
from mockserver.redis_store.keys import sandbox_keys
from mockserver.sandbox.rewinding import PlacedChange, Rewound
from mockserver.sandbox.store import CallStates, Tables

_OF_CONTROL_PLANE = 0


class Span(Value, frozen=True):
    """The versions of a sandbox before and after a call, and their epoch, which is not kept."""

    number: int
    before: int
    after: int
    epoch: bytes = b""


class _Step(Value, frozen=True):
    """What made a version out of the one before it."""

    version: int
    before: Sequence[PlacedChange]


class CallHistory:
    """The newest changes of a sandbox, and between which of its versions each recorded call lies."""

    def __init__(self, connection: RedisConnection, sandbox: str) -> None:
        self._connection = connection
        self._keys = sandbox_keys(connection.address.prefix, sandbox)

    def end_call(self, span: Span) -> None:
        """Note the versions around a call."""
        self._connection.script("sandbox", self._keys, "end_call", *astuple(span))

    def forget_before(self, number: int) -> None:
        """Forget the calls before this one."""
        self._ask("zremrangebyscore", self._keys.calls, "-inf", f"({number}")

    def forget(self) -> None:
        """Forget all calls: the states around them, the journal, and those that are open."""
        keys = self._keys
        self._ask("delete", keys.calls, keys.open, keys.journal, keys.journal_head)

    def states(self, numbers: Collection[int], now: Tables, version: int) -> Mapping[int, CallStates]:
        """Return the states around the calls that are still known; `now` is the state at `version`."""
        spans = [one for one in self._spans() if one.number in numbers and one.number > 0]
        if not spans:
            return {}
        steps = {step.version: step for step in self._steps()}
        wanted = {at for one in spans for at in (one.before, one.after)}
        found: dict[int, Tables] = {}
        rewound = Rewound.of(now)
        while version >= min(wanted):
            if version in wanted:
                found[version] = rewound.tables()
            if version not in steps:
                break
            rewound.undo(steps[version].before)
            version -= 1
        return {
            one.number: CallStates(found[one.before], found[one.after])
            for one in spans
            if one.before in found and one.after in found
        }

    def last_writers(self, place: tuple[str, str], keys: Collection[str]) -> Mapping[str, int]:
        """Return the number of the call that last wrote each of these documents, 0 for the control plane."""
        spans = self._spans()
        if not spans:
            return {}
        found: dict[str, int] = {}
        first = spans[0].before
        for step in reversed(self._steps()):
            if step.version <= first:
                break
            for changed, key, _ in step.before:
                if changed == place and key in keys:
                    found.setdefault(key, _number_at(spans, step.version))
        return found

    def _spans(self) -> list[Span]:
        """Return the calls that are known, oldest first."""
        members = (member.split() for member in self._ask("zrange", self._keys.calls, 0, -1))
        return [Span(int(number), int(before), int(after)) for number, before, after in members]

    def _steps(self) -> list[_Step]:
        """Return the steps that are known, oldest first; of the very first only its version is."""
        entries = self._ask("xrange", self._keys.log)
        return [
            _Step(_version_of(one), read_before(fields[b"b"]))
            for (before, _), (one, fields) in pairwise(entries)
            if _version_of(before) + 1 == _version_of(one)
        ]

    def _ask(self, command: str, *arguments: Any) -> Any:
        return self._connection.ask(lambda client: getattr(client, command)(*arguments))


def _version_of(entry_id: bytes) -> int:
    return int(entry_id.partition(b"-")[0])


def _number_at(spans: Sequence[Span], version: int) -> int:
    """Return the call that made a version."""
    return next((one.number for one in spans if one.before < version <= one.after), _OF_CONTROL_PLANE)
