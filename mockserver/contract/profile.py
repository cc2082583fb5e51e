"""Profile of a vendor for the contract suite. It uses no code of the server.

It is `profile.yaml` in a vendor's package; without this file, batch profiles are inferred from `x-batch`.

A *place* is the position of a value in an answer: a JSON Pointer ("/pagination/cursor") in the body, the name
of a header ("x-total-count"), or a header and a pointer into its JSON ("x-pagination#/TotalCount"). "" means
that the answer does not have the value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from msgspec import Struct, field
from msgspec.structs import replace

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.profile_reads import FactCheck, ListProfile
from mockserver.model import Json, Path, Value, value_at, with_value_at

PER_ITEM_REASON = "the envelope is good, so every item is answered for itself"
UNREADABLE = (ValueError, LookupError, TypeError, ArithmeticError, AttributeError)
"""Errors that a profile's functions may raise at an answer of an unexpected form."""


class Tolerance(Value, frozen=True):
    """A keyword of a schema that an item may violate, and why."""

    keyword: str
    """A keyword of JSON Schema (`uniqueItems` is about the keys in a batch), or `content-type` for a media
    type outside the spec."""
    reason: str
    member: str = ""
    """The member that may violate the keyword, "" for every member."""
    passes: bool = True
    """Whether the vendor may accept the item. If not, the vendor rejects only the item, even if
    `x-batch.fatal` says that the keyword refuses the call."""
    media_type: str = "*"
    """The media type of the body, or a pattern such as `*/xml`."""


class ExpectedStatuses(Value, frozen=True):
    """Expected statuses for valid and for invalid requests of an operation, and the reason."""

    reason: str
    valid: tuple[str, ...] = ("2xx",)
    invalid: tuple[str, ...] = ("4xx",)


class SkippedCheck(Value, frozen=True):
    """Schemathesis check to skip, by name. If `header` is set, skip it only for cases without this header."""

    check: str
    reason: str
    header: str = ""


class FixturePins(Value, frozen=True):
    """Values with which generated calls find existing records, and unusual expectations, with reasons.

    `headers`, `query`, `path` and `body` have values by the names of members. If a case is bad on purpose in
    one of these places, the values for this place are not used.
    """

    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    path: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Parameters by operation. A fuzzed call without a body does not use them. In a profile file, a key of
    `known`, `bodies` or `expected_statuses` may name several operations, such as `a, b`."""
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
    """For each schema, by name: the members that are removed from it before cases are generated."""
    accepts: tuple[tuple[str, str], ...] = ()
    """Operations to run once more, each paired with the media type that is then sent as `Accept`."""
    walk_exclusions: tuple[tuple[str, ...], ...] = ((),)
    """For each series of walks along links, the operations that it leaves out."""
    empty_responses: tuple[str, ...] = ()
    """Responses, by name in the spec's components, that have a body only with certain assumptions."""
    answer_types: tuple[str, ...] = ()
    """Media types that answers may have, whatever `Accept` the request has."""

    def with_texts(self, texts: Mapping[str, str]) -> FixturePins:
        """Return the pins with each value that is a key of `texts` replaced with the key's value."""
        if all(old == new for old, new in texts.items()):
            return self
        names = ("headers", "query", "path", "body", "known", "bodies", "walking")
        return replace(self, **{name: _with_texts(getattr(self, name), texts) for name in names})


def _with_texts(pinned: Any, texts: Mapping[str, str]) -> Any:
    if isinstance(pinned, Mapping):
        return {name: _with_texts(value, texts) for name, value in pinned.items()}
    return texts.get(pinned, pinned) if isinstance(pinned, str) else pinned


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
"""How the value that is read differs from the value that was sent."""


class ValueChange(Value, frozen=True):
    """A change of values that the vendor makes by design."""

    member: str
    """The member as it is sent ("LineItems.UnitAmount"), or several ("Date, DueDate"); "" for all members."""
    what: LossKind
    reason: str
    source: str
    """The vendor's document, or the assumption, that states the change."""
    places: int = 0
    """Remaining decimals of a number ("rounded", "cut off") or of the seconds ("fraction lost")."""
    warns: bool = False
    """Whether the outcome of the item has a warning about the change."""


class ValueRules(Value, frozen=True):
    """What happens to values of an item between request and read: names, decimals, changes by design."""

    at: str = ""
    """The pointer in an item to the object with the members."""
    schema: str = ""
    """The name, in the components, of the schema of the object at `at`; "" for the schema of the item."""
    shown_as: Mapping[str, str] = field(default_factory=dict)
    """Names of members in answers by their names in requests, if the two differ."""
    left_alone: tuple[str, ...] = ()
    """Members that are not tried out: they have a meaning beyond their value (keys, references, state), or
    the vendor computes them. The name of an object stands for all its members."""
    decimals: Mapping[str, int] = field(default_factory=dict)
    """Number of decimals of an amount in a read, by the member's name in requests."""
    changes: tuple[ValueChange, ...] = ()


