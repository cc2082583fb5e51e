"""Contract profile of Payt beside `profile.yaml`: batches, and the reader of outcomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Literal, TypeAlias
from urllib.parse import quote

from mockserver.contract.exchange import Exchange, Request, json_request
from mockserver.contract.profile import (
    Assumption,
    BatchItem,
    BatchProfile,
    Corruption,
    DrawnValues,
    Facts,
    OutcomeReader,
    Profile,
    Record,
    ReportedOutcome,
    ReportedOutcomes,
    Step,
    ValueChange,
    ValueRules,
)
from mockserver.contract.samples import remove_member, set_member
from mockserver.model import Json, escape_step

_SHOWN_AS = {
    "amount_total": "total_amount",
    "amount_open": "open_amount",
    "book_amount_total": "book_total_amount",
    "book_amount_open": "book_open_amount",
}
INVOICE_VALUES = ValueRules(
    shown_as=_SHOWN_AS,
    left_alone=("debtor_number", "debtor_identifier"),
    decimals=dict.fromkeys(_SHOWN_AS, 2),
    changes=(
        ValueChange(
            "sent_at",
            "fraction lost",
            "a moment has microseconds",
            "docs/vendors/payt.md#conventions",
            places=6,
        ),
        ValueChange(
            "sent_at", "kept", "one that is set stays, with a warning", "docs/vendors/payt.md#sending"
        ),
    ),
)
"""The debtor of an invoice is a reference."""


ComparedMembers: TypeAlias = Mapping[str, Literal["text", "amount"]]
"""The members of a record that are compared, and whether they are amounts."""

_FIRST_REFUSAL, _FOUND = 400, 200
TOO_LONG = Assumption("a text of more than 255 characters", ("alone", "taken", "call"))
BROKEN = Assumption("a missing member, a word of no list, a value of a wrong type", ("call", "alone"))
_NOT_FOUND = "not_found"


def outcome_reader(kind: str, *members: str) -> OutcomeReader:
    """Return a reader of responses to a batch of `kind`, whose records are keyed by `members`.

    A record that is in no map was done, one that is among the warnings too; those of one name share what is
    said of it. The entry `not_found` holds names, every other one of `errors` messages.
    Source: seed; docs/vendors/payt.md#partial-errors.
    """

    def read(exchange: Exchange, items: Sequence[BatchItem]) -> ReportedOutcomes | None:
        if exchange.response.status >= _FIRST_REFUSAL:
            return None
        document = exchange.response.json()
        count = document.get("count") if isinstance(document, dict) else None
        if not isinstance(count, int) or isinstance(count, bool):
            raise ValueError("the answer has no number of records at /count")  # noqa: TRY004 - of the answer
        sent = _SentRecords(kind, members, items)
        refused = list(sent.refused(_message_map(document, "errors")))
        known = {told.place for told in refused}
        warned = [told for told in sent.warned(_message_map(document, "warnings")) if told.place not in known]
        return ReportedOutcomes((*refused, *warned), count, is_complete=False)

    return read


@dataclass(frozen=True, slots=True)
class RecordType:
    """Records of one kind: `name` is the path's last part and the body's member, `member` tells them apart.

    `one` is where a single one is asked for, below `/v1`, with `{key}` and `{administration}` to be filled.
    """

    name: str
    member: str
    shown: ComparedMembers
    one: str

    def subject(self, operation: str, batch: BatchRecords, facts: Facts) -> BatchProfile:
        """Return the upsert of them, by POST."""
        prefix = facts["prefix"]
        return BatchProfile(
            operation=operation,
            key=lambda number: f"{prefix}{number}",
            item=batch.item,
            record=batch.record,
            call=lambda items, tenant: self.sending("POST", items, administration_of(facts, tenant)),
            read=lambda key, tenant: self.asking(key, administration_of(facts, tenant)),
            shown=lambda key, exchange: self.records(exchange).get(key),
            corruptions=batch.corruptions,
            listing=lambda tenant: self.listing(administration_of(facts, tenant)),
            listed=self.records,
            reader=batch.reader,
            tenants=2 if facts["other_administration"] else 1,
            twice="none",  # assumed: docs/vendors/payt.md#identity
            twice_positions=("each", "first", "call"),
        )

    def sending(self, method: str, items: Sequence[Json], administration_id: str) -> Request:
        """Return a batch."""
        body = {"administration_id": administration_id, self.name: items}
        return json_request(method, f"/v1/{self.name}", body)

    def asking(self, key: str, administration_id: str) -> Request:
        named = self.one.format(key=quote(key, safe=""), administration=quote(administration_id, safe=""))
        return Request("GET", f"/v1/{named}")

    def listing(self, administration_id: str) -> Request:
        """Return a list request with the largest page."""
        named = quote(administration_id, safe="")
        return Request("GET", f"/v1/{self.name}?administration_id={named}&per_page=500")

    def records(self, exchange: Exchange) -> dict[str, Record]:
        """Return the records of a page, or a single one, by key; none where the answer is no 200."""
        if exchange.response.status != _FOUND:
            return {}
        document = exchange.response.json()
        data = document.get("data", [document]) if isinstance(document, dict) else []
        return {str(row.get(self.member)): self._record(row) for row in data if isinstance(row, dict)}

    def _record(self, row: Mapping[str, Json]) -> Record:
        return {
            name: _amount(row.get(name)) if how == "amount" else row.get(name)
            for name, how in self.shown.items()
        }


@dataclass(frozen=True, slots=True)
class BatchRecords:
    """Good records of one type, their read-back form, corruptions, and the reader of outcomes."""

    item: Callable[[str, DrawnValues], Json]
    record: Callable[[str, DrawnValues], Record]
    corruptions: tuple[Corruption, ...]
    reader: OutcomeReader


def administration_of(facts: Facts, tenant: int) -> str:
    """Return the administration of the first tenant, or of the second."""
    return (facts["administration"], facts["other_administration"])[tenant]


@dataclass(frozen=True, slots=True)
class _SentRecords:
    """The records of a call, and how the answer may name them."""

    kind: str
    members: tuple[str, ...]
    items: Sequence[BatchItem]
    by_name: dict[str, list[BatchItem]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for item in self.items:
            self.by_name.setdefault(self._name(item), []).append(item)

    def refused(self, errors: Mapping[str, Json]) -> Iterator[ReportedOutcome]:
        """Yield the records named in `errors`, and the names that were not sent."""
        for key, message in errors.items():
            at = f"/errors/{escape_step(key)}"
            if key == _NOT_FOUND and isinstance(message, list):
                for number, name in enumerate(message):
                    items = [item for item in self.items if str(name) in self._texts(item)]
                    yield from self._told(items, str(name), "not found", f"{at}/{number}", accepted=False)
            else:
                yield from self._told(self._named(key), key, _joined_messages(message), at, accepted=False)

    def warned(self, warnings: Mapping[str, Json]) -> Iterator[ReportedOutcome]:
        """Yield those that `warnings` names, likewise."""
        for key, message in warnings.items():
            at = f"/warnings/{escape_step(key)}"
            yield from self._told(self._named(key), key, _joined_messages(message), at, accepted=True)

    def _named(self, key: str) -> list[BatchItem]:
        """Return the items of a name; which of its names tells a record is assumed."""
        return self.by_name.get(key) or [
            item for item in self.items if key in (*self._texts(item), f"{self.kind}[{item.place}]")
        ]

    def _name(self, item: BatchItem) -> str:
        """Return the first member that is not blank, else the index.

        Source: docs/vendors/payt.md#partial-errors.
        """
        texts = (text for text in self._texts(item) if text.strip())
        return next(texts, f"{self.kind}[{item.place}]")

    def _texts(self, item: BatchItem) -> list[str]:
        """Numbers are read as texts. Source: docs/vendors/payt.md#conventions."""
        sent = item.document if isinstance(item.document, dict) else {}
        values = [sent.get(member) for member in self.members]
        return [
            format(value, "f") if isinstance(value, Decimal) else str(value)
            for value in values
            if value is not None
        ]

    def _told(
        self, named: Sequence[BatchItem], key: str, message: str, at: str, *, accepted: bool
    ) -> Iterator[ReportedOutcome]:
        for item in named:
            yield ReportedOutcome(item.place, accepted=accepted, key=item.key, message=message, at=at)
        if not named:
            yield ReportedOutcome(None, accepted=accepted, key=key, message=message, at=at)


