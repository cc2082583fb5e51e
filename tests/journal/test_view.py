from __future__ import annotations

import pytest
from msgspec.structs import replace

from mockserver.journal.access_log import text_line
from mockserver.journal.entry import Entry, ItemResults
from mockserver.journal.view import (
    GROUPS,
    View,
    applied_rules,
    applied_scenarios,
    decode_text,
    is_text,
    strip,
)
from mockserver.model import Action, AppliedEffect, Delivery, Document, Item, Outcome, Problem, Reply
from tests.support.journal_entries import ENTRY, JSON, entry, item_results

LOGIN = b"grant_type=password&username=u&password=abcdef"
FORM = "application/x-www-form-urlencoded"


def test_an_entry_in_short_is_all_that_a_list_needs() -> None:
    problem = Problem("too-long", ("orders", 0, "id"), "the id is too long", "maxLength")
    outcomes = (
        Outcome(Item(0, "A", {}), Action.REJECTED, problems=(problem,)),
        Outcome(Item(1, "B", {}), Action.CREATED, warnings=(problem,)),
    )
    bent = entry(
        decided=ItemResults.of(outcomes),
        applied=("liar/r1",),
        delivery=Delivery(delay_ms=20),
        off_contract="putOrders: 299 is not in the spec",
    )

    assert View().short(bent) == {
        "number": 17,
        "at": "2026-01-05T09:00:00Z",
        "sandboxAt": "2026-01-05T09:00:00Z",
        "vendor": "acme",
        "method": "PUT",
        "path": "/orders",
        "query": "page=2",
        "operation": "putOrders",
        "status": 207,
        "refusal": None,
        "reason": None,
        "items": 2,
        "outcomes": {"rejected": 1, "created": 1},
        "warned": 1,
        "lost": 0,
        "applied": ["liar/r1"],
        "replays": None,
        "fault": None,
        "offContract": "putOrders: 299 is not in the spec",
        "forwardedTo": None,
        "differences": 0,
        "durationMillis": 3.457,
        "delayMillis": 20,
    }


def test_a_listed_entry_has_its_line_of_the_log() -> None:
    assert View().listed(entry())["line"] == text_line(entry())


def test_an_answer_that_never_left_has_no_status_and_tells_the_one_that_was_decided() -> None:
    lost = View().whole(entry(delivery=Delivery(fault="NO_RESPONSE")))

    assert (lost["status"], lost["fault"], lost["reply"]["status"]) == (None, "NO_RESPONSE", 207)


def test_a_call_that_met_no_sandbox_clock_tells_no_time_of_it() -> None:
    assert View().short(entry(now=None))["sandboxAt"] is None


def test_credentials_are_cut_wherever_they_stand() -> None:
    login = entry(
        query="access_token=abcdef",
        headers={"authorization": "Bearer abcdef", "content-type": FORM},
        body=LOGIN,
        reply=Reply(200, b'{"access_token":"abcdef"}', JSON, (("Set-Cookie", "session=abcdef"),)),
    )

    assert "abcdef" not in str(View().whole(login))


def test_credentials_are_shown_to_those_who_ask() -> None:
    login = entry(headers={"authorization": "Bearer abcdef", "content-type": FORM}, body=LOGIN)

    shown = View(shown=True).whole(login)["request"]

    assert (shown["headers"]["authorization"], shown["body"]) == ("Bearer abcdef", LOGIN.decode())


def test_a_header_that_came_several_times_is_shown_with_all_its_texts() -> None:
    linked = entry(reply_headers=(("Link", "<a>"), ("Link", "<b>")))

    assert View().reply_headers(linked) == {"Link": "<a>, <b>"}


def test_bytes_without_a_credential_are_the_bytes_that_came() -> None:
    assert View().request_bytes(entry(body=b"\xff\x00 odd")) == b"\xff\x00 odd"


def test_bytes_with_a_credential_lose_it_even_where_they_are_no_text() -> None:
    assert b"abcdef" not in View().request_bytes(entry(body=b'\xff{"password":"abcdef"}'))


FORM = "a=1&password=Sesame-1234&grant_type=authorization_code&code=Sesame-1234"


@pytest.mark.parametrize(
    "sent", ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-7", "shift_jis", "cp037"]
)
@pytest.mark.parametrize("declared", ["", "utf-8", "iso-8859-1", "utf-16", "utf-16-be", "itself", "nonsense"])
def test_a_form_shows_no_credential_in_whatever_charset_it_is(sent: str, declared: str) -> None:
    media_type = f"application/x-www-form-urlencoded; charset={sent if declared == 'itself' else declared}"
    call = entry(body=FORM.encode(sent), headers={"content-type": media_type})

    octets, text = View().request_bytes(call), View().whole(call)["request"]["body"]

    assert "Sesame" not in text.replace("\0", "")
    assert b"Sesame" not in octets.replace(b"\0", b"")
    assert "a=1&password=Se…&grant_type=authorization_code&code=Se…" in text or sent == "cp037" != declared


