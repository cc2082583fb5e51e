"""Hostile input is refused and changes nothing (edge-cases §4)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.control.operators import NEW, SANDBOXES, create, listed, order
from tests.support.client import Client, Response

PROBLEM = "application/problem+json"

PATHS = {
    "parent": f"{SANDBOXES}/../health",
    "parent-escaped": f"{SANDBOXES}/%2e%2e/health",
    "parent-escaped-whole": f"{SANDBOXES}/%2e%2e%2fhealth",
    "parents-of-a-scenario": f"{NEW}/scenarios/..%2f..%2f..%2fetc%2fpasswd",
    "parents-of-a-snapshot": f"{NEW}/snapshots/..%2f..%2fdefault",
    "parents-of-a-number": f"{NEW}/journal/..%2f1",
    "dot": f"{SANDBOXES}/./default",
    "double-slash": "/_mock//sandboxes",
    "absolute": f"{SANDBOXES}/%2fetc%2fpasswd",
    "drive": f"{SANDBOXES}/C:%5cWindows",
    "file-address": f"{SANDBOXES}/file:%2f%2f%2fetc%2fpasswd",
    "nul": f"{SANDBOXES}/default%00",
    "nul-in-a-scenario": f"{NEW}/scenarios/flaky%00.yaml",
    "line-break": f"{SANDBOXES}/default%0a",
    "carriage-return": f"{SANDBOXES}/default%0d%0aX-A:%20b",
    "long": f"{SANDBOXES}/{'a' * 300}",
    "long-scenario": f"{NEW}/scenarios/{'a' * 300}",
    "long-snapshot": f"{NEW}/snapshots/s{'9' * 300}",
    "unicode": f"{SANDBOXES}/%C3%A9",
    "full-width": f"{SANDBOXES}/%EF%BD%84efault",
    "zero-width": f"{SANDBOXES}/default%E2%80%8B",
    "bad-utf-8": f"{SANDBOXES}/%FF%FE",
    "overlong-utf-8": f"{SANDBOXES}/%C0%AE%C0%AE",
    "star": f"{SANDBOXES}/*",
    "star-escaped": f"{SANDBOXES}/def%2A",
    "question-mark": f"{SANDBOXES}/def%3F",
    "set": f"{SANDBOXES}/%5Ba-z%5D*",
    "hash-tag": f"{SANDBOXES}/%7Bdefault%7D",
    "colon": f"{SANDBOXES}/sandbox:default",
    "capital": f"{SANDBOXES}/DEFAULT",
    "empty": f"{SANDBOXES}//dump",
    "fragment": f"{SANDBOXES}/default%23",
    "semicolon": f"{SANDBOXES}/default;a=b",
}


@pytest.mark.parametrize("path", PATHS.values(), ids=PATHS.keys())
def test_a_hostile_path_is_refused(operator: Client, path: str) -> None:
    create(operator)
    order(operator, "A", sandbox="default")
    before = operator.get(f"{SANDBOXES}/default/dump").body

    answered = [operator.request(method, path) for method in ("GET", "DELETE")]

    assert {(400 <= one.status < 500, one.media_type) for one in answered} == {(True, PROBLEM)}
    assert operator.get(f"{SANDBOXES}/default/dump").body == before
    assert listed(operator) == ["default", "new"]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_the_snapshot_of_another_sandbox_cannot_be_touched(operator: Client, method: str) -> None:
    create(operator)
    operator.post(f"{SANDBOXES}/default/snapshots", json={})
    path = f"{NEW}/snapshots/s1" + ("/restore" if method == "POST" else "")

    assert operator.request(method, path).status == 404
    assert len(operator.get(f"{SANDBOXES}/default/snapshots").json) == 1


def test_the_entry_of_another_sandbox_cannot_be_seen(operator: Client) -> None:
    create(operator)
    order(operator, "A", sandbox="default")

    assert operator.get(f"{NEW}/journal/1").status == 404


RULE = {"id": "r1", "response": {"status": 500}}

LAUGHS = "\n".join(
    ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10))]
)
TEXTS = {
    "tag": "!!python/object/apply:os.system ['touch /tmp/touched']",
    "tag-on-a-value": "version: 1\nname: flaky\nrules: !!python/name:os.system",
    "own-tag": "!include /etc/passwd",
    "alias": "version: 1\nname: &n flaky\ndescription: *n\nrules: []",
    "billion-laughs": LAUGHS,
    "alias-of-itself": "&a [*a]",
    "merge-key": "<<: {version: 1}\nname: flaky\nrules: []",
    "two-documents": "{version: 1}\n---\n{name: flaky}",
    "deep": "[" * 20_000,
    "deep-block": "\n".join(" " * depth + "a:" for depth in range(500)),
    "huge-number": "version: " + "9" * 5_000 + "\nname: flaky",
    "huge-exponent": "version: 1e999999999\nname: flaky",
    "nan": "{version: .nan, name: flaky, rules: []}",
    "bell": "version: 1\nname: \a",
    "no-text": "\x00\x01",
    "nothing": "",
    "text": "flaky",
    "list": "[1, 2]",
    "repeated": "version: 1\nversion: 1\nname: flaky\nrules: []",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_a_hostile_scenario_is_refused(operator: Client, text: str) -> None:
    create(operator)

    answered = send(operator, text.encode())

    assert (answered.status in {400, 422}, answered.media_type) == (True, PROBLEM)
    assert operator.get(f"{NEW}/scenarios").json == []


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", "name: é".encode("latin-1"), b"\xed\xa0\x80"])
def test_a_scenario_that_is_no_utf_8_is_refused(operator: Client, content: bytes) -> None:
    create(operator)

    assert send(operator, content).status in {400, 422}


def scenario(**rule: Any) -> Any:
    return {"version": 1, "name": "flaky", "rules": [{**RULE, **rule}]}


RULES = {
    "bad-pattern": scenario(match={"body": {"path": "$.a", "matches": "("}}),
    "look-behind": scenario(match={"body": {"path": "$.a", "matches": "(?<=a)b"}}),
    "back-reference": scenario(match={"body": {"path": "$.a", "matches": r"(a)\1"}}),
    "long-pattern": scenario(match={"body": {"path": "$.a", "matches": "a" * 201}}),
    "path-with-a-script": scenario(match={"body": {"path": "$[?(@.a==1)]", "equals": 1}}),
    "path-with-a-star": scenario(match={"body": {"path": "$..*", "equals": 1}}),
    "hang-for-a-day": scenario(items=[{"select": {"all": True}, "effect": {"hang": 86_400_000}}]),
    "many-duplicates": scenario(items=[{"select": {"all": True}, "effect": {"duplicate": 1_000_000}}]),
    "many-rules": {**scenario(), "rules": [{**RULE, "id": f"r{n}"} for n in range(201)]},
    "header-with-a-line-break": scenario(response={"headers": {"X-A": "b\r\nSet-Cookie: c"}}),
    "name-with-a-slash": {**scenario(), "name": "../flaky"},
}


@pytest.mark.parametrize("document", RULES.values(), ids=RULES.keys())
def test_a_hostile_rule_is_refused(operator: Client, document: Any) -> None:
    create(operator)

    answered = send(operator, json.dumps(document).encode(), "application/json")

    assert (answered.status, answered.media_type) == (422, PROBLEM)
    assert operator.get(f"{NEW}/scenarios").json == []


def test_a_pattern_that_backtracks_elsewhere_is_taken_and_answered(operator: Client) -> None:
    create(operator)
    rule = scenario(match={"body": {"path": "$.orders[0].id", "matches": "(a+)+$"}})
    send(operator, json.dumps(rule).encode(), "application/json")

    answered = order(operator, "a" * 50_000 + "b")

    assert answered.status == 207


def send(operator: Client, content: bytes, media_type: str = "application/yaml") -> Response:
    return operator.put(f"{NEW}/scenarios/flaky", content=content, headers={"content-type": media_type})
