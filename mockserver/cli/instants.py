"""Instants as values of options and arguments."""

from __future__ import annotations

import click

from mockserver.cli.outcome_lines import shorten
from mockserver.codec.instants import parse_instant, print_instant


def instant_text(_context: click.Context, _parameter: click.Parameter, text: str) -> str:
    """Return the instant in UTC; "" stays "".

    Raises:
        BadParameter: the text is not an instant.
    """
    try:
        return print_instant(parse_instant(text)) if text else ""
    except ValueError:
        raise click.BadParameter(f"{shorten(text)} is not an instant; write 2026-01-05T09:00:00Z") from None
