from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest

from mockserver.testing.control_client import ControlPlaneError, ServerUnreachableError
from mockserver.testing.sandbox import Sandbox
from mockserver.testing.server import MockServer
from tests.testing.sending import put_invoices, sandbox_names, send


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


def test_a_name_that_cannot_be_is_refused_with_the_reason(server: MockServer) -> None:
    with pytest.raises(ControlPlaneError, match="POST /_mock/sandboxes: 4"), Sandbox(server, name="No Name"):
        pass


def test_nothing_that_answers_is_told_with_a_cure() -> None:
    with (
        pytest.raises(ServerUnreachableError, match="mockserver run --port 8080"),
        Sandbox("http://127.0.0.1:1"),
    ):
        pass


def test_a_vendor_that_is_not_served_is_told_with_those_that_are(box: Sandbox) -> None:
    with pytest.raises(LookupError, match="no vendor acme is served; there are guidewire, payt"):
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


def test_an_unknown_assumption_is_told(box: Sandbox) -> None:
    with pytest.raises(ControlPlaneError, match=r"vba\.nothing"):
        box.assumption("vba.nothing", "on")


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


def test_what_is_wrong_with_a_file_is_told_with_its_line(server: MockServer, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("version: 1\nname: bad\nrules:\n  - id: r\n    fai: {}\n")

    with (
        Sandbox(server, folder=tmp_path) as box,
        pytest.raises(ControlPlaneError, match='unknown key "fai"'),
    ):
        box.scenario(Path("bad.yaml"))


def test_a_scenario_that_does_not_ship_is_told_with_those_that_do(box: Sandbox) -> None:
    with pytest.raises(LookupError, match=r"no packaged scenario reset-all .* reset"):
        box.scenario("reset-all")


def test_an_empty_sandbox_has_no_records(server: MockServer) -> None:
    with Sandbox(server, empty=True) as box:
        assert len(box.vendor("vba").state("claim-invoices")) == 0


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


def test_a_clock_does_not_go_back(box: Sandbox) -> None:
    with pytest.raises(ControlPlaneError, match="seconds"):
        box.clock.advance(-1)


def test_a_clock_is_the_machines_again(box: Sandbox) -> None:
    box.clock.freeze(NINE)

    assert box.clock.thaw() > NINE
