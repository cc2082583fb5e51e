"""A step of a story: one record is changed, paid, deleted, or must not be."""

from __future__ import annotations

from mockserver.contract.exchange import Exchange
from mockserver.contract.stories import words
from mockserver.contract.stories.model import FIRST_REFUSAL
from mockserver.contract.stories.story import Story
from mockserver.contract.subject import Drawn, Record, Refused, Step

_CHECK = "steps-do-what-they-say"


def do(story: Story, step: Step, key: str, drawn: Drawn, tenant: int) -> None:
    """Do it, and hold what comes and what is there then against what must be."""
    before = story.known(key, tenant)
    must = step.after(before, drawn)
    exchange = _called(story, step, key, drawn, tenant)
    if exchange is None:
        return
    status = exchange.response.status
    story.told.append(f"{step.name}, {key}: {words.called(exchange.request)} → {status}")
    story.judge(exchange)
    story.judged(_CHECK)
    refused = status >= FIRST_REFUSAL
    there = f"where reading {key} showed {words.record(before)}"
    if isinstance(must, Refused) and not refused:
        said = f"{step.name}, {there}: answered {words.answer(exchange)}, although it must be refused"
        story.breaks(_CHECK, said, "refused", str(status))
    if not isinstance(must, Refused) and refused:
        said = f"{step.name}, {there}: refused with {words.answer(exchange)}"
        story.breaks(_CHECK, said, "done", str(status))
    expected: Record | None = before if isinstance(must, Refused) or refused else must
    shown = story.read(key, tenant)
    if shown != expected and not (isinstance(must, Refused) and not refused):
        said = f"{step.name}, {there}: answered {status}; {words.difference(expected, shown)}"
        story.breaks(_CHECK, said, words.record(expected), words.record(shown))
    story.there[tenant, key] = shown


def _called(story: Story, step: Step, key: str, drawn: Drawn, tenant: int) -> Exchange | None:
    exchange = story.call(step.request(key, drawn, tenant), tenant)
    if exchange is None or step.then is None:
        return exchange
    story.judge(exchange)
    with story.readable(exchange, f"what {step.name} needs"):
        return story.call(step.then(exchange, key, drawn, tenant), tenant)
    return None
