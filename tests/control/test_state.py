from __future__ import annotations

from typing import Any

import pytest

from mockserver.control.state import record_label
from mockserver.model import Document
from tests.control.operators import NEW, SANDBOXES, create, order, orders
from tests.support.client import Client, Response

RECORDS = f"{NEW}/records?scope=acme/&collection=orders"


def found(operator: Client, query: str = "") -> list[str]:
    return [one["key"] for one in operator.get(RECORDS + query).json["records"]]


def listed(operator: Client) -> dict[tuple[str, str], tuple[int, bool]]:
    answer: list[dict[str, Any]] = operator.get(f"{NEW}/collections").json
    return {(one["scope"], one["collection"]): (one["records"], one["own"]) for one in answer}


def test_collections_are_listed_with_their_records(operator: Client) -> None:
    order(operator, "A", "B")

    assert listed(operator)["acme/", "orders"] == (2, False)


def test_what_the_server_keeps_for_itself_is_marked(operator: Client) -> None:
    create(operator, assumptions={"acme.duplicate_members": "refused"})

    own = listed(operator)

    assert (own["sandbox/", "settings"], own["acme/", "assumptions"]) == ((3, True), (1, True))


def test_records_come_in_pages_by_key(operator: Client) -> None:
    order(operator, "C", "A", "B")

    page = operator.get(f"{RECORDS}&offset=1&last=1").json

    assert page == {
        "total": 3,
        "records": [{"key": "B", "document": {"id": "B", "amount": 1}, "writtenBy": 1}],
    }


def test_a_record_tells_the_last_call_that_wrote_it(operator: Client) -> None:
    order(operator, "A", "B")
    body = {"orders": [{"id": "B", "amount": 2}]}
    operator.put("/acme/orders", json=body, headers={"mock-sandbox": "new"})

    records = operator.get(RECORDS).json["records"]

    assert [(one["key"], one["writtenBy"]) for one in records] == [("A", 1), ("B", 2)]


def test_a_record_that_was_loaded_was_written_by_nobody_known(operator: Client) -> None:
    create(operator)
    operator.patch(f"{NEW}/state", json={"acme/": {"orders": {"A": {"id": "A"}}}})

    assert operator.get(RECORDS).json["records"][0]["writtenBy"] is None


def test_a_record_that_was_loaded_after_a_call_was_written_by_the_control_plane(operator: Client) -> None:
    order(operator, "A")
    operator.patch(f"{NEW}/state", json={"acme/": {"orders": {"B": {"id": "B"}}}})

    records = operator.get(RECORDS).json["records"]

    assert [(one["key"], one["writtenBy"]) for one in records] == [("A", 1), ("B", 0)]


@pytest.mark.parametrize(("text", "keys"), [("ab", ["AB"]), ("77", ["C"]), ("nothing", []), ("amount", [])])
def test_records_are_searched_by_key_and_value(operator: Client, text: str, keys: list[str]) -> None:
    order(operator, "AB")
    body = {"orders": [{"id": "C", "amount": 77}]}
    operator.put("/acme/orders", json=body, headers={"mock-sandbox": "new"})

    assert found(operator, f"&text={text}") == keys


def test_one_record_is_found_by_its_key(operator: Client) -> None:
    order(operator, "A", "AB")

    assert (found(operator, "&key=A"), found(operator, "&key=B")) == (["A"], [])


def test_a_collection_that_holds_nothing_has_no_records(operator: Client) -> None:
    create(operator)

    assert operator.get(f"{NEW}/records?scope=acme/nobody&collection=orders").json["total"] == 0


STATE = f"{NEW}/state"
SCENARIO = {
    "version": 1,
    "name": "flaky",
    "rules": [{"id": "r1", "items": [{"select": {"key": "Z"}, "effect": {"fail": {"code": "internal"}}}]}],
}


def dump(operator: Client, query: str = "") -> Any:
    return operator.get(f"{NEW}/dump{query}").json


def load(operator: Client, state: Any, query: str = "") -> Response:
    return operator.put(f"{STATE}{query}", json=state)


