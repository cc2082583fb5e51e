"""Lines of documents: their amounts, taxes and accounts, and whether sent lines are the stored lines.

Source: docs/vendors/xero.md#invoice, #messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial

from mockserver.model import EMPTY, Document, Json, Path, Problem, Value
from mockserver.sandbox.store import State
from mockserver.vendor import Request
from mockserver.vendors.xero import accounts
from mockserver.vendors.xero.answers import pick_members, stored_id
from mockserver.vendors.xero.dates_and_amounts import (
    APPLICABLE_CLASSES,
    ARITHMETIC,
    CENT,
    FOUR_DECIMALS,
    MAX_AMOUNT,
    NO_MONEY,
    find_tax_rate,
    print_amount,
    round_to,
    round_to_cents,
)
from mockserver.vendors.xero.messages import make_problem
from mockserver.vendors.xero.resources import CREDIT_NOTE, INVOICE, ITEM

NO_TAX = "NoTax"
INCLUSIVE = "Inclusive"
EXCLUSIVE = "Exclusive"
UNTAXED = "NONE"

_FOUR_UNIT_DECIMALS = 4
"""The `unitdp` for a UnitAmount of four decimals. Source: docs/vendors/xero.md#headers-and-parameters."""

_HUNDRED = Decimal(100)
_ID = "LineItemID"
_MEMBERS = (
    "Description Quantity UnitAmount ItemCode AccountCode AccountID TaxType TaxAmount LineAmount "
    "DiscountRate DiscountAmount Tracking"
)
_REDUCTIONS = ("DiscountRate", "DiscountAmount")
_SALES = (INVOICE.sale, CREDIT_NOTE.sale, "RECEIVE")
_PRICES = frozenset(("UnitAmount", "LineAmount"))


class LineTerms(Value, frozen=True):
    """What a document decides for all of its lines."""

    amounts: str
    """The document's `LineAmountTypes`: whether amounts include tax."""
    approved: bool
    precise: bool
    """Whether unit amounts have four decimals."""
    rate_of: Callable[[str], Document | None]
    """Returns the active tax rate of a tax type, or None."""
    prices: str
    """The member of an item with the prices that apply: for sales or for purchases."""


class InvoiceLine(Value, frozen=True):
    """A computed line."""

    document: Document
    """The line to store."""
    problems: tuple[Problem, ...]
    """The reasons why the line cannot be booked."""


def is_precise(request: Request) -> bool:
    return bool(request.parameters.get("unitdp") == _FOUR_UNIT_DECIMALS)


def line_amount_types(sent: Document) -> str:
    return str(sent.get("LineAmountTypes", EXCLUSIVE))


def line_terms(sent: Document, request: Request, state: State) -> LineTerms:
    return LineTerms(
        amounts=line_amount_types(sent),
        approved=sent.get("Status", "DRAFT") != "DRAFT",
        precise=is_precise(request),
        rate_of=partial(find_tax_rate, state=state),
        prices="SalesDetails" if sent.get("Type") in _SALES else "PurchaseDetails",
    )


def calculate_lines(sent: Document, request: Request, here: Path, state: State) -> list[InvoiceLine]:
    terms = line_terms(sent, request, state)
    return [
        calculate_line(line, terms, (*here, "LineItems", index), state)
        for index, line in enumerate(sent.get("LineItems") or ())
    ]


def new_lines(sent: Document, request: Request, state: State) -> list[Document]:
    return [{_ID: state.uuid(), **line.document} for line in calculate_lines(sent, request, (), state)]


def merged_lines(
    stored: Document, merged: Document, request: Request, here: Path, state: State
) -> list[InvoiceLine]:
    """Return the sent lines, computed; if no lines were sent, the stored lines.

    If the changed document is not a draft, a stored line without account is a problem.
    """
    if merged["LineItems"] is not stored["LineItems"]:
        return calculate_lines(merged, request, here, state)
    terms, kept = line_terms(merged, request, state), stored["LineItems"]
    if merged["LineAmountTypes"] != stored["LineAmountTypes"]:
        kept = [recalculate_tax(line, terms) for line in kept]
    return [
        InvoiceLine(
            line,
            (make_problem("line-account-missing", (*here, "LineItems", index, "AccountCode")),)
            if terms.approved and "AccountCode" not in line
            else (),
        )
        for index, line in enumerate(kept)
    ]


