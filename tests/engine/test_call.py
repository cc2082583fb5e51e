"""The road of a call at the made-up vendor, with parts of a vendor's package put in."""

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
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import Forbidden, Refusal, Rejected
from mockserver.model import Answer, Call, Problem, Reply
from mockserver.sandbox.memory_store import MemoryStore
from mockserver.sandbox.sandboxes import Sandboxes, Settings
from mockserver.sandbox.scenarios import SCENARIOS, scenario_record
from mockserver.sandbox.store import SandboxState, State, Tables
from mockserver.scenario.selection import ScenarioSelector
from mockserver.spec.openapi import Operation
from mockserver.vendor import BatchResult, Enter, Request, Vendor, store_each
from tests.support import sample_vendor
from tests.support.engine_samples import CALL, arrival_of, handle, loaded_vendor, store_order
from tests.support.frozen_documents import freeze_document

GOOD = b'{"orders": [{"id": "A", "amount": 1}]}'
GET = replace(CALL, method="GET")


class BrokenError(Exception):
    """What a vendor's code may raise."""


def corridor(
    folder: Path, made: dict[str, Any] | None = None, served: dict[str, Any] | None = None, **parts: Any
) -> Pipeline:
    """The vendor's pipeline; `parts` are those of a `Vendor`, `served` those of a loaded one."""
    acme = dataclasses.replace(loaded_vendor(folder, made), vendor=Vendor(**parts))
    return piped(dataclasses.replace(acme, **(served or {})), Sandboxes(MemoryStore(), {}, {}))


def piped(acme: LoadedVendor, sandboxes: Sandboxes, selector: ScenarioSelector | None = None) -> Pipeline:
    envelope = EnvelopeReader(acme.spec, acme.plans, acme.vendor.classify)
    return Pipeline(Admission(acme, sandboxes, selector), envelope)


def changed(pipeline: Pipeline, **parts: Any) -> Pipeline:
    """The same with other parts of its loaded vendor."""
    return piped(dataclasses.replace(pipeline.served, **parts), pipeline.admission.sandboxes)


def handled(pipeline: Pipeline, call: Call) -> Answer:
    return handle(pipeline, arrival_of(call))[1]


def put(pipeline: Pipeline, body: bytes = GOOD) -> Answer:
    return handled(pipeline, replace(CALL, body=body))


def listed(pipeline: Pipeline) -> list[str]:
    return [order["id"] for order in json.decode(handled(pipeline, GET).reply.body)]


def test_a_batch_is_answered_item_by_item(tmp_path: Path) -> None:
    answer = put(corridor(tmp_path), b'{"orders": [{"id": "A", "amount": 1}, {"id": "B"}]}')

    assert (answer.reply.status, answer.operation, [str(one.action) for one in answer.outcomes]) == (
        207,
        "putOrders",
        ["created", "rejected"],
    )


def test_later_answers_are_computed_from_the_state(tmp_path: Path) -> None:
    pipeline = corridor(tmp_path)

    put(pipeline, b'{"orders": [{"id": "B", "amount": 1}, {"id": "A", "amount": 1}, {"id": "C"}]}')

    assert listed(pipeline) == ["A", "B"]


def test_all_or_nothing_stores_nothing_when_one_is_bad(tmp_path: Path) -> None:
    pipeline = corridor(
        tmp_path, sample_vendor.changed_document("/paths/~1orders/put/x-batch/atomicity", "all-or-nothing")
    )

    put(pipeline, b'{"orders": [{"id": "A", "amount": 1}, {"id": "B"}]}')

    assert listed(pipeline) == []


def test_a_refused_call_says_why(tmp_path: Path) -> None:
    answer = put(corridor(tmp_path), b"{")

    assert (answer.reply.status, answer.refusal, answer.outcomes) == (400, "malformed", ())


def test_a_record_that_is_not_there_is_a_refusal_of_its_operation(tmp_path: Path) -> None:
    answer = handled(corridor(tmp_path), replace(GET, path="/orders/Z"))

    assert (answer.reply.status, answer.operation, answer.refusal) == (404, "showOrder", "not-found")


def knowing(pipeline: Pipeline, credential: str, **facts: Any) -> Pipeline:
    """The pipeline, whose default sandbox knows the credential."""
    sandboxes = pipeline.admission.sandboxes
    sandboxes.create(Settings("default"))

    def issue(state: State) -> None:
        state.collection("credentials", "")[credential] = {"scheme": "token", **facts}

    sandboxes.transact("default", "acme/", issue)
    return pipeline


def test_who_may_not_call_is_refused_before_the_body_is_read(tmp_path: Path) -> None:
    made = sample_vendor.changed_document("/paths/~1orders/put/x-scopes", ["orders:write"])
    pipeline = knowing(corridor(tmp_path, made), "any", scopes=[])

    assert put(pipeline, b"{").refusal == "forbidden"


