"""A batch of a story: it is sent, what the answer says is held against the model, and its keys are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.stories import words
from mockserver.contract.stories.answered import Answered
from mockserver.contract.stories.keeping import read_back
from mockserver.contract.stories.model import Sent, Thing, Verdict, is_refused, items, outlook, verdicts
from mockserver.contract.stories.settling import settle
from mockserver.contract.stories.story import Story

_TWICE, _MEDIA = "twice-in-a-batch", "same-in-every-media-type"


def made(story: Story, things: Sequence[Thing], tenant: int, media_type: str = "") -> Sent:
    """The batch of these items, with what must become of it where the story stands."""
    subject = story.stage.subject
    before = {one.key: story.known(one.key, tenant) for one in things}
    documents = tuple(one.document(subject) for one in things)
    return Sent(tuple(things), documents, outlook(subject, story.stage.batch, things, before), media_type)


def request_of(story: Story, sent: Sent, tenant: int, token: str = "") -> Request:
    """The call that sends it, under an idempotency key if one is given."""
    subject = story.stage.subject
    request = subject.call(sent.documents, tenant)
    headers = dict(request.headers)
    if token:
        headers[subject.key_header.lower()] = token
    if not sent.media_type:
        return replace(request, headers=headers)
    body = subject.encodings[sent.media_type](sent.documents)
    return replace(request, headers={**headers, "content-type": sent.media_type}, body=body)


def send(
    story: Story, things: Sequence[Thing], tenant: int, media_type: str = "", token: str = ""
) -> Answered | None:
    """Send a batch and hold everything against the model; None where no answer came."""
    sent = made(story, things, tenant, media_type)
    request = request_of(story, sent, tenant, token)
    exchange = story.call(request, tenant)
    if exchange is None:
        return None
    answered = read_answer(story, sent, request, exchange)
    settle(story, answered)
    read_back(story, answered, tenant)
    return answered


def read_answer(story: Story, sent: Sent, request: Request, exchange: Exchange) -> Answered:
    """What the answer says; it is told as a step, and judged by itself."""
    batch = story.stage.batch
    telling = story.telling(exchange, items(story.stage.subject, batch, sent.things, sent.documents))
    complaint = telling if isinstance(telling, str) else ""
    if isinstance(telling, str):
        told, refused = (Verdict(accepted=None),) * len(sent.things), False
    else:
        told = verdicts(telling, batch, len(sent.things))
        refused = is_refused(exchange, telling, told)
    became = words.outcome(sent.things, told, refused=refused)
    story.told.append(words.batch_step(request, sent.things, exchange, became))
    holds = story.judge(exchange)
    story.judged("answers-can-be-read")
    if complaint and holds:
        said = f"{words.sent(sent.things)}; the answer is {words.answer(exchange)}: {complaint}"
        story.breaks("answers-can-be-read", said, "what became of each item", words.answer(exchange))
    return Answered(sent, request, exchange, told, refused)
