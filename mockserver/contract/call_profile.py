"""Parts of a profile for generated calls: values that meet fixtures, expectations that differ, reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A keyword of a schema that need not be kept, and why.

    `keyword` is JSON Schema's (`uniqueItems` speaks of the keys in a batch), or `content-type` for a media
    type that the spec does not state; `member` is the name of that which breaks it, "" whatever it is.
    `passes`: the vendor may take it; else it is refused, though by itself where `x-batch.fatal` has such
    refuse the call. `media_type` is the body's, or a pattern such as `*/xml`.
    """

    keyword: str
    reason: str
    member: str = ""
    passes: bool = True
    media_type: str = "*"


@dataclass(frozen=True, slots=True)
class ExpectedStatuses:
    """Expected statuses for valid and for invalid requests of an operation, and the reason."""

    reason: str
    valid: tuple[str, ...] = ("2xx",)
    invalid: tuple[str, ...] = ("4xx",)


@dataclass(frozen=True, slots=True)
class SkippedCheck:
    """A check of Schemathesis to skip, by name; with `header` only for cases that were made without it."""

    check: str
    reason: str
    header: str = ""


@dataclass(frozen=True, slots=True)
class FixturePins:
    """Values that let generated calls meet existing records, and expectations that differ, with reasons.

    `headers`, `query`, `path` and `body` hold a value for every member of that name, unless the case is bad
    in just that place; `known` and `bodies` the same by operation (`known` for calls with a body, and for all
    but the fuzzed calls without one). `walking` are headers for walks along links, `omitted_headers` are
    never sent. `omitted_members` names, by schema, members that cases are made without; `accepts` lists
    operations to run once more with that media type as Accept; `walk_exclusions` the operations that a walk
    leaves out.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    bodies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    walking: Mapping[str, str] = field(default_factory=dict)
    omitted_headers: tuple[str, ...] = ()
    codec: str = "utf-8"
    expected_statuses: Mapping[str, ExpectedStatuses] = field(default_factory=dict)
    skipped_checks: tuple[SkippedCheck, ...] = ()
    omitted_members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    accepts: tuple[tuple[str, str], ...] = ()
    walk_exclusions: tuple[tuple[str, ...], ...] = ((),)
    empty_responses: tuple[str, ...] = ()
    """Responses, by name in the spec's components, that have a body only with some assumption."""
    answer_types: tuple[str, ...] = ()
    """Media types that answers may have, whatever was asked for."""

    def with_texts(self, texts: Mapping[str, str]) -> FixturePins:
        """Return the pins with other texts in place of these, wherever one is pinned."""
        if all(old == new for old, new in texts.items()):
            return self
        names = ("headers", "query", "path", "body", "known", "bodies", "walking")
        return replace(self, **{name: _with_texts(getattr(self, name), texts) for name in names})


def _with_texts(pinned: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(pinned, Mapping):
        return {name: _with_texts(value, texts) for name, value in pinned.items()}
    return texts.get(pinned, pinned) if isinstance(pinned, str) else pinned


PER_ITEM_REASON = "the envelope is good, so every item is answered for itself"
UNKNOWN_ID_REASON = "the schema cannot say which ids are there"
STATE_REASON = "the schema cannot say what the state allows, or which other documents are there"
FOUND_OR_NOT = ExpectedStatuses(UNKNOWN_ID_REASON, valid=("200", "404"))
