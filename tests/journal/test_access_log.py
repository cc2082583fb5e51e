from __future__ import annotations

import json

import pytest
from msgspec.structs import replace

from mockserver.journal.access_log import json_line, log_listeners, log_note, text_line
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


def test_a_batch_is_told_in_one_line() -> None:
    assert text_line(BATCH) == ("acme PUT /orders 207  3 items: 2 created 1 rejected  3 ms  [team-7]  #12")


def test_one_item_is_no_items() -> None:
    entry = replace(BATCH, decided=decided(Action.CREATED))

    assert "  1 item: 1 created  " in text_line(entry)


def test_items_that_were_warned_about_are_counted_last() -> None:
    warned = Outcome(Item(1, "", {}), Action.CREATED, warnings=(Problem("too-long"),))
    entry = replace(BATCH, decided=ItemResults.of((Outcome(Item(0, "", {}), Action.REJECTED), warned)))

    assert "  2 items: 1 rejected 1 created 1 warned  " in text_line(entry)


def test_what_bent_the_answer_stands_at_the_end() -> None:
    lost = Delivery(fault="CONNECTION_RESET_BY_PEER")
    entry = replace(BATCH, applied=("flaky-third/r1", "slow/r2"), delivery=lost)

    assert text_line(entry) == (
        "acme PUT /orders ---  3 items: 2 created 1 rejected  3 ms  [team-7]  #12"
        "  flaky-third/r1 slow/r2 ~CONNECTION_RESET_BY_PEER"
    )


def test_an_answer_off_contract_has_a_mark() -> None:
    entry = replace(READ, applied=("liar/r1",), off_contract="putOrders: 299 is not in the spec")

    assert text_line(entry) == "acme PUT /orders 207  listOrders  3 ms  [team-7]  #12  liar/r1 !"


def test_the_number_is_left_out_where_answers_carry_none(capsys: pytest.CaptureFixture[str]) -> None:
    (hear,) = log_listeners("text", numbers=False)

    hear(READ)

    assert capsys.readouterr().err == "acme PUT /orders 207  listOrders  3 ms  [team-7]\n"


def test_a_call_that_no_journal_keeps_has_no_number() -> None:
    assert text_line(replace(READ, number=0)) == "acme PUT /orders 207  listOrders  3 ms  [team-7]"


def test_a_call_without_items_names_its_operation() -> None:
    assert text_line(READ) == "acme PUT /orders 207  listOrders  3 ms  [team-7]  #12"


def test_a_refused_call_names_the_refusal() -> None:
    entry = replace(READ, refusal="malformed", reply=Reply(400))

    assert text_line(entry) == "acme PUT /orders 400  malformed  3 ms  [team-7]  #12"


def test_a_refused_call_says_why() -> None:
    entry = replace(READ, refusal="forbidden", reason="no User-Agent (send one)", reply=Reply(403))

    assert "  forbidden: no User-Agent (send one)  " in text_line(entry)


def test_a_batch_that_is_refused_says_what_became_of_its_items_and_why() -> None:
    entry = replace(BATCH, reason="scenario rule a/b answers 503", reply=Reply(503))

    assert text_line(entry).startswith(
        "acme PUT /orders 503  3 items: 2 created 1 rejected  scenario rule a/b answers 503  3 ms"
    )


@pytest.mark.parametrize(("vendor", "shown"), [("acme", "acme PUT / 404  "), ("", "PUT / 404  ")])
def test_an_empty_path_leaves_no_gap(vendor: str, shown: str) -> None:
    entry = replace(READ, call=replace(CALL, vendor=vendor, path=""), operation=None, reply=Reply(404))

    assert text_line(entry).startswith(shown)


def test_a_call_that_led_nowhere_has_neither() -> None:
    assert text_line(replace(READ, operation=None)) == "acme PUT /orders 207  3 ms  [team-7]  #12"


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
    (hear,) = log_listeners(style)

    hear(BATCH)

    out, error = capsys.readouterr()
    assert (out, error.startswith(beginning), error.count("\n")) == ("", True, 1)


def test_off_hears_nothing() -> None:
    assert log_listeners("off") == ()


@pytest.mark.parametrize(
    ("style", "printed"), [("text", "add --cors é\n"), ("json", '{"note":"add --cors é"}\n'), ("off", "")]
)
def test_a_note_stands_in_the_log_in_its_style(
    capsys: pytest.CaptureFixture[str], style: str, printed: str
) -> None:
    log_note(style)("add --cors é")

    assert capsys.readouterr().err == printed
