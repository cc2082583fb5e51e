"""The lines of an invoice: what each comes to, its tax, and which account it is booked on.

Source: Xero fact sheet §2.6, §3.7.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from mockserver.model import NOTHING, Document, Json, Path, Problem, Value
from mockserver.store import State
from mockserver.vendors.xero import accounts
from mockserver.vendors.xero.wire import ARITHMETIC, CENT, LIMIT, amount, optional, printed, rounded
from mockserver.vendors.xero.words import say

NO_TAX = "NoTax"
INCLUSIVE = "Inclusive"
UNTAXED = "NONE"

_HUNDRED = Decimal(100)
_KEPT = Decimal("0.0001")
_REDUCTIONS = ("DiscountRate", "DiscountAmount")


class Terms(Value, frozen=True):
    """What an invoice says of its lines: if amounts include tax, if it is approved, if units are precise."""

    amounts: str
    approved: bool
    precise: bool
    rates: Mapping[str, Document]


class Line(Value, frozen=True):
    """One line, worked out: the stored document, and why it cannot be booked."""

    document: Document
    problems: tuple[Problem, ...]


def worked_out(line: Document, terms: Terms, path: Path, state: State) -> Line:
    """The line with its amounts and account."""
    account = accounts.referred(line, state, "AccountCode")
    unit, quantity = _unit(line, terms), rounded(line.get("Quantity", 1), _KEPT)
    reductions = {name: rounded(line[name], _KEPT) for name in _REDUCTIONS if name in line}
    full = ARITHMETIC.multiply(quantity, unit)
    net = _net(line, full, reductions)
    tax_type = UNTAXED if terms.amounts == NO_TAX else _tax_type(line, account)
    problems = (
        *_account_problems(line, account, terms, path),
        *_tax_problems(tax_type, account, terms, path),
        *_sum_problems(line, net, path),
    )
    document = {
        **optional(line, "Description"),
        "Quantity": quantity,
        "UnitAmount": unit,
        **optional(line, "ItemCode"),
        **({} if account is None else {"AccountCode": account["Code"], "AccountID": account["AccountID"]}),
        "TaxType": tax_type,
        "TaxAmount": _tax(line, net, tax_type, terms),
        "LineAmount": net,
        **reductions,
        **optional(line, "Tracking"),
    }
    return Line(document, problems)


def taxed_anew(line: Document, terms: Terms) -> Document:
    """A stored line with the tax that it has under other terms."""
    tax_type = UNTAXED if terms.amounts == NO_TAX else line["TaxType"]
    return {
        **line,
        "TaxType": tax_type,
        "TaxAmount": _tax(NOTHING, line["LineAmount"], tax_type, terms),
    }


def discount(line: Document) -> Decimal:
    """What a stored line was reduced by."""
    full = ARITHMETIC.multiply(line["Quantity"], line["UnitAmount"])
    return amount(_discount(line, full))


def _net(line: Document, full: Decimal, reductions: Document) -> Decimal:
    """What the line comes to: its units less the reductions, or the total that was sent for the units."""
    if "LineAmount" in line and "UnitAmount" not in line and not reductions:
        return amount(line["LineAmount"])
    return amount(ARITHMETIC.subtract(full, _discount(reductions, full)))


def _unit(line: Document, terms: Terms) -> Decimal:
    step = _KEPT if terms.precise else CENT
    if "UnitAmount" in line or "LineAmount" not in line:
        return rounded(line.get("UnitAmount", 0), step)
    quantity = rounded(line.get("Quantity", 1), _KEPT) or Decimal(1)
    return rounded(ARITHMETIC.divide(Decimal(line["LineAmount"]), quantity), step)


def _discount(line: Document, full: Decimal) -> Decimal:
    if "DiscountRate" in line:
        return ARITHMETIC.divide(ARITHMETIC.multiply(full, line["DiscountRate"]), _HUNDRED)
    return Decimal(line.get("DiscountAmount", 0))


def _tax_type(line: Document, account: Document | None) -> str:
    given: str = line.get("TaxType") or (account or {}).get("TaxType", UNTAXED)
    return given


def _tax(line: Document, net: Decimal, tax_type: str, terms: Terms) -> Decimal:
    if terms.amounts == NO_TAX:
        return amount(0)
    if "TaxAmount" in line:
        return amount(line["TaxAmount"])
    rate = Decimal(terms.rates.get(tax_type, {}).get("Rate", 0))
    base = _HUNDRED + rate if terms.amounts == INCLUSIVE else _HUNDRED
    return amount(ARITHMETIC.divide(ARITHMETIC.multiply(net, rate), base))


def _account_problems(
    line: Document, account: Document | None, terms: Terms, path: Path
) -> Iterator[Problem]:
    """A draft may leave the account out; that it may is assumed."""
    code: Json = line.get("AccountCode")
    if "AccountID" not in line and not code:
        if terms.approved:
            yield say("line-account-missing", (*path, "AccountCode"))
    elif "AccountID" in line and (account is None or account["Status"] != "ACTIVE"):
        yield say("line-account-invalid", (*path, "AccountID"))
    elif account is None or account["Status"] != "ACTIVE" or account["Type"] == "BANK":
        shown = code or (account or {}).get("Code")
        yield say("line-account-unknown", (*path, "AccountCode"), code=shown)


def _tax_problems(tax_type: str, account: Document | None, terms: Terms, path: Path) -> Iterator[Problem]:
    rate = terms.rates.get(tax_type)
    if account is None or tax_type == UNTAXED:
        return
    if rate is None or rate.get("Class", account["Class"]) != account["Class"]:
        yield say("tax-unfit", (*path, "TaxType"), tax=tax_type, code=account["Code"])


def _sum_problems(line: Document, net: Decimal, path: Path) -> Iterator[Problem]:
    sent = amount(line.get("LineAmount", net))
    if max(abs(net), abs(sent)) > LIMIT:
        yield say("amount-too-large", (*path, "LineAmount"), field="LineAmount")
    elif "UnitAmount" in line and sent != net:
        yield say("line-total", (*path, "LineAmount"), sent=printed(sent), expected=printed(net))
