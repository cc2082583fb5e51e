"""Scenarios, rules and effects as frozen values, and the decision on one call."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from hashlib import blake2b

from msgspec import field

from mockserver.model import EMPTY, Call, Document, Fault, Item, Json, Value


class Predicate(Value, frozen=True):
    """A test of the value at `path`, whose steps are names of members or indexes of lists."""

    path: tuple[str | int, ...]
    test: str
    """One of equals, contains, matches, exists, gt, lt and in."""
    value: Json
    """The operand of the test."""


class RuleMatch(Value, frozen=True):
    """Conditions on the calls of a rule. A field that is None, "" or empty matches every call."""

    vendor: str = ""
    operation: str = ""
    writes: bool | None = None
    headers: Mapping[str, str] = EMPTY
    """Values that headers must have, by name in lower case."""
    query: Mapping[str, str] = EMPTY
    body: Predicate | None = None
    item: Predicate | None = None
    nth: int | None = None
    """Number of the one call that matches, counted from 1 among the calls that match all other fields."""


class ItemSelector(Value, frozen=True):
    """The items of an effect; exactly one field is set."""

    all: bool = False
    index: int | None = None
    first_index: int | None = field(default=None, name="firstIndex")
    """Selects the same item in every call: the item at this index in the first call that has enough items."""
    key: str | None = None
    where: Predicate | None = None
    sample: float | None = None
    """Chance of each item to be selected."""


class CallbackEffect(Value, frozen=True):
    """Effect on the callbacks and webhooks that an item causes."""

    lost: bool = False
    duplicate: int = 0
    """How many times more each is sent."""
    late: int = 0
    """Seconds by which the first attempt is late."""
    out_of_order: bool = field(default=False, name="outOfOrder")
    """Whether they are sent after the others of the call, the last one first."""
    wrong_signature: bool = field(default=False, name="wrongSignature")
    early: bool = False
    """Whether they are sent before the call is answered."""


class Effect(Value, frozen=True):
    """Effect on an item and on its outcome in the answer."""

    fail: Fault | None = None
    fail_times: int | None = field(default=None, name="failTimes")
    """Number of attempts that fail; None if all fail."""
    warn: Fault | None = None
    hang_ms: int | None = field(default=None, name="hang")
    """Milliseconds by which the answer is delayed; the item then fails with a timeout."""
    omit: bool = False
    duplicate: int = 0
    commit: bool | None = None
    """Whether the item is stored. None stores the item unless it fails."""
    callback: CallbackEffect | None = None


class ItemEffect(Value, frozen=True):
    select: ItemSelector
    effect: Effect


class RuleTimes(Value, frozen=True):
    """Which of the matching calls the rule takes."""

    after: int = 0
    """Number of calls that the rule skips first."""
    count: int | None = None
    """Number of calls that the rule takes after the skipped calls; None if it takes all."""


class Commit(Value, frozen=True):
    """The items that are stored."""

    first: int | None = None
    """Number of items that are stored, counted from the first; None if all are stored."""


class SchemaDrift(Value, frozen=True):
    """A change of an answer's schema."""

    path: tuple[str | int, ...]
    """Path in the body to what is changed; steps may be `WILDCARD`."""
    change: str
    """One of add, rename, widen, null, value and reword."""
    to: Json = None
    """The new name, value or text."""


class EnvelopeEffect(Value, frozen=True):
    """Effect on the answer around the items."""

    order: str = ""
    """One of reverse, shuffle and rotate; "" changes nothing."""
    count_add: int = field(default=0, name="countAdd")
    """Number that is added to the answer's count of items."""
    phantom: int = 0
    """Number of outcomes of items that were never sent."""
    empty_map_as_array: bool = field(default=False, name="emptyMapAsArray")
    content_type: str = field(default="", name="contentType")
    drift: tuple[SchemaDrift, ...] = ()


class Delay(Value, frozen=True):
    """Delay of an answer, in milliseconds."""

    type: str
    """One of fixed (`value`), uniform (from `lower` to `upper`) and lognormal (`median` and `sigma`)."""
    value: int = 0
    lower: int = 0
    upper: int = 0
    median: int = 0
    sigma: float = 0.0
    longest: int | None = field(default=None, name="max")
    """Maximum delay; None means ten minutes."""


class Dribble(Value, frozen=True):
    """Slow sending of the body, in `chunks` pieces over `total_ms` milliseconds."""

    chunks: int = field(name="numberOfChunks")
    total_ms: int = field(name="totalDuration")


