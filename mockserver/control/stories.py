"""Export stories: recorded calls with the necessary state, proven by a trial, in several formats."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from msgspec.structs import replace

from mockserver.codec import json
from mockserver.codec.http import parse_content_type
from mockserver.codec.instants import print_instant
from mockserver.codec.masking import ASCII_MASK
from mockserver.control.control_call import ConflictError, UnprocessableCallError
from mockserver.control.http_client import HttpClient, HttpRequest
from mockserver.control.state import StateOperations
from mockserver.engine.auth import CREDENTIALS
from mockserver.engine.registry import LoadedVendor
from mockserver.errors import MalformedBody
from mockserver.journal.entry import Entry
from mockserver.journal.export.formats import Format
from mockserver.journal.export.story import (
    VARYING,
    Story,
    StoryCall,
    UnsuitableFormError,
    sendable_body,
    sendable_headers,
    sendable_target,
)
from mockserver.journal.journal import Journal
from mockserver.journal.replay import BY_MOCK, SANDBOX_HEADER, loss_kind, trial_sandbox
from mockserver.journal.view import View
from mockserver.model import EMPTY, Document, Json, Reply, Value, values_in
from mockserver.sandbox import assumptions as sandbox_assumptions
from mockserver.sandbox.clock import ClockSettings
from mockserver.sandbox.deliveries import DELIVERIES, WEBHOOKS, mask_webhook, silence_deliveries
from mockserver.sandbox.sandboxes import SETTINGS, Sandboxes, Settings
from mockserver.sandbox.scenarios import SCENARIOS
from mockserver.sandbox.snapshots import SNAPSHOT_COLLECTIONS
from mockserver.sandbox.store import SANDBOX_SCOPE, CallStates, Tables

MAX_CALLS = 200
MAX_STATE_BYTES = 8 * 1024 * 1024

_TRIAL_HOST = "another.localhost"
"""Host of trial calls, unlike the recorded host, so that the trial finds all that depends on the host.

The access guard accepts this host.
"""

_TIMEOUT_MS = 60_000
_DELAYED_TIMEOUT_MS = 500
"""Timeout of a trial call whose response a rule delays. The journal entry is written before the response."""

_SEQUENCES = "sequences"
_SKIPPED = frozenset(
    {
        (SANDBOX_SCOPE, SETTINGS, "beginning"),  # what a reset restores
        (SANDBOX_SCOPE, SETTINGS, "clock"),  # `StoryCall.clock` has it
        (SANDBOX_SCOPE, SETTINGS, "seed"),  # the sandbox is created with it
        (SANDBOX_SCOPE, _SEQUENCES, SCENARIOS),  # only the order of scenarios matters
    }
)
MAX_COMPARED_BYTES = 16 * 1024
"""Maximum size of an answer's body to compare; if a body is larger, only status and outcomes are compared."""

_MASKED = View()


class NotReproducibleError(ConflictError):
    code = "not-reproducible"