def own(operator: Client, **members: Any) -> Any:
    """Return the sandbox scope of its dump, with some collections replaced."""
    return {**dump(operator)["sandbox/"], **members}


def test_a_dump_of_one_sandbox_makes_another_the_same(operator: Client) -> None:
    create(operator, seed=7, freeze="2026-01-05T09:00:00Z", scenarios=[SCENARIO])
    order(operator, "A")
    dumped = dump(operator)
    operator.post(SANDBOXES, json={"name": "other"})

    loaded = operator.put(f"{SANDBOXES}/other/state", json=dumped)

    assert (loaded.status, loaded.json) == (200, {"records": 1})
    assert operator.get(f"{SANDBOXES}/other/dump").json == dumped


def test_what_is_loaded_is_served(operator: Client) -> None:
    create(operator)

    load(operator, {"acme/": {"orders": {"Z": {"id": "Z", "amount": 5}}}})

    assert orders(operator) == ["Z"]


def test_an_amount_is_loaded_to_the_last_digit(operator: Client) -> None:
    create(operator)
    content = b'{"acme/": {"orders": {"Z": {"id": "Z", "amount": 12345678901234567890.10}}}}'
    operator.put(STATE, content=content, headers={"content-type": "application/json"})

    assert b"12345678901234567890.10" in operator.get("/acme/orders", headers={"mock-sandbox": "new"}).body


def test_a_whole_dump_takes_away_what_it_does_not_have(operator: Client) -> None:
    order(operator, "A")

    load(operator, {})

    assert orders(operator) == []


def test_a_whole_dump_that_says_nothing_of_the_sandbox_leaves_its_clock_and_its_seed(
    operator: Client,
) -> None:
    create(operator, seed=7, freeze="2026-01-05T09:00:00Z")
    before = dump(operator)["sandbox/"]

    load(operator, {})

    assert dump(operator)["sandbox/"] == before


def test_a_whole_dump_sets_the_clock(operator: Client) -> None:
    create(operator)
    settings = {**own(operator)["settings"], "clock": {"frozen": "2030-01-01T00:00:00Z", "ahead": 0}}

    load(operator, {"sandbox/": own(operator, settings=settings)})

    assert operator.get(f"{NEW}/clock").json["now"] == "2030-01-01T00:00:00Z"


def test_one_vendors_state_is_dumped_and_loaded_alone(operator: Client) -> None:
    create(operator, freeze="2026-01-05T09:00:00Z")
    order(operator, "A")
    dumped = dump(operator, "?vendor=acme")
    order(operator, "B")
    operator.post(f"{NEW}/clock/advance", json={"seconds": 60})

    load(operator, dumped, "?vendor=acme")

    assert (list(dumped), orders(operator)) == (["acme/"], ["A"])
    assert operator.get(f"{NEW}/clock").json["now"] == "2026-01-05T09:01:00Z"


def test_snapshots_stay_when_a_dump_is_loaded(operator: Client) -> None:
    create(operator)
    operator.post(f"{NEW}/snapshots", json={})

    load(operator, dump(operator))

    assert [one["id"] for one in operator.get(f"{NEW}/snapshots").json] == ["s1"]


SETTINGS: dict[str, Any] = {
    "seed": {"value": 1},
    "clock": {"frozen": None, "ahead": 0},
    "beginning": {"seed": 1, "frozen": None, "empty": False, "assumptions": {}, "scenarios": []},
}
KEPT = {"name": "flaky", "armed": True, "order": 1, "document": SCENARIO}

