"""Input and result of the evaluation: call context, candidate rules, decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b

from mockserver.model import Call, Item, Json, Value
from mockserver.scenario.model import Commit, Effect, EnvelopeEffect, ResponseEffect, Rule

COMMIT_ALL = Commit()


class Decision(Value, frozen=True):
    """The decision on one call: which rules hit, and their effects.

    `applied` are the rules that hit, `scenario/rule` each; `effects` stand by the item's index, their
    failures already counted, and `effect_rules` name the rule of each. `wait_s` are the seconds until a quota
    lets calls in again, None if no quota refuses the call; `quota_status` is the status of that refusal.
    `delay_ms` is drawn, `retry_after` the header's text. `shuffle_seed` determines the order of shuffled
    outcomes.
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
        """`scenario/rule`."""
        return f"{self.scenario}/{self.rule.id}"

    @property
    def quota(self) -> str:
        """Name that the rule's quota is counted under."""
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
        """Identity of the request: equal for equal requests, independent of earlier ones."""
        call = self.call
        head = f"{call.vendor} {call.method} {call.path}?{call.query}\n".encode("utf-8", "surrogateescape")
        return blake2b(head + call.body, digest_size=12).hexdigest()
