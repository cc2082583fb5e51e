"""The command `mockserver send`: one batch to a vendor, and what became of each item."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import click

from mockserver.cli.options import CONTEXT_SETTINGS
from mockserver.cli.server import (
    ServerOptions,
    complete_batches,
    complete_cases,
    complete_vendors,
    header_option,
    own_option,
    server_options,
)


@dataclass(frozen=True, slots=True)
class SendOptions:
    """What to send, and how to show it.

    `source` is a file, `-`, a case of the catalogue, or "" for an example; `bad` and `first` are None where
    the command chooses; `key` is an idempotency key; `to` is another address of the vendor.
    """

    vendor: str
    source: str
    operation: str
    items: int
    bad: int | None
    first: int | None
    key: str
    headers: Mapping[str, str]
    repeat: int
    to: str
    curl: bool
    dry_run: bool
    quiet: bool


@click.command(context_settings=CONTEXT_SETTINGS)
@click.argument("vendor", shell_complete=complete_vendors)
@click.argument("source", metavar="[FILE|-|CASE]", default="", shell_complete=complete_cases)
@own_option("--operation", default="", shell_complete=complete_batches, help="Batch operation.")
@own_option(
    "--items", default=3, type=click.IntRange(1, 10_000), show_default=True, help="Items of the example."
)
@own_option("--bad", type=click.IntRange(0, 10_000), help="Items that are to be rejected.  [default: 1]")
@own_option("--first", type=click.IntRange(0), help="Number of the first item.  [default: one not used yet]")
@own_option("--key", default="", help="Idempotency key.")
@header_option
@own_option("--repeat", default=1, type=click.IntRange(1, 1000), help="Send the same bytes so many times.")
@own_option("--to", default="", metavar="URL", help="Address of the vendor, instead of the server's.")
@own_option("--curl", is_flag=True, help="Print a curl command instead of sending.")
@own_option("--dry-run", is_flag=True, help="Print the request instead of sending.")
@own_option("-q", "--quiet", is_flag=True, help="Print only the keys of stored items, on one line.")
@server_options
def send(*, server: ServerOptions, **chosen: Any) -> None:
    """Send a batch to VENDOR and print what became of each item: an example, a FILE, or a case.

    The example has accepted and rejected items. A case of the catalogue runs in the sandbox and is checked.

    \b
    mockserver send VENDOR
    mockserver send VENDOR --items 5 --bad 2 --curl
    mockserver send VENDOR batch.json --repeat 2
    """  # noqa: D301 - the character, which tells click to leave the lines alone
    from mockserver.cli.remote import send_run  # noqa: PLC0415 - slow for help

    send_run.send(server, SendOptions(**chosen))