BAD: dict[str, tuple[Any, str, str]] = {
    "another-vendor": ({"nope/": {}}, "/nope~1", "unknown-scope"),
    "no-tenant": ({"acme": {}}, "/acme", "unknown-scope"),
    "no-vendor": ({"": {}}, "/", "unknown-scope"),
    "own-tenant": ({"sandbox/x": {}}, "/sandbox~1x", "unknown-scope"),
    "no-tables": ({"acme/": 5}, "/acme~1", "wrong-type"),
    "no-table": ({"acme/": {"orders": []}}, "/acme~1/orders", "wrong-type"),
    "no-document": ({"acme/": {"orders": {"A": None}}}, "/acme~1/orders/A", "wrong-type"),
    "no-document-of-a-tenant": ({"acme/t": {"orders": {"A": 1}}}, "/acme~1t/orders/A", "wrong-type"),
    "assumption": (
        {"acme/": {"assumptions": {"nope": {"name": "nope", "value": "on"}}}},
        "/acme~1/assumptions/nope",
        "unknown-value",
    ),
    "assumption-of-another-name": (
        {"acme/": {"assumptions": {"availability": {"name": "quota", "value": "up"}}}},
        "/acme~1/assumptions/availability",
        "wrong-name",
    ),
    "assumption-without-value": (
        {"acme/": {"assumptions": {"availability": {"name": "availability"}}}},
        "/acme~1/assumptions/availability/value",
        "missing-required",
    ),
    "sequence": ({"acme/": {"sequences": {"n": {"last": -1}}}}, "/acme~1/sequences/n/last", "out-of-range"),
    "quota": ({"acme/": {"quotas": {"q": {"used": 1}}}}, "/acme~1/quotas/q", "invalid"),
    "credential": (
        {"acme/": {"credentials": {"t": {"expires": "soon"}}}},
        "/acme~1/credentials/t/expires",
        "bad-format",
    ),
    "own-collection": (
        {"sandbox/": {"settings": SETTINGS, "snapshots": {}}},
        "/sandbox~1/snapshots",
        "unknown-collection",
    ),
    "no-settings": ({"sandbox/": {}}, "/sandbox~1/settings/seed", "missing-required"),
    "clock": (
        {"sandbox/": {"settings": {**SETTINGS, "clock": {"frozen": "noon", "ahead": 0}}}},
        "/sandbox~1/settings/clock/frozen",
        "bad-format",
    ),
    "clock-too-far-ahead": (
        {"sandbox/": {"settings": {**SETTINGS, "clock": {"frozen": None, "ahead": 10**15}}}},
        "/sandbox~1/settings/clock/ahead",
        "out-of-range",
    ),
    "beginning": (
        {
            "sandbox/": {
                "settings": {**SETTINGS, "beginning": {**SETTINGS["beginning"], "assumptions": {"x": "y"}}}
            }
        },
        "/sandbox~1/settings/beginning/assumptions",
        "unknown-value",
    ),
    "scenario-at-the-beginning": (
        {"sandbox/": {"settings": {**SETTINGS, "beginning": {**SETTINGS["beginning"], "scenarios": [{}]}}}},
        "/sandbox~1/settings/beginning/scenarios/0",
        "missing-key",
    ),
    "scenario": (
        {
            "sandbox/": {
                "settings": SETTINGS,
                "scenarios": {"flaky": {**KEPT, "document": {**SCENARIO, "rules": []}}},
            }
        },
        "/sandbox~1/scenarios/flaky/document/rules",
        "empty",
    ),
    "scenario-of-another-name": (
        {"sandbox/": {"settings": SETTINGS, "scenarios": {"other": KEPT}}},
        "/sandbox~1/scenarios/other",
        "wrong-name",
    ),
    "counter": (
        {"sandbox/": {"settings": SETTINGS, "scenario-counters": {"a/b": {"calls": "1"}}}},
        "/sandbox~1/scenario-counters/a~1b",
        "invalid",
    ),
    "scenario-state": (
        {"sandbox/": {"settings": SETTINGS, "scenario-states": {"a/b": {"value": 1}}}},
        "/sandbox~1/scenario-states/a~1b/value",
        "wrong-type",
    ),
}


@pytest.mark.parametrize(("state", "pointer", "code"), BAD.values(), ids=BAD.keys())
def test_a_state_that_cannot_be_loaded_is_told_by_its_pointer_and_changes_nothing(
    operator: Client, state: Any, pointer: str, code: str
) -> None:
    order(operator, "A")
    before = dump(operator)

    response = load(operator, {"acme/x": {"orders": {"B": {"id": "B", "amount": 1}}}, **state})

    assert (response.status, response.json["code"]) == (422, "impossible")
    first = response.json["errors"][0]
    assert (first["pointer"], first["code"]) == (pointer, code)
    assert dump(operator) == before


