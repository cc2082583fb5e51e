"""`mockserver assumptions`: a table of what the vendors' documents leave open."""

from __future__ import annotations

import click

from mockserver.cli.errors import check_vendors
from mockserver.cli.options import CONTEXT_SETTINGS, complete_vendors, option


@click.command(context_settings=CONTEXT_SETTINGS)
@option(
    "--vendor",
    "vendors",
    multiple=True,
    metavar="VENDOR",
    shell_complete=complete_vendors,
    help="Only this vendor's; may be repeated.",
)
@option(
    "--search", default="", metavar="TEXT", help="Only those with this text in id, values, meaning or source."
)
@option("--url", metavar="URL", help="Show what is set on this running server.")
@option("-s", "--sandbox", default="default", metavar="NAME", help="Sandbox of that server.")
@option("--control-token", default="", metavar="TOKEN", help="Token that `run --control-token` requires.")
@option("--json", "as_json", is_flag=True, help="Print JSON, one list.")
@option("-v", "--verbose", is_flag=True, help="Show the whole meaning, and where the gap is described.")
@click.pass_context
def assumptions(  # noqa: PLR0913 - click hands over one argument an option
    context: click.Context,
    *,
    vendors: tuple[str, ...],
    search: str,
    url: str | None,
    sandbox: str,
    control_token: str,
    as_json: bool,
    verbose: bool,
) -> None:
    """List what the vendors' documents leave open: each assumption, its default and its other values.

    Set one with `mockserver run --assume ID=VALUE`. With --url the values of a running server are shown, and
    those that differ from the default are marked with *.

    \b
    Examples:
      mockserver assumptions --vendor VENDOR
      mockserver assumptions --search idempotency -v
      mockserver assumptions --url http://127.0.0.1:8080 --sandbox default
    """  # noqa: D301 - the character, which tells click to leave the lines alone
    check_vendors(context)
    from mockserver.cli import assumptions_table  # noqa: PLC0415 - loads the vendors

    wanted = assumptions_table.Wanted(vendors, search, url, sandbox, control_token)
    found = assumptions_table.find_assumptions(wanted)
    shape = assumptions_table.Shape(as_json=as_json, verbose=verbose, on_server=url is not None)
    click.echo("\n".join(assumptions_table.rendered(found, shape)))
