"""Profile of a vendor for the contract suite: plain values, no code of the server's.

It stands in the vendor's package as `profile.yaml`; without one it is inferred from `x-batch`.

A *place* is the position of a value in an answer: a JSON Pointer ("/pagination/cursor") in the body, the name
of a header ("x-total-count"), or a header and a pointer into its JSON ("x-pagination#/TotalCount"). "" is
nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from mockserver.contract.exchange import Exchange, Request
from mockserver.model import Json

PER_ITEM_REASON = "the envelope is good, so every item is answered for itself"
UNKNOWN_ID_REASON = "the schema cannot say which ids are there"
UNREADABLE = (ValueError, LookupError, TypeError, ArithmeticError, AttributeError)
"""Errors of a profile's functions at an answer that is like none before it."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A keyword of a schema that need not be kept, and why.

    `keyword` is JSON Schema's (`uniqueItems` is about the keys in a batch), or `content-type` for a media
    type outside the spec; `member` is the name of the offending member, "" for any. `passes`: the vendor may
    accept it; else it is refused, alone where `x-batch.fatal` would refuse the call. `media_type` is the
    body's, or a pattern such as `*/xml`.
    """

    keyword: str
    reason: str
    member: str = ""
    passes: bool = True
    media_type: str = "*"


@dataclass(frozen=True, slots=True)
class ExpectedStatuses:
    """Expected statuses for valid and for invalid requests of an operation, and the reason."""

    reason: str
    valid: tuple[str, ...] = ("2xx",)
    invalid: tuple[str, ...] = ("4xx",)


@dataclass(frozen=True, slots=True)
class SkippedCheck:
    """A check of Schemathesis to skip, by name; with `header` only for cases that were made without it."""

    check: str
    reason: str
    header: str = ""


@dataclass(frozen=True, slots=True)
class FixturePins:
    """Values for generated calls that meet existing records, and deviating expectations, with reasons.

    `headers`, `query`, `path` and `body` hold a value for every member of that name, unless the case is bad
    in just that place; `known` and `bodies` the same by operation (`known` for calls with a body, and for all
    but the fuzzed calls without one). `walking` are headers for walks along links, `omitted_headers` are
    never sent. `omitted_members` names, by schema, members that cases lack; `accepts` lists operations to run
    once more with that media type as Accept; `walk_exclusions` the operations outside walks.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    bodies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    walking: Mapping[str, str] = field(default_factory=dict)
    omitted_headers: tuple[str, ...] = ()
    codec: str = "utf-8"
    expected_statuses: Mapping[str, ExpectedStatuses] = field(default_factory=dict)
    skipped_checks: tuple[SkippedCheck, ...] = ()
    omitted_members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    accepts: tuple[tuple[str, str], ...] = ()
    walk_exclusions: tuple[tuple[str, ...], ...] = ((),)
    empty_responses: tuple[str, ...] = ()
    """Responses, by name in the spec's components, that have a body only with some assumption."""
    answer_types: tuple[str, ...] = ()
    """Media types that answers may have, whatever was asked for."""

    def with_texts(self, texts: Mapping[str, str]) -> FixturePins:
        """Return the pins with other texts in place of these."""
        if all(old == new for old, new in texts.items()):
            return self
        names = ("headers", "query", "path", "body", "known", "bodies", "walking")
        return replace(self, **{name: _with_texts(getattr(self, name), texts) for name in names})


