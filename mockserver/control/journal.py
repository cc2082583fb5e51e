"""List, show, verify, export and clear the journal of a sandbox."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from mockserver.codec.http import json_reply
from mockserver.codec.redaction import ASCII_MASK
from mockserver.control.control_call import ControlError, UnknownEntryError
from mockserver.control.journal_queries import read_expectation, read_query
from mockserver.engine.registry import LoadedVendor
from mockserver.journal.entry import Entry
from mockserver.journal.export.case_file import write_case_file
from mockserver.journal.export.curl import entry_command
from mockserver.journal.export.har import har_archive
from mockserver.journal.export.pytest_file import pytest_file_name, pytest_source
from mockserver.journal.journal import Journal
from mockserver.journal.query import select
from mockserver.journal.resend import sandbox_settings
from mockserver.journal.verification import Expectation, RequestDocuments, VerificationResult, verify_entries
from mockserver.journal.view import View
from mockserver.model import Document, Json, Reply
from mockserver.sandbox.sandboxes import Sandboxes

DROPPED_HEADER = "Mock-Journal-Dropped"
"""Header of a list with the number of older entries that were dropped."""

_SHOWN_SECRETS = "shown"
_MAX_NAME = 40
_NEAREST_MEMBERS = frozenset({"number", "vendor", "method", "path", "operation", "status", "outcomes"})


class NotVerifiedError(ControlError):
    """The number of calls or items is not as expected."""

    status = 409
    code = "not-verified"


class IncompleteEntryError(ControlError):
    """The journal no longer holds the data that is needed."""

    status = 409
    code = "not-kept"


@dataclass(frozen=True, slots=True)
class JournalOperations:
    """Operations on a sandbox's journal. All raise UnknownSandboxError if the sandbox does not exist."""

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[LoadedVendor, ...]

    def list_journal(self, name: str, last: int, secrets: str, **filters: Json) -> Reply:
        """Return the newest entries that match the query, in short form and oldest first."""
        found = self._select(name, last, filters)
        view = View(shown=secrets == _SHOWN_SECRETS)
        headers = ((DROPPED_HEADER, str(dropped)),) if (dropped := self.journal.dropped(name)) else ()
        reply = json_reply(200, [view.listed(entry) for entry in found])
        return replace(reply, headers=headers)

    def clear_journal(self, name: str) -> None:
        """Delete all entries; numbers continue."""
        self.sandboxes.check_exists(name)
        self.journal.clear(name)

    def show_entry(self, name: str, number: int, secrets: str) -> Document:
        """Return one entry in full.

        Raises:
            UnknownEntryError: there is no entry with this number.
        """
        entry = find_entry(self.sandboxes, self.journal, name, number)
        return View(shown=secrets == _SHOWN_SECRETS).whole(entry)

    def verify_journal(self, name: str, body: Document) -> None:
        """Raise unless the recorded calls are as expected.

        Raises:
            NotVerifiedError: they are not.
            IncompleteEntryError: an upper bound cannot be checked, because entries were dropped.
            UnprocessableMemberError: the match has an unknown name or an invalid predicate.
        """
        self.sandboxes.check_exists(name)
        expected = read_expectation(body, self.served)
        found = verify_entries(expected, self.journal.entries(name), RequestDocuments(self.served))
        dropped = self.journal.dropped(name)
        if found.holds and dropped and expected.has_upper_bound:
            raise IncompleteEntryError(
                f"the first {dropped:,} calls are no longer kept, and could be too many; "
                "clear the journal before what is to be verified"
            )
        if not found.holds:
            raise NotVerifiedError(_summary(expected, found), _problem_members(expected, found, dropped))

    def export_entry(self, name: str, number: int, format_: str, secrets: str) -> Reply:
        """Return one entry in the requested format.

        Raises:
            UnknownEntryError: there is no entry with this number.
            IncompleteEntryError: its body was not kept completely.
        """
        entry = find_entry(self.sandboxes, self.journal, name, number)
        if format_ == "har":
            return har_archive([entry], View(shown=secrets == _SHOWN_SECRETS))
        check_body_kept(entry)
        return self._exported(entry, format_, View(secrets == _SHOWN_SECRETS, ASCII_MASK))

    def export_journal(self, name: str, format_: str, last: int, secrets: str, **filters: Json) -> Reply:
        """Return the newest entries that match the query as one archive."""
        del format_  # the spec permits one value
        return har_archive(self._select(name, last, filters), View(shown=secrets == _SHOWN_SECRETS))

    def _exported(self, entry: Entry, form: str, view: View) -> Reply:
        if form == "curl":
            return _file_reply(entry_command(entry, view), "text/x-shellscript", f"call-{entry.number}.sh")
        by_name: Mapping[str, LoadedVendor] = {vendor.name: vendor for vendor in self.served}
        settings = sandbox_settings(entry, self.sandboxes, by_name)
        if form == "case":
            return _file_reply(
                write_case_file(entry, view, settings), "application/yaml", f"call-{entry.number}.yaml"
            )
        own = dataclasses.replace(settings, name=f"{settings.name[:_MAX_NAME]}-call-{entry.number}")
        return _file_reply(pytest_source(entry, view, own), "text/x-python", pytest_file_name(entry))

    def _select(self, name: str, last: int, filters: Mapping[str, Json]) -> list[Entry]:
        self.sandboxes.check_exists(name)
        return select(self.journal.entries(name), read_query(filters, self.served), last)