@pytest.mark.parametrize(
    ("body", "media_type", "text"),
    [
        (b"\xc3\xa9cole", None, "école"),
        (b"\xe9cole", "text/plain; charset=iso-8859-1", "école"),
        ("école".encode("utf-16"), "application/json; charset=utf-16", "école"),
        (b"\xe9cole", "text/plain", "\ufffdcole"),
        (b"ecole", "text/plain; charset=nobody-knows", "ecole"),
        (b"ecole", "text/plain; charset=hex", "ecole"),
    ],
)
def test_a_body_is_text_in_its_own_charset(body: bytes, media_type: str | None, text: str) -> None:
    assert decode_text(body, media_type) == text


@pytest.mark.parametrize(
    ("body", "is_one"),
    [
        (b"a\tb\r\nc", True),
        (b"\xc3\xa9cole", True),
        (b"\xff", False),
        (b"a\x00b", False),
        (b"\x1b[31m", False),
    ],
)
def test_text_is_what_can_be_shown_as_text(body: bytes, is_one: bool) -> None:  # noqa: FBT001 - the expectation
    assert is_text(body, None) is is_one


def test_why_an_item_was_refused_is_shown_with_its_place() -> None:
    problem = Problem("too-long", ("orders", 0, "id"), "the id is too long", "maxLength")
    outcome = Outcome(Item(0, "A", {}), Action.REJECTED, problems=(problem,))

    (item,) = View().whole(entry(decided=ItemResults.of((outcome,))))["decided"]

    assert item == {
        "index": 0,
        "key": "A",
        "action": "rejected",
        "problems": [
            {
                "code": "too-long",
                "pointer": "/orders/0/id",
                "detail": "the id is too long",
                "rule": "maxLength",
            }
        ],
        "warnings": [],
        "effect": None,
    }


def test_what_a_rule_did_to_an_item_is_told() -> None:
    outcome = Outcome(Item(0, "A", {}), Action.SKIPPED)
    effect = AppliedEffect("nightly/lose-one", ("omitted", "not-stored"))

    whole = View().whole(entry(decided=ItemResults.of((outcome,)), effects={0: effect}))

    assert whole["decided"][0]["effect"] == {
        "rule": "nightly/lose-one",
        "did": ["omitted", "not-stored"],
        "detail": "left out of the answer, not stored",
    }


def test_a_body_that_was_cut_tells_how_much_is_missing() -> None:
    shown = View().whole(entry(request_cut_bytes=5, reply_cut_bytes=7))

    assert (shown["request"]["cutBytes"], shown["reply"]["cutBytes"]) == (5, 7)


def test_a_crash_shows_its_traceback() -> None:
    assert View().whole(ENTRY)["trace"] is None
    assert View().whole(entry(trace="Traceback"))["trace"] == "Traceback"


def test_a_key_that_is_an_address_shows_no_credential_whole() -> None:
    one = entry(decided=item_results(("/orders?access_token=abcdef", Action.CREATED)))

    assert View().whole(one)["decided"][0]["key"] == "/orders?access_token=ab…"
    assert View(shown=True).whole(one)["decided"][0]["key"] == "/orders?access_token=abcdef"


CREATED, UPDATED, UNCHANGED = Action.CREATED, Action.UPDATED, Action.UNCHANGED
REJECTED, SKIPPED = Action.REJECTED, Action.SKIPPED


def of_actions(*actions: Action) -> list[str]:
    return strip(item_results(*((str(at), action) for at, action in enumerate(actions))))


def test_a_call_without_items_has_no_strip() -> None:
    assert strip(ItemResults()) == []


