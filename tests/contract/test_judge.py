from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from msgspec.structs import replace
from starlette.types import ASGIApp

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.credentials import headers_for
from mockserver.contract.exchange import Exchange, Finding, Request, Response
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.oracle.checks import ExchangeJudge
from mockserver.contract.profile import ExpectedStatuses, FixturePins, ReportedOutcomes
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.target import Address, Target
from mockserver.engine.registry import vendor_packages
from mockserver.model import Json
from mockserver.server.application import Options, create_app
from mockserver.spec.openapi import Operation, resolve
from tests.contract.exchanges import (
    BAD,
    GOOD,
    JSON,
    OTHER,
    acme,
    answered,
    judged,
    message,
    put,
    results,
    row,
)
from tests.support import sample_vendor

VENDORS = vendor_packages()


@pytest.fixture(scope="module")
def app() -> ASGIApp:
    """Every vendor, with credentials that count."""
    return create_app(Options(strict_auth=True))


def examples(known: ApiUnderTest) -> Iterator[tuple[Operation, str, Json]]:
    """Every example of a JSON body of a call."""
    for operation in known.spec.operations.values():
        node = known.spec.document["paths"][operation.path][operation.method].get("requestBody", {})
        for name, content in resolve(known.spec.document, node).get("content", {}).items():
            for one in content.get("examples", {}).values():
                if "json" in name:
                    yield operation, name, resolve(known.spec.document, one)["value"]


@pytest.mark.parametrize("vendor", VENDORS)
def test_our_own_answers_to_the_examples_of_a_spec_are_right(vendor: str, app: ASGIApp) -> None:
    known = load_vendor_api(vendor)
    judge, ledger = ExchangeJudge(known, RunConfig()), FindingLedger()
    found: list[Finding] = []

    with Target(Address(f"http://testserver/{vendor}", app)) as target:
        for operation, media_type, document in examples(known):
            headers = {
                **known.profile.headers(known.facts, 0),
                **headers_for(known, operation.id, known.profile.credentials),
                "content-type": media_type,
            }
            path = operation.path.replace("{", "").replace("}", "")
            body = json.dumps(document, default=float).encode()
            request = Request(operation.method.upper(), path, headers, body)
            found += judge(target.send(request, operation.id), ledger)

    assert [one.message for one in found] == []
    assert ledger.made


def test_what_was_judged_is_counted_by_operation_and_check(tmp_path: Path) -> None:
    exchange = answered(put(GOOD, BAD), 207, results(row("A-1"), row("A-9", 422, "no")))

    _, ledger = judged(acme(tmp_path), exchange)

    assert ledger.made["putOrders", "one-outcome-per-item"] == 2
    assert ledger.made["putOrders", "outcome-fits-the-item"] == 2
    assert ledger.made["putOrders", "refusals-say-why"] == 1
    assert ("putOrders", "count-is-processed") not in ledger.made


def test_the_judge_leaves_the_calls_and_the_findings_to_its_caller(tmp_path: Path) -> None:
    found, ledger = judged(acme(tmp_path), answered(put(GOOD), 207, results()))

    assert found
    assert (ledger.findings, ledger.exchanges, ledger.calls) == ([], [], {})


def test_a_finding_has_the_exchange_that_shows_it(tmp_path: Path) -> None:
    exchange = answered(put(GOOD), 207, results())

    found, _ = judged(acme(tmp_path), exchange)

    assert {one.operation for one in found} == {"putOrders"}
    assert all(one.exchanges == (exchange,) for one in found)


def test_only_the_checks_that_are_wanted_are_made(tmp_path: Path) -> None:
    found, ledger = judged(acme(tmp_path), answered(put(GOOD, BAD), 500, None), "no-server-error")

    assert [one.check for one in found] == ["no-server-error"]
    assert set(ledger.made) == {("putOrders", "no-server-error")}


def test_of_what_is_no_operation_nothing_is_said(tmp_path: Path) -> None:
    found, ledger = judged(acme(tmp_path), answered(Request("GET", "/nowhere"), 500, None))

    assert (found, ledger.made) == ((), {})


def test_a_call_by_another_method_is_its_callers_operation(tmp_path: Path) -> None:
    exchange = replace(answered(Request("DELETE", "/orders"), 207, results()), operation="putOrders")

    assert message(acme(tmp_path), exchange, "envelope-is-judged") == [
        "answers 207 to a call that must be refused: the path has no operation for DELETE"
    ]