class ResponseBody(Value, frozen=True):
    """A literal body."""

    text: str
    media_type: str = field(name="mediaType")


class ResponseEffect(Value, frozen=True):
    """Effect on the whole answer and its delivery; `fault` is a fault of the transport."""

    status: int | None = None
    headers: Mapping[str, str] = EMPTY
    body: ResponseBody | None = None
    example: str = ""
    retry_after: int | str | None = field(default=None, name="retryAfter")
    delay: Delay | None = None
    dribble: Dribble | None = None
    truncate_at: float | None = field(default=None, name="truncateBodyAtFraction")
    fault: str = ""


class RuleQuota(Value, frozen=True):
    """At most `limit` calls in each window of `window_ms`."""

    limit: int
    window_ms: int = field(name="windowMillis")
    name: str = ""
    """Name of a quota that several rules of a scenario share; "" means that the rule has its own quota."""
    status: int = 429


class Rule(Value, frozen=True):
    """The calls that a rule takes, and its effects on them."""

    id: str
    priority: int = 1
    match: RuleMatch = RuleMatch()
    probability: float | None = None
    times: RuleTimes = RuleTimes()
    requires: Mapping[str, str] = field(default=EMPTY, name="requiresState")
    """Values that states must have, by the name of the state."""
    transitions: Mapping[str, str] = field(default=EMPTY, name="transitionsState")
    """Values that states get, by the name of the state."""
    advance_clock: int = field(default=0, name="advanceClock")
    """Seconds by which the sandbox's clock is advanced."""
    commit: Commit = Commit()
    items: tuple[ItemEffect, ...] = ()
    envelope: EnvelopeEffect | None = None
    response: ResponseEffect | None = None
    quota: RuleQuota | None = None


class Scenario(Value, frozen=True):
    """A named list of rules."""

    name: str
    rules: tuple[Rule, ...]
    description: str = ""
    seed: int | None = None
    """Seed of random draws; None means the seed of the sandbox."""
    document: Document = EMPTY
    """The document that the scenario was read from."""
    tests: int = 0
    """Number of predicates; a pattern counts once for each of its pieces."""


WILDCARD = "*"
"""Step of a path that stands for every element of a list or every member of an object."""

COMMIT_ALL = Commit()
INITIAL_STATE = "Started"
"""Value of a state that no rule has set yet, as in WireMock."""


class Decision(Value, frozen=True):
    """The decision on one call: the applied rules, and their effects."""

    applied: tuple[str, ...] = ()
    """The applied rules, as `scenario/rule`."""
    commit: Commit = COMMIT_ALL
    effects: Mapping[int, Effect] = {}
    """Effects by the item's index; `fail` is already None after `fail_times` failed attempts."""
    effect_rules: Mapping[int, str] = {}
    """The rule of each effect, by the item's index."""
    envelope: EnvelopeEffect | None = None
    response: ResponseEffect | None = None
    wait_s: int | None = None
    """Seconds until a quota admits calls again; None if no quota refuses the call."""
    quota_status: int = 429
    """Status of the refusal by a quota."""
    delay_ms: float = 0
    """Drawn delay of the answer, plus the longest hang of an item."""
    retry_after: str = ""
    """Text of the header `Retry-After`."""
    shuffle_seed: str = ""
    """Text that determines the order of shuffled outcomes."""


NO_EFFECTS = Decision()
"""The decision if no rule is applied."""


class Candidate(Value, frozen=True):
    """A rule that matches the head of the request."""

    scenario: str
    rule: Rule
    seed: int | None = None
    """Seed of random draws; None means the seed of the sandbox."""

    @property
    def name(self) -> str:
        return f"{self.scenario}/{self.rule.id}"

    @property
    def quota(self) -> str:
        named = self.rule.quota.name if self.rule.quota is not None else ""
        return f"{self.scenario}/quota:{named or self.rule.id}"


class CallContext(Value, frozen=True, dict=True, weakref=True):
    """The content of a call and its tenant. If the call `is_unreadable`, only its head is known."""

    call: Call
    document: Json = None
    items: tuple[Item, ...] = ()
    tenant: str = ""
    is_unreadable: bool = False

    @cached_property
    def identity(self) -> str:
        """Hash of vendor, method, path, query and body.

        The hash seeds the chance of a rule, so that equal requests draw equally.
        """
        call = self.call
        head = f"{call.vendor} {call.method} {call.path}?{call.query}\n".encode("utf-8", "surrogateescape")
        return blake2b(head + call.body, digest_size=12).hexdigest()
