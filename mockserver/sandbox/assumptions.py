"""Assumptions: permitted values, values that a sandbox overrides, comparison of keys."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from mockserver.errors import Unavailable, VendorFailure
from mockserver.model import Call, Document, Value
from mockserver.sandbox.store import Collection, State, Tables

ASSUMPTIONS_COLLECTION = "assumptions"
"""The vendor-wide collection of the assumptions that a sandbox overrides: `{name, value}` by name."""

AVAILABILITY = "availability"
DUPLICATE_MEMBERS = "duplicate_members"
MAGIC_TOKENS = "magic_tokens"
ON = "on"


class Assumption(Value, frozen=True):
    """Behaviour of one vendor that no document states, with its possible values."""

    name: str
    default: str
    alternatives: tuple[str, ...]
    """Values besides the default; only examples if there is a `pattern`."""
    meaning: str
    """What the assumption decides, in one sentence."""
    source: str
    """File and anchor of the text on what the vendor's documents leave open."""
    pattern: str = ""
    """Regular expression for the whole of a value; "" allows only the default and the alternatives."""

    def accepts(self, value: str) -> bool:
        if self.pattern and re.fullmatch(self.pattern, value):
            return True
        return value in (self.default, *self.alternatives)


def read_assumptions(document: Mapping[str, Document]) -> tuple[Assumption, ...]:
    return tuple(
        Assumption(
            name,
            node["default"],
            tuple(node.get("alternatives", ())),
            node["meaning"],
            node["source"],
            node.get("pattern", ""),
        )
        for name, node in document.items()
    )


COMMON_ASSUMPTIONS = (
    Assumption(
        AVAILABILITY,
        "up",
        ("failing", "offline", "failing_after_commit"),
        "Whether calls that may enter are answered, fail with a 500, fail with one after their work is done, "
        "or meet a vendor that is offline.",
        "docs/decisions.md#server-errors-come-only-when-asked-for",
    ),
    Assumption(
        DUPLICATE_MEMBERS,
        "last_wins",
        ("refused",),
        "Whether a JSON object that has a member twice is read with the last one, or refused.",
        "docs/decisions.md#members-that-come-twice",
    ),
    Assumption(
        MAGIC_TOKENS,
        ON,
        ("off",),
        "Whether a text such as sbx.fail.internal in the member for it makes its item fail.",
        "docs/decisions.md#magic-tokens",
    ),
)
"""The assumptions that every vendor has; the core applies them."""


def check_availability(call: Call) -> None:
    """Raise VendorFailure if the assumption `availability` is `failing`, Unavailable if it is `offline`."""
    value = call.assumptions.get(AVAILABILITY)
    if value == "failing":
        raise VendorFailure(hint=call.assumed(AVAILABILITY))
    if value == "offline":
        raise Unavailable(hint=call.assumed(AVAILABILITY))


def check_delivery(call: Call) -> None:
    """Raise VendorFailure if the assumption `availability` is `failing_after_commit`."""
    if call.assumptions.get(AVAILABILITY) == "failing_after_commit":
        raise VendorFailure(hint=f"the work is done, but {call.assumed(AVAILABILITY)}")


def default_values(assumptions: Iterable[Assumption]) -> Mapping[str, str]:
    return MappingProxyType({assumption.name: assumption.default for assumption in assumptions})


def overridden_values(tables: Tables) -> Mapping[str, str]:
    return {
        f"{scope.removesuffix('/')}.{assumption}": document["value"]
        for scope, collections in tables.items()
        for assumption, document in collections.get(ASSUMPTIONS_COLLECTION, {}).items()
    }


def group_by_vendor(values: Mapping[str, str | None]) -> Mapping[str, Mapping[str, str | None]]:
    found: dict[str, dict[str, str | None]] = {}
    for full_name, value in values.items():
        vendor, _, assumption = full_name.partition(".")
        found.setdefault(vendor, {})[assumption] = value
    return found


def override_documents(values: Mapping[str, str | None]) -> Mapping[str, Document]:
    return {
        assumption: _override_document(assumption, value) for assumption, value in values.items() if value
    }


def override_values(values: Mapping[str, str | None], state: State) -> None:
    """Override assumptions of the state's vendor, by name; the value None restores the default."""
    overrides = state.collection(ASSUMPTIONS_COLLECTION, "")
    for assumption, value in values.items():
        if value is not None:
            overrides[assumption] = _override_document(assumption, value)
        elif assumption in overrides:
            del overrides[assumption]


def _override_document(name: str, value: str) -> Document:
    return {"name": name, "value": value}


class KeyRules(Value, frozen=True):
    """Comparison of two keys: whether letter case and white space at the ends make keys differ.

    Source: docs/catalogue.md#38-key-case, #39-key-whitespace.
    """

    trims: bool
    ignores_case: bool

    @property
    def of_stored_keys(self) -> KeyRules:
        """Return rules that do not trim: enough for keys that are stored trimmed, and faster in `find`."""
        return _RULES[False, self.ignores_case]

    def stored(self, text: str) -> str:
        return text.strip() if self.trims else text

    def comparable(self, text: str) -> str:
        """Return the normal form of a key: equal keys have equal normal forms."""
        stored = self.stored(text)
        return stored.casefold() if self.ignores_case else stored

    def find_key(self, text: str, rows: Collection) -> str:
        """Return the stored key that equals `text`. Prefer a key with the letter case of `text`.

        If no stored key equals `text`, return `text` in its stored form.
        """
        key = self.stored(text)
        if not self.ignores_case or key in rows:
            return key
        wanted = key.casefold()
        return next((known for known in rows if known.casefold() == wanted), key)

    def find(self, member: str, text: str, rows: Collection) -> list[Document]:
        if not (self.trims or self.ignores_case):
            return rows.find(member, text)
        if text and not self.trims:
            return rows.find_any_case(member, text)
        wanted = self.comparable(text)
        return [row for row in rows.values() if self.comparable(row.get(member) or "") == wanted]


_RULES = {
    (trims, ignores_case): KeyRules(trims=trims, ignores_case=ignores_case)
    for trims in (False, True)
    for ignores_case in (False, True)
}


def key_rules(assumptions: Mapping[str, str]) -> KeyRules:
    return _RULES[assumptions["trim"] == ON, assumptions["ci_keys"] == ON]
