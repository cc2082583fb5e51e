"""Journal entries for the tests of what is made of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from mockserver.control.stories import expect_answer
from mockserver.journal.entry import Entry, ItemResults
from mockserver.journal.export.story import Story, StoryCall
from mockserver.journal.item_history import ItemAttempt, Told
from mockserver.journal.replay import resend_headers, target_with_query
from mockserver.journal.view import View
from mockserver.model import Action, Document, Item, Outcome, Reply
from tests.support.engine_samples import CALL, NOW

JSON = "application/json"
ENTRY = Entry(
    number=17,
    at=NOW,
    call=replace(
        CALL,
        query="page=2",
        headers={"host": "127.0.0.1:8080", "authorization": "Bearer abcdef", "content-type": JSON},
        body=b'{"orders":[]}',
        mount="/acme",
        origin="http://127.0.0.1:8080",
        target="/acme/orders",
        now=NOW,
    ),
    reply=Reply(207, b'{"results":[]}', JSON),
    operation="putOrders",
    refusal=None,
    decided=ItemResults(),
    duration_ms=3.4567,
)


def entry(**changes: Any) -> Entry:
    """An entry with these members of its own, of its `call`, or of its `reply`: whichever has them."""
    made = ENTRY
    for name, value in changes.items():
        if name in Entry.__struct_fields__:
            made = replace(made, **{name: value})
        elif name.startswith("reply_"):
            made = replace(made, reply=replace(made.reply, **{name.removeprefix("reply_"): value}))
        else:
            made = replace(made, call=replace(made.call, **{name: value}))
    return made


def attempt(number: int, at: int = 0, took: int = 0, told: Told = Told.STORED, **members: Any) -> ItemAttempt:
    """An attempt so many milliseconds after the start."""
    arrived = NOW + timedelta(milliseconds=at)
    made = {"action": "created", "stored": True, "status": 207, **members}
    until = arrived + timedelta(milliseconds=took)
    return ItemAttempt(number=number, index=0, at=arrived, until=until, told=told, **made)


def story(beginning: Document | None = None, **changes: Any) -> Story:
    """A story of one call, with its credentials; `changes` as for `entry`."""
    made, view = entry(**changes), View(shown=True)
    call = StoryCall(made, target_with_query(made, view), resend_headers(made, view), made.call.body)
    beginning = beginning or {"seed": 7, "freeze": "2026-01-05T09:00:00Z"}
    return Story(made.call.sandbox, beginning, (expect_answer(call, made),))


def item_results(*fates: tuple[str, Action]) -> ItemResults:
    """What became of items: key and end of each."""
    return ItemResults.of(tuple(Outcome(Item(at, key, {}), action) for at, (key, action) in enumerate(fates)))
