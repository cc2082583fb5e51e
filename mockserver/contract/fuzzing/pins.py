"""Replace generated ids by ids of the fixtures, except where a case is deliberately invalid."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any, TypeAlias

import schemathesis
from schemathesis.core import NOT_SET
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation.meta import CaseMetadata, TestPhase

from mockserver.contract.call_profile import FixturePins

PinnedCase: TypeAlias = schemathesis.Case[Any]

_MOMENT = re.compile(r"(\d{4})(-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d:\d\d)")
_FAR = "14:00"


def pin_case(case: PinnedCase, pins: FixturePins, *, walking: bool = False) -> None:
    """Let a case name records that are there; on a walk they are those that the link names."""
    operation = operation_id(case)
    # Read once: each access compares all parts of the case with what they were.
    meta = case.meta
    bodies = {} if walking else pins.bodies.get(operation, {})
    known = {} if walking or _may_ask_for_unknown(case, meta) else pins.known.get(operation, {})
    places: Sequence[tuple[ParameterLocation, Any, Mapping[str, Any]]] = (
        (ParameterLocation.HEADER, case.headers, {**pins.headers, **(pins.walking if walking else {})}),
        (ParameterLocation.QUERY, case.query, {**pins.query, **known}),
        (ParameterLocation.PATH, case.path_parameters, {**pins.path, **known}),
        (ParameterLocation.BODY, case.body, {**pins.body, **bodies}),
    )
    for location, container, pinned in places:
        if location is ParameterLocation.BODY:
            meta = case.meta
        if meta is not None and meta.is_negative_at(location):
            continue
        _replace_moments(container)
        if isinstance(container, MutableMapping):
            container.update({name: value for name, value in pinned.items() if name in container})
            for name in pins.omitted_headers:
                container.pop(name, None)


def operation_id(case: PinnedCase) -> str:
    """Return the operationId, or method and path where the spec has none."""
    return id_of_operation(case.operation)


def id_of_operation(operation: Any) -> str:
    """Return the same of an operation as Schemathesis has it."""
    return str(operation.definition.raw.get("operationId") or operation.label)


def _may_ask_for_unknown(case: PinnedCase, meta: CaseMetadata | None) -> bool:
    """Return whether the case may ask for what is not there."""
    fuzzed = meta is not None and meta.phase.name == TestPhase.FUZZING
    return fuzzed and case.body is NOT_SET


def _replace_moments(value: Any) -> None:
    """Replace date-times by ones with a real offset and a year that is valid in UTC, too."""
    if isinstance(value, MutableMapping):
        entries: Any = list(value.items())
    elif isinstance(value, list):
        entries = list(enumerate(value))
    else:
        return
    for place, child in entries:
        if isinstance(child, str):
            moment = _valid_moment(child)
            if moment != child:
                value[place] = moment
        else:
            _replace_moments(child)


def _valid_moment(text: str) -> str:
    found = _MOMENT.fullmatch(text)
    if not found:
        return text
    year, rest, zone = found.groups()
    zone = zone if zone[1:] <= _FAR else f"{zone[0]}{_FAR}"
    return min(max(year, "0002"), "9998") + rest + zone
