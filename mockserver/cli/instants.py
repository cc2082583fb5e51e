"""Instants as values of options and arguments."""

from __future__ import annotations

import click

from mockserver.cli.failure.suggestions import shown
from mockserver.cli.options import InvalidValueError

_EXAMPLE = "2026-01-05T09:00:00Z"


def instant_text(_context: click.Context, _parameter: click.Parameter, text: str | None) -> str | None:
    """Return the instant in UTC; no text stays as it is.

    Raises:
        InvalidValueError: the text is not an instant.
    """
    if not text:
        return text
    from mockserver.codec.instants import parse_instant, print_instant  # noqa: PLC0415 - slow for help

    try:
        return print_instant(parse_instant(text))
    except ValueError:
        what = f"expected a time such as {_EXAMPLE}, found {shown(text)}"
        raise InvalidValueError(what, text, _EXAMPLE) from None
