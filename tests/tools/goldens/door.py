"""Ways into the program: its commands and its application; the clock stands while it is recorded."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from importlib import import_module
from pathlib import Path
from typing import Any

from click.testing import CliRunner

import mockserver
from mockserver.cli.main import main
from tests.support.client import Response, send_call
from tests.tools.goldens.rules import ROOT, normalized

VENDORS = ("guidewire", "payt", "pvex", "vba", "xero")
NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)
SHOWN_CHARACTERS = 240
SHORT_CHARACTERS = 100
LONG_CHARACTERS = 20_000


@dataclass(frozen=True, slots=True)
class Recording:
    """The folder of one part, into which it writes."""

    folder: Path

    def write(self, name: str, text: str) -> None:
        """Write a file of the part."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(normalized(text), encoding="utf-8", errors="backslashreplace")

    def write_json(self, name: str, document: Any) -> None:
        """Write a document; the order of its members is that of the program."""
        self.write(name, json.dumps(_in_lines(document), indent=1, ensure_ascii=False) + "\n")


def _in_lines(value: Any) -> Any:
    """Return the document with its long texts as lists of lines, so that a difference is one line."""
    if isinstance(value, dict):
        return {name: _in_lines(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_in_lines(member) for member in value]
    if isinstance(value, str) and len(value) > LONG_CHARACTERS:
        return shown_body(value.encode("utf-8", "backslashreplace"))
    if isinstance(value, str) and len(value) > SHORT_CHARACTERS:
        return value.replace(',"', ',\n"').splitlines()
    return value


class _StandingTime(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return NOW.astimezone(tz)


def stop_clock() -> None:
    """Let the machine's time stand in every module that reads it, whatever the module is called."""
    package = Path(mockserver.__file__).parent
    for file in package.rglob("*.py"):
        if re.search(r"\bdatetime\.now\(", file.read_text(encoding="utf-8")):
            name = ".".join(file.relative_to(package.parent).with_suffix("").parts)
            vars(import_module(name))["datetime"] = _StandingTime


def run_command(*arguments: str, **environment: str | None) -> str:
    """Run a command line in this process; return its exit status and all that it printed."""
    runner = CliRunner(env={"NO_COLOR": "1", "COLUMNS": "110", **environment})
    result = runner.invoke(main, list(arguments), prog_name="mockserver")
    fault = result.exception
    crash = "" if fault is None or isinstance(fault, SystemExit) else f"raised {fault!r}\n"
    shown = " ".join(arguments)
    return (
        f"$ mockserver {shown}\nexit {result.exit_code}\n{crash}{result.stdout}--- stderr\n{result.stderr}\n"
    )


def shown_body(body: bytes) -> str:
    """Return the length, the hash and the beginning of a body."""
    text = normalized(body.decode("utf-8", "backslashreplace"))
    return (
        f"{len(text)} characters {hashlib.sha256(text.encode()).hexdigest()[:12]} {text[:SHOWN_CHARACTERS]!r}"
    )


@dataclass(slots=True)
class Traffic:
    """Calls that reached an application, in the order in which they came; whole bodies if `whole`."""

    whole: bool = False
    calls: list[dict[str, Any]] = field(default_factory=list)

    def watch(self, kind: type) -> None:
        """Note each call of an application of this class."""
        original = vars(kind)["__call__"]

        async def watched(app: Any, scope: Any, receive: Any, send: Any) -> None:
            noted, sent, came = self._note(scope), bytearray(), bytearray()

            async def receive_noted() -> Any:
                message = await receive()
                sent.extend(message.get("body", b""))
                return message

            async def send_noted(message: Any) -> None:
                if message["type"] == "http.response.start":
                    noted["status"] = message["status"]
                    noted["answered headers"] = _texts(message.get("headers", ()))
                came.extend(message.get("body", b""))
                await send(message)

            try:
                await original(app, scope, receive_noted, send_noted)
            except Exception as error:
                noted["raised"] = repr(error)
                raise
            finally:
                noted["sent"], noted["answered"] = self._shown(bytes(sent)), self._shown(bytes(came))

        setattr(kind, "__call__", watched)  # noqa: B010 - a class takes no assignment to its method

    def _note(self, scope: Any) -> dict[str, Any]:
        query = scope.get("query_string", b"").decode("latin-1")
        target = (scope.get("raw_path") or scope.get("path", "").encode()).decode("latin-1")
        noted = {
            "call": f"{scope.get('method')} {target}{'?' if query else ''}{query}",
            "headers": _texts(scope.get("headers", ())),
        }
        if not target.startswith("/_mock"):  # those that a part sends itself to prepare and to read
            self.calls.append(noted)
        return noted

    def _shown(self, body: bytes) -> str:
        return (
            body.decode("utf-8", "backslashreplace")
            if self.whole and len(body) < 100_000
            else shown_body(body)
        )

    def take(self) -> list[dict[str, Any]]:
        """Return the calls since the last time."""
        taken, self.calls = self.calls, []
        return taken


def _texts(headers: Any) -> list[str]:
    return [f"{name.decode('latin-1')}: {text.decode('latin-1')}" for name, text in headers]


@dataclass(frozen=True, slots=True)
class Control:
    """The control plane and the vendors of an application in this process."""

    app: Any

    def call(
        self, method: str, path: str, document: Any = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Send a call."""
        sent = {"host": "testserver", **(headers or {})}
        body = b""
        if document is not None:
            body = json.dumps(document).encode()
            sent = {"content-type": "application/json", "content-length": str(len(body)), **sent}
        return asyncio.run(send_call(self.app, method, path, sent, [body]))

    def document(self, method: str, path: str, document: Any = None) -> Any:
        """Send a call and return the JSON of its answer."""
        came = self.call(method, "/_mock" + path, document)
        return json.loads(came.body) if came.body else None


def new_application(**options: Any) -> Any:
    """Return an application with all vendors, made as an embedding program makes it."""
    from mockserver.contract.examples import ProfileExamples  # noqa: PLC0415 - slow, and not for every part

    return mockserver.create_app(mockserver.Options(examples=ProfileExamples, **options))


def root_file(name: str) -> str:
    """Return the text of a file of this tree."""
    return (ROOT / name).read_text(encoding="utf-8")
