"""Parts of Payt's profile that need code: readers of outcomes, and a step that pays part of an invoice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_DOWN, Decimal

from msgspec.structs import replace

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.profile import (
    BatchItem,
    BatchProfile,
    DrawnValues,
    Facts,
    OutcomeReader,
    Profile,
    Record,
    ReportedOutcome,
    ReportedOutcomes,
    Step,
)
from mockserver.model import Json, Value, escape_step

_NOT_FOUND = "not_found"
_CENT = Decimal("0.01")


def complete(profile: Profile) -> Profile:
    """Return the profile with outcome readers, and a step that pays a third of an invoice."""

    def batches(facts: Facts) -> tuple[BatchProfile, ...]:
        invoices, *others = (
            replace(batch, reader=_READERS[batch.operation]) for batch in profile.batches(facts)
        )
        return (replace(invoices, steps=(*invoices.steps, _third_paid(invoices))), *others)

    return replace(profile, batches=batches, readers=_READERS)


def _third_paid(invoices: BatchProfile) -> Step:
    def third_of(drawn: DrawnValues) -> Decimal:
        return (drawn.amount / 3).quantize(_CENT, ROUND_DOWN)

    def request(key: str, drawn: DrawnValues, tenant: int) -> Request:
        paid = third_of(drawn)
        rest = dict.fromkeys(("amount_open", "book_amount_open"), f"{drawn.amount - paid:f}")
        payment = {"amount": f"{paid:f}", "origin_identifier": f"pay-{key}", "payment_date": "2026-06-15"}
        return invoices.call([{**invoices.item(key, drawn), **rest, "payments": [payment]}], tenant)

    def after(_before: Record | None, drawn: DrawnValues) -> Record:
        rest = dict.fromkeys(("open_amount", "book_open_amount"), drawn.amount - third_of(drawn))
        return {**invoices.record("", drawn), **rest}

    return Step("send it again with a third paid", request, after)


class RecordOutcomeReader(Value, frozen=True):
    """Reader of responses to a batch of `kind`; the values of `members` name a record.

    A record is rejected if `errors` names it, otherwise accepted. Records with equal names share their
    messages. In `errors`, `not_found` is a list of names, and every other key is the name of a record.
    Source: seed; docs/vendors/payt.md#partial-errors.
    """

    kind: str
    members: tuple[str, ...]

    def __call__(self, exchange: Exchange, items: Sequence[BatchItem]) -> ReportedOutcomes | None:
        if exchange.response.is_refused:
            return None
        document = exchange.response.json()
        count = document.get("count") if isinstance(document, dict) else None
        if not isinstance(count, int) or isinstance(count, bool):
            raise ValueError("the answer has no number of records at /count")  # noqa: TRY004 - of the answer
        refused = list(self._told(document, "errors", items))
        places = {outcome.place for outcome in refused}
        others = [one for one in self._told(document, "warnings", items) if one.place not in places]
        # If all records failed, only an assumption says what `success` is.
        denied = count > 0 and document.get("success") is False
        contradiction = f"success: false, although it counts {count} as done" if denied else ""
        return ReportedOutcomes((*refused, *others), count, is_complete=False, contradiction=contradiction)

    def _told(
        self, document: Mapping[str, Json], at: str, items: Sequence[BatchItem]
    ) -> Iterator[ReportedOutcome]:
        """Yield an outcome for each record that the map in the response's member `at` names.

        Each member in `self.members` may name a record (assumed). Raises ValueError if the member is no map.
        """
        accepted = at == "warnings"
        found = document.get(at, {} if accepted else None)
        if not isinstance(found, dict):
            raise ValueError(f"the answer has no map from records to messages at /{at}")  # noqa: TRY004
        by_name: dict[str, list[BatchItem]] = {}
        for item in items:
            by_name.setdefault(self._name(item), []).append(item)
        for key, messages in found.items():
            if key == _NOT_FOUND and isinstance(messages, list) and not accepted:
                for number, name in enumerate(map(str, messages)):
                    named = [item for item in items if name in self._texts(item)]
                    yield from _outcomes(named, name, "not found", f"/errors/{key}/{number}", accepted=False)
                continue
            named = by_name.get(key) or [
                item for item in items if key in (*self._texts(item), f"{self.kind}[{item.place}]")
            ]
            message = "; ".join(map(str, messages)) if isinstance(messages, list) else str(messages)
            yield from _outcomes(named, key, message, f"/{at}/{escape_step(key)}", accepted=accepted)

    def _name(self, item: BatchItem) -> str:
        """Return the item's first nonblank name or, if all are blank, the item's place, as `invoices[2]`.

        Source: docs/vendors/payt.md#partial-errors.
        """
        named = (text for text in self._texts(item) if text.strip())
        return next(named, f"{self.kind}[{item.place}]")

    def _texts(self, item: BatchItem) -> list[str]:
        """Return the item's names; numbers become texts. Source: docs/vendors/payt.md#conventions."""
        sent = item.document if isinstance(item.document, dict) else {}
        values = [value for member in self.members if (value := sent.get(member)) is not None]
        return [format(value, "f") if isinstance(value, Decimal) else str(value) for value in values]


def _outcomes(
    items: Sequence[BatchItem], key: str, message: str, at: str, *, accepted: bool
) -> Iterator[ReportedOutcome]:
    found: Sequence[tuple[int | None, str | None]] = [(item.place, item.key) for item in items]
    for place, name in found or [(None, key)]:
        yield ReportedOutcome(place, accepted=accepted, key=name, message=message, at=at)


_INVOICES = RecordOutcomeReader("invoices", ("invoice_number", "invoice_identifier"))
_READERS: Mapping[str, OutcomeReader] = {
    "postV1Invoices": _INVOICES,
    "patchV1Invoices": _INVOICES,
    "postV1Debtors": RecordOutcomeReader("debtors", ("debtor_number", "debtor_identifier")),
    "postV1Contacts": RecordOutcomeReader("contacts", ("contact_identifier", "id")),
    "postV1VatRates": RecordOutcomeReader("vat_rates", ("code",)),
    "postV1PaymentConditions": RecordOutcomeReader("payment_conditions", ("code",)),
}
