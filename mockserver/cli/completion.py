"""`mockserver completion`: the script that makes a shell complete our words."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from mockserver.cli.options import CONTEXT_SETTINGS, argument

_PROGRAM = "mockserver"
_VARIABLE = "_MOCKSERVER_COMPLETE"
SHELLS = ("bash", "zsh", "fish")


@click.command(context_settings=CONTEXT_SETTINGS)
@argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that makes a shell complete commands, options and values with TAB.

    \b
    Examples:
      mockserver completion bash >> ~/.bashrc
      mockserver completion zsh >> ~/.zshrc
      mockserver completion fish > ~/.config/fish/completions/mockserver.fish
    """  # noqa: D301 - the character, which tells click to leave the lines alone
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"Click knows no shell {shell}", context)
    script = kind(context.find_root().command, {}, _PROGRAM, _VARIABLE)
    click.echo(script.source_template % script.source_vars())
