"""Export an entry as a case file."""

from __future__ import annotations

import re
from base64 import b64encode
from decimal import Decimal

import yaml

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE, parse_content_type
from mockserver.errors import MalformedBody
from mockserver.journal.entry import Entry
from mockserver.journal.resend import loss_kind, resend_headers, target_with_query
from mockserver.journal.view import View, is_text
from mockserver.model import Document, Json
from mockserver.sandbox.sandboxes import Settings

_LANGUAGE_MARKS = ("${", '"$')
"""Markers of the case language; a body that contains one is written as base64."""

_LOSS_TIMEOUT_MS = 1000

_MAX_PRETTY_BYTES = 64 * 1024
"""Limit for pretty-printed bodies; formatting a large one would block the server for seconds."""

_ESCAPED = re.compile("[\x7f-\x9f\ufeff\ufffe\uffff]")
"""Characters that YAML accepts in JSON text only if they are escaped."""


class _Dumper(yaml.SafeDumper):
    """YAML dumper for exact decimals, without anchors."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - PyYAML's own signature
        return True


_Dumper.add_representer(
    Decimal, lambda dumper, number: dumper.represent_scalar("tag:yaml.org,2002:float", str(number))
)


def write_case_file(entry: Entry, view: View, settings: Settings) -> str:
    """Return the case file. It runs in a sandbox from the fixtures, with the seed named in its comment.

    With a large body the file is one line of JSON, which is also YAML.
    """
    call = entry.call
    assumptions = {
        name.partition(".")[2]: value
        for name, value in settings.assumptions.items()
        if name.startswith(f"{call.vendor}.")
    }
    head = {
        "vendor": call.vendor,
        "says": f"{call.method} {call.path} ends as it did when it was call {entry.number} of {call.sandbox}",
        "assumptions": assumptions,
        "freeze": settings.frozen,
        "scenarios": list(settings.scenarios),
    }
    document = {name: value for name, value in head.items() if value}
    document["when"] = [_step(entry, view), {"journal": _journal(entry, view)}]
    before = ", without the calls before it" if entry.number > 1 else ""
    return f"# seed {settings.seed}{before}\n{_render(document, len(call.body))}"


def _render(document: Document, body_bytes: int) -> str:
    if body_bytes <= _MAX_PRETTY_BYTES:
        return yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110)
    text = json.encode(document).decode()
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def _step(entry: Entry, view: View) -> Document:
    step: dict[str, Json] = {"call": f"{entry.call.method} {target_with_query(entry, view)}"}
    step["headers"] = {"user-agent": None, **resend_headers(entry, view)}
    step |= _content(entry, view)
    kind = loss_kind(entry)
    if not kind:
        return step | {"answer": _answer(entry)}
    fails = {"kind": kind, "status": entry.status}
    return step | {"fails": fails, "within": round(entry.delay_ms) + _LOSS_TIMEOUT_MS}


def _answer(entry: Entry) -> Document:
    reply = entry.reply
    answer: dict[str, Json] = {"status": reply.status}
    if reply.media_type is not None:
        answer["type"] = parse_content_type({"content-type": reply.media_type})[0]
    return answer


def _content(entry: Entry, view: View) -> Document:
    body = view.request_bytes(entry)
    if not body:
        return {}
    media_type, charset = parse_content_type(entry.call.headers)
    text = body.decode(errors="replace")
    is_plain = (
        charset == "utf-8" and is_text(body, None) and not any(word in text for word in _LANGUAGE_MARKS)
    )
    if is_plain and media_type == JSON_TYPE and json.find_repeated_member(body) is None:
        try:
            return {"json": json.decode(body)}
        except MalformedBody:
            return {"text": text}
    return {"text": text} if is_plain else {"base64": b64encode(body).decode()}


def _journal(entry: Entry, view: View) -> Document:
    """Return the expected journal entry; keys that look like placeholders are omitted."""
    items = entry.decided.items()
    keys_are_literal = not any(_LANGUAGE_MARKS[0] in key for key, _ in items)
    decided = [{"key": view.key(key), "action": str(action)} for key, action in items]
    return {
        "operation": entry.operation,
        "status": entry.status,
        "outcomes": dict(entry.decided.counts),
        **({"decided": decided} if keys_are_literal else {}),
        "applied": list(entry.applied),
    }
