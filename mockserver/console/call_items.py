"""The items of one call in pages, each with what became of it and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mockserver.model import Document
from mockserver.vendor import FAULT_RULE

PAGE_ITEMS = 200
"""Most items on a page."""

_BAD = "rejected"
_WARNED = "warned"
_FINAL = ("rejected", "skipped")
_CONTRACT_RULES = frozenset(
    {
        "additionalProperties",
        "allOf",
        "anyOf",
        "const",
        "enum",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "format",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "not",
        "oneOf",
        "pattern",
        "required",
        "type",
        "unknown",
    }
)
"""Words of a schema, which the contract of the vendor states."""


@dataclass(frozen=True, slots=True)
class ItemChoice:
    """Which items are asked for: by outcome, from a position among those, and one that is picked."""

    outcome: str = ""
    first: int = 0
    picked: int | None = None

    @classmethod
    def of(cls, query: Mapping[str, str], items: int) -> ItemChoice:
        """Return what the query of a page asks for; what is no number, or no item of the call, is ignored."""
        picked = _number(query.get("item", ""))
        return cls(
            query.get("outcome", ""),
            _number(query.get("first", "")) or 0,
            picked if picked is not None and picked < items else None,
        )


def item_page(decided: Sequence[Document], choice: ItemChoice, why: Document) -> Document:
    """Return the page of items that is asked for, with the pages and the bad item that come next.

    `why` are the `applied` rules of the call, and `switches`, the assumptions of its vendor by name.
    """
    matching = [one for one in decided if not choice.outcome or outcome_of(one) == choice.outcome]
    first = _first(matching, choice)
    rows = matching[first : first + PAGE_ITEMS]
    after = first + PAGE_ITEMS
    return {
        "total": len(decided),
        "matching": len(matching),
        "first": first,
        "rows": [{**one, "outcome": outcome_of(one), **_reasons(one, why)} for one in rows],
        "previousPage": max(0, first - PAGE_ITEMS) if first else None,
        "nextPage": after if after < len(matching) else None,
        "nextBad": _next_bad(decided, choice.picked),
    }


def outcome_of(item: Document) -> str:
    """Return the outcome of an item; `warned` if it was accepted with warnings."""
    action = str(item["action"])
    return _WARNED if item["warnings"] and action not in _FINAL else action


def _first(matching: Sequence[Document], choice: ItemChoice) -> int:
    """Return where the page begins: it has the picked item, unless a position was asked for."""
    first = min(choice.first, max(0, len(matching) - 1))
    if choice.picked is not None and not choice.first:
        first = next((at for at, one in enumerate(matching) if one["index"] == choice.picked), first)
    return first // PAGE_ITEMS * PAGE_ITEMS


def _next_bad(decided: Sequence[Document], picked: int | None) -> int | None:
    """Return the first bad item behind the picked one, else the first; one that a rule changed is bad."""
    bad = [one["index"] for one in decided if one["action"] == _BAD or one["effect"]]
    behind = (index for index in bad if picked is None or index > picked)
    return next(behind, bad[0] if bad else None)


def _reasons(item: Document, why: Document) -> Document:
    rules = [item["effect"]["rule"]] if item["effect"] else why["applied"]
    return {
        kind: [{**one, "source": _source(one, why, rules)} for one in item[kind]]
        for kind in ("problems", "warnings")
    }


def _source(problem: Document, why: Document, rules: Sequence[str]) -> Document:
    """Return where the rule comes from: `kind`, its name, and the rules of scenarios that may have asked."""
    rule, code = str(problem["rule"]), str(problem["code"])
    if rule == FAULT_RULE:
        return {"kind": "scenario", "name": rule, "rules": rules}
    for word in (rule, code):
        if (name := word.replace("-", "_")) in why["switches"]:
            return {"kind": "assumed", "name": name, "rules": []}
    if rule.partition(":")[0] in _CONTRACT_RULES:
        return {"kind": "contract", "name": rule, "rules": []}
    return {"kind": "vendor", "name": rule or code, "rules": []}


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and text.isascii() else None
