"""The items of a bulk invoice: added, changed, taken out; the invoice is summed up anew each time.

Source: Guidewire fact sheet §2.3, §4.2 and §5 rules 4, 7.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from mockserver.model import Document
from mockserver.store import State
from mockserver.vendors.guidewire import amounts
from mockserver.vendors.guidewire.readings import present, read_item
from mockserver.vendors.guidewire.records import CLAIMS, ITEMS, items_of, keep, new_id
from mockserver.vendors.guidewire.settling import doubted, reopened, reopens, settled
from mockserver.vendors.guidewire.words import ITEM_DEFAULTS


def add(invoice: Document, sent: Document, assumptions: Mapping[str, str], state: State) -> Document:
    """Make an item; the invoice is no longer valid nor approved, and its total grows."""
    claim = state.collection(CLAIMS)[sent["claim"]["id"]]
    draft = present(
        {
            "amount": "0",
            "bulkInvoice": invoice["id"],
            "currency": invoice["currency"],
            "id": new_id(assumptions["id_prefix"], state),
            "nonEroding": False,
            "position": state.next("position"),
            "reservingCurrency": claim["currency"],
            "status": "draft",
            "version": 0,
            **{name: invoice.get(default) for name, default in ITEM_DEFAULTS.items()},
            **read_item(sent),
        }
    )
    if invoice["splitEqually"] or reopens(invoice, assumptions):
        whole, items = settled(doubted(invoice), (*items_of(invoice, state), draft), assumptions)
        keep(*reopened(whole, items, assumptions), state)
    else:
        _add_alone(invoice, draft, state)
    return state.collection(ITEMS)[draft["id"]]


def revise(
    invoice: Document, item: Document, sent: Document, assumptions: Mapping[str, str], state: State
) -> Document:
    """Change what was sent: the item is a draft again, the invoice not valid; no change changes nothing."""
    changed = present({**item, **read_item(sent)})
    amount = amounts.printed(Decimal(changed["amount"]), invoice["currency"])
    changed = {**changed, "amount": amount}
    if changed == item:
        return item
    draft = present({**changed, "status": "draft", "explanation": None})
    others = [draft if one["id"] == item["id"] else one for one in items_of(invoice, state)]
    whole, items = settled(doubted(invoice), others, assumptions)
    keep(*reopened(whole, items, assumptions), state)
    return state.collection(ITEMS)[item["id"]]


def drop(invoice: Document, item: Document, assumptions: Mapping[str, str], state: State) -> None:
    """Take an item out; the others share what is to be shared."""
    del state.collection(ITEMS)[item["id"]]
    whole, items = settled(doubted(invoice), items_of(invoice, state), assumptions)
    keep(*reopened(whole, items, assumptions), state)


def _add_alone(invoice: Document, draft: Document, state: State) -> None:
    """Where no other item changes none is looked at: a thousand items are added in a thousand steps."""
    currency = invoice["currency"]
    amount = Decimal(draft["amount"])
    total = amounts.total((Decimal(invoice["totalAmount"]), amount))
    whole = {**doubted(invoice), "totalAmount": amounts.printed(total, currency)}
    keep(whole, ({**draft, "amount": amounts.printed(amount, currency)},), state)
