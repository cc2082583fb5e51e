from __future__ import annotations

from typing import Any

import pytest

from tests.support.client import Client
from tests.vendors.guidewire.samples import A_ID, BATCH, GOOD, A, messages, patching, shown, statuses


class TestFrames:
    """A fault in one call's frame refuses that call only."""

    @pytest.mark.parametrize(
        ("frame", "message"),
        [
            (
                {"method": "patch", "path": f"/bulk-invoices/{A_ID}", "data": {"attributes": {}}},
                "Property 'data' is not defined in the schema",
            ),
            ({"method": "get"}, "The 'path' property is required"),
            ({"method": "get", "path": 5}, "The value of 'path' must be of type string"),
            (
                {"method": "get", "path": "/bulk-invoices", "headers": [{"name": "x"}]},
                "The 'value' property is required",
            ),
            (
                {"method": "get", "path": "/bulk-invoices", "query": {}},
                "The value of 'query' must be of type string",
            ),
            ({"method": "patch", "path": "/x", "body": []}, "The value of 'body' must be of type object"),
            (None, "The value of 'requests' must be of type object"),
            (["get"], "The value of 'requests' must be of type object"),
        ],
    )
    def test_it_is_refused_and_the_others_run(self, guidewire: Client, frame: Any, message: str) -> None:
        answered = guidewire.post(BATCH, json={"requests": [frame, GOOD]})

        assert answered.status == 200
        assert statuses(answered) == [400, 200]
        assert answered.json["responses"][0]["body"]["details"][0]["message"] == message

    def test_its_place_is_told(self, guidewire: Client) -> None:
        answered = guidewire.post(BATCH, json={"requests": [GOOD, {"method": "get", "path": 5}]})

        detail = answered.json["responses"][1]["body"]["details"][0]
        assert detail["properties"]["path"] == "requests[1].path"

    def test_one_that_aborts_ends_the_batch(self, guidewire: Client) -> None:
        frame = {"method": "get", "path": 5, "onFail": "abort"}

        answered = guidewire.post(BATCH, json={"requests": [frame, GOOD]})

        assert statuses(answered) == [400]

    def test_bare_data_is_no_body_even_when_unknown_names_may_pass(self, guidewire: Client) -> None:
        frame = {
            "method": "patch",
            "path": f"/bulk-invoices/{A_ID}",
            "data": {"attributes": {"mailTo": "x"}},
        }

        answered = guidewire.post(
            BATCH, json={"requests": [frame]}, headers={"GW-UnknownPropertyHandling": "ignore"}
        )

        assert statuses(answered) == [400]
        assert shown(guidewire, A)["mailTo"] == "Nora Whitlock"


class TestContainers:
    """A batch that is none runs nothing."""

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"requests": []},
            {"requests": {}},
            {"requests": None},
            {"requests": [GOOD], "selections": []},
            {"Requests": [GOOD]},
            [GOOD],
            {"requests": [GOOD, {**GOOD, "method": "PATCH"}]},
            {"requests": [GOOD, {**GOOD, "method": "put"}]},
            {"requests": [GOOD, {**GOOD, "method": None}]},
            {"requests": [GOOD, {"path": "/bulk-invoices"}]},
            {"requests": [GOOD, {**GOOD, "onFail": "stop"}]},
            {"requests": [GOOD] * 101},
        ],
    )
    def test_it_is_refused_as_a_whole(self, guidewire: Client, body: Any) -> None:
        answered = guidewire.post(BATCH, json=body)

        assert answered.status == 400
        assert answered.json["errorCode"] == "gw.api.rest.exceptions.BadInputException"
        assert shown(guidewire, A)["bulkInvoiceTotal"] == "0.00"

    def test_a_hundred_calls_are_not_too_many(self, guidewire: Client) -> None:
        requests = [patching(A_ID, bulkInvoiceTotal=f"{number}.00") for number in range(100)]

        answered = guidewire.post(BATCH, json={"requests": requests})

        assert statuses(answered) == [200] * 100
        assert shown(guidewire, A)["bulkInvoiceTotal"] == "99.00"

    def test_a_hundred_and_one_are_said_to_be(self, guidewire: Client) -> None:
        answered = guidewire.post(BATCH, json={"requests": [GOOD] * 101})

        assert messages(answered) == ["The 'requests' property must not have more than 100 elements"]


class TestPaths:
    def test_the_long_form_is_not_found(self, guidewire: Client) -> None:
        answered = guidewire.post(BATCH, json={"requests": [{"method": "get", "path": A}]})

        assert statuses(answered) == [404]

    @pytest.mark.parametrize(
        "path", ["", "bulk-invoices", "/bulk-invoices/", "/bulk-invoices?pageSize=1", "/\n"]
    )
    def test_nor_is_what_is_no_path(self, guidewire: Client, path: str) -> None:
        answered = guidewire.post(BATCH, json={"requests": [{"method": "get", "path": path}]})

        entry = answered.json["responses"][0]
        assert entry["body"]["userMessage"] == f"No resource was found at path {path}"

    def test_an_escaped_id_is_read_as_in_an_address(self, guidewire: Client) -> None:
        path = f"/bulk-invoices/{A_ID.replace(':', '%3A')}"

        answered = guidewire.post(BATCH, json={"requests": [{"method": "get", "path": path}]})

        assert statuses(answered) == [200]

    def test_a_method_that_the_path_lacks_is_not_allowed(self, guidewire: Client) -> None:
        answered = guidewire.post(
            BATCH, json={"requests": [{"method": "post", "path": f"/bulk-invoices/{A_ID}"}]}
        )

        entry = answered.json["responses"][0]
        assert (entry["status"], entry["headers"]) == (
            405,
            [{"name": "Allow", "value": "GET, PATCH, DELETE"}],
        )

    def test_a_batch_holds_no_batch(self, guidewire: Client) -> None:
        inner = {"method": "post", "path": "/batch", "body": {"requests": [GOOD]}}

        answered = guidewire.post(BATCH, json={"requests": [inner]})

        assert statuses(answered) == [400]
        assert shown(guidewire, A)["bulkInvoiceTotal"] == "0.00"

    def test_a_query_belongs_to_its_call(self, guidewire: Client) -> None:
        call = {"method": "get", "path": f"/bulk-invoices/{A_ID}", "query": "fields=id,status"}

        answered = guidewire.post(BATCH, json={"requests": [call]})

        assert answered.json["responses"][0]["body"]["data"]["attributes"] == {
            "id": A_ID,
            "status": {"code": "draft", "name": "Draft"},
        }

    def test_an_unknown_query_is_refused_there(self, guidewire: Client) -> None:
        call = {"method": "get", "path": "/bulk-invoices", "query": "?bogus=1"}

        answered = guidewire.post(BATCH, json={"requests": [call]})

        assert statuses(answered) == [400]
