from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from mockserver.journal.access_log import AccessLog, json_line, text_line
from mockserver.journal.entry import Entry, ItemResults
from mockserver.model import Action, Delivery, Item, Outcome, Problem, Reply
from tests.support.engine_samples import CALL, NOW


def decided(*actions: Action) -> ItemResults:
    return ItemResults.of(tuple(Outcome(Item(index, "", {}), action) for index, action in enumerate(actions)))


BATCH = Entry(
    number=12,
    at=NOW,
    call=replace(CALL, sandbox="team-7", headers={"authorization": "Bearer secret"}, body=b"private"),
    reply=Reply(207, b"private"),
    operation="putOrders",
    refusal=None,
    decided=decided(Action.CREATED, Action.REJECTED, Action.CREATED),
    duration_ms=3.4567,
)
READ = replace(BATCH, operation="listOrders", decided=ItemResults())


RESET = Delivery(fault="CONNECTION_RESET_BY_PEER")
WARNED = Outcome(Item(1, "", {}), Action.CREATED, warnings=(Problem("too-long"),))


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        (BATCH, "acme PUT /orders 207  3 items: 2 created 1 rejected  3 ms  [team-7]  #12"),
        (
            replace(BATCH, decided=decided(Action.CREATED)),
            "acme PUT /orders 207  1 item: 1 created  3 ms  [team-7]  #12",
        ),
        (
            replace(BATCH, decided=ItemResults.of((Outcome(Item(0, "", {}), Action.REJECTED), WARNED))),
            "acme PUT /orders 207  2 items: 1 rejected 1 created 1 warned  3 ms  [team-7]  #12",
        ),
        (
            replace(BATCH, applied=("flaky-third/r1", "slow/r2"), delivery=RESET),
            (
                "acme PUT /orders ---  3 items: 2 created 1 rejected  3 ms  [team-7]  #12"
                "  flaky-third/r1 slow/r2 ~CONNECTION_RESET_BY_PEER"
            ),
        ),
        (
            replace(BATCH, reason="rule a/b answers 503", reply=Reply(503)),
            "acme PUT /orders 503  3 items: 2 created 1 rejected  rule a/b answers 503  3 ms  [team-7]  #12",
        ),
        (READ, "acme PUT /orders 207  listOrders  3 ms  [team-7]  #12"),
        (replace(READ, number=0), "acme PUT /orders 207  listOrders  3 ms  [team-7]"),
        (replace(READ, operation=None), "acme PUT /orders 207  3 ms  [team-7]  #12"),
        (
            replace(READ, applied=("liar/r1",), off_contract="putOrders: 299 is not in the spec"),
            "acme PUT /orders 207  listOrders  3 ms  [team-7]  #12  liar/r1 !",
        ),
        (
            replace(READ, refusal="malformed", reply=Reply(400)),
            "acme PUT /orders 400  malformed  3 ms  [team-7]  #12",
        ),
        (
            replace(READ, refusal="forbidden", reason="no User-Agent (send one)", reply=Reply(403)),
            "acme PUT /orders 403  forbidden: no User-Agent (send one)  3 ms  [team-7]  #12",
        ),
        (
            replace(READ, call=replace(CALL, vendor="", path=""), operation=None, reply=Reply(404)),
            "PUT / 404  3 ms  [default]  #12",
        ),
    ],
)
def test_a_call_is_told_in_one_line(entry: Entry, line: str) -> None:
    assert text_line(entry) == line


def test_the_number_is_left_out_where_answers_carry_none(capsys: pytest.CaptureFixture[str]) -> None:
    log = AccessLog("text", numbers=False)

    log.listeners[0](READ)
    log.close()

    assert capsys.readouterr().err == "acme PUT /orders 207  listOrders  3 ms  [team-7]\n"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/a\nacme PUT /faked 200", r"/a\nacme PUT /faked 200"),
        ("/a\r", r"/a\r"),
        ("/\x1b[31m", r"/\x1b[31m"),
        ("/\x00", r"/\x00"),
        ("/é", r"/\xe9"),
        ("/\u2028", r"/\u2028"),
    ],
    ids=["newline", "return", "escape", "nul", "letter", "line-separator"],
)
def test_a_path_cannot_break_out_of_its_line(path: str, shown: str) -> None:
    assert f"PUT {shown} 207" in text_line(replace(READ, call=replace(CALL, path=path)))


