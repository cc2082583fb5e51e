from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client, Response
from tests.vendors.guidewire.samples import (
    A_ID,
    B_ID,
    B_ITEM,
    BATCH,
    COMPOSITE,
    INVOICES,
    ITEM,
    A,
    B,
    ids,
    messages,
    sent,
    shown,
)
from tests.vendors.guidewire.statuses import Assume

OPEN: dict[str, Any] = {
    "method": "post",
    "uri": INVOICES,
    "body": sent(payeeAddressBookUID="ab:1", invoiceNumber="New"),
    "vars": [{"name": "id", "path": "$.data.attributes.id"}],
}
ADD: dict[str, Any] = {
    "method": "post",
    "uri": f"{INVOICES}/${{id}}/bulk-invoice-items",
    "body": sent(**ITEM),
}
BAD = {"method": "patch", "uri": A, "body": sent(foo=1)}


def change(uri: str, **attributes: Any) -> dict[str, Any]:
    """A request that changes what is at `uri`."""
    return {"method": "patch", "uri": uri, "body": sent(**attributes)}


def run(client: Client, *requests: Any, selections: Any = None, **headers: str) -> Response:
    """The answer to a composite of these."""
    body = {"requests": list(requests)} | ({"selections": selections} if selections is not None else {})
    return client.within(**headers).post(COMPOSITE, json=body)


def invoices(client: Client) -> list[str]:
    return ids(client.get(INVOICES))


class TestVariables:
    def test_what_was_made_can_be_used(self, guidewire: Client) -> None:
        answered = run(guidewire, OPEN, ADD)

        made, added = answered.json["responses"]
        assert (answered.status, made["status"], added["status"]) == (200, 201, 201)
        path = made["body"]["data"]["links"]["self"]["href"]
        assert shown(guidewire, path)["totalTransactionAmount"]["amount"] == "500.00"

    def test_they_are_filled_into_texts_of_a_body(self, guidewire: Client) -> None:
        naming = {**change(A, mailTo="Desk"), "vars": [{"name": "mail", "path": "$.data.attributes.mailTo"}]}

        run(guidewire, naming, change(B, mailTo="c/o ${mail}, ${mail}", invoiceNumber="${mail}"))

        assert shown(guidewire, B)["mailTo"] == "c/o Desk, Desk"
        assert shown(guidewire, B)["invoiceNumber"] == "Desk"

    def test_one_alone_keeps_its_type(self, guidewire: Client) -> None:
        naming = {
            **change(A, splitEqually=True),
            "vars": [{"name": "yes", "path": "$.data.attributes['splitEqually']"}],
        }

        run(guidewire, naming, change(B, splitEqually="${yes}"))

        assert shown(guidewire, B)["splitEqually"] is True

    def test_an_element_of_a_list_can_be_named(self, guidewire: Client) -> None:
        naming = {
            **change(A, mailTo="x"),
            "vars": [{"name": "method", "path": "$.data.links.self.methods[1]"}],
        }

        run(guidewire, naming, change(B, mailTo="${method}"))

        assert shown(guidewire, B)["mailTo"] == "patch"

    @pytest.mark.parametrize(
        "path",
        [
            "$.data.attributes.nope",
            "data.attributes.id",
            "$.data",
            "$..id",
            "$.data[0]",
            "$",
            "",
            "$.data.links.self.methods[99]",
        ],
    )
    def test_a_path_to_nothing_fails(self, guidewire: Client, path: str) -> None:
        answered = run(guidewire, {**OPEN, "vars": [{"name": "id", "path": path}]})

        error = answered.json["responses"][0]["requestError"]
        assert (answered.status, error["status"]) == (400, 400)
        assert error["details"][0]["properties"]["path"] == "requests[0].vars[0].path"

    def test_a_name_that_nobody_gave_fails(self, guidewire: Client) -> None:
        answered = run(guidewire, change(A, mailTo="${nobody}"))

        error = answered.json["responses"][0]["requestError"]
        assert error["details"][0]["message"] == "The variable 'nobody' is not known here"

    def test_a_deletion_answers_nothing_that_could_be_named(self, guidewire: Client) -> None:
        deleting = {"method": "delete", "uri": B_ITEM, "vars": [{"name": "x", "path": "$.data"}]}

        answered = run(guidewire, deleting)

        assert answered.status == 400
        assert guidewire.get(B_ITEM).status == 200

    def test_more_than_can_be_meant_is_not_filled_in(self, guidewire: Client) -> None:
        long = {
            **change(A, mailTo="x" * 100_000),
            "vars": [{"name": "mail", "path": "$.data.attributes.mailTo"}],
        }

        answered = run(guidewire, long, change(B, mailTo="${mail}" * 20))

        assert answered.status == 400
        assert len(answered.body) < 300_000
        assert shown(guidewire, A)["mailTo"] == "Nora Whitlock"


