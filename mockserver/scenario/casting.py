"""Casting: the rules that may hit one call against what it sends and what was counted so far.

Everything that is counted is in the sandbox's own state, so that snapshots, resets and replays cover it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from mockserver.model import Item
from mockserver.scenario.decision import EVERYTHING, UNBENT, Decision
from mockserver.scenario.fate import draw
from mockserver.scenario.model import Effect, EnvelopeEffect, ResponseEffect, Rule, Select
from mockserver.scenario.predicates import holds
from mockserver.scenario.quotas import used_up
from mockserver.scenario.records import COUNTERS, STATES
from mockserver.scenario.retry import retry_after
from mockserver.scenario.scene import Cue, Scene, identity_of
from mockserver.scenario.timing import sampled
from mockserver.store import State

STARTED = "Started"
"""The value of a state that nothing has set yet, as in WireMock."""

MAX_COUNTERS = 100_000
"""As many as one sandbox remembers."""

_NO_EFFECT = Effect()


@dataclass(slots=True)
class _Cast:
    """What the rules came to so far."""

    state: State
    scene: Scene
    seed: int
    made: Decision = UNBENT
    effects: dict[int, Effect] = field(default_factory=dict)


def cast(scene: Scene, cues: tuple[Cue, ...], state: State) -> Decision:
    """The decision that the cues come to, in their order; counts what it took.

    All of them meet the states that the call found. What a quota keeps out meets no other rule.
    """
    seed: int = state.own("settings")["seed"]["value"]
    so_far = _Cast(state, scene, seed)
    fitting = [cue for cue in cues if _is_for(cue.rule, scene)]
    limiting = [cue for cue in fitting if cue.rule.quota is not None and _hits(cue, so_far)]
    kept_out = _kept_out(limiting, state)
    if kept_out is not None:
        _move(limiting, state)
        return kept_out
    hits = [cue for cue in fitting if cue in limiting or (cue.rule.quota is None and _hits(cue, so_far))]
    _move(hits, state)
    for cue in hits:
        _take(cue, so_far)
    hangs = [effect.hang_ms or 0 for effect in so_far.effects.values()]
    delay_ms = so_far.made.delay_ms + max(hangs, default=0)
    return replace(so_far.made, effects=so_far.effects, delay_ms=delay_ms) if so_far.made.applied else UNBENT


def _is_for(rule: Rule, scene: Scene) -> bool:
    body, item = rule.match.body, rule.match.item
    if body is not None and (scene.is_unread or not holds(body, scene.document)):
        return False
    if item is not None and not any(holds(item, one.document) for one in scene.items):
        return False
    return not _is_for_items_only(rule) or any(
        _may_be_selected(one.select, item) for one in rule.items for item in _near(one.select, scene)
    )


def _is_for_items_only(rule: Rule) -> bool:
    """Whether the rule comes to nothing where none of its items is."""
    others = rule.envelope or rule.response or rule.quota or rule.transitions or rule.commit != EVERYTHING
    return bool(rule.items) and not others


def _near(select: Select, scene: Scene) -> tuple[Item, ...]:
    """The items among which the selected ones are; a place need not be looked for."""
    return scene.items if select.index is None else scene.items[select.index : select.index + 1]


def _may_be_selected(select: Select, item: Item) -> bool:
    if select.where is not None:
        return holds(select.where, item.document)
    if select.key is not None:
        return item.key == select.key
    return select.all or select.sample is not None or item.index == select.index


def _hits(cue: Cue, so_far: _Cast) -> bool:
    """Whether the rule takes the call, which is counted either way."""
    rule, state = cue.rule, so_far.state
    states = state.own(STATES)
    for name, wanted in rule.requires.items():
        kept = states.get(f"{cue.scenario}/{name}")
        if (STARTED if kept is None else kept["value"]) != wanted:
            return False
    counters = state.own(COUNTERS)
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
    return _draw(cue, so_far, "call", so_far.scene.identity) < cue.rule.probability


def _draw(cue: Cue, so_far: _Cast, what_for: str, identity: str) -> float:
    """The fate of one more attempt of what `identity` names; nobody else's attempts change it."""
    attempt = _attempt(cue, so_far, what_for, identity)
    seed = so_far.seed if cue.seed is None else cue.seed
    return draw(seed, cue.scenario, cue.rule.id, what_for, identity, str(attempt))


