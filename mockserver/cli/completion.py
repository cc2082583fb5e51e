"""The command `mockserver completion`: print the script with which a shell completes our commands."""

from __future__ import annotations

import json

import click
from click.shell_completion import get_completion_class

from mockserver.cli.options import CONTEXT_SETTINGS, argument, option

_PROGRAM = "mockserver"
_VARIABLE = "_MOCKSERVER_COMPLETE"
SHELLS = ("bash", "zsh", "fish")


@click.command(context_settings=CONTEXT_SETTINGS)
@argument("shell", type=click.Choice(SHELLS))
@option("--json", "as_json", is_flag=True, help="Print JSON with the script as a text.")
@click.pass_context
def completion(context: click.Context, shell: str, *, as_json: bool) -> None:
    """Print the script that makes a shell complete commands, options and values with TAB.

    \b
    mockserver completion bash >> ~/.bashrc
    mockserver completion zsh >> ~/.zshrc
    mockserver completion fish > ~/.config/fish/completions/mockserver.fish
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"Click knows no shell {shell}", context)
    made = kind(context.find_root().command, {}, _PROGRAM, _VARIABLE)
    script = made.source_template % made.source_vars()
    click.echo(json.dumps({"shell": shell, "script": script}) if as_json else script)
