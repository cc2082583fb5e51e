from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest

from mockserver.testing.control_client import ControlPlaneError, ServerUnreachableError
from mockserver.testing.sandbox import CatalogueTest, Sandbox, find_cases, show_case
from mockserver.testing.server import MockServer
from tests.testing.sending import put_invoices, sandbox_names, send


def test_a_case_runs_and_its_calls_are_excused(server: MockServer) -> None:
    with Sandbox(server) as box:
        case = box.case("vba", "144")
        case.run()

        assert case.section == "drift"
        assert box.journal(off_contract=True) != ()


def test_a_case_that_does_not_hold_says_why(server: MockServer, box: Sandbox) -> None:
    row = show_case(server.control, "54-all-good-207")
    case = CatalogueTest(row, "vba", box, lambda *_: {"passed": False, "says": ["expected 207, found 500"]})

    with pytest.raises(AssertionError, match="54-all-good-207 of vba:\nexpected 207, found 500"):
        case.run()


def test_a_case_is_arranged_for_a_client(box: Sandbox) -> None:
    vba = box.vendor("vba")
    box.case("vba", "55").arrange()

    send(vba, vba.example())

    assert vba.calls[0].applied == ("internal-error/internal",)


@pytest.mark.parametrize("tag", ["partial-success", "seed", "all-good-207", "54-all-good-207", "54"])
def test_cases_are_chosen_by_a_tag(server: MockServer, tag: str) -> None:
    assert "54-all-good-207" in find_cases(server.control, "vba", tag)


def test_a_case_that_is_not_there_is_told(box: Sandbox) -> None:
    with pytest.raises(LookupError, match="vba has no case 999"):
        box.case("vba", "999")


def within(server: MockServer, used: Callable[[Sandbox], None]) -> None:
    with Sandbox(server) as box:
        used(box)


def left_over(server: MockServer, used: Callable[[Sandbox], None], *allow: str) -> bool:
    """Use a sandbox, end it without an error, and return whether the server still has it."""
    with Sandbox(server, allow=allow) as box:
        used(box)
    return box.name in sandbox_names(server)


def blamed(server: MockServer, used: Callable[[Sandbox], None]) -> str:
    """What is said at the end of a sandbox that was used so."""
    with pytest.raises(AssertionError) as result:
        within(server, used)
    return str(result.value)


def test_a_rule_that_never_hit_is_told_with_the_nearest_call(server: MockServer) -> None:
    def used(box: Sandbox) -> None:
        vba = box.vendor("vba")
        batch.extend(vba.example(items=2).keys)
        vba.arm(fail="internal", item="99")
        put_invoices(vba, [{"invoice_Key": key, "payee_ID": "P100"} for key in batch])

    batch: list[str] = []
    said = blamed(server, used)

    assert said.startswith('armed-vba-1/fail was armed and never hit: {"match":{"vendor":"vba"}')
    assert said.endswith(f"nearest: #1 vba PUT /claim-invoice-batch sent items {batch[0]}, {batch[1]}")


def test_a_rule_for_another_operation_is_told_with_what_differs(server: MockServer) -> None:
    def used(box: Sandbox) -> None:
        vba = box.vendor("vba")
        vba.arm(status=503, match={"operation": "putPayeesBatch"})
        send(vba, vba.example(operation="putClaimInvoiceBatch"))

    assert 'operation is "putClaimInvoiceBatch", expected "putPayeesBatch"' in blamed(server, used)


def test_a_rule_without_any_call_says_so(server: MockServer) -> None:
    with pytest.raises(AssertionError, match="no call was made"), Sandbox(server) as box:
        box.scenario("reset")


def test_a_rule_that_was_taken_back_need_not_hit(server: MockServer) -> None:
    def used(box: Sandbox) -> None:
        box.vendor("vba").arm(status=503).disarm()

    assert not left_over(server, used)


def test_a_rule_that_hit_before_a_restored_snapshot_has_hit(server: MockServer) -> None:
    def used(box: Sandbox) -> None:
        vba = box.vendor("vba")
        vba.arm(fail="internal")
        box.snapshot()
        put_invoices(vba, vba.example().items)
        box.restore()

    assert not left_over(server, used)


