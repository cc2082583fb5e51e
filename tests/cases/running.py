"""Runs the steps of a case against a sandbox, by the vendor's API and the control plane."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from tests.cases.language import Node
from tests.cases.matching import differences, made
from tests.support.client import Answered, Client

BOOKKEEPING = frozenset({"sequences", "quotas", "assumptions"})
FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Run:
    """One case on its way; `kept` holds what answers left for later steps, `before` what was there first."""

    client: Client
    vendor: str
    sandbox: str
    headers: Mapping[str, str]
    kept: dict[str, Any] = field(default_factory=dict)
    before: Node = field(default_factory=dict)

    def prepare(self, assumptions: Mapping[str, str], freeze: str | None, given: Iterable[Node]) -> None:
        """Set switches and clock, do what is given, and note what is there then."""
        self.assume(assumptions)
        if freeze is not None:
            self._control("clock/freeze", {"at": freeze})
        self.go(given)
        self.before = self._records()

    def go(self, steps: Iterable[Node]) -> None:
        """Every step in its order; the first that is not as expected fails."""
        for number, step in enumerate(steps, 1):
            said = "\n  ".join(self._step(step))
            assert not said, f"step {number}, {step.get('call', next(iter(step)))}\n  {said}"

    def _control(self, what: str, body: Node) -> None:
        answered = self.client.post(f"/_mock/sandboxes/{self.sandbox}/{what}", json=body)
        assert answered.status == 200, answered.text

    def assume(self, positions: Mapping[str, str]) -> None:
        """Turn switches of the vendor."""
        named = {f"{self.vendor}.{name}": value for name, value in positions.items()}
        answered = self.client.patch(f"/_mock/sandboxes/{self.sandbox}/assumptions", json=named)
        assert answered.status == 200, answered.text

    def _step(self, step: Node) -> list[str]:
        if "advance" in step:
            self._control("clock/advance", {"seconds": step["advance"]})
            return []
        if "assume" in step:
            self.assume(step["assume"])
            return []
        if "unchanged" in step:
            return list(differences(self.before, self._records()))
        if "dump" in step:
            return self._dump(step)
        return [said for _ in range(step.get("times", 1)) for said in self._call(step)]

    def _call(self, step: Node) -> list[str]:
        answered = self._sent(step)
        expected = made(step["answer"], self.kept)
        said = list(_said(expected, answered))
        if said:
            return [*said, f"answered {answered.status} {answered.body[:3000]!r}"]
        for name, pointer in step.get("keep", {}).items():
            self.kept[name] = _at(answered.json, pointer)
        return []

    def _sent(self, step: Node) -> Answered:
        method, _, target = str(made(step["call"], self.kept)).partition(" ")
        headers: dict[str, str | None] = {name.lower(): text for name, text in self.headers.items()}
        for name, text in step.get("headers", {}).items():
            headers[name.lower()] = made(text, self.kept)
        removed = [name for name, text in headers.items() if text is None]
        client = self.client.without(*removed)
        kept = {name: str(text) for name, text in headers.items() if text is not None}
        path = f"/{self.vendor}{target}"
        if "json" in step and "encoding" not in step:
            return client.request(method, path, json=_plain(made(step["json"], self.kept)), headers=kept)
        content = self._content(step)
        if "form" in step:
            kept.setdefault("content-type", FORM)
        return client.request(method, path, content=content, headers=kept)

    def _content(self, step: Node) -> bytes | None:
        if "form" in step:
            return urlencode(made(step["form"], self.kept)).encode()
        if "json" in step:
            return json.dumps(_plain(made(step["json"], self.kept))).encode(step["encoding"])
        if "text" in step:
            return str(made(step["text"], self.kept)).encode(step.get("encoding", "utf-8"))
        return None

    def _tables(self) -> Any:
        return self.client.get(f"/_mock/sandboxes/{self.sandbox}/dump").json

    def _records(self) -> Node:
        """Every record of the vendor; numbers that were given and calls that were counted are none."""
        return {
            scope: {name: found for name, found in tables.items() if name not in BOOKKEEPING}
            for scope, tables in self._tables().items()
            if scope.startswith(f"{self.vendor}/")
        }

    def _dump(self, step: Node) -> list[str]:
        tables = self._tables()
        said: list[str] = []
        for collection, documents in made(step["dump"], self.kept).items():
            found = _collection(tables, self.vendor, step.get("scope"), collection)
            for key, expected in documents.items():
                where = f"{collection}/{key}"
                if expected is None and key in found:
                    said.append(f"{where}: is there")
                elif expected is not None and key not in found:
                    said.append(f"{where}: is not there; there are {sorted(found)}")
                elif expected is not None:
                    said += differences(expected, found[key], where, open_ended=True)
        return said


def _collection(tables: Node, vendor: str, scope: str | None, name: str) -> Node:
    """The documents of a collection: of the tenant `scope`, or of all the vendor's tenants."""
    every = [key for key in tables if key.startswith(f"{vendor}/")]
    wanted = every if scope is None else [f"{vendor}/{scope}"]
    merged: dict[str, Any] = {}
    for key in wanted:
        merged |= tables.get(key, {}).get(name, {})
    return merged


def _said(expected: Node, answered: Answered) -> Iterable[str]:
    if expected["status"] != answered.status:
        yield f"expected status {expected['status']}"
    if "type" in expected and expected["type"] != answered.media_type:
        yield f"expected {expected['type']}, found {answered.media_type}"
    for name, text in expected.get("headers", {}).items():
        found = answered.headers.get(name.lower())
        if text is None or found is None:
            if text is not found:
                yield f"header {name}: expected {text}, found {found}"
        else:
            yield from differences(str(text), found, f"header {name}")
    if "json" in expected:
        yield from differences(expected["json"], answered.json)
    if "includes" in expected:
        yield from differences(expected["includes"], answered.json, open_ended=True)
    if "text" in expected:
        yield from differences(expected["text"], answered.text)
    yield from (f"lacks {text!r}" for text in expected.get("contains", ()) if text not in answered.text)
    yield from (f"has {text!r}" for text in expected.get("lacks", ()) if text in answered.text)


def _at(document: Any, pointer: str) -> Any:
    for step in pointer.split("/")[1:]:
        document = document[int(step)] if isinstance(document, list) else document[step]
    return document


def _plain(value: Any) -> Any:
    """Decimals of a case file as JSON numbers."""
    if isinstance(value, dict):
        return {name: _plain(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_plain(child) for child in value]
    return float(value) if isinstance(value, Decimal) else value