class StoryBuilder(Value, frozen=True):
    """Builder of stories from a sandbox's journal."""

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[LoadedVendor, ...]
    inside: HttpClient
    """Client of this server, for trial calls."""

    async def build(self, name: str, entries: Sequence[Entry], ledger: str, *, shown: bool) -> Story:
        """Build a story from the entries, proven by a trial. `ledger` becomes the story's ledger.

        If not `shown`, cut the credentials, except those that the fixtures have or the sandbox issued.
        Raises NotReproducibleError, which names call and reason; UnknownSandboxError; TooManySandboxesError.
        """
        _check_kept(entries)
        states = self.sandboxes.store.call_states(name, [entry.number for entry in entries])
        _check_known(entries, states)
        settings, calls = self._plan(entries, states, View(shown, ASCII_MASK))
        tried = await self._try(settings, calls)
        for call, trial in zip(calls, tried, strict=True):
            if difference := describe_difference(call.entry, trial):
                raise NotReproducibleError(
                    f"call {call.entry.number} does not come out the same: {difference}; {_cause(call)}"
                )
        proved = [
            expect_answer(call, trial) for call, trial in zip(calls, tried, strict=True) if trial is not None
        ]
        return Story(name, _beginning(settings), tuple(proved), shown, ledger)

    def _plan(
        self, entries: Sequence[Entry], states: Mapping[int, CallStates], view: View
    ) -> tuple[Settings, list[StoryCall]]:
        """Return the settings of a new sandbox, and each call with the changes to make before the call."""
        vendors = {entry.call.vendor for entry in entries}
        settings = story_settings(entries[0], states[entries[0].number].before, vendors)
        known = known_credentials(self.sandboxes.fixtures, states)
        patches = state_patches(self.sandboxes.initial_tables(settings), entries, states, vendors)
        clock = settings.frozen
        calls = []
        for entry, patch in zip(entries, patches, strict=True):
            now = clock_of(entry) or clock
            calls.append(
                StoryCall(
                    entry,
                    sendable_target(entry, view, known),
                    sendable_headers(entry, view, known),
                    sendable_body(entry, view, known),
                    "" if now == clock else now or "",
                    _cut_secrets(json.decode(json.encode(patch)), view),
                )
            )
            clock = now
        _check_size(calls)
        _check_secrets(settings, calls)
        return settings, calls

    async def _try(self, settings: Settings, calls: Sequence[StoryCall]) -> list[Entry | None]:
        """Send the calls to a new sandbox; return each call's journal entry, or None if the call has none."""
        with trial_sandbox(self.sandboxes, self.journal, settings) as name:
            self.sandboxes.control(name, silence_deliveries)
            try:
                return [await self._try_call(name, call) for call in calls]
            except UnprocessableCallError as error:
                raise NotReproducibleError(f"the state of the sandbox is invalid: {error}") from None

    async def _try_call(self, name: str, call: StoryCall) -> Entry | None:
        if call.clock:
            self.sandboxes.set_clock(name, lambda _now, _clock: ClockSettings(call.clock))
        if call.state:
            StateOperations(self.sandboxes, self.served).merge_state(name, call.state)
        before = self.journal.kept.last_number(name)
        headers = {"host": _TRIAL_HOST, **call.headers, **BY_MOCK, SANDBOX_HEADER: name}
        timeout_ms = _DELAYED_TIMEOUT_MS if call.entry.delivery else _TIMEOUT_MS
        method = call.entry.call.method
        await self.inside.send(
            HttpRequest(method, call.path_and_query, tuple(headers.items()), call.body, timeout_ms=timeout_ms)
        )
        return self.journal.kept.entry(name, before + 1)


def _beginning(settings: Settings) -> Document:
    members = {
        "seed": settings.seed,
        "freeze": settings.frozen,
        "empty": settings.empty,
        "assumptions": dict(settings.assumptions),
        "scenarios": list(settings.scenarios),
    }
    return {name: value for name, value in members.items() if value or name == "seed"}


def _check_kept(entries: Sequence[Entry]) -> None:
    if not entries:
        raise NotReproducibleError("no call of the journal matches")
    if len(entries) > MAX_CALLS:
        raise NotReproducibleError(
            f"{len(entries):,} calls match, at most {MAX_CALLS} are exported; choose some by from, to or item"
        )
    for entry in entries:
        if entry.request_cut_bytes:
            raise NotReproducibleError(
                f"{entry.request_cut_bytes:,} bytes of the body of call {entry.number} were not kept"
            )
        if entry.trace:
            raise NotReproducibleError(
                f"call {entry.number} broke this server; its journal entry shows where"
            )


def _check_known(entries: Sequence[Entry], states: Mapping[int, CallStates]) -> None:
    lost = [entry.number for entry in entries if entry.number not in states]
    if not lost:
        return
    kept = next((entry.number for entry in entries if entry.number in states), None)
    cure = f"; from={kept} can be exported" if kept is not None and kept > lost[-1] else ""
    raise NotReproducibleError(f"the state before call {lost[-1]} is no longer kept{cure}")


