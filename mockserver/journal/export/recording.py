"""Masked recordings: entries without credentials and personal data, and their case file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress

from msgspec.structs import replace

from mockserver.codec.content_codings import decode_reply
from mockserver.codec.instants import print_instant
from mockserver.codec.masking import Masks
from mockserver.errors import MockServerError
from mockserver.journal.entry import Entry
from mockserver.journal.export.case_file import write_case_file
from mockserver.journal.export.story import Story, StoryCall
from mockserver.journal.journal import MAX_BYTES
from mockserver.journal.replay import resend_headers, target_with_query
from mockserver.journal.view import View, text_charset
from mockserver.model import Reply

WHOLE = View(shown=True)


def mask_entries(entries: Iterable[Entry], *, persons: bool) -> list[Entry]:
    """Mask credentials, e-mail addresses, phone numbers, IBANs and, if `persons`, names of persons."""
    read = [replace(entry, reply=_decoded(entry.reply)) for entry in entries]
    masks = Masks(frozenset().union(*(entry.call.credential_names for entry in read)), persons)
    for entry in read:
        _mask_entry(entry, masks)
    masks.seal()
    return [_mask_entry(entry, masks) for entry in read]


def recorded_case(entries: Sequence[Entry]) -> str:
    """Return a case file whose calls expect the recorded statuses and outcomes.

    Raises UnsuitableFormError.
    """
    calls = tuple(map(_story_call, entries))
    ledger = "recorded, with masks in place of credentials and personal data"
    return write_case_file(Story(entries[0].call.sandbox, {"seed": 0}, calls, shown=True, ledger=ledger))


def _story_call(entry: Entry) -> StoryCall:
    at = print_instant(entry.call.now) if entry.call.now else ""
    target, headers = target_with_query(entry, WHOLE), resend_headers(entry, WHOLE)
    return StoryCall(entry, target, headers, entry.call.body, at)


def _decoded(reply: Reply) -> Reply:
    """Return the reply without content coding, because nothing is found in coded bytes.

    If the coding is unknown, the body is left out.
    """
    with suppress(MockServerError):
        return decode_reply(reply, MAX_BYTES)
    return replace(reply, body=b"")


def _mask_entry(entry: Entry, masks: Masks) -> Entry:
    call, reply, packed = entry.call, entry.reply, entry.decided.packed
    return replace(
        entry,
        call=replace(
            call,
            path=masks.text(call.path),
            target=masks.text(call.target),
            query=masks.query(call.query),
            headers={name: masks.header(name, text) for name, text in call.headers.items()},
            body=_mask_body(call.body, call.headers.get("content-type"), masks),
        ),
        reply=replace(
            reply,
            headers=tuple((name, masks.header(name, text)) for name, text in reply.headers),
            body=_mask_body(reply.body, reply.media_type, masks),
        ),
        decided=replace(entry.decided, packed=_mask_body(packed, None, masks)),
    )


def _mask_body(body: bytes, media_type: str | None, masks: Masks) -> bytes:
    charset = text_charset(media_type)
    try:
        text = body.decode(charset)
    except UnicodeError:
        text, charset = body.decode("latin-1"), "latin-1"
    if (masked := masks.text(text)) == text and b"\0" in body:
        # The charset may be UTF-16, whatever the media type says.
        text, charset = body.replace(b"\0", b"").decode("latin-1"), "latin-1"
        masked = masks.text(text)
    return body if masked == text else masked.encode(charset)
