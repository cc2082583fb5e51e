"""The commit law at the made-up vendor: what a decision lets take effect, and nothing beside it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.codec import json
from mockserver.engine.admission import Admission
from mockserver.engine.batch import EnvelopeReader
from mockserver.engine.call import Pipeline
from mockserver.engine.declared_refusals import refuse_with_problem_details
from mockserver.errors import Refusal
from mockserver.model import Answer, Call, Reply
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.sandboxes import Sandboxes, Settings
from mockserver.sandbox.scenarios import SCENARIOS, scenario_record
from mockserver.sandbox.store import SandboxState, State, Tables
from mockserver.scenario.selection import ScenarioSelector
from mockserver.spec.openapi import Operation
from mockserver.vendor import Vendor, store_each
from tests.support import sample_vendor
from tests.support.engine_samples import CALL, arrival_of, loaded_vendor, store_order
from tests.support.frozen_documents import freeze_document


def remember(_call: Call, operation: Operation, reply: Reply, state: State) -> None:
    """Keep what was answered last, as under an idempotency key."""
    state.collection("remembered", "")["last"] = {"operation": operation.id, "status": reply.status}


def replay(call: Call, _operation: Operation, state: State) -> Reply | None:
    """Answer a call that says so as the last one was answered."""
    kept = state.collection("remembered", "").get("last")
    state.next("replay")
    return Reply(kept["status"], b"again") if kept and "x-again" in call.headers else None


def refuse(refusal: Refusal, call: Call, operation: Operation | None, state: State) -> Reply:
    """Refuse, and draw a number as one with a trace in it does."""
    state.next("trace")
    return refuse_with_problem_details(refusal, call, operation, state)


def batch(*keys: str) -> bytes:
    return json.encode({"orders": [{"id": key, "amount": 1} for key in keys]})


ABC, ONE_BAD = batch("A", "B", "C"), batch("A", "bad", "C")


def working(folder: Path, made: dict[str, Any] | None = None) -> Pipeline:
    acme = loaded_vendor(folder, made)
    room = dataclasses.replace(acme.batch_handlers["putOrders"], apply=store_each(store_order))
    vendor = Vendor(remember=remember, replay=replay)
    acme = dataclasses.replace(acme, vendor=vendor, refuse=refuse, batch_handlers={"putOrders": room})
    sandboxes = Sandboxes(MemoryStore(keep=freeze_document), {}, {})
    sandboxes.create(Settings("default"))
    envelope = EnvelopeReader(acme.spec, acme.plans, vendor.classify)
    selector = ScenarioSelector({"acme": frozenset()})
    return Pipeline(Admission(acme, sandboxes, selector), envelope)


def answered(work: Pipeline, body: bytes, first: int | None = None, **headers: str) -> Answer:
    """The answer to a batch of which `first` items are to take effect, None: all."""
    if first is None:
        return ruled(work, body, **headers)
    return ruled(work, body, {"id": "r", "commit": {"partial": first} if first else "none"}, **headers)


def ruled(work: Pipeline, body: bytes, *rules: dict[str, Any], **headers: str) -> Answer:
    """The answer to a batch where the rules are armed."""
    document = {"version": 1, "name": "s", "rules": list(rules)}

    def arm(whole: SandboxState) -> None:
        whole.collection(SCENARIOS)["s"] = scenario_record(document, 1, armed=bool(rules))

    work.admission.sandboxes.control("default", arm)
    call = replace(CALL, body=body, headers={**CALL.headers, **headers})
    return work.handle(arrival_of(call))[1]


def held(work: Pipeline) -> Tables:
    """All that the vendor holds."""
    tables = work.admission.sandboxes.dump("default")
    return {scope: collections for scope, collections in tables.items() if scope == "acme/"}


def actions(answer: Answer) -> list[str]:
    return [str(one.action) for one in answer.outcomes]


@pytest.mark.parametrize("body", [ABC, ONE_BAD, b"{", b"[]"])
def test_of_a_call_that_is_not_to_take_effect_nothing_is_left(tmp_path: Path, body: bytes) -> None:
    work = working(tmp_path)
    before = held(work)

    plain, none = answered(working(tmp_path), body), answered(work, body, 0)

    assert held(work) == before
    assert none.reply == plain.reply
    assert set(actions(none)) <= {"skipped"}


@pytest.mark.parametrize("first", [1, 2])
def test_of_a_call_that_half_takes_effect_the_first_items_are_as_if_sent_alone(
    tmp_path: Path, first: int
) -> None:
    half, alone, whole = working(tmp_path), working(tmp_path), working(tmp_path)

    answer = answered(half, ABC, first)
    answered(alone, batch(*"ABC"[:first]))

    for collection in ("orders", "sequences"):
        assert held(half)["acme/"][collection] == held(alone)["acme/"][collection]
    assert answer.reply == answered(whole, ABC).reply
    assert actions(answer) == ["created"] * first + ["skipped"] * (3 - first)


@pytest.mark.parametrize("first", [3, 9])
def test_of_a_call_with_no_more_items_than_take_effect_all_is_done(tmp_path: Path, first: int) -> None:
    work, plain = working(tmp_path), working(tmp_path)

    answered(work, ABC, first)
    answered(plain, ABC)

    assert held(work) == held(plain)
    assert "remembered" in held(work)["acme/"]


def test_what_half_takes_effect_is_remembered_as_a_failure_under_its_key(tmp_path: Path) -> None:
    work = working(tmp_path)

    answered(work, ABC, 1)

    assert held(work)["acme/"]["remembered"]["last"]["status"] == 500


def test_a_bad_item_beyond_those_that_take_effect_does_not_undo_an_all_or_nothing_batch(
    tmp_path: Path,
) -> None:
    made = sample_vendor.changed_document("/paths/~1orders/put/x-batch/atomicity", "all-or-nothing")
    work = working(tmp_path, made)

    answer = answered(work, ONE_BAD, 1)

    assert list(held(work)["acme/"]["orders"]) == ["A"]
    assert actions(answer) == ["created", "skipped", "skipped"]


def test_an_answer_that_is_given_again_leaves_no_trace_either(tmp_path: Path) -> None:
    work = working(tmp_path)
    answered(work, batch("A"))
    before = held(work)

    assert answered(work, batch("A"), 0, **{"x-again": "yes"}).reply.body == b"again"
    assert held(work) == before


def test_an_item_that_fails_does_so_in_the_part_that_takes_effect_too(tmp_path: Path) -> None:
    work = working(tmp_path)
    fails = {"select": {"index": 0}, "effect": {"fail": {"code": "internal"}}}

    answer = ruled(work, ABC, {"id": "r", "commit": {"partial": 2}, "items": [fails]})

    assert actions(answer) == ["rejected", "created", "skipped"]
    assert list(held(work)["acme/"]["orders"]) == ["B"]