def _check_size(calls: Sequence[StoryCall]) -> None:
    for call in calls:
        if (size := len(json.encode(call.state))) > MAX_STATE_BYTES:
            raise NotReproducibleError(
                f"the state before call {call.entry.number} takes {size:,} bytes, "
                f"at most {MAX_STATE_BYTES:,} are exported"
            )


def _check_secrets(settings: Settings, calls: Sequence[StoryCall]) -> None:
    """Raise NotReproducibleError if the exported state contains a credential that was cut from a call."""
    parts = [list(settings.scenarios), *(call.state for call in calls)]
    states = b"".join(json.encode(part) for part in parts).decode()
    for call in calls:
        for name, text in call.entry.call.headers.items():
            secret = text.rpartition(" ")[2]
            if call.headers.get(name, text) != text and json.encode(secret)[1:-1].decode() in states:
                raise NotReproducibleError(
                    f"the state before call {call.entry.number} holds the credential of its header {name}; "
                    "ask with secrets=shown"
                )


def _cause(call: StoryCall) -> str:
    sent = call.entry.call
    if not sent.vendor:
        return "it was answered for its Host or Origin, and the Host is not sent again"
    if call.entry.forwarded_to:
        return f"{call.entry.forwarded_to} answered it, and an export is tried with the mock alone"
    if sent.in_flight > 1 or sent.same_key_in_flight:
        return "other calls were open at the same time"
    if (
        any(call.headers.get(name, text) != text for name, text in sent.headers.items())
        or call.body != sent.body
    ):
        return "its credentials are cut; ask with secrets=shown, or use credentials of the fixtures"
    return "it depends on something that the state does not have"


def story_settings(first: Entry, before: Tables, vendors: Collection[str]) -> Settings:
    """Return settings for a new sandbox whose initial state differs as little as possible from `before`."""
    own = before[SANDBOX_SCOPE]
    stored = sorted(own.get(SCENARIOS, EMPTY).values(), key=lambda record: record["order"])
    values = sandbox_assumptions.overridden_values(before)
    return Settings(
        first.call.sandbox,
        own[SETTINGS]["seed"]["value"],
        clock_of(first) or own[SETTINGS]["clock"]["frozen"],
        own[SETTINGS]["beginning"].get("empty", False),
        {name: value for name, value in values.items() if name.partition(".")[0] in vendors},
        tuple(record["document"] for record in stored if record["armed"]),
    )


def clock_of(entry: Entry) -> str:
    """Return the sandbox's time at a call, or "" if the call did not use the clock."""
    return print_instant(entry.call.now) if entry.call.now else ""


def state_patches(
    initial: Tables, entries: Sequence[Entry], states: Mapping[int, CallStates], vendors: Collection[str]
) -> Iterator[Document]:
    """Yield, for each call, the documents to merge before the call, so that the state is as recorded."""
    scopes = (SANDBOX_SCOPE, *(f"{vendor}/" for vendor in vendors))
    numbers = [entry.number for entry in entries]
    yield _patch(initial, states[numbers[0]].before, scopes)
    for previous, number in pairwise(numbers):
        yield _patch(states[previous].after, states[number].before, scopes)


def _patch(before: Tables, after: Tables, scopes: tuple[str, ...]) -> Document:
    """Return the changed documents in scopes that begin with one of `scopes`; null for a deleted document."""
    patch: dict[str, dict[str, dict[str, Json]]] = {}
    for scope in sorted(one for one in before.keys() | after.keys() if one.startswith(scopes)):
        was, now = before.get(scope, EMPTY), after.get(scope, EMPTY)
        for name in sorted(was.keys() | now.keys()):
            old, new = was.get(name, EMPTY), now.get(name, EMPTY)
            if old is new or name in (*SNAPSHOT_COLLECTIONS, DELIVERIES):
                continue
            for key in sorted(old.keys() | new.keys()):
                one, other = old.get(key), new.get(key)
                is_kept = one is other or (scope, name, key) in _SKIPPED or _is_same(name, one, other)
                if not is_kept:
                    patch.setdefault(scope, {}).setdefault(name, {})[key] = other
    return patch


