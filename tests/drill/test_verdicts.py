"""Truth table of the judge: situations, each with the verdict that a careful person would give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from mockserver.drill.run import VendorAbilities
from mockserver.journal.entry import Entry
from mockserver.journal.item_history import Told
from mockserver.model import Delivery, Document
from tests.drill.runs import (
    CLEAN,
    KEYED,
    READABLE,
    RESET,
    TEXT,
    UNANSWERABLE,
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
    unanswered,
    updated,
)
from tests.support.engine_samples import NOW

REPETITIONS = 20
"""How often each situation is judged; the calls of parallel clients arrive at other times each time."""

BOTH = {"R-1": [attempt(1)], "R-2": [attempt(1)]}
THREE: Attempts = {key: [attempt(1)] for key in ("R-1", "R-2", "R-3")}
FIRST_REFUSED: Attempts = {"R-1": [rejected(1)], "R-2": [attempt(1)]}
FIRST_LOCKED: Attempts = {"R-1": [rejected(1, "locked")], "R-2": [attempt(1)]}
ALL_GONE: Attempts = {"R-1": [gone(1)], "R-2": [gone(1)]}
NO_KEY = {"note": "same", "amount": 10}


def equal(number: int, **members: Any) -> Any:
    return attempt(number, document=NO_KEY, **members)


EQUAL: Attempts = {"#94b6c0352b92": [equal(number) for number in range(1, 7)]}


def stamped(number: int, **members: Any) -> Any:
    """An item without a key that has the time of its attempt."""
    made = {"order": members.pop("order", f"O-{number}"), "at": f"09:00:0{members.pop('second', number)}"}
    return attempt(number, document=made, **members)


@dataclass(frozen=True)
class Situation:
    run: Attempts
    verdict: str
    """The verdict, then the kinds of the findings that are sure or, with `doubtful`, doubtful."""
    clean: Attempts = field(default_factory=lambda: CLEAN)
    status: int | None = 0
    output: str = ""
    usual: str = ""
    """Output of the run without faults."""
    usual_status: int = 0
    abilities: VendorAbilities = READABLE
    calls: Sequence[Entry] = ()
    starts: tuple[int, ...] = ()
    records: tuple[Sequence[Document], Sequence[Document]] = ((), ())
    harmless: bool = False


def stored(*keys: str) -> list[Document]:
    return [document(key) for key in keys]


def delete(number: int) -> Entry:
    return call(number, method="DELETE", path="/orders/R-1")


WORDS: Mapping[str, Situation] = {
    "a log with the time of day names nothing": Situation(
        FIRST_REFUSED, "silent DROPPED", output="09:00:07,120 sent R-1", usual="08:59:01,377 sent R-1"
    ),
    "a log with an instant names nothing": Situation(
        FIRST_REFUSED,
        "silent DROPPED",
        output="2026-11-26T09:00:07Z sent R-1",
        usual="2026-11-25T08:00:00Z sent R-1",
    ),
    "durations name nothing": Situation(
        FIRST_REFUSED, "silent DROPPED", output="R-1 took 133 ms", usual="R-1 took 12.4 ms"
    ),
    "request ids name nothing": Situation(
        FIRST_REFUSED, "silent DROPPED", output="[7f3a9c12] R-1", usual="[0b11ffe2] R-1"
    ),
    "a line that stored items have as well names nothing": Situation(
        FIRST_REFUSED, "silent DROPPED", output="batch had R-1\nbatch had R-2"
    ),
    "a line for refused items alone names them": Situation(
        FIRST_REFUSED, "told", output="sent R-1\nsent R-2\n09:00:07 R-1 refused", usual="sent R-1\nsent R-2"
    ),
    "the status of an item names it": Situation(
        FIRST_REFUSED, "told", output="R-1: 422\nR-2: 201", usual="R-1: 201\nR-2: 201"
    ),
    "a list of what failed names its items": Situation(
        {"R-1": [rejected(1)], "R-2": [attempt(1)], "R-3": [rejected(1)]},
        "told",
        clean=THREE,
        output="not stored: R-1, R-3",
    ),
    "a report in JSON names what is in its list of failures": Situation(
        FIRST_REFUSED, "told", output='{\n  "stored": [\n    "R-2"\n  ],\n  "failed": [\n    "R-1"\n  ]\n}'
    ),
    "rows of a report in JSON name by what they say": Situation(
        FIRST_REFUSED,
        "told",
        output='[\n  {"id": "R-1", "ok": false},\n  {"id": "R-2", "ok": true}\n]',
        usual='[\n  {"id": "R-1", "ok": true},\n  {"id": "R-2", "ok": true}\n]',
    ),
    "a count of tries is no small key": Situation(
        {"1": [attempt(1)], "2": [rejected(1)], "3": [attempt(1)]},
        "silent DROPPED",
        clean={key: [attempt(1)] for key in "123"},
        output="try 2 of 3",
    ),
    "a small key in its place names its item": Situation(
        {"1": [attempt(1)], "2": [rejected(1)], "3": [attempt(1)]},
        "told",
        clean={key: [attempt(1)] for key in "123"},
        output="claim 2 was refused",
    ),
    "an exit status tells of all where nothing is named": Situation(FIRST_REFUSED, "told", status=1),
    "an exit status tells of nothing more where some are named": Situation(
        {"R-1": [rejected(1)], "R-2": [], "R-3": []},
        "silent UNNAMED",
        clean=THREE,
        status=1,
        output="R-1 was refused: unknown-reference",
    ),
    "the usual failing status tells nothing": Situation(
        FIRST_REFUSED, "silent DROPPED", status=1, usual_status=1
    ),
    "a stored item that is named in place of a lost one": Situation(
        FIRST_REFUSED, "silent DROPPED MISNAMED", output="R-2 was refused"
    ),
    "a stored item that is named with an exit status": Situation(
        FIRST_REFUSED, "silent UNNAMED MISNAMED", status=1, output="R-2 was refused"
    ),
    "a stored item that failed before is named beside an exit status": Situation(
        {"R-1": [rejected(1)], "R-2": [rejected(1, "locked"), attempt(2)]},
        "told",
        status=1,
        output="R-2 is locked and sent again",
    ),
    "a list of what is stored misnames nothing": Situation(
        {"R-1": [rejected(1)], "R-2": [attempt(1)], "R-3": [attempt(1)]},
        "silent DROPPED",
        clean=THREE,
        output="stored: R-2, R-3",
    ),
    "what is stored is listed beside an exit status": Situation(
        {"R-1": [rejected(1)], "R-2": [attempt(1)], "R-3": [attempt(1)]},
        "told",
        clean=THREE,
        status=1,
        output="stored so far: R-2, R-3",
    ),
    "the wrong ones of several are named": Situation(
        {"R-1": [rejected(1)], "R-2": [rejected(1)], "R-3": [attempt(1)]},
        "silent UNNAMED MISNAMED",
        clean=THREE,
        status=1,
        output="not stored: R-2, R-3",
    ),
    "a retry that is logged and then forgotten": Situation(
        FIRST_LOCKED, "silent DROPPED", output="WARN retrying R-1"
    ),
    "an item in doubt is named as unsure": Situation(
        {"R-1": [gone(1)], "R-2": [unanswered(1)]},
        "told",
        output="unsure: R-1\nunsure: R-2",
        abilities=UNANSWERABLE,
    ),
    "items that are named at each try but never given up": Situation(
        {"R-1": [rejected(1, "locked"), rejected(2, "locked")], "R-2": [rejected(1, "locked"), attempt(2)]},
        "silent DROPPED",
        output="R-1 is locked\nR-2 is locked\nR-1 is locked",
    ),
    "a warning that is printed": Situation(
        {"R-1": [attempt(1, warning=TEXT)], "R-2": [attempt(1)]}, "survived", output=f"warning: R-1: {TEXT}"
    ),
    "a warning is printed beside a loss that the answer denied": Situation(
        {"R-1": [attempt(1, warning=TEXT)], "R-2": [rejected(1, told=Told.STORED)]},
        "doubtful DROPPED",
        output=f"warning: R-1: {TEXT}",
    ),
    "a warning in an answer that came too late": Situation(
        {"R-1": [attempt(1, warning=TEXT)], "R-2": [attempt(1)]},
        "survived",
        calls=[call(1, delivery=Delivery(delay_ms=4000)), look(2)],
    ),
    "a warning that is not printed": Situation(
        {"R-1": [attempt(1, warning=TEXT)], "R-2": [attempt(1)]}, "silent SILENT", output="stored R-1, R-2"
    ),
    "an item that is never sent": Situation({"R-2": [attempt(1)]}, "silent DROPPED"),
    "a client that does not end": Situation(ALL_GONE, "silent HANGS", status=None),
}

ITEMS: Mapping[str, Situation] = {
    "all is stored": Situation(BOTH, "survived"),
    "a refused item is sent again by itself": Situation(
        {"R-1": [rejected(1, "locked"), attempt(2)], "R-2": [attempt(1)]}, "survived"
    ),
    "a refused item is created by another operation": Situation(
        {
            **FIRST_LOCKED,
            "POST /orders#94b6c0352b92": [attempt(2, document={**document("R-1"), "amount": "10"})],
        },
        "survived",
    ),
    "a stored item is created by another operation too": Situation(
        {**BOTH, "POST /orders#94b6c0352b92": [attempt(2, document=document("R-1"))]}, "silent TWICE RESENT"
    ),
    "six equal items without keys are stored": Situation(EQUAL, "survived", clean=EQUAL),
    "two of six equal items are lost": Situation(
        {
            "#94b6c0352b92": [
                *(equal(at) for at in range(1, 5)),
                equal(5, stored=False, action="rejected", told=Told.REJECTED),
                equal(6, stored=False, action="rejected", told=Told.REJECTED),
            ]
        },
        "silent DROPPED",
        clean=EQUAL,
    ),
    "one of six equal items is stored a seventh time": Situation(
        {"#94b6c0352b92": [equal(1, told=Told.NOTHING, status=None), *(equal(at) for at in range(2, 8))]},
        "silent TWICE",
        clean=EQUAL,
    ),
    "two of six equal items fail once": Situation(
        {
            "#94b6c0352b92": [
                equal(1, stored=False, action="rejected", told=Told.REJECTED),
                *(equal(at) for at in range(2, 8)),
            ]
        },
        "survived",
        clean=EQUAL,
    ),
    "two of six equal items are lost and named": Situation(
        {
            "#94b6c0352b92": [
                *(equal(at) for at in range(1, 5)),
                *(equal(at, stored=False, action="rejected", told=Told.REJECTED) for at in (5, 6)),
            ]
        },
        "told",
        clean=EQUAL,
        output="not stored: an order with the note same",
    ),
    "the client deletes all that it made": Situation(
        BOTH,
        "silent DROPPED",
        calls=[call(1), delete(2), delete(3)],
        records=(stored("R-1", "R-2"), []),
    ),
    "the client deletes all that it made and says so": Situation(
        BOTH, "told", status=1, calls=[call(1), delete(2)], records=(stored("R-1", "R-2"), [])
    ),
    "the client deletes and creates again": Situation(
        {"R-1": [unanswered(1), attempt(3)], "R-2": [attempt(1)]},
        "survived",
        calls=[call(1), delete(2), call(3)],
        records=(stored("R-1", "R-2"), stored("R-1", "R-2")),
    ),
    "the client deletes another than it doubled": Situation(
        {"R-1": [unanswered(1), attempt(3)], "R-2": [attempt(1)]},
        "silent DROPPED TWICE",
        calls=[call(1), delete(2), call(3)],
        records=(stored("R-1", "R-2"), stored("R-1", "R-1")),
    ),
    "a voided record is none": Situation(
        BOTH,
        "silent DROPPED",
        calls=[call(1), call(2, operation="void")],
        records=(stored("R-1", "R-2"), [document("R-1"), {**document("R-2"), "state": "VOIDED"}]),
    ),
    "a lost answer is followed by a look": Situation(
        {"R-1": [unanswered(1)], "R-2": [unanswered(1)]}, "survived", calls=[call(1), look(2)]
    ),
    "all is sent again after a lost answer": Situation(
        {"R-1": [unanswered(1), attempt(2)], "R-2": [unanswered(1), attempt(2)]}, "silent TWICE"
    ),
    "all is sent again where nothing else can be done": Situation(
        {"R-1": [unanswered(1), attempt(2)], "R-2": [attempt(1)]}, "doubtful TWICE", abilities=UNANSWERABLE
    ),
    "the answer says stored, and that is not true": Situation(
        {"R-1": [rejected(1, told=Told.STORED)], "R-2": [attempt(1)]}, "doubtful DROPPED"
    ),
    "a success without a word of the item, where nothing can be read": Situation(
        {"R-1": [gone(1, status=200)], "R-2": [attempt(1)]}, "doubtful DROPPED", abilities=UNANSWERABLE
    ),
    "no answer at all, where nothing can be read": Situation(
        ALL_GONE, "silent DROPPED", abilities=UNANSWERABLE
    ),
    "a count that does not add up tells of no item, so that all is sent again": Situation(
        {"R-1": [gone(1, status=201), attempt(3)], "R-2": [unanswered(1, status=201), updated(3)]},
        "survived",
        calls=[call(1), look(2), call(3)],
    ),
    "a note on a failure is no item": Situation(
        {**FIRST_REFUSED, "POST /notes#94b6c0352b92": [attempt(2, document={"text": "payment failed"})]},
        "told",
        status=1,
    ),
    "items have the time of their attempt": Situation(
        {"#000000000001": [stamped(1, second=7)], "#000000000002": [stamped(2, second=8)]},
        "survived",
        clean={"#000000000003": [stamped(1)], "#000000000004": [stamped(2)]},
    ),
    "an item with the time of its attempt fails once": Situation(
        {
            "#000000000001": [stamped(1, second=7, stored=False, action="rejected", told=Told.REJECTED)],
            "#000000000002": [stamped(2, second=8)],
            "#000000000005": [stamped(3, second=9, order="O-1")],
        },
        "survived",
        clean={"#000000000003": [stamped(1)], "#000000000004": [stamped(2)]},
    ),
    "one number is fixed and others are new": Situation(
        {"FIX": [attempt(1)], "N-8": [attempt(1, document=document("N-8", 7))]},
        "survived",
        clean={"FIX": [attempt(1)], "N-2": [attempt(1, document=document("N-2", 7))]},
    ),
    "keys that are new each time, and one is lost": Situation(
        {"S-1": [rejected(1)], "S-2": [attempt(1)]}, "silent DROPPED"
    ),
    "another amount at the second try": Situation(
        {"R-1": [rejected(1, "locked"), attempt(2, document=document("R-1", 9))], "R-2": [attempt(1)]},
        "silent WRONG",
    ),
    "a refused item is sent for ever": Situation(
        {"R-1": [rejected(at) for at in range(1, 10)], "R-2": [attempt(1)]}, "silent FOREVER", status=1
    ),
    "a stored item is sent again": Situation(
        {"R-1": [attempt(1), updated(2)], "R-2": [attempt(1)]}, "silent RESENT"
    ),
    "a client that fails although all is well": Situation(BOTH, "silent ALARM", status=3, harmless=True),
}


def busy(number: int, began_ms: int, took_ms: int, port: int, **changes: Any) -> Entry:
    """A call on the connection `port`, which began after `began_ms` of the run."""
    arrival = NOW + timedelta(milliseconds=began_ms)
    end = arrival + timedelta(milliseconds=took_ms)
    entry = call(number, at=end, now=arrival, duration_ms=took_ms, body=b"%d" % number, **changes)
    return replace(entry, call=replace(entry.call, port=port))


THROTTLED: Mapping[str, Any] = {"reply_status": 429, "reply_headers": (("retry-after", "2"),)}
UNAUTHORIZED: Mapping[str, Any] = {"reply_status": 401, "headers": {"authorization": "old"}}
OLD: Mapping[str, Any] = {"headers": {"authorization": "old"}}


def eight(seed: int, first: Mapping[str, Any], **changes: Any) -> list[Entry]:
    """Eight calls on connections of their own; the first is answered before the others arrive."""
    late = sorted(6 + (seed * 37 + at * at * 11) % 55 for at in range(7))
    calls = [busy(1, 0, 5, 1, **first)]
    return calls + [busy(at + 2, ms, 70, at + 2, **changes) for at, ms in enumerate(late)]


def parallel(seed: int) -> Mapping[str, Situation]:
    well = {f"R-{at}": [attempt(at)] for at in range(2, 9)}
    lost: Attempts = {"R-1": [refused(1)], **well}
    again: Attempts = {"R-1": [refused(1), attempt(9)], **well}
    clean: Attempts = {f"R-{at}": [attempt(at)] for at in range(1, 9)}
    many = eight(seed, THROTTLED)
    tokens = eight(seed, UNAUTHORIZED, **OLD)

    def of(run: Attempts, verdict: str, calls: Sequence[Entry], status: int = 0) -> Situation:
        return Situation(run, verdict, clean=clean, calls=calls, status=status)

    return {
        "seven calls under way know nothing of the 429": of(again, "survived", [*many, busy(9, 2300, 5, 1)]),
        "the throttled call again, too early": of(again, "silent RUDE", [*many, busy(9, 300, 5, 11)]),
        "another call on the throttled connection": of(
            {**again, "R-1": [refused(1), attempt(10)]},
            "silent RUDE",
            [*many, busy(9, 90, 5, 1, method="GET"), busy(10, 2300, 5, 1)],
        ),
        "a new call long after the 429": of(
            {**again, "R-1": [refused(1), attempt(10)]},
            "silent RUDE",
            [*many, busy(9, 1200, 5, 12, method="GET"), busy(10, 2300, 5, 1)],
        ),
        "seven calls under way know nothing of the 401": of(lost, "told", tokens, status=1),
        "the refused token again on its connection": of(
            again, "silent LOGIN", [*tokens, busy(9, 200, 5, 1, **OLD)]
        ),
        "a new token after the 401": of(
            again, "survived", [*tokens, busy(9, 200, 5, 1, headers={"authorization": "new"})]
        ),
    }


CALLS: Mapping[str, Situation] = {
    "a call too early after a 429": Situation(
        {"R-1": [refused(1), attempt(2)], "R-2": [attempt(2)]},
        "silent RUDE",
        calls=[call(1, reply_status=429, reply_headers=(("retry-after", "30"),)), call(2)],
    ),
    "the next start of the client knows nothing of the 429": Situation(
        {"R-1": [refused(1), attempt(2)], "R-2": [attempt(2)]},
        "survived",
        calls=[call(1, reply_status=429, reply_headers=(("retry-after", "30"),)), call(2)],
        starts=(1, 2),
    ),
    "the next start of the client uses its token again": Situation(
        {"R-1": [refused(1), attempt(2)], "R-2": [attempt(2)]},
        "survived",
        calls=[call(1, **UNAUTHORIZED), call(2, **OLD)],
        starts=(1, 2),
    ),
    "the old token in the headers of a login": Situation(
        {"R-1": [refused(1), attempt(3)], "R-2": [attempt(3)]},
        "survived",
        calls=[
            call(1, **UNAUTHORIZED),
            call(2, operation="login", **OLD),
            call(3, headers={"authorization": "new"}),
        ],
        abilities=VendorAbilities("", is_readable=True, logins=frozenset({"login"})),
    ),
    "one idempotency key for two bodies": Situation(
        {"R-1": [attempt(1)], "R-2": [attempt(2)]},
        "silent KEY",
        calls=[keyed(1, "a", body=b"1"), keyed(2, "a", body=b"2")],
        abilities=KEYED,
    ),
    "another key after a lost answer": Situation(
        {"R-1": [unanswered(1), attempt(2)], "R-2": [attempt(1)]},
        "silent TWICE KEY",
        calls=[keyed(1, "a", delivery=RESET), keyed(2, "b")],
        abilities=KEYED,
    ),
    "the same key after a lost answer": Situation(
        {"R-1": [unanswered(1), attempt(2, action="repeated", stored=False)], "R-2": [attempt(1)]},
        "survived",
        calls=[keyed(1, "a", delivery=RESET), keyed(2, "a")],
        abilities=KEYED,
    ),
    "a call refused for good five times": Situation(
        ALL_GONE, "silent FOREVER", calls=[call(at, reply_status=403) for at in range(1, 6)], status=1
    ),
}


def verdict_on(one: Situation) -> str:
    found = judged(
        run_of(one.run, status=one.status, output=one.output, calls=one.calls, starts=one.starts),
        run_of(one.clean, status=one.usual_status, output=one.usual),
        one.abilities,
        harmless=one.harmless,
        records=one.records,
    )
    return " ".join([found.verdict, *(finding.kind.name for finding in found.findings)])


@pytest.mark.parametrize("table", [WORDS, ITEMS, CALLS], ids=["words", "items", "calls"])
def test_a_verdict_is_that_of_a_careful_person(table: Mapping[str, Situation]) -> None:
    wrong = {
        name: (verdict, one.verdict)
        for name, one in table.items()
        for verdict in {verdict_on(one) for _ in range(REPETITIONS)}
        if verdict != one.verdict
    }

    assert wrong == {}


def test_parallel_clients_get_the_same_verdict_whenever_their_calls_arrive() -> None:
    found = {
        (name, verdict_on(one), one.verdict)
        for seed in range(REPETITIONS)
        for name, one in parallel(seed).items()
    }

    assert {one for one in found if one[1] != one[2]} == set()


def test_there_are_sixty_situations() -> None:
    assert len(WORDS) + len(ITEMS) + len(CALLS) + len(parallel(0)) >= 60
