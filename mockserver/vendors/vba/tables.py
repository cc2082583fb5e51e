"""Tables of the database: names, row construction, key assignment and comparison, references.

Whether text keys differ in letter case or blanks is assumed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from mockserver.errors import Rejected
from mockserver.model import Document, Json, Problem
from mockserver.sandbox.store import Collection, State
from mockserver.vendor import Request
from mockserver.vendors.vba import messages
from mockserver.vendors.vba.record_names import RecordNames

MAX_KEY = 2**31 - 1
_LAST_KEYS = "identity"

BuildRow: TypeAlias = Callable[[Document, Json, Document | None], Document]
"""Makes the stored row of what was sent, its key, and what is stored now; Rejected when it cannot be."""

FindProblems: TypeAlias = Callable[[Document, Document | None, Request, State], Iterable[Problem]]
"""Returns the database's problems of a sent row, given the row stored under its key."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A column of another table that names rows of this one; with a `assumption` only while that is on."""

    constraint: str
    collection: str
    table: str
    member: str
    assumption: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the database.

    `blank_key` is the key of a row without one, `key_type` turns an assigned number into a key. `prepare`
    returns, once a call, the function that builds rows. `not_inherited` are the members that an update does
    not inherit; `find_problems` lists all problems of a row, of which the outcome shows the first.
    """

    names: RecordNames
    blank_key: Json
    key_type: Callable[[int], Json]
    prepare: Callable[[Request, State], BuildRow]
    not_inherited: tuple[str, ...] = ()
    find_problems: FindProblems | None = None
    references: tuple[Reference, ...] = ()

    def rows(self, state: State) -> Collection:
        """Return the rows of the call's database."""
        return state.collection(self.names.collection)

    def row_builder(self, request: Request, state: State) -> BuildRow:
        """Return a maker of records for this call; assumptions are read once, not for each row."""
        record = self.prepare(request, state)
        return (
            self._with_stored_members(record)
            if request.call.assumptions["merge_on_update"] == "on"
            else record
        )

    def next_key(self, state: State) -> Json:
        """Return the next free key after the last one given; numbers begin after the highest stored.

        Source: docs/vendors/vba.md#state.

        Raises:
            Rejected: there is no number left.
        """
        rows, identity = self.rows(state), state.collection(_LAST_KEYS)
        known = identity.get(self.names.collection)
        last = known["last"] if known else self._highest_key(rows)
        number = max(int(last), 0) + 1
        while str(number) in rows:
            number += 1
        if number > MAX_KEY:
            raise rejection("out-of-range", self.names.key, messages.KEYS_EXHAUSTED, "identity")
        identity[self.names.collection] = {"last": number}
        return self.key_type(number)

    def _with_stored_members(self, record: BuildRow) -> BuildRow:
        """Return what was sent goes over what is stored (`merge_on_update`, docs/vendors/vba.md#state)."""

        def merge(row: Document, key: Json, stored: Document | None) -> Document:
            kept = {name: value for name, value in (stored or {}).items() if name not in self.not_inherited}
            return record({**kept, **row}, key, stored)

        return merge

    def _highest_key(self, rows: Collection) -> int:
        """Keys that are texts are numbered from 1, whatever other texts there are."""
        return max((int(key) for key in rows), default=0) if self.key_type is int else 0


def rejection(code: str, member: str, text: str, rule: str, expected: Json = None) -> Rejected:
    """Return the database's refusal of a row, with its words."""
    return Rejected(Problem(code, (member,), text, rule, expected))
