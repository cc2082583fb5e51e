"""Turn recorded calls into a story that reproduces: the state that they met, proved by a trial."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count

from mockserver.codec import json
from mockserver.codec.redaction import ASCII_MASK
from mockserver.control.cases.transport import HttpClient, Request
from mockserver.control.control_call import ControlError, UnprocessableCallError
from mockserver.control.state import StateOperations
from mockserver.control.story_comparison import describe_difference, expected_answer
from mockserver.control.story_state import clock_of, known_credentials, state_patches, story_settings
from mockserver.engine.registry import LoadedVendor
from mockserver.journal.entry import Entry
from mockserver.journal.export.credentials import sendable_body, sendable_headers, sendable_target
from mockserver.journal.export.story import Story, StoryCall
from mockserver.journal.journal import Journal
from mockserver.journal.resend import SANDBOX_HEADER
from mockserver.journal.view import View
from mockserver.model import Document
from mockserver.sandbox.clock import ClockSettings
from mockserver.sandbox.sandboxes import Sandboxes
from mockserver.sandbox.settings import Settings
from mockserver.sandbox.store import CallStates

MAX_CALLS = 200
MAX_STATE_BYTES = 8 * 1024 * 1024

_TRIAL_HOST = "another.localhost"
"""Host of the trial calls, so that what an answer says of its host is found to vary; the guard takes it."""

_TIMEOUT_MS = 60_000
_DELAYED_TIMEOUT_MS = 500
"""The trial does not wait for an answer that a rule delays: its entry is written before."""


class NotReproducibleError(ControlError):
    """The calls cannot be exported so that they come out the same."""

    status = 409
    code = "not-reproducible"


@dataclass(frozen=True, slots=True)
class StoryBuilder:
    """Builds stories from a sandbox's journal; `inside` sends the trial to this server."""

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[LoadedVendor, ...]
    inside: HttpClient

    async def build(self, name: str, entries: Sequence[Entry], *, shown: bool) -> Story:
        """Return the entries as a story that came out the same in a trial.

        Credentials are cut unless they are `shown`, belong to the fixtures, or were issued by the sandbox.

        Raises:
            NotReproducibleError: they would not come out the same; the text says which call and why.
            UnknownSandboxError: the sandbox does not exist.
            TooManySandboxesError: there is no room for the trial's sandbox.
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
            replace(call, expected=expected_answer(call.entry, trial))
            for call, trial in zip(calls, tried, strict=True)
            if trial is not None
        ]
        return Story(name, _beginning(settings), tuple(proved))

    def _plan(
        self, entries: Sequence[Entry], states: Mapping[int, CallStates], view: View
    ) -> tuple[Settings, list[StoryCall]]:
        """Return how the sandbox begins, and each call with what has to be set before it."""
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
                    expected_answer(entry, entry),
                    "" if now == clock else now or "",
                    json.decode(json.encode(patch)),
                )
            )
            clock = now
        _check_size(calls)
        _check_secrets(settings, calls)
        return settings, calls

    async def _try(self, settings: Settings, calls: Sequence[StoryCall]) -> list[Entry | None]:
        """Send the calls to a sandbox of their own, and return their entries."""
        with self._trial_sandbox(settings) as name:
            try:
                return [await self._try_call(name, call) for call in calls]
            except UnprocessableCallError as error:
                raise NotReproducibleError(f"the state of the sandbox is invalid: {error}") from None

    @contextmanager
    def _trial_sandbox(self, settings: Settings) -> Iterator[str]:
        names = (f"export-{number}" for number in count(1))
        name = next(name for name in names if self.sandboxes.create(replace(settings, name=name)))
        try:
            with self.journal.unlogged(name):
                yield name
        finally:
            self.sandboxes.delete(name)

    async def _try_call(self, name: str, call: StoryCall) -> Entry | None:
        if call.clock:
            self.sandboxes.set_clock(name, lambda _now, _clock: ClockSettings(call.clock))
        if call.state:
            StateOperations(self.sandboxes, self.served).merge_state(name, call.state)
        before = self.journal.last_number(name)
        headers = {"host": _TRIAL_HOST, **call.headers, SANDBOX_HEADER: name}
        timeout_ms = _DELAYED_TIMEOUT_MS if call.entry.delivery else _TIMEOUT_MS
        method = call.entry.call.method
        await self.inside.send(
            Request(method, call.path_and_query, tuple(headers.items()), call.body, timeout_ms=timeout_ms)
        )
        return self.journal.entry(name, before + 1)


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
    """Raise if a credential that was cut from a call's headers stands in the state to export."""
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
    if sent.in_flight > 1 or sent.same_key_in_flight:
        return "other calls were open at the same time"
    if (
        any(call.headers.get(name, text) != text for name, text in sent.headers.items())
        or call.body != sent.body
    ):
        return "its credentials are cut; ask with secrets=shown, or use credentials of the fixtures"
    return "it depends on something that the state does not have"
