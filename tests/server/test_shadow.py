"""A real server with the mock beside it: what would have been answered otherwise, by item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mockserver.server.application import Options
from mockserver.server.forwarding import ForwardRules
from tests.contract.foreign import harbour
from tests.contract.foreign.access import API_KEY
from tests.contract.foreign.plain_http import closing, serving
from tests.support import claims_server
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

GOOD = {"invoice_Key": 1, "payee_ID": "P100", "description": "rent"}
BAD = {"invoice_Key": 2, "payee_ID": "NOPE"}
ROWS = [GOOD, BAD, {"invoice_Key": 3, "payee_ID": "P100"}]
HEADERS = {
    "user-agent": "tests",
    "authorization": "Bearer t",
    "x-api-key": "k",
    "vbasoftware-database": "sandbox",
}
ASSUMPTIONS = {"vba.create_status": "201"}


def front(url: str, *, headers: Mapping[str, str] = HEADERS, **options: Any) -> Client:
    """Return a client of a mock that passes calls on to `url`, and answers beside it."""
    forward = ForwardRules(url, is_shadowed=True)
    return Client(create_frozen_app(Options(forward=forward, **options)), dict(headers))


def claims(url: str, **assumptions: str) -> Client:
    given = {f"vba.{name}": value for name, value in assumptions.items()}
    return front(url, vendors=("vba",), assumptions=given).within("/vba")


def found(client: Client) -> list[tuple[Any, ...]]:
    """Return kind, item and cure of each difference in the order of calls."""
    listed = Client(client.app, {}).get("/_mock/sandboxes/default/journal").json
    entries = [
        Client(client.app, {}).get(f"/_mock/sandboxes/default/journal/{one['number']}").json for one in listed
    ]
    return [one for entry in entries for one in entry["differing"]]


def put_and_read(client: Client, rows: list[dict[str, Any]]) -> list[Any]:
    for _ in range(2):
        client.put("/claim-invoice-batch", json=rows)
    client.get("/claim-invoice/1")
    return found(client)


@pytest.mark.parametrize("seed", [1, 40, 700])
def test_a_right_server_with_ids_and_times_of_its_own_differs_in_nothing(seed: int) -> None:
    with claims_server.serve(seed=seed) as url:
        assert put_and_read(claims(url), ROWS) == []


@pytest.mark.parametrize(
    ("bug", "rows", "expected"),
    [
        ("status", [GOOD, BAD], ("status", 1, "2")),
        ("outcome", [GOOD, BAD], ("outcome", 1, "2")),
        ("message", [GOOD, BAD], ("message", 1, "2")),
        ("missing row", [GOOD, BAD, ROWS[2]], ("missing-row", 1, "2")),
        ("extra row", [GOOD, BAD], ("extra-row", 1, "2")),
        ("limit", ROWS, ("status", None, "")),
        ("unknown reference", [GOOD, {**BAD, "payee_ID": "P777"}], ("outcome", 1, "2")),
        ("key case", [{**GOOD, "payee_ID": "p100"}], ("outcome", 0, "1")),
    ],
)
def test_a_planted_difference_is_shown_once_with_its_item(
    bug: str, rows: list[dict[str, Any]], expected: tuple[Any, ...]
) -> None:
    with claims_server.serve(bug) as url:
        client = claims(url)
        client.put("/claim-invoice-batch", json=rows)
        assert [(one["kind"], one["index"], one["key"]) for one in found(client)] == [expected]


def test_an_update_told_as_a_creation_is_shown_with_its_item() -> None:
    with claims_server.serve("upsert") as url:
        shown = put_and_read(claims(url), [GOOD])
        assert [(one["kind"], one["key"], one["real"], one["mock"]) for one in shown] == [
            ("outcome", "1", "created", "updated")
        ]


def test_a_record_that_is_read_back_otherwise_is_shown_with_its_member() -> None:
    with claims_server.serve("record") as url:
        shown = put_and_read(claims(url), [GOOD])
        assert [(one["kind"], one["place"], one["real"], one["mock"]) for one in shown] == [
            ("record", "/data/description", "otherwise", "rent")
        ]


@pytest.mark.parametrize(
    ("bug", "payee", "cure"),
    [
        ("key case", "p100", "assumption vba.ci_keys=on"),
        ("unknown reference", "P777", "fixture payees P777"),
        ("message", "NOPE", "a rule that the mock does not know"),
    ],
)
def test_a_difference_says_what_would_settle_it(bug: str, payee: str, cure: str) -> None:
    with claims_server.serve(bug) as url:
        client = claims(url)
        client.put("/claim-invoice-batch", json=[{**GOOD, "payee_ID": payee}])
        assert [one["cure"] for one in found(client)] == [cure]


def test_an_assumption_that_settles_a_difference_settles_it_at_the_next_call() -> None:
    with claims_server.serve("key case") as url:
        client = claims(url)
        Client(client.app, {}).patch("/_mock/sandboxes/default/assumptions", json={"vba.ci_keys": "on"})
        client.put("/claim-invoice-batch", json=[{**GOOD, "payee_ID": "p100"}])
        assert found(client) == []


HARBOUR = {"files": (harbour.SPEC,), "overlays": (harbour.OVERLAY,), "vendors": ("harbour",)}
BERTHS = {
    "berths": [{"code": "AB-1", "metres": 8, "boat": "Ann"}, {"code": "AB-2", "metres": 2, "boat": "Bea"}]
}


def file_and_read(*bugs: str, turned: bool = False) -> list[Any]:
    with serving(closing(harbour.answer_with(*bugs, turned=turned))) as url:
        client = front(url, headers={"x-harbour-pass": API_KEY}, **HARBOUR).within("/harbour")
        client.post("/berths/batch", json=BERTHS)
        client.post("/berths/batch", json=BERTHS)
        client.get("/berths/AB-1")
        client.get("/berths")
        return found(client)


@pytest.mark.parametrize("turned", [False, True])
def test_a_right_server_of_an_own_file_may_have_words_and_an_order_of_its_own(*, turned: bool) -> None:
    assert file_and_read(turned=turned) == []


@pytest.mark.parametrize(
    ("bug", "expected"),
    [
        ("a refused berth counts", ("count", "", "accepted")),
        ("an update is told as a creation", ("outcome", "AB-1", "")),
    ],
)
def test_a_planted_difference_of_an_own_file_is_shown(bug: str, expected: tuple[str, str, str]) -> None:
    assert expected in {(one["kind"], one["key"], one["place"]) for one in file_and_read(bug)}