def _cut_secrets(patch: Document, view: View) -> Document:
    """Return the patch, in which the secrets of registered webhooks are cut now unless they are shown."""
    registered = patch.get(SANDBOX_SCOPE, EMPTY).get(WEBHOOKS, EMPTY).get("registered") or EMPTY
    for one in () if view.shown else registered.get("addresses", ()):
        one.update(mask_webhook(one, view.mask))
    return patch


def _is_same(collection: str, old: Document | None, new: Document | None) -> bool:
    """Return whether the documents are equal; ignore `order` of scenarios."""
    if collection == SCENARIOS and old is not None and new is not None:
        return {**old, "order": 0} == {**new, "order": 0}
    return old == new


def known_credentials(fixtures: Tables, states: Mapping[int, CallStates]) -> frozenset[str]:
    """Return the credentials that the sandbox held, and all texts of the fixtures."""
    held = [tables for state in states.values() for tables in (state.before, state.after)]
    issued = {
        key
        for tables in held
        for scope, collections in tables.items()
        if scope != SANDBOX_SCOPE
        for key in collections.get(CREDENTIALS, EMPTY)
    }
    texts = {
        one for path, value in values_in(fixtures) for one in (*path[-1:], value) if isinstance(one, str)
    }
    return frozenset(issued | texts)


def describe_difference(recorded: Entry, tried: Entry | None) -> str:
    """Return the trial's first difference in status, loss, operation, rules or items, or "" for none."""
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


def expect_answer(call: StoryCall, tried: Entry) -> StoryCall:
    """Return the call, with the recorded body as expected body, reduced to what was equal in the trial."""
    if call.loss:
        return call
    body = _common_body(call.entry, tried)
    text = _common_text(call.entry, tried) if body is VARYING else None
    return replace(call, expected_body=body, expected_text=text)


def _common_body(recorded: Entry, tried: Entry) -> Json:
    if not _is_compared(recorded):
        return VARYING
    try:
        before, after = _document(recorded.reply.body, recorded), _document(tried.reply.body, tried)
        shown = _document(_MASKED.reply_bytes(recorded), recorded)
    except MalformedBody:
        return VARYING
    return _common(before, after, shown)


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
    """Return `before` with `VARYING` in place of parts that differ in `after` or are masked in `shown`."""
    if isinstance(before, dict) and isinstance(after, dict) and isinstance(shown, dict):
        if before.keys() == after.keys() == shown.keys():
            return {name: _common(before[name], after[name], shown[name]) for name in before}
    elif isinstance(before, list) and isinstance(after, list) and isinstance(shown, list):
        if len(before) == len(after) == len(shown):
            return [_common(*three) for three in zip(before, after, shown, strict=True)]
    elif json.encode(before) == json.encode(after) == json.encode(shown):
        return before
    return VARYING


def story_reply(story: Story, form: Format) -> Reply:
    """Return the story as a file. Raises NotReproducibleError if the format cannot express a call."""
    try:
        return file_reply(form, form.content(story), story.stem)
    except UnsuitableFormError as error:
        raise NotReproducibleError(f"cannot export as {form.title}: {error}") from None


def call_reply(entry: Entry, form: Format, *, shown: bool) -> Reply:
    return file_reply(form, form.content(entry, View(shown, ASCII_MASK)), f"call-{entry.number}")


def file_reply(form: Format, content: bytes, stem: str) -> Reply:
    disposition = ("Content-Disposition", f'attachment; filename="{form.named(stem)}"')
    charset = "" if form.media_type == "application/json" else "; charset=utf-8"
    return Reply(200, content, f"{form.media_type}{charset}", (disposition,))