def _message_map(document: Mapping[str, Json], name: str) -> Mapping[str, Json]:
    found = document.get(name, {} if name == "warnings" else None)
    if not isinstance(found, dict):
        raise ValueError(f"the answer has no map from records to messages at /{name}")  # noqa: TRY004
    return found


def _joined_messages(messages: Json) -> str:
    return "; ".join(map(str, messages)) if isinstance(messages, list) else str(messages)


def _amount(text: Json) -> str | Decimal | None:
    """Return the amount that a text or a number spells; what spells none is itself."""
    try:
        return None if text is None else Decimal(str(text))
    except InvalidOperation:
        return str(text)


READERS: Mapping[str, OutcomeReader] = {
    "postV1Debtors": outcome_reader("debtors", "debtor_number", "debtor_identifier"),
    "postV1Contacts": outcome_reader("contacts", "contact_identifier", "id"),
    "postV1VatRates": outcome_reader("vat_rates", "code"),
    "postV1PaymentConditions": outcome_reader("payment_conditions", "code"),
}

_LONG = "x" * 256

# As of invoices: which faults end the call is assumed, and so are 255 characters and the lists of countries.
_DEBTOR_CORRUPTIONS = (
    Corruption("a country that is none", set_member("/country_code", "XX")),
    Corruption("a country of three letters", set_member("/country_code", "NLD")),
    Corruption("an empty name", set_member("/name", "")),
    Corruption("a name of 256 characters, one too many", set_member("/name", _LONG), assumption=TOO_LONG),
    Corruption("a remark of 256 characters, one too many", set_member("/remark", _LONG), assumption=TOO_LONG),
    Corruption("no name", remove_member("/name"), refuses_call=True, assumption=BROKEN),
    Corruption(
        "a word where yes or no is due",
        set_member("/is_company", "perhaps"),
        refuses_call=True,
        assumption=BROKEN,
    ),
    Corruption(
        "a text where labels are due", set_member("/labels", "late"), refuses_call=True, assumption=BROKEN
    ),
)
_CONTACT_CORRUPTIONS = (
    Corruption("a country that is none", set_member("/postal_address_country_code", "XX")),
    Corruption("a country of three letters", set_member("/postal_address_country_code", "NLD")),
    Corruption("a birthday that no calendar has", set_member("/birth_date", "1999-02-30")),
    Corruption("a name of 256 characters, one too many", set_member("/lastname", _LONG), assumption=TOO_LONG),
    Corruption("an id that no contact has", set_member("/id", "999999999")),
    Corruption("neither a code nor an id", remove_member("/contact_identifier")),
    Corruption(
        "a gender that is none", set_member("/gender", "unsaid"), refuses_call=True, assumption=BROKEN
    ),
    Corruption(
        "a list where a name is due",
        set_member("/lastname", ["Bakker"]),
        refuses_call=True,
        assumption=BROKEN,
    ),
)
_RATE_CORRUPTIONS = (
    Corruption("a word for its rate", set_member("/rate", "high")),
    Corruption("a rate below zero", set_member("/rate", "-5")),
    Corruption("a rate of four digits", set_member("/rate", "1000")),
    Corruption("an empty name", set_member("/name", "")),
    Corruption("a name of 256 characters, one too many", set_member("/name", _LONG), assumption=TOO_LONG),
    Corruption("no code", remove_member("/code")),
    Corruption(
        "a category that is none", set_member("/category", "luxury"), refuses_call=True, assumption=BROKEN
    ),
    Corruption(
        "a list where a rate is due", set_member("/rate", ["21"]), refuses_call=True, assumption=BROKEN
    ),
)
_DEBTORS = RecordType(
    "debtors",
    "debtor_number",
    {"name": "text", "debtor_identifier": "text", "coc_number": "text"},
    "debtors/{key}?administration_id={administration}&identifier_type=debtor_number",
)
_CONTACTS = RecordType(
    "contacts",
    "contact_identifier",
    {"lastname": "text", "postal_address_city": "text", "prefix": "text"},
    "contacts?administration_id={administration}&contact_identifiers={key}",
)
_RATES = RecordType(
    "vat_rates",
    "code",
    {"name": "text", "rate": "amount", "category": "text"},
    "vat_rates?administration_id={administration}&per_page=500",
)


