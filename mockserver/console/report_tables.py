"""Draw the summary of a contract run as tables; the file may have been written by anybody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mockserver.model import Document, Json

MAX_VENDORS = 20
MAX_OPERATIONS = 100
MAX_CHECKS = 300
MAX_FINDINGS = 200
_MAX_TEXT = 2000
_VERDICTS: Mapping[str, str] = {"ok": "passed", "FAIL": "failed", "known": "known"}
"""Verdicts in words."""

_FINDING_TEXTS = ("name", "said", "pointer", "expected", "came", "again", "reason")


def read_tables(found: Json) -> list[Document]:
    """Return a table of operation and check for each vendor of the summary; none if it is no such summary."""
    if not isinstance(found, dict):
        return []
    return [_vendor(one) for one in _objects(found.get("vendors"))[:MAX_VENDORS]]


def _vendor(vendor: Document) -> Document:
    operations = _objects(vendor.get("operations"))[:MAX_OPERATIONS]
    made = [
        {_text(row, "check"): _verdict(row) for row in _objects(operation.get("checks"))}
        for operation in operations
    ]
    checks = list(dict.fromkeys(check for row in made for check in row))[:MAX_CHECKS]
    return {
        "name": _text(vendor, "name"),
        "seed": _text(vendor, "seed"),
        "calls": _text(vendor, "calls"),
        "seconds": _text(vendor, "seconds"),
        "stopped": _text(vendor, "stopped"),
        "operations": [_text(one, "label") or _text(one, "operation") for one in operations],
        "checks": [{"check": check, "verdicts": [row.get(check) for row in made]} for check in checks],
        "findings": list(_findings(operations))[:MAX_FINDINGS],
    }


def _findings(operations: list[Document]) -> Iterator[Document]:
    for operation in operations:
        for row in _objects(operation.get("checks")):
            finding = row.get("finding")
            if isinstance(finding, dict):
                texts = {name: _text(finding, name) for name in _FINDING_TEXTS}
                place = {"operation": _text(operation, "operation"), "check": _text(row, "check")}
                yield {**place, "verdict": _verdict(row), **texts}


def _verdict(row: Document) -> str:
    word = _text(row, "verdict")
    return _VERDICTS.get(word, word)


def _objects(node: Json) -> list[Document]:
    return [one for one in node if isinstance(one, dict)] if isinstance(node, list) else []


def _text(node: Document, name: str) -> str:
    value = node.get(name)
    return "" if value is None or isinstance(value, dict | list) else str(value)[:_MAX_TEXT]
