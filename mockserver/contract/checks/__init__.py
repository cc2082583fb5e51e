"""Checks of a single exchange: request against response."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mockserver.contract.checks import item_checks, message_checks, response_checks
from mockserver.contract.checks.check_case import Checker
from mockserver.contract.finding import Check

APPLICABLE_CHECKS: tuple[tuple[Check, Checker], ...] = (
    (
        Check(
            "answers-match-the-spec",
            "answers match the spec",
            "calls",
            "clients are written from the spec: they know no other status, media type or body",
        ),
        response_checks.answers_match_the_spec,
    ),
    (
        Check(
            "members-are-stated",
            "no undocumented members",
            "calls",
            "clients ignore members that the spec does not name, and nobody reviews what they reveal",
        ),
        response_checks.members_are_stated,
    ),
    (
        Check(
            "comes-as-asked-for",
            "answers have a media type that was asked for",
            "calls",
            "a client can read only what it asked for",
        ),
        response_checks.comes_as_asked_for,
    ),
    (
        Check(
            "no-server-error", "no server errors", "calls", "a server must have an answer to every request"
        ),
        response_checks.no_server_error,
    ),
    (
        Check(
            "refusals-have-the-shape",
            "error bodies match the spec",
            "refusals",
            "clients look for the reason where the spec says it is",
        ),
        response_checks.refusals_have_the_shape,
    ),
    (
        Check(
            "envelope-is-judged",
            "only an invalid envelope rejects the whole call",
            "calls",
            "an unreadable call is rejected as a whole; a bad item rejects it only where the vendor says so",
        ),
        response_checks.envelope_is_judged,
    ),
    (
        Check(
            "one-outcome-per-item",
            "one outcome per item",
            "items",
            "an item without an outcome is lost to its sender, one with two is booked twice",
        ),
        item_checks.one_outcome_per_item,
    ),
    (
        Check(
            "outcome-fits-the-item",
            "bad items are not reported as accepted",
            "items",
            "senders do not send again what is reported as accepted",
        ),
        item_checks.outcome_fits_the_item,
    ),
    (
        Check(
            "order-is-kept",
            "outcomes are in the order of the items",
            "items",
            "senders match outcomes to items by position",
        ),
        item_checks.order_is_kept,
    ),
    (
        Check(
            "keys-are-the-items",
            "outcomes have the keys of their items",
            "items",
            "senders match outcomes to items by key",
        ),
        item_checks.keys_are_the_items,
    ),
    (
        Check("count-is-processed", "count = processed", "calls", "senders compare it with their own count"),
        item_checks.count_is_processed,
    ),
    (
        Check(
            "refusals-say-why",
            "rejections have a message",
            "refusals",
            "nobody can correct what is rejected without a reason",
        ),
        item_checks.refusals_say_why,
    ),
    (
        Check(
            "message-fits-the-outcome",
            "messages do not contradict their outcome",
            "messages",
            'people read them: "created" on a rejected item, or "failed" on a stored one, misleads',
        ),
        message_checks.message_fits_the_outcome,
    ),
    (
        Check(
            "message-names-its-item",
            "messages are about their own item",
            "messages",
            "a message about another item lets people correct the wrong one",
        ),
        message_checks.message_names_its_item,
    ),
)
"""Every check with what makes it, in the order of a report."""

NO_SERVER_ERROR = "no-server-error"

CHECKS: Mapping[str, Check] = MappingProxyType({check.id: check for check, _ in APPLICABLE_CHECKS})

OF_BATCHES = frozenset(
    {
        "one-outcome-per-item",
        "outcome-fits-the-item",
        "order-is-kept",
        "keys-are-the-items",
        "count-is-processed",
        "message-names-its-item",
    }
)
"""Checks that hold at every other operation, as it has no items."""
