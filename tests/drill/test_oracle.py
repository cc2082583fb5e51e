"""Verdicts on clients that make real calls, and the sentences round the findings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from mockserver.drill.cases import Calls
from mockserver.drill.oracle import count_calls, describe_intent, find_obstacle
from mockserver.engine.registry import vendor_packages
from mockserver.journal.item_history import Told
from mockserver.model import Action
from tests.drill.conftest import Bench, Ran, Sender
from tests.drill.runs import (
    CLEAN,
    KEYED,
    RESET,
    TEXT,
    Attempts,
    attempt,
    call,
    document,
    gone,
    judged,
    keyed,
    look,
    refused,
    rejected,
    run_of,
    said,
    unanswered,
    updated,
)
from tests.support.journal_entries import item_results

Does = Callable[[Sender], None]
ROWS = {"901": "10.00", "902": "20.00"}
FIRST, SECOND = {"901": "10.00"}, {"902": "20.00"}
DROPPED: Mapping[str, Any] = {"times": {"count": 1}, "response": {"fault": "CONNECTION_RESET_BY_PEER"}}
NOT_DONE: Mapping[str, Any] = {"commit": "none", **DROPPED}


def fails(code: str, **more: Any) -> Mapping[str, Any]:
    return {"items": [{"select": {"index": 0}, "effect": {"fail": {"code": code}}}], **more}


NOT_KEPT: Mapping[str, Any] = {"items": [{"select": {"index": 0}, "effect": {"commit": False}}]}
ONCE = {"times": {"count": 1}}
REFUSED, PASSING = fails("unknown-reference", **ONCE), fails("internal", **ONCE)


def answered(status: int, **response: Any) -> Mapping[str, Any]:
    return {**ONCE, "commit": "none", "response": {"status": status, **response}}


def once(sender: Sender) -> None:
    sender.send(ROWS)


def twice(sender: Sender) -> None:
    sender.send(ROWS)
    sender.send(ROWS)


def look_between(sender: Sender) -> None:
    sender.send(ROWS)
    sender.look()
    sender.send(ROWS)


def first_again(sender: Sender) -> None:
    sender.send(ROWS)
    sender.send(FIRST)


def with_keys(first: str, second: str) -> Does:
    def does(sender: Sender) -> None:
        sender.send(ROWS, key=first)
        sender.send(ROWS, key=second)

    return does


def one_key_for_two_bodies(sender: Sender) -> None:
    sender.send(FIRST, key="a")
    sender.send(SECOND, key="a")


def often(number: int) -> Does:
    def does(sender: Sender) -> None:
        for _ in range(number):
            sender.send(ROWS)

    return does


def old_again(sender: Sender) -> None:
    sender.send(ROWS)
    sender.send({"901": "12.00"})
    sender.send(FIRST)


def new_version(sender: Sender) -> None:
    sender.send(ROWS)
    sender.send({"901": "12.00"})


def other_amount(sender: Sender) -> None:
    sender.send(ROWS)
    sender.send({"901": "9.00"})


def one_more(sender: Sender) -> None:
    sender.send(ROWS)
    sender.send({"903": "5.00"})


def verdict_on(
    bench: Bench, vendor: str, does: Does, *rules: Mapping[str, Any], clean: Does = once, **end: Any
) -> Any:
    """The verdict on a client under these rules; `clean` is what it does without faults."""
    harmless = end.pop("harmless", False)
    usual = bench.run(vendor, clean)
    return bench.judge(vendor, bench.run(vendor, does, *rules, **end), usual, harmless=harmless)


UNSEEN = "no answer came, and the client did not look"
ENDED = "the client ended with 0"
WHOLE = "were sent once; the last call was refused, and the client did not send again"
KEYLESS = "without an idempotency key"
AGAIN = "were sent again although the answer to #1 said stored"
UNTOLD = "901 and 902 created twice (10.00 + 10.00 + 20.00 + 20.00): the answer to #1 told nothing of it, and"


@pytest.mark.parametrize(
    ("vendor", "does", "rules", "ending", "sentence"),
    [
        (
            "payt",
            once,
            [REFUSED],
            {},
            f"DROPPED: item 901 was refused once (unknown-reference) and never sent again; {ENDED}",
        ),
        (
            "vba",
            once,
            [NOT_DONE],
            {},
            f"DROPPED: items 901 and 902 were sent once; {UNSEEN}; {ENDED}",
        ),
        (
            "xero",
            once,
            [answered(429, retryAfter=2)],
            {},
            f"DROPPED: items 901 and 902 {WHOLE}; {ENDED}",
        ),
        (
            "guidewire",
            once,
            [NOT_KEPT],
            {},
            f"DROPPED?: item {{}} was sent once; the answer says stored, and that is not true; {ENDED}",
        ),
        ("payt", Sender.look, [], {}, f"DROPPED: items 901 and 902 were never sent; {ENDED}"),
        ("xero", twice, [DROPPED], {}, f"TWICE: items {UNTOLD} #2 sent it again {KEYLESS}"),
        (
            "xero",
            look_between,
            [DROPPED],
            {},
            f"TWICE: items {UNTOLD} #3 sent it again {KEYLESS}",
        ),
        (
            "xero",
            with_keys("a", "b"),
            [DROPPED],
            {},
            f"TWICE: items {UNTOLD} #2 sent it again without the key of the first call",
        ),
        (
            "xero",
            with_keys("a", "a"),
            [{**DROPPED, "advanceClock": 86_400}],
            {},
            f"TWICE?: items {UNTOLD} #2 sent it again with its key, which no longer held",
        ),
        (
            "payt",
            one_more,
            [],
            {},
            "TWICE: item 903 was created, though the run without faults sends no such item",
        ),
        (
            "payt",
            other_amount,
            [PASSING],
            {},
            "WRONG: item 901 was stored with 9.00, without faults with 10.00",
        ),
        ("vba", once, [], {"status": None, "timeoutSeconds": 30}, "HANGS: no end after 30 s and 1 call"),
        (
            "payt",
            often(9),
            [fails("unknown-reference")],
            {"status": 1},
            "FOREVER: item 901 was sent 9 times and each time refused for good (unknown-reference)",
        ),
        (
            "guidewire",
            often(5),
            [{**answered(403), "times": {"count": 5}}],
            {"status": 1},
            "FOREVER: POST /claim/v1/batch was refused for good with 403, and sent 5 times",
        ),
        (
            "vba",
            twice,
            [answered(401)],
            {},
            "LOGIN: the credential that #1 was refused for was used again, once (#2)",
        ),
        (
            "xero",
            one_key_for_two_bodies,
            [],
            {"status": 1},
            "KEY: the key a was used for two requests (#1, #2)",
        ),
        ("vba", twice, [], {}, f"RESENT: items 901 and 902 {AGAIN}"),
        ("pvex", twice, [], {}, f"RESENT: items SUB-100/901 and SUB-100/902 {AGAIN}"),
        (
            "payt",
            once,
            [{"items": [{"select": {"index": 0}, "effect": {"warn": {"code": "too-long"}}}]}],
            {},
            "SILENT: item 901 was stored with a warning that was never reported: {}",
        ),
        (
            "payt",
            once,
            [{"envelope": {"order": "reverse"}}],
            {"status": 3, "harmless": True},
            "ALARM: ended with 3 although nothing failed (2 of 2 stored); without faults it ends with 0",
        ),
    ],
)
def test_a_client_with_a_fault_is_told(  # noqa: PLR0913, PLR0917 - a row of the table
    bench: Bench, vendor: str, does: Does, rules: list[Any], ending: dict[str, Any], sentence: str
) -> None:
    found = verdict_on(bench, vendor, does, *rules, **ending)["findings"][0]

    told = f"{found['kind']}{'?' if found['doubtful'] else ''}: {found['message']}"
    assert re.fullmatch(re.escape(sentence).replace(r"\{\}", ".+"), told), told


def test_a_client_that_calls_again_at_once_is_rude(bench: Bench) -> None:
    found = verdict_on(bench, "payt", twice, answered(429, retryAfter=30))

    assert re.fullmatch(
        r"#1 was answered 429 with Retry-After 30 s, called again after \d+\.\d s", found["message"]
    )


@pytest.mark.parametrize(
    ("vendor", "does", "rules", "ending", "sentence"),
    [
        ("payt", first_again, [PASSING], {}, "2 of 2 stored, only the failed one sent again"),
        ("payt", once, [REFUSED], {"status": 1}, "1 of 2 stored, ended with 1"),
        ("payt", once, [REFUSED], {"output": "not stored: 901"}, "1 of 2 stored, and it named item 901"),
        ("xero", with_keys("a", "a"), [DROPPED], {}, "2 of 2 stored"),
        ("vba", look_between, [DROPPED], {}, "2 of 2 stored"),
        ("pvex", twice, [NOT_DONE], {}, "2 of 2 stored"),
        ("guidewire", once, [{"envelope": {"order": "reverse"}}], {"harmless": True}, "2 of 2 stored"),
    ],
)
def test_a_client_without_a_fault_passes(  # noqa: PLR0913, PLR0917 - a row of the table
    bench: Bench, vendor: str, does: Does, rules: list[Any], ending: dict[str, Any], sentence: str
) -> None:
    found = verdict_on(bench, vendor, does, *rules, **ending)

    verdict = "told" if sentence.startswith("1 of 2") else "survived"
    assert (found["verdict"], found["message"]) == (verdict, sentence)


def test_an_older_version_that_a_retry_stores_last_is_told(bench: Bench) -> None:
    found = verdict_on(bench, "payt", old_again, PASSING, clean=new_version)

    assert found["message"] == "item 901: an older version of it was stored last"


def test_another_start_of_the_client_may_send_all_again(bench: Bench) -> None:
    clean = bench.run("vba", once)

    assert bench.judge("vba", bench.run("vba", twice, PASSING, starts=[1, 2]), clean)["verdict"] == "survived"


def test_a_scenario_that_never_took_place_is_not_met(bench: Bench) -> None:
    found = verdict_on(bench, "payt", once, {"match": {"nth": 9}, "response": {"status": 503}})

    assert (found["verdict"], found["message"]) == (
        "unmet",
        "the client makes no call in which this could happen",
    )


def test_a_client_that_leaves_out_a_header_is_told_so_first(bench: Bench) -> None:
    def untyped(sender: Sender) -> None:
        for _ in range(3):
            sender.request("POST", "/v1/invoices", content=b"{}", headers={"content-type": "text/plain"})

    found = verdict_on(bench, "payt", untyped)

    assert found["message"].startswith("all 3 calls were refused: 415, ")
    assert found["message"].endswith("; items 901 and 902 were never sent; the client ended with 0")


@pytest.mark.parametrize("vendor", vendor_packages())
def test_a_client_is_learnt_without_a_fault(bench: Bench, vendor: str) -> None:
    learnt = bench.learn(vendor, bench.run(vendor, once))

    assert learnt["obstacle"] is None
    assert (learnt["calls"], learnt["largest"], len(learnt["keys"])) == (1, 2, 2)


def no_call(_sender: Sender) -> None:
    pass


def no_login(sender: Sender) -> None:
    Sender(sender.client.without("authorization"), sender.vendor).send(ROWS)


def looks(sender: Sender) -> None:
    sender.look()
    sender.look()


def unknown_debtor(sender: Sender) -> None:
    sender.send({"901": "1.005"})


@pytest.mark.parametrize(
    ("does", "ending", "sentence"),
    [
        (once, {"status": None, "timeoutSeconds": 9}, "without any fault the client does not end within 9 s"),
        (no_call, {}, "the client made no call to this sandbox"),
        (no_login, {}, "without any fault the only call was refused: 401, "),
        (looks, {}, "the client sent no item: 2 x GET /v1/invoices 200"),
        (unknown_debtor, {}, "without any fault no item is stored; the first: "),
    ],
)
def test_a_client_that_does_not_manage_without_faults_is_told_why(
    bench: Bench, does: Does, ending: dict[str, Any], sentence: str
) -> None:
    obstacle = bench.learn("payt", bench.run("payt", does, **ending))["obstacle"]

    assert obstacle.startswith(sentence)


# The rest of a verdict, on runs as they are written down


@pytest.mark.parametrize(
    ("first", "sentence"),
    [
        ([rejected(1, "x", detail="no such payee")], "no such payee"),
        ([rejected(1, "unknown-reference")], "unknown-reference"),
        ([rejected(1, "", status=207)], "207"),
    ],
)
def test_an_obstacle_has_what_is_known_of_the_first_item(first: list[Any], sentence: str) -> None:
    stored = call(1, decided=item_results(("R-1", Action.REJECTED)), reply_status=207)
    told = find_obstacle(run_of({"R-1": first}, calls=[stored]))

    assert told == f"without any fault no item is stored; the first: {sentence}"


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        ({"R-1": [attempt(1)]}, "1 item by putOrders in 1 call, 10 in all"),
        ({"R-1": [attempt(1)], "R-2": [attempt(2)]}, "2 items by putOrders in 2 calls, 20 in all"),
        (
            {"R-1": [attempt(1), updated(2, document=document("R-1", 12))]},
            "1 item by putOrders in 2 calls, 12 in all",
        ),
        ({"R-1": [attempt(1, document={"id": "R-1"})]}, "1 item by putOrders in 1 call"),
        ({"R-1": [rejected(1)]}, "1 item (1 refused) by putOrders in 1 call, 10 in all"),
    ],
)
def test_what_a_client_means_to_do_is_told(items: Attempts, sentence: str) -> None:
    assert describe_intent(run_of(items)) == sentence


def test_the_calls_are_those_of_the_operation_with_the_most_items() -> None:
    three = {"R-1": [attempt(1)], "R-2": [attempt(1)], "R-3": [rejected(1), attempt(2)]}

    assert count_calls(run_of(three), "acme") == Calls("acme", "putOrders", 2, 3)


def test_without_items_the_calls_are_a_guess() -> None:
    assert count_calls(run_of({}), "acme") == Calls("acme")


def test_the_worst_fault_comes_first_and_doubtful_ones_last() -> None:
    items = {
        "R-1": [gone(1)],
        "R-2": [unanswered(1), attempt(3)],
        "R-3": [attempt(1), updated(3, document=document("R-3", 9))],
        "R-4": [attempt(1), attempt(3, action="unchanged")],
        "R-5": [attempt(1, warning=TEXT)],
        "R-6": [rejected(1, told=Told.STORED)],
    }
    calls = [keyed(1, "a", delivery=RESET), keyed(3, "b"), keyed(4, "b", body=b"{}")]
    clean = {key: [attempt(1)] for key in items}

    kinds = [one.partition(":")[0] for one in said(run_of(items, calls=calls), clean, KEYED)]

    assert kinds == ["DROPPED", "TWICE", "WRONG", "KEY", "RESENT", "SILENT", "DROPPED?"]


def test_a_client_with_doubtful_faults_alone_is_doubtful() -> None:
    assert judged({"R-1": [rejected(1, told=Told.STORED)], "R-2": [attempt(1)]}).verdict == "doubtful"


def test_a_client_with_one_sure_fault_fails() -> None:
    assert judged({"R-1": [rejected(1, told=Told.STORED)], "R-2": [gone(1)]}).verdict == "silent"


def test_a_fault_is_told_although_the_case_was_not_met() -> None:
    assert judged({}, is_met=False).verdict == "silent"


@pytest.mark.parametrize(
    ("items", "sentence"),
    [
        (CLEAN, "2 of 2 stored"),
        (
            {"R-1": [rejected(1, "internal"), attempt(2)], "R-2": [attempt(1)]},
            "2 of 2 stored, only the failed one sent again",
        ),
        (
            {"R-1": [unanswered(1), updated(2)], "R-2": [attempt(1)]},
            "2 of 2 stored, only what no answer told of sent again",
        ),
        ({key: [refused(1), attempt(2)] for key in CLEAN}, "2 of 2 stored"),
    ],
)
def test_a_good_run_is_told_in_a_sentence(items: Attempts, sentence: str) -> None:
    assert judged(items).message == sentence


def test_a_good_run_tells_how_many_were_sent_again() -> None:
    clean = {key: [attempt(1)] for key in ("R-1", "R-2", "R-3")}
    failed = [rejected(1, "internal"), attempt(2)]

    judgement = judged({"R-1": failed, "R-2": failed, "R-3": [attempt(1)]}, clean)

    assert judgement.message == "3 of 3 stored, only the 2 that failed sent again"


def test_an_item_that_the_vendor_refuses_by_itself_is_not_counted() -> None:
    clean = run_of({"R-1": [rejected(1)], "R-2": [attempt(1)]}, status=1)

    assert judged(clean, clean).message == "1 of 1 stored"


@pytest.mark.parametrize(
    ("items", "stored"),
    [
        (CLEAN, "2 of 2"),
        ({"R-1": [gone(1)], "R-2": [attempt(1)]}, "1 of 2"),
        ({"R-1": [attempt(1)]}, "1 of 2"),
    ],
)
def test_a_failure_of_a_harmless_case_is_a_false_alarm(items: Attempts, stored: str) -> None:
    assert said(run_of(items, status=1), harmless=True) == [
        f"ALARM: ended with 1 although nothing failed ({stored} stored); without faults it ends with 0"
    ]


@pytest.mark.parametrize(
    ("status", "clean", "harmless"),
    [
        pytest.param(1, 0, False, id="the case is not harmless"),
        pytest.param(0, 0, True, id="it ended well"),
        pytest.param(1, 1, True, id="it always ends so"),
    ],
)
def test_a_failure_is_no_false_alarm_if(status: int, clean: int, *, harmless: bool) -> None:
    assert said(run_of(CLEAN, status=status), run_of(CLEAN, status=clean), harmless=harmless) == []


def test_a_client_that_does_not_end_raises_no_false_alarm() -> None:
    kinds = [one.partition(":")[0] for one in said(run_of(CLEAN, status=None), harmless=True)]

    assert kinds == ["HANGS"]


def test_refusals_of_all_calls_come_before_the_first_fault() -> None:
    calls = [call(at, reply_status=415, reason="no Content-Type") for at in (1, 2, 3)]
    judgement = judged(run_of({}, calls=calls))

    assert judgement.message == (
        f"all 3 calls were refused: 415, no Content-Type; items R-1 and R-2 were never sent; {ENDED}"
    )


def test_a_look_is_no_obstacle() -> None:
    assert find_obstacle(run_of(CLEAN, calls=[look(2)])) == ""


def test_one_sandbox_may_be_judged_by_itself(bench: Bench) -> None:
    ran: Ran = bench.run("payt", once)

    assert bench.judge("payt", ran, ran)["verdict"] == "survived"


def test_equal_items_are_counted_one_by_one_where_the_client_tells_of_a_loss() -> None:
    same = {"note": "same", "amount": 10}
    usual = {"#94b6c0352b92": [attempt(number, document=same) for number in range(1, 7)]}
    run = run_of({"#94b6c0352b92": [attempt(number, document=same) for number in range(1, 5)]}, status=1)

    assert judged(run, usual).message == "4 of 6 stored, ended with 1"
