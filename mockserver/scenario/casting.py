"""Casting: the rules that may hit one call against what it sends and what was counted so far.

Everything that is counted is in the sandbox's own state, so that snapshots, resets and replays cover it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.model import Call, Document, Item, Json, Value
from mockserver.scenario.decision import EVERYTHING, UNBENT, Decision
from mockserver.scenario.fate import draw
from mockserver.scenario.model import Effect, EnvelopeEffect, Quota, ResponseEffect, Rule, Select
from mockserver.scenario.predicates import holds
from mockserver.scenario.records import COUNTERS, STATES
from mockserver.scenario.retry import retry_after
from mockserver.scenario.timing import sampled
from mockserver.store import State

STARTED = "Started"
"""The value of a state that nothing has set yet, as in WireMock."""


class Cue(Value, frozen=True):
    """A rule that the call's head matches, and the scenario that it stands in; `seed` None: the sandbox's."""

    scenario: str
    rule: Rule
    seed: int | None = None

    @property
    def name(self) -> str:
        """`scenario/rule`."""
        return f"{self.scenario}/{self.rule.id}"


@dataclass(frozen=True)
class Scene:
    """What a call sends: `document` and `items` are None and () when it cannot be read."""

    call: Call
    document: Json = None
    items: tuple[Item, ...] = ()

    @cached_property
    def identity(self) -> str:
        """The same for the same request, whatever came before it."""
        call = self.call
        head = f"{call.vendor} {call.method} {call.path}?{call.query}\n".encode("utf-8", "surrogateescape")
        return blake2b(head + call.body, digest_size=12).hexdigest()


@dataclass(slots=True)
class _Cast:
    """What the rules came to so far."""

    state: State
    scene: Scene
    seed: int
    made: Decision = UNBENT
    effects: dict[int, Effect] = field(default_factory=dict)


def cast(scene: Scene, cues: tuple[Cue, ...], state: State) -> Decision:
    """The decision that the cues come to, in their order; counts what it took."""
    seed: int = state.collection("settings")["seed"]["value"]
    so_far = _Cast(state, scene, seed)
    for cue in cues:
        if _is_for(cue.rule, scene) and _hits(cue, so_far):
            _take(cue, so_far)
    if not so_far.made.applied:
        return UNBENT
    hangs = [effect.hang_ms or 0 for effect in so_far.effects.values()]
    delay_ms = so_far.made.delay_ms + max(hangs, default=0)
    return replace(so_far.made, effects=so_far.effects, delay_ms=delay_ms)


def identity_of(item: Item) -> str:
    """What makes an item the same at its next attempt: its key, or all that it says where it has none."""
    return item.key or blake2b(json.encode(item.document), digest_size=12).hexdigest()


def _is_for(rule: Rule, scene: Scene) -> bool:
    body, item = rule.match.body, rule.match.item
    if body is not None and not holds(body, scene.document):
        return False
    if item is not None and not any(holds(item, one.document) for one in scene.items):
        return False
    return not _is_for_items_only(rule) or any(
        _may_be_selected(one.select, item) for one in rule.items for item in scene.items
    )


def _is_for_items_only(rule: Rule) -> bool:
    """Whether the rule comes to nothing where none of its items is."""
    others = rule.envelope or rule.response or rule.quota or rule.transitions or rule.commit != EVERYTHING
    return bool(rule.items) and not others


def _may_be_selected(select: Select, item: Item) -> bool:
    if select.where is not None:
        return holds(select.where, item.document)
    if select.key is not None:
        return item.key == select.key
    return select.all or select.sample is not None or item.index == select.index


def _hits(cue: Cue, so_far: _Cast) -> bool:
    """Whether the rule takes the call, which is counted either way."""
    rule, state = cue.rule, so_far.state
    states = state.collection(STATES)
    for name, wanted in rule.requires.items():
        kept = states.get(f"{cue.scenario}/{name}")
        if (STARTED if kept is None else kept["value"]) != wanted:
            return False
    counters = state.collection(COUNTERS)
    counted = counters.get(cue.name) or {"calls": 0, "hits": 0}
    calls, hits = counted["calls"] + 1, counted["hits"]
    hit = _is_its_turn(rule, calls, hits) and _is_drawn(cue, so_far)
    counters[cue.name] = {"calls": calls, "hits": hits + hit}
    return hit


def _is_its_turn(rule: Rule, calls: int, hits: int) -> bool:
    if rule.match.nth is not None:
        return calls == rule.match.nth
    return calls > rule.times.after and (rule.times.count is None or hits < rule.times.count)


def _is_drawn(cue: Cue, so_far: _Cast) -> bool:
    if cue.rule.probability is None:
        return True
    return _draw(cue, so_far, so_far.scene.identity) < cue.rule.probability


def _draw(cue: Cue, so_far: _Cast, identity: str) -> float:
    """The fate of one more attempt of what `identity` names; nobody else's attempts change it."""
    attempt = _attempt(cue, so_far, identity)
    seed = so_far.seed if cue.seed is None else cue.seed
    return draw(seed, cue.scenario, cue.rule.id, identity, str(attempt))


