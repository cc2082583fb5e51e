"""Start a server by its command, which may be in another environment, and stop the server."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from tempfile import TemporaryFile
from threading import Thread
from typing import IO

COMMAND_VARIABLE = "MOCKSERVER_COMMAND"
DEFAULT_COMMAND = "mockserver"
START_S = 120
"""Maximum number of seconds until a started server listens; `uvx` may first have to install the server."""

_STOP_S = 10
_MAX_OUTPUT = 2000
_PREFIX = "MOCKSERVER_"

_REMEDIES = """
  try: pytest --mockserver-command=/path/to/bin/mockserver   (or MOCKSERVER_COMMAND, or the ini file)
   or: pytest --mockserver-url=http://127.0.0.1:8080         (or MOCKSERVER_URL), for a server that runs"""
NO_SERVER = (
    f"no mockserver is installed in this environment, and no command is named that starts one{_REMEDIES}"
)


class ServerNotStartedError(Exception):
    """No server could be started. The text has the reason and what to do."""


def find_command(given: str) -> str:
    """Return `given`, else the value of MOCKSERVER_COMMAND, else `mockserver` if it is on PATH.

    Raises ServerNotStartedError: there is no command.
    """
    named = given or os.environ.get(COMMAND_VARIABLE, "")
    if named:
        return named
    if shutil.which(DEFAULT_COMMAND):
        return DEFAULT_COMMAND
    raise ServerNotStartedError(NO_SERVER)


@contextmanager
def run_command(command: str, options: Sequence[str]) -> Iterator[str]:
    """Run `<command> run <options>` on a free port during the context, and yield the server's URL.

    Raises ServerNotStartedError: the command cannot be run, or did not listen within `START_S` seconds.
    """
    words = [*_split(command), "run", "--port", "0", "--print-url", "--log", "off", *options]
    with TemporaryFile() as errors, _started(words, errors) as process:
        url = _first_line(process)
        if not url.startswith("http"):
            raise ServerNotStartedError(_describe_failure(words, process, url, errors))
        yield url.strip().rstrip("/")


def _split(command: str) -> list[str]:
    if os.name == "posix":
        return shlex.split(command)
    return [word.strip('"') for word in shlex.split(command, posix=False)]


@contextmanager
def _started(words: Sequence[str], errors: IO[bytes]) -> Iterator[subprocess.Popen[str]]:
    # Variables MOCKSERVER_… are options that the user set for other servers.
    environment = {name: text for name, text in os.environ.items() if not name.startswith(_PREFIX)}
    try:
        process = subprocess.Popen(  # noqa: S603 - the user's own command
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment,
            # Ctrl-C must not stop the server: the tests still read the journal.
            start_new_session=True,
        )
    except OSError as error:
        raise ServerNotStartedError(
            f"the command {words[0]} cannot be started: {error.strerror or error}{_REMEDIES}"
        ) from None
    try:
        yield process
    finally:
        _stop(process)


def _first_line(process: subprocess.Popen[str]) -> str:
    """Return the first line on stdout, or "" if there is none within `START_S` seconds."""
    lines: list[str] = []
    if process.stdout is None:
        return ""
    reader = Thread(target=lambda: lines.append(process.stdout.readline()), daemon=True)  # type: ignore[union-attr]
    reader.start()
    reader.join(START_S)
    return lines[0] if lines else ""


def _describe_failure(
    words: Sequence[str], process: subprocess.Popen[str], line: str, errors: IO[bytes]
) -> str:
    try:
        ended = f"ended with status {process.wait(0 if line else 1)}"
    except subprocess.TimeoutExpired:
        ended = f"printed {line.strip()!r}" if line else f"did not listen within {START_S} s"
    errors.seek(0)
    message = errors.read().decode(errors="replace").strip()[-_MAX_OUTPUT:]
    return "\n".join((f"{shlex.join(words)} {ended} and no address", *([message] if message else [])))


def _stop(process: subprocess.Popen[str]) -> None:
    _signal(process, signal.SIGTERM)
    try:
        process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        _signal(process, getattr(signal, "SIGKILL", signal.SIGTERM))
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _signal(process: subprocess.Popen[str], number: int) -> None:
    """Send a signal to the process and, on POSIX, to its children: `uvx` starts the server as a child."""
    with suppress(ProcessLookupError):
        if os.name == "posix":
            os.killpg(process.pid, number)
        else:
            process.terminate()
