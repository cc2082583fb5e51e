"""The checks of stateful tests, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from mockserver.contract.checks.answer_checks import ANSWER_CHECKS
from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.finding import Check
from mockserver.contract.stateful.state_model import ReportedVerdict, SentBatch, SequenceItem
from mockserver.contract.values.checks import VALUE_CHECKS

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
            *ANSWER_CHECKS,
            Check(
                "good-items-are-accepted",
                "valid items are accepted",
                "items",
                "a valid item must be accepted, whatever else is in the batch",
            ),
            Check(
                "bad-items-are-refused",
                "invalid items are rejected",
                "items",
                "an item that cannot be processed must not be reported as accepted",
            ),
            Check(
                "accepted-are-there",
                "accepted items are stored",
                "items",
                "the next read must show what was reported as accepted, and every later read too",
            ),
            Check(
                "rejected-leave-no-trace",
                "rejected items leave no trace",
                "items",
                "a rejected item must change nothing",
            ),
            Check(
                "class-is-true",
                '"created" and "updated" are correct',
                "items",
                '"created" must mean that the record is new, "updated" that it was there before',
            ),
            Check(
                "lists-show-what-is-there",
                "lists agree with single reads",
                "records",
                "a list and a single read must show the same records",
            ),
            Check(
                "steps-do-what-they-say",
                "single changes do what they report",
                "steps",
                "the record must show a change, a payment or a deletion that was reported as done",
            ),
            Check(
                "whole-or-nothing",
                "rejected calls store nothing",
                "calls",
                "a call that is rejected as a whole must store none of its items",
            ),
            Check(
                "twice-in-a-batch",
                "a key twice in a batch follows the vendor's rule",
                "items",
                "each vendor has its own rule for two items with one key",
            ),
            Check(
                "replay-is-the-first-answer",
                "replays change nothing",
                "calls",
                "a caller that lost an answer sends the call again with the same idempotency key",
            ),
            Check(
                "key-with-another-body",
                "an idempotency key is for one body only",
                "calls",
                "a key with another body is a mistake of the caller",
            ),
            Check(
                "tenants-are-apart",
                "tenants are isolated",
                "records",
                "one tenant must not see or change records of another",
            ),
            Check(
                "worlds-are-apart",
                "sandboxes are isolated",
                "records",
                "one sandbox must not see or change records of another",
            ),
            Check(
                "at-once-as-one-by-one",
                "parallel calls act like calls in sequence",
                "records",
                "two batches at once must leave what they leave one after the other, in some order",
            ),
            Check(
                "amounts-are-exact",
                "amounts are exact",
                "amounts",
                "the amount that is read must be the amount that was sent, to the last cent",
            ),
            Check(
                "same-in-every-media-type",
                "media types make no difference to items",
                "items",
                "an item means the same in JSON, XML or any other form",
            ),
            Check(
                "assumptions-are-kept",
                "undocumented cases are always handled in the same way",
                "cases",
                "where no document says what happens, callers rely on what they saw before",
            ),
            *VALUE_CHECKS.values(),
        )
    }
)
"""In the order of a report."""
