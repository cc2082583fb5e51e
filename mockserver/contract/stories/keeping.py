"""What is there after a batch, held against what the answer said of its items."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from mockserver.contract.stories import words
from mockserver.contract.stories.answered import Answered, check_of
from mockserver.contract.stories.model import FIRST_REFUSAL, only_amounts_differ
from mockserver.contract.stories.story import Story
from mockserver.contract.subject import Record


def read_back(story: Story, answered: Answered, tenant: int) -> None:
    """Read every key of the batch; what is there from now on is what is read."""
    for key in dict.fromkeys(one.key for one in answered.sent.things):
        due = _due(answered, key, story.there[tenant, key])
        shown = story.read(key, tenant)
        if due is not None:
            _holds(story, answered, due, shown)
        story.there[tenant, key] = shown


@dataclass(frozen=True, slots=True)
class _Due:
    """What must be there of a key by what the answer says of its item: `done` or not."""

    record: Record | None
    place: int
    done: bool


def _due(answered: Answered, key: str, before: Record | None) -> _Due | None:
    """What must be there of the key, None where that cannot be said."""
    due = None
    rows = zip(answered.sent.things, answered.sent.outlook.fates, answered.verdicts, strict=True)
    for place, (one, fate, verdict) in enumerate(rows):
        if one.key != key:
            continue
        done = verdict.accepted
        if done is None:
            succeeded = answered.exchange.response.status < FIRST_REFUSAL and not answered.sent.outlook.whole
            done = fate.accepted and succeeded
        if done is None or (done and not fate.accepted):
            return None
        if done or due is None:
            due = _Due(fate.record if done else before, place, bool(done))
    return due


def _holds(story: Story, answered: Answered, due: _Due, shown: Record | None) -> None:
    sent = answered.sent
    one = sent.things[due.place]
    if due.done:
        check = check_of(sent, one, "accepted-are-there")
        _amounts_hold(story, answered, due, shown)
    elif answered.refused and sent.outlook.whole:
        check = "whole-or-nothing"
    else:
        check = check_of(sent, one, "rejected-leave-no-trace", media=False)
    story.judged(check)
    if shown != due.record:
        _break(story, answered, due, shown, check)


def _amounts_hold(story: Story, answered: Answered, due: _Due, shown: Record | None) -> None:
    amounts = sum(isinstance(value, Decimal) for value in (due.record or {}).values())
    story.judged("amounts-are-exact", amounts)
    if only_amounts_differ(due.record, shown):
        _break(story, answered, due, shown, "amounts-are-exact")


def _break(story: Story, answered: Answered, due: _Due, shown: Record | None, check: str) -> None:
    became = f"item {due.place}, {answered.sent.things[due.place].key}, was "
    became += words.reported(answered.verdicts[due.place])
    if answered.refused:
        became = "the call was refused"
    said = f"{words.sent(answered.sent.things)}; {became}; {words.difference(due.record, shown)}"
    story.breaks(check, said, words.record(due.record), words.record(shown))
