"""Baselines: findings that are known and do not fail a run."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from operator import attrgetter
from pathlib import Path
from typing import Any

import yaml as writer

from mockserver.codec import yaml
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Finding, current_id
from mockserver.model import Json, parse_pointer

VERSION = 1
_DIGITS = 16
_YAML = (".yaml", ".yml")


class UnreadableBaselineError(Exception):
    """The baseline cannot be read or has a wrong form; the message says where."""


@dataclass(frozen=True, slots=True)
class KnownFindings:
    """An entry of a baseline. If `fingerprint` is "", it covers all findings of check and operation."""

    vendor: str
    operation: str
    check: str
    reason: str = ""
    fingerprint: str = ""

    def covers(self, vendor: str, finding: Finding, fingerprint: str) -> bool:
        same = (self.vendor, self.operation, self.check) == (vendor, finding.operation, finding.check)
        return same and self.fingerprint in ("", fingerprint)


def fingerprint(api: ApiUnderTest, finding: Finding) -> str:
    """Return the identity of a finding across runs, in hexadecimal digits.

    The identity depends on vendor, operation, check, status and pointer, but not on places in lists.
    """
    named = _member_names(api.spec.document)
    steps = [step if step in named else "*" for step in parse_pointer(finding.pointer)]
    status = finding.exchanges[-1].response.status if finding.exchanges else 0
    facts = [api.name, finding.operation, finding.check, status, steps]
    return sha256(json.dumps(facts).encode()).hexdigest()[:_DIGITS]


def read_baseline(file: Path) -> tuple[KnownFindings, ...]:
    """Return the entries of a JSON or YAML file. Raises UnreadableBaselineError."""
    entries = read_entries(file, ("vendor", "operation", "check"), ("reason", "fingerprint"))
    return tuple(KnownFindings(**{**one, "check": current_id(one["check"])}) for one in entries)


def read_entries(file: Path, required: Sequence[str], optional: Sequence[str]) -> list[dict[str, str]]:
    """Return the entries of a baseline of any kind; a missing optional text is "".

    Raises UnreadableBaselineError.
    """
    try:
        document = yaml.load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        raise UnreadableBaselineError(f"{file}: {error}") from None
    if not isinstance(document, dict) or document.get("version") != VERSION:
        raise UnreadableBaselineError(f"{file}: /version: expected {VERSION}")
    entries = document.get("known")
    if not isinstance(entries, list):
        raise UnreadableBaselineError(f"{file}: /known: expected a list")
    return [_texts(f"{file}: /known/{at}", entry, required, optional) for at, entry in enumerate(entries)]


def write_baseline(file: Path, known: Iterable[KnownFindings]) -> None:
    """Write a sorted baseline: YAML if the file is named `.yaml` or `.yml`, else JSON."""
    place = ("vendor", "operation", "check", "fingerprint")
    ordered = sorted(known, key=attrgetter(*place))
    write_entries(file, [{name: getattr(one, name) for name in (*place, "reason")} for one in ordered])


def write_entries(file: Path, entries: Sequence[Mapping[str, str]]) -> None:
    """Write a baseline of any kind: YAML if the file is named `.yaml` or `.yml`, else JSON."""
    document = {"version": VERSION, "known": list(entries)}
    if file.suffix in _YAML:
        text = writer.safe_dump(document, sort_keys=False, allow_unicode=True, width=1000)
    else:
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _texts(where: str, entry: Json, required: Sequence[str], optional: Sequence[str]) -> dict[str, str]:
    if not isinstance(entry, dict):
        raise UnreadableBaselineError(f"{where}: expected an object")
    members = {*required, *optional}
    if unknown := set(entry) - members:
        raise UnreadableBaselineError(
            f"{where}/{min(unknown)}: keys allowed here: {', '.join(sorted(members))}"
        )
    for name in required:
        if not isinstance(entry.get(name), str):
            raise UnreadableBaselineError(f"{where}/{name}: expected a text")
    return {
        **{name: entry[name] for name in required},
        **{name: str(entry.get(name) or "") for name in optional},
    }


def _member_names(node: Any) -> frozenset[str]:
    """Return the names of all members in the schemas of a document."""
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
