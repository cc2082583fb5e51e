"""Values, bodies and texts that programs have been broken by, as tables."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from random import Random  # noqa: TID251 - the trial's chance, not a sandbox's
from typing import Any

VALUES: Sequence[Any] = (
    None, True, 0, -1, 2**63, 10**400, -(2**31) - 1, 0.1, 1e308, "", " ", "0", "null", "NaN", "é" * 300,
    "\0", "\x7f\x1b[2J", "\ud800", "\u202e", "💥" * 50, "x" * 3000, "<b>&amp;", "{text}", "{{x}}",
    "../../etc/passwd", "2026-02-30", "9999-12-31T23:59:60Z", "0000-00-00", "1e400", "-0",
    "00000000-0000-0000-0000-000000000000", [], {}, [[]], [None], {"": ""}, {"a": {"b": [{}]}}, ["x"] * 200,
    {str(number): number for number in range(200)},
)  # fmt: skip

TEXTS: Sequence[str] = (
    "", "%00", "%0A", "%ff", "..", "%2e%2e%2f", "*", "?", "'", '"', "(", "[", "\\", "x" * 2000, "-1", "0",
    "99999999999999999999", "null", "undefined", "[object Object]", "NaN", "1e9", "a&b=c", "%F0%9F%92%A5",
    "Name.EndsWith(%22x%22)", "Date%3E%3DDateTime(2026,13,40)", "invoiceNumber:eq:", "(" * 500,
    "%5Cw%7B200%7D" * 20, "(a%2B)%2B%24", "2026-02-30T25:61:61Z", "true", "id%3D%3Dnull", "%25%25",
)  # fmt: skip

HEADERS: Sequence[tuple[str, str]] = (
    ("Content-Type", "json"), ("Content-Type", "a/b/c"), ("Content-Type", ""),
    ("Content-Type", "application/json; charset=utf-16"),
    ("Content-Type", "application/json; charset=nope"), ("Content-Type", "application/xml"),
    ("Content-Type", "text/plain"), ("Content-Type", "application/x-www-form-urlencoded; charset=utf-16"),
    ("Content-Type", "multipart/form-data"), ("Content-Type", "multipart/form-data; boundary=x"),
    ("Content-Encoding", "gzip"), ("Content-Encoding", "br"), ("Content-Encoding", "gzip, gzip"),
    ("Accept", "text/xml"), ("Accept", "image/png"), ("Accept", ";;q=x"), ("Accept", "*/*;q=0"),
    ("Authorization", "Bearer undefined"), ("Authorization", "Bearer"), ("Authorization", "Basic !!!"),
    ("Authorization", "Digest x"), ("Authorization", "Bearer " + "x" * 5000), ("Mock-Sandbox", "default "),
    ("Mock-Sandbox", "NO"), ("Mock-Sandbox", "x" * 65), ("Mock-Scenario", "nope"),
    ("Mock-Scenario", "half-then-500;seed=x"), ("Mock-Scenario", ";;;"), ("Mock-Scenario", "%"),
    ("Prefer", "example="), ("Prefer", "code=999"), ("Prefer", "code=200, example=nope"),
    ("Idempotency-Key", "x" * 300), ("Idempotency-Key", "\x01"), ("If-Modified-Since", "yesterday"),
    ("If-Modified-Since", "9999-99-99T00:00:00"), ("Host", "[::1]evil.example"), ("Host", "evil.example"),
    ("Host", ""), ("Origin", "null"), ("Origin", "http://evil.example"), ("Expect", "100-continue"),
    ("Expect", "x"), ("Upgrade", "h2c"), ("Connection", "upgrade"), ("Range", "bytes=0-0"),
    ("Transfer-Encoding", "identity"), ("xero-tenant-id", "nope"), ("xero-tenant-id", "é"),
    ("vbasoftware-database", "\x0bsandbox"), ("If-Match", "*"), ("Cookie", "=;=;"), ("GW-Checksum", "x"),
    ("X-Forwarded-For", "127.0.0.1"), ("X-Http-Method-Override", "DELETE"), ("Last-Event-ID", "-1"),
)  # fmt: skip

BODIES: Mapping[str, bytes | Callable[[], bytes]] = {
    "nothing": b"",
    "null": b"null",
    "a text": b'"x"',
    "cut": b'{"a": [1, 2',
    "NaN": b"[NaN, Infinity]",
    "lone surrogate": b'["\\ud800"]',
    "bad UTF-8": b'["\xff\xfe"]',
    "UTF-16": '[{"a": 1}]'.encode("utf-16"),
    "byte order mark": b"\xef\xbb\xbf[]",
    "huge exponent": b"[1e999999999]",
    "digits": b"[" + b"9" * 20_000 + b"]",
    "comment": b"/* x */ [{a: 'b',}]",
    "depth": b"[" * 100_000,
    "closed depth": b"[" * 500 + b"]" * 500,
    "objects in depth": b'{"a":' * 50_000,
    "twice": b'[{"a": 1, "a": 2}]',
    "empty items": b"[{}]",
    "10,000 empty items": lambda: json.dumps([{}] * 10_000).encode(),
    "10,000 empty items in a wrapper": lambda: json.dumps({"BatchPayments": [{}] * 10_000}).encode(),
    "10,001 items": lambda: json.dumps([{}] * 10_001).encode(),
    "8,000 members": lambda: json.dumps([{f"m{number}": 1 for number in range(8_000)}]).encode(),
    "100,000 members": lambda: json.dumps({f"m{number}": 1 for number in range(100_000)}).encode(),
    "900,000 numbers": lambda: b"[" + b"1," * 899_999 + b"1]",
    "900,000 numbers in an item": lambda: b'[{"a":[' + b"1," * 899_999 + b"1]}]",
    "2 MiB of text": lambda: b'[{"a": "' + b"x" * (2 << 20) + b'"}]',
    "9 MiB of text": lambda: b'{"a": "' + b"x" * (9 << 20) + b'"',
    "11 MiB": lambda: b" " * (11 << 20),
    "gzip bomb": lambda: gzip.compress(b" " * (64 << 20)),
    "not gzip": b"\x1f\x8bxxxx",
    "XML": b"<ArrayOfInvoice><Invoice/></ArrayOfInvoice>",
    "XML entities": b'<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>',
    "XML file": b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "XML depth": lambda: b"<a>" * 20_000,
    "form": b"a=b&a[0][b]=c&a[99999999]=d&%zz=%u1234&=",
    "form of 50,000 members": lambda: b"&".join(b"[%d].Id=1" % number for number in range(50_000)),
    "multipart": b'--x\r\nContent-Disposition: form-data; name="a"; filename="../b"\r\n\r\nz\r\n--x--\r\n',
    "YAML map in order": b"!!omap [a: 1]",
    "YAML object": b"!!python/object/apply:os.system [ls]",
    "YAML set": b"!!set {a, b}",
    "YAML binary": b"!!binary x",
    "YAML anchors": b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
        b"%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n" % (98 + n, 98 + n, *([97 + n] * 8)) for n in range(9)
    ),
    "YAML circle": b"&a [*a]",
    "YAML time": b"at: 0000-99-99",
}  # fmt: skip
"""Bodies by their names; large ones are made when they are sent."""

RARE = frozenset(name for name, body in BODIES.items() if callable(body))
"""Names of the bodies that are large, hence sent less often."""


PATTERNS = (
    "\\w{200}" * 20, "(a+)+$", "(" * 90, "[", "(?P<x>.)" * 20, ".*" * 90, "\\p{L}{90}" * 20, "(?=x)",
    "((((x{90}){90}){90}){90})",
)  # fmt: skip

_TEST_PLACES = ("$", "$[0]", "$[0].description", "$.BatchPayments[0].Reference")
_TEXT_PLACES = (
    "$.data[*].message", "$.data[*].body", "$.errors[*][*]", "$.BatchPayments[*].Reference", "$.Message",
    "$.title", "$.invoices[*].status", "$.responses[*].body",
)  # fmt: skip


def heavy_rules(pattern: str) -> Sequence[Sequence[Mapping[str, Any]]]:
    """Rules that are heavy by design: patterns, texts that grow, and effects on every item."""
    tests = [{"path": place, "matches": pattern} for place in _TEST_PLACES]
    drift = {"change": "reword", "to": "{text}{text}"}
    drifts = [{**drift, "path": place} for place in _TEXT_PLACES * 5]
    failed = {"fail": {"code": "too-long", "message": "{text}" * 300}}
    everyone = {"items": [{"select": {"all": True}, "effect": {"duplicate": 9}}]}
    return (
        [
            {"id": f"r{number}", "match": {"body": test}, "commit": "none"}
            for number, test in enumerate(tests)
        ],
        [{"id": "r", "envelope": {"drift": drifts}}],
        [{"id": "r", "items": [{"select": {"where": test}, "effect": failed} for test in tests]}],
        [{"id": f"r{number}", **everyone} for number in range(200)],
        [{"id": "r", "response": {"delay": {"type": "lognormal", "median": 20, "sigma": 2}}}],
    )


def some_body(chance: Random) -> bytes:
    """One of the bodies; a large one every eighth time."""
    names = [name for name in BODIES if (name in RARE) == (chance.random() < 1 / 8)]
    body = BODIES[chance.choice(names)]
    return body() if callable(body) else body


def bend_document(document: Any, chance: Random) -> Any:
    """The document with a hostile value, a missing or an unknown member, at one to three of its places."""
    bent = deepcopy(document)
    for _ in range(chance.randint(1, 3)):
        holders = list(_holders(bent))
        if not holders:
            return deepcopy(chance.choice(VALUES))
        holder = chance.choice(holders)
        place = chance.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
        match chance.randrange(5):
            case 0:
                del holder[place]
            case 1 if isinstance(holder, dict):
                holder[str(chance.choice(TEXTS))] = deepcopy(chance.choice(VALUES))
            case 2 if isinstance(holder, list):
                holder.append(deepcopy(holder[place]))
            case _:
                holder[place] = deepcopy(chance.choice(VALUES))
    return bent


def _holders(value: Any) -> Any:
    """All lists and objects in the value that hold something."""
    if isinstance(value, dict | list) and value:
        yield value
        for child in value.values() if isinstance(value, dict) else value:
            yield from _holders(child)


def encode(document: Any) -> bytes:
    """The document as JSON; a lone surrogate stays an escape."""
    return json.dumps(document).encode()
