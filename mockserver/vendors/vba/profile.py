"""Contract profile of VBA: batches, outcomes, lists, facts, fixture ids.

An unknown database has empty lists and is refused by no read, so that none shows whether one is there; the
payee is looked for in each.

Source: docs/vendors/vba.md#lists.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from mockserver.contract.exchange import Exchange, Request, json_request, to_json_bytes
from mockserver.contract.profile import (
    AS_SENT,
    FOUND_OR_NOT,
    PER_ITEM_REASON,
    REFUSED_STEP,
    STATE_REASON,
    UNKNOWN_ID_REASON,
    Assumption,
    BatchItem,
    BatchProfile,
    Corruption,
    Counted,
    DrawnValues,
    ExpectedStatuses,
    FactCheck,
    FactRead,
    Facts,
    FixturePins,
    LimitedCredentials,
    ListOrder,
    ListProfile,
    OpenCase,
    Profile,
    Record,
    RefusalRule,
    RefusedStep,
    ReportedOutcome,
    ReportedOutcomes,
    SkippedCheck,
    Step,
    Tolerance,
    ValueChange,
    ValueRules,
)
from mockserver.contract.samples import remove_member, set_member
from mockserver.model import Json

_UNZONED = "moments are kept in UTC and shown without zone"
_USER = "who writes without a name is named by the token"
_STATE = "docs/vendors/vba.md#state"

INVOICE_VALUES = ValueRules(
    left_alone=("update_Date",),
    changes=(
        *(
            ValueChange(name, "zone left out", _UNZONED, "docs/vendors/vba.md#claim-invoice")
            for name in ("due_Date", "invoice_Date", "entry_Date")
        ),
        *(
            ValueChange(name, what, _USER, _STATE)
            for name in ("entry_User", "update_User")
            for what in ("null is filled", "empty is filled")
        ),
        *(
            ValueChange(name, "kept", "an entry is made once, by whoever creates the record", _STATE)
            for name in ("entry_Date", "entry_User")
        ),
    ),
)
"""`update_Date` is always the server's clock."""


_MOST_ROWS = 500
_PAYEE = (
    FactRead("getPayee", {"payeeID": "{payee}"}, key="/data/payee_ID"),
    FactRead(
        "listPayee", query={"pageSize": str(_MOST_ROWS)}, rows="/data", key="/payee_ID", size=_MOST_ROWS
    ),
)

FACT_CHECKS = (
    *(
        FactCheck("payee", _PAYEE, needed_by=("putClaimInvoiceBatch",), tenant=tenant, replaceable=True)
        for tenant in (0, 1)
    ),
    FactCheck("first_invoice", made_up=True),
    FactCheck("payee_prefix", made_up=True),
)


_COUNTS: dict[Counted, str] = {
    "all": "x-pagination#/TotalCount",
    "pages": "x-pagination#/TotalPages",
    "number": "x-pagination#/CurrentPage",
    "size": "x-pagination#/PageSize",
}


def _list(operation: str, key: str) -> ListProfile:
    return ListProfile(
        operation,
        paging="page",
        position="page",
        size="pageSize",
        rows="/data",
        identity=f"/{key}",
        counts=_COUNTS,
        orders=(ListOrder("sortBy", f"{key}:desc", f"/{key}", descending=True),),
    )


LISTS = (_list("listClaimInvoice", "invoice_Key"), _list("listPayee", "payee_ID"))


STATE_OR_KEYS = f"{STATE_REASON}, or that path and body name the same record"

_CREATION_STATUSES = ExpectedStatuses(STATE_REASON, valid=("200", "400"))
_UPDATE_STATUSES = ExpectedStatuses(STATE_OR_KEYS, valid=("200", "400", "404"))
_DELETION_STATUSES = ExpectedStatuses(
    f"{UNKNOWN_ID_REASON}, or which others name it", valid=("200", "400", "404")
)
_BATCH = ExpectedStatuses(PER_ITEM_REASON, invalid=("207", "4xx"))