def test_a_crash_in_render_stores_nothing_and_passes_on(tmp_path: Path) -> None:
    pipeline = corridor(tmp_path)

    def broken(_result: BatchResult, _state: State) -> Reply:
        raise BrokenError

    handler = pipeline.served.batch_handlers["putOrders"]
    handlers = {"putOrders": dataclasses.replace(handler, render=broken)}

    with pytest.raises(BrokenError):
        put(changed(pipeline, batch_handlers=handlers))

    assert listed(pipeline) == []


def test_a_handler_that_rejects_leaves_no_trace(tmp_path: Path) -> None:
    def handler(_request: Request, state: State) -> Reply:
        state.collection("orders")["A"] = {"id": "A"}
        raise Rejected(Problem("late"))

    pipeline = corridor(tmp_path)
    handlers = {**pipeline.served.handlers, "showOrder": handler}
    rejecting = changed(pipeline, handlers=handlers)

    assert handled(rejecting, replace(GET, path="/orders/A")).reply.status == 409
    assert listed(pipeline) == []


def test_refuse_speaks_for_the_vendor(tmp_path: Path) -> None:
    def refuse(_refusal: Refusal, _call: Call, operation: Operation | None, _state: State) -> Reply:
        return Reply(418, operation.id.encode() if operation else b"")

    assert put(corridor(tmp_path, served={"refuse": refuse}), b"{").reply == Reply(418, b"putOrders")


def test_a_replayed_answer_applies_nothing(tmp_path: Path) -> None:
    pipeline = corridor(tmp_path, replay=lambda _call, _operation, _state: Reply(200, b"again"))

    answer = put(pipeline)

    assert (answer.reply.body, answer.outcomes) == (b"again", ())
    assert pipeline.admission.sandboxes.dump("default").keys() == {"sandbox/"}


def test_an_answer_is_remembered_with_its_request(tmp_path: Path) -> None:
    def remember(_call: Call, operation: Operation, reply: Reply, state: State) -> None:
        state.collection("kept")[operation.id] = {"status": reply.status}

    pipeline = corridor(tmp_path, remember=remember)

    put(pipeline)

    assert pipeline.admission.sandboxes.dump("default")["acme/"]["kept"] == {"putOrders": {"status": 207}}


def test_a_refusal_is_remembered_too(tmp_path: Path) -> None:
    remembered: list[int] = []
    pipeline = corridor(
        tmp_path, remember=lambda _call, _operation, reply, _state: remembered.append(reply.status)
    )

    put(pipeline, b"{")

    assert remembered == [400]


def closed(_call: Call, tenant: str, _state: State) -> None:
    raise Forbidden("tenant", tenant)


def closed_by_header(call: Call, enter: Enter, _state: State) -> str:
    if enter().has_parameter("X-Tenant"):
        raise Forbidden("tenant", call.headers.get("x-tenant", ""))
    return ""


def by_header() -> dict[str, Any]:
    header = {"name": "X-Tenant", "in": "header", "schema": {"type": "string"}}
    made = sample_vendor.changed_document("/paths/~1orders/put/parameters", [header])
    return made | {"x-scope": [{"in": "header", "name": "X-Tenant"}]}


def test_a_tenant_that_a_header_names_is_asked_before_the_body_is_read(tmp_path: Path) -> None:
    pipeline = corridor(tmp_path, by_header(), admit=closed_by_header)

    assert put(pipeline, b"{").refusal == "forbidden"


def test_an_operation_without_the_header_has_no_tenant_to_ask(tmp_path: Path) -> None:
    pipeline = corridor(tmp_path, by_header(), admit=closed_by_header)

    assert handled(pipeline, GET).reply.status == 200


def test_a_tenant_that_the_body_names_is_asked_once_it_is_read(tmp_path: Path) -> None:
    made = sample_vendor.document() | {"x-scope": [{"in": "body", "pointer": "/tenant"}]}
    pipeline = corridor(tmp_path, made, enter_tenant=closed)

    answers = [put(pipeline, body).refusal for body in (b"{", b'{"tenant": "one", "orders": []}')]

    assert answers == ["malformed", "forbidden"]


def test_tenants_are_apart(tmp_path: Path) -> None:
    pipeline = corridor(
        tmp_path, sample_vendor.document() | {"x-scope": [{"in": "header", "name": "X-Tenant"}]}
    )

    handled(pipeline, replace(CALL, body=GOOD, headers={**CALL.headers, "x-tenant": "one"}))

    assert listed(pipeline) == []


