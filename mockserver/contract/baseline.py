"""Baselines: findings that are known and do not fail a run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml as writer
from yaml import YAMLError

from mockserver.codec import yaml
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Finding, current_id
from mockserver.model import Json, parse_pointer

VERSION = 1
_MEMBERS = frozenset({"vendor", "check", "operation", "reason", "fingerprint"})
_DIGITS = 16
_YAML = (".yaml", ".yml")


class UnreadableBaselineError(Exception):
    """The baseline is empty or unreadable; the message says where."""


@dataclass(frozen=True, slots=True)
class KnownFindings:
    """A known difference; without a `fingerprint` it covers all findings of the check at the operation."""

    vendor: str
    operation: str
    check: str
    reason: str = ""
    fingerprint: str = ""

    def covers(self, vendor: str, finding: Finding, fingerprint: str) -> bool:
        same = (self.vendor, self.operation, self.check) == (vendor, finding.operation, finding.check)
        return same and self.fingerprint in ("", fingerprint)


def fingerprint(api: ApiUnderTest, finding: Finding) -> str:
    """Identity of a finding over several runs, in hexadecimal digits."""
    named = _member_names(api.spec.document)
    steps = [step if step in named else "*" for step in parse_pointer(finding.pointer)]
    status = finding.exchanges[-1].response.status if finding.exchanges else 0
    facts = [api.name, finding.operation, finding.check, status, steps]
    return sha256(json.dumps(facts).encode()).hexdigest()[:_DIGITS]


def read_baseline(file: Path) -> tuple[KnownFindings, ...]:
    """Return the known differences of a JSON or YAML file. Raises UnreadableBaselineError."""
    try:
        document = yaml.load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, YAMLError) as error:
        raise UnreadableBaselineError(f"{file}: {error}") from None
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise UnreadableBaselineError(f"{file}: /version: expected {VERSION}")
    entries = document.get("known")
    if not isinstance(entries, list):
        raise UnreadableBaselineError(f"{file}: /known: expected a list")
    return tuple(_known(f"{file}: /known/{at}", entry) for at, entry in enumerate(entries))


def write_baseline(file: Path, known: Iterable[KnownFindings]) -> None:
    """Write them as YAML where the file name says so, else as JSON; equal findings give equal bytes."""
    entries = [
        {
            "vendor": one.vendor,
            "operation": one.operation,
            "check": one.check,
            "fingerprint": one.fingerprint,
            "reason": one.reason,
        }
        for one in sorted(known, key=lambda one: (one.vendor, one.operation, one.check, one.fingerprint))
    ]
    document = {"version": VERSION, "known": entries}
    if file.suffix in _YAML:
        text = writer.safe_dump(document, sort_keys=False, allow_unicode=True, width=1000)
    else:
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _known(where: str, entry: Json) -> KnownFindings:
    if not isinstance(entry, dict):
        raise UnreadableBaselineError(f"{where}: expected an object")
    if unknown := set(entry) - _MEMBERS:
        raise UnreadableBaselineError(
            f"{where}/{min(unknown)}: keys allowed here: {', '.join(sorted(_MEMBERS))}"
        )
    for name in ("vendor", "operation", "check"):
        if not isinstance(entry.get(name), str):
            raise UnreadableBaselineError(f"{where}/{name}: expected a text")
    return KnownFindings(
        entry["vendor"],
        entry["operation"],
        current_id(entry["check"]),
        str(entry.get("reason") or ""),
        str(entry.get("fingerprint") or ""),
    )


def _member_names(node: Any) -> frozenset[str]:
    """Names of all members in the schemas of a document."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if isinstance(one, Mapping):
            properties = one.get("properties")
            if isinstance(properties, Mapping):
                found.update(str(name) for name in properties)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return frozenset(found)