PINS = FixturePins(
    headers={"vbasoftware-database": "sandbox"},
    known={
        "getClaimInvoice": {"invoiceKey": "1001"},
        "updateClaimInvoice": {"invoiceKey": "1001"},
        "deleteClaimInvoice": {"invoiceKey": "1001"},
        "getPayee": {"payeeID": "P100"},
        "updatePayee": {"payeeID": "P100"},
        "deletePayee": {"payeeID": "P300"},
    },
    bodies={"updateClaimInvoice": {"invoice_Key": 1001}, "updatePayee": {"payee_ID": "P100"}},
    expected_statuses={
        "refreshTokens": ExpectedStatuses(
            "the schema cannot say which tokens are there", valid=("200", "401")
        ),
        "getClaimInvoice": FOUND_OR_NOT,
        "createClaimInvoice": ExpectedStatuses(
            f"{STATE_REASON}; a missing invoice_Key asks for the next one",
            valid=("200", "400"),
            invalid=("200", "4xx"),
        ),
        "updateClaimInvoice": _UPDATE_STATUSES,
        "deleteClaimInvoice": _DELETION_STATUSES,
        "putClaimInvoiceBatch": _BATCH,
        "getPayee": FOUND_OR_NOT,
        "createPayee": _CREATION_STATUSES,
        "updatePayee": _UPDATE_STATUSES,
        "deletePayee": _DELETION_STATUSES,
        "putPayeesBatch": _BATCH,
    },
    skipped_checks=(
        SkippedCheck(
            "missing_required_header",
            "the check asks for 401; its case has no API key either, which the gateway answers with 403",
            header="Authorization",
        ),
    ),
    # `*/*` is answered in JSON; nothing answers in text/plain unless an assumption says so.
    accepts=(
        ("putClaimInvoiceBatch", "text/json"),
        ("putPayeesBatch", "text/json"),
        ("listClaimInvoice", "text/json"),
    ),
    walk_exclusions=(
        (),
        # A walk begins at a PUT only where no list and no POST is left.
        ("logIn", "refreshTokens", "listClaimInvoice", "createClaimInvoice", "listPayee", "createPayee"),
    ),
)


_SAID = "the reference says 200, prose says 201"
_MADE = {
    "createClaimInvoice": ExpectedStatuses(_SAID, valid=("201",), invalid=("201",)),
    "createPayee": ExpectedStatuses(_SAID, valid=("201",)),
}

OPEN_CASES = (
    OpenCase("a good answer as the text/plain that is documented", answer_types=("text/plain",)),
    OpenCase("a single record that is created with 201", expected_statuses=_MADE),
)


_FIRST_FAILURE, _FIRST_REFUSAL = 300, 400
_UPDATED, _CREATED, _FOUND = 200, 201, 200
_BLANK_KEYS = (None, "", "0")
"""Keys of rows that ask for the next free one."""


# That a text which is too long, and a date before the first that can be stored, fail at the database and with
# their row alone is assumed; a framework that counts characters itself refuses the call (`length_errors`).
_TOO_LONG = Assumption("a text that is too long", ("alone", "call"))
_TOO_EARLY = Assumption("a date before 1753", ("alone", "taken"))
_UNKNOWN_PAYEE = Assumption("a payee that is not there", ("alone", "taken"))
_NUL = Assumption("a NUL in a text", ("alone", "taken"))
_QUOTED = Assumption("a number in quotes", ("taken", "call", "alone"))
_OTHER_CASE = Assumption("a member name in another letter case", ("taken", "call", "alone"))
_NO_KEY = Assumption("a row without its key", ("taken", "call", "alone"))
_NULL_ROW = Assumption("a row that is null", ("call", "alone"))


def _too_long(name: str, member: str, text: str) -> Corruption:
    return Corruption(name, set_member(f"/{member}", text), assumption=_TOO_LONG)


def _too_early(name: str, member: str, text: str) -> Corruption:
    return Corruption(name, set_member(f"/{member}", text), assumption=_TOO_EARLY)


_INVOICE_CORRUPTIONS = (
    _too_early("an invoice date before 1753", "invoice_Date", "1700-01-01T00:00:00"),
    _too_early("a due date before 1753", "due_Date", "1752-12-31T23:59:59"),
    _too_long("a number of 33 characters, one too many", "invoice_Number", "N" * 33),
    _too_long("a status of 17 characters, one too many", "invoice_Status", "S" * 17),
    _too_long("a user of 21 characters, one too many", "update_User", "u" * 21),
    Corruption("a key that is a word", set_member("/invoice_Key", "abc"), refuses_call=True),
    Corruption("a key of more than 32 bits", set_member("/invoice_Key", 2**31), refuses_call=True),
    Corruption("a number where a text is due", set_member("/invoice_Number", 12345), refuses_call=True),
    Corruption("a due date that no calendar has", set_member("/due_Date", "2026-02-30"), refuses_call=True),
    Corruption("null for its day of entry", set_member("/entry_Date", None), refuses_call=True),
)
_PAYEE_CORRUPTIONS = (
    _too_long("a state of 3 letters, one too many", "state", "WIS"),
    _too_long("a name of 129 characters, one too many", "name", "n" * 129),
    _too_long("a city of 31 characters, one too many", "city", "c" * 31),
    _too_long("a postal code of 33 characters, one too many", "zip_Code", "5" * 33),
    _too_long("a tax id of 16 characters, one too many", "federal_ID", "0" * 16),
    Corruption(
        "a NUL in its address", set_member("/address", "12\0 Harbor Street"), assumption=_NUL
    ),  # assumed: docs/catalogue.md#133-nul-and-controls
    Corruption("a word where yes or no is due", set_member("/inactive", "perhaps"), refuses_call=True),
    Corruption("a number where a name is due", set_member("/name", 12345), refuses_call=True),
)


