"""Rules that need the state: what is wrong with the attributes of a call beside what its schema says.

Every rule looks only at members that are of the right type, so it can also be asked about a body that its
schema refuses: the caller then learns of everything at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mockserver.model import Document, Problem, Value
from mockserver.store import State
from mockserver.vendors.guidewire import item_rules
from mockserver.vendors.guidewire.assumed import REPORTING_CURRENCY
from mockserver.vendors.guidewire.assumptions import ON
from mockserver.vendors.guidewire.instants import lacks_offset
from mockserver.vendors.guidewire.records import PAYEES, items_of
from mockserver.vendors.guidewire.sent import check_decimals, code_of, problem
from mockserver.vendors.guidewire.words import DATE_TIMES

CREATE, UPDATE = "createBulkInvoice", "updateBulkInvoice"
CREATE_ITEM, UPDATE_ITEM = "createBulkInvoiceItem", "updateBulkInvoiceItem"


class Subject(Value, frozen=True):
    """What a path names: an invoice, an item of it, or nothing."""

    invoice: Document | None = None
    item: Document | None = None


def of(
    operation: str, sent: Document, subject: Subject, assumptions: Mapping[str, str], state: State
) -> Iterator[Problem]:
    """What is wrong with the attributes that are sent to that operation."""
    invoice, item = subject.invoice, subject.item
    if assumptions["missing_offset"] == "refused":
        yield from _without_offset(sent)
    if operation == CREATE:
        yield from _on_create(sent, assumptions, state)
    elif operation == UPDATE and invoice is not None:
        yield from _on_patch(sent, invoice, assumptions, state)
    elif operation == CREATE_ITEM and invoice is not None:
        yield from item_rules.on_create(sent, invoice, state)
    elif operation == UPDATE_ITEM and invoice is not None and item is not None:
        yield from item_rules.on_patch(sent, invoice, item, state)


def _on_create(sent: Document, assumptions: Mapping[str, str], state: State) -> Iterator[Problem]:
    """What keeps an invoice from being made. Source: Guidewire fact sheet §5 rules 2, 8, 9."""
    yield from _payee(sent, state)
    split = sent.get("splitEqually")
    asks = split is True or (split is False and assumptions["split_needs_total"] == "when_sent")
    if asks and "bulkInvoiceTotal" not in sent:
        yield problem("total-required", "bulkInvoiceTotal", expected="true" if split else "false")
    yield from _currency(sent, assumptions)
    yield from check_decimals("bulkInvoiceTotal", sent.get("bulkInvoiceTotal"), _code(sent) or "usd")


def _on_patch(
    sent: Document, invoice: Document, assumptions: Mapping[str, str], state: State
) -> Iterator[Problem]:
    """What keeps an invoice from being changed so. Source: Guidewire fact sheet §5 rules 8, 9."""
    yield from _payee(sent, state)
    yield from _currency(sent, assumptions)
    currency = _code(sent) or invoice["currency"]
    if "bulkInvoiceTotal" in sent:
        yield from check_decimals("bulkInvoiceTotal", sent["bulkInvoiceTotal"], currency)
    if currency == invoice["currency"]:
        return
    if "bulkInvoiceTotal" not in sent:
        yield from check_decimals("currency", invoice["bulkInvoiceTotal"], currency)
    if not sent.get("splitEqually", invoice["splitEqually"]):
        for item in items_of(invoice, state):
            yield from check_decimals("currency", item["amount"], currency)


def _without_offset(sent: Document) -> Iterator[Problem]:
    for name in DATE_TIMES:
        moment = sent.get(name)
        if isinstance(moment, str) and lacks_offset(moment):
            yield problem("bad-format", name, found=moment)


def _payee(sent: Document, state: State) -> Iterator[Problem]:
    payee = sent.get("payeeAddressBookUID")
    if isinstance(payee, str) and payee and payee not in state.collection(PAYEES):
        yield problem("unknown-reference", "payeeAddressBookUID", found=payee)


def _currency(sent: Document, assumptions: Mapping[str, str]) -> Iterator[Problem]:
    code = _code(sent)
    if code not in (None, REPORTING_CURRENCY) and assumptions["multicurrency"] != ON:
        yield problem("one-currency", "currency", found=code, expected=REPORTING_CURRENCY)


def _code(sent: Document) -> str | None:
    return code_of(sent, "currency")
