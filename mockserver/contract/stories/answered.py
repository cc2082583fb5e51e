"""A batch that was answered, and the check that a break of a usual one shows in it."""

from __future__ import annotations

from dataclasses import dataclass

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.stories.model import Sent, Thing, Verdict

_TWICE, _MEDIA = "twice-in-a-batch", "same-in-every-media-type"


@dataclass(frozen=True, slots=True)
class Answered:
    """A batch, its request and what became of it by its answer; `refused` as a whole."""

    sent: Sent
    request: Request
    exchange: Exchange
    verdicts: tuple[Verdict, ...]
    refused: bool


def check_of(sent: Sent, one: Thing, usual: str, *, media: bool = True) -> str:
    """The check that a break of the usual one shows, where the batch is of a special kind."""
    if one.key in sent.twice:
        return _TWICE
    return _MEDIA if media and sent.media_type else usual
