from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import schemathesis
from schemathesis.checks import CHECKS as REGISTERED
from starlette.responses import Response

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import (
    ANSWERS_CAN_BE_READ,
    EVERY_CALL_IS_ANSWERED,
    Exchange,
    Finding,
    TargetUnreachableError,
)
from mockserver.contract.fuzzing import run
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.oracle.checks import ExchangeJudge
from mockserver.contract.run_state import FindingLedger, RunConfig, run_parts
from mockserver.contract.runner import FUZZING_PHASE
from mockserver.contract.target import Address, Target
from mockserver.contract.trial import Trial
from mockserver.server.application import Application
from tests.contract.of_control import CONTROL
from tests.contract.suite import effort, held, target, told
from tests.support.server_process import serve_process
from tests.support.spec_documents import VENDORS

NO_INVOICE = '<ArrayOfInvoice xmlns="http://schemas.datacontract.org/2004/07/PVExDataModel"><Invoice/></ArrayOfInvoice>'


def nothing(_exchange: Exchange, _ledger: FindingLedger) -> tuple[Finding, ...]:
    return ()


def sent(ledger: FindingLedger) -> list[tuple[str, str, bytes, int]]:
    return [
        (one.request.method, one.request.path, one.request.body, one.response.status)
        for one in ledger.exchanges
    ]


@pytest.mark.parametrize(
    ("vendor", "operation", "answer"),
    [
        ("vba", "getPayee", Response('{"data": 5}', 200, media_type="text/plain")),
        ("vba", "getPayee", Response('{"data": 5}', 200, media_type="text/json")),
        ("pvex", "listInvoices", Response(NO_INVOICE, media_type="application/xml")),
        ("pvex", "listInvoices", Response(NO_INVOICE, media_type="text/xml")),
        ("xero", "getConnections", Response("{}", media_type="application/json")),
    ],
    ids=["vba-plain", "vba-json", "pvex-xml", "pvex-text-xml", "xero-json"],
)
def test_an_answer_that_breaks_its_schema_is_noticed(vendor: str, operation: str, answer: Response) -> None:
    ledger = held(load_vendor_api(vendor), answer, vendor, effort(operation, examples=1), FUZZING_PHASE)

    assert "answers-match-the-spec" in {one.check for one in ledger.findings}


@pytest.mark.parametrize("media_type", ["application/yaml", "application/json", "image/png"])
def test_a_file_may_hold_any_bytes_whatever_its_media_type(media_type: str) -> None:
    file = Response(b"\xc2\x99", 200, media_type=media_type)
    chosen = effort("getInvoiceAttachmentByFileName", examples=1)

    ledger = held(load_vendor_api("xero"), file, "xero", chosen, FUZZING_PHASE)

    assert "answers-match-the-spec" not in {one.check for one in ledger.findings}


def test_a_server_that_says_401_to_everything_is_found_in_a_sentence_for_strangers() -> None:
    refused = Response('{"message": "Unauthorized"}', 401, media_type="application/json")

    ledger = held(load_vendor_api("vba"), refused, "vba", effort("getPayee", examples=1), FUZZING_PHASE)

    assert [one.message for one in ledger.findings if one.check == "positive-data-acceptance"] == [
        (
            "GET /payees/P100 is answered 401, although the spec allows the call "
            "(Valid data should have been accepted; Expected: 200, 404)"
        )
    ]


def test_a_check_that_breaks_is_told_once_with_the_smallest_call_that_was_found(app: Application) -> None:
    lengths: list[int] = []

    def long_paths(exchange: Exchange, _ledger: FindingLedger) -> tuple[Finding, ...]:
        found = Finding("no-long-keys", exchange.operation, "long", exchanges=(exchange,))
        if len(exchange.request.path) <= len("/payees/") + 5:
            return ()
        lengths.append(len(exchange.request.path))
        return (found,)

    ledger = FindingLedger()
    with target(app, "vba") as one:
        run_parts(
            run.plan_fuzzing(
                Trial(load_vendor_api("vba"), one, effort("getPayee", examples=30), ledger, long_paths)
            ),
            ledger,
        )

    (found,) = ledger.findings
    assert len(found.exchanges[-1].request.path) == min(lengths) < max(lengths)


def test_what_is_checked_once_takes_no_calls_after_that(app: Application) -> None:
    wanted = RunConfig(7, 30, frozenset({"ignored-auth"}), frozenset({"getPayee", "listPayee"}))

    ledger = held(load_vendor_api("vba"), app, "vba", wanted, FUZZING_PHASE)

    of_both = [(name, "ignored-auth") for name in ("getPayee", "listPayee")]
    assert [ledger.made[one] for one in of_both] == [1, 1]
    assert len(ledger.exchanges) < 40