def test_the_very_credentials_of_the_run_are_taken(tmp_path: Path) -> None:
    plain = acme(tmp_path)
    known = replace(plain, profile=replace(plain.profile, credentials={"token": {"bearer": "abc"}}))
    sentences = [
        message(
            known,
            answered(
                put(GOOD).having({"authorization": text}), 401, {"detail": "no"}, "application/problem+json"
            ),
            "envelope-is-judged",
        )
        for text in ("Bearer abc", "Bearer xyz")
    ]

    assert sentences == [["answers 401 to the credentials of this run"], []]


def test_a_401_that_no_spec_states_is_found_with_the_credentials_of_the_run_only(tmp_path: Path) -> None:
    plain = acme(tmp_path, sample_vendor.changed_document("/paths/~1orders/put/responses/401"))
    known = replace(plain, profile=replace(plain.profile, credentials={"token": {"bearer": "abc"}}))
    refused = [
        answered(put(GOOD).having(headers), 401, {"detail": "who?"}, "text/plain")
        for headers in ({"authorization": "Bearer abc"}, {"authorization": "Bearer xyz"}, {})
    ]

    sentences = [message(known, one, "answers-match-the-spec") for one in refused]

    assert [len(one) for one in sentences] == [1, 0, 0]


def test_a_recorded_401_that_no_spec_states_is_found_whatever_credentials_it_had(tmp_path: Path) -> None:
    plain = acme(tmp_path, sample_vendor.changed_document("/paths/~1orders/put/responses/401"))
    known = replace(plain, profile=replace(plain.profile, credentials={"token": {"bearer": "abc"}}))
    exchange = answered(put(GOOD), 401, {"detail": "who?"}, "text/plain")

    found = ExchangeJudge(known, RunConfig(), is_recorded=True)(exchange, FindingLedger())

    assert "answers-match-the-spec" in {one.check for one in found}


def test_a_status_that_the_profile_allows_to_bad_calls_is_right(tmp_path: Path) -> None:
    spec = acme(tmp_path)
    pins = FixturePins(
        expected_statuses={"showOrder": ExpectedStatuses("any text is taken", invalid=("200", "4xx"))}
    )
    known = replace(spec, profile=replace(spec.profile, pins=pins))
    exchange = replace(answered(Request("PUT", "/orders/A-1"), 200, GOOD), operation="showOrder")

    assert message(spec, exchange, "envelope-is-judged")
    assert message(known, exchange, "envelope-is-judged") == []


@pytest.mark.parametrize("error", [ValueError("no list"), KeyError("id"), TypeError("int")])
def test_a_reader_that_fails_ends_in_a_finding(error: Exception, tmp_path: Path) -> None:
    def failing(_exchange: Exchange, _items: object) -> ReportedOutcomes | None:
        raise error

    plain = acme(tmp_path)
    known = replace(plain, profile=replace(plain.profile, readers={"putOrders": failing}))

    found = message(known, answered(put(GOOD), 207, results(row("A-1"))), "one-outcome-per-item")

    assert len(found) == 1
    assert found[0].startswith("gives no per-item outcome that can be read: ")


def test_hostile_bytes_end_in_findings_and_no_traceback(tmp_path: Path) -> None:
    judge = ExchangeJudge(acme(tmp_path), RunConfig())
    bodies = [b"", b"\xff\xfe", b"[" * 9999, b'{"results": [[], null, 1e999, {"status": {}}]}', b'"\\ud800"']

    for body in bodies:
        answer = Response(207, JSON, body)
        assert judge(Exchange(put(GOOD, OTHER), answer), FindingLedger()), body
        for sent, charset in product(bodies, ("", "; charset=x")):
            headers = {"content-type": f"application/json{charset}"}
            found = judge(
                Exchange(Request("PUT", "/orders?a=%ff&%00", headers, sent), answer), FindingLedger()
            )
            assert all(finding.message for finding in found)


def test_keys_are_not_compared_where_the_path_says_which_record_is_meant() -> None:
    sent, meant = "e3e70682-c209-4cac-a29f-6fbed82c07cd", "1abe1ed0-0000-4000-8000-000000000004"
    headers = {"xero-tenant-id": "00000000-0000-4000-8000-000000000001", **JSON}
    body = json.dumps({"Invoices": [{"InvoiceID": sent}]}).encode()
    request = Request("POST", f"/api.xro/2.0/Invoices/{meant}", headers, body)

    exchange = answered(request, 200, {"Invoices": [{"InvoiceID": meant}]})

    assert message(load_vendor_api("xero"), exchange, "keys-are-the-items") == []