def find_entry(sandboxes: Sandboxes, journal: Journal, name: str, number: int) -> Entry:
    """Return an entry of a sandbox's journal.

    Raises:
        UnknownSandboxError: the sandbox does not exist.
        UnknownEntryError: there is no entry with this number.
    """
    sandboxes.check_exists(name)
    entry = journal.entry(name, number)
    if entry is None:
        raise UnknownEntryError(f"journal of {name} has no entry {number}")
    return entry


def check_body_kept(entry: Entry) -> None:
    """Raise unless the whole request body was kept.

    Raises:
        IncompleteEntryError: it was cut.
    """
    if entry.request_cut_bytes:
        raise IncompleteEntryError(
            f"{entry.request_cut_bytes:,} bytes of the body of call {entry.number} were not kept"
        )


def _summary(expected: Expectation, found: VerificationResult) -> str:
    wanted = [
        _calls(str(expected.calls)),
        *(f"{bounds} {outcome}" for outcome, bounds in expected.items.items()),
    ]
    there = [
        _calls(str(found.calls)),
        *(f"{found.items.get(outcome, 0)} {outcome}" for outcome in expected.items),
    ]
    return f"expected {', '.join(wanted)}; found {', '.join(there)}"


def _calls(number: str) -> str:
    return f"{number} call" if number.rsplit(maxsplit=1)[-1] == "1" else f"{number} calls"


def _problem_members(expected: Expectation, found: VerificationResult, dropped: int) -> Document:
    nearest = [
        {
            **{name: value for name, value in View().short(entry).items() if name in _NEAREST_MEMBERS},
            "differs": [
                {"member": one.member, "expected": one.expected, "found": one.found} for one in mismatches
            ],
        }
        for entry, mismatches in found.nearest
    ]
    return {
        "expected": {
            "calls": expected.calls.document(),
            "items": {outcome: bounds.document() for outcome, bounds in expected.items.items()},
        },
        "found": {"calls": found.calls, "items": found.items, "numbers": found.numbers, "dropped": dropped},
        "nearest": nearest,
    }


def _file_reply(text: str, media_type: str, name: str) -> Reply:
    disposition = ("Content-Disposition", f'attachment; filename="{name}"')
    return Reply(200, text.encode(), f"{media_type}; charset=utf-8", (disposition,))
