"""Journal entries for display: redacted, as a log line, in words, with their rules."""

from __future__ import annotations

import itertools
import re
from codecs import lookup
from collections.abc import Callable, Mapping

from msgspec import to_builtins
from msgspec.structs import asdict

from mockserver.codec.http import join_headers, parse_content_type
from mockserver.codec.instants import print_instant
from mockserver.codec.masking import MASK, Redaction
from mockserver.journal.entry import Entry, ItemResults, request_target
from mockserver.model import (
    EMPTY,
    WARNED,
    Action,
    AppliedEffect,
    Document,
    Json,
    Problem,
    Value,
    shown_outcomes,
)
from mockserver.sandbox.deliveries import OwedDelivery
from mockserver.scenario.rule_words import describe_rule
from mockserver.scenario.selection import MAGIC_SCENARIO

_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
"""Control characters and the replacement character, which do not occur in readable text."""

_AT_ONCE = 1 << 20
"""Characters that are searched before other threads may run."""

_CHARSETS = ("utf", "ascii", "iso", "cp", "big5", "euc", "gb", "koi8", "mac", "shift")
"""Beginnings of the names of Python's codecs for charsets; some codecs are for something else."""

_WIDE_CHARSETS = ("utf-16", "utf-32")

_DID = {
    "failed": "made to fail",
    "held": "held back",
    "warned": "given a warning",
    "omitted": "left out of the answer",
    "duplicated": "shown more than once",
    "stored": "stored all the same",
    "not-stored": "not stored",
    "callback": "callbacks changed",
}
"""Words for people for each word of `AppliedEffect.did`."""

_NO_STATUS = "---"
_VIOLATION_MARK = "!"
GROUPS = 240
"""Maximum number of outcomes from `strip`. If there are more items, each outcome is that of a group."""

_BEST_TO_WORST = ("unchanged", "created", "updated", "warned", "skipped", "rejected", "lost")
_RANKS = {outcome: rank for rank, outcome in enumerate(_BEST_TO_WORST)}


class View(Value, frozen=True):
    shown: bool = False
    mask: str = MASK

    def short(self, entry: Entry) -> dict[str, Json]:
        call, counts = entry.call, dict(entry.decided.counts)
        return {
            "number": entry.number,
            "at": print_instant(entry.at),
            "sandboxAt": print_instant(call.now) if call.now else None,
            "vendor": call.vendor,
            "method": call.method,
            "path": self.text(call.path, entry),
            "query": self.query(entry),
            "operation": entry.operation,
            "status": entry.status,
            "refusal": entry.refusal,
            "reason": entry.reason or None,
            "items": sum(counts.values()),
            "outcomes": counts,
            "warned": len(entry.decided.warnings),
            "lost": len(entry.decided.lost),
            "applied": list(entry.applied),
            "replays": _describe_replay(entry) or None,
            "fault": entry.fault or None,
            "offContract": entry.off_contract or None,
            "forwardedTo": entry.forwarded_to or None,
            "differences": len(entry.differences),
            "durationMillis": round(entry.duration_ms, 3),
            "delayMillis": round(entry.delay_ms, 3),
        }

    def listed(self, entry: Entry) -> dict[str, Json]:
        short = self.short(entry)
        return {**short, "line": log_line(short, entry.call.sandbox)}

    def whole(self, entry: Entry) -> Document:
        return {
            **self.listed(entry),
            "request": {
                "headers": self.request_headers(entry),
                "body": self._redacted_text(entry.call.body, entry.call.headers.get("content-type"), entry),
                "cutBytes": entry.request_cut_bytes,
            },
            "reply": {
                "status": entry.reply.status,
                "mediaType": entry.reply.media_type,
                "headers": self.reply_headers(entry),
                "body": self._redacted_text(entry.reply.body, entry.reply.media_type, entry),
                "cutBytes": entry.reply_cut_bytes,
            },
            "decided": self._decided(entry),
            "differing": self.differences(entry),
            "trace": self.text(entry.trace, entry) or None,
        }

    def delivery(self, one: OwedDelivery) -> Document:
        """Return a callback or webhook with its attempts."""
        body = self._redacted_text(one.body.encode(), one.headers.get("Content-Type"))
        items = [self.key(key) for key in one.items]
        headers, whole = self.headers(one.headers), to_builtins(one)
        return {**whole, "items": items, "url": self.text(one.url), "headers": headers, "body": body}

    def key(self, key: str) -> str:
        """Return an item's key, redacted because a key may be the URL of a subrequest with credentials."""
        return self.text(key)

    def text(self, text: str, entry: Entry | None = None) -> str:
        return text if self.shown else self.redaction(entry).text(text)

    def redaction(self, entry: Entry | None = None) -> Redaction:
        """Return what masks texts; those of an entry also by its vendor's file and its own credentials."""
        return Redaction.of(entry.call, self.mask) if entry else Redaction(mask=self.mask)

    def _decided(self, entry: Entry) -> list[Document]:
        decided = entry.decided
        return [
            {
                "index": index,
                "key": self.key(key),
                "action": str(action),
                "problems": [self._problem(problem) for problem in decided.problems.get(index, ())],
                "warnings": [self._problem(warning) for warning in decided.warnings.get(index, ())],
                "effect": _effect_document(entry.effects.get(index)),
            }
            for index, (key, action) in enumerate(decided.items())
        ]

    def _problem(self, problem: Problem) -> Document:
        detail = self.text(problem.detail)
        return {"code": problem.code, "pointer": problem.pointer, "detail": detail, "rule": problem.rule}

    def differences(self, entry: Entry) -> list[dict[str, Json]]:
        return [
            {name: self.key(one) if isinstance(one, str) else one for name, one in asdict(difference).items()}
            for difference in entry.differences
        ]

    def query(self, entry: Entry) -> str:
        query = entry.call.query
        return query if self.shown or not query else self.redaction(entry).query(query)

    def target(self, entry: Entry) -> str:
        """Return the whole path as it was sent, with its query."""
        query = self.query(entry)
        return f"{self.text(request_target(entry), entry)}{'?' if query else ''}{query}"

    def request_headers(self, entry: Entry) -> dict[str, str]:
        return self.headers(entry.call.headers, entry)

    def reply_headers(self, entry: Entry) -> dict[str, str]:
        """Return the reply's headers except Content-Type; repeated headers are joined."""
        return self.headers(join_headers(entry.reply.headers), entry)

    def headers(self, headers: Mapping[str, str], entry: Entry | None = None) -> dict[str, str]:
        return dict(headers) if self.shown else self.redaction(entry).headers(headers)

    def request_bytes(self, entry: Entry) -> bytes:
        return self._redacted_bytes(entry.call.body, entry.call.headers.get("content-type"), entry)

    def reply_bytes(self, entry: Entry) -> bytes:
        return self._redacted_bytes(entry.reply.body, entry.reply.media_type, entry)

    def _redacted_text(self, body: bytes, media_type: str | None, entry: Entry | None = None) -> str:
        if self.shown:
            return decode_text(body, media_type)
        return decode_and_redact(body, media_type, self.redaction(entry))[1]

    def _redacted_bytes(self, body: bytes, media_type: str | None, entry: Entry) -> bytes:
        if self.shown:
            return body
        text, cut = decode_and_redact(body, media_type, self.redaction(entry))
        return body if cut == text else cut.encode(text_charset(media_type), errors="replace")