def test_a_good_state_with_everything_in_it_is_loaded(operator: Client) -> None:
    create(operator)
    state = {
        "sandbox/": {
            "settings": SETTINGS,
            "scenarios": {"flaky": KEPT},
            "scenario-counters": {
                "flaky/r1": {"calls": 2, "hits": 1},
                "flaky/r1/7": {"attempts": 1},
                "flaky/quota:q": {"window": 5, "used": 1},
            },
            "scenario-states": {"flaky/phase": {"value": "calm"}},
            "sequences": {"scenarios": {"last": 1}},
        },
        "acme/": {
            "assumptions": {"availability": {"name": "availability", "value": "offline"}},
            "credentials": {"t": {"kind": "good", "expires": "2026-01-05T09:00:00Z", "scopes": None}},
            "quotas": {"a": {"window": 5, "used": 1}, "b": {"at": "2026-01-05T09:00:00Z", "tokens": "1.5"}},
            "sequences": {"order": {"last": 3}},
        },
        "acme/t": {"orders": {"A": {"id": "A", "amount": 1}}},
    }

    load(operator, state)

    assert dump(operator) == state


@pytest.mark.parametrize(("vendor", "pointer"), [("nope", "/query/vendor"), ("acme", "/sandbox~1")])
def test_a_state_of_one_vendor_has_that_vendors_scopes_alone(
    operator: Client, vendor: str, pointer: str
) -> None:
    create(operator)

    response = load(operator, {"sandbox/": {}}, f"?vendor={vendor}")

    assert (response.status, response.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_vendor_that_is_not_served_has_no_dump(operator: Client) -> None:
    create(operator)

    response = operator.get(f"{NEW}/dump?vendor=nope")

    assert (response.status, response.json["detail"]) == (422, "no vendor nope is served; there are acme")


def test_of_many_problems_twenty_are_told_and_the_rest_counted(operator: Client) -> None:
    create(operator)

    response = load(operator, {f"x{number:02}/": {} for number in range(30)})

    assert len(response.json["errors"]) == 20
    assert response.json["detail"].endswith(", and 10 more")


def test_a_state_of_no_object_is_refused(operator: Client) -> None:
    create(operator)

    assert load(operator, [1]).status == 400


def test_some_documents_are_set_and_others_deleted_and_the_rest_stays(operator: Client) -> None:
    order(operator, "A", "B")

    merged = operator.patch(STATE, json={"acme/": {"orders": {"A": None, "Z": {"id": "Z", "amount": 5}}}})

    assert (merged.status, merged.json) == (200, {"records": 2})
    assert orders(operator) == ["B", "Z"]


@pytest.mark.parametrize(
    ("patch", "pointer", "code"),
    [
        ({"other/": {"orders": {}}}, "/other~1", "unknown-scope"),
        ({"acme/": []}, "/acme~1", "wrong-type"),
        ({"acme/": {"orders": {"A": 1}}}, "/acme~1/orders/A", "wrong-type"),
        (
            {"sandbox/": {"settings": {"clock": {"frozen": 1}}}},
            "/sandbox~1/settings/clock/frozen",
            "wrong-type",
        ),
    ],
)
def test_a_patch_that_makes_no_valid_state_changes_nothing(
    operator: Client, patch: Any, pointer: str, code: str
) -> None:
    create(operator)
    before = dump(operator)

    refused = operator.patch(STATE, json=patch)

    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, pointer)
    assert refused.json["errors"][0]["code"] == code
    assert dump(operator) == before


@pytest.mark.parametrize(
    ("document", "label"),
    [
        ({"id": 1, "ref": {"no": "R-17"}, "total": "150", "currency_code": "EUR"}, "R-17 · EUR 150"),
        ({"CurrencyCode": "EUR", "accountName": "", "InvoiceNumber": "N-1"}, "N-1"),
        ({"amount": 1}, "1"),
        ({"id": 1}, ""),
    ],
)
def test_a_record_is_labelled_by_what_clients_know(document: Document, label: str) -> None:
    assert record_label(document, [("ref", "no")]) == label
