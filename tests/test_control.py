from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver import __version__
from tests.support import made_up
from tests.support.client import Answered, Client

SANDBOXES = "/_mock/sandboxes"
NEW = {
    "name": "new",
    "seed": 7,
    "clock": {
        "mode": "frozen",
        "at": "2026-01-05T09:00:00Z",
        "now": "2026-01-05T09:00:00Z",
        "aheadSeconds": 0,
    },
    "assumptions": {},
    "empty": False,
    "records": 0,
    "calls": 0,
}


@pytest.fixture
def operator(tmp_path: Path) -> Client:
    """A client of a server that serves the made-up vendor alone."""
    return made_up.client(tmp_path, seed=3, freeze="2026-01-05T09:00:00Z")


def create(operator: Client, **members: Any) -> Answered:
    return operator.post(SANDBOXES, json={"name": "new", **members})


def order(operator: Client, *keys: str) -> Answered:
    orders = [{"id": key, "amount": 1} for key in keys]
    return operator.put("/acme/orders", json={"orders": orders}, headers={"mock-sandbox": "new"})


def listed(operator: Client) -> list[str]:
    return [sandbox["name"] for sandbox in operator.get(SANDBOXES).json]


def test_health_tells_what_is_served(operator: Client) -> None:
    assert operator.get("/_mock/health").json == {
        "status": "ok",
        "version": __version__,
        "vendors": ["acme"],
    }


def test_vendors_tell_where_they_are_and_what_they_do(operator: Client) -> None:
    assert operator.get("/_mock/vendors").json == [
        {
            "name": "acme",
            "title": "Acme orders",
            "mount": "/acme",
            "operations": ["listOrders", "putOrders", "showOrder"],
            "batches": ["putOrders"],
        }
    ]


def test_a_sandbox_is_made(operator: Client) -> None:
    answered = create(operator, seed=7, freeze="2026-01-05T10:00:00+01:00")

    assert (answered.status, answered.json) == (201, NEW)


def test_a_sandbox_that_was_made_is_shown(operator: Client) -> None:
    create(operator, seed=7, freeze="2026-01-05T09:00:00Z")

    assert operator.get(f"{SANDBOXES}/new").json == NEW


def test_a_sandbox_has_the_system_clock_unless_it_is_frozen(operator: Client) -> None:
    clock = create(operator).json["clock"]

    assert (clock["mode"], clock["at"]) == ("system", None)


def test_sandboxes_are_listed_by_name(operator: Client) -> None:
    create(operator)

    assert listed(operator) == ["default", "new"]


def test_a_sandbox_that_is_there_is_a_conflict(operator: Client) -> None:
    create(operator)

    answered = create(operator)

    assert (answered.status, answered.json["code"]) == (409, "sandbox-exists")


def test_a_sandbox_tells_its_records_and_its_calls(operator: Client) -> None:
    order(operator, "A", "B")

    shown = operator.get(f"{SANDBOXES}/new").json

    assert (shown["records"], shown["calls"]) == (2, 1)


def test_a_deleted_sandbox_is_gone_with_its_journal(operator: Client) -> None:
    order(operator, "A")

    answered = operator.delete(f"{SANDBOXES}/new")

    assert (answered.status, answered.body, listed(operator)) == (204, b"", ["default"])
    assert order(operator, "A").headers["mock-journal"] == "1"


def test_the_default_sandbox_comes_back_as_the_server_was_started(operator: Client) -> None:
    before = operator.get(f"{SANDBOXES}/default").json

    operator.delete(f"{SANDBOXES}/default")

    assert operator.get(f"{SANDBOXES}/default").json == before


def test_reset_brings_the_beginning_back(operator: Client) -> None:
    create(operator, seed=7, freeze="2026-01-05T09:00:00Z")
    order(operator, "A")

    answered = operator.post(f"{SANDBOXES}/new/reset")

    assert (answered.status, answered.json) == (200, NEW)


def test_dump_shows_every_document(operator: Client) -> None:
    order(operator, "A")

    assert operator.get(f"{SANDBOXES}/new/dump").json["acme/"] == {"orders": {"A": {"id": "A", "amount": 1}}}


