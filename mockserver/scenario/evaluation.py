"""Evaluation of the rules of a call: counters, states, quotas, chance."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from math import exp
from statistics import NormalDist

from msgspec import Struct, field
from msgspec.structs import asdict, replace

from mockserver.codec.instants import print_http_date
from mockserver.model import Document, Item
from mockserver.sandbox.clock import ClockSettings
from mockserver.sandbox.scenarios import SCENARIO_COUNTERS, SCENARIO_STATES
from mockserver.sandbox.store import State
from mockserver.scenario.model import (
    COMMIT_ALL,
    INITIAL_STATE,
    NO_EFFECTS,
    CallContext,
    Candidate,
    Decision,
    Delay,
    Effect,
    ItemSelector,
    ResponseEffect,
    Rule,
    RuleQuota,
)
from mockserver.scenario.predicates import holds

_BITS = 53
"""Number of bits of a draw; a float represents a fraction of 53 bits exactly."""

MAX_DELAY_MS = 600_000
"""Maximum delay: ten minutes (docs/scenarios.md)."""

_MIN_DRAW = 2.0**-54
"""Number that replaces a draw of 0, because the inverse normal distribution has no value for 0."""

_MAX_EXPONENT = 700.0
"""Maximum exponent of e; a higher exponent gives a delay beyond every bound."""

_STANDARD_NORMAL = NormalDist()

MAX_COUNTERS = 100_000
"""Maximum number of counters of one sandbox."""

_NO_ITEM_EFFECT = Effect()
_RELATIVE_DATE = re.compile(r"date([+-][0-9]{1,6})")


def draw(seed: int, *what: str) -> float:
    """Return a number in [0, 1) that depends only on `seed` and on the words in `what`.

    The lengths of the words are hashed too, so that the words `ab, c` and `a, bc` give different numbers.
    """
    told = [str(seed), *what]
    digest = blake2b(digest_size=8)
    for word in told:
        raw = word.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return (int.from_bytes(digest.digest(), "big") >> (64 - _BITS)) / (1 << _BITS)


def sample_delay(delay: Delay, u: float) -> float:
    """Return the delay in milliseconds for the draw `u` in [0, 1).

    A lognormal delay is `median` if `u` is 0.5; a greater `sigma` spreads delays wider. Each delay is at most
    `longest` and at most ten minutes.
    """
    if delay.type == "fixed":
        asked = float(delay.value)
    elif delay.type == "uniform":
        asked = delay.lower + u * (delay.upper - delay.lower)
    else:
        power = delay.sigma * _STANDARD_NORMAL.inv_cdf(max(u, _MIN_DRAW))
        asked = delay.median * exp(min(power, _MAX_EXPONENT))
    longest = MAX_DELAY_MS if delay.longest is None else delay.longest
    return float(min(asked, longest, MAX_DELAY_MS))


class _Evaluation(Struct):
    """Intermediate result of evaluating rules."""

    state: State
    context: CallContext
    seed: int
    made: Decision = NO_EFFECTS
    effects: dict[int, Effect] = field(default_factory=dict)
    effect_rules: dict[int, str] = field(default_factory=dict)

    def seed_of(self, candidate: Candidate) -> int:
        return self.seed if candidate.seed is None else candidate.seed


def evaluate(context: CallContext, candidates: tuple[Candidate, ...], state: State) -> Decision:
    """Count the call for the candidate rules, and return the decision of the rules that apply.

    Each rule sees the states at the start of the call. Rules with a quota come first. If a quota refuses the
    call, rules without a quota neither apply nor count the call.
    """
    seed: int = state.sandbox_collection("settings")["seed"]["value"]
    so_far = _Evaluation(state, context, seed)
    fitting = [cue for cue in candidates if _matches_content(cue.rule, context)]
    limiting = [cue for cue in fitting if cue.rule.quota is not None and _count_and_test(cue, so_far)]
    kept_out = _quota_refusal(limiting, state)
    if kept_out is not None:
        _apply_transitions(limiting, state)
        return _count_hits(kept_out, state)
    hits = [
        cue for cue in fitting if cue in limiting or (cue.rule.quota is None and _count_and_test(cue, so_far))
    ]
    _apply_transitions(hits, state)
    for cue in hits:
        _add_rule(cue, so_far)
    hangs = [effect.hang_ms or 0 for effect in so_far.effects.values()]
    delay_ms = so_far.made.delay_ms + max(hangs, default=0)
    if not so_far.made.applied:
        return NO_EFFECTS
    made = _count_hits(so_far.made, state)
    return replace(made, effects=so_far.effects, effect_rules=so_far.effect_rules, delay_ms=delay_ms)


def _matches_content(rule: Rule, context: CallContext) -> bool:
    body, item = rule.match.body, rule.match.item
    if body is not None and (context.is_unreadable or not holds(body, context.document)):
        return False
    if item is not None and not any(holds(item, one.document) for one in context.items):
        return False
    return not _has_item_effects_only(rule) or any(
        _may_be_selected(one.select, item)
        for one in rule.items
        for item in _candidate_items(one.select, context)
    )


def _has_item_effects_only(rule: Rule) -> bool:
    """Return whether the rule has effects on items and no other effect."""
    parts = (rule.envelope, rule.response, rule.quota, rule.transitions, rule.advance_clock)
    return bool(rule.items) and not any(parts) and rule.commit == COMMIT_ALL


def _candidate_items(select: ItemSelector, context: CallContext) -> tuple[Item, ...]:
    """Return the items that `select` may select: all items, or only the item at `select.index` if set."""
    return context.items if select.index is None else context.items[select.index : select.index + 1]


def _may_be_selected(select: ItemSelector, item: Item) -> bool:
    if select.where is not None:
        return holds(select.where, item.document)
    if select.key is not None:
        return select.key in (item.key, item.identity)
    anyone = select.all or select.sample is not None or select.first_index is not None
    return anyone or item.index == select.index


def _count_and_test(candidate: Candidate, evaluation: _Evaluation) -> bool:
    """If the states have the required values, count the call. Return whether the rule takes the call."""
    rule, state = candidate.rule, evaluation.state
    states = state.sandbox_collection(SCENARIO_STATES)
    for name, wanted in rule.requires.items():
        kept = states.get(f"{candidate.scenario}/{name}")
        if (INITIAL_STATE if kept is None else kept["value"]) != wanted:
            return False
    counters = state.sandbox_collection(SCENARIO_COUNTERS)
    counted = counters.get(candidate.name) or {"calls": 0, "hits": 0}
    calls, taken = counted["calls"] + 1, counted.get("taken", counted["hits"])
    takes = _is_due(rule, calls, taken) and _is_drawn(candidate, evaluation)
    counters[candidate.name] = {"calls": calls, "taken": taken + takes, "hits": counted["hits"]}
    return takes


def _count_hits(made: Decision, state: State) -> Decision:
    """Count the call for the rules that change it; a rule may take a call and change nothing."""
    counters = state.sandbox_collection(SCENARIO_COUNTERS)
    for name in made.applied:
        counters[name] = {**counters[name], "hits": counters[name]["hits"] + 1}
    return made


def _is_due(rule: Rule, calls: int, taken: int) -> bool:
    if rule.match.nth is not None:
        return calls == rule.match.nth
    return calls > rule.times.after and (rule.times.count is None or taken < rule.times.count)


def _is_drawn(candidate: Candidate, evaluation: _Evaluation) -> bool:
    if candidate.rule.probability is None:
        return True
    return _draw_for(candidate, evaluation, "call", evaluation.context.identity) < candidate.rule.probability


def _draw_for(candidate: Candidate, evaluation: _Evaluation, what_for: str, identity: str) -> float:
    """Count an attempt of `identity`; return the attempt's draw, which depends on no other identity."""
    attempt = _count_attempt(candidate, evaluation, what_for, identity)
    return draw(
        evaluation.seed_of(candidate), candidate.scenario, candidate.rule.id, what_for, identity, str(attempt)
    )


