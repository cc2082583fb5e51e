"""What was asked and answered in a sandbox: listed, shown, counted, handed on."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from mockserver.control.asking import expected_of, query_of
from mockserver.control.refusals import ControlRefusal, UnknownEntry
from mockserver.journal import Journal
from mockserver.journal.case_file import case
from mockserver.journal.circumstances import circumstances
from mockserver.journal.curl import command
from mockserver.journal.documents import Documents
from mockserver.journal.entry import Entry
from mockserver.journal.har import archive
from mockserver.journal.pytest_file import file_name, source
from mockserver.journal.query import selected
from mockserver.journal.verify import Expected, Verified, verified
from mockserver.journal.view import View
from mockserver.model import Document, Json, Reply
from mockserver.reply import json_reply
from mockserver.sandbox import Sandboxes, Settings
from mockserver.secrets import PLAIN_SIGN
from mockserver.served import Served

DROPPED = "Mock-Journal-Dropped"
"""The header of a list that says how many older entries had to make room."""

_SHOWN = "shown"
_MAX_NAME = 40


class NotVerified(ControlRefusal):
    """There were other calls, or other items, than were expected."""

    status = 409
    code = "not-verified"


class Incomplete(ControlRefusal):
    """The journal does not hold what it is asked for any more."""

    status = 409
    code = "not-kept"


@dataclass(frozen=True, slots=True)
class JournalOperations:
    """The journal of a sandbox. UnknownSandbox where there is none of the name."""

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[Served, ...]

    def list_journal(self, name: str, last: int, secrets: str, **wanted: Json) -> Reply:
        """The newest entries that are wanted, oldest of them first, in short."""
        found = self._selected(name, last, wanted)
        view = View(shown=secrets == _SHOWN)
        headers = ((DROPPED, str(dropped)),) if (dropped := self.journal.dropped(name)) else ()
        reply = json_reply(200, [view.short(entry) for entry in found])
        return replace(reply, headers=headers)

    def clear_journal(self, name: str) -> None:
        """Forget all entries; numbers go on."""
        self.sandboxes.known(name)
        self.journal.clear(name)

    def show_entry(self, name: str, number: int, secrets: str) -> Document:
        """One entry, whole.

        Raises:
            UnknownEntry: there is none of that number.
        """
        return View(shown=secrets == _SHOWN).whole(self._entry(name, number))

    def verify_journal(self, name: str, body: Document) -> None:
        """Let pass what happened as it is expected.

        Raises:
            NotVerified: it did not.
            Incomplete: calls are missing that may be too many.
            Impossible: the match names what is not there.
        """
        self.sandboxes.known(name)
        expected = expected_of(body, self.served)
        found = verified(expected, self.journal.entries(name), Documents(self.served))
        dropped = self.journal.dropped(name)
        if found.holds and dropped and expected.limited:
            raise Incomplete(
                f"the first {dropped:,} calls are no longer kept, and could be too many; "
                "clear the journal before what is to be verified"
            )
        if not found.holds:
            raise NotVerified(_told(expected, found), _members(expected, found, dropped))

    def export_entry(self, name: str, number: int, format_: str, secrets: str) -> Reply:
        """One entry in a form that others read.

        Raises:
            UnknownEntry: there is none of that number.
            Incomplete: its body was not kept whole.
        """
        entry = self._entry(name, number)
        if format_ == "har":
            return archive([entry], View(shown=secrets == _SHOWN))
        if entry.request_cut_bytes:
            raise Incomplete(f"{entry.request_cut_bytes:,} bytes of the body of call {number} were not kept")
        return self._written(entry, format_, View(secrets == _SHOWN, PLAIN_SIGN))

    def export_journal(self, name: str, format_: str, last: int, secrets: str, **wanted: Json) -> Reply:
        """The newest entries that are wanted, as one archive."""
        del format_  # the contract knows one
        return archive(self._selected(name, last, wanted), View(shown=secrets == _SHOWN))

    def _written(self, entry: Entry, form: str, view: View) -> Reply:
        if form == "curl":
            return _file(command(entry, view), "text/x-shellscript", f"call-{entry.number}.sh")
        by_name: Mapping[str, Served] = {vendor.name: vendor for vendor in self.served}
        settings = circumstances(entry, self.sandboxes, by_name)
        if form == "case":
            return _file(case(entry, view, settings), "application/yaml", f"call-{entry.number}.yaml")
        own = _renamed(settings, f"{settings.name[:_MAX_NAME]}-call-{entry.number}")
        return _file(source(entry, view, own), "text/x-python", file_name(entry))

    def _selected(self, name: str, last: int, wanted: Mapping[str, Json]) -> list[Entry]:
        self.sandboxes.known(name)
        return selected(self.journal.entries(name), query_of(wanted, self.served), last)

    def _entry(self, name: str, number: int) -> Entry:
        self.sandboxes.known(name)
        entry = self.journal.entry(name, number)
        if entry is None:
            raise UnknownEntry(f"journal of {name} has no entry {number}")
        return entry


def _told(expected: Expected, found: Verified) -> str:
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


def _members(expected: Expected, found: Verified, dropped: int) -> Document:
    nearest = [
        {
            **{name: value for name, value in View().short(entry).items() if name in _NEAR},
            "differs": [
                {"member": one.member, "expected": one.expected, "found": one.found} for one in other
            ],
        }
        for entry, other in found.nearest
    ]
    return {
        "expected": {
            "calls": expected.calls.shown(),
            "items": {outcome: bounds.shown() for outcome, bounds in expected.items.items()},
        },
        "found": {"calls": found.calls, "items": found.items, "numbers": found.numbers, "dropped": dropped},
        "nearest": nearest,
    }


_NEAR = frozenset({"number", "vendor", "method", "path", "operation", "status", "outcomes"})


def _file(text: str, media_type: str, name: str) -> Reply:
    disposition = ("Content-Disposition", f'attachment; filename="{name}"')
    return Reply(200, text.encode(), f"{media_type}; charset=utf-8", (disposition,))


def _renamed(settings: Settings, name: str) -> Settings:
    return dataclasses.replace(settings, name=name)
