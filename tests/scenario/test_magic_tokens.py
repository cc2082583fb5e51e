from __future__ import annotations

import pytest

from mockserver.model import Fault
from mockserver.scenario.language import SCHEMA
from mockserver.scenario.model import Commit, Delay, Dribble, Effect, ResponseEffect
from mockserver.scenario.selection import FIRST_WORD, ITEM_FAULT_CODES, effect_of, response_of

EVERYTHING = Commit()
NOTHING = Commit(first=0)


@pytest.mark.parametrize(
    ("token", "effect"),
    [
        ("sbx.fail.locked", Effect(Fault("locked"))),
        ("sbx.fail.unknown-reference", Effect(Fault("unknown-reference"))),
        ("sbx.flaky.2", Effect(Fault("internal"), fail_times=2)),
        ("sbx.flaky.10", Effect(Fault("internal"), fail_times=10)),
        ("sbx.warn", Effect(warn=Fault("too-long"))),
        ("sbx.warn.conflict", Effect(warn=Fault("conflict"))),
        ("sbx.hang", Effect(hang_ms=30_000)),
        ("sbx.hang.200", Effect(hang_ms=200)),
        ("sbx.omit", Effect(omit=True)),
        ("sbx.dup", Effect(duplicate=1)),
    ],
)
def test_a_token_bends_its_item(token: str, effect: Effect) -> None:
    assert effect_of(token) == effect
    assert response_of(token) is None


@pytest.mark.parametrize(
    ("token", "response", "commit"),
    [
        ("sbx.429", ResponseEffect(429, retry_after=7), NOTHING),
        ("sbx.400", ResponseEffect(400), NOTHING),
        ("sbx.599", ResponseEffect(599), NOTHING),
        ("sbx.reset", ResponseEffect(fault="CONNECTION_RESET_BY_PEER"), EVERYTHING),
        ("sbx.garbage", ResponseEffect(fault="RANDOM_DATA_THEN_CLOSE"), EVERYTHING),
        ("sbx.empty", ResponseEffect(fault="EMPTY_RESPONSE"), EVERYTHING),
        ("sbx.chunk", ResponseEffect(fault="MALFORMED_RESPONSE_CHUNK"), EVERYTHING),
        ("sbx.truncated", ResponseEffect(fault="TRUNCATED_BODY"), EVERYTHING),
        ("sbx.length", ResponseEffect(fault="WRONG_LENGTH"), EVERYTHING),
        ("sbx.short", ResponseEffect(fault="LENGTH_TOO_SMALL"), EVERYTHING),
        ("sbx.silent", ResponseEffect(fault="NO_RESPONSE"), EVERYTHING),
        ("sbx.idle", ResponseEffect(fault="CLOSE_IDLE"), EVERYTHING),
        ("sbx.drip", ResponseEffect(dribble=Dribble(10, 3000)), EVERYTHING),
        ("sbx.slow", ResponseEffect(delay=Delay("fixed", value=3000)), EVERYTHING),
        ("sbx.slow.50", ResponseEffect(delay=Delay("fixed", value=50)), EVERYTHING),
    ],
)
def test_a_token_bends_the_whole_call(token: str, response: ResponseEffect, commit: Commit) -> None:
    assert response_of(token) == (response, commit)
    assert effect_of(token) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sbx",
        "sbx.",
        "sbx.fail",
        "sbx.fail.",
        "sbx.fail.zebra",
        "sbx.fail.locked.twice",
        "sbx.flaky",
        "sbx.flaky.0",
        "sbx.flaky.two",
        "sbx.flaky.-1",
        "sbx.omit.2",
        "sbx.dup.2",
        "sbx.hang.0",
        "sbx.hang.600001",
        "sbx.slow.1.2",
        "sbx.200",
        "sbx.600",
        "sbx.4290",
        "sbx.429.1",
        "sbx.reset.now",
        "SBX.omit",
        "sbx.Omit",
        "sbx .omit",
        "xsbx.omit",
        "sbx.omitted",
        "sbx.omit.",
        "-sbx.omit",
        "a.sbx.omit",
        "sbx.omité",
        "sbx.hang." + "1" * 30,
    ],
)
def test_what_only_looks_like_a_token_does_nothing(text: str) -> None:
    assert effect_of(text) is None
    assert response_of(text) is None


@pytest.mark.parametrize(
    "text", ["sbx.omit", "June sbx.omit", "(sbx.omit)", "sbx.omit, please", "a\nsbx.omit"]
)
def test_a_token_is_a_whole_word_of_the_text(text: str) -> None:
    assert effect_of(text) == Effect(omit=True)


def test_the_first_token_of_each_kind_counts() -> None:
    text = "sbx.zebra sbx.503 sbx.dup sbx.reset sbx.omit"

    assert effect_of(text) == Effect(duplicate=1)
    assert response_of(text) == (ResponseEffect(503), NOTHING)


def test_every_token_begins_with_the_mark() -> None:
    assert effect_of(f"{FIRST_WORD}.omit") == Effect(omit=True)


def test_the_codes_of_tokens_are_those_of_the_language() -> None:
    assert list(ITEM_FAULT_CODES) == SCHEMA["$defs"]["error"]["properties"]["code"]["enum"]
    assert max(len(f"sbx.fail.{code}") for code in ITEM_FAULT_CODES) <= 32


def test_the_faults_of_tokens_are_those_of_the_language() -> None:
    words = ("reset", "garbage", "empty", "chunk", "truncated", "length", "short", "silent", "idle")
    found = {response[0].fault for word in words if (response := response_of(f"sbx.{word}"))}

    assert found == set(SCHEMA["$defs"]["response"]["properties"]["fault"]["enum"])
