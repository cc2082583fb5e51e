"""Whatever is paid, allocated and taken back, in whatever order, the amounts add up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random  # noqa: TID251 - the walks are the test's, not the sandbox's
from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.xero.conftest import Read
from tests.vendors.xero.documents import API, BATCHES, EACH, R1, R2, batch, pay

CREDITS = {
    "CreditNotes": "c4ed1700-0000-4000-8000-000000000003",
    "Overpayments": "0be44a1d-0000-4000-8000-000000000001",
    "Prepayments": "94e4a1d0-0000-4000-8000-000000000001",
}
STEPS = 30


class Walk:
    """Steps drawn by chance; what was made is remembered, so that it can be taken back."""

    def __init__(self, xero: Client, seed: int) -> None:
        self.xero, self.chance = xero, Random(seed)  # noqa: S311 - no secret
        self.batches: list[str] = []
        self.allocations: list[str] = []
        self.refunds: list[str] = []
        self.made: set[str] = set()

    def step(self) -> None:
        steps: list[Callable[[], None]] = [self.pay, self.allocate, self.pay_out, self.take_back]
        self.chance.choice(steps)()

    def pay(self) -> None:
        sent = batch(pay(self.invoice(), self.amount()))
        made = self.xero.put(f"{BATCHES}{EACH}", json={"BatchPayments": [sent]}).json["BatchPayments"][0]
        if "ValidationErrors" not in made:
            self.batches.append(made["BatchPaymentID"])
            self.made.add("batch")

    def allocate(self) -> None:
        plural = self.chance.choice(sorted(CREDITS))
        sent = {"Invoice": {"InvoiceID": self.invoice()}, "Amount": self.amount(), "Date": "2019-03-05"}
        path = f"{API}/{plural}/{CREDITS[plural]}/Allocations"
        made = self.xero.put(f"{path}{EACH}", json={"Allocations": [sent]}).json["Allocations"][0]
        if made["StatusAttributeString"] == "OK":
            self.allocations.append(f"{path}/{made['AllocationID']}")
            self.made.add("allocation")

    def pay_out(self) -> None:
        plural = self.chance.choice(sorted(CREDITS))
        name = plural.removesuffix("s")
        sent = {
            name: {f"{name}ID": CREDITS[plural]},
            "Account": {"Code": "BANK1"},
            "Date": "2019-03-05",
            "Amount": self.amount(),
        }
        made = self.xero.put(f"{API}/Payments{EACH}", json={"Payments": [sent]}).json["Payments"][0]
        if made["StatusAttributeString"] == "OK":
            self.refunds.append(made["PaymentID"])

    def take_back(self) -> None:
        deleted = {"Status": "DELETED"}
        if self.batches and self.chance.random() < 0.5:
            self.xero.post(f"{BATCHES}/{self.drawn(self.batches)}", json=deleted)
        if self.allocations and self.chance.random() < 0.5:
            self.xero.delete(self.drawn(self.allocations))
        if self.refunds and self.chance.random() < 0.5:
            self.xero.post(f"{API}/Payments/{self.drawn(self.refunds)}", json=deleted)

    def drawn(self, made: list[str]) -> str:
        return made.pop(self.chance.randrange(len(made)))

    def invoice(self) -> str:
        return self.chance.choice((R1, R2))

    def amount(self) -> float:
        return self.chance.choice((0.01, 9.99, 20, 40, 60))


def unbalanced(read: Read) -> Iterator[Any]:
    """Yield the documents whose amounts, lists and status do not agree."""
    for one in read("Invoices?page=1"):
        paid = sum(part["Amount"] for part in one["Payments"])
        applied = [*one["CreditNotes"], *one["Overpayments"], *one["Prepayments"]]
        credited = sum(part["AppliedAmount"] for part in applied)
        owed = one["Total"] - one["AmountPaid"] - one["AmountCredited"]
        balanced = one["AmountDue"] == (0 if one["Status"] in ("VOIDED", "DELETED") else owed)
        if not balanced or (paid, credited) != (one["AmountPaid"], one["AmountCredited"]):
            yield one
        if one["InvoiceID"] in (R1, R2) and (one["Status"] == "PAID") != (one["AmountDue"] == 0):
            yield one
    for plural, key in CREDITS.items():
        one = read(f"{plural}/{key}")[0]
        used = sum(part["Amount"] for part in (*one["Allocations"], *one["Payments"]))
        if one["RemainingCredit"] != one["Total"] - used or one["RemainingCredit"] < 0:
            yield one
        if (one["Status"] == "PAID") != (one["RemainingCredit"] == 0):
            yield one


@pytest.mark.parametrize("seed", range(6))
def test_the_amounts_add_up_after_every_step(xero: Client, read: Read, seed: int) -> None:
    walk = Walk(xero, seed)

    for _ in range(STEPS):
        walk.step()
        assert list(unbalanced(read)) == []

    assert walk.made == {"batch", "allocation"}


def test_the_fixtures_add_up(read: Read) -> None:
    assert list(unbalanced(read)) == []
