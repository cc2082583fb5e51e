"""What is left of deleted records, for ninety days.

Users delete invoices in the vendor's own pages; payments go when a new set does without them.
Source: Payt fact sheet §1.2, §4.3.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeAlias

from mockserver.clock import parse_instant
from mockserver.model import Document, Json, Reply
from mockserver.reply import json_reply
from mockserver.store import State
from mockserver.vendor import Handler, Request
from mockserver.vendors.payt.lists import page
from mockserver.vendors.payt.moments import read_moment

Remains: TypeAlias = Callable[[Document], dict[str, Json]]

_KEPT = timedelta(days=90)


def invoice(gone: Document) -> dict[str, Json]:
    """What is told of a deleted invoice; its identifier goes by its other name."""
    return {
        **{name: gone[name] for name in ("id", "administration_id", "debtor_id", "invoice_number")},
        "origin_identifier": gone["invoice_identifier"],
        "deleted_at": gone["deleted_at"],
    }


def payment(gone: Document) -> dict[str, Json]:
    """What is told of a deleted payment."""
    members = ("id", "administration_id", "invoice_id", "origin_identifier", "deleted_at")
    return {name: gone[name] for name in members}


def listing(kind: str, remains: Remains) -> Handler:
    """A page of an administration's deleted records.

    Source: Payt fact sheet §1.2.
    """

    def handle(request: Request, state: State) -> Reply:
        after = max(read_moment(request.parameters["deleted_after"]), state.now - _KEPT)
        before = request.parameters.get("deleted_before")
        until = None if before is None else read_moment(before)
        collection = state.collection(kind)
        rows, cursor = page(
            [
                gone
                for gone in collection.values()
                if after < (at := parse_instant(gone["deleted_at"])) and (until is None or at < until)
            ],
            request,
            collection,
            state,
            kind.removeprefix("deleted_"),
        )
        data = [remains(row) for row in rows]
        return json_reply(200, {"data": data, "pagination": {"cursor": cursor}})

    return handle