def test_a_call_that_the_vendor_has_no_operation_for_is_told_with_the_nearest(server: MockServer) -> None:
    def used(box: Sandbox) -> None:
        httpx.put(f"{box.vendor('vba').url}/payee-batch")

    said = blamed(server, used)

    assert said.startswith("#1 vba PUT /payee-batch was off contract: no x-api-key header; ")
    assert said.endswith("/vba/payees-batch")


def test_a_call_that_no_vendor_has_is_told_with_the_nearest(server: MockServer) -> None:
    def used(box: Sandbox) -> None:
        root = box.vendor("vba").url.removesuffix("/vba")
        httpx.put(f"{root}/payees-batch")

    assert "#1 PUT /payees-batch was off contract: no such operation; nearest is" in blamed(server, used)


def test_an_answer_that_the_spec_does_not_say_is_off_contract(server: MockServer) -> None:
    def used(box: Sandbox) -> None:
        vba = box.vendor("vba")
        vba.arm(status=418)
        put_invoices(vba, [])

    assert "418 is not in the spec" in blamed(server, used)


@pytest.mark.parametrize("allowed", ["off-contract", "never-hit"])
def test_what_is_allowed_is_not_told(server: MockServer, allowed: str) -> None:
    def used(box: Sandbox) -> None:
        vba = box.vendor("vba")
        if allowed == "never-hit":
            vba.arm(status=503)
        else:
            httpx.get(f"{vba.url}/nothing")

    assert not left_over(server, used, allowed)
    assert blamed(server, used)


def test_an_exception_of_the_test_comes_first(server: MockServer) -> None:
    def used(box: Sandbox) -> None:
        box.scenario("reset")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        within(server, used)


def test_a_sandbox_is_gone_after_a_good_end(server: MockServer) -> None:
    with Sandbox(server, name="good-end") as box:
        assert "good-end" in sandbox_names(server)

    assert box.name not in sandbox_names(server)


def test_a_sandbox_is_kept_where_an_exception_ends_it(server: MockServer) -> None:
    with pytest.raises(ZeroDivisionError), Sandbox(server, name="bad-end"):
        raise ZeroDivisionError

    assert "bad-end" in sandbox_names(server)


def test_a_name_that_is_taken_gets_a_number(server: MockServer) -> None:
    long = "n" * 64
    with Sandbox(server, name=long), Sandbox(server, name=long) as second:
        assert second.name == "n" * 62 + "-2"


def test_nothing_that_answers_is_told_with_a_cure() -> None:
    with (
        pytest.raises(ServerUnreachableError, match="mockserver run --port 8080"),
        Sandbox("http://127.0.0.1:1"),
    ):
        pass


def test_a_vendor_that_is_not_served_is_told_with_those_that_are(box: Sandbox) -> None:
    with pytest.raises(LookupError, match=r"no vendor acme is served; there are .*guidewire.*payt"):
        box.vendor("acme")


def test_a_vendor_is_always_the_same(box: Sandbox) -> None:
    assert box.vendor("vba") is box.vendor("vba")


def test_a_snapshot_is_restored(box: Sandbox) -> None:
    vba = box.vendor("vba")
    box.snapshot()
    send(vba, vba.example())
    assert len(vba.state("claim-invoices").added) == 3

    box.restore()

    assert len(vba.state("claim-invoices").added) == 0


def test_there_is_nothing_to_restore_before_a_snapshot(box: Sandbox) -> None:
    with pytest.raises(LookupError, match="call snapshot"):
        box.restore()


def test_an_assumption_is_overridden_and_restored(box: Sandbox) -> None:
    vba = box.vendor("vba")
    box.assumption("vba.availability", "offline")
    assert put_invoices(vba, []).status_code == 503

    box.assumption("vba.availability", None)

    assert send(vba, vba.example()).status_code == 207


def test_what_is_verified_passes(box: Sandbox) -> None:
    vba = box.vendor("vba")
    send(vba, vba.example(items=3, bad=1))

    box.verify({"vendor": "vba"}, calls=1, items={"created": 2, "rejected": 1})


def test_what_is_not_so_is_told_with_the_nearest_call(box: Sandbox) -> None:
    vba = box.vendor("vba")
    send(vba, vba.example())

    with pytest.raises(AssertionError) as result:
        box.verify({"vendor": "xero"}, calls=2)

    assert str(result.value) == (
        "expected 2 calls; found 0 calls\n"
        '  nearest: #1 vba PUT /claim-invoice-batch: vendor is "vba", expected "xero"'
    )