def changed_lines(stored: Document, merged: Document, request: Request, state: State) -> list[Document]:
    """Return the lines of a changed document. A line sent with the id of a stored line keeps the id."""
    known = {line[_ID] for line in stored["LineItems"]}
    ids = [str(line.get(_ID, "")).lower() for line in merged["LineItems"]]
    return [
        {**line.document, _ID: key if key in known else state.uuid()}
        for key, line in zip(ids, merged_lines(stored, merged, request, (), state), strict=True)
    ]


def calculate_line(line: Document, terms: LineTerms, path: Path, state: State) -> InvoiceLine:
    line = {**line, **_item_defaults(line, terms, state)}
    account = accounts.find_account(line, state, "AccountCode")
    unit, quantity = _unit_amount(line, terms), round_to(line.get("Quantity", 1), FOUR_DECIMALS)
    reductions = {name: round_to(line[name], FOUR_DECIMALS) for name in _REDUCTIONS if name in line}
    full = ARITHMETIC.multiply(quantity, unit)
    net = _net_amount(line, full, reductions)
    tax_type = UNTAXED if terms.amounts == NO_TAX else _tax_type(line, account)
    problems = (
        *_account_problems(line, account, terms, path),
        *_tax_problems(tax_type, account, terms, path),
        *_sum_problems(line, net, path),
    )
    document = {
        **pick_members(line, "Description"),
        "Quantity": quantity,
        "UnitAmount": unit,
        **pick_members(line, "ItemCode"),
        **({} if account is None else {"AccountCode": account["Code"], "AccountID": account["AccountID"]}),
        "TaxType": tax_type,
        "TaxAmount": _tax_amount(line, net, tax_type, terms),
        "LineAmount": net,
        **reductions,
        **pick_members(line, "Tracking"),
    }
    return InvoiceLine(document, problems)


def _item_defaults(line: Document, terms: LineTerms, state: State) -> dict[str, Json]:
    """Return the members that a line takes from its item.

    The item gives account and tax type if no account was sent, and the price if no amount was sent.
    """
    item = find_item(line, state) or EMPTY
    details: Document = item.get(terms.prices, EMPTY)
    if "InventoryAssetAccountCode" in item and terms.prices == "PurchaseDetails":
        details = {"AccountCode": item["InventoryAssetAccountCode"], **details}
    has_account = "AccountID" in line or line.get("AccountCode")
    taken = {} if has_account else pick_members(details, "AccountCode", "TaxType")
    if "UnitPrice" in details and not _PRICES & line.keys():
        taken["UnitAmount"] = details["UnitPrice"]
    return taken


def find_item(line: Document, state: State) -> Document | None:
    return ITEM.first("Code", line.get("ItemCode"), state)


def recalculate_tax(line: Document, terms: LineTerms) -> Document:
    tax_type = UNTAXED if terms.amounts == NO_TAX else line["TaxType"]
    return {**line, "TaxType": tax_type, "TaxAmount": _tax_amount(EMPTY, line["LineAmount"], tax_type, terms)}


def discount_of(line: Document) -> Decimal:
    if not any(name in line for name in _REDUCTIONS):
        return NO_MONEY
    full = ARITHMETIC.multiply(line["Quantity"], line["UnitAmount"])
    return round_to_cents(_calculate_discount(line, full))


def _net_amount(line: Document, full: Decimal, reductions: Document) -> Decimal:
    """Return a line's amount: as sent if there is no price or discount, else `full` less the discount."""
    if "LineAmount" in line and "UnitAmount" not in line and not reductions:
        return round_to_cents(line["LineAmount"])
    discount = _calculate_discount(reductions, full) if reductions else NO_MONEY
    return round_to_cents(ARITHMETIC.subtract(full, discount))


