"""Looking without doing: what was there a while ago is there still, and lists show the same."""

from __future__ import annotations

from mockserver.contract.stories import words
from mockserver.contract.stories.story import Story
from mockserver.contract.subject import Record

_LISTS = "lists-show-what-is-there"
_A_PAGE = 50
"""A list of so many records may be one page of several, and need not show everything."""


def look_at_all(story: Story) -> None:
    """Read everything that the story knows of."""
    for tenant, key in list(story.there):
        _look(story, tenant, key)


def _look(story: Story, tenant: int, key: str) -> Record | None:
    expected, shown = story.there[tenant, key], story.read(key, tenant)
    check = "rejected-leave-no-trace" if expected is None else "accepted-are-there"
    story.judged(check)
    if shown != expected:
        said = f"nothing was sent for {key} since it was read; {words.difference(expected, shown)}"
        if any(
            shown and record == shown and at == key
            for (other, at), record in story.there.items()
            if other != tenant
        ):
            check, said = "tenants-are-apart", f"{said}, as in another tenant"
        story.breaks(check, said, words.record(expected), words.record(shown))
    story.there[tenant, key] = shown
    return shown


def look_at_the_end(story: Story) -> None:
    """At the lists, which cost a call each; where there are none, at everything."""
    if story.stage.subject.listed is None:
        look_at_all(story)
    for tenant in range(story.stage.subject.tenants):
        look_at_the_list(story, tenant)


def look_at_the_list(story: Story, tenant: int) -> None:
    """Hold the list of a tenant against what the story knows of."""
    subject = story.stage.subject
    known = {key: record for (number, key), record in story.there.items() if number == tenant}
    if subject.listing is None or subject.listed is None or not known:
        return
    exchange = story.call(subject.listing(tenant), tenant)
    if exchange is None:
        return
    story.told.append(f"{words.called(exchange.request)} → {exchange.response.status}")
    story.judge(exchange)
    listed = None
    with story.readable(exchange, "the list"):
        listed = subject.listed(exchange)
    if listed is None:
        return
    for key, expected in known.items():
        if key not in listed and len(listed) >= _A_PAGE:
            continue
        story.judged(_LISTS)
        if listed.get(key) != expected and listed.get(key) != (shown := _look(story, tenant, key)):
            in_list = words.record(listed.get(key))
            said = f"reading {key} shows {words.record(shown)}; the list shows {in_list}"
            story.breaks(_LISTS, said, words.record(shown), in_list)
