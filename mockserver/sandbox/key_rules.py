"""How the texts of keys compare: the assumptions `trim` and `ci_keys`, which vendors share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mockserver.model import Document
from mockserver.sandbox.assumptions import ON
from mockserver.sandbox.store import Collection


@dataclass(frozen=True, slots=True)
class KeyRules:
    """Whether white space round a key counts, and letter case.

    Source: docs/catalogue.md#38-key-case, #39-key-whitespace.
    """

    trims: bool
    ignores_case: bool

    @property
    def of_stored_keys(self) -> KeyRules:
        """The same rules for texts that were trimmed before, which an index can find if case counts."""
        return _RULES[False, self.ignores_case]

    def stored(self, text: str) -> str:
        """Return a key as it is stored."""
        return text.strip() if self.trims else text

    def comparable(self, text: str) -> str:
        """Return what two keys have in common if they mean the same."""
        stored = self.stored(text)
        return stored.casefold() if self.ignores_case else stored

    def find_key(self, text: str, rows: Collection) -> str:
        """Return the key of `rows` that the text means, exactly or else in another letter case.

        Without any it is the key under which a new row is stored.
        """
        key = self.stored(text)
        if not self.ignores_case or key in rows:
            return key
        wanted = key.casefold()
        return next((known for known in rows if known.casefold() == wanted), key)

    def find(self, member: str, text: str, rows: Collection) -> list[Document]:
        """Return the documents whose `member` means the same as the text, in key order."""
        if not (self.trims or self.ignores_case):
            return rows.find(member, text)
        if text and not self.trims:
            return rows.find_any_case(member, text)
        wanted = self.comparable(text)
        return [one for one in rows.values() if self.comparable(one.get(member) or "") == wanted]


_RULES = {
    (trims, ignores_case): KeyRules(trims=trims, ignores_case=ignores_case)
    for trims in (False, True)
    for ignores_case in (False, True)
}


def key_rules(assumptions: Mapping[str, str]) -> KeyRules:
    """Return the rules that a vendor's assumptions ask for."""
    return _RULES[assumptions["trim"] == ON, assumptions["ci_keys"] == ON]