def test_each_of_up_to_two_hundred_and_forty_items_has_its_word() -> None:
    actions = [CREATED, UPDATED, UNCHANGED, REJECTED, SKIPPED] * (GROUPS // 5)

    assert of_actions(*actions) == [str(action) for action in actions]


def test_an_item_with_a_warning_is_warned() -> None:
    outcomes = (
        Outcome(Item(0, "A", {}), CREATED),
        Outcome(Item(1, "B", {}), CREATED, warnings=(Problem("too-long"),)),
    )

    assert strip(ItemResults.of(outcomes)) == ["created", "warned"]


LOST_B = Outcome(Item(1, "B", {}), SKIPPED, problems=(Problem("lost", (1,), "not stored by rule s/r"),))


def test_an_item_that_a_rule_dropped_is_lost_and_not_skipped() -> None:
    decided = ItemResults.of((Outcome(Item(0, "A", {}), SKIPPED), LOST_B))
    line = View().listed(entry(decided=decided))["line"]

    assert strip(decided) == ["skipped", "lost"]
    assert "2 items: 1 skipped 1 lost" in line


def test_one_lost_item_of_ten_thousand_is_seen() -> None:
    others = [Outcome(Item(at, str(at), {}), REJECTED) for at in range(2, 10_000)]

    assert strip(ItemResults.of((Outcome(Item(0, "A", {}), CREATED), LOST_B, *others)))[0] == "lost"


@pytest.mark.parametrize("action", [REJECTED, SKIPPED])
def test_a_warning_hides_no_item_that_was_not_done(action: Action) -> None:
    outcome = Outcome(Item(0, "A", {}), action, warnings=(Problem("too-long"),))

    assert strip(ItemResults.of((outcome,))) == [str(action)]


@pytest.mark.parametrize("total", [241, 479, 10_000])
def test_more_items_become_groups(total: int) -> None:
    assert of_actions(*[CREATED] * total) == ["created"] * GROUPS


@pytest.mark.parametrize("total", [241, 479, 10_000])
@pytest.mark.parametrize("group", [0, 120, 239])
def test_a_group_begins_where_it_is_said_to(total: int, group: int) -> None:
    actions = [CREATED] * total
    actions[group * total // GROUPS] = REJECTED

    assert [at for at, word in enumerate(of_actions(*actions)) if word == "rejected"] == [group]


def test_the_last_item_belongs_to_the_last_group() -> None:
    assert of_actions(*[CREATED] * GROUPS, REJECTED)[-1] == "rejected"


@pytest.mark.parametrize(
    ("better", "worse"),
    [(UNCHANGED, CREATED), (CREATED, UPDATED), (UPDATED, SKIPPED), (SKIPPED, REJECTED)],
)
def test_a_group_has_the_word_of_its_worst_item(better: Action, worse: Action) -> None:
    for pair in ([better, worse], [worse, better]):
        assert of_actions(*pair * GROUPS)[0] == str(worse)


RULE = {"id": "slow", "response": {"delay": {"type": "fixed", "value": 500}}}
OTHER = {"id": "broken", "response": {"status": 500}}
IN_WORDS = {"when": "all calls", "then": ["answers after 0.5 s"]}


def record(name: str, *rules: Document) -> Document:
    return {"name": name, "armed": True, "order": 1, "document": {"name": name, "rules": list(rules)}}


def hit(*applied: str, scenarios: tuple[Document, ...] = ()) -> Entry:
    return replace(ENTRY, applied=applied, call=replace(ENTRY.call, scenarios=scenarios))


def test_a_rule_of_the_sandbox_is_said_in_words() -> None:
    entry = hit("nightly/slow", scenarios=(record("nightly", OTHER, RULE),))

    assert applied_rules(entry, dict) == [{"rule": "nightly/slow", **IN_WORDS, "document": RULE}]


def test_a_rule_of_a_packaged_scenario_is_said_in_words() -> None:
    assert applied_rules(hit("late/slow"), lambda: {"late": {"rules": [RULE]}}) == [
        {"rule": "late/slow", **IN_WORDS, "document": RULE}
    ]


def test_the_sandbox_comes_before_what_is_packaged() -> None:
    entry = hit("late/slow", scenarios=(record("late", RULE),))

    (words,) = applied_rules(entry, lambda: {"late": {"rules": [{**OTHER, "id": "slow"}]}})

    assert words["then"] == ["answers after 0.5 s"]


def test_a_magic_token_is_said_in_words() -> None:
    (words,) = applied_rules(hit("sbx/sbx.fail.locked"), dict)

    assert words["when"] == "an item with the magic token sbx.fail.locked"


def test_of_a_rule_that_is_not_known_only_the_name_is_said() -> None:
    assert applied_rules(hit("gone/slow"), dict) == [
        {"rule": "gone/slow", "when": None, "then": [], "document": None}
    ]


def test_scenarios_that_were_applied_have_the_applied_rules_alone() -> None:
    kept = applied_scenarios(hit("a/slow", scenarios=(record("a", OTHER, RULE), record("b", RULE))))

    assert kept == (record("a", RULE),)


def test_packaged_scenarios_are_not_read_for_a_rule_of_the_sandbox() -> None:
    entry = hit("nightly/slow", "sbx/sbx.omit", scenarios=(record("nightly", RULE),))

    assert applied_rules(entry, lambda: pytest.fail("they were read"))
