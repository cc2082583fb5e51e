"""The checks that only a batch of a certain size can show, by name."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from mockserver.contract.finding import Check

IN_TIME, LEGAL, LIMIT = "sizes-are-answered-in-time", "legal-sizes-are-accepted", "limit-is-kept"

SIZE_CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        one.id: one
        for one in (
            Check(
                IN_TIME,
                "batches of every size are answered in time",
                "batches",
                "a sender that gives up waiting sends the batch again, and its items are there twice",
            ),
            Check(
                LEGAL,
                "batches up to the limit are accepted",
                "batches",
                "senders fill their batches up to the limit that the vendor states",
            ),
            Check(
                LIMIT,
                "batches over the limit are rejected",
                "batches",
                "what is over the limit is rejected as a whole, or nobody knows what was stored",
            ),
        )
    }
)
"""In the order of a report."""

SHARED_CHECKS = frozenset(
    {
        "answers-can-be-read",
        "good-items-are-accepted",
        "bad-items-are-refused",
        "accepted-are-there",
        "rejected-leave-no-trace",
        "class-is-true",
        "lists-show-what-is-there",
        "steps-do-what-they-say",
        "whole-or-nothing",
        "twice-in-a-batch",
        "amounts-are-exact",
    }
)
"""Checks of sequences that are made of a batch of any size."""