class TestAllOrNothing:
    def test_a_failure_undoes_what_went_well(self, guidewire: Client) -> None:
        before = invoices(guidewire)

        answered = run(guidewire, OPEN, BAD, change(B, mailTo="x"))

        assert answered.status == 400
        assert invoices(guidewire) == before
        assert shown(guidewire, B)["mailTo"] == "Nora Whitlock"

    def test_the_answer_tells_of_every_request(self, guidewire: Client) -> None:
        answered = run(guidewire, OPEN, BAD, change(B, mailTo="x"), selections=[{"uri": A}, {"uri": B}])

        assert list(answered.json) == ["requestFailed", "responses", "selections"]
        good, bad, rest = answered.json["responses"]
        assert answered.json["requestFailed"] is True
        assert good["status"] == 201
        assert bad["requestError"]["details"][0]["message"] == "Property 'foo' is not defined in the schema"
        assert rest == {"skipped": True}
        assert answered.json["selections"] == [{"skipped": True}, {"skipped": True}]

    def test_without_selections_none_are_skipped(self, guidewire: Client) -> None:
        assert "selections" not in run(guidewire, BAD).json

    @pytest.mark.parametrize(
        ("request_", "status"),
        [
            (change(f"{INVOICES}/xc:nope", mailTo="x"), 404),
            ({"method": "patch", "uri": A, "body": {"data": {"attributes": {}, "checksum": "1"}}}, 409),
            ({"method": "patch", "uri": A}, 400),
            ({"method": "post", "uri": A, "body": {}}, 405),
            ({"method": "post", "uri": f"{A}/submit"}, 400),
            ({"method": "post", "uri": "/sandbox/v1/run-escalation"}, 404),
            ({"method": "patch", "uri": "/nowhere\n%ff", "body": {}}, 404),
            ({"method": "post", "uri": BATCH, "body": {"requests": [{"method": "get", "path": "/x"}]}}, 400),
            ({"method": "post", "uri": COMPOSITE, "body": {}}, 400),
        ],
    )
    def test_any_refusal_is_a_failure(self, guidewire: Client, request_: Any, status: int) -> None:
        answered = run(guidewire, change(B, mailTo="x"), request_)

        assert (answered.status, answered.json["responses"][1]["requestError"]["status"]) == (400, status)
        assert shown(guidewire, B)["mailTo"] == "Nora Whitlock"

    def test_a_wrapped_error_is_told_without_its_wrapper(self, guidewire: Client, assume: Assume) -> None:
        assume(error_wrapper="error_object")

        answered = run(guidewire, BAD)

        assert answered.json["responses"][0]["requestError"]["status"] == 400

    def test_who_may_only_read_changes_nothing(self, guidewire: Client) -> None:
        reader = guidewire.within(authorization="Bearer guidewire-read-only")

        answered = run(reader, change(A, mailTo="x"))

        assert answered.json["responses"][0]["requestError"]["status"] == 403
        assert run(reader, selections=[{"uri": A}]).json["selections"][0]["status"] == 200


class TestHeaders:
    def test_one_transaction_id_covers_all_of_it(self, guidewire: Client) -> None:
        headers = {"gw_dbtransaction_id": "t-1"}

        first = run(guidewire, change(A, mailTo="1"), change(B, mailTo="1"), **headers)
        second = run(guidewire, change(A, mailTo="2"), **headers)

        assert (first.status, second.status) == (200, 400)
        assert second.json["errorCode"] == "gw.api.webservice.exception.AlreadyExecutedException"

    def test_a_failure_does_not_use_it_up(self, guidewire: Client) -> None:
        headers = {"gw_dbtransaction_id": "t-1"}

        run(guidewire, BAD, **headers)

        assert run(guidewire, change(A, mailTo="1"), **headers).status == 200

    def test_unless_the_assumption_says_so(self, guidewire: Client, assume: Assume) -> None:
        assume(failed_call_uses_id="on")
        run(guidewire, BAD, gw_dbtransaction_id="t-1")

        assert run(guidewire, change(A, mailTo="1"), gw_dbtransaction_id="t-1").status == 400

    def test_it_can_be_tried_as_a_whole(self, guidewire: Client) -> None:
        before = invoices(guidewire)

        answered = run(guidewire, OPEN, ADD, gw_donotcommit="true")

        assert [entry["status"] for entry in answered.json["responses"]] == [201, 201]
        assert invoices(guidewire) == before

    def test_a_checksum_is_not_inherited(self, guidewire: Client) -> None:
        assert run(guidewire, change(A, mailTo="x"), gw_checksum="1").status == 200

    def test_how_to_handle_the_unknown_is(self, guidewire: Client) -> None:
        assert run(guidewire, BAD, gw_unknownpropertyhandling="ignore").status == 200