AS_SENT = ValueRules()
"""Values are read as they were sent, under the names under which they were sent."""


Facts: TypeAlias = Mapping[str, str]
"""Facts that good items rely on at the target (a payee, a debtor, a tenant), by name."""

Record: TypeAlias = Mapping[str, str | Decimal | None]
"""Compared members of a stored record; amounts are decimals, so that 1.0 equals 1.00."""


class DrawnValues(Value, frozen=True):
    """Drawn values of an item: `number` is unique, `amount` has at most two decimals."""

    number: int
    amount: Decimal


class BatchItem(Value, frozen=True):
    """An item as it was sent."""

    place: int
    """Place in the batch, from 0."""
    key: str | None
    """None if the key is missing or unreadable."""
    document: Json


class ReportedOutcome(Value, frozen=True):
    """The outcome that a response reports for one item. Fields that the response lacks are None or ""."""

    place: int | None
    """The place of the item, or None if the response reports an item that was not sent."""
    accepted: bool
    key: str | None = None
    made: Literal["created", "updated", "unchanged", ""] = ""
    status: int | None = None
    message: str = ""
    amount: Decimal | None = None
    at: str = ""
    """The pointer to the outcome in the response."""
    is_skipped: bool = False
    """Whether the response says that other items keep the item from being stored."""


class ReportedOutcomes(Value, frozen=True):
    """The outcomes of all items in a response."""

    outcomes: tuple[ReportedOutcome, ...]
    count: int | None = None
    """The reported number of accepted items, None if the response has no count."""
    is_complete: bool = True
    """Whether there is one outcome for each item, in item order. If not, all items without an outcome were
    accepted."""
    contradiction: str = ""
    """How the response contradicts its outcomes, as the end of a sentence; "" if it does not."""


OutcomeReader: TypeAlias = Callable[[Exchange, Sequence[BatchItem]], ReportedOutcomes | None]
"""Returns the outcomes in a response, or None if the response refuses the whole call.

Raises ValueError with a sentence if the response has a form in which no outcomes can be read.
"""


Position: TypeAlias = Literal["taken", "alone", "call"]
"""What a server does with a doubtful item: accept it, reject only the item, or refuse the whole call."""

Twice: TypeAlias = Literal["each", "last", "first", "kept", "none", "call", ""]
"""What a server does with items of one key in a batch.

"each": every item is applied in order, so later items update; "last": only the last item has an effect, and
every item has its outcome; "first": the first item is applied, later items are rejected; "kept": the first
item is applied, later items are accepted without effect; "none": all items are rejected; "call": the whole
call is refused; "": unknown, so batches with a key twice are never sent.
"""


class Assumption(
    Struct, frozen=True, forbid_unknown_fields=True, rename={"name": "case", "positions": "may-be"}
):
    """A case that no document of the vendor decides. `rename` has the fields' names in a profile file."""

    name: str
    """The case ("a text that is too long")."""
    positions: tuple[Position, ...]
    """Possible reactions, this mock's reaction first. A server must always react in the same way."""


class Corruption(Value, frozen=True):
    """A way to spoil a good item."""

    name: str
    """Completes the sentence "an item with …" ("an unknown payee")."""
    change: Callable[[Json], Json]
    refuses_call: bool = False
    """Whether the vendor refuses the whole call because of the item (the vendor's body reader fails)."""
    assumption: Assumption | None = None
    """The open case, None if the vendor's documents say what happens."""

    def within(self, inside: Path) -> Corruption:
        """Return the way to spoil an item that has a good item at a path."""
        return replace(
            self, change=lambda sent: with_value_at(sent, inside, self.change(value_at(sent, inside)))
        )


class RefusedStep:
    """Type of `REFUSED_STEP`, which marks a step that the vendor must refuse."""


REFUSED_STEP = RefusedStep()


def after_change(
    new: Callable[[DrawnValues], Record], may: Callable[[Record], bool] = bool
) -> Callable[[Record | None, DrawnValues], Record | RefusedStep]:
    """Return a function for `Step.after`. The step sets the members that `new` returns.

    The step must be refused if there is no record, or if `may` returns False for the record.
    """
    return lambda before, drawn: {**before, **new(drawn)} if before and may(before) else REFUSED_STEP


