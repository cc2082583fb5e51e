"""The command `mockserver record`: pass calls on to a real server, and write them to files, masked."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import click

from mockserver.cli.errors import termination_as_interrupt
from mockserver.cli.options import (
    CONTEXT_SETTINGS,
    EXIT_FINDINGS,
    EXIT_PORT_TAKEN,
    OUTPUT_FILE,
    argument,
    complete_vendors,
    fail,
    fail_usage,
    option,
    own_option,
    remote_option,
)
from mockserver.cli.output import counted

if TYPE_CHECKING:
    from mockserver.journal.entry import Entry

_URL_VARIABLE = "MOCKSERVER_URL"


@click.command(context_settings={**CONTEXT_SETTINGS, "allow_interspersed_args": True})
@argument("vendor", metavar="VENDOR|FILE", shell_complete=complete_vendors)
@argument("command", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND…]")
@own_option("--target", required=True, metavar="URL", help="Base address of the real server.")
@remote_option("remote_hosts", envvar=None, help="Host that may be called.")
@option(
    "--port", scope="record", default=8080, type=click.IntRange(0, 65535), help="Port; 0 picks a free one."
)
@own_option("--out", default="recording.har", type=OUTPUT_FILE, metavar="FILE", help="HTTP archive to write.")
@own_option("--case", type=OUTPUT_FILE, metavar="FILE", help="Case file to write.")
@own_option("--mask-names", "persons", is_flag=True, help="Mask names of persons, too.")
@own_option("--force", is_flag=True, help="Replace files that exist.")
def record(*, out: Path, case: Path | None, persons: bool, force: bool, **given: Any) -> None:
    """Pass calls on to a real server, and write calls and answers to a HAR file without secrets.

    The recording ends with COMMAND, which gets the address as {url} and as MOCKSERVER_URL, or else with
    Ctrl-C. Credentials, e-mail addresses, phone numbers and IBANs are masked; equal values have equal masks.
    Exit status: 0 calls are recorded, 1 no call was made or COMMAND failed, 2 wrong usage, 5 port taken.

    \b
    mockserver record VENDOR --target https://sandbox.example --allow-remote sandbox.example
    mockserver record openapi.yaml --target http://127.0.0.1:9000 --out calls.har -- ./sync.sh {url}
    """
    for file in filter(None, (out, case)):
        if file.exists() and not force:
            fail_usage(f"{file} exists", str(file), f"--force, which replaces {file}")
    status, entries = _serve(**given)
    if not entries:
        cure = f"the address in {_URL_VARIABLE} as the base address of the client"
        fail("no call was made, so nothing is written", str(out), cure, EXIT_FINDINGS)
    _write(entries, out, case, persons=persons)
    if status:
        what, where = f"COMMAND ended with status {status}", given["command"][0]
        fail(what, where, "a command that succeeds", EXIT_FINDINGS)


def _serve(
    vendor: str, command: Sequence[str], target: str, remote_hosts: tuple[str, ...], port: int
) -> tuple[int, Sequence[Entry]]:
    """Serve until the command or Ctrl-C ends the recording; return the command's status and the calls."""
    from mockserver.cli.drill_run import create_vendor_app
    from mockserver.sandbox.sandboxes import DEFAULT_SANDBOX
    from mockserver.server.forwarding import ForwardRules
    from mockserver.server.listening import PortTakenError
    from mockserver.testing.threaded_server import HOST, run_in_thread

    chosen = {"remote_hosts": remote_hosts, "forward": ForwardRules(target, option="--target")}
    app, status = create_vendor_app(vendor, (), listens_at=((HOST, port),), **chosen), 0
    try:
        with termination_as_interrupt(), run_in_thread(app, port=port) as url, suppress(KeyboardInterrupt):
            click.echo(f"recording at {url}{'' if command else ' until Ctrl-C'}", err=True)
            status = _run(command, url) if command else Event().wait()
    except PortTakenError as error:
        fail(str(error), f"--port {port}", "--port 0", EXIT_PORT_TAKEN)
    return status, list(app.journal.kept.entries(DEFAULT_SANDBOX))


def _run(command: Sequence[str], url: str) -> int:
    words = [word.replace("{url}", url) for word in command]
    try:
        return subprocess.run(words, env={**os.environ, _URL_VARIABLE: url}, check=False).returncode  # noqa: S603
    except OSError as error:
        what = f"the command cannot be started: {error.strerror or error}"
        fail_usage(what, f"-- {' '.join(command)}", "-- COMMAND that runs in this folder")


def _write(entries: Sequence[Entry], out: Path, case: Path | None, *, persons: bool) -> None:
    from mockserver.journal.export.archives import har_archive
    from mockserver.journal.export.recording import WHOLE, mask_entries, recorded_case
    from mockserver.journal.export.story import UnsuitableFormError

    masked = mask_entries(entries, persons=persons)
    try:
        out.write_bytes(har_archive(masked, WHOLE))
        if case:
            case.write_text(recorded_case(masked), encoding="utf-8")
    except (OSError, UnsuitableFormError) as error:
        fail_usage(f"the recording cannot be written: {error}", str(case or out), "another file")
    missing = f", without the first {first - 1:,}" if (first := entries[0].number) > 1 else ""
    click.echo(f"{counted(len(entries), 'call')} written{missing}", err=True)
