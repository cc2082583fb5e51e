"""Compare a recorded call with its trial: whether it came out the same, and what its answer always holds."""

from __future__ import annotations

from mockserver.codec import json
from mockserver.codec.http import parse_content_type
from mockserver.errors import MalformedBody
from mockserver.journal.entry import Entry
from mockserver.journal.export.story import VARYING, ExpectedAnswer
from mockserver.journal.resend import loss_kind
from mockserver.journal.view import View
from mockserver.model import Json, Reply

MAX_COMPARED_BYTES = 16 * 1024
"""Limit of the bodies that an export compares; of larger ones status and outcomes are."""

_MASKED = View()


def describe_difference(recorded: Entry, tried: Entry | None) -> str:
    """Return how the trial differs in status, item results or applied rules; "" if it does not."""
    if tried is None:
        return "it could not be sent again"
    for what, was, now in (
        ("answered", recorded.status, tried.status),
        ("lost as", loss_kind(recorded) or "not lost", loss_kind(tried) or "not lost"),
        ("handled by", recorded.operation or "no operation", tried.operation or "no operation"),
        ("changed by", ", ".join(recorded.applied) or "no rule", ", ".join(tried.applied) or "no rule"),
    ):
        if was != now:
            return f"it was {what} {was}, and {now} when it was sent again"
    before, after = recorded.decided.items(), tried.decided.items()
    for at, (one, other) in enumerate(zip(before, after, strict=False)):
        if one != other:
            return f"item {at} was {one[1]}, and {other[1]} when it was sent again"
    if len(before) != len(after):
        return f"it had {len(before)} items, and {len(after)} when it was sent again"
    return ""


def expected_answer(recorded: Entry, tried: Entry) -> ExpectedAnswer:
    """Return what the call is always answered; what the trial had otherwise is left open."""
    loss = loss_kind(recorded)
    has_body, body = (False, None) if loss else _common_body(recorded, tried)
    return ExpectedAnswer(
        status=recorded.status,
        loss=loss,
        media_type=_media_type(recorded.reply),
        operation=recorded.operation,
        outcomes=dict(recorded.decided.counts),
        items=[(_MASKED.key(key), str(action)) for key, action in recorded.decided.items()],
        applied=recorded.applied,
        has_body=has_body,
        body=body,
        text=None if loss or has_body else _common_text(recorded, tried),
    )


def _common_body(recorded: Entry, tried: Entry) -> tuple[bool, Json]:
    if not _is_compared(recorded):
        return False, None
    try:
        before, after = _document(recorded.reply.body, recorded), _document(tried.reply.body, tried)
        shown = _document(_MASKED.reply_bytes(recorded), recorded)
    except MalformedBody:
        return False, None
    common = _common(before, after, shown)
    return common is not VARYING, common


def _common_text(recorded: Entry, tried: Entry) -> str | None:
    body = recorded.reply.body
    if not _is_compared(recorded) or body != tried.reply.body or body != _MASKED.reply_bytes(recorded):
        return None
    charset = parse_content_type({"content-type": recorded.reply.media_type or ""})[1]
    try:
        text = body.decode("utf-8") if charset == "utf-8" else ""
    except UnicodeDecodeError:
        return None
    return text or None


def _is_compared(entry: Entry) -> bool:
    is_sent = entry.call.method != "HEAD" and not entry.fault and not entry.reply_cut_bytes
    return is_sent and 0 < len(entry.reply.body) <= MAX_COMPARED_BYTES


def _document(body: bytes, entry: Entry) -> Json:
    return json.decode(body, parse_content_type({"content-type": entry.reply.media_type or ""})[1])


def _common(before: Json, after: Json, shown: Json) -> Json:
    """Return the value with `VARYING` where the trial had another one, or where a credential is cut."""
    if isinstance(before, dict) and isinstance(after, dict) and isinstance(shown, dict):
        if before.keys() == after.keys() == shown.keys():
            return {name: _common(before[name], after[name], shown[name]) for name in before}
    elif isinstance(before, list) and isinstance(after, list) and isinstance(shown, list):
        if len(before) == len(after) == len(shown):
            return [_common(*three) for three in zip(before, after, shown, strict=True)]
    elif json.encode(before) == json.encode(after) == json.encode(shown):
        return before
    return VARYING


def _media_type(reply: Reply) -> str:
    return parse_content_type({"content-type": reply.media_type})[0] if reply.media_type else ""