def test_the_journal_lists_calls_in_short(operator: Client) -> None:
    order(operator, "A", "")

    (entry,) = operator.get(f"{SANDBOXES}/new/journal").json

    assert {name: entry[name] for name in entry if name not in ("at", "durationMillis")} == {
        "number": 1,
        "vendor": "acme",
        "method": "PUT",
        "path": "/orders",
        "query": "",
        "operation": "putOrders",
        "status": 207,
        "refusal": None,
        "items": 2,
        "outcomes": {"created": 1, "rejected": 1},
    }


def test_the_journal_lists_the_newest_that_are_asked_for(operator: Client) -> None:
    order(operator, "A")
    order(operator, "B")
    order(operator, "C")

    shown = operator.get(f"{SANDBOXES}/new/journal?last=2").json

    assert [entry["number"] for entry in shown] == [2, 3]


def test_an_entry_is_shown_whole(operator: Client) -> None:
    order(operator, "A", "")

    entry = operator.get(f"{SANDBOXES}/new/journal/1").json

    assert entry["request"]["body"] == ('{"orders": [{"id": "A", "amount": 1}, {"id": "", "amount": 1}]}')
    assert entry["reply"]["mediaType"] == "application/json"
    assert [(item["key"], item["action"]) for item in entry["decided"]] == [
        ("A", "created"),
        ("", "rejected"),
    ]


def test_an_entry_tells_why_an_item_was_rejected(operator: Client) -> None:
    order(operator, "")

    (problem,) = operator.get(f"{SANDBOXES}/new/journal/1").json["decided"][0]["problems"]

    assert (problem["code"], problem["pointer"], problem["rule"]) == (
        "too-short",
        "/orders/0/id",
        "minLength",
    )


def test_an_entry_masks_credentials(operator: Client) -> None:
    order(operator, "A")

    shown = operator.get(f"{SANDBOXES}/new/journal/1").json

    assert shown["request"]["headers"]["authorization"] == "Bearer ab…"


def test_a_body_that_is_no_text_is_shown_as_far_as_it_is(operator: Client) -> None:
    operator.put(
        "/acme/orders",
        content=b"\xff",
        headers={"mock-sandbox": "new", "content-type": "application/json"},
    )

    assert operator.get(f"{SANDBOXES}/new/journal/1").json["request"]["body"] == "\ufffd"


def test_a_cleared_journal_is_empty_and_numbers_go_on(operator: Client) -> None:
    order(operator, "A")

    answered = operator.delete(f"{SANDBOXES}/new/journal")

    assert (answered.status, operator.get(f"{SANDBOXES}/new/journal").json) == (204, [])
    assert order(operator, "A").headers["mock-journal"] == "2"


def test_control_calls_are_not_in_the_journal(operator: Client) -> None:
    operator.get(f"{SANDBOXES}/default")

    assert operator.get(f"{SANDBOXES}/default/journal").json == []


UNKNOWN = [
    ("GET", ""),
    ("DELETE", ""),
    ("POST", "/reset"),
    ("GET", "/dump"),
    ("GET", "/journal"),
    ("DELETE", "/journal"),
    ("GET", "/journal/1"),
]


@pytest.mark.parametrize(("method", "path"), UNKNOWN)
def test_an_unknown_sandbox_is_not_found_and_not_made(operator: Client, method: str, path: str) -> None:
    answered = operator.request(method, f"{SANDBOXES}/nope{path}")

    assert (answered.status, answered.media_type, answered.json["code"]) == (
        404,
        "application/problem+json",
        "unknown-sandbox",
    )
    assert listed(operator) == ["default"]


@pytest.mark.parametrize("number", ["2", "2147483647"])
def test_an_entry_that_is_not_there_is_not_found(operator: Client, number: str) -> None:
    order(operator, "A")

    answered = operator.get(f"{SANDBOXES}/new/journal/{number}")

    assert (answered.status, answered.json["code"]) == (404, "unknown-entry")


