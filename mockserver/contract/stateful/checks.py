"""The checks of stateful tests, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.finding import Check
from mockserver.contract.stateful.state_model import ReportedVerdict, SentBatch, SequenceItem

_TWICE, _MEDIA = "twice-in-a-batch", "same-in-every-media-type"


@dataclass(frozen=True, slots=True)
class SettledBatch:
    """A batch, its request and what became of it by its answer; `refused` as a whole."""

    sent: SentBatch
    request: Request
    exchange: Exchange
    verdicts: tuple[ReportedVerdict, ...]
    refused: bool


def check_of(sent: SentBatch, one: SequenceItem, usual: str, *, media: bool = True) -> str:
    """Return the check that a break of the usual one shows, where the batch is of a special kind."""
    if one.key in sent.twice:
        return _TWICE
    return _MEDIA if media and sent.media_type else usual


STATEFUL_CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        one.id: one
        for one in (
            Check(
                "every-call-is-answered",
                "every call is answered",
                "calls",
                "a caller that gets no answer does not know what became of its items",
            ),
            Check(
                "answers-can-be-read",
                "answers can be read",
                "calls",
                "what became of an item must be found in the answer, and a record in what reading it shows",
            ),
            Check(
                "good-items-are-accepted",
                "good items are accepted",
                "items",
                "an item with nothing wrong is done, whatever stands beside it",
            ),
            Check(
                "bad-items-are-refused",
                "bad items are refused",
                "items",
                "an item that cannot be done must not be told as done",
            ),
            Check(
                "accepted-are-there",
                "accepted items are there",
                "items",
                "an item that was told as done is what the next read shows, and stays there",
            ),
            Check(
                "rejected-leave-no-trace",
                "rejected items leave no trace",
                "items",
                "a rejected item changes nothing; what was there before is there still",
            ),
            Check(
                "class-is-true",
                "created and updated are told truly",
                "items",
                "what is told as created was not there, what is told as updated was",
            ),
            Check(
                "lists-show-what-is-there",
                "lists show what is there",
                "records",
                "a list and a single read tell of the same records",
            ),
            Check(
                "steps-do-what-they-say",
                "single steps do what they say",
                "steps",
                "a change, a payment, a deletion is done or refused, and its record says so",
            ),
            Check(
                "whole-or-nothing",
                "refused calls leave nothing",
                "calls",
                "a call that is refused as a whole does none of its items",
            ),
            Check(
                "twice-in-a-batch",
                "a key twice in a batch",
                "items",
                "what becomes of two items for one record is the vendor's rule",
            ),
            Check(
                "replay-is-the-first-answer",
                "a replay does nothing again",
                "calls",
                "a caller that lost an answer sends the call again under its key",
            ),
            Check(
                "key-with-another-body",
                "a key belongs to one call",
                "calls",
                "an idempotency key that comes with another body is a fault of the caller's",
            ),
            Check(
                "tenants-are-apart",
                "tenants are apart",
                "records",
                "what one tenant sends is nothing to another",
            ),
            Check(
                "worlds-are-apart",
                "sandboxes are apart",
                "records",
                "what happens in one sandbox is nothing to another",
            ),
            Check(
                "at-once-as-one-by-one",
                "calls at once are as one by one",
                "records",
                "two batches at the same time come to what one of them after the other comes to",
            ),
            Check(
                "amounts-are-exact",
                "amounts are exact",
                "amounts",
                "money that is read is the money that was sent, to the last cent",
            ),
            Check(
                "same-in-every-media-type",
                "the same in every media type",
                "items",
                "an item means the same, whatever it is written in",
            ),
        )
    }
)
"""In the order of a report."""
