"""Build target, headers and sandbox settings to send a recorded call again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from mockserver.codec.instants import print_instant
from mockserver.codec.redaction import is_credential_header
from mockserver.engine.registry import LoadedVendor
from mockserver.journal.entry import HOP_BY_HOP, Entry, request_target, target_below_mount
from mockserver.journal.view import View
from mockserver.model import EMPTY, Document
from mockserver.sandbox.sandboxes import Sandboxes
from mockserver.sandbox.scenarios import SCENARIOS
from mockserver.sandbox.settings import Settings

SANDBOX_HEADER = "mock-sandbox"
LOSS_KINDS_BY_FAULT: Mapping[str, str] = MappingProxyType(
    {
        "CONNECTION_RESET_BY_PEER": "reset",
        "RANDOM_DATA_THEN_CLOSE": "malformed",
        "EMPTY_RESPONSE": "empty",
        "MALFORMED_RESPONSE_CHUNK": "malformed",
        "WRONG_LENGTH": "truncated",
        "NO_RESPONSE": "timeout",
    }
)
"""Transport faults that a client sees as an error, with the loss kind of the case language."""

_OWN_HEADER_PREFIX = "mock-"
_BODY_FAULTS = frozenset({"MALFORMED_RESPONSE_CHUNK", "WRONG_LENGTH"})
_BODILESS_STATUSES = (204, 304)


def loss_kind(entry: Entry) -> str:
    """Return how a client loses the reply, "" if it does not; bodiless replies survive body faults."""
    is_bodiless = entry.call.method == "HEAD" or entry.reply.status in _BODILESS_STATUSES
    return "" if is_bodiless and entry.fault in _BODY_FAULTS else LOSS_KINDS_BY_FAULT.get(entry.fault, "")


def resend_headers(entry: Entry, view: View) -> dict[str, str]:
    """Return the headers to resend, without those of the connection and the sandbox header."""
    return {
        name: text
        for name, text in view.request_headers(entry).items()
        if name not in HOP_BY_HOP and name != SANDBOX_HEADER
    }


def to_sandbox(entry: Entry, view: View, sandbox: str) -> tuple[str, Mapping[str, str]]:
    """Return target and headers that send the call to another sandbox of the same server."""
    mount = f"/{entry.call.vendor}" if entry.call.vendor else ""
    target = f"{mount}{target_with_query(entry, view)}"
    return target, {**resend_headers(entry, view), SANDBOX_HEADER: sandbox}


def to_same_target(entry: Entry, view: View) -> tuple[str, Mapping[str, str]]:
    """Return target and headers that send the call to its original target."""
    query, named = view.query(entry), entry.call.headers.get(SANDBOX_HEADER)
    own = {SANDBOX_HEADER: named} if named is not None else {}
    return f"{request_target(entry)}{'?' if query else ''}{query}", {**resend_headers(entry, view), **own}


def to_other_server(entry: Entry, view: View) -> tuple[str, Mapping[str, str]]:
    """Return target and headers for another server, without credentials and Mock-* headers."""
    remaining = {
        name: text
        for name, text in resend_headers(entry, view).items()
        if not is_credential_header(name) and not name.startswith(_OWN_HEADER_PREFIX)
    }
    return target_with_query(entry, view), remaining


def target_with_query(entry: Entry, view: View) -> str:
    """Return the path below the vendor, with the query."""
    query = view.query(entry)
    return f"{target_below_mount(entry)}{'?' if query else ''}{query}"


def sandbox_settings(entry: Entry, sandboxes: Sandboxes, served: Mapping[str, LoadedVendor]) -> Settings:
    """Return settings for a sandbox in which the call meets its original seed, time, assumptions, rules.

    The clock is frozen at the time of the call. Records and counts of earlier calls are not restored.

    Raises:
        UnknownSandboxError: the call's sandbox does not exist any more.
    """
    call = entry.call
    shown = sandboxes.show(call.sandbox)
    defaults = served[call.vendor].assumptions if call.vendor else EMPTY
    own = {
        f"{call.vendor}.{name}": value
        for name, value in call.assumptions.items()
        if value != defaults[name] or f"{call.vendor}.{name}" in sandboxes.default_assumptions
    }
    others = {
        name: value for name, value in shown.assumptions.items() if not name.startswith(f"{call.vendor}.")
    }
    return replace(
        shown.settings,
        frozen=print_instant(call.now) if call.now else shown.settings.frozen,
        assumptions={**others, **own},
        scenarios=_applied_scenarios(entry, sandboxes),
    )


def _applied_scenarios(entry: Entry, sandboxes: Sandboxes) -> tuple[Document, ...]:
    """Return the documents of the scenarios that changed the answer, oldest first."""
    stored = sandboxes.control(
        entry.call.sandbox, lambda whole: tuple(whole.collection(SCENARIOS, "").values())
    )
    applied = sorted(
        (record for record in stored if record["name"] in entry.applied_scenarios),
        key=lambda record: record["order"],
    )
    return tuple(record["document"] for record in applied)