BAD_BODIES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "no-json": (b"{", 400),
    "null": (b"null", 400),
    "list": (b"[]", 400),
    "no-name": (b"{}", 400),
    "unknown-member": (b'{"name": "new", "colour": "red"}', 400),
    "capital": (b'{"name": "New"}', 400),
    "long-name": (b'{"name": "' + b"a" * 65 + b'"}', 400),
    "newline-in-name": (b'{"name": "new\\n"}', 422),
    "seed-text": (b'{"name": "new", "seed": "7"}', 400),
    "seed-fraction": (b'{"name": "new", "seed": 1.5}', 400),
    "seed-below": (b'{"name": "new", "seed": -1}', 400),
    "seed-nan": (b'{"name": "new", "seed": NaN}', 400),
    "seed-of-5000-digits": (b'{"name": "new", "seed": ' + b"9" * 5000 + b"}", 400),
    "freeze-word": (b'{"name": "new", "freeze": "yesterday"}', 400),
    "freeze-day": (b'{"name": "new", "freeze": "2026-01-05"}', 400),
    "freeze-before-time": (b'{"name": "new", "freeze": "0001-01-01T00:00:00+14:00"}', 422),
    "empty-text": (b'{"name": "new", "empty": "yes"}', 400),
    "bad-utf-8": (b'{"name": "\xff"}', 400),
    "brackets": (b"[" * 100_000, 400),
    "deep": (b'{"name": ' + b"[" * 65 + b"]" * 65 + b"}", 400),
    "over-the-limit": (b'{"name": "' + b"a" * 1024 * 1024 + b'"}', 413),
}


@pytest.mark.parametrize(("body", "status"), BAD_BODIES.values(), ids=BAD_BODIES.keys())
@pytest.mark.parametrize("chunks", [1, 3], ids=["whole", "chunked"])
def test_a_bad_body_makes_no_sandbox(operator: Client, body: bytes, status: int, chunks: int) -> None:
    answered = operator.post(
        SANDBOXES, content=body, headers={"content-type": "application/json"}, chunks=chunks
    )

    assert (answered.status, answered.media_type) == (status, "application/problem+json")
    assert listed(operator) == ["default"]


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/x-www-form-urlencoded"])
def test_another_media_type_is_unsupported(operator: Client, media_type: str) -> None:
    answered = operator.post(SANDBOXES, content=b'{"name": "new"}', headers={"content-type": media_type})

    assert (answered.status, answered.media_type) == (415, "application/problem+json")


@pytest.mark.parametrize(
    "headers", [{}, {"content-type": "Application/JSON ; charset=utf-8"}], ids=["no", "odd"]
)
def test_a_body_may_come_with_an_odd_media_type_or_none(operator: Client, headers: dict[str, str]) -> None:
    assert operator.post(SANDBOXES, content=b'{"name": "new"}', headers=headers).status == 201


def test_a_body_may_come_in_chunks(operator: Client) -> None:
    assert operator.post(SANDBOXES, json={"name": "new"}, chunks=4).status == 201


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_mock/nope", 404),
        ("GET", "/_mock/health/", 404),
        ("GET", f"{SANDBOXES}/default/journal/one", 404),
        ("GET", f"{SANDBOXES}/default/journal/{'9' * 5000}", 404),
        ("GET", f"{SANDBOXES}/default%0A", 404),
        ("GET", f"{SANDBOXES}/Default", 400),
        ("GET", f"{SANDBOXES}/default/journal/0", 400),
        ("GET", f"{SANDBOXES}/default/journal?last=0", 400),
        ("GET", f"{SANDBOXES}/default/journal?last=x", 400),
        ("GET", f"{SANDBOXES}/default/journal?colour=red", 400),
        ("PUT", "/_mock/health", 405),
    ],
)
def test_a_bad_call_is_a_problem_document(operator: Client, method: str, path: str, status: int) -> None:
    answered = operator.request(method, path)

    assert (answered.status, answered.media_type) == (status, "application/problem+json")
    assert (answered.json["status"], answered.json["code"]) == (status, f"http-{status}")


def test_a_refused_method_names_those_that_are_allowed(operator: Client) -> None:
    assert "GET" in operator.put("/_mock/health").headers["allow"]


def test_no_credential_is_asked_for(operator: Client) -> None:
    assert operator.without("authorization").get("/_mock/health").status == 200


def test_control_has_no_journal_header(operator: Client) -> None:
    assert "mock-journal" not in operator.get("/_mock/health").headers


CLOCK = f"{SANDBOXES}/new/clock"


def test_a_clock_that_stands_moves_when_it_is_advanced(operator: Client) -> None:
    create(operator, freeze="2026-01-05T09:00:00Z")

    assert operator.post(f"{CLOCK}/advance", json={"seconds": 361}).json == {
        "mode": "frozen",
        "at": "2026-01-05T09:06:01Z",
        "now": "2026-01-05T09:06:01Z",
        "aheadSeconds": 0,
    }


