"""Recorded calls with all that a replay needs; secret credentials are redacted unless `Story.shown`."""

from __future__ import annotations

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Final
from urllib.parse import unquote_plus

from msgspec import field

from mockserver.codec.masking import ASCII_MASK, Redaction
from mockserver.errors import MockServerError
from mockserver.journal.entry import Entry
from mockserver.journal.replay import loss_kind, resend_headers, target_with_query
from mockserver.journal.view import View, decode_and_redact
from mockserver.model import Document, Json, Value

DEFAULT_URL: Final = "http://127.0.0.1:8080"
"""Address of the server if MOCKSERVER_URL is not set."""

_MAX_CREDENTIALS = 20
_VISIBLE_LENGTH = 2
_REDACTED, _UNREDACTED, _CUT = View(), View(shown=True), View(mask=ASCII_MASK)


class UnsuitableFormError(MockServerError):
    """The format cannot express a call or the whole story; the text tells the reason."""


class Varying:
    """Placeholder for a value that varies from answer to answer."""

    def __repr__(self) -> str:
        return "ANY"


VARYING: Final = Varying()


class StoryCall(Value, frozen=True):
    """One call, the changes of the sandbox that precede the call, and the expected answer."""

    entry: Entry
    target: str
    """Path and query below the vendor's mount."""
    headers: Mapping[str, str]
    """Headers to send, without `Mock-Sandbox`."""
    body: bytes
    clock: str = ""
    """Instant to set the clock to; "" means no change of the clock."""
    state: Document = field(default_factory=dict)
    """Documents to merge into the state, as for `PATCH …/state`."""
    expected_body: Json = VARYING
    """The expected JSON, with `VARYING` for values that vary; `VARYING` alone if no JSON is compared."""
    expected_text: str | None = None
    """The expected body as text if no JSON is compared; None if the text is not compared either."""

    @property
    def number(self) -> int:
        return self.entry.number

    @property
    def method(self) -> str:
        return self.entry.call.method

    @property
    def vendor(self) -> str:
        return self.entry.call.vendor

    @property
    def loss(self) -> str:
        """Return how the answer is lost, in the words of the case language; "" if it arrives."""
        return loss_kind(self.entry)

    @property
    def items(self) -> list[tuple[str, str]]:
        """Return the expected action of each item, with the item's redacted key: (key, action)."""
        return [(_REDACTED.key(key), str(action)) for key, action in self.entry.decided.items()]

    @property
    def changes(self) -> Iterator[tuple[str, str, str, Document]]:
        """Yield each change before the call: what changes, method, path below the sandbox, and body."""
        if self.clock:
            yield "clock", "POST", "/clock/freeze", {"at": self.clock}
        if self.state:
            yield "state", "PATCH", "/state", self.state

    @property
    def path_and_query(self) -> str:
        """Return path and query at the server. The path begins with the name of the call's vendor, if any."""
        return f"/{self.vendor}{self.target}" if self.vendor else self.target

    @property
    def patience_s(self) -> float:
        """Return the seconds to wait until the answer has arrived or is lost."""
        return round((1 if self.loss else 20) + self.entry.delay_ms / 1000, 3)


class Story(Value, frozen=True):
    """Recorded calls of the sandbox `self.source`, oldest first."""

    source: str
    beginning: Document
    """Members of the sandbox to create: seed, freeze, empty, assumptions, scenarios."""
    calls: tuple[StoryCall, ...]
    shown: bool = False
    """Whether credentials are shown; if not, they are redacted."""
    ledger: str = ""
    """How the items of the calls ended, on one line without control characters."""

    @property
    def title(self) -> str:
        first, last = self.calls[0].number, self.calls[-1].number
        which = f"call {first}" if first == last else f"calls {first} to {last}"
        left_out = last - first + 1 - len(self.calls)
        some = f" ({len(self.calls)} of them)" if left_out else ""
        return f"{which}{some} of sandbox {self.source}"

    @property
    def stem(self) -> str:
        return file_stem([call.number for call in self.calls])


def file_stem(numbers: Sequence[int]) -> str:
    """Return the name of a file with the calls, without its ending, such as: calls-3-to-7."""
    ends = [str(number) for number in dict.fromkeys((*numbers[:1], *numbers[-1:]))]
    return "-".join(["call" if len(ends) == 1 else "calls", "-to-".join(ends)])


def sendable_target(entry: Entry, view: View, known: Collection[str]) -> str:
    """Return path and query below the mount; redact them unless all their credentials are `known`."""
    raw, cut = target_with_query(entry, _UNREDACTED), target_with_query(entry, _CUT)
    return raw if view.shown or _is_public(raw, cut, known) else cut


def sendable_headers(entry: Entry, view: View, known: Collection[str]) -> dict[str, str]:
    raw = resend_headers(entry, _UNREDACTED)
    if view.shown:
        return raw
    cut = resend_headers(entry, _CUT)
    return {name: text if _is_public(text, cut[name], known) else cut[name] for name, text in raw.items()}


def sendable_body(entry: Entry, view: View, known: Collection[str]) -> bytes:
    body = entry.call.body
    redaction = Redaction.of(entry.call, ASCII_MASK)
    text, cut = decode_and_redact(body, entry.call.headers.get("content-type"), redaction)
    is_public = view.shown or _is_public(text, cut, known)
    return body if is_public else view.request_bytes(entry)


def _is_public(raw: str, redacted: str, known: Collection[str]) -> bool:
    if raw == redacted:
        return True
    pieces = redacted.split(ASCII_MASK)
    if len(pieces) > _MAX_CREDENTIALS:
        return False
    match = re.fullmatch("(.*?)".join(map(re.escape, pieces)), raw, re.DOTALL)
    return match is not None and all(
        any(candidate in known for candidate in _candidates(piece, gap))
        for piece, gap in zip(pieces, match.groups(), strict=False)
    )


def _candidates(before: str, gap: str) -> Iterator[str]:
    """Yield possible texts of the credential hidden at `gap`; `before` may end with the first letters."""
    for length in range(_VISIBLE_LENGTH + 1):
        whole = unquote_plus(before[len(before) - length :] + gap)
        yield whole
        try:
            yield b64decode(whole, validate=True).decode()
        except (Base64Error, UnicodeError, ValueError):
            continue
