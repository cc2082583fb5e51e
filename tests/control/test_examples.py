from __future__ import annotations

import json
from typing import Any

import pytest

from mockserver.engine.registry import vendor_packages
from mockserver.journal.entry import Entry
from mockserver.server.application import Options, create_app
from tests.support.client import Client, Response

VENDORS = vendor_packages()
SANDBOXES = "/_mock/sandboxes"


def example(client: Client, sandbox: str, **members: Any) -> Response:
    return client.post(f"{SANDBOXES}/{sandbox}/examples", json=members)


def send(client: Client, sandbox: str, vendor: str, batch: Any) -> Any:
    """Send the batch as it is, and return the entry of the journal."""
    client.request(
        batch["method"],
        f"/sandboxes/{sandbox}/{vendor}{batch['path']}",
        content=batch["body"].encode(),
        headers=batch["headers"],
    )
    journal = f"{SANDBOXES}/{sandbox}/journal"
    number = client.get(journal).json[-1]["number"]
    return client.get(f"{journal}/{number}").json


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize(("items", "bad"), [(3, 0), (3, 1), (2, 2), (1, 0)])
def test_the_items_of_an_example_come_out_as_asked_for(
    client: Client, sandbox: str, vendor: str, items: int, bad: int
) -> None:
    batch = example(client, sandbox, vendor=vendor, items=items, bad=bad).json

    entry = send(client, sandbox, vendor, batch)

    keys = [one["key"] for one in batch["keys"]]
    assert len(batch["items"]) == len(keys) == entry["items"] == items
    rejected = [keys[one["index"]] for one in entry["decided"] if one["action"] == "rejected"]
    assert rejected == batch["bad"]
    assert len(rejected) == bad


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_headers_have_credentials_that_strict_mode_accepts(vendor: str) -> None:
    from mockserver.contract.examples import ProfileExamples  # noqa: PLC0415

    strict = create_app(Options(vendors=(vendor,), strict_auth=True, examples=ProfileExamples))
    client = Client(strict, {"host": "testserver", "user-agent": "tests"})

    entry = send(client, "default", vendor, example(client, "default", vendor=vendor).json)

    assert (entry["refusal"], entry["items"]) == (None, 3)


def test_without_members_an_example_has_three_good_items_with_keys_from_one(
    client: Client, sandbox: str
) -> None:
    batch = example(client, sandbox, vendor="vba").json
    same = example(client, sandbox, vendor="vba", items=3, bad=0, first=1, operation="").json

    assert (batch, len(batch["items"]), batch["bad"]) == (same, 3, [])


def test_first_moves_the_keys(client: Client, sandbox: str) -> None:
    batches = [example(client, sandbox, vendor="vba", first=first).json for first in (1, 4)]

    assert not {one["key"] for one in batches[0]["keys"]} & {one["key"] for one in batches[1]["keys"]}


def test_the_body_is_the_items_in_the_vendors_form(client: Client, sandbox: str) -> None:
    batch = example(client, sandbox, vendor="vba", items=2).json

    assert json.loads(batch["body"]) == batch["items"]


def test_trying_an_example_leaves_no_call_and_no_sandbox(client: Client, sandbox: str) -> None:
    before = client.get(SANDBOXES).json
    example(client, sandbox, vendor="vba")

    assert client.get(f"{SANDBOXES}/{sandbox}/journal").json == []
    assert [one["name"] for one in client.get(SANDBOXES).json] == [one["name"] for one in before]


def test_a_refused_example_leaves_no_sandbox(client: Client, sandbox: str) -> None:
    before = [one["name"] for one in client.get(SANDBOXES).json]
    client.put(f"{SANDBOXES}/{sandbox}/state?vendor=vba", json={})

    assert example(client, sandbox, vendor="vba", operation="putClaimInvoiceBatch").status == 422
    assert [one["name"] for one in client.get(SANDBOXES).json] == before


def test_an_example_that_would_come_out_otherwise_is_refused_with_the_reason(
    client: Client, sandbox: str
) -> None:
    client.put(f"{SANDBOXES}/{sandbox}/state?vendor=vba", json={})

    answer = example(client, sandbox, vendor="vba", operation="putClaimInvoiceBatch")

    assert (answer.status, answer.json["code"]) == (422, "no-example")
    assert answer.json["detail"].startswith(
        "vba: no example of putClaimInvoiceBatch: putClaimInvoiceBatch with 0 of 3 items bad is answered with"
    )


def test_an_unknown_operation_is_refused_with_those_that_have_examples(client: Client, sandbox: str) -> None:
    detail = example(client, sandbox, vendor="vba", operation="nothing").json["detail"]

    assert detail.startswith("vba: no example of nothing: there are examples of putClaimInvoiceBatch")


def test_more_bad_items_than_items_are_refused(client: Client, sandbox: str) -> None:
    answer = example(client, sandbox, vendor="vba", items=3, bad=4)

    assert answer.status == 422
    assert answer.json["errors"][0] == {
        "pointer": "/bad",
        "code": "impossible",
        "detail": "4 of 3 items cannot be bad",
    }


def test_an_unknown_vendor_is_refused_with_those_that_are_served(client: Client, sandbox: str) -> None:
    answer = example(client, sandbox, vendor="nobody")

    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"] == "/vendor"
    assert answer.json["detail"].startswith("no vendor named nobody; there are ")


def test_a_server_that_was_built_without_examples_says_so() -> None:
    client = Client(create_app(Options(vendors=("vba",))), {"host": "testserver"})

    answer = example(client, "default", vendor="vba")

    assert (answer.status, answer.json["detail"]) == (422, "vba: this server was built without examples")


def test_a_vendor_of_which_only_a_spec_is_there_has_examples_too(operator: Client) -> None:
    batch = example(operator, "default", vendor="acme", items=2, bad=1).json

    entry = send(operator, "default", "acme", batch)

    assert entry["outcomes"] == {"created": 1, "rejected": 1}


@pytest.mark.parametrize("vendor", VENDORS)
def test_access_has_the_headers_of_every_call(client: Client, sandbox: str, vendor: str) -> None:
    access = client.get(f"/_mock/vendors/{vendor}/access").json
    batch = example(client, sandbox, vendor=vendor).json

    assert access["headers"].items() <= batch["headers"].items()
    assert any(access["token"] in text for text in access["headers"].values())
    assert access["tenant"] in ("", *access["headers"].values())


def test_access_names_the_collections_of_the_spec(client: Client) -> None:
    assert "claim-invoices" in client.get("/_mock/vendors/vba/access").json["collections"]


def test_access_to_a_vendor_that_is_not_served_is_not_found(client: Client) -> None:
    answer = client.get("/_mock/vendors/nobody/access")

    assert (answer.status, answer.json["code"]) == (404, "unknown-vendor")


def test_the_trial_of_an_example_is_not_in_the_log() -> None:
    from mockserver.contract.examples import ProfileExamples  # noqa: PLC0415

    vendor, logged = VENDORS[0], list[Entry]()
    options = Options(vendors=(vendor,), examples=ProfileExamples)
    client = Client(
        create_app(options, listeners=(logged.append,)), {"host": "testserver", "user-agent": "tests"}
    )

    batch = example(client, "default", vendor=vendor).json

    assert logged == []
    send(client, "default", vendor, batch)
    assert [entry.call.sandbox for entry in logged] == ["default"]