class TestShape:
    def test_a_response_can_be_left_out(self, guidewire: Client) -> None:
        answered = run(guidewire, {**OPEN, "includeResponse": False}, ADD)

        assert answered.json["responses"][0] == {"responseIncluded": False}
        assert answered.json["responses"][1]["status"] == 201

    @pytest.mark.parametrize("fields", ["id,status", ["id", "status"]])
    def test_a_response_can_be_narrowed(self, guidewire: Client, fields: Any) -> None:
        answered = run(guidewire, {**OPEN, "parameters": {"fields": fields}})

        entry = answered.json["responses"][0]
        assert (entry["status"], list(entry["body"]["data"]["attributes"])) == (201, ["id", "status"])

    def test_narrowing_to_what_is_not_there_fails(self, guidewire: Client) -> None:
        answered = run(guidewire, {**change(A, mailTo="x"), "parameters": {"fields": "nope"}})

        assert answered.status == 400
        assert shown(guidewire, A)["mailTo"] == "Nora Whitlock"

    def test_a_deletion_has_no_body(self, guidewire: Client) -> None:
        answered = run(guidewire, {"method": "delete", "uri": B, "parameters": {"fields": "id"}})

        assert answered.json["responses"] == [{"status": 204, "headers": []}]

    def test_an_action_has_no_body_to_send(self, guidewire: Client) -> None:
        answered = run(
            guidewire, *({"method": "post", "uri": f"{B}/{name}"} for name in ("validate", "submit"))
        )

        assert answered.status == 200
        assert shown(guidewire, B)["status"]["code"] == "awaitingsubmission"

    def test_nothing_at_all_is_answered_with_nothing(self, guidewire: Client) -> None:
        answered = guidewire.post(COMPOSITE, json={})

        assert (answered.status, answered.json) == (200, {"responses": [], "selections": []})

    @pytest.mark.parametrize(
        "body",
        [
            [],
            {"requests": {}},
            {"requests": [{"uri": A}]},
            {"requests": [{"method": "get", "uri": A}]},
            {"requests": [{"method": "PATCH", "uri": A}]},
            {"requests": [{"method": "patch", "path": A}]},
            {"requests": [{**OPEN, "vars": [{"name": "id"}]}]},
            {"requests": [{**OPEN, "vars": [{"name": "id", "path": 1}]}]},
            {"requests": [{**OPEN, "onFail": "abort"}]},
            {"requests": [OPEN], "selections": [{"uri": A, "method": "get"}]},
            {"requests": [None]},
        ],
    )
    def test_what_is_no_composite_is_refused(self, guidewire: Client, body: Any) -> None:
        before = invoices(guidewire)

        answered = guidewire.post(COMPOSITE, json=body)

        assert (answered.status, answered.json["status"]) == (400, 400)
        assert invoices(guidewire) == before

    def test_requests_and_selections_count_together(self, guidewire: Client) -> None:
        requests = [change(A, mailTo=str(number)) for number in range(20)]

        answered = run(guidewire, *requests, selections=[{"uri": A}] * 6)

        assert messages(answered) == ["There are 26 requests and selections, at most 25 are allowed"]
        assert run(guidewire, *requests, selections=[{"uri": A}] * 5).status == 200


class TestSelections:
    def test_they_see_what_was_done(self, guidewire: Client) -> None:
        selection = {"uri": A, "parameters": {"fields": ["id", "mailTo"]}}

        answered = run(guidewire, change(A, mailTo="Desk"), selections=[selection])

        found = answered.json["selections"][0]["body"]["data"]["attributes"]
        assert found == {"id": A_ID, "mailTo": "Desk"}

    def test_they_use_variables(self, guidewire: Client) -> None:
        selections = [
            {"uri": f"{INVOICES}/${{id}}"},
            {"uri": INVOICES, "parameters": {"filter": ["invoiceNumber:eq:${number}"]}},
        ]
        naming = [*OPEN["vars"], {"name": "number", "path": "$.data.attributes.invoiceNumber"}]

        answered = run(guidewire, {**OPEN, "vars": naming}, selections=selections)

        one, several = (entry["body"] for entry in answered.json["selections"])
        assert several["data"][0]["attributes"]["id"] == one["data"]["attributes"]["id"]

    def test_they_take_the_parameters_of_a_list(self, guidewire: Client) -> None:
        parameters = {
            "filter": ["status:in:draft,rejected", "payTo:sw:Nora"],
            "includeTotal": True,
            "pageOffset": 1,
            "pageSize": 1,
            "sort": ["-scheduledSendDate", "invoiceNumber"],
        }

        answered = run(guidewire, selections=[{"uri": INVOICES, "parameters": parameters}])

        page = answered.json["selections"][0]["body"]
        assert (page["total"], [row["attributes"]["id"] for row in page["data"]]) == (2, [A_ID])

    @pytest.mark.parametrize(
        ("selection", "status"),
        [
            ({"uri": f"{INVOICES}/xc:nope"}, 404),
            ({"uri": f"{INVOICES}/${{nobody}}"}, 400),
            ({"uri": INVOICES, "parameters": {"pageSize": 1000}}, 400),
            ({"uri": "/claim/v1/batch"}, 400),
            ({"uri": "/elsewhere"}, 404),
        ],
    )
    def test_a_failure_undoes_nothing(self, guidewire: Client, selection: Any, status: int) -> None:
        answered = run(guidewire, change(A, mailTo="Desk"), selections=[selection, {"uri": B}])

        assert answered.status == 200
        assert [entry["status"] for entry in answered.json["selections"]] == [status, 200]
        assert shown(guidewire, A)["mailTo"] == "Desk"
        assert answered.json["selections"][1]["body"]["data"]["attributes"]["id"] == B_ID
