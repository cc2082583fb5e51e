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
from mockserver.contract.profile_reads import FactCheck, ListProfile
from mockserver.model import Json

PER_ITEM_REASON = "the envelope is good, so every item is answered for itself"
UNKNOWN_ID_REASON = "the schema cannot say which ids are there"
UNREADABLE = (ValueError, LookupError, TypeError, ArithmeticError, AttributeError)
"""Errors of a profile's functions at an answer that is like none before it."""


@dataclass(frozen=True, slots=True)
class Tolerance:
    """A keyword of a schema that need not be kept, and why."""

    keyword: str
    """A keyword of JSON Schema (`uniqueItems` is about the keys in a batch), or `content-type` for a media
    type outside the spec."""
    reason: str
    member: str = ""
    """The name of the offending member, "" for any."""
    passes: bool = True
    """Whether the vendor may accept the item; else the item is refused, alone where `x-batch.fatal` would
    refuse the call."""
    media_type: str = "*"
    """The media type of the body, or a pattern such as `*/xml`."""


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
    in just that place.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Parameters by operation: for calls with a body, and for all calls without one but the fuzzed ones."""
    bodies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Members of bodies by operation."""
    walking: Mapping[str, str] = field(default_factory=dict)
    """Headers for walks along links."""
    omitted_headers: tuple[str, ...] = ()
    """Headers that are never sent."""
    codec: str = "utf-8"
    expected_statuses: Mapping[str, ExpectedStatuses] = field(default_factory=dict)
    skipped_checks: tuple[SkippedCheck, ...] = ()
    omitted_members: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Members that cases lack, by schema."""
    accepts: tuple[tuple[str, str], ...] = ()
    """Operations to run once more, each with that media type as Accept."""
    walk_exclusions: tuple[tuple[str, ...], ...] = ((),)
    """Operations outside walks; there is a walk for each entry."""
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
    """A change that the vendor makes by design."""

    member: str
    """The member as it is sent ("LineItems.UnitAmount"), "" for all."""
    what: LossKind
    reason: str
    source: str
    """The vendor's document, or the assumption."""
    places: int = 0
    """Remaining decimals of a number ("rounded", "cut off") or of the seconds ("fraction lost")."""
    warns: bool = False
    """Whether the outcome of the item says so."""


@dataclass(frozen=True, slots=True)
class ValueRules:
    """Names of the members of an item as sent and shown, where they differ."""

    at: str = ""
    """The pointer in an item to the object with the members."""
    schema: str = ""
    """The schema of that object in the components, "" for the item's own."""
    shown_as: Mapping[str, str] = field(default_factory=dict)
    """Names in an answer, by names in a request."""
    left_alone: tuple[str, ...] = ()
    """Members with a meaning beyond their value (keys, references, state) or computed by the vendor; the name
    of an object stands for all its members."""
    decimals: Mapping[str, int] = field(default_factory=dict)
    """Number of decimals of an amount in a read, by member as sent."""
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
    """The outcome that a response reports for one item; None where the response leaves a member out."""

    place: int | None
    """The place of the item, None for an item that was never sent."""
    accepted: bool
    key: str | None = None
    made: Literal["created", "updated", "unchanged", ""] = ""
    status: int | None = None
    message: str = ""
    amount: Decimal | None = None
    at: str = ""
    """The pointer to the outcome in the response."""


@dataclass(frozen=True, slots=True)
class ReportedOutcomes:
    """The outcomes of all items in a response."""

    outcomes: tuple[ReportedOutcome, ...]
    count: int | None = None
    """The reported number of accepted items, None if the response has no count."""
    is_complete: bool = True
    """Whether there is one outcome for each item, in wire order; else only the failed items are listed, and
    all others were done."""
    contradiction: str = ""
    """What the response says of the whole call against its outcomes, as an end of a sentence."""


OutcomeReader: TypeAlias = Callable[[Exchange, Sequence[BatchItem]], ReportedOutcomes | None]
"""Returns the outcomes in a response; None where it refused the call as a whole.

Raises ValueError, with a sentence, where the answer cannot be read as one that has outcomes.
"""


Position: TypeAlias = Literal["taken", "alone", "call"]
"""What a server does with an item: takes it, rejects it alone, or rejects the whole call for it."""

Twice: TypeAlias = Literal["each", "last", "first", "kept", "none", "call", ""]
"""What a server does with a key that is repeated in a batch.

"each" item is applied in order (the later one updates); the "last" wins and is reported for each; the "first"
is done and the others are rejected; "kept": the first is done and the others are accepted without effect;
"none": all are rejected; "call": the whole call is refused; "": unknown, such a batch is never sent.
"""