def _count_attempt(candidate: Candidate, evaluation: _Evaluation, what_for: str, identity: str) -> int:
    """Count an attempt of `identity` for `what_for`; return the number of attempts, including this one.

    Each rule, vendor and tenant has its own counter. If the sandbox already has MAX_COUNTERS counters,
    return 1 for an identity without a counter.
    """
    counters, scene = evaluation.state.sandbox_collection(SCENARIO_COUNTERS), evaluation.context
    key = f"{candidate.name}/{what_for}/{scene.call.vendor}/{scene.tenant}/{identity}"
    if key not in counters and len(counters) >= MAX_COUNTERS:
        return 1
    attempt: int = (counters.get(key) or {"attempts": 0})["attempts"] + 1
    counters[key] = {"attempts": attempt}
    return attempt


def _quota_refusal(candidates: Sequence[Candidate], state: State) -> Decision | None:
    """Return the refusal of the first exhausted quota; None if all quotas admit the call."""
    quotas = {cue.name: (cue.quota, cue.rule.quota) for cue in candidates if cue.rule.quota is not None}
    found = count_against_quotas(quotas, state)
    if found is None:
        return None
    rule, wait = found
    return Decision((rule,), wait_s=wait, quota_status=quotas[rule][1].status)


def _apply_transitions(candidates: Sequence[Candidate], state: State) -> None:
    states = state.sandbox_collection(SCENARIO_STATES)
    for cue in candidates:
        for name, value in cue.rule.transitions.items():
            states[f"{cue.scenario}/{name}"] = {"value": value}
        if cue.rule.advance_clock:
            settings = state.sandbox_collection("settings")
            clock = ClockSettings(**settings["clock"]).advanced(cue.rule.advance_clock, state.now)
            settings["clock"] = asdict(clock)


