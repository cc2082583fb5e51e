from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from mockserver.contract.facts import absent_note, absent_operations
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.target import Address, Target
from mockserver.server.application import Application
from tests.contract import bad_servers

API = load_vendor_api("vba")
EVERY = frozenset(API.spec.operations)
Answer = Callable[[str, str, bool], tuple[int, str]]


class Server:
    """Answers by method, path, and whether there was a token; `seen` are the calls."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.seen: list[tuple[str, str]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        del receive
        path = scope["path"]
        self.seen.append((scope["method"], path))
        has_token = any(name == b"authorization" for name, _ in scope["headers"])
        status, text = self.answer(scope["method"], path, has_token)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": text.encode()})


def absent(answer: Answer, *operations: str) -> dict[str, int]:
    with Target(Address("http://127.0.0.1", Server(answer))) as target:
        return dict(absent_operations(API, target, frozenset(operations) or EVERY))


@pytest.mark.parametrize("status", [405, 501])
def test_a_refused_method_is_not_built(status: int) -> None:
    def answer(method: str, _path: str, _has_token: bool) -> tuple[int, str]:  # noqa: FBT001 - as `Answer`
        return (status if method == "DELETE" else 400), ""

    assert absent(answer) == {"deleteClaimInvoice": status, "deletePayee": status}


def test_nothing_found_is_not_built_where_the_spec_has_no_404() -> None:
    found = absent(lambda *_: (404, ""))

    assert set(found) == {name for name, one in API.spec.operations.items() if "404" not in one.responses}


def test_a_record_that_is_not_there_is_no_missing_operation() -> None:
    def answer(method: str, path: str, has_token: bool) -> tuple[int, str]:  # noqa: FBT001 - as `Answer`
        if not has_token:
            return 401, ""
        return (404, "no such record") if method == "GET" and path.count("/") == 2 else (400, "")

    assert absent(answer) == {}


def test_a_path_that_nobody_serves_is_not_built_where_others_ask_who_calls() -> None:
    def answer(_method: str, path: str, has_token: bool) -> tuple[int, str]:  # noqa: FBT001 - as `Answer`
        if path.startswith(("/payees/", "/not-there")):
            return 404, f"nothing at {path}"
        return (400 if has_token else 401), ""

    assert set(absent(answer)) == {"getPayee", "updatePayee", "deletePayee"}


@pytest.mark.parametrize(("other", "expected"), [(404, {"putUpload"}), (405, set())])
def test_a_public_path_that_knows_no_method_at_all_is_not_built(other: int, expected: set[str]) -> None:
    def answer(method: str, path: str, has_token: bool) -> tuple[int, str]:  # noqa: FBT001 - as `Answer`
        if path.startswith(("/storage/", "/not-there")):
            return (404 if method == "PUT" else other), "nothing"
        return (400 if has_token else 401), ""

    with Target(Address("http://127.0.0.1", Server(answer))) as target:
        api = load_vendor_api("payt")
        assert set(absent_operations(api, target, frozenset(api.spec.operations))) == expected


def test_a_server_that_asks_nobody_keeps_its_reads() -> None:
    def answer(_method: str, path: str, _has_token: bool) -> tuple[int, str]:  # noqa: FBT001 - as `Answer`
        return (404, "") if path.count("/") == 2 else (400, "")

    assert absent(answer) == {}


@pytest.mark.parametrize("behaviour", [bad_servers.reset, bad_servers.answer(b"")], ids=["reset", "empty"])
def test_an_operation_that_is_not_answered_is_left_to_the_run(behaviour: bad_servers.Behaviour) -> None:
    behave = bad_servers.of_operation("/payees", behaviour, bad_servers.message(b"{}", b"405 No"))
    with bad_servers.serve(behave) as url, Target(Address(url)) as target:
        found = absent_operations(API, target, frozenset({"getPayee", "getClaimInvoice"}))

    assert found == {"getClaimInvoice": 405}


def test_only_operations_that_are_wanted_are_called() -> None:
    server = Server(lambda *_: (200, ""))
    with Target(Address("http://127.0.0.1", server)) as target:
        absent_operations(API, target, frozenset({"getPayee"}))

    assert server.seen == [("GET", "/payees/k2000000011")]


def test_our_own_server_has_all_operations(app: Application) -> None:
    with Target(Address("http://127.0.0.1:8080/vba", app)) as target:
        assert absent_operations(API, target, EVERY) == {}


def test_the_note_is_one_line() -> None:
    assert absent_note(API, {"createPayee": 405, "listPayee": 404}) == (
        "not built at the target: POST /payees (405), GET /payees (404); left out"
    )


def test_a_writing_call_below_an_id_that_no_record_has_is_tried() -> None:
    server = Server(lambda method, *_: (404 if method == "PUT" else 400, "no such page"))
    api = load_vendor_api("xero")
    with Target(Address("http://127.0.0.1", server)) as target:
        absent_operations(api, target, frozenset({"createPaymentHistory"}))

    (method, path), *_ = server.seen
    assert (method, path) == ("PUT", "/api.xro/2.0/Payments/0000000000000000000000007735940b/History")


def test_a_path_that_the_route_of_a_record_answers_is_not_built() -> None:
    def answer(_method: str, path: str, _has_token: bool) -> tuple[int, str]:  # noqa: FBT001 - as `Answer`
        key = path.removeprefix("/v1/invoices").removeprefix("/")
        return (404, f"no invoice {key} in 81") if key else (200, "")

    api = load_vendor_api("payt")
    with Target(Address("http://127.0.0.1", Server(answer))) as target:
        reads = frozenset({"getV1Invoices", "getV1InvoicesId", "getV1InvoicesDeleted"})
        assert absent_operations(api, target, reads) == {"getV1InvoicesDeleted": 404}


def test_a_read_is_asked_with_the_query_that_it_needs() -> None:
    asked: list[str] = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        asked.append(scope["query_string"].decode())
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    api = load_vendor_api("payt", {"administration": "4100"})
    with Target(Address("http://127.0.0.1", app)) as target:
        absent_operations(api, target, frozenset({"getV1InvoicesDeleted"}))

    assert parse_qs(asked[0])["administration_id"] == ["4100"]
    assert parse_qs(asked[0]).keys() == {"administration_id", "deleted_after"}
