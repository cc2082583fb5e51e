"""Blocking the follow-up of invoices, and taking it up again.

Source: Payt fact sheet §1.2; how a block shows is assumed.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

from mockserver.clock import print_instant
from mockserver.model import Document, Json, Reply
from mockserver.reply import json_reply
from mockserver.store import State
from mockserver.vendor import Handler, Request

Pausing: TypeAlias = Callable[[Document, State], Document]

_LISTS = ("invoice_numbers", "invoice_identifiers")


def blocked(invoice: Document, state: State) -> Document:
    """The invoice, its follow-up stopped; one that stands still already stays as it is."""
    if invoice.get("paused_at") is not None:
        return invoice
    now = print_instant(state.now)
    return {**invoice, "paused_at": now, "blocked": True, "updated_at": now}


def resumed(invoice: Document, state: State) -> Document:
    """The invoice, followed up again if it was blocked through the API.

    Source: Payt fact sheet §1.2.
    """
    if not invoice.get("blocked", False):
        return invoice
    return {**invoice, "paused_at": None, "blocked": False, "updated_at": print_instant(state.now)}


def pausing(change: Pausing) -> Handler:
    """What changes every invoice that a call names, by number or by identifier."""
    return partial(_change_named, change)


def _change_named(change: Pausing, request: Request, state: State) -> Reply:
    table = state.collection("invoices", request.tenant)
    found: dict[str, Document] = {}
    unknown: dict[str, None] = {}
    for names in _LISTS:
        for name in request.document.get(names, ()):
            invoices = table.find(names.removesuffix("s"), name) if name else []
            found |= {invoice["id"]: invoice for invoice in invoices}
            if not invoices:
                unknown[name] = None
    for number, invoice in found.items():
        table[number] = change(invoice, state)
    errors: dict[str, Json] = {"not_found": list(unknown)} if unknown else {}
    return json_reply(200, {"success": True, "count": len(found), "errors": errors})
