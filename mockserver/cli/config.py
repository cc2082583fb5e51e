"""`mockserver config`: what is set, and where."""

from __future__ import annotations

import json
import os

import click

from mockserver.cli.config_show import settings_of, table_of
from mockserver.cli.options import CONTEXT_SETTINGS, option
from mockserver.cli.settings import current_config


@click.group(context_settings=CONTEXT_SETTINGS)
def config() -> None:
    """Show the settings and where each comes from.

    \b
    Examples:
      mockserver config show
    """  # noqa: D301 - the character, which tells click to leave the lines alone


@config.command(context_settings=CONTEXT_SETTINGS)
@option("--json", "as_json", is_flag=True, help="Print JSON, one list.")
@option("--all", "everything", is_flag=True, help="Show the settings that have their default as well.")
@click.pass_context
def show(context: click.Context, *, as_json: bool, everything: bool) -> None:
    """Print each setting, its value, and where the value comes from: file, environment or default.

    A flag is stronger than the environment, the environment than the file, the file than the default.

    \b
    Examples:
      mockserver config show
      mockserver config show --all --json
    """  # noqa: D301 - the character, which tells click to leave the lines alone
    settings = [
        one for one in settings_of(context, os.environ) if everything or as_json or one.source != "default"
    ]
    if as_json:
        click.echo(json.dumps([one.document() for one in settings], ensure_ascii=False))
        return
    for line in table_of(settings, current_config(context)):
        click.echo(line)