def after_deletion(before: Record | None, _drawn: DrawnValues) -> RefusedStep | None:
    return None if before else REFUSED_STEP


def always_refused(_before: Record | None, _drawn: DrawnValues) -> RefusedStep:
    return REFUSED_STEP


class Step(Value, frozen=True):
    """An action on a record besides the batch: change, pay or delete the record."""

    name: str
    """Completes the sentence "then …" ("change it", "pay half of it")."""
    request: Callable[[str, DrawnValues, int], Request]
    """Returns the call, given key, drawn values and tenant."""
    after: Callable[[Record | None, DrawnValues], Record | RefusedStep | None]
    """Returns the record after the step, given the record before the step (None if there is none).

    The result is None if the step deletes the record, and REFUSED_STEP if the call must be refused and must
    change nothing.
    """
    then: Callable[[Exchange, str, DrawnValues, int], Request] | None = None
    """If the vendor assigns ids, `request` is only a GET that finds the record, and `then` returns the call
    of the step, given the answer to the GET (whatever it found), key, drawn values and tenant."""
    may_be_refused: bool = False
    """Whether the vendor may refuse the step for any record. A refused step changes nothing."""


RecordAfter: TypeAlias = Callable[[Record | None, str, DrawnValues], Record | RefusedStep]
"""Returns the record after a good item, given the record before the item (or None), key and drawn values."""


class UpdatePosition(Value, frozen=True):
    """Possible effect of an item on an existing record; `record_after` and `steps` replace the profile's."""

    what: str
    """The effect in words."""
    record_after: RecordAfter | None
    steps: tuple[Step, ...]


class BatchProfile(Value, frozen=True):
    """A batch operation as sequences use it. Its requests have no credentials; the first tenant is 0."""

    operation: str
    key: Callable[[int], str]
    """Returns the nth key of a run, as outcomes report it.

    If `creates` is false, the keys are those of records that exist, and may repeat.
    """
    item: Callable[[str, DrawnValues], Json]
    """Returns a good item with this key."""
    record: Callable[[str, DrawnValues], Record]
    """Returns the record that is read after a good item was accepted."""
    call: Callable[[Sequence[Json], int], Request]
    """Returns the request with these items, as JSON, in a tenant."""
    read: Callable[[str, int], Request]
    shown: Callable[[str, Exchange], Record | None]
    """Returns the record of the key in a response to `read`, or None if there is no such record."""
    prepare: Callable[[str, int], tuple[Request, ...]] | None = None
    """Returns the requests that a key needs first (an invoice that is to be paid), given key and tenant.
    They are sent once in a scope, before the first item or step of the key. Each must be answered 2xx."""
    record_after: RecordAfter | None = None
    """Returns the record after a good item, given the record before the item; REFUSED_STEP if the item must
    be rejected because of that record (a paid invoice cannot change). None means always `record`."""
    corruptions: tuple[Corruption, ...] = ()
    listing: Callable[[int], Request] | None = None
    listed: Callable[[Exchange], Mapping[str, Record]] | None = None
    """Returns the records in a response to `listing`, by key."""
    steps: tuple[Step, ...] = ()
    reader: OutcomeReader | None = None
    """Reads the outcomes in a response, or None to read what `x-batch.outcome` declares."""
    amount: Callable[[Json], Decimal] | None = None
    """Returns the amount that the outcome of a good item must show, if the response shows amounts."""
    tenants: int = 1
    creates: bool = True
    twice: Twice = ""
    """What this mock does with a key that is repeated in a batch."""
    twice_positions: tuple[Twice, ...] = ()
    """What other servers may do with a repeated key; empty if the vendor's documents decide."""
    oddities: tuple[Corruption, ...] = ()
    """Ways to write an item whose outcome only an assumption decides. Sequences never use these ways."""
    updates: tuple[UpdatePosition, ...] = ()
    """Possible effects on an existing record, this mock's effect first; empty if the documents decide."""
    assumed_encodings: frozenset[str] = frozenset()
    """Media types of `encodings` that the vendor reads only according to an assumption."""
    key_header: str = ""
    """The header with the idempotency key, "" if there is none."""
    again: Literal["same", "refused", ""] = ""
    """The answer to a second call with a used key: the first answer, or a refusal; "" if unknown."""
    replay_status: int = 0
    """The status of a refused second call."""
    conflict_status: int = 0
    """The status of a call with a used key and another body."""
    encodings: Mapping[str, Callable[[Sequence[Json]], bytes]] = field(default_factory=dict)
    """Writers of the body in media types other than JSON."""
    max_items: int | None = None
    """Maximum number of items of a batch, if the vendor states one and the spec has no `maxItems`."""
    version: str = "etag"
    """The place of a record's version in a response to `read`. The version changes with each change."""
    values: ValueRules = AS_SENT
    is_switched: bool = False
    """Whether `call` sends the value with which a call chooses another atomicity than the usual one."""


