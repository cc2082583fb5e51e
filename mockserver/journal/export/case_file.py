"""Export a story as a case file."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator

from mockserver.codec import json, yaml
from mockserver.codec.http import JSON_TYPE, parse_content_type
from mockserver.errors import MalformedBody
from mockserver.journal.export.story import VARYING, Story, StoryCall, UnsuitableFormError
from mockserver.journal.view import is_text
from mockserver.model import Document, Json

_PLACEHOLDER = "${"
_GENERATOR = re.compile(r'"\$\w*":')
"""Generator of the case language. A body with a generator or a placeholder is written as base64."""

MAX_CASE_BYTES = 16 * 1024 * 1024
"""Maximum size of a case file that the reader accepts."""

_MAX_PRETTY_BYTES = 64 * 1024
"""Maximum size of JSON that is pretty-printed. Formatting more would block the server for seconds."""

_MAX_DEPTH = json.MAX_DEPTH - 16
"""Maximum depth of a value; the file places the value a few levels below its root."""

_ESCAPED = re.compile("[\x7f-\x9f\ufeff\ufffe\uffff]")
"""Characters that YAML accepts in JSON text only if they are escaped."""

_UNPRINTABLE = re.compile("[^ -~]")
_MAX_SHOWN_PATH = 80


def write_case_file(story: Story) -> str:
    """Return the case file. A large file has one line of JSON, which is also YAML, after the comments.

    A call to no vendor becomes a comment, not a step; the sandbox's changes before the call are still steps.
    Raises UnsuitableFormError if the file would be too large, if no call is for a vendor, or if a target or a
    header contains a placeholder of the case language.
    """
    vendor = next((call.vendor for call in story.calls if call.vendor), "")
    if not vendor:
        raise UnsuitableFormError(
            f"a case belongs to a vendor, and {_named(story.calls[0])} is for none; "
            "curl, har, postman and pytest send it"
        )
    assumptions = story.beginning.get("assumptions", {})
    head = {
        "vendor": vendor,
        "says": f"The answers are those of {story.title}",
        "seed": story.beginning["seed"],
        "empty": story.beginning.get("empty"),
        "freeze": story.beginning.get("freeze"),
        "assumptions": {
            name.partition(".")[2]: value
            for name, value in assumptions.items()
            if name.startswith(f"{vendor}.")
        },
    }
    document = {name: value for name, value in head.items() if value or name == "seed"}
    document["when"] = list(_steps(story, vendor))
    left_out = [
        f"# Left out: {_named(call)}, which is for no vendor\n" for call in story.calls if not call.vendor
    ]
    text = f"# mockserver cases run FILE\n# {story.ledger}\n{''.join(left_out)}{render_case(document)}"
    if (size := len(text.encode())) > MAX_CASE_BYTES:
        raise UnsuitableFormError(f"the file would have {size:,} bytes, at most {MAX_CASE_BYTES:,} are read")
    return text


def _named(call: StoryCall) -> str:
    path = _UNPRINTABLE.sub("?", call.entry.call.path)
    shown = path if len(path) <= _MAX_SHOWN_PATH else f"{path[: _MAX_SHOWN_PATH - 1]}…"
    return f"call {call.number} {call.method} {shown}"


def render_case(document: Document) -> str:
    text = json.encode(document).decode()
    if len(text) <= _MAX_PRETTY_BYTES:
        return yaml.dump(document)
    return _ESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def _steps(story: Story, vendor: str) -> Iterator[Document]:
    beginning = story.beginning
    others = {
        name: value
        for name, value in beginning.get("assumptions", {}).items()
        if not name.startswith(f"{vendor}.")
    }
    if others:
        yield _control("PATCH /assumptions", others)
    for document in beginning.get("scenarios", ()):
        yield _control(f"PUT /scenarios/{document['name']}", document)
    for call in story.calls:
        if call.clock:
            yield {"freeze": call.clock}
        if call.state:
            yield _control("PATCH /state", call.state)
        if call.vendor:
            yield _step(call, vendor)
            yield {"journal": _journal(call)}


def _control(call: str, document: Document) -> Document:
    body = json.encode(document)
    content: Document = (
        {"base64": b64encode(body).decode()} if _has_marks(body.decode()) else {"json": document}
    )
    return {"control": call, **content, "answer": {"status": 200}}


def _step(call: StoryCall, vendor: str) -> Document:
    if _PLACEHOLDER in f"{call.target} {call.headers}":
        raise UnsuitableFormError(
            f"call {call.number} has ${{ in its path or a header, which a case file reads as a placeholder"
        )
    step: dict[str, Json] = {"call": f"{call.entry.call.method} {call.target}"}
    if call.vendor != vendor:
        step["vendor"] = call.vendor
    step["headers"] = {"user-agent": None, **call.headers}
    step |= _content(call)
    step["within"] = round(call.patience_s * 1000)
    if call.loss:
        return step | {"fails": {"kind": call.loss, "status": call.entry.status}}
    return step | {"answer": _answer(call)}


def _answer(call: StoryCall) -> Document:
    reply, text = call.entry.reply, call.expected_text
    answer: dict[str, Json] = {"status": call.entry.status}
    if media_type := parse_content_type({"content-type": reply.media_type or ""})[0]:
        answer["type"] = media_type
    if call.expected_body is not VARYING:
        body = _expected_body(call.expected_body)
        if body is not None:
            answer["json"] = body
    elif text is not None and _PLACEHOLDER not in text:
        answer["text"] = text
    return answer


def _expected_body(body: Json) -> Json:
    """Return the body with `${any}` for varying values, or None if a case file cannot express the body."""
    marked = _with_placeholders(body)
    plain = json.encode(marked).decode().replace('"${any}"', '""')
    return None if _has_marks(plain) or body is None or json.is_deep(marked, _MAX_DEPTH) else marked


def _with_placeholders(node: Json) -> Json:
    if node is VARYING:
        return "${any}"
    if isinstance(node, dict):
        return {name: _with_placeholders(child) for name, child in node.items()}
    return [_with_placeholders(child) for child in node] if isinstance(node, list) else node


def _has_marks(text: str) -> bool:
    return _PLACEHOLDER in text or _GENERATOR.search(text) is not None


def _content(call: StoryCall) -> Document:
    body = call.body
    if not body:
        return {}
    media_type, charset = parse_content_type(call.headers)
    text = body.decode(errors="replace")
    if charset != "utf-8" or not is_text(body, None) or _has_marks(text):
        return {"base64": b64encode(body).decode()}
    if media_type == JSON_TYPE and _is_compact_json(body):
        return {"json": json.decode(body)}
    return {"text": text}


def _is_compact_json(body: bytes) -> bool:
    """Return whether decoding and encoding the body gives the same bytes again; a server may hash them."""
    try:
        document = json.decode(body)
        return not json.is_deep(document, _MAX_DEPTH) and json.encode(document) == body
    except MalformedBody:
        return False


def _journal(call: StoryCall) -> Document:
    """Return the expected journal entry, without `decided` if an item's key looks like a placeholder."""
    entry, items = call.entry, call.items
    keys_are_literal = not any(_PLACEHOLDER in key for key, _ in items)
    decided = [{"key": key, "action": action} for key, action in items]
    return {
        "vendor": call.vendor,
        "operation": entry.operation,
        "status": entry.status,
        "outcomes": dict(entry.decided.counts),
        **({"decided": decided} if keys_are_literal else {}),
        "applied": list(entry.applied),
    }