def test_a_word_that_verification_does_not_know_is_no_failed_assertion(box: Sandbox) -> None:
    with pytest.raises(ControlPlaneError, match="vendors"):
        box.verify({"vendors": "vba"})


def test_the_journal_is_asked_by_words(box: Sandbox) -> None:
    vba = box.vendor("vba")
    send(vba, vba.example(items=3, bad=1))
    httpx.get(f"{vba.url}/claim-invoice", headers=vba.headers)

    assert [call.number for call in box.journal(outcome="rejected")] == [1]
    assert [call.number for call in box.journal(since=1)] == [2]
    assert [call.number for call in box.journal(last=1)] == [2]


def test_a_packaged_scenario_is_armed_by_its_name(box: Sandbox) -> None:
    vba = box.vendor("vba")
    armed = box.scenario("internal-error")

    send(vba, vba.example())

    assert vba.calls[0].outcomes == {"rejected": 1, "created": 2}
    assert armed.hits == 1


def test_a_scenario_is_a_document(box: Sandbox) -> None:
    rules = [{"id": "all", "response": {"status": 503}}]

    armed = box.scenario({"version": 1, "name": "down", "rules": rules})

    assert put_invoices(box.vendor("vba"), []).status_code == 503
    assert armed.name == "down"


def test_a_scenario_is_a_file_in_the_folder_of_the_test(server: MockServer, tmp_path: Path) -> None:
    (tmp_path / "down.yaml").write_text(
        "version: 1\nname: down\nrules: [{id: all, response: {status: 503}}]\n"
    )
    with Sandbox(server, folder=tmp_path) as box:
        box.scenario("down.yaml")

        assert put_invoices(box.vendor("vba"), []).status_code == 503


def test_a_scenario_that_does_not_ship_is_told_with_those_that_do(box: Sandbox) -> None:
    with pytest.raises(LookupError, match=r"no packaged scenario reset-all .* reset"):
        box.scenario("reset-all")


def test_what_a_sandbox_saw_is_kept_in_files(box: Sandbox, tmp_path: Path) -> None:
    vba = box.vendor("vba")
    send(vba, vba.example())

    box.save(tmp_path)

    assert sorted(file.name for file in (tmp_path / box.name).iterdir()) == [
        "conftest.py",
        "journal.txt",
        "state.json",
        "story.case.yaml",
        "story.postman.json",
        "story.sh",
        "test_story.py",
        "traffic.har",
    ]
    assert "3 items: 3 created" in (tmp_path / box.name / "journal.txt").read_text()


NINE = datetime(2026, 1, 5, 9, tzinfo=UTC)


def test_a_clock_stands_where_it_is_set(box: Sandbox) -> None:
    assert box.clock.freeze("2026-01-05T09:00:00Z") == box.clock.now == NINE


def test_an_instant_of_another_zone_is_the_same_instant(box: Sandbox) -> None:
    assert box.clock.freeze(datetime(2026, 1, 5, 10, tzinfo=timezone(timedelta(hours=1)))) == NINE


def test_parts_of_a_second_add_up(box: Sandbox) -> None:
    box.clock.freeze(NINE)

    assert [box.clock.advance(0.5) - NINE for _ in range(4)] == [
        timedelta(seconds=0),
        timedelta(seconds=1),
        timedelta(seconds=1),
        timedelta(seconds=2),
    ]


def test_a_span_of_time_is_taken_too(box: Sandbox) -> None:
    box.clock.freeze(NINE)

    assert box.clock.advance(timedelta(minutes=6)) == NINE + timedelta(minutes=6)


def test_a_clock_is_the_machines_again(box: Sandbox) -> None:
    box.clock.freeze(NINE)

    assert box.clock.thaw() > NINE


def test_the_ledger_has_numbers_and_money(box: Sandbox) -> None:
    vba = box.vendor("vba")
    send(vba, vba.example(items=3, bad=1))

    ledger = box.ledger
    assert (ledger.sent, ledger.stored, ledger.refused, ledger.lost) == (3, 2, 1, 0)
    assert ledger.sums["lost"] == {}


def test_the_items_of_a_figure_have_end_and_reason(box: Sandbox) -> None:
    vba = box.vendor("vba")
    batch = vba.example(items=3)
    vba.arm(omit=True, commit="none", item=batch.keys[0])
    send(vba, batch)

    assert [one["key"] for one in box.items("lost,phantom")] == list(batch.keys)
