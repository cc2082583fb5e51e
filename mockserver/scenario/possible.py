"""Whether rules can do what they say: each well-formed part of a document, held against its checks."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import partial

from mockserver.model import Json, Path
from mockserver.scenario.answer_checks import of_delay, of_drift, of_envelope, of_response
from mockserver.scenario.predicates import EVERY
from mockserver.scenario.rule_checks import (
    Vendors,
    of_effect,
    of_ids,
    of_items,
    of_match,
    of_predicate,
    of_rule,
    of_states,
)
from mockserver.scenario.structure import Finding

Check = Callable[[Json], Iterator[Finding]]

_RULE: Path = ("rules", EVERY)


def impossible(document: Json, vendors: Vendors, broken: Collection[Path]) -> Iterator[Finding]:
    """What is impossible in the parts of `document` at or below which no path of `broken` lies."""
    spoilt = {path[:length] for path in broken for length in range(len(path) + 1)}
    ids = {path: name for path, name in _parts(document, (*_RULE, "id")) if path not in spoilt}
    yield from of_ids(ids)
    for pattern, check in _checks(vendors):
        for path, node in _parts(document, pattern):
            if path not in spoilt:
                yield from (found._replace(path=(*path, *found.path)) for found in check(node))


def _checks(vendors: Vendors) -> tuple[tuple[Path, Check], ...]:
    return (
        (("rules",), of_states),
        (_RULE, of_rule),
        ((*_RULE, "match"), partial(of_match, vendors=vendors)),
        ((*_RULE, "match", "body"), of_predicate),
        ((*_RULE, "match", "item"), of_predicate),
        ((*_RULE, "items"), of_items),
        ((*_RULE, "items", EVERY, "select", "where"), of_predicate),
        ((*_RULE, "items", EVERY, "effect"), of_effect),
        ((*_RULE, "envelope"), of_envelope),
        ((*_RULE, "envelope", "drift", EVERY), of_drift),
        ((*_RULE, "response"), of_response),
        ((*_RULE, "response", "delay"), of_delay),
    )


def _parts(node: Json, pattern: Path, path: Path = ()) -> Iterator[tuple[Path, Json]]:
    """Every place of the document that the pattern fits."""
    if not pattern:
        yield path, node
    elif pattern[0] == EVERY and isinstance(node, list):
        for at, child in enumerate(node):
            yield from _parts(child, pattern[1:], (*path, at))
    elif isinstance(node, dict) and pattern[0] in node:
        yield from _parts(node[pattern[0]], pattern[1:], (*path, pattern[0]))
