"""What scenarios do to pushes: faults in the vendor's words, and outcomes that come in other numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mockserver.model import Answer, Call, Fault, Item, Problem, Reply
from mockserver.server.application import Application
from mockserver.vendor import Request
from mockserver.vendors.pvex.refusals import fault_problem
from tests.support.client import Client, Response
from tests.vendors.pvex.samples import BATCH, FORM, GENERAL, XML, form, invoice, visit, xml

Assume = Callable[..., None]
Push = Callable[..., Response]
Stored = Callable[[], list[dict[str, Any]]]
Arm = Callable[..., None]
INVALID = "The request is invalid."


@pytest.fixture
def arm(client: Client, sandbox: str) -> Arm:
    """Put one rule in force."""

    def arm(**rule: Any) -> None:
        document = {"version": 1, "name": "bent", "rules": [{"id": "r1", **rule}]}
        answered = client.put(f"/_mock/sandboxes/{sandbox}/scenarios/bent", json=document)
        assert answered.status in (200, 201), answered.text

    return arm


@pytest.fixture
def beyond(app: Application, pvex: Client) -> Client:
    """A client whose answers may be such as the spec does not state."""
    return Client(app.__call__, pvex.headers, pvex.base)


def effect(at: int, **what: Any) -> dict[str, Any]:
    """A rule that does this to one invoice of the batch."""
    return {"items": [{"select": {"index": at}, "effect": what}]}


WORDS = {
    "missing-required": ("Number", "The Number field is required."),
    "too-long": ("Number", "The field Number must be a string with a maximum length of 50."),
    "duplicate-key": ("Id", "An invoice with this Id is already stored."),
    "unknown-reference": ("ClientId", "The value 'C-1' is not valid for ClientId."),
    "locked": ("Id", "The invoice can no longer be changed."),
    "conflict": ("Id", "The invoice has been changed by another request."),
}


class TestFaults:
    @pytest.mark.parametrize("code", WORDS)
    def test_a_fault_of_an_invoice_is_said_of_its_member_and_undoes_the_batch(
        self, push: Push, stored: Stored, arm: Arm, code: str
    ) -> None:
        arm(**effect(1, fail={"code": code}))

        answer = push(visit(1), visit(2))

        member, text = WORDS[code]
        assert (answer.status, answer.json) == (
            400,
            {"Message": INVALID, "ModelState": {f"invoices[1].{member}": [text]}},
        )
        assert stored() == []

    @pytest.mark.parametrize("code", ["internal", "timeout", "throttled"])
    def test_where_storing_fails_the_batch_does_in_a_general_sentence(
        self, push: Push, stored: Stored, arm: Arm, code: str
    ) -> None:
        arm(**effect(1, fail={"code": code}))

        answer = push(visit(1), visit(2))

        assert (answer.status, answer.json) == (500, {"Message": GENERAL})
        assert stored() == []

    def test_a_local_caller_is_told_what_was_thrown(self, push: Push, arm: Arm, assume: Assume) -> None:
        assume(error_detail="on")
        arm(**effect(0, fail={"code": "timeout"}))

        assert push(visit(1)).json["ExceptionType"] == "System.Data.SqlClient.SqlException"

    def test_a_fault_has_the_status_and_the_words_of_its_rule(self, beyond: Client, arm: Arm) -> None:
        arm(**effect(0, fail={"code": "locked", "status": 423, "message": "{Shut} {0}"}))

        answer = beyond.post(BATCH, json=[visit(1)])

        assert answer.status == 423
        assert answer.json["ModelState"] == {"invoices[0].Id": ["{Shut} {0}"]}

    def test_so_has_a_failure(self, push: Push, arm: Arm) -> None:
        arm(**effect(0, fail={"code": "throttled", "status": 429, "message": "Later"}))

        answer = push(visit(1))

        assert (answer.status, answer.json) == (429, {"Message": "Later"})

    def test_every_fault_of_a_batch_is_listed_and_failures_give_way_to_faults(
        self, push: Push, arm: Arm
    ) -> None:
        items = [
            effect(at, fail={"code": code})["items"][0] for at, code in enumerate(("internal", "locked"))
        ]
        arm(items=items)

        answer = push(visit(1), visit(2))

        assert list(answer.json["ModelState"]) == ["invoices[1].Id"]

    def test_a_null_can_have_a_fault(self, push: Push, arm: Arm) -> None:
        arm(**effect(0, fail={"code": "unknown-reference"}))

        assert push(None, visit(1)).json["ModelState"] == {
            "invoices[0].ClientId": ["The value 'None' is not valid for ClientId."]
        }

    def test_xml_says_the_fault_in_xml(self, pvex: Client, arm: Arm) -> None:
        arm(**effect(0, fail={"code": "duplicate-key"}))

        answer = pvex.post(BATCH, content=xml(visit(1)), headers=XML)

        assert "<invoices_x005B_0_x005D_.Id>An invoice with this Id is already stored.</" in answer.text

    def test_a_fault_that_is_kept_is_told_and_stored(self, push: Push, stored: Stored, arm: Arm) -> None:
        arm(**effect(0, fail={"code": "internal"}, commit=True))

        assert push(visit(1), visit(2)).status == 500
        assert [one["Id"] for one in stored()] == ["I-1", "I-2"]

    def test_a_warning_shows_nowhere(self, push: Push, arm: Arm, assume: Assume) -> None:
        assume(success_body="count")
        arm(**effect(0, warn={"code": "too-long"}))

        answer = push(visit(1), visit(2))

        assert (answer.status, answer.json) == (200, 2)

    def test_a_token_in_the_number_is_magic(self, push: Push, stored: Stored) -> None:
        answer = push(visit(1), visit(2, Number="sbx.fail.locked"))

        assert list(answer.json["ModelState"]) == ["invoices[1].Id"]
        assert stored() == []

    def test_so_is_one_in_xml_and_in_a_form(self, pvex: Client, stored: Stored) -> None:
        bent = visit(1, Number="sbx.fail.locked")

        answers = [
            pvex.post(BATCH, content=xml(bent), headers={**XML, "accept": "application/json"}),
            pvex.post(BATCH, content=form(bent), headers=FORM),
        ]

        assert [list(one.json["ModelState"]) for one in answers] == [["invoices[0].Id"]] * 2
        assert stored() == []

    def test_a_code_that_nobody_knows_is_that_something_broke(self, app: Application) -> None:
        (served,) = (one for one in app.served if one.name == "pvex")
        request = Request(
            Call("pvex", "t", "POST", BATCH),
            served.spec.operations["postInvoiceBatch"],
            {},
            "",
            lambda _call, _state: Answer(Reply(200)),
        )

        problem = fault_problem(Fault("haunted", 418), Item(3, "SUB-1/I-1", invoice()), request)

        assert problem == Problem("internal", (3,), GENERAL, "fault", 418)


class TestFaultsOfASingleInvoice:
    @pytest.mark.parametrize("code", WORDS)
    def test_a_fault_is_said_of_its_member(self, pvex: Client, stored: Stored, arm: Arm, code: str) -> None:
        arm(**effect(0, fail={"code": code}))

        answer = pvex.post("/api/Invoice", json=invoice())

        member, text = WORDS[code]
        assert (answer.status, answer.json["ModelState"]) == (400, {f"invoice.{member}": [text]})
        assert stored() == []

    @pytest.mark.parametrize(
        ("code", "said"),
        [
            ("internal", (500, GENERAL)),
            ("timeout", (503, "HTTP Error 503. The service is unavailable.")),
            ("throttled", (429, "Too many requests were sent.")),
        ],
    )
    def test_a_failure_is_that_of_the_call(
        self, pvex: Client, stored: Stored, arm: Arm, code: str, said: tuple[int, str]
    ) -> None:
        arm(**effect(0, fail={"code": code}))

        answer = pvex.post("/api/Invoice", json=invoice())

        status, text = said
        assert (answer.status, text in answer.text) == (status, True)
        assert stored() == []

    @pytest.mark.parametrize("code", ["internal", "timeout", "throttled"])
    def test_a_failure_says_what_its_rule_says(self, pvex: Client, arm: Arm, code: str) -> None:
        arm(**effect(0, fail={"code": code, "message": "Tea & cake"}))

        answer = pvex.post("/api/Invoice", json=invoice())

        assert "Tea & cake" in answer.text.replace("&amp;", "&")

    def test_a_token_in_the_number_is_magic(self, pvex: Client) -> None:
        answer = pvex.post("/api/Invoice", json=invoice(Number="sbx.fail.duplicate-key"))

        assert list(answer.json["ModelState"]) == ["invoice.Id"]


class TestRefusalsThatAreAskedFor:
    @pytest.mark.parametrize("status", [409, 418])
    @pytest.mark.parametrize("body", [b"no JSON", b"[]"])
    def test_a_status_is_that_of_an_invalid_request_without_places(
        self, beyond: Client, arm: Arm, status: int, body: bytes
    ) -> None:
        arm(commit="none", response={"status": status})

        answer = beyond.post(BATCH, content=body, headers={"content-type": "application/json"})

        assert (answer.status, answer.json) == (status, {"Message": INVALID})

    def test_a_429_names_the_time_to_wait_and_no_scheme(self, push: Push, arm: Arm) -> None:
        arm(commit="none", response={"status": 429, "retryAfter": 7})

        answer = push(visit(1))

        assert (answer.status, answer.json) == (429, {"Message": "Too many requests were sent."})
        assert answer.headers["retry-after"] == "7"
        assert "www-authenticate" not in answer.headers

    def test_a_406_has_no_body(self, beyond: Client, arm: Arm) -> None:
        arm(commit="none", response={"status": 406})

        answer = beyond.post(BATCH, json=[visit(1)])

        assert (answer.status, answer.text) == (406, "")


class TestOutcomes:
    """Shown while the answer echoes what is stored."""

    @pytest.fixture(autouse=True)
    def _echo(self, assume: Assume) -> None:
        assume(success_body="echo")

    @pytest.mark.parametrize(
        ("rule", "told"),
        [
            (effect(0, omit=True), ["I-2", "I-3"]),
            (effect(0, duplicate=1), ["I-1", "I-1", "I-2", "I-3"]),
            ({"envelope": {"order": "reverse"}}, ["I-3", "I-2", "I-1"]),
            ({"envelope": {"phantom": 2}}, ["I-1", "I-2", "I-3", "phantom-1", "phantom-2"]),
        ],
        ids=["omitted", "twice", "reversed", "phantoms"],
    )
    def test_the_answer_tells_other_invoices_than_are_stored(
        self, push: Push, stored: Stored, arm: Arm, rule: dict[str, Any], told: list[str]
    ) -> None:
        arm(**rule)

        answer = push(visit(1), visit(2), visit(3))

        assert (answer.status, [one["Id"] for one in answer.json]) == (200, told)
        assert [one["Id"] for one in stored()] == ["I-1", "I-2", "I-3"]

    def test_an_invoice_that_is_not_kept_is_told_all_the_same(
        self, push: Push, stored: Stored, arm: Arm
    ) -> None:
        arm(**effect(0, commit=False))

        answer = push(visit(1), visit(2))

        assert [one["Id"] for one in answer.json] == ["I-1", "I-2"]
        assert [one["Id"] for one in stored()] == ["I-2"]

    def test_nothing_may_be_left_to_tell(self, push: Push, arm: Arm) -> None:
        arm(items=[{"select": {"all": True}, "effect": {"omit": True}}])

        assert push(visit(1), visit(2)).json == []

    def test_a_phantom_has_a_number_of_its_own_and_is_said_in_xml_too(self, pvex: Client, arm: Arm) -> None:
        arm(envelope={"phantom": 1})

        answer = pvex.post(BATCH, content=xml(visit(1)), headers=XML)

        assert answer.text.count("<Id>phantom-1</Id>") == 1
        assert answer.text.count("<Number>phantom-1</Number>") == 1

    def test_refused_invoices_may_be_told_twice_and_backwards(self, push: Push, arm: Arm) -> None:
        arm(**effect(0, duplicate=1), envelope={"order": "reverse", "phantom": 1})

        answer = push(visit(1, Number=""), visit(2, Amount="abc"))

        assert set(answer.json["ModelState"]) == {"invoices[0].Number", "invoices[1].Amount"}

    def test_a_null_makes_no_phantom_that_shows(self, push: Push, arm: Arm) -> None:
        arm(envelope={"phantom": 1})

        assert push(None).json == []