def test_the_json_line_holds_the_same_facts() -> None:
    assert json.loads(json_line(BATCH)) == {
        "vendor": "acme",
        "method": "PUT",
        "path": "/orders",
        "status": 207,
        "operation": "putOrders",
        "refusal": None,
        "reason": None,
        "items": 3,
        "outcomes": {"created": 2, "rejected": 1},
        "warned": 0,
        "applied": [],
        "fault": None,
        "offContract": None,
        "durationMillis": 3.457,
        "delayMillis": 0,
        "sandbox": "team-7",
        "number": 12,
    }


def test_the_json_line_names_the_worker_where_there_are_several() -> None:
    assert json.loads(json_line(READ, worker=4711))["worker"] == 4711
    assert "worker" not in json.loads(json_line(READ))


def test_the_json_line_is_one_line() -> None:
    assert "\n" not in json_line(replace(READ, call=replace(CALL, path="/a\nb")))


def test_neither_bodies_nor_credentials_are_logged() -> None:
    shown = text_line(BATCH) + json_line(BATCH)

    assert ("private" in shown, "secret" in shown) == (False, False)


@pytest.mark.parametrize(
    ("style", "beginning"), [("text", "acme PUT"), ("json", '{"vendor":"acme"')], ids=["text", "json"]
)
def test_an_entry_goes_to_standard_error(
    style: str, beginning: str, capsys: pytest.CaptureFixture[str]
) -> None:
    log = AccessLog(style)

    log.listeners[0](BATCH)
    log.close()

    out, error = capsys.readouterr()
    assert (out, error.startswith(beginning), error.count("\n")) == ("", True, 1)


def test_off_hears_nothing() -> None:
    assert AccessLog("off").listeners == ()


@pytest.mark.parametrize(
    ("style", "printed"), [("text", "add --cors é\n"), ("json", '{"note":"add --cors é"}\n'), ("off", "")]
)
def test_a_note_stands_in_the_log_in_its_style(
    capsys: pytest.CaptureFixture[str], style: str, printed: str
) -> None:
    log = AccessLog(style)

    log.note("add --cors é")
    log.close()

    assert capsys.readouterr().err == printed


def test_lines_keep_their_order_and_none_is_lost(capsys: pytest.CaptureFixture[str]) -> None:
    log = AccessLog("text")
    told = [f"note {number}" for number in range(1_000)]

    for note in told:
        log.note(note)
    log.close()

    assert capsys.readouterr().err.splitlines() == told


def test_a_log_that_nobody_reads_stops_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def echo(text: str, **_options: bool) -> None:
        tried.append(text)
        raise BrokenPipeError

    monkeypatch.setattr("mockserver.journal.access_log.click.echo", echo)
    log = AccessLog("text")

    log.note("one")
    log.note("two")
    log.close()

    assert "".join(tried) == "one\ntwo\n"


def test_a_piece_ends_with_a_line_and_fits_into_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    pieces: list[str] = []
    monkeypatch.setattr(
        "mockserver.journal.access_log.click.echo", lambda text, **_options: pieces.append(text)
    )
    log = AccessLog("text")

    for number in range(200):
        log.note(f"{number} " + "é" * 90)
    log.close()

    assert all(piece.endswith("\n") and len(piece.encode()) <= 4_096 for piece in pieces)
    assert sum(piece.count("\n") for piece in pieces) == 200


def test_a_line_after_the_end_is_written_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    log = AccessLog("text")
    log.close()

    log.note("late")

    assert capsys.readouterr().err == "late\n"
