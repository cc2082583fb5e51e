"""Schemas of the collections that the server itself stores in a sandbox."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mockserver.codec.instants import parse_instant
from mockserver.engine.auth import CREDENTIALS
from mockserver.model import Document
from mockserver.sandbox.assumptions import ASSUMPTIONS_COLLECTION
from mockserver.sandbox.clock import normalize_clock_instant
from mockserver.sandbox.quota import QUOTAS
from mockserver.sandbox.scenarios import SCENARIO_COUNTERS, SCENARIO_STATES, SCENARIOS
from mockserver.sandbox.settings import SETTINGS
from mockserver.spec.schema import Schema, compile_schema

_NUMBER = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
_WINDOW = {"type": "integer"}
_TEXT = {"type": "string"}
_INSTANT = {"type": "string", "format": "instant"}
_FROZEN_INSTANT = {"type": "string", "format": "standing instant", "nullable": True}


def _closed_object(**members: Document) -> Document:
    """Return the schema of an object with exactly these members."""
    return {
        "type": "object",
        "required": list(members),
        "properties": members,
        "additionalProperties": False,
    }


def _collections(**shapes: Document) -> Mapping[str, Schema]:
    return {
        name: _compiled({"type": "object", "additionalProperties": shape}) for name, shape in shapes.items()
    }


def _compiled(node: Document) -> Schema:
    return compile_schema(
        {},
        node,
        {"instant": _format_check(parse_instant), "standing instant": _format_check(normalize_clock_instant)},
    )


def _format_check(read: Callable[[str], object]) -> Callable[[str], bool]:
    """Return a predicate that tells whether `read` accepts a text."""

    def check(text: str) -> bool:
        try:
            read(text)
        except ValueError:
            return False
        return True

    return check


_CREDENTIAL = {
    "type": "object",
    "properties": {
        "scheme": _TEXT,
        "kind": _TEXT,
        "name": _TEXT,
        "expires": _INSTANT,
        "scopes": {"type": "array", "nullable": True, "items": _TEXT},
    },
}
_QUOTA = {
    "anyOf": [
        _closed_object(window=_WINDOW, used=_NUMBER),
        _closed_object(window=_WINDOW, used=_NUMBER, seconds={**_NUMBER, "minimum": 1}),
        _closed_object(at=_INSTANT, tokens={"type": "string", "pattern": "^[0-9.e+-]{1,40}$"}),
    ]
}
_COUNTER = {
    "anyOf": [
        _closed_object(calls=_NUMBER, hits=_NUMBER),
        _closed_object(attempts=_NUMBER),
        _closed_object(window=_WINDOW, used=_NUMBER),
    ]
}
_CLOCK = _closed_object(
    frozen=_FROZEN_INSTANT, ahead={"type": "integer", "minimum": 0, "maximum": 3155760000}
)
_SETTINGS = _closed_object(
    seed=_NUMBER,
    frozen=_FROZEN_INSTANT,
    empty={"type": "boolean"},
    assumptions={"type": "object", "additionalProperties": _TEXT},
    scenarios={"type": "array", "items": {"type": "object"}},
)
_SCENARIO = _closed_object(
    name=_TEXT, armed={"type": "boolean"}, order={**_NUMBER, "minimum": 1}, document={"type": "object"}
)

SANDBOX_COLLECTIONS: Mapping[str, Schema] = {
    **_collections(
        **{
            SCENARIOS: _SCENARIO,
            SCENARIO_COUNTERS: _COUNTER,
            SCENARIO_STATES: _closed_object(value=_TEXT),
            "sequences": _closed_object(last=_NUMBER),
        }
    ),
    SETTINGS: _compiled(
        _closed_object(seed=_closed_object(value=_NUMBER), clock=_CLOCK, beginning=_SETTINGS)
    ),
}
"""Collections in a sandbox's own scope."""

SAVED_SNAPSHOTS: Schema = _compiled(
    _closed_object(
        last=_NUMBER,
        kept={
            "type": "object",
            "additionalProperties": _closed_object(
                id=_TEXT,
                at=_INSTANT,
                label=_TEXT,
                records=_NUMBER,
                number={**_NUMBER, "minimum": 1},
                tables={"type": "object"},
            ),
        },
    )
)
"""The snapshots of a sandbox, see `sandbox.snapshots.dump_snapshots`; their tables are not looked into."""

VENDOR_COLLECTIONS: Mapping[str, Schema] = _collections(
    **{
        ASSUMPTIONS_COLLECTION: _closed_object(name=_TEXT, value=_TEXT),
        CREDENTIALS: _CREDENTIAL,
        QUOTAS: _QUOTA,
        "sequences": _closed_object(last=_NUMBER),
    }
)
"""Collections of the core in a vendor's own scope."""