def debtor_and_rate_profiles(facts: Facts) -> tuple[BatchProfile, ...]:
    """Debtors, contacts and VAT rates."""
    taken = Corruption("a number that another debtor has", set_member("/debtor_number", facts["debtor"]))
    debtors = BatchRecords(_debtor, _debtor_record, (taken, *_DEBTOR_CORRUPTIONS), READERS["postV1Debtors"])
    contacts = BatchRecords(_contact, _contact_record, _CONTACT_CORRUPTIONS, READERS["postV1Contacts"])
    rates = BatchRecords(_rate, _rate_record, _RATE_CORRUPTIONS, READERS["postV1VatRates"])
    return (
        _DEBTORS.subject("postV1Debtors", debtors, facts),
        _CONTACTS.subject("postV1Contacts", contacts, facts),
        _RATES.subject("postV1VatRates", rates, facts),
    )


def _debtor(key: str, drawn: DrawnValues) -> Json:
    return {"debtor_number": key, **_debtor_record(key, drawn)}


def _debtor_record(key: str, drawn: DrawnValues) -> Record:
    return {
        "name": f"Debtor {drawn.number}",
        "debtor_identifier": f"id-{key}",
        "coc_number": f"{drawn.number % 100_000_000:08}",
    }


def _contact(key: str, drawn: DrawnValues) -> Json:
    return {"contact_identifier": key, **_contact_record(key, drawn)}


