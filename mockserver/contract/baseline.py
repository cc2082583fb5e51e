"""Baselines: findings that are known and do not fail a run."""

from __future__ import annotations

import json
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple, TypeVar

import yaml as writer

from mockserver.codec import yaml
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import Finding, current_id
from mockserver.model import Json, parse_pointer

VERSION = 1
_DIGITS = 16
_YAML = (".yaml", ".yml")
Known = TypeVar("Known", bound=NamedTuple)
"""An entry of a baseline; its last member is the reason."""


class UnreadableBaselineError(Exception):
    """The baseline cannot be read or has a wrong form; the message says where."""


class KnownFindings(NamedTuple):
    """An entry of a baseline. Without `fingerprint`, an entry covers all findings of operation and check."""

    vendor: str
    operation: str
    check: str
    fingerprint: str = ""
    reason: str = ""

    def covers(self, other: KnownFindings) -> bool:
        return self[:3] == other[:3] and self.fingerprint in ("", other.fingerprint)


def entry_of(api: ApiUnderTest, finding: Finding) -> KnownFindings:
    return KnownFindings(api.name, finding.operation, finding.check, fingerprint(api, finding))


def fingerprint(api: ApiUnderTest, finding: Finding) -> str:
    """Return the identity of a finding across runs, in hexadecimal digits.

    The identity depends on vendor, operation, check, status and the pointer's names, but not on list indexes.
    """
    steps = [step if step in api.member_names else "*" for step in parse_pointer(finding.pointer)]
    status = finding.exchanges[-1].response.status if finding.exchanges else 0
    facts = [api.name, finding.operation, finding.check, status, steps]
    return sha256(json.dumps(facts).encode()).hexdigest()[:_DIGITS]


def read_baseline(file: Path, kind: type[Known]) -> list[Known]:
    """Return the entries of a JSON or YAML file, with current ids of checks.

    A member with a default in `kind` may be missing. Raises UnreadableBaselineError.
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
    return [_known(f"{file}: /known/{at}", entry, kind) for at, entry in enumerate(entries)]


def _known(where: str, entry: Json, kind: type[Known]) -> Known:
    if not isinstance(entry, dict):
        raise UnreadableBaselineError(f"{where}: expected an object")
    if unknown := set(entry) - set(kind._fields):
        raise UnreadableBaselineError(
            f"{where}/{min(unknown)}: keys allowed here: {', '.join(sorted(kind._fields))}"
        )
    for name in kind._fields:
        if name not in kind._field_defaults and not isinstance(entry.get(name), str):
            raise UnreadableBaselineError(f"{where}/{name}: expected a text")
    texts = {name: str(entry.get(name) or "") for name in kind._fields}
    return kind._make(current_id(text) if name == "check" else text for name, text in texts.items())


def write_baseline(file: Path, known: Iterable[NamedTuple]) -> None:
    """Write a baseline, sorted by all but the reasons, as YAML to a `.yaml` or `.yml` file, else as JSON."""
    entries = [one._asdict() for one in sorted(known, key=lambda one: one[:-1])]
    document = {"version": VERSION, "known": entries}
    if file.suffix in _YAML:
        text = writer.safe_dump(document, sort_keys=False, allow_unicode=True, width=1000)
    else:
        text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
