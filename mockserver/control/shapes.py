"""The shapes of what this server itself keeps in a sandbox; what a vendor keeps has the vendor's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mockserver.assumption import ASSUMPTIONS
from mockserver.auth import CREDENTIALS
from mockserver.beginning import SETTINGS
from mockserver.clock import clock_instant, parse_instant
from mockserver.model import Document
from mockserver.quota import COLLECTION as QUOTAS
from mockserver.scenario.records import COUNTERS, SCENARIOS, STATES
from mockserver.schema import Schema, compile_schema

_NUMBER = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
_WINDOW = {"type": "integer"}
_TEXT = {"type": "string"}
_INSTANT = {"type": "string", "format": "instant"}
_STANDING = {"type": "string", "format": "standing instant", "nullable": True}


def _closed(**members: Document) -> Document:
    """An object of exactly these members."""
    return {
        "type": "object",
        "required": list(members),
        "properties": members,
        "additionalProperties": False,
    }


def _tables_of(**shapes: Document) -> Mapping[str, Schema]:
    return {
        name: _compiled({"type": "object", "additionalProperties": shape}) for name, shape in shapes.items()
    }


def _compiled(node: Document) -> Schema:
    return compile_schema(
        {}, node, {"instant": _reads(parse_instant), "standing instant": _reads(clock_instant)}
    )


def _reads(read: Callable[[str], object]) -> Callable[[str], bool]:
    """Whether a text is what `read` reads."""

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
        _closed(window=_WINDOW, used=_NUMBER),
        _closed(at=_INSTANT, tokens={"type": "string", "pattern": "^[0-9.e+-]{1,40}$"}),
    ]
}
_COUNTER = {
    "anyOf": [
        _closed(calls=_NUMBER, hits=_NUMBER),
        _closed(attempts=_NUMBER),
        _closed(window=_WINDOW, used=_NUMBER),
    ]
}
_CLOCK = _closed(frozen=_STANDING, ahead={"type": "integer", "minimum": 0, "maximum": 3155760000})
_BEGINNING = _closed(
    seed=_NUMBER,
    frozen=_STANDING,
    empty={"type": "boolean"},
    assumptions={"type": "object", "additionalProperties": _TEXT},
    scenarios={"type": "array", "items": {"type": "object"}},
)
_SCENARIO = _closed(
    name=_TEXT, armed={"type": "boolean"}, order={**_NUMBER, "minimum": 1}, document={"type": "object"}
)

OF_SANDBOX: Mapping[str, Schema] = {
    **_tables_of(
        **{
            SCENARIOS: _SCENARIO,
            COUNTERS: _COUNTER,
            STATES: _closed(value=_TEXT),
            "sequences": _closed(last=_NUMBER),
        }
    ),
    SETTINGS: _compiled(_closed(seed=_closed(value=_NUMBER), clock=_CLOCK, beginning=_BEGINNING)),
}
"""The collections of a sandbox's own scope."""

OF_VENDOR: Mapping[str, Schema] = _tables_of(
    **{
        ASSUMPTIONS: _closed(name=_TEXT, position=_TEXT),
        CREDENTIALS: _CREDENTIAL,
        QUOTAS: _QUOTA,
        "sequences": _closed(last=_NUMBER),
    }
)
"""The collections of a vendor's own scope that the core keeps there."""