@dataclass(frozen=True, slots=True)
class Assumption:
    """A case that no document of the vendor decides."""

    name: str
    """The case ("a text that is too long")."""
    positions: tuple[Position, ...]
    """The possible reactions of a server, ours first. Another server may choose any, but always the same."""


@dataclass(frozen=True, slots=True)
class Corruption:
    """A way to spoil a good item."""

    name: str
    """Finishes "an item with …" ("an unknown payee")."""
    change: Callable[[Json], Json]
    refuses_call: bool = False
    """Whether the vendor refuses the whole call (its body reader fails)."""
    assumption: Assumption | None = None
    """The open case of the corruption, None if the documents decide."""


class RefusedStep:
    """Marks a step that the vendor must refuse."""


REFUSED_STEP = RefusedStep()


@dataclass(frozen=True, slots=True)
class Step:
    """Another action on a record: change it, pay it, delete it."""

    name: str
    """Finishes "then …" ("change it", "pay half of it")."""
    request: Callable[[str, DrawnValues, int], Request]
    """Return the call by key, drawn values and tenant."""
    after: Callable[[Record | None, DrawnValues], Record | RefusedStep | None]
    """Return the record after the step, given the one before (None if there is none): None if the step
    deletes it, REFUSED_STEP if the call must be refused and change nothing."""
    then: Callable[[Exchange, str, DrawnValues, int], Request] | None = None
    """For a record with an id of the vendor's own: `request` only looks for the record (a GET), and `then`
    returns the step itself, given the answer, key, drawn values and tenant; also if nothing was found."""
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
    """A batch operation for the sequences. Requests have no credentials; tenants count from 0."""

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
    """The treatment of a key that is repeated in a batch."""
    twice_positions: tuple[Twice, ...] = ()
    """Other possible treatments, empty where the documents decide."""
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
    """The answer to a second call with the same key: the first call's, or a refusal with `replay_status`."""
    replay_status: int = 0
    conflict_status: int = 0
    """The status of a call with the same key and another body."""
    encodings: Mapping[str, Callable[[Sequence[Json]], bytes]] = field(default_factory=dict)
    """Writers of the body in media types other than JSON."""
    max_items: int | None = None
    """How many items a batch may have, where the vendor says so and the spec has no `maxItems`."""
    version: str = "etag"
    """The place of the record's version in a response to `read`: another one after each change."""
    values: ValueRules = AS_SENT
    """What becomes of values by design."""


@dataclass(frozen=True, slots=True)
class IdempotencyRule:
    """The vendor's kind of idempotency key, and the answer to a second call with one."""

    name: str
    """The name of a header, or of a member."""
    place: Literal["header", "member"] = "header"
    """With "member" the key is a member of the body's root (a transaction id)."""
    again: Literal["same", "refused", ""] = ""
    """Whether a replay gets the same answer or is refused; if "", no document says it, and a replay must only
    change nothing."""
    replay_status: int = 0
    """The status of a refused replay, 0 for any refusal."""
    conflict_status: int = 0
    """The status of the same key with another body, 0 for any refusal."""
    exempt: Mapping[str, str] = field(default_factory=dict)
    """Operations with other rules, each with the reason."""
    no_key_with: tuple[str, ...] = ()
    """Headers that make a call use up no key."""
    errors: bool = False
    """Whether a refusal is replayed too, although the call would be good by now."""


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
    """A vendor's unusual status for a kind of refusal, and why."""

    situation: Situation
    statuses: tuple[int, ...]
    reason: str
    operations: tuple[str, ...] = ()
    """() stands for all operations."""
    header: str = ""
    """The header with the credentials, "" for any."""


@dataclass(frozen=True, slots=True)
class LimitedCredentials:
    """Known credentials of our fixtures without a right to `operations`; by security scheme."""

    given: Mapping[str, Mapping[str, str]]
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case that the vendor's documents leave open, where other servers may do either; not tried out.

    The members are added to those of the profile.
    """

    name: str
    tolerances: Mapping[str, tuple[Tolerance, ...]] = field(default_factory=dict)
    expected_statuses: Mapping[str, ExpectedStatuses] = field(default_factory=dict)
    refusals: tuple[RefusalRule, ...] = ()
    answer_types: tuple[str, ...] = ()
    values: tuple[ValueChange, ...] = ()
    lists_end_empty: bool = False
    """Whether a last page may lead to one without rows."""


@dataclass(frozen=True, slots=True)
class Profile:
    """A vendor's profile."""

    facts: Facts = field(default_factory=dict)
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Credentials of our fixtures, by security scheme: {"bearer": …}, {"api_key": …} or
    {"username": …, "password": …}; they are sent to our own servers only."""
    headers: Callable[[Facts, int], Mapping[str, str]] = lambda _facts, _tenant: {}
    """Return the headers of every call of a tenant."""
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