def _unit_amount(line: Document, terms: LineTerms) -> Decimal:
    step = FOUR_DECIMALS if terms.precise else CENT
    if "UnitAmount" in line or "LineAmount" not in line:
        return round_to(line.get("UnitAmount", 0), step)
    quantity = round_to(line.get("Quantity", 1), FOUR_DECIMALS) or Decimal(1)
    return round_to(ARITHMETIC.divide(Decimal(line["LineAmount"]), quantity), step)


def _calculate_discount(line: Document, full: Decimal) -> Decimal:
    if "DiscountRate" in line:
        return ARITHMETIC.divide(ARITHMETIC.multiply(full, line["DiscountRate"]), _HUNDRED)
    return Decimal(line.get("DiscountAmount", 0))


def _tax_type(line: Document, account: Document | None) -> str:
    tax_type: str = line.get("TaxType") or (account or {}).get("TaxType", UNTAXED)
    return tax_type


def _tax_amount(line: Document, net: Decimal, tax_type: str, terms: LineTerms) -> Decimal:
    if terms.amounts == NO_TAX:
        return NO_MONEY
    if "TaxAmount" in line:
        return round_to_cents(line["TaxAmount"])
    rate = Decimal((terms.rate_of(tax_type) or EMPTY).get("Rate", 0))
    base = _HUNDRED + rate if terms.amounts == INCLUSIVE else _HUNDRED
    return round_to_cents(ARITHMETIC.divide(ARITHMETIC.multiply(net, rate), base))


def _account_problems(
    line: Document, account: Document | None, terms: LineTerms, path: Path
) -> Iterator[Problem]:
    """Yield the problems of a line's account; a draft may omit the account (assumed)."""
    code: Json = line.get("AccountCode")
    if "AccountID" not in line and not code:
        if terms.approved:
            yield make_problem("line-account-missing", (*path, "AccountCode"))
    elif "AccountID" in line and (account is None or account["Status"] != "ACTIVE"):
        yield make_problem("line-account-invalid", (*path, "AccountID"))
    elif account is None or account["Status"] != "ACTIVE" or account["Type"] == "BANK":
        shown = code or (account or {}).get("Code")
        yield make_problem("line-account-unknown", (*path, "AccountCode"), code=shown)


def _tax_problems(tax_type: str, account: Document | None, terms: LineTerms, path: Path) -> Iterator[Problem]:
    if account is None or tax_type == UNTAXED:
        return
    rate = terms.rate_of(tax_type)
    if rate is None or not rate.get(APPLICABLE_CLASSES[account["Class"]], False):
        yield make_problem("tax-unfit", (*path, "TaxType"), tax=tax_type, code=account["Code"])


def _sum_problems(line: Document, net: Decimal, path: Path) -> Iterator[Problem]:
    sent = round_to_cents(line["LineAmount"]) if "LineAmount" in line else net
    if max(abs(net), abs(sent)) > MAX_AMOUNT:
        yield make_problem("amount-too-large", (*path, "LineAmount"), field="LineAmount")
    elif "UnitAmount" in line and sent != net:
        yield make_problem(
            "line-total", (*path, "LineAmount"), sent=print_amount(sent), expected=print_amount(net)
        )


def are_lines_unchanged(sent: Sequence[Document], stored: Sequence[Document]) -> bool:
    """Return whether the sent lines repeat the stored lines, in order, each with the id of its stored line.

    A sent line may omit members, but not the id: a line without id replaces a stored line.
    """
    return len(sent) == len(stored) and all(
        stored_id(str(line.get(_ID, ""))) == before[_ID] and _has_same_members(line, before)
        for line, before in zip(sent, stored, strict=True)
    )


def _has_same_members(line: Document, before: Document) -> bool:
    return all(_is_same(name, line[name], before.get(name)) for name in _MEMBERS.split() if name in line)


def _is_same(name: str, value: Json, kept: Json) -> bool:
    """Return whether a sent value equals the stored value. UnitAmount may be rounded. Empty equals absent."""
    if name == "AccountID":
        return bool(stored_id(str(value)) == kept)
    if name == "UnitAmount":
        return value in (Decimal(kept), round_to(kept, CENT))
    return bool(value == kept or not (value or kept))