def _quote_key(item: Json) -> Json:
    return {**item, "invoice_Key": str(item["invoice_Key"])}


def _with_capitals(item: Json) -> Json:
    return {name.upper(): value for name, value in item.items()}


_INVOICE_ODDITIES = (
    Corruption("its key in quotes", _quote_key, assumption=_QUOTED),
    Corruption("member names in capitals", _with_capitals, assumption=_OTHER_CASE),
    Corruption("no key", remove_member("/invoice_Key"), assumption=_NO_KEY),
    Corruption("null for all of it", set_member("", None), assumption=_NULL_ROW),
)
_PAYEE_ODDITIES = (
    Corruption("member names in capitals", _with_capitals, assumption=_OTHER_CASE),
    Corruption("no key", remove_member("/payee_ID"), assumption=_NO_KEY),
    Corruption("null for all of it", set_member("", None), assumption=_NULL_ROW),
)


def _encode_json(items: Sequence[Json]) -> bytes:
    return to_json_bytes(items).encode()


_ENCODINGS = {"text/json": _encode_json, "application/vnd.vba+json": _encode_json}


def read_outcomes(exchange: Exchange, items: Sequence[BatchItem]) -> ReportedOutcomes | None:
    """Return the rows of a 207, in the order of those that were sent.

    A row that brought no key is told without one: what it was given is none of the caller's.
    Source: seed; docs/vendors/vba.md#batch-results, #state.

    Raises:
        ValueError: there is no list of rows, or a row lacks its key or its status.
    """
    if exchange.response.status >= _FIRST_REFUSAL:
        return None
    rows = _data_of(exchange)
    if not isinstance(rows, list):
        raise ValueError("the answer has no list of rows at /data")  # noqa: TRY004 - of the answer, not of a type
    return ReportedOutcomes(tuple(_read_row(row, place, items) for place, row in enumerate(rows)))


def _data_of(exchange: Exchange) -> Json:
    document = exchange.response.json()
    return document.get("data") if isinstance(document, dict) else None


def _read_row(row: Json, place: int, items: Sequence[BatchItem]) -> ReportedOutcome:
    sent = items[place] if place < len(items) else None
    try:
        status, key, message = int(row["status"]), row["id"][0]["value"], str(row["body"])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ValueError(f"the row at /data/{place} has no id, no status or no body") from error
    blank = sent is not None and sent.key in _BLANK_KEYS
    return ReportedOutcome(
        place=None if sent is None else place,
        accepted=status < _FIRST_FAILURE,
        key=None if blank or key is None else str(key),
        made="created" if status == _CREATED else "updated" if status == _UPDATED else "",
        status=status,
        message=message,
        at=f"/data/{place}",
    )


@dataclass(frozen=True, slots=True)
class _Resource:
    """A resource: where it is written and read; its `members` are read back and compared.

    `uncompared` is sent too: an instant comes back in another form.
    """

    batch_path: str
    path: str
    key_member: str
    key: Callable[[int], str]
    parse_key: Callable[[str], Json]
    members: Callable[[DrawnValues], Record]
    uncompared: Record = field(default_factory=dict)
    values: ValueRules = AS_SENT

    def item(self, key: str, drawn: DrawnValues) -> Json:
        return {self.key_member: self.parse_key(key), **self.members(drawn), **self.uncompared}

    def records(self, exchange: Exchange) -> dict[str, Record]:
        """Return the records of a list or of a single record, by key; none unless the status is 200."""
        if exchange.response.status != _FOUND:
            return {}
        data = _data_of(exchange)
        found = [row for row in (data if isinstance(data, list) else [data]) if isinstance(row, dict)]
        names = self.members(DrawnValues(0, Decimal(0)))
        return {str(row.get(self.key_member)): {name: row.get(name) for name in names} for row in found}

    def subject(
        self,
        operation: str,
        corruptions: tuple[Corruption, ...],
        oddities: tuple[Corruption, ...],
        facts: Facts,
    ) -> BatchProfile:
        """Return the batch, and what can be done to one record."""
        return BatchProfile(
            operation=operation,
            key=self.key,
            item=self.item,
            record=lambda _key, drawn: self.members(drawn),
            call=lambda items, _tenant: json_request("PUT", self.batch_path, items),
            read=lambda key, _tenant: Request("GET", f"{self.path}/{key}"),
            shown=lambda key, exchange: self.records(exchange).get(key),
            corruptions=corruptions,
            listing=lambda _tenant: Request("GET", f"{self.path}?pageSize=500&sortBy={self.key_member}:desc"),
            listed=self.records,
            steps=self._steps(),
            reader=read_outcomes,
            tenants=2 if facts["other_database"] else 1,
            twice="each",  # assumed: docs/vendors/vba.md#duplicates-in-a-batch
            twice_positions=("first", "none", "call"),
            oddities=oddities,
            encodings=_ENCODINGS,
            values=self.values,
        )

    def _steps(self) -> tuple[Step, ...]:
        def sending(method: str, key: str, drawn: DrawnValues, path: str) -> Request:
            return json_request(method, path, self.item(key, drawn))

        def made(record: Record | None, drawn: DrawnValues) -> Record | RefusedStep:
            return self.members(drawn) if record is None else REFUSED_STEP

        def changed(record: Record | None, drawn: DrawnValues) -> Record | RefusedStep:
            return REFUSED_STEP if record is None else self.members(drawn)

        return (
            Step(
                "write it anew",
                lambda key, drawn, _: sending("PUT", key, drawn, f"{self.path}/{key}"),
                changed,
            ),
            Step("make it by itself", lambda key, drawn, _: sending("POST", key, drawn, self.path), made),
            Step(
                "delete it",
                lambda key, _drawn, _tenant: Request("DELETE", f"{self.path}/{key}"),
                _after_deletion,
            ),
        )


