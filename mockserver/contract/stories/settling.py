"""What the answer to a batch says, held against what must have become of its items."""

from __future__ import annotations

from collections.abc import Sequence

from mockserver.contract.stories import words
from mockserver.contract.stories.answered import Answered, check_of
from mockserver.contract.stories.model import FIRST_REFUSAL, Fate, Sent, Thing, Verdict
from mockserver.contract.stories.story import Story


def settle(story: Story, answered: Answered) -> None:
    """Hold what the answer says against what must have become of the items."""
    sent = answered.sent
    if sent.outlook.whole:
        _refuses_all(story, answered)
    for place, (fate, verdict) in enumerate(zip(sent.outlook.fates, answered.verdicts, strict=True)):
        if fate.accepted is None or verdict.accepted is None or sent.outlook.whole:
            continue
        _fits(story, answered, place)
        if verdict.accepted and fate.accepted:
            _class_is_true(story, answered, place, fate, verdict)
            _amount_is_exact(story, answered, place, verdict)


def _refuses_all(story: Story, answered: Answered) -> None:
    story.judged("whole-or-nothing")
    done = [place for place, verdict in enumerate(answered.verdicts) if verdict.accepted]
    if done or (not answered.refused and answered.exchange.response.status < FIRST_REFUSAL):
        said = words.sent(answered.sent.things)
        ending = f"{_named(done)} reported as done" if done else "the call is not refused"
        story.breaks(
            "whole-or-nothing",
            f"{said}, which refuses the whole call; {ending}",
            "the call refused, no item done",
            words.answer(answered.exchange),
        )


def _fits(story: Story, answered: Answered, place: int) -> None:
    one, fate = answered.sent.things[place], answered.sent.outlook.fates[place]
    verdict = answered.verdicts[place]
    usual = "good-items-are-accepted" if fate.accepted else "bad-items-are-refused"
    check = check_of(answered.sent, one, usual)
    story.judged(check)
    if verdict.accepted == fate.accepted:
        return
    said, at = words.sent(answered.sent.things), verdict.told.at if verdict.told else ""
    if fate.accepted and answered.refused:
        came = words.answer(answered.exchange)
        story.breaks(check, f"{said}; the call is refused with {came}", "the good items done", came, at)
    elif fate.accepted:
        came = words.reported(verdict)
        story.breaks(check, f"{said}; item {place}, {one.key}, is reported as {came}", "done", came, at)
    else:
        done = [number for number, other in enumerate(answered.verdicts) if other.accepted]
        why = _why(answered.sent, one, fate)
        story.breaks(
            check, f"{said}{why}; {_named(done)} reported as done", "refused", words.reported(verdict), at
        )


def _why(sent: Sent, one: Thing, fate: Fate) -> str:
    if one.spoil:
        return ""
    if one.key in sent.twice:
        return f"; {one.key} stands in it twice, which refuses both"
    return f"; what is there of {one.key} ({words.record(fate.was)}) allows no such item"


def _class_is_true(story: Story, answered: Answered, place: int, fate: Fate, verdict: Verdict) -> None:
    told = verdict.told
    if told is None or not told.made:
        return
    one = answered.sent.things[place]
    check = check_of(answered.sent, one, "class-is-true", media=False)
    story.judged(check)
    if told.made == "unchanged":
        is_true = fate.was is not None and fate.was == fate.record
    else:
        is_true = (told.made == "created") == (fate.was is None)
    if not is_true:
        before = words.record(fate.was)
        said = f"{words.sent(answered.sent.things)}; item {place}, {one.key}, is reported as {told.made}"
        expected = "created" if fate.was is None else "updated"
        story.breaks(check, f"{said}, and before it there was {before}", expected, told.made, told.at)


def _amount_is_exact(story: Story, answered: Answered, place: int, verdict: Verdict) -> None:
    amount, told = story.stage.subject.amount, verdict.told
    if amount is None or told is None or told.amount is None:
        return
    expected = amount(answered.sent.documents[place])
    story.judged("amounts-are-exact")
    if told.amount != expected:
        key = answered.sent.things[place].key
        said = f"sent {expected:f} in item {place}, {key}; the answer says {told.amount:f}"
        story.breaks("amounts-are-exact", said, f"{expected:f}", f"{told.amount:f}", told.at)


def _named(places: Sequence[int]) -> str:
    if len(places) == 1:
        return f"item {places[0]} is"
    return f"items {', '.join(map(str, places))} are"