class IdempotencyRule(Value, frozen=True):
    """Where the vendor expects an idempotency key, and how it answers a second call with a used key."""

    name: str
    """The name of a header, or of a member."""
    place: Literal["header", "member"] = "header"
    """With "member" the key is a member of the body's root (a transaction id)."""
    again: Literal["same", "refused", ""] = ""
    """Whether a repeated call gets the first answer or is refused. "": no document says it, so the repeated
    call is only required to change nothing."""
    replay_status: int = 0
    """The status of a refused repeated call, 0 for every refusal."""
    conflict_status: int = 0
    """The status of a call with a used key and another body, 0 for every refusal."""
    exempt: Mapping[str, str] = field(default_factory=dict)
    """Operations to which the rule does not apply, each with the reason."""
    no_key_with: tuple[str, ...] = ()
    """Headers with which a call does not use up its key."""
    errors: bool = False
    """Whether a repeated call gets a first refusal again, even if the server would now accept the call."""


Situation: TypeAlias = Literal[
    "no credentials",
    "unknown credentials",
    "no right",
    "unknown record",
    "wrong method",
    "media type",
    "accept",
]
"""Reason for a refusal. "no right" means known credentials that may not call the operation."""


class RefusalRule(Value, frozen=True):
    """Unusual statuses of a vendor in a situation, and why."""

    situation: Situation
    statuses: tuple[int, ...]
    reason: str
    operations: tuple[str, ...] = ()
    """Operations to which the rule applies, () for all."""
    header: str = ""
    """The header with the credentials to which the rule applies, "" for all credentials."""


class LimitedCredentials(Value, frozen=True):
    """Credentials of the fixtures, by security scheme, that may not call `operations`."""

    given: Mapping[str, Mapping[str, str]]
    operations: tuple[str, ...]


class OpenCase(Value, frozen=True):
    """A case that the vendor's documents leave open and the suite does not try out.

    For servers other than mock servers, the case is added to the profile, so that either behaviour passes.
    """

    name: str
    tolerances: Mapping[str, tuple[Tolerance, ...]] = field(default_factory=dict)
    expected_statuses: Mapping[str, ExpectedStatuses] = field(default_factory=dict)
    refusals: tuple[RefusalRule, ...] = ()
    answer_types: tuple[str, ...] = ()
    values: tuple[ValueChange, ...] = ()
    lists_end_empty: bool = False
    """Whether the last page with rows may refer to a next page without rows."""


class Profile(Value, frozen=True):
    """A vendor's profile."""

    facts: Facts = field(default_factory=dict)
    credentials: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Credentials of the fixtures, by security scheme: {"bearer": …}, {"api_key": …} or
    {"username": …, "password": …}. They are sent only to mock servers."""
    headers: Callable[[Facts, int], Mapping[str, str]] = lambda _facts, _tenant: {}
    """Returns the headers of every call in a tenant."""
    batches: Callable[[Facts], tuple[BatchProfile, ...]] = lambda _facts: ()
    pins: FixturePins = field(default_factory=FixturePins)
    tolerances: Mapping[str, tuple[Tolerance, ...]] = field(default_factory=dict)
    """Tolerances by operation; the key "" applies to all operations."""
    readers: Mapping[str, OutcomeReader] = field(default_factory=dict)
    """Readers by batch operation, if `x-batch.outcome` cannot describe the outcomes. An operation may have a
    reader, but no batch profile."""
    idempotency: IdempotencyRule | None = None
    """The vendor's rule, or None to take the spec's, see `mockserver.contract.isolation.rule_of`."""
    refusals: tuple[RefusalRule, ...] = ()
    limited: tuple[LimitedCredentials, ...] = ()
    message_exceptions: tuple[str, ...] = ()
    """Regular expressions of messages that checks accept although the messages seem to be wrong."""
    fact_checks: tuple[FactCheck, ...] = ()
    """How to find the facts at a target before a run. A fact without a check is not checked."""
    lists: tuple[ListProfile, ...] = ()
    """Lists of which the spec does not say how they are paged, counted and filtered."""
    open_cases: tuple[OpenCase, ...] = ()
    no_positions: Mapping[str, str] = field(default_factory=dict)
    """Assumptions of this mock that no correct server shares, by name, each with the reason."""