def _add_rule(candidate: Candidate, evaluation: _Evaluation) -> None:
    rule, before = candidate.rule, evaluation.made
    made, is_late = before, rule.response is not None and before.response is not None
    if rule.commit != COMMIT_ALL and made.commit == COMMIT_ALL and not is_late:
        made = replace(made, commit=rule.commit)
    if rule.envelope is not None and made.envelope is None:
        seed = f"{evaluation.seed_of(candidate)}/{candidate.name}/{evaluation.context.identity}"
        made = replace(made, envelope=rule.envelope, shuffle_seed=seed)
    if rule.response is not None and not is_late:
        made = _add_response(rule.response, candidate, made, evaluation)
    effects = _item_effects(candidate, evaluation)
    evaluation.effects.update(effects)
    evaluation.effect_rules.update(dict.fromkeys(effects, candidate.name))
    is_applied = effects or rule.transitions or rule.advance_clock or made is not before
    if is_applied and candidate.name not in before.applied:
        made = replace(made, applied=(*before.applied, candidate.name))
    evaluation.made = made


def _add_response(
    effect: ResponseEffect, candidate: Candidate, made: Decision, evaluation: _Evaluation
) -> Decision:
    text = "" if effect.retry_after is None else format_retry_after(effect.retry_after, evaluation.state.now)
    return replace(
        made, response=effect, delay_ms=_sample_delay(effect, candidate, evaluation), retry_after=text
    )


def _sample_delay(effect: ResponseEffect, candidate: Candidate, evaluation: _Evaluation) -> float:
    if effect.delay is None:
        return 0
    if effect.delay.type == "fixed":
        return sample_delay(effect.delay, 0)
    return sample_delay(effect.delay, _draw_for(candidate, evaluation, "delay", evaluation.context.identity))


def _item_effects(candidate: Candidate, evaluation: _Evaluation) -> dict[int, Effect]:
    """Return the rule's effects by item index.

    An item gets the first effect that selects the item and that is not empty at this attempt of the item. An
    item with an effect of an earlier rule is left out.
    """
    found: dict[int, Effect] = {}
    for one in candidate.rule.items:
        for item in _candidate_items(one.select, evaluation.context):
            taken = item.index in evaluation.effects or item.index in found
            if not taken and _is_selected(one.select, item, candidate, evaluation):
                due = _effect_at_attempt(one.effect, item, candidate, evaluation)
                if due != _NO_ITEM_EFFECT:
                    found[item.index] = due
    return found


def _is_selected(select: ItemSelector, item: Item, candidate: Candidate, evaluation: _Evaluation) -> bool:
    if select.sample is not None:
        return _draw_for(candidate, evaluation, "sample", item.identity) < select.sample
    if select.first_index is not None:
        return item.identity == _first_item(select.first_index, candidate, evaluation)
    return _may_be_selected(select, item)


def _first_item(index: int, candidate: Candidate, evaluation: _Evaluation) -> str | None:
    counters, scene = evaluation.state.sandbox_collection(SCENARIO_COUNTERS), evaluation.context
    key = f"{candidate.name}/first/{scene.call.vendor}/{scene.tenant}/{index}"
    first = counters.get(key)
    if first is None and index < len(scene.items) and len(counters) < MAX_COUNTERS:
        first = counters[key] = {"item": scene.items[index].identity}
    return None if first is None else str(first["item"])


def _effect_at_attempt(effect: Effect, item: Item, candidate: Candidate, evaluation: _Evaluation) -> Effect:
    if effect.fail is None or effect.fail_times is None:
        return effect
    if _count_attempt(candidate, evaluation, "fail", item.identity) <= effect.fail_times:
        return effect
    return replace(effect, fail=None, fail_times=None, commit=None)


def count_against_quotas(quotas: Mapping[str, tuple[str, RuleQuota]], state: State) -> tuple[str, int] | None:
    """Return the first rule with an exhausted quota, and the whole seconds to wait.

    `quotas` has, by the name of the rule, the name of a counter and the quota. If all quotas admit the call,
    add the call to each counter and return None.
    """
    counters = state.sandbox_collection(SCENARIO_COUNTERS)
    counted: dict[str, Document] = {}
    for rule, (name, quota) in quotas.items():
        window, gone_ms = divmod(int(state.now.timestamp() * 1000), quota.window_ms)
        kept: Document = counters.get(name) or {}
        used: int = kept["used"] if kept.get("window") == window else 0
        if used >= quota.limit:
            return rule, -(-(quota.window_ms - gone_ms) // 1000)
        counted[name] = {"window": window, "used": used + 1}
    for name, count in counted.items():
        counters[name] = count
    return None


def format_retry_after(value: int | str, now: datetime) -> str:
    """Return the text of `Retry-After`: an HTTP date for a text such as `date+30`, else the value itself.

    `date+30` means 30 seconds after `now`. If Python has no such date, return the date of `now`.
    """
    relative = _RELATIVE_DATE.fullmatch(value) if isinstance(value, str) else None
    if relative is None:
        return str(value)
    try:
        return print_http_date(now + timedelta(seconds=int(relative[1])))
    except OverflowError:
        return print_http_date(now)
