"""Assumptions of this mock that are no positions of a right server."""

from __future__ import annotations

NO_POSITIONS = {
    "require_key": "the vendor's documents say that a call may come without an idempotency key",
    "silent_failure": "a fault that the vendor had once: an answer that hides why an element was not saved",
}
