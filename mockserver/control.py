"""The control plane's operations, free of HTTP: sandboxes and journals (contract: specs/_control.yaml)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mockserver import __version__
from mockserver.clock import parse_instant, print_instant
from mockserver.errors import MockServerError, UnknownSandbox
from mockserver.journal import Decided, Entry, Journal
from mockserver.model import Document, Json, Problem
from mockserver.sandbox import DEFAULT, Sandboxes, Settings, is_name
from mockserver.secrets import masked
from mockserver.served import Served


class SandboxExists(MockServerError):
    """A sandbox of that name is there already."""


class UnknownEntry(MockServerError):
    """The journal has no entry of that number, or keeps it no longer."""


class Impossible(MockServerError):
    """The call is well-formed and asks for what cannot be; `pointer` is the member that does."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__(detail)
        self.pointer = pointer


@dataclass(frozen=True, slots=True)
class Control:
    """What an operator can ask for; a control call on an unknown sandbox creates nothing (design §8.18)."""

    sandboxes: Sandboxes
    journal: Journal
    served: tuple[Served, ...]

    def health(self) -> Document:
        """That the server is up, and what it serves."""
        return {"status": "ok", "version": __version__, "vendors": [one.name for one in self.served]}

    def vendors(self) -> Json:
        """The vendors: where they are mounted and what they can do."""
        return [
            {
                "name": vendor.name,
                "title": vendor.spec.document["info"]["title"],
                "mount": f"/{vendor.name}",
                "operations": list(vendor.spec.operations),
                "batches": [one.id for one in vendor.spec.operations.values() if one.batch],
            }
            for vendor in self.served
        ]

    def list_sandboxes(self) -> Json:
        """All sandboxes, by name."""
        return [self.show_sandbox(name) for name in self.sandboxes.store.names()]

    def create_sandbox(self, body: Document) -> Document:
        """Make a sandbox from the fixtures, or empty.

        Raises:
            SandboxExists: the name is taken.
            Impossible: `name` is no name, or `freeze` no instant.
        """
        if not is_name(body["name"]):
            raise Impossible("/name", "a sandbox name is 1 to 64 of a-z, 0-9 and -")
        frozen = body.get("freeze")
        try:
            frozen = print_instant(parse_instant(frozen)) if frozen is not None else None
        except ValueError:
            raise Impossible("/freeze", f"{frozen} is no instant; write 2026-01-05T09:00:00Z") from None
        settings = Settings(body["name"], body.get("seed", 0), frozen, body.get("empty", False))
        if not self.sandboxes.create(settings):
            raise SandboxExists(settings.name)
        return self.show_sandbox(settings.name)

    def show_sandbox(self, name: str) -> Document:
        """One sandbox.

        Raises:
            UnknownSandbox: there is none of that name.
        """
        settings, records = self.sandboxes.show(name)
        return {
            "name": name,
            "seed": settings.seed,
            "clock": {"mode": "frozen" if settings.frozen else "system", "at": settings.frozen},
            "empty": settings.empty,
            "records": records,
            "calls": len(self.journal.entries(name)),
        }

    def delete_sandbox(self, name: str) -> None:
        """Drop a sandbox and its journal; the default one begins anew, as the server was started."""
        beginning, _ = self.sandboxes.show(name)
        self.sandboxes.delete(name)
        self.journal.forget(name)
        if name == DEFAULT:
            self.sandboxes.create(beginning)

    def reset_sandbox(self, name: str) -> Document:
        """Back to the fixtures, journal and numbers too."""
        self.sandboxes.reset(name)
        self.journal.forget(name)
        return self.show_sandbox(name)

    def dump_sandbox(self, name: str) -> Json:
        """Everything that the sandbox holds."""
        return self.sandboxes.dump(name)

    def list_journal(self, name: str, last: int) -> Json:
        """The newest entries, oldest of them first, in short."""
        self._known(name)
        return [_short(entry) for entry in self.journal.entries(name, last)]

    def clear_journal(self, name: str) -> None:
        """Forget all entries; numbers go on."""
        self._known(name)
        self.journal.clear(name)

    def show_entry(self, name: str, number: int) -> Document:
        """One entry, whole; credentials are masked.

        Raises:
            UnknownEntry: there is none of that number.
        """
        self._known(name)
        entry = self.journal.entry(name, number)
        if entry is None:
            raise UnknownEntry(f"journal of {name} has no entry {number}")
        return _whole(entry)

    def _known(self, name: str) -> None:
        if name not in self.sandboxes.store.names():
            raise UnknownSandbox(name)


def _short(entry: Entry) -> dict[str, Json]:
    call, counts = entry.call, dict(entry.decided.counts)
    return {
        "number": entry.number,
        "at": print_instant(entry.at),
        "vendor": call.vendor,
        "method": call.method,
        "path": call.path,
        "query": call.query,
        "operation": entry.operation,
        "status": entry.reply.status,
        "refusal": entry.refusal,
        "items": sum(counts.values()),
        "outcomes": counts,
        "durationMillis": round(entry.duration_ms, 3),
    }


def _whole(entry: Entry) -> Document:
    reply = entry.reply
    headers: Mapping[str, str] = dict(reply.headers)
    return {
        **_short(entry),
        "request": {"headers": masked(entry.call.headers), "body": _text(entry.call.body)},
        "reply": {"mediaType": reply.media_type, "headers": headers, "body": _text(reply.body)},
        "decided": _decided(entry.decided),
        "trace": entry.trace or None,
    }


def _decided(decided: Decided) -> list[Document]:
    return [
        {
            "index": index,
            "key": key,
            "action": str(action),
            "problems": [_problem(problem) for problem in decided.problems.get(index, ())],
            "warnings": [_problem(warning) for warning in decided.warnings.get(index, ())],
        }
        for index, (key, action) in enumerate(decided.items())
    ]


def _problem(problem: Problem) -> Document:
    return {"code": problem.code, "pointer": problem.pointer, "detail": problem.detail, "rule": problem.rule}


def _text(body: bytes) -> str:
    return body.decode("utf-8", errors="replace")