def decode_text(body: bytes, media_type: str | None) -> str:
    """Decode a body with the charset of its media type; invalid bytes become replacement characters."""
    return body.decode(text_charset(media_type), errors="replace")


def decode_and_redact(body: bytes, media_type: str | None, redaction: Redaction) -> tuple[str, str]:
    """Return a body as text, and the text without credentials.

    If the body has zero bytes or declares UTF-16 or UTF-32, the charset may be wrong. If the text then has
    zero bytes or shows no credentials, but the body without its zero bytes does, return that as text.
    """
    text = decode_text(body, media_type)
    cut = redaction.text(text)
    is_doubtful = b"\0" in body or text_charset(media_type).startswith(_WIDE_CHARSETS)
    if is_doubtful and (cut == text or "\0" in text):
        bare = body.replace(b"\0", b"").decode("latin-1")
        if (cut_bare := redaction.text(bare)) != bare:
            return bare, cut_bare
    return text, cut


def is_text(body: bytes, media_type: str | None) -> bool:
    text = decode_text(body, media_type)
    return not any(_UNPRINTABLE.search(text, at, at + _AT_ONCE) for at in range(0, len(text), _AT_ONCE))


def text_charset(media_type: str | None) -> str:
    charset = parse_content_type({"content-type": media_type or ""})[1]
    try:
        name = lookup(charset).name
    except LookupError:
        return "utf-8"
    return name if name.startswith(_CHARSETS) else "utf-8"


def describe_effect(effect: AppliedEffect) -> str:
    """Return words such as: left out of the answer, not stored by rule nightly/lose."""
    return f"{', '.join(_DID[did] for did in effect.did)} by rule {effect.rule}" if effect.did else ""


def _effect_document(effect: AppliedEffect | None) -> Document | None:
    if effect is None:
        return None
    return {
        "rule": effect.rule,
        "did": list(effect.did),
        "detail": ", ".join(_DID[did] for did in effect.did),
    }


