"""Neighbours: what happens in one tenant or sandbox is nothing to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mockserver.contract.stories import batches, words
from mockserver.contract.stories.answered import Answered
from mockserver.contract.stories.model import FIRST_REFUSAL, Thing
from mockserver.contract.stories.story import Story
from mockserver.contract.subject import Record
from mockserver.contract.worlds import World

_TENANTS, _WORLDS = "tenants-are-apart", "worlds-are-apart"


def tenant(story: Story, things: Sequence[Thing], here: int, there: int, *, keyed: bool = False) -> None:
    """A batch in one tenant, looked at from another, where its idempotency key is then a new one."""
    keys = [one.key for one in things]
    for key in keys:
        story.known(key, there)
    token = story.token() if keyed and story.stage.subject.again == "same" else ""
    answered = batches.send(story, things, here, token=token)
    for key in keys:
        expected, shown = story.there[there, key], story.read(key, there)
        story.judged(_TENANTS)
        if shown != expected:
            said = f"{words.sent(things)} in one tenant, and in another {words.difference(expected, shown)}"
            story.breaks(_TENANTS, f"{said} ({key})", words.record(expected), words.record(shown))
        story.there[there, key] = shown
    if token and answered is not None and not answered.refused:
        _as_new(story, _TENANTS, answered, there, token)


def world(story: Story, aside: World, things: Sequence[Thing], here: int, *, keyed: bool) -> None:
    """A batch in this sandbox, looked at from another, where its idempotency key is then a new one."""
    subject = story.stage.subject
    keys = [one.key for one in things]
    first = {key: story.read(key, here, aside) for key in keys}
    if subject.prepare is None:
        _is_as_it_was(story, first, here)
    token = story.token() if keyed and subject.again == "same" else ""
    answered = batches.send(story, things, here, token=token)
    for key in keys:
        shown = story.read(key, here, aside)
        story.judged(_WORLDS)
        if shown != first[key]:
            said = (
                f"{words.sent(things)} to one sandbox, and in another {words.difference(first[key], shown)}"
            )
            story.breaks(_WORLDS, f"{said} ({key})", words.record(first[key]), words.record(shown))
    if token and answered is not None and not answered.refused:
        _as_new(replace(story, world=aside, there={}), _WORLDS, answered, here, token)


def _is_as_it_was(story: Story, first: Mapping[str, Record | None], here: int) -> None:
    """Another sandbox begins as this one did, whatever has happened here since."""
    for key, shown in first.items():
        story.known(key, here)
        expected = story.initial[here, key]
        story.judged(_WORLDS)
        if shown != expected:
            said = (
                f"a new sandbox does not begin as this one did: for {key} {words.difference(expected, shown)}"
            )
            story.breaks(_WORLDS, said, words.record(expected), words.record(shown))


def _as_new(story: Story, check: str, answered: Answered, where: int, token: str) -> None:
    """The call that was done elsewhere is done here too, under the same key."""
    place = "tenant" if check == _TENANTS else "sandbox"
    sent = batches.made(story, answered.sent.things, where)
    if not sent.outlook.is_done:
        return
    exchange = story.call(batches.request_of(story, sent, where, token), where)
    if exchange is None:
        return
    story.told.append(f"the same under that key in another {place} → {exchange.response.status}")
    story.judged(check)
    refused = exchange.response.status >= FIRST_REFUSAL
    for one, fate in zip(sent.things, sent.outlook.fates, strict=True):
        shown = story.read(one.key, where)
        if refused or shown != fate.record:
            said = f"an idempotency key of one {place} was taken for known in another, and the call not done"
            story.breaks(check, said, words.record(fate.record), words.record(shown))
        story.there[where, one.key] = shown