def _attempt(cue: Cue, so_far: _Cast, identity: str) -> int:
    counters = so_far.state.collection(COUNTERS)
    key = f"{cue.name}/{identity}"
    attempt: int = (counters.get(key) or {"attempts": 0})["attempts"] + 1
    counters[key] = {"attempts": attempt}
    return attempt


def _take(cue: Cue, so_far: _Cast) -> None:
    rule, made = cue.rule, so_far.made
    states = so_far.state.collection(STATES)
    for name, value in rule.transitions.items():
        states[f"{cue.scenario}/{name}"] = {"value": value}
    wait = _wait(cue, rule.quota, so_far) if rule.quota is not None else None
    made = replace(made, applied=(*made.applied, cue.name))
    if wait is not None and made.wait is None and rule.quota is not None:
        made = replace(made, wait=wait, quota_status=rule.quota.status)
    if rule.commit != EVERYTHING and made.commit == EVERYTHING:
        made = replace(made, commit=rule.commit)
    if rule.envelope is not None and made.envelope is None:
        made = _enveloped(rule.envelope, cue, made, so_far)
    if rule.response is not None and made.response is None:
        made = _answered(rule.response, cue, made, so_far)
    so_far.made = made
    if made.wait is None:
        so_far.effects.update(_effects(cue, so_far))


def _enveloped(effect: EnvelopeEffect, cue: Cue, made: Decision, so_far: _Cast) -> Decision:
    seed = so_far.seed if cue.seed is None else cue.seed
    return replace(made, envelope=effect, shuffle=f"{seed}/{cue.name}/{so_far.scene.identity}")


def _answered(effect: ResponseEffect, cue: Cue, made: Decision, so_far: _Cast) -> Decision:
    delay_ms = made.delay_ms
    if effect.delay is not None:
        delay_ms += sampled(effect.delay, _draw(cue, so_far, f"{so_far.scene.identity}/delay"))
    text = "" if effect.retry_after is None else retry_after(effect.retry_after, so_far.state.now)
    return replace(made, response=effect, delay_ms=delay_ms, retry_after=text)


def _effects(cue: Cue, so_far: _Cast) -> dict[int, Effect]:
    """The rule's effects by item, of those on one item the first."""
    found: dict[int, Effect] = {}
    for one in cue.rule.items:
        for item in so_far.scene.items:
            taken = item.index in so_far.effects or item.index in found
            if not taken and _selected(one.select, item, cue, so_far):
                found[item.index] = _due(one.effect, item, cue, so_far)
    return found


def _selected(select: Select, item: Item, cue: Cue, so_far: _Cast) -> bool:
    if select.sample is not None:
        return _draw(cue, so_far, f"{identity_of(item)}/sample") < select.sample
    return _may_be_selected(select, item)


def _due(effect: Effect, item: Item, cue: Cue, so_far: _Cast) -> Effect:
    """The effect at this attempt: one that fails so many times fails no more after that."""
    if effect.fail is None or effect.fail_times is None:
        return effect
    if _attempt(cue, so_far, identity_of(item)) <= effect.fail_times:
        return effect
    return replace(effect, fail=None, commit=None)


def _wait(cue: Cue, quota: Quota, so_far: _Cast) -> int | None:
    """The seconds to wait where the quota is used up; else the call is counted."""
    counters = so_far.state.collection(COUNTERS)
    key = f"{cue.scenario}/quota:{quota.name or cue.rule.id}"
    window, gone_ms = divmod(int(so_far.state.now.timestamp() * 1000), max(1, quota.window_ms))
    kept: Document = counters.get(key) or {}
    used: int = kept["used"] if kept.get("window") == window else 0
    if used >= quota.limit:
        return -(-(quota.window_ms - gone_ms) // 1000)
    counters[key] = {"window": window, "used": used + 1}
    return None