def log_line(short: Mapping[str, Json], sandbox: str, *, numbers: bool = True) -> str:
    """Return the log line of an entry; `short` is the entry as `View.short` returns it.

    The line has vendor (if any), method, path, status, items, refusal or operation, milliseconds, sandbox,
    number, rules, fault, and `!` for a contract violation.
    """
    status = _NO_STATUS if short["status"] is None else str(short["status"])
    path = short["path"].encode("unicode_escape").decode() or "/"
    counts, refusal = _item_counts(short), ": ".join(filter(None, (short["refusal"], short["reason"])))
    refusal = "; ".join(filter(None, (refusal, short["replays"])))
    fault = f"~{short['fault']}" if short["fault"] else ""
    marks = filter(None, (*short["applied"], fault, _VIOLATION_MARK if short["offContract"] else ""))
    parts = [
        " ".join(filter(None, (short["vendor"], short["method"], path, status))),
        counts,
        refusal or ("" if counts else short["operation"] or ""),
        f"{short['durationMillis']:.0f} ms",
        f"[{sandbox}]",
        f"#{short['number']}" if numbers and short["number"] else "",
        f"→ {short['forwardedTo']}" if short["forwardedTo"] else "",
        f"≠ {short['differences']} in the mock" if short["differences"] else "",
        " ".join(marks),
    ]
    return "  ".join(part for part in parts if part)


def _describe_replay(entry: Entry) -> str:
    """Return words such as: same answer as #1, key k-1; "" for an answer that was sent first."""
    first = f"#{entry.replays}" if entry.replays else "before"
    return f"same answer as {first}, key {entry.replayed_key}" if entry.replayed_key else ""


def _item_counts(short: Mapping[str, Json]) -> str:
    if not (total := short["items"]):
        return ""
    shares = " ".join(f"{count:,} {action}" for action, count in shown_outcomes(short).items())
    warned = f" {short['warned']:,} warned" if short["warned"] else ""
    return f"{total:,} item{'' if total == 1 else 's'}: {shares}{warned}"


def strip(decided: ItemResults) -> list[str]:
    """Return the outcome of each item, or the worst outcome of each group if there are over 240 items.

    An accepted item with a warning is `warned`. Group `g` begins with item `g * n // 240` of `n` items.
    """
    outcomes = decided.shown()
    for index in decided.warnings:
        if outcomes[index] not in (Action.REJECTED, Action.SKIPPED):
            outcomes[index] = WARNED
    total = len(outcomes)
    if total <= GROUPS:
        return outcomes
    if len(set(outcomes)) == 1:
        return outcomes[:GROUPS]
    borders = [group * total // GROUPS for group in range(GROUPS + 1)]
    return [max(outcomes[first:end], key=_RANKS.__getitem__) for first, end in itertools.pairwise(borders)]


def applied_scenarios(entry: Entry) -> tuple[Document, ...]:
    """Return the applied scenarios of the call's sandbox, each with only the applied rules."""
    applied, names = frozenset(entry.applied), entry.applied_scenarios
    return tuple(
        _with_rules(scenario, applied) for scenario in entry.call.scenarios if scenario["name"] in names
    )


Packaged = Callable[[], Mapping[str, Document]]
"""Function for the scenarios that a header may name; called only if the sandbox lacks an applied scenario."""


def find_rules(entry: Entry, packaged: Packaged) -> dict[str, Document]:
    """Return the documents of the applied rules by name, without magic tokens and unknown rules."""
    own = {scenario["name"]: scenario["document"] for scenario in entry.call.scenarios}
    found: dict[str, Document] = {}
    for applied in entry.applied:
        scenario, _, rule = applied.partition("/")
        if scenario != MAGIC_SCENARIO:
            rules = (own.get(scenario) or packaged().get(scenario, EMPTY)).get("rules", ())
            found.update((applied, one) for one in rules if one["id"] == rule)
    return found


def applied_rules(entry: Entry, packaged: Packaged) -> list[Document]:
    """Return each applied rule in words: which calls it applies to (`when`), and its effects (`then`).

    If the rule is not known, `when` and `document` are None; for a magic token, only `document` is None.
    """
    known = find_rules(entry, packaged)
    return [_in_words(rule, known.get(rule)) for rule in entry.applied]


def _in_words(applied: str, document: Document | None) -> Document:
    scenario, _, rule = applied.partition("/")
    when: Json = None
    then: tuple[str, ...] = ()
    if scenario == MAGIC_SCENARIO:
        when = f"an item with the magic token {rule}"
    elif document:
        words = describe_rule(document)
        when, then = words.when, words.then
    return {"rule": applied, "when": when, "then": list(then), "document": document}


def _with_rules(record: Document, applied: frozenset[str]) -> Document:
    document = record["document"]
    rules = [one for one in document["rules"] if f"{record['name']}/{one['id']}" in applied]
    return {**record, "document": {**document, "rules": rules}}