def test_the_same_effort_sends_the_same_calls(app: Application) -> None:
    first, second = (
        held(load_vendor_api("vba"), app, "vba", effort("getPayee"), FUZZING_PHASE) for _ in range(2)
    )

    assert sent(first) == sent(second)


def test_another_seed_draws_other_calls(app: Application) -> None:
    wanted = frozenset({"getPayee"})
    ledgers = [
        held(load_vendor_api("vba"), app, "vba", RunConfig(seed, 5, operations=wanted), FUZZING_PHASE)
        for seed in (1, 2)
    ]

    assert sent(ledgers[0]) != sent(ledgers[1])


def test_over_http_everything_is_as_in_process(app: Application) -> None:
    here = held(load_vendor_api("vba"), app, "vba", effort("getPayee"), FUZZING_PHASE)
    there = FindingLedger(keeps_exchanges=True)
    with serve_process("--auth", "strict") as url, Target(Address(f"{url}/vba")) as one:
        known, wanted = load_vendor_api("vba"), effort("getPayee")
        run_parts(run.plan_fuzzing(Trial(known, one, wanted, there, ExchangeJudge(known, wanted))), there)

    assert told(there.findings) == []
    assert sent(there) == sent(here)


def test_only_the_checks_that_are_wanted_are_made(app: Application) -> None:
    wanted = RunConfig(0, 1, only=frozenset({"unsupported-method"}), operations=frozenset({"getPayee"}))

    ledger = held(load_vendor_api("vba"), app, "vba", wanted, FUZZING_PHASE)

    assert {check for _, check in ledger.made} == {"unsupported-method"}


def test_a_server_error_is_found_where_the_spec_has_no_such_method(app: Application) -> None:
    async def fails_at_other_methods(scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] in ("GET", "PUT", "POST", "DELETE", "PATCH"):
            await app(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    wanted = RunConfig(
        0, 1, only=frozenset({"no-server-error"}), operations=frozenset({"getPayee"}), shrinks=False
    )
    ledger = held(load_vendor_api("vba"), fails_at_other_methods, "vba", wanted, FUZZING_PHASE)

    assert [(one.operation, one.check) for one in ledger.findings] == [("getPayee", "no-server-error")]


def test_every_check_that_was_made_has_a_place_in_the_table(app: Application) -> None:
    ledger = FindingLedger()
    with target(app, "vba") as one:
        run_parts(
            run.plan_fuzzing(Trial(load_vendor_api("vba"), one, effort("getPayee"), ledger, nothing)), ledger
        )

    assert {check for _, check in ledger.made} <= {
        *run.FUZZING_CHECKS,
        EVERY_CALL_IS_ANSWERED,
        ANSWERS_CAN_BE_READ,
        "no-server-error",
    }


def test_nothing_is_left_behind_for_other_schemas_of_the_process(app: Application) -> None:
    schemathesis.checks.load_all_checks()
    before = list(REGISTERED.get_all_names())

    held(load_vendor_api("pvex"), app, "pvex", effort("getInvoice", examples=1), FUZZING_PHASE)

    assert list(REGISTERED.get_all_names()) == before


def test_a_target_that_is_not_there_is_no_finding() -> None:
    ledger = FindingLedger()
    with Target(Address("http://127.0.0.1:9/vba")) as one, pytest.raises(TargetUnreachableError):
        run_parts(
            run.plan_fuzzing(Trial(load_vendor_api("vba"), one, effort("getPayee"), ledger, nothing)), ledger
        )

    assert ledger.findings == []


@pytest.mark.parametrize("known", [*map(load_vendor_api, VENDORS), CONTROL], ids=lambda known: known.name)
def test_what_is_pinned_and_judged_is_an_operation_of_its_spec(known: ApiUnderTest) -> None:
    pins = known.profile.pins
    named = {*pins.expected_statuses, *pins.known, *pins.bodies, *(name for name, _ in pins.accepts)}

    assert named <= set(known.spec.operations)


def test_an_operation_with_two_forms_is_drawn_in_its_first_form_most_of_the_time(app: Application) -> None:
    wanted = effort("createBankTransactions", examples=20)
    ledger = held(load_vendor_api("xero"), app, "xero", wanted, FUZZING_PHASE)

    forms = Counter(one.request.media_type for one in ledger.exchanges if one.request.body)
    assert forms["application/json"] > forms["application/xml"] > 0