def scopes(pipeline: Pipeline) -> set[str]:
    return {
        scope for scope, tables in pipeline.admission.sandboxes.dump("default").items() if "orders" in tables
    }


def at_home(call: Call, enter: Enter, _state: State) -> str:
    enter()
    return call.headers.get("x-tenant", "home")


@pytest.mark.parametrize(("named", "scope"), [({}, "acme/home"), ({"x-tenant": "one"}, "acme/one")])
def test_a_call_that_names_no_tenant_enters_the_one_that_the_vendor_gives_it(
    tmp_path: Path, named: dict[str, str], scope: str
) -> None:
    pipeline = corridor(tmp_path, by_header(), admit=at_home)

    handled(pipeline, replace(CALL, body=GOOD, headers={**CALL.headers, **named}))

    assert scopes(pipeline) == {scope}


def dispatched(pipeline: Pipeline, call: Call) -> Answer:
    return pipeline.admission.sandboxes.transact(
        "default", "acme/", lambda state: pipeline.dispatch(call, state)
    )


def test_a_carried_call_takes_the_same_road(tmp_path: Path) -> None:
    pipeline = corridor(tmp_path)

    answer = dispatched(pipeline, replace(CALL, body=GOOD))

    assert (answer.reply.status, listed(pipeline)) == (207, ["A"])


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"path": "/nowhere"}, "not-found"),
        ({"method": "DELETE"}, "method-not-allowed"),
        ({"body": b"{"}, "malformed"),
    ],
    ids=["path", "method", "body"],
)
def test_a_carried_call_is_refused_like_any_other(
    tmp_path: Path, changes: dict[str, Any], refusal: str
) -> None:
    assert dispatched(corridor(tmp_path), replace(CALL, **changes)).refusal == refusal


def test_a_carried_call_stands_on_its_own_credentials(tmp_path: Path) -> None:
    pipeline = corridor(tmp_path)
    named = {"credentials": {"old": {"scheme": "token", "kind": "expired"}}}
    pipeline.admission.sandboxes.create(Settings("default"))
    pipeline.admission.sandboxes.store.control(
        "default", lambda whole: whole.load({**whole.tables(), "acme/": named})
    )

    answer = dispatched(
        pipeline, replace(CALL, body=GOOD, headers={**CALL.headers, "authorization": "Bearer old"})
    )

    assert answer.refusal == "unauthorized"


def test_a_carried_call_without_credentials_is_refused(tmp_path: Path) -> None:
    answer = dispatched(corridor(tmp_path), replace(CALL, body=GOOD, headers={}))

    assert answer.refusal == "unauthorized"


def test_the_same_seed_and_calls_give_the_same_bytes(tmp_path: Path) -> None:
    made = b'{"orders": [{"id": "A", "amount": 1.50}, null, {"id": "A"}]}'

    replies = [put(corridor(tmp_path), made).reply for _ in range(2)]

    assert replies[0] == replies[1]


def test_a_vendor_may_refuse_before_the_body_is_decoded(tmp_path: Path) -> None:
    def admit(_call: Call, enter: Enter, _state: State) -> str:
        raise Forbidden("vendor", enter().id)

    answer = put(corridor(tmp_path, admit=admit), b"{")

    assert (answer.reply.status, answer.refusal) == (403, "forbidden")


def bent(pipeline: Pipeline, *rules: dict[str, Any], **assumptions: str) -> Answer:
    """What a batch of one order is answered where a scenario of these rules is armed."""
    sandboxes, document = pipeline.admission.sandboxes, {"version": 1, "name": "s", "rules": list(rules)}
    if "default" not in sandboxes.names():
        sandboxes.create(Settings("default"))

    def arm(whole: SandboxState) -> None:
        whole.collection(SCENARIOS)["s"] = scenario_record(document, 1)

    sandboxes.control("default", arm)
    if assumptions:
        sandboxes.assume("default", {f"acme.{name}": value for name, value in assumptions.items()})
    directed = piped(pipeline.served, sandboxes, ScenarioSelector({"acme": frozenset()}))
    return put(directed)


def shown(*statuses: str) -> dict[str, Any]:
    """The spec with an example called done in the answers of these statuses."""
    made = sample_vendor.document()
    answers = made["paths"]["/orders"]["put"]["responses"]
    for status in statuses:
        answers[status] = {
            "description": "",
            "content": {"text/plain": {"examples": {"done": {"value": "so"}}}},
        }
    return made


def refusing(pipeline: Pipeline) -> Pipeline:
    """One whose refusals draw a number, as those with a trace in them do."""

    def refuse(refusal: Refusal, call: Call, operation: Operation | None, state: State) -> Reply:
        state.next("trace")
        return refuse_with_problem_details(refusal, call, operation, state)

    return changed(pipeline, refuse=refuse)


