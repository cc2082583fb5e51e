"""`mockserver doctor`: what may keep things from working here."""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterator, Sequence

import click

from mockserver import __version__
from mockserver.cli.doctor_checks import FAIL, WARN, Diagnosis, diagnose
from mockserver.cli.options import CONTEXT_SETTINGS, EXIT_FINDINGS, option

_COLORS = {WARN: "yellow", FAIL: "red"}


@click.command(context_settings=CONTEXT_SETTINGS)
@option("--json", "as_json", is_flag=True, help="Print JSON, one list.")
@option("--markdown", is_flag=True, help="Print a table to paste into an issue.")
@click.pass_context
def doctor(context: click.Context, /, *, as_json: bool, markdown: bool) -> None:
    """Check this machine: Python, port, proxies, extras, settings, specs, and the server if one is named.

    Exit status: 0 nothing that fails (warnings are told), 1 something that fails.

    \b
    Examples:
      mockserver doctor
      mockserver doctor --markdown
    """  # noqa: D301 - the character, which tells click to leave the lines alone
    found = list(diagnose(context))
    if as_json:
        import json  # noqa: PLC0415 - slow for help

        click.echo(json.dumps([one.document() for one in found], ensure_ascii=False))
    else:
        for line in _markdown(found) if markdown else _lines(found):
            click.echo(line)
    if any(one.state == FAIL for one in found):
        raise SystemExit(EXIT_FINDINGS)


def _lines(found: Sequence[Diagnosis]) -> Iterator[str]:
    for one in found:
        yield f"{click.style(one.state.ljust(4), fg=_COLORS.get(one.state))}  {one.subject}: {one.what}"
        if one.cure:
            yield f"      try: {one.cure}"


def _markdown(found: Sequence[Diagnosis]) -> Iterator[str]:
    yield f"mockserver {__version__}, Python {platform.python_version()}, {sys.platform}"
    yield ""
    yield "| | check | found | try |"
    yield "|---|---|---|---|"
    for one in found:
        cells = [one.state, one.subject, one.what, f"`{one.cure}`" if one.cure else ""]
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
