"""Profile of a vendor for the contract suite: plain values, no code of the server's.

A vendor package may have a package `profile` with a `PROFILE`. A spec with `x-batch` and no package has one
inferred from the spec alone (`inferred`). Nothing here imports Schemathesis or Hypothesis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

from mockserver.contract.call_profile import ExpectedStatuses, FixturePins, Tolerance
from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.fact_profile import FactCheck
from mockserver.contract.list_profile import ListProfile
from mockserver.contract.value_rules import AS_SENT, ValueChange, ValueRules
from mockserver.model import Json

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

    `place` is the item it stands for, None for one that was never sent; `key` as the answer tells it, None
    where it tells none; `made` says what became of it, "" where the answer leaves it open. `status` is the
    item's own, None where it has none. `at` points at it in the answer.
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
    """The outcomes that a response reports for all items.

    `is_complete`: it has an outcome for every item, in wire order; else it lists the failed items only, and
    all others were done. `count` is the reported number of items done, None if it reports none.
    """

    outcomes: tuple[ReportedOutcome, ...]
    count: int | None = None
    is_complete: bool = True


OutcomeReader: TypeAlias = Callable[[Exchange, Sequence[BatchItem]], ReportedOutcomes | None]
"""Returns the outcomes in a response; None where it refused the call as a whole.

Raises ValueError, with a sentence, where the answer cannot be read as one that has outcomes.
"""

UNREADABLE = (ValueError, LookupError, TypeError, ArithmeticError, AttributeError)
"""Errors of a profile's functions at an answer that is like none before it."""


Position: TypeAlias = Literal["taken", "alone", "call"]
"""What a server does with an item: takes it, rejects it alone, or rejects the whole call for it."""

Twice: TypeAlias = Literal["each", "last", "first", "kept", "none", "call", ""]
"""What a server does with a key twice in a batch, as `BatchProfile.twice` explains."""


@dataclass(frozen=True, slots=True)
class Assumption:
    """A case of which no document of the vendor says what happens.

    `name` is the case ("a text that is too long"), `positions` are what a server may do, ours first. Another
    server may take any of them, but always the same one.
    """

    name: str
    positions: tuple[Position, ...]


@dataclass(frozen=True, slots=True)
class Corruption:
    """A way to make a good item bad; `name` finishes "an item with …" ("an unknown payee").

    `refuses_call`: it makes the vendor refuse the whole call (its body reader fails). `assumption` is the
    case that it is one of, None if the documents say what happens.
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


RecordAfter: TypeAlias = Callable[[Record | None, str, DrawnValues], Record | RefusedStep]
"""Returns a key's record after a good item, given the one before."""


@dataclass(frozen=True, slots=True)
class UpdatePosition:
    """What an item does to a record that is there (`what`, for people), in place of the batch profile's."""

    what: str
    record_after: RecordAfter | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class BatchProfile:
    """A batch operation for the stateful tests. Requests have no credentials; tenants count from 0.

    `twice` says what happens to a key sent twice in a batch: "each" is applied in order (the later one
    updates), "last" wins and is reported for each, "first" is done and the others are rejected, "kept": the
    first is done and the others are accepted without effect, "none": all are rejected, "call": the whole call
    is, "": unknown, never sent. `twice_positions` are what else a server may do, empty where the documents
    say it.
    `again` says how a second call with the same idempotency key (`key_header`) is answered: "same" as the
    first, or "refused" with `replay_status`; the same key with another body must get `conflict_status`.
    `encodings` write the body in media types other than JSON.
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
    values: ValueRules = AS_SENT
    """What becomes of values by design."""


@dataclass(frozen=True, slots=True)
class IdempotencyRule:
    """The vendor's own kind of idempotency key, and how a second call with one is answered.

    `name` is a header, or with `place` "member" a member of the body's root (a transaction id). `again`: a
    replay gets the "same" answer, or is "refused" with `replay_status` (0: any refusal); "" if nobody says,
    so that a replay must only change nothing. Another body must get `conflict_status` (0: any refusal).
    `exempt` are operations that treat the key otherwise, with the reason; `no_key_with` are headers with
    which a call uses up no key.
    """

    name: str
    place: Literal["header", "member"] = "header"
    again: Literal["same", "refused", ""] = ""
    replay_status: int = 0
    conflict_status: int = 0
    exempt: Mapping[str, str] = field(default_factory=dict)
    no_key_with: tuple[str, ...] = ()


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
    """A status with which a vendor refuses something, where it is not the usual one, and why.

    `operations` are those it holds for, () for all; `header` is the one that holds the credentials, "" for
    any.
    """

    situation: Situation
    statuses: tuple[int, ...]
    reason: str
    operations: tuple[str, ...] = ()
    header: str = ""


@dataclass(frozen=True, slots=True)
class LimitedCredentials:
    """Credentials of our fixtures that are known and may not call `operations`; by security scheme."""

    given: Mapping[str, Mapping[str, str]]
    operations: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenCase:
    """A case that the vendor's documents leave open, where other servers may do either; not tried out.

    What it has is added to the profile; `lists_end_empty`: a last page may lead to one without rows.
    """

    name: str
    tolerances: Mapping[str, tuple[Tolerance, ...]] = field(default_factory=dict)
    expected_statuses: Mapping[str, ExpectedStatuses] = field(default_factory=dict)
    refusals: tuple[RefusalRule, ...] = ()
    answer_types: tuple[str, ...] = ()
    values: tuple[ValueChange, ...] = ()
    lists_end_empty: bool = False


def _no_batches(_facts: Facts) -> tuple[BatchProfile, ...]:
    return ()


def _no_headers(_facts: Facts, _tenant: int) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True)
class Profile:
    """A vendor's profile, from its package `profile`.

    `credentials` are those of our fixtures, by security scheme, as {"bearer": …}, {"api_key": …} or
    {"username": …, "password": …}; they are sent to our own servers only. `headers` go with every call, by
    tenant.
    """

    facts: Facts = field(default_factory=dict)
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    headers: Callable[[Facts, int], Mapping[str, str]] = _no_headers
    batches: Callable[[Facts], tuple[BatchProfile, ...]] = _no_batches
    pins: FixturePins = field(default_factory=FixturePins)
    tolerances: Mapping[str, tuple[Tolerance, ...]] = field(default_factory=dict)
    """By operation, "" for all of them."""
    readers: Mapping[str, OutcomeReader] = field(default_factory=dict)
    """By batch operation, where `x-batch.outcome` is not enough; also for operations without a profile."""
    idempotency: IdempotencyRule | None = None
    """None: as the spec says, see `mockserver.contract.idempotency.rule_of`."""
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