def _after_deletion(record: Record | None, _drawn: DrawnValues) -> Record | RefusedStep | None:
    return REFUSED_STEP if record is None else None


def batch_profiles(facts: Facts) -> tuple[BatchProfile, ...]:
    """Return the batch profiles of claim invoices and payees."""

    def invoice(drawn: DrawnValues) -> Record:
        return {
            "description": f"Visit {drawn.number}, {drawn.amount}",
            "invoice_Number": f"N-{drawn.number}",
            "invoice_Status": "Open",
            "payee_ID": facts["payee"],
        }

    def payee(drawn: DrawnValues) -> Record:
        return {"name": f"Practice {drawn.number}", "city": "Madison", "state": "WI", "address2": None}

    first, prefix = int(facts["first_invoice"]), facts["payee_prefix"]
    unknown = Corruption(
        "an unknown payee", set_member("/payee_ID", "no such payee"), assumption=_UNKNOWN_PAYEE
    )
    invoices = _Resource(
        "/claim-invoice-batch",
        "/claim-invoice",
        "invoice_Key",
        lambda number: str(first + number),
        int,
        invoice,
        {"due_Date": "2026-03-31T00:00:00Z"},
        INVOICE_VALUES,
    )
    payees = _Resource("/payees-batch", "/payees", "payee_ID", lambda number: f"{prefix}{number}", str, payee)
    return (
        invoices.subject("putClaimInvoiceBatch", (unknown, *_INVOICE_CORRUPTIONS), _INVOICE_ODDITIES, facts),
        payees.subject("putPayeesBatch", _PAYEE_CORRUPTIONS, _PAYEE_ODDITIES, facts),
    )


_CREDENTIALS = {
    "apiKeyAuth": {"api_key": "good-key"},
    "bearerAuth": {"bearer": "good-token"},
    "basicAuth": {"username": "jdoe", "password": "harbor-42"},
}
_FACTS = {
    "database": "sandbox",
    "other_database": "VBADEMO",
    "payee": "P100",
    "first_invoice": "7000000",
    "payee_prefix": "MS-",
}
"""`payee` is in both databases; an empty `other_database` says that there is only one."""


_TOLERANCES = (
    Tolerance("required", "a missing key is read as 0, which asks for the next free one", "invoice_Key"),
    Tolerance("maxLength", "the database fails a text that is too long with its row alone", passes=False),
)


_GATEWAY = "a gateway asks for the key before anything else, and answers 403"
_REFUSALS = (
    RefusalRule("no credentials", (403,), _GATEWAY),
    RefusalRule("unknown credentials", (403,), _GATEWAY, header="x-api-key"),
)
_READS_ONLY = LimitedCredentials(
    {"bearerAuth": {"bearer": "read-only-token"}},
    ("putClaimInvoiceBatch", "createClaimInvoice", "updateClaimInvoice", "putPayeesBatch", "createPayee"),
)


def _tenant_headers(facts: Facts, tenant: int) -> Mapping[str, str]:
    return {"vbasoftware-database": (facts["database"], facts["other_database"])[tenant]}


PROFILE = Profile(
    facts=_FACTS,
    credentials=_CREDENTIALS,
    headers=_tenant_headers,
    batches=batch_profiles,
    pins=PINS,
    open_cases=OPEN_CASES,
    refusals=_REFUSALS,
    limited=(_READS_ONLY,),
    fact_checks=FACT_CHECKS,
    lists=LISTS,
    tolerances={"": _TOLERANCES},
    readers={"putClaimInvoiceBatch": read_outcomes, "putPayeesBatch": read_outcomes},
)
