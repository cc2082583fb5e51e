"""A document that was found to be a scenario, as values."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.model import NOTHING, Document, Fault, Json
from mockserver.scenario.model import (
    Commit,
    Delay,
    Dribble,
    Drift,
    Effect,
    EnvelopeEffect,
    ItemEffect,
    Match,
    Predicate,
    Quota,
    ResponseBody,
    ResponseEffect,
    Rule,
    Scenario,
    Select,
    Times,
)
from mockserver.scenario.predicates import predicate_of, steps

_COMMITS: Mapping[str, Commit] = {"full": Commit(), "none": Commit(first=0)}


def built(document: Document) -> Scenario:
    """The scenario that `document` is; nobody has found anything wrong with it."""
    seed = document.get("seed")
    return Scenario(
        document["name"],
        tuple(_rule(rule) for rule in document["rules"]),
        description=document.get("description", ""),
        seed=None if seed is None else int(seed),
        document=document,
    )


def _rule(node: Document) -> Rule:
    probability = node.get("probability")
    times = node.get("times", {})
    return Rule(
        id=node["id"],
        priority=int(node.get("priority", 1)),
        match=_match(node.get("match", NOTHING)),
        probability=None if probability is None else float(probability),
        times=Times(int(times.get("after", 0)), _whole(times.get("count"))),
        requires=node.get("requiresState", NOTHING),
        transitions=node.get("transitionsState", NOTHING),
        commit=_commit(node.get("commit", "full")),
        items=tuple(
            ItemEffect(_select(one["select"]), _effect(one["effect"])) for one in node.get("items", ())
        ),
        envelope=_envelope(node["envelope"]) if "envelope" in node else None,
        response=_response(node["response"]) if "response" in node else None,
        quota=_quota(node["quota"]) if "quota" in node else None,
    )


def _match(node: Document) -> Match:
    return Match(
        vendor=node.get("vendor", ""),
        operation=node.get("operation", ""),
        headers={name.lower(): value for name, value in node.get("headers", NOTHING).items()},
        query=node.get("query", NOTHING),
        body=_predicate(node.get("body")),
        item=_predicate(node.get("item")),
        nth=_whole(node.get("nth")),
    )


def _predicate(node: Document | None) -> Predicate | None:
    return None if node is None else predicate_of(node)


def _commit(said: Json) -> Commit:
    return _COMMITS[said] if isinstance(said, str) else Commit(first=int(said["partial"]))


def _select(node: Document) -> Select:
    sample = node.get("sample")
    return Select(
        all="all" in node,
        index=_whole(node.get("index")),
        key=node.get("key"),
        where=_predicate(node.get("where")),
        sample=None if sample is None else float(sample),
    )


def _effect(node: Document) -> Effect:
    return Effect(
        fail=_fault(node.get("fail")),
        fail_times=_whole(node.get("failTimes")),
        warn=_fault(node.get("warn")),
        hang_ms=_whole(node.get("hang")),
        omit="omit" in node,
        duplicate=int(node.get("duplicate", 0)),
        commit=node.get("commit"),
    )


def _fault(node: Document | None) -> Fault | None:
    return None if node is None else Fault(node["code"], _whole(node.get("status")), node.get("message", ""))


def _envelope(node: Document) -> EnvelopeEffect:
    return EnvelopeEffect(
        order=node.get("order", ""),
        count_add=int(node.get("countAdd", 0)),
        phantom=int(node.get("phantom", 0)),
        empty_map_as_array=node.get("emptyMapAsArray", False),
        content_type=node.get("contentType", ""),
        drift=tuple(
            Drift(steps(one["path"], every=True), one["change"], one.get("to"))
            for one in node.get("drift", ())
        ),
    )


def _response(node: Document) -> ResponseEffect:
    after, cut, dribble = node.get("retryAfter"), node.get("truncateBodyAtFraction"), node.get("dribble")
    body = node.get("body")
    return ResponseEffect(
        status=_whole(node.get("status")),
        headers=node.get("headers", NOTHING),
        body=None if body is None else ResponseBody(body["text"], body["mediaType"]),
        example=node.get("example", ""),
        retry_after=after if isinstance(after, str) else _whole(after),
        delay=_delay(node["delay"]) if "delay" in node else None,
        dribble=None
        if dribble is None
        else Dribble(int(dribble["numberOfChunks"]), int(dribble["totalDuration"])),
        truncate_at=None if cut is None else float(cut),
        fault=node.get("fault", ""),
    )


def _delay(node: Document) -> Delay:
    return Delay(
        node["type"],
        value=int(node.get("value", 0)),
        lower=int(node.get("lower", 0)),
        upper=int(node.get("upper", 0)),
        median=int(node.get("median", 0)),
        sigma=float(node.get("sigma", 0)),
        longest=_whole(node.get("max")),
    )


def _quota(node: Document) -> Quota:
    return Quota(
        int(node["limit"]), int(node["windowMillis"]), node.get("name", ""), int(node.get("status", 429))
    )


def _whole(number: Json) -> int | None:
    """A whole number, which JSON may also write 3.0."""
    return None if number is None else int(number)
