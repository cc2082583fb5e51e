"""Keeping invoices: inserted or replaced whole, and what a switch makes of conflicts, nulls and faults.

Source: PVEx fact sheet §4.
"""

from __future__ import annotations

from typing import Any

from mockserver.errors import Rejected
from mockserver.model import Action, Document, Item, Outcome, Problem, Value
from mockserver.store import Collection, State
from mockserver.vendor import Keep, Request
from mockserver.vendors.pvex import moments
from mockserver.vendors.pvex.members import BLANK, MOMENTS
from mockserver.vendors.pvex.reading import Reading, reading_of
from mockserver.vendors.pvex.rules import CONFLICT, STORING
from mockserver.vendors.pvex.words import TOO_FEW

INVOICES = "invoices"
FIRST_SQL_DATE = "1753-01-01"

NULL_ITEM, DATABASE, CALENDAR = "null-item", "database", "calendar"
"""Why storing fails, as the code of the problem."""


class Keeper(Value, frozen=True):
    """Keeps the invoices of one call; the switches are read once."""

    invoices: Collection
    reading: Reading
    now: str
    faulty: frozenset[str]
    null_fails: bool
    rejects_known: bool
    skips_equal: bool
    has_old_dates: bool
    keeps_absent: bool
    trims_keys: bool
    has_own_row_keys: bool
    alike: dict[str, str] | None

    def keep(self, item: Item) -> Outcome:
        """Insert or replace by `SubscriberId` and `Id`; the first `ApiCreateDate` stays, null is passed over.

        Source: PVEx fact sheet §4 rows 1, 5, 6, 7, 9, 10, 12.

        Raises:
            Rejected: it is there and may not be, or storing fails.
        """
        if item.document is None:
            if self.null_fails:
                raise Rejected(Problem(NULL_ITEM, (item.index,), "the item is null", STORING))
            return Outcome(item, Action.UNCHANGED)  # not SKIPPED, which would take the batch back
        invoice = _invoice(item.document, self.reading, trimmed=self.trims_keys)
        key = self._known_as(_key(invoice))
        known = self.invoices.get(key)
        if known is not None:
            if self.rejects_known:
                raise Rejected(Problem("conflict", (item.index, "Id"), "it is stored already", CONFLICT))
            if self.skips_equal and known["CheckSum"] == invoice["CheckSum"]:
                return Outcome(item, Action.UNCHANGED, known)
            self._succeed(invoice, known, item.document)
        invoice["ApiLastChangeDate"] = invoice["ApiLastChangeDate"] or self.now
        if self.has_own_row_keys:
            self._check_row_key(item, invoice, key)
        if self.faulty or self.has_old_dates:
            self._try(item, invoice)
        self.invoices[key] = invoice
        if self.alike is not None:
            self.alike[key.casefold()] = key
        return Outcome(item, Action.CREATED if known is None else Action.UPDATED, invoice)

    def _known_as(self, key: str) -> str:
        """The key under which the same invoice is stored, where letter case makes no other one of it."""
        if self.alike is None or key in self.invoices:
            return key
        found = self.alike.get(key.casefold(), key)
        return found if found in self.invoices else key  # else an item that a scenario took back

    def _succeed(self, invoice: dict[str, Any], known: Document, sent: Document) -> None:
        """Give `invoice` what stays of the one that it replaces."""
        staying = {"ApiCreateDate", "SubscriberId", "Id"}
        if self.keeps_absent:
            staying |= BLANK.keys() - sent.keys() - {"ApiLastChangeDate"}
        invoice.update({name: known[name] for name in staying})

    def _check_row_key(self, item: Item, invoice: Document, key: str) -> None:
        holders = self.invoices.find("RowKey", invoice["RowKey"])
        if any(one["SubscriberId"] == invoice["SubscriberId"] and _key(one) != key for one in holders):
            raise Rejected(Problem("conflict", (item.index, "RowKey"), "another has it", CONFLICT))

    def _try(self, item: Item, invoice: Document) -> None:
        if invoice["Id"] in self.faulty:
            raise Rejected(Problem(DATABASE, (item.index, "Id"), "the database fails", STORING))
        early = [name for name in MOMENTS if (invoice[name] or FIRST_SQL_DATE) < FIRST_SQL_DATE]
        if self.has_old_dates and early:
            raise Rejected(Problem(CALENDAR, (item.index, min(early)), "no SQL datetime", STORING))


def keeper(request: Request, state: State) -> Keeper:
    """What keeps the invoices of one call, in the positions that the switches have."""
    switches = request.call.assumptions
    invoices = state.collection(INVOICES)
    return Keeper(
        invoices=invoices,
        reading=reading_of(request.media_type),
        now=moments.server_time(state.now),
        faulty=frozenset(filter(None, switches["faulty_ids"].split(","))),
        null_fails=switches["null_item"] == "500",
        rejects_known=switches["conflict"] == "reject",
        skips_equal=switches["checksum_skip"] == "on",
        has_old_dates=switches["sql_datetime"] == "on",
        keeps_absent=switches["absent_on_update"] == "kept",
        trims_keys=switches["trim"] == "on",
        has_own_row_keys=switches["row_key"] == "unique",
        alike={key.casefold(): key for key in invoices} if switches["ci_keys"] == "on" else None,
    )


def opened(request: Request, state: State) -> Keep:
    """What keeps one invoice of a batch.

    Raises:
        Rejected: the batch is empty, and may not be.
    """
    if not request.items and request.call.assumptions["empty_batch"] == "refused":
        name = request.call.assumptions["param_name"]
        raise Rejected(Problem("too-few", (), TOO_FEW.format(name=name), "minItems", 1))
    keep = keeper(request, state).keep
    return keep if request.call.assumptions["db_failure"] == "atomic" else _until_failure(keep)


def _until_failure(keep: Keep) -> Keep:
    """Keeps what comes before the first row of which storing fails, and nothing from there on.

    Source: PVEx fact sheet §4 row 2, `stop_at_first`. The rows that are not stored count as unchanged:
    rejected ones would take the batch back, which is all or nothing.
    """
    failed: list[Problem] = []

    def kept(item: Item) -> Outcome:
        if failed:
            return Outcome(item, Action.UNCHANGED)
        try:
            return keep(item)
        except Rejected as rejected:
            if rejected.problems[0].rule != STORING:
                raise
            failed.extend(rejected.problems)
            return Outcome(item, Action.UNCHANGED, None, rejected.problems)

    return kept


def _invoice(sent: Document, reading: Reading, *, trimmed: bool) -> dict[str, Any]:
    nothing = (None, "") if reading is Reading.FORM else (None,)
    invoice = {
        **BLANK,
        **{name: value for name, value in sent.items() if name in BLANK and value not in nothing},
    }
    for name in MOMENTS & sent.keys():
        if sent[name] is not None:
            invoice[name] = moments.printed(sent[name], reading)
    if trimmed:
        invoice.update({name: invoice[name].strip() for name in ("SubscriberId", "Id")})
    return invoice


def _key(invoice: Document) -> str:
    """Both parts of the key in one text; the first is escaped, so that no two pairs meet."""
    subscriber = str(invoice["SubscriberId"]).replace("~", "~0").replace("/", "~1")
    return f"{subscriber}/{invoice['Id']}"
