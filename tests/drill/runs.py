"""Runs of a client for the oracle: items with their attempts, and the calls that carried them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from mockserver.drill.oracle import Judgement, judge
from mockserver.drill.run import Run, RunEnd, VendorAbilities
from mockserver.journal.entry import Entry
from mockserver.journal.item_history import ItemAttempt, ItemHistory, Told
from mockserver.model import Delivery, Document
from tests.support import journal_entries
from tests.support.engine_samples import NOW
from tests.support.sixth_vendor import api_of

READABLE = VendorAbilities("", is_readable=True)
KEYED = VendorAbilities("idempotency-key", is_readable=True)
UNANSWERABLE = VendorAbilities("", is_readable=False)
RESET = Delivery(fault="CONNECTION_RESET_BY_PEER")
TEXT = "Note is too long"

_NEEDS_NOTHING = {"xero": "createBankTransactions"}
"""Batch operations whose items need no record before them, of vendors whose first batch needs one."""

Attempts = Mapping[str, Sequence[ItemAttempt]]


def batch_of(vendor: str) -> str:
    """Return the batch operation of a vendor that clients send."""
    batches = (one.id for one in api_of(vendor).spec.operations.values() if one.batch)
    return _NEEDS_NOTHING.get(vendor) or next(batches)


def attempt(number: int, **members: Any) -> ItemAttempt:
    """An item that call `number` created, and whose answer told so."""
    created: dict[str, Any] = {
        "index": 0,
        "at": NOW,
        "until": NOW,
        "action": "created",
        "stored": True,
        "told": Told.STORED,
        "status": 200,
    }
    return ItemAttempt(number=number, **{**created, **members})


def updated(number: int, **members: Any) -> ItemAttempt:
    return attempt(number, **{"action": "updated", **members})


def unanswered(number: int, **members: Any) -> ItemAttempt:
    """It was created, and the answer was lost."""
    return attempt(number, **{"told": Told.NOTHING, "status": None, **members})


def gone(number: int, **members: Any) -> ItemAttempt:
    """The call was lost before anything was done."""
    lost = {"action": "unread", "stored": False, "told": Told.NOTHING, "status": None}
    return attempt(number, **{**lost, **members})


def rejected(number: int, code: str = "unknown-reference", **members: Any) -> ItemAttempt:
    return attempt(
        number, **{"action": "rejected", "stored": False, "told": Told.REJECTED, "code": code, **members}
    )


def refused(number: int, code: str = "", **members: Any) -> ItemAttempt:
    """Its whole call was refused."""
    whole = {"action": "unread", "stored": False, "told": Told.REFUSED, "status": 429, "code": code}
    return attempt(number, **{**whole, **members})


def call(number: int, **changes: Any) -> Entry:
    """A call that arrived at second `number` and took 100 ms; `changes` as for a journal entry."""
    arrival = NOW + timedelta(seconds=number)
    usual: dict[str, Any] = {"at": arrival + timedelta(milliseconds=100), "now": arrival, "duration_ms": 100}
    return journal_entries.entry(
        number=number, **{"reply_status": 200, "reply_headers": (), **usual, **changes}
    )


def look(number: int) -> Entry:
    return call(number, method="GET", body=b"")


def keyed(number: int, key: str, **changes: Any) -> Entry:
    """A call under an idempotency key, "" for none."""
    return call(number, headers={"idempotency-key": key} if key else {}, **changes)


def run_of(  # noqa: PLR0913 - the parts of a run
    items: Attempts,
    *,
    status: int | None = 0,
    output: str = "",
    timeout_s: float = 0,
    calls: Iterable[Entry] = (),
    starts: tuple[int, ...] = (),
) -> Run:
    """A run with these items; a call that is not given is an ordinary one.

    A document that is not given is `{"id": key, "amount": 10}`.
    """
    known = {one.number: one for one in calls}
    for one in (one for attempts in items.values() for one in attempts):
        known.setdefault(one.number, call(one.number))
    histories = tuple(
        ItemHistory("acme", _operation_of(key), key, tuple(_whole(key, one) for one in attempts))
        for key, attempts in items.items()
        if attempts
    )
    entries = [known[number] for number in sorted(known)]
    return Run(entries, histories, RunEnd(status, output, timeout_s), starts)


def document(key: str, amount: Any = 10) -> Any:
    return {"id": key, "amount": amount}


def _operation_of(key: str) -> str:
    """Return the operation of an item: a batch, or a single write, whose key has method and path."""
    return key.partition("#")[0] if " /" in key else "putOrders"


def _whole(key: str, one: ItemAttempt) -> ItemAttempt:
    return replace(one, document=document(key)) if one.document is None else one


CLEAN: Attempts = {"R-1": [attempt(1)], "R-2": [attempt(1)]}


def judged(  # noqa: PLR0913 - the parts of a judgement
    run: Run | Attempts,
    clean: Run | Attempts = CLEAN,
    abilities: VendorAbilities = READABLE,
    *,
    harmless: bool = False,
    is_met: bool = True,
    records: Sequence[Iterable[Document]] = ((), ()),
) -> Judgement:
    first = clean if isinstance(clean, Run) else run_of(clean)
    second = run if isinstance(run, Run) else run_of(run)
    return judge(first, second, abilities, harmless=harmless, is_met=is_met, records=records)


def said(
    run: Run | Attempts, clean: Run | Attempts = CLEAN, abilities: VendorAbilities = READABLE, **how: Any
) -> list[str]:
    """Kind and sentence of each finding; a doubtful one has a question mark."""
    return [
        f"{one.kind.name}{'?' if one.doubtful else ''}: {one.message}"
        for one in judged(run, clean, abilities, **how).findings
    ]