def _with_texts(pinned: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(pinned, Mapping):
        return {name: _with_texts(value, texts) for name, value in pinned.items()}
    return texts.get(pinned, pinned) if isinstance(pinned, str) else pinned


FOUND_OR_NOT = ExpectedStatuses(UNKNOWN_ID_REASON, valid=("200", "404"))


LossKind: TypeAlias = Literal[
    "lost",
    "changed",
    "trimmed",
    "inner blanks",
    "normalised",
    "beyond 16 bits",
    "ASCII only",
    "line ends",
    "cut short",
    "escaped",
    "letter case",
    "empty is null",
    "null is empty",
    "null is filled",
    "empty is filled",
    "moved",
    "zone left out",
    "zone of its own left out",
    "fraction lost",
    "seventh digit lost",
    "time left out",
    "time added",
    "rounded",
    "cut off",
    "scale lost",
    "kept",
]
"""In what way a value that is read differs from the one that was sent."""


@dataclass(frozen=True, slots=True)
class ValueChange:
    """A change that the vendor makes by design; `member` as it is sent ("LineItems.UnitAmount"), "" for all.

    `places` are the remaining decimals of a number ("rounded", "cut off") or of the seconds ("fraction
    lost"). `source` is the vendor's document or the assumption. `warns`: the outcome of the item says so.
    """

    member: str
    what: LossKind
    reason: str
    source: str
    places: int = 0
    warns: bool = False


@dataclass(frozen=True, slots=True)
class ValueRules:
    """Names of the members of an item as sent and shown, where they differ.

    `at` is the pointer in an item to the object with the members, `schema` the schema in the components for
    it ("": the item's own). `shown_as` are names in an answer, by those in a request. `left_alone` are
    members with a meaning beyond their value (keys, references, state) or computed by the vendor; the name of
    an object stands for all in it. `decimals` is the number of decimals of an amount in a read, by member as
    sent.
    """

    at: str = ""
    schema: str = ""
    shown_as: Mapping[str, str] = field(default_factory=dict)
    left_alone: tuple[str, ...] = ()
    decimals: Mapping[str, int] = field(default_factory=dict)
    changes: tuple[ValueChange, ...] = ()


AS_SENT = ValueRules()
"""Nothing is changed, and every member has the same name in requests and answers."""


Facts: TypeAlias = Mapping[str, str]
"""Facts that good items rely on at the target (a payee, a debtor, a tenant), by name."""

Record: TypeAlias = Mapping[str, str | Decimal | None]
"""Compared members of a stored record; amounts as decimals, so that 1.0 is 1.00."""


@dataclass(frozen=True, slots=True)
class DrawnValues:
    """Drawn values of an item: `number` is unique, `amount` is money of at most two decimals."""

    number: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class BatchItem:
    """A sent item; `place` counts from 0, `key` is None if it is missing or unreadable."""

    place: int
    key: str | None
    document: Json


@dataclass(frozen=True, slots=True)
class ReportedOutcome:
    """The outcome that a response reports for one item.

    `place` is the item's, None for one that was never sent; `key` as in the answer, None without; `made` is
    the result, "" if the answer leaves it open. `status` is the item's own, None without. `at` points at it
    in the answer.
    """

    place: int | None
    accepted: bool
    key: str | None = None
    made: Literal["created", "updated", "unchanged", ""] = ""
    status: int | None = None
    message: str = ""
    amount: Decimal | None = None
    at: str = ""


@dataclass(frozen=True, slots=True)
class ReportedOutcomes:
    """The outcomes of all items in a response.

    `is_complete`: one outcome for each item, in wire order; else only the failed items are listed, and all
    others were done. `count` is the reported number of items done, None without. `contradiction` is what the
    answer says of the whole call against its outcomes, as an end of a sentence.
    """

    outcomes: tuple[ReportedOutcome, ...]
    count: int | None = None
    is_complete: bool = True
    contradiction: str = ""


OutcomeReader: TypeAlias = Callable[[Exchange, Sequence[BatchItem]], ReportedOutcomes | None]
"""Returns the outcomes in a response; None where it refused the call as a whole.

Raises ValueError, with a sentence, where the answer cannot be read as one that has outcomes.
"""


Position: TypeAlias = Literal["taken", "alone", "call"]
"""What a server does with an item: takes it, rejects it alone, or rejects the whole call for it."""

Twice: TypeAlias = Literal["each", "last", "first", "kept", "none", "call", ""]
"""What a server does with a key twice in a batch, as `BatchProfile.twice` explains."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """A case that no document of the vendor decides.

    `name` is the case ("a text that is too long"), `positions` are the possible reactions of a server, ours
    first. Another server may take any of them, but always the same one.
    """

    name: str
    positions: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Corruption:
    """A way to spoil a good item; `name` finishes "an item with …" ("an unknown payee").

    `refuses_call`: the vendor refuses the whole call (its body reader fails). `assumption` is the open case
    it belongs to, None if the documents decide.
    """

    name: str
    change: Callable[[Json], Json]
    refuses_call: bool = False
    assumption: Assumption | None = None


class RefusedStep:
    """Marks a step that the vendor must refuse."""


REFUSED_STEP = RefusedStep()


@dataclass(frozen=True, slots=True)
class Step:
    """Another action on a record: change it, pay it, delete it.

    `after` returns the record afterwards: None if it is deleted, REFUSED_STEP if the call must be refused and
    nothing may change; its argument is None if there was no record. `name` finishes "then …" ("change it",
    "pay half of it").
    """

    name: str
    request: Callable[[str, DrawnValues, int], Request]
    """By key, what is drawn, tenant."""
    after: Callable[[Record | None, DrawnValues], Record | RefusedStep | None]
    then: Callable[[Exchange, str, DrawnValues, int], Request] | None = None
    """For what has an id of the vendor's own: `request` only looks for it (a GET), and this, made of its
    answer, key, what is drawn and tenant, is the step itself; also where nothing was found."""
    may_be_refused: bool = False
    """Whether the vendor may refuse the step, whatever record there is; then the record stays as it was."""


RecordAfter: TypeAlias = Callable[[Record | None, str, DrawnValues], Record | RefusedStep]
"""Returns a key's record after a good item, given the one before."""


@dataclass(frozen=True, slots=True)
class UpdatePosition:
    """Effect of an item on an existing record (`what`, for people), in place of the batch profile's."""

    what: str
    record_after: RecordAfter | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class BatchProfile:
    """A batch operation for the sequences. Requests have no credentials; tenants count from 0.

    `twice` is the treatment of a repeated key in a batch: "each" is applied in order (the later one updates),
    "last" wins and is reported for each, "first" is done and the others are rejected, "kept": the first is
    done and the others are accepted without effect, "none": all are rejected, "call": the whole call is, "":
    unknown, never sent. `twice_positions` are other possible treatments, empty where the documents decide.
    `again` is the answer to a second call with the same idempotency key (`key_header`): "same" as the first,
    or "refused" with `replay_status`; the same key with another body must get `conflict_status`. `encodings`
    write the body in media types other than JSON.
    """

    operation: str
    key: Callable[[int], str]
    """Return the nth key of a run, as outcomes report it; a vendor that creates has one for every n."""
    item: Callable[[str, DrawnValues], Json]
    """A good item."""
    record: Callable[[str, DrawnValues], Record]
    """The record that a good item is read back as."""
    call: Callable[[Sequence[Json], int], Request]
    """The batch, as JSON, in a tenant."""
    read: Callable[[str, int], Request]
    shown: Callable[[str, Exchange], Record | None]
    """Returns the key's record in a response to `read`; None: it does not exist."""
    prepare: Callable[[str, int], tuple[Request, ...]] | None = None
    """Requests that a key needs first (an invoice that is to be paid), by key and tenant: sent
    once in a scope, before the key's first item or step; each must be answered 2xx."""
    record_after: RecordAfter | None = None
    """The key's record after a good item, given the one before; REFUSED_STEP if the item must be
    rejected because of it (a paid invoice takes no change). None: always as `record` says."""
    corruptions: tuple[Corruption, ...] = ()
    listing: Callable[[int], Request] | None = None
    listed: Callable[[Exchange], Mapping[str, Record]] | None = None
    """Returns the records in a response to `listing`, by key."""
    steps: tuple[Step, ...] = ()
    reader: OutcomeReader | None = None
    """Finds its outcomes; None: as `x-batch.outcome` declares."""
    amount: Callable[[Json], Decimal] | None = None
    """The amount that a good item's outcome must show, where its answer shows one."""
    tenants: int = 1
    creates: bool = True
    twice: Twice = ""
    twice_positions: tuple[Twice, ...] = ()
    oddities: tuple[Corruption, ...] = ()
    """Ways to write an item of which only an assumption says what becomes of it; never in a sequence."""
    updates: tuple[UpdatePosition, ...] = ()
    """What an item may do to a record that is there, ours first; empty where the documents say it."""
    assumed_encodings: frozenset[str] = frozenset()
    """Media types of `encodings` of which only an assumption says that they are read."""
    key_header: str = ""
    key_member: str = ""
    """The member of the body's root that holds the idempotency key, where it is no header."""
    again: Literal["same", "refused", ""] = ""
    replay_status: int = 0
    conflict_status: int = 0
    encodings: Mapping[str, Callable[[Sequence[Json]], bytes]] = field(default_factory=dict)
    max_items: int | None = None
    """How many items a batch may have, where the vendor says so and the spec has no `maxItems`."""
    version: str = "etag"
    """The place of the record's version in a response to `read`: another one after each change."""
    values: ValueRules = AS_SENT
    """What becomes of values by design."""


@dataclass(frozen=True, slots=True)
class IdempotencyRule:
    """The vendor's kind of idempotency key, and the answer to a second call with one.

    `name` is a header, or with `place` "member" a member of the body's root (a transaction id). `again`: a
    replay gets the "same" answer, or is "refused" with `replay_status` (0: any refusal); "" if undocumented:
    a replay must then only change nothing. Another body must get `conflict_status` (0: any refusal). `exempt`
    are operations with other rules, with the reason; `no_key_with` are headers that make a call use up no
    key. `errors`: a refusal is replayed too, although the call would be good by now.
    """

    name: str
    place: Literal["header", "member"] = "header"
    again: Literal["same", "refused", ""] = ""
    replay_status: int = 0
    conflict_status: int = 0
    exempt: Mapping[str, str] = field(default_factory=dict)
    no_key_with: tuple[str, ...] = ()
    errors: bool = False


Situation: TypeAlias = Literal[
    "no credentials",
    "unknown credentials",
    "no right",
    "unknown record",
    "wrong method",
    "media type",
    "accept",
]
"""What a call is refused for. "no right": known credentials that may not do this."""


@dataclass(frozen=True, slots=True)
class RefusalRule:
    """A vendor's unusual status for a kind of refusal, and why.

    `operations` () stands for all; `header` is the one with the credentials, "" for any.
    """

    situation: Situation
    statuses: tuple[int, ...]
    reason: str
    operations: tuple[str, ...] = ()
    header: str = ""


@dataclass(frozen=True, slots=True)
class LimitedCredentials:
    """Known credentials of our fixtures without a right to `operations`; by security scheme."""

    given: Mapping[str, Mapping[str, str]]
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case that the vendor's documents leave open, where other servers may do either; not tried out.

    Its members are added to the profile; `lists_end_empty`: a last page may lead to one without rows.
    """

    name: str
    tolerances: Mapping[str, tuple[Tolerance, ...]] = field(default_factory=dict)
    expected_statuses: Mapping[str, ExpectedStatuses] = field(default_factory=dict)
    refusals: tuple[RefusalRule, ...] = ()
    answer_types: tuple[str, ...] = ()
    values: tuple[ValueChange, ...] = ()
    lists_end_empty: bool = False


@dataclass(frozen=True, slots=True)
class Profile:
    """A vendor's profile.

    `credentials` are those of our fixtures, by security scheme, as {"bearer": …}, {"api_key": …} or
    {"username": …, "password": …}; they are sent to our own servers only. `headers` go with every call, by
    tenant.
    """

    facts: Facts = field(default_factory=dict)
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    headers: Callable[[Facts, int], Mapping[str, str]] = lambda _facts, _tenant: {}
    batches: Callable[[Facts], tuple[BatchProfile, ...]] = lambda _facts: ()
    pins: FixturePins = field(default_factory=FixturePins)
    tolerances: Mapping[str, tuple[Tolerance, ...]] = field(default_factory=dict)
    """By operation, "" for all of them."""
    readers: Mapping[str, OutcomeReader] = field(default_factory=dict)
    """By batch operation, where `x-batch.outcome` is not enough; also for operations without a profile."""
    idempotency: IdempotencyRule | None = None
    """None: as the spec says, see `mockserver.contract.isolation.rule_of`."""
    refusals: tuple[RefusalRule, ...] = ()
    limited: tuple[LimitedCredentials, ...] = ()
    message_exceptions: tuple[str, ...] = ()
    """Regular expressions of messages that may say what their words seem to contradict."""
    fact_checks: tuple[FactCheck, ...] = ()
    """How the facts are found at a target before a run; a fact without one is not checked."""
    lists: tuple[ListProfile, ...] = ()
    """Lists, where names and schemas of the spec do not say how they are paged, counted and filtered."""
    open_cases: tuple[OpenCase, ...] = ()
    no_positions: Mapping[str, str] = field(default_factory=dict)
    """Assumptions of our server that are no positions of a right one, by name, with the reason."""


@dataclass(frozen=True, slots=True)
class FactRead:
    """A read-only call that shows the record of a fact.

    `path` and `query` are the parameters of the `operation` (a GET); `{name}` in them stands for a fact.
    Without `rows` it shows one record: `missing` are the statuses of an absent one, `key` a pointer to the
    fact's text in the answer, "" if a 2xx is enough. With `rows`, a pointer ("" for the root), it shows a
    list: the fact's text stands at `key` in a row, and a usable row has the values of `having`, by pointer.
    `size` is the most rows of an answer, 0: all of them.
    """

    operation: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    rows: str | None = None
    key: str = ""
    having: Mapping[str, Any] = field(default_factory=dict)
    size: int = 0
    missing: tuple[int, ...] = (404, 410)


@dataclass(frozen=True, slots=True)
class FactCheck:
    """How a fact is checked; one that is needed in several tenants has a check for each.

    The first clear answer of `reads` counts; without any, nobody can check it. `needed_by` are the batch
    operations that rely on it, () for every call. `parts` separates several records in one text. `made_up`:
    it names no existing record (a prefix of keys). `replaceable`: records only refer to it and nothing
    changes it, so another row of a list may take its place.
    """

    fact: str
    reads: tuple[FactRead, ...] = ()
    needed_by: tuple[str, ...] = ()
    tenant: int = 0
    parts: str = ""
    made_up: bool = False
    replaceable: bool = False


Paging: TypeAlias = Literal["page", "offset", "cursor", "link", "none", ""]
"""By the number of a page, the number of rows before it, a cursor, or a link to the next page only.

"none": all rows come at once; "": as the spec and the answer show.
"""

Counted: TypeAlias = Literal["all", "page", "pages", "number", "size", "either"]
"""All rows, the rows of this page, the number of pages, of this page, rows asked for; all or this page's."""

Link: TypeAlias = Literal["next", "prev", "first", "last", "self"]

Selects: TypeAlias = Literal["equal", "like", "not-equal", "at-least", "at-most"]
"""What a filter selects: "like" shows the rows with the value, and may show those whose text holds it.

"at-least" and "at-most" compare numbers, dates and times.
"""


@dataclass(frozen=True, slots=True)
class ListFilter:
    """A filter: with it, the list shows exactly the rows whose member fits the value.

    `member` is a pointer in a row; `text` is the parameter's text, with `{value}`; `escapes` replaces parts
    of the value. `unknown` is a value of no row, "" if none can be asked for. `separator` stands between two
    values, "" if one at most can be asked for.
    """

    parameter: str
    member: str
    text: str = "{value}"
    selects: Selects = "equal"
    unknown: str = ""
    escapes: Mapping[str, str] = field(default_factory=dict)
    separator: str = ""


@dataclass(frozen=True, slots=True)
class ListOrder:
    """An order that can be asked for by `parameter=text`; `member` is a pointer in a row."""

    parameter: str
    text: str
    member: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class ListProfile:
    """A list operation; what is left out is inferred from the spec (names, schema) and from the answer.

    `query` goes with every call, None: the batch's own listing; `{name}` in it stands for a fact. `position`
    and `size` are the parameters for the page and its rows, `first` is the first page's number, `largest` the
    most rows of a page, `usual` those without a size (0: not stated). `rows` is a pointer to the rows,
    `identity` one to the identity of a row in it. `cursor` is the place of the next cursor.
    """

    operation: str
    query: Mapping[str, str] | None = None
    paging: Paging = ""
    position: str = ""
    size: str = ""
    first: int | None = None
    largest: int = 0
    usual: int = 0
    rows: str | None = None
    identity: str = ""
    cursor: str = ""
    counts: Mapping[Counted, str] = field(default_factory=dict)
    links: Mapping[Link, str] = field(default_factory=dict)
    filters: tuple[ListFilter, ...] = ()
    orders: tuple[ListOrder, ...] = ()
    ends_empty: bool = False
    """Whether a last page that is not full may lead to one without rows."""