@pytest.mark.parametrize(
    "rule",
    [
        {"quota": {"limit": 1, "windowMillis": 3_600_000}},
        {"response": {"status": 503}},
        {"response": {"status": 503}, "commit": "none"},
    ],
)
def test_each_refusal_by_a_rule_draws_numbers_of_its_own(tmp_path: Path, rule: dict[str, Any]) -> None:
    pipeline = refusing(corridor(tmp_path))
    statuses = [bent(pipeline, {"id": "r", **rule}).reply.status for _ in range(3)]

    sequences = pipeline.admission.sandboxes.dump("default")["acme/"]["sequences"]
    assert sequences["trace"]["last"] == sum(status in (429, 503) for status in statuses) >= 2


@pytest.mark.parametrize("status", [207, 404])
def test_a_rule_may_answer_with_an_example_of_the_spec(tmp_path: Path, status: int) -> None:
    pipeline = corridor(tmp_path, shown("207", "404"))
    rule = {"id": "r", "response": {"status": status, "example": "done"}}

    answer = bent(pipeline, rule)

    assert answer.reply == Reply(status, b"so", "text/plain")
    assert (answer.applied, listed(pipeline)) == (("s/r",), ["A"])


def test_an_example_without_a_status_is_one_of_success(tmp_path: Path) -> None:
    answer = bent(corridor(tmp_path, shown("207", "404")), {"id": "r", "response": {"example": "done"}})

    assert answer.reply.status == 207


def test_an_example_that_the_spec_does_not_have_is_told_and_nothing_is_done(tmp_path: Path) -> None:
    pipeline = corridor(tmp_path, shown("207"))

    answer = bent(pipeline, {"id": "r", "response": {"example": "dnoe"}})

    assert (answer.reply.status, answer.refusal, answer.applied) == (400, "unknown-example", ("s/r",))
    assert b"do you mean done?" in answer.reply.body
    assert listed(pipeline) == []


def test_an_answer_that_is_lost_is_still_one_that_a_rule_bent(tmp_path: Path) -> None:
    rule = {"id": "r", "items": [{"select": {"all": True}, "effect": {"warn": {"code": "too-long"}}}]}

    answer = bent(corridor(tmp_path), rule, availability="failing_after_commit")

    assert (answer.reply.status, answer.refusal, answer.applied) == (500, "failed", ("s/r",))
    assert [str(one.action) for one in answer.outcomes] == ["created"]


def test_work_that_breaks_is_undone_and_its_admission_is_kept(tmp_path: Path) -> None:
    def admit(_call: Call, enter: Enter, state: State) -> str:
        state.collection("admitted")["one"] = {"id": "one"}
        enter()
        return ""

    def break_after_a_write(_batch: Request, state: State) -> Reply:
        state.collection("orders")["A"] = {"id": "A"}
        raise BrokenError

    pipeline = corridor(tmp_path, admit=admit)
    broken = changed(pipeline, handlers={"listOrders": break_after_a_write})

    with pytest.raises(BrokenError):
        handled(broken, GET)

    acme = pipeline.admission.sandboxes.dump("default")["acme/"]
    assert acme == {"admitted": {"one": {"id": "one"}}}


def remember(_call: Call, operation: Operation, reply: Reply, state: State) -> None:
    """Keep what was answered last, as under an idempotency key."""
    state.collection("remembered", "")["last"] = {"operation": operation.id, "status": reply.status}


def replay(call: Call, _operation: Operation, state: State) -> Reply | None:
    """Answer a call that says so as the last one was answered."""
    kept = state.collection("remembered", "").get("last")
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
    return handle(work, arrival_of(call))[1]


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


def test_an_answer_that_is_given_again_meets_no_rule_and_leaves_no_trace(tmp_path: Path) -> None:
    work, once = working(tmp_path), {"id": "r", "times": {"count": 1}, "response": {"status": 503}}
    answered(work, batch("A"))
    before = held(work)

    again = ruled(work, batch("A"), once, **{"x-again": "yes"})

    assert (again.reply.status, again.reply.body, again.applied) == (207, b"again", ())
    assert held(work) == before
    assert handled(work, replace(CALL, body=batch("A"))).reply.status == 503


def test_an_item_that_fails_does_so_in_the_part_that_takes_effect_too(tmp_path: Path) -> None:
    work = working(tmp_path)
    fails = {"select": {"index": 0}, "effect": {"fail": {"code": "internal"}}}

    answer = ruled(work, ABC, {"id": "r", "commit": {"partial": 2}, "items": [fails]})

    assert actions(answer) == ["rejected", "created", "skipped"]
    assert list(held(work)["acme/"]["orders"]) == ["B"]