def test_a_clock_that_runs_goes_on_ahead(operator: Client) -> None:
    create(operator)
    operator.post(f"{CLOCK}/advance", json={"seconds": 100})

    clock = operator.post(f"{CLOCK}/advance", json={"seconds": 50}).json

    assert (clock["mode"], clock["aheadSeconds"]) == ("system", 150)


def test_a_clock_is_frozen_and_thawed(operator: Client) -> None:
    create(operator)
    frozen = operator.post(f"{CLOCK}/freeze", json={"at": "2030-02-28T23:00:00+01:00"}).json
    thawed = operator.post(f"{CLOCK}/thaw").json

    assert (frozen["now"], thawed["mode"], thawed["at"]) == ("2030-02-28T22:00:00Z", "system", None)


def test_a_clock_is_frozen_where_it_is(operator: Client) -> None:
    create(operator)

    clock = operator.post(f"{CLOCK}/freeze", json={}).json

    assert clock["at"] == clock["now"]


def test_a_clock_ends_with_the_year_9999(operator: Client) -> None:
    create(operator, freeze="9999-12-31T00:00:00Z")

    answered = operator.post(f"{CLOCK}/advance", json={"seconds": 86400})

    assert (answered.status, answered.json["errors"][0]["pointer"]) == (422, "/seconds")


def test_reset_sets_the_clock_back(operator: Client) -> None:
    create(operator, freeze="2026-01-05T09:00:00Z")
    operator.post(f"{CLOCK}/advance", json={"seconds": 5})

    operator.post(f"{SANDBOXES}/new/reset")

    assert operator.get(CLOCK).json["now"] == "2026-01-05T09:00:00Z"


SWITCH = "acme.duplicate_members"
ASSUMPTIONS = f"{SANDBOXES}/new/assumptions"


def position(operator: Client) -> str:
    return str(next(one["value"] for one in operator.get(ASSUMPTIONS).json if one["id"] == SWITCH))


def test_a_switch_is_listed_with_its_positions_and_its_source(operator: Client) -> None:
    create(operator)

    assert operator.get(ASSUMPTIONS).json[-1] == {
        "id": SWITCH,
        "value": "last_wins",
        "default": "last_wins",
        "alternatives": ["refused"],
        "pattern": None,
        "meaning": "What becomes of a JSON object that names a member twice.",
        "source": "design §6: the vendors' parsers take the last",
    }


def test_a_switch_is_turned_and_turned_back(operator: Client) -> None:
    create(operator)
    operator.patch(ASSUMPTIONS, json={SWITCH: "refused"})
    turned = position(operator)
    operator.patch(ASSUMPTIONS, json={SWITCH: None})

    assert (turned, position(operator)) == ("refused", "last_wins")


def test_a_sandbox_begins_with_its_switches_turned_and_keeps_them_when_it_is_reset(operator: Client) -> None:
    create(operator, assumptions={SWITCH: "refused"})
    operator.patch(ASSUMPTIONS, json={SWITCH: None})

    operator.post(f"{SANDBOXES}/new/reset")

    assert position(operator) == "refused"


def test_another_sandbox_keeps_its_switches(operator: Client) -> None:
    create(operator)
    operator.post(SANDBOXES, json={"name": "other", "assumptions": {SWITCH: "refused"}})

    assert position(operator) == "last_wins"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            {"acme.duplicate_member": "refused"},
            "there is no switch acme.duplicate_member; do you mean acme.duplicate_members?",
        ),
        ({"x": "y"}, "there is no switch x"),
        ({SWITCH: "maybe"}, f"{SWITCH} has no position maybe; it has last_wins, refused"),
    ],
    ids=["name", "far-name", "position"],
)
def test_a_switch_that_cannot_be_turned_so_is_named(
    operator: Client, given: dict[str, str], said: str
) -> None:
    create(operator)

    answered = operator.patch(ASSUMPTIONS, json={**given, "acme.availability": "offline"})

    assert (answered.status, answered.json["detail"]) == (422, said)
    assert operator.get(f"{SANDBOXES}/new").json["assumptions"] == {}