def _contact_record(_key: str, drawn: DrawnValues) -> Record:
    return {"lastname": f"Bakker {drawn.number}", "postal_address_city": "Assen", "prefix": None}


def _rate(key: str, drawn: DrawnValues) -> Json:
    return {"code": key, **_rate_record(key, drawn), "rate": f"{_percentage(drawn)}"}


def _rate_record(_key: str, drawn: DrawnValues) -> Record:
    return {"name": f"Rate {drawn.number}", "rate": _percentage(drawn), "category": "regular"}


def _percentage(drawn: DrawnValues) -> Decimal:
    """Up to three digits and two decimals."""
    return Decimal(drawn.number % 100_000).scaleb(-2)


_INVOICES = RecordType(
    "invoices",
    "invoice_number",
    {
        "description": "text",
        "due_date": "text",
        "total_amount": "amount",
        "open_amount": "amount",
        "book_total_amount": "amount",
        "book_open_amount": "amount",
    },
    "invoices/{key}?administration_id={administration}&identifier_type=invoice_number",
)
INVOICE_READER = outcome_reader("invoices", "invoice_number", "invoice_identifier")
_CENT = Decimal("0.01")
_PARTS_OF_A_CENT = Assumption("parts of a cent", ("alone", "taken", "call"))

# That missing and malformed parameters end the call is the vendor's word; where the border to the faults of a
# record runs is assumed, as the 255 characters and the two decimals are.
_CORRUPTIONS = (
    Corruption("an unknown debtor", set_member("/debtor_number", "no such debtor")),
    Corruption("a day to pay before its own", set_member("/due_date", "2001-01-01")),
    Corruption("a day to pay that no calendar has", set_member("/due_date", "2026-02-30")),
    Corruption("a word for its total", set_member("/amount_total", "a lot")),
    Corruption("parts of a cent open", set_member("/amount_open", "10.005"), assumption=_PARTS_OF_A_CENT),
    Corruption("a currency that is none", set_member("/currency_code", "XQZ")),
    Corruption("a payment condition that is none", set_member("/payment_condition", "no such condition")),
    Corruption(
        "a description of 256 characters, one too many",
        set_member("/description", "x" * 256),
        assumption=TOO_LONG,
    ),
    Corruption("a checksum of 20 characters", set_member("/document", {"checksum": "c" * 20})),
    Corruption(
        "a way to pay that is none",
        set_member("/payment_method", "shells"),
        refuses_call=True,
        assumption=BROKEN,
    ),
    Corruption(
        "a word for its term", set_member("/payment_term", "soon"), refuses_call=True, assumption=BROKEN
    ),
    Corruption(
        "a word for the moment it was sent",
        set_member("/sent_at", "yesterday"),
        refuses_call=True,
        assumption=BROKEN,
    ),
    Corruption("no number", remove_member("/invoice_number"), refuses_call=True, assumption=BROKEN),
)
_POST_CORRUPTIONS = (
    Corruption(
        "a payment that was not paid", set_member("/payments", [{"amount": "0.01", "origin_identifier": "p"}])
    ),
    Corruption(
        "a line of a VAT rate that is none",
        set_member(
            "/invoice_lines", [{"description": "x", "vat_rate_code": "?", "total_excl_tax_amount": "1"}]
        ),
    ),
    Corruption("no currency", remove_member("/currency_code"), refuses_call=True, assumption=BROKEN),
)
_CHANGE_CORRUPTIONS = (
    Corruption("a number that no invoice has", set_member("/invoice_number", "no such")),
    *_CORRUPTIONS,
)


def complete(profile: Profile) -> Profile:
    """Add the batches and the readers."""
    readers = {"postV1Invoices": INVOICE_READER, "patchV1Invoices": INVOICE_READER, **READERS}
    return replace(profile, batches=batch_profiles, readers=readers)


