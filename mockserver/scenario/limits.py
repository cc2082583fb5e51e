"""Limit a scenario document to one vendor, or each of its rules to one call."""

from __future__ import annotations

from mockserver.model import Document


def limited(document: Document, vendor: str = "", *, once: bool) -> Document:
    """Return a scenario whose rules hit `once` at most, and only calls of `vendor`, if given."""
    return {**document, "rules": [_limited_rule(rule, vendor, once=once) for rule in document["rules"]]}


def _limited_rule(rule: Document, vendor: str, *, once: bool) -> Document:
    changed = dict(rule)
    if vendor:
        changed["match"] = {**rule.get("match", {}), "vendor": vendor}
    if once:
        changed["times"] = {**rule.get("times", {}), "count": 1}
    return changed