def _attempt(cue: Cue, so_far: _Cast, what_for: str, identity: str) -> int:
    """How often that was tried, this time included: at this vendor, by this tenant, under this rule.

    Where no more can be remembered, what is new is always at its first attempt.
    """
    counters, scene = so_far.state.own(COUNTERS), so_far.scene
    key = f"{cue.name}/{what_for}/{scene.call.vendor}/{scene.tenant}/{identity}"
    if key not in counters and len(counters) >= MAX_COUNTERS:
        return 1
    attempt: int = (counters.get(key) or {"attempts": 0})["attempts"] + 1
    counters[key] = {"attempts": attempt}
    return attempt


def _kept_out(cues: Sequence[Cue], state: State) -> Decision | None:
    """The refusal of the first quota that is used up, None where all let the call in."""
    quotas = {cue.name: (cue.quota, cue.rule.quota) for cue in cues if cue.rule.quota is not None}
    found = used_up(quotas, state)
    if found is None:
        return None
    rule, wait = found
    return Decision((rule,), wait=wait, quota_status=quotas[rule][1].status)


def _move(cues: Sequence[Cue], state: State) -> None:
    states = state.own(STATES)
    for cue in cues:
        for name, value in cue.rule.transitions.items():
            states[f"{cue.scenario}/{name}"] = {"value": value}


def _take(cue: Cue, so_far: _Cast) -> None:
    """Add to the decision what the rule says first; one that comes to nothing this time is not applied."""
    rule, before = cue.rule, so_far.made
    made, is_late = before, rule.response is not None and before.response is not None
    if rule.commit != EVERYTHING and made.commit == EVERYTHING and not is_late:
        made = replace(made, commit=rule.commit)
    if rule.envelope is not None and made.envelope is None:
        made = _enveloped(rule.envelope, cue, made, so_far)
    if rule.response is not None and not is_late:
        made = _answered(rule.response, cue, made, so_far)
    effects = _effects(cue, so_far)
    so_far.effects.update(effects)
    is_applied = effects or rule.transitions or made is not before
    if is_applied and cue.name not in before.applied:
        made = replace(made, applied=(*before.applied, cue.name))
    so_far.made = made


def _enveloped(effect: EnvelopeEffect, cue: Cue, made: Decision, so_far: _Cast) -> Decision:
    seed = so_far.seed if cue.seed is None else cue.seed
    return replace(made, envelope=effect, shuffle=f"{seed}/{cue.name}/{so_far.scene.identity}")


def _answered(effect: ResponseEffect, cue: Cue, made: Decision, so_far: _Cast) -> Decision:
    text = "" if effect.retry_after is None else retry_after(effect.retry_after, so_far.state.now)
    return replace(made, response=effect, delay_ms=_delay(effect, cue, so_far), retry_after=text)


def _delay(effect: ResponseEffect, cue: Cue, so_far: _Cast) -> float:
    if effect.delay is None:
        return 0
    drawn = 0.0 if effect.delay.type == "fixed" else _draw(cue, so_far, "delay", so_far.scene.identity)
    return sampled(effect.delay, drawn)


def _effects(cue: Cue, so_far: _Cast) -> dict[int, Effect]:
    """The rule's effects by item, of those on one item the first that is not over."""
    found: dict[int, Effect] = {}
    for one in cue.rule.items:
        for item in _near(one.select, so_far.scene):
            taken = item.index in so_far.effects or item.index in found
            if not taken and _selected(one.select, item, cue, so_far):
                due = _due(one.effect, item, cue, so_far)
                if due != _NO_EFFECT:
                    found[item.index] = due
    return found


def _selected(select: Select, item: Item, cue: Cue, so_far: _Cast) -> bool:
    if select.sample is not None:
        return _draw(cue, so_far, "sample", identity_of(item)) < select.sample
    return _may_be_selected(select, item)


def _due(effect: Effect, item: Item, cue: Cue, so_far: _Cast) -> Effect:
    """The effect at this attempt: one that fails so many times fails no more after that."""
    if effect.fail is None or effect.fail_times is None:
        return effect
    if _attempt(cue, so_far, "fail", identity_of(item)) <= effect.fail_times:
        return effect
    return replace(effect, fail=None, fail_times=None, commit=None)
