"""A table of the database: what its rows are called, how one is made, which other rows hold on to it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from mockserver.errors import Rejected
from mockserver.model import Document, Json, Problem
from mockserver.store import Collection, State
from mockserver.vendor import Request
from mockserver.vendors.vba import words
from mockserver.vendors.vba.names import Names

MAX_KEY = 2**31 - 1
_IDENTITY = "identity"

Record: TypeAlias = Callable[[Document, Json, Document | None], Document]
"""Makes the stored row of what was sent, its key, and what is stored now; Rejected when it cannot be."""

Against: TypeAlias = Callable[[Document, Document | None, Request, State], Iterable[Problem]]
"""What the database has against a row that was sent, beside what is stored under its key."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A column of another table that names rows of this one; with a `switch` only while that is on."""

    constraint: str
    collection: str
    table: str
    member: str
    switch: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of record as the database keeps it.

    `blank` is the key of a row that names none, `spell` writes an assigned number as a key. `ready` gives,
    once a call, what makes records. `stamped` are the members that no update inherits; `against` lists all
    that is wrong with a row, of which a record names the first.
    """

    names: Names
    blank: Json
    spell: Callable[[int], Json]
    ready: Callable[[Request, State], Record]
    stamped: tuple[str, ...] = ()
    against: Against | None = None
    references: tuple[Reference, ...] = ()

    def rows(self, state: State) -> Collection:
        """The rows of the call's database."""
        return state.collection(self.names.collection)

    def open(self, request: Request, state: State) -> Record:
        """What makes records for this call; every switch is asked for here and not again for each row."""
        record = self.ready(request, state)
        return self._merging(record) if request.call.assumptions["merge_on_update"] == "on" else record

    def next_key(self, state: State) -> Json:
        """The next free key after the last one given; numbers begin after the highest stored.

        Source: VBA fact sheet §4.2.

        Raises:
            Rejected: there is no number left.
        """
        rows, identity = self.rows(state), state.collection(_IDENTITY)
        known = identity.get(self.names.collection)
        last = known["last"] if known else self._highest(rows)
        number = max(int(last), 0) + 1
        while str(number) in rows:
            number += 1
        if number > MAX_KEY:
            raise refused("out-of-range", self.names.key, words.KEYS_EXHAUSTED, "identity")
        identity[self.names.collection] = {"last": number}
        return self.spell(number)

    def _merging(self, record: Record) -> Record:
        """What was sent goes over what is stored (`merge_on_update`, VBA fact sheet §4.4)."""

        def merge(row: Document, key: Json, stored: Document | None) -> Document:
            kept = {name: value for name, value in (stored or {}).items() if name not in self.stamped}
            return record({**kept, **row}, key, stored)

        return merge

    def _highest(self, rows: Collection) -> int:
        """Keys that are texts are numbered from 1, whatever other texts there are."""
        return max((int(key) for key in rows), default=0) if self.spell is int else 0


def refused(code: str, member: str, text: str, rule: str, expected: Json = None) -> Rejected:
    """The database's refusal of a row, with its words."""
    return Rejected(Problem(code, (member,), text, rule, expected))
