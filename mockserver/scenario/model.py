"""Scenarios, rules and effects as frozen values, and the decision on one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from msgspec import field

from mockserver.model import EMPTY, Call, Document, Fault, Item, Json, Value

EVERYTHING: tuple[str, ...] = ()
"""The path of the document itself."""


class Predicate(Value, frozen=True):
    """A test of the value at `path` (steps: a member's name, or a place in a list).

    `test` is one of equals, contains, matches, exists, gt, lt and in; `value` is its operand.
    """

    path: tuple[str | int, ...]
    test: str
    value: Json


class RuleMatch(Value, frozen=True):
    """The calls of a rule; None, "" or empty matches all. Header names are lower case.

    `nth` counts the calls that all else matches, from 1.
    """

    vendor: str = ""
    operation: str = ""
    writes: bool | None = None
    headers: Mapping[str, str] = EMPTY
    query: Mapping[str, str] = EMPTY
    body: Predicate | None = None
    item: Predicate | None = None
    nth: int | None = None


class ItemSelector(Value, frozen=True):
    """The items of an effect; exactly one member is set. `sample` is the chance of each.

    `first_index` is the item at that place of the first call with so many items.
    """

    all: bool = False
    index: int | None = None
    first_index: int | None = field(default=None, name="firstIndex")
    key: str | None = None
    where: Predicate | None = None
    sample: float | None = None


class Effect(Value, frozen=True):
    """Effect on an item and on its outcome in the answer.

    `fail` for the first `fail_times` attempts, or always; `hang_ms` delays the answer and fails the item with
    a timeout. `commit` decides whether the item takes effect, None: as its outcome says, and yes for an
    omitted outcome.
    """

    fail: Fault | None = None
    fail_times: int | None = field(default=None, name="failTimes")
    warn: Fault | None = None
    hang_ms: int | None = field(default=None, name="hang")
    omit: bool = False
    duplicate: int = 0
    commit: bool | None = None


class ItemEffect(Value, frozen=True):
    select: ItemSelector
    effect: Effect


class RuleTimes(Value, frozen=True):
    """Of matching calls, the rule skips the first `after`, then takes `count`; None means all."""

    after: int = 0
    count: int | None = None


class Commit(Value, frozen=True):
    """Items that take effect: all (`first` None), or the first `first`; 0 means none."""

    first: int | None = None


class SchemaDrift(Value, frozen=True):
    """A change of an answer's schema at `path`: add, rename, widen, null, value or reword.

    A step "*" is every element or member; `to` is the new name, value or text.
    """

    path: tuple[str | int, ...]
    change: str
    to: Json = None


class EnvelopeEffect(Value, frozen=True):
    """Effect around the items; `order` is reverse, shuffle or rotate."""

    order: str = ""
    count_add: int = field(default=0, name="countAdd")
    phantom: int = 0
    empty_map_as_array: bool = field(default=False, name="emptyMapAsArray")
    content_type: str = field(default="", name="contentType")
    drift: tuple[SchemaDrift, ...] = ()


class Delay(Value, frozen=True):
    """A time in milliseconds: fixed `value`, uniform from `lower` to `upper`, or lognormal.

    No more than `longest`, where that is set.
    """

    type: str
    value: int = 0
    lower: int = 0
    upper: int = 0
    median: int = 0
    sigma: float = 0.0
    longest: int | None = field(default=None, name="max")


class Dribble(Value, frozen=True):
    """The body in so many chunks over so many milliseconds."""

    chunks: int = field(name="numberOfChunks")
    total_ms: int = field(name="totalDuration")


class ResponseBody(Value, frozen=True):
    """A literal body."""

    text: str
    media_type: str = field(name="mediaType")


class ResponseEffect(Value, frozen=True):
    """Effect on the whole answer and its delivery; `fault` is one of the transport's."""

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
    """At most `limit` calls in a window of `window_ms`; rules with the same name share it."""

    limit: int
    window_ms: int = field(name="windowMillis")
    name: str = ""
    status: int = 429


class Rule(Value, frozen=True):
    """A rule: calls, times and effects. `requires` and `transitions` are states by name.

    `advance_clock` is in seconds, 0 for none.
    """

    id: str
    priority: int = 1
    match: RuleMatch = RuleMatch()
    probability: float | None = None
    times: RuleTimes = RuleTimes()
    requires: Mapping[str, str] = field(default=EMPTY, name="requiresState")
    transitions: Mapping[str, str] = field(default=EMPTY, name="transitionsState")
    advance_clock: int = field(default=0, name="advanceClock")
    commit: Commit = Commit()
    items: tuple[ItemEffect, ...] = ()
    envelope: EnvelopeEffect | None = None
    response: ResponseEffect | None = None
    quota: RuleQuota | None = None


class Scenario(Value, frozen=True):
    """A named list of rules; `document` is its source, `seed` None the sandbox's.

    `tests` is the number of its predicates; a pattern counts once for each of its pieces.
    """

    name: str
    rules: tuple[Rule, ...]
    description: str = ""
    seed: int | None = None
    document: Document = EMPTY
    tests: int = 0


COMMIT_ALL = Commit()


class Decision(Value, frozen=True):
    """The decision on one call: the applied rules, and their effects.

    `applied` are the rules, `scenario/rule` each; `effects` stand by the item's index, their failures already
    counted, and `effect_rules` name the rule of each. `wait_s` are the seconds until a quota lets calls in
    again, None if no quota refuses the call; `quota_status` is the status of that refusal. `delay_ms` is
    drawn, `retry_after` the header's text. `shuffle_seed` determines the order of shuffled outcomes.
    """

    applied: tuple[str, ...] = ()
    commit: Commit = COMMIT_ALL
    effects: Mapping[int, Effect] = {}
    effect_rules: Mapping[int, str] = {}
    envelope: EnvelopeEffect | None = None
    response: ResponseEffect | None = None
    wait_s: int | None = None
    quota_status: int = 429
    delay_ms: float = 0
    retry_after: str = ""
    shuffle_seed: str = ""


NO_EFFECTS = Decision()
"""No rule hits."""


class Candidate(Value, frozen=True):
    """A rule that matches the head of the request, and its scenario; `seed` None means the sandbox's."""

    scenario: str
    rule: Rule
    seed: int | None = None

    @property
    def name(self) -> str:
        return f"{self.scenario}/{self.rule.id}"

    @property
    def quota(self) -> str:
        named = self.rule.quota.name if self.rule.quota is not None else ""
        return f"{self.scenario}/quota:{named or self.rule.id}"


@dataclass(frozen=True)
class CallContext:
    """The content of a call and its tenant; if `is_unreadable`, only its head is known."""

    call: Call
    document: Json = None
    items: tuple[Item, ...] = ()
    tenant: str = ""
    is_unreadable: bool = False

    @cached_property
    def identity(self) -> str:
        """Equal for equal requests, independent of earlier ones."""
        call = self.call
        head = f"{call.vendor} {call.method} {call.path}?{call.query}\n".encode("utf-8", "surrogateescape")
        return blake2b(head + call.body, digest_size=12).hexdigest()
