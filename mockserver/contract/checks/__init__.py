"""Checks of a single exchange: request against response."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mockserver.contract.checks import item_checks, response_checks
from mockserver.contract.checks.check_case import Checker
from mockserver.contract.finding import Check

APPLICABLE_CHECKS: tuple[tuple[Check, Checker], ...] = (
    (
        Check(
            "answers-match-the-spec",
            "answers match the spec",
            "calls",
            "a client is made from the spec: it knows no other status, media type or body",
        ),
        response_checks.answers_match_the_spec,
    ),
    (
        Check(
            "members-are-stated",
            "no members beside those of the spec",
            "calls",
            "what the spec does not name nobody looks for, and nobody keeps from being seen",
        ),
        response_checks.members_are_stated,
    ),
    (
        Check("comes-as-asked-for", "answers come as asked for", "calls", "a client reads what it asked for"),
        response_checks.comes_as_asked_for,
    ),
    (
        Check(
            "no-server-error", "no server error", "calls", "whatever is sent, a server has an answer to it"
        ),
        response_checks.no_server_error,
    ),
    (
        Check(
            "refusals-have-the-shape",
            "refusals have the vendor's shape",
            "refusals",
            "a client finds the reason where the spec says that it is",
        ),
        response_checks.refusals_have_the_shape,
    ),
    (
        Check(
            "envelope-is-judged",
            "the envelope is judged strictly, and apart from items",
            "calls",
            "what cannot be read is refused as a whole; a bad item is refused alone, where it can be",
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
            "no bad item is reported as done",
            "items",
            "a sender takes what is reported as done off its list",
        ),
        item_checks.outcome_fits_the_item,
    ),
    (
        Check("order-is-kept", "outcomes in the order of the items", "items", "a sender reads them by place"),
        item_checks.order_is_kept,
    ),
    (
        Check("keys-are-the-items", "keys are those of the items", "items", "a sender reads them by key"),
        item_checks.keys_are_the_items,
    ),
    (
        Check("count-is-processed", "count = processed", "calls", "a sender reconciles by it"),
        item_checks.count_is_processed,
    ),
    (
        Check(
            "refusals-say-why",
            "refusals say why",
            "refusals",
            "what is refused without a word cannot be mended",
        ),
        item_checks.refusals_say_why,
    ),
)
"""Every check with what makes it, in the order of a report."""

CHECKS: Mapping[str, Check] = MappingProxyType({check.id: check for check, _ in APPLICABLE_CHECKS})