def batch_profiles(facts: Facts) -> tuple[BatchProfile, ...]:
    """Return the batch profiles of invoices and payments."""

    def posted(key: str, drawn: DrawnValues) -> Json:
        return {
            **_change(key, drawn),
            "currency_code": "EUR",
            "invoice_date": "2026-06-01",
            "debtor_number": facts["debtor"],
        }

    def prepared(key: str, tenant: int) -> tuple[Request, ...]:
        items = [posted(key, DrawnValues(0, Decimal("0.01")))]
        return (_INVOICES.sending("POST", items, administration_of(facts, tenant)),)

    invoices = BatchRecords(posted, _record, (*_CORRUPTIONS, *_POST_CORRUPTIONS), INVOICE_READER)
    changes = BatchRecords(_change, _record, _CHANGE_CORRUPTIONS, INVOICE_READER)
    return (
        replace(
            _INVOICES.subject("postV1Invoices", invoices, facts),
            steps=_steps(facts, posted),
            values=INVOICE_VALUES,
        ),
        replace(
            _INVOICES.subject("patchV1Invoices", changes, facts),
            call=lambda items, tenant: _INVOICES.sending("PATCH", items, administration_of(facts, tenant)),
            prepare=prepared,
            creates=False,
            values=INVOICE_VALUES,
        ),
        *debtor_and_rate_profiles(facts),
    )


def _change(key: str, drawn: DrawnValues) -> Json:
    """Return what may be changed of an invoice, all of it open."""
    return {
        "invoice_number": key,
        "due_date": "2026-07-01",
        "description": f"Work {drawn.number}",
        **_amounts(drawn.amount, drawn.amount),
    }


def _record(_key: str, drawn: DrawnValues) -> Record:
    return {
        "description": f"Work {drawn.number}",
        "due_date": "2026-07-01",
        "total_amount": drawn.amount,
        "book_total_amount": drawn.amount,
        **_open_amounts(drawn.amount),
    }


def _amounts(total: Decimal, still_open: Decimal) -> dict[str, str]:
    """Total and open amount, in both currencies."""
    totals = dict.fromkeys(("amount_total", "book_amount_total"), f"{total:f}")
    return {**totals, **dict.fromkeys(("amount_open", "book_amount_open"), f"{still_open:f}")}


def _open_amounts(amount: Decimal) -> Record:
    return dict.fromkeys(("open_amount", "book_open_amount"), amount)


def _third_of(drawn: DrawnValues) -> Decimal:
    """Return a third of the amount, in whole cents."""
    return (drawn.amount / 3).quantize(_CENT, ROUND_DOWN)


def _steps(facts: Facts, posted: Callable[[str, DrawnValues], Json]) -> tuple[Step, ...]:
    def patching(
        change: Callable[[DrawnValues], Mapping[str, Json]],
    ) -> Callable[[str, DrawnValues, int], Request]:
        def request(key: str, drawn: DrawnValues, tenant: int) -> Request:
            record = {"invoice_number": key, **change(drawn)}
            return _INVOICES.sending("PATCH", [record], administration_of(facts, tenant))

        return request

    # What is not there stays away; the call is answered 200 all the same, with the number in `not_found`.
    def described(record: Record | None, drawn: DrawnValues) -> Record | None:
        return record and {**record, "description": f"Changed {drawn.number}"}

    def settled(record: Record | None, _drawn: DrawnValues) -> Record | None:
        return record and {**record, **_open_amounts(Decimal(0))}

    def pay_a_third(key: str, drawn: DrawnValues, tenant: int) -> Request:
        paid = _third_of(drawn)
        payment = {"amount": f"{paid:f}", "origin_identifier": f"pay-{key}", "payment_date": "2026-06-15"}
        record = {**posted(key, drawn), **_amounts(drawn.amount, drawn.amount - paid), "payments": [payment]}
        return _INVOICES.sending("POST", [record], administration_of(facts, tenant))

    def paid_a_third(_record_before: Record | None, drawn: DrawnValues) -> Record:
        return {**_record("", drawn), **_open_amounts(drawn.amount - _third_of(drawn))}

    return (
        Step(
            "change its description",
            patching(lambda drawn: {"description": f"Changed {drawn.number}"}),
            described,
        ),
        Step(
            "pay all of it",
            patching(lambda _drawn: dict.fromkeys(("amount_open", "book_amount_open"), "0")),
            settled,
        ),
        Step("send it again with a third paid", pay_a_third, paid_a_third),
    )
