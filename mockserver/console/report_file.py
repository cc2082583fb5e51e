"""Templates of reports: one HTML file each, in the console's design, which needs no other file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader

from mockserver import __version__
from mockserver.journal.item_values import print_money
from mockserver.journal.ledger import end_words
from mockserver.model import Document, shown_outcomes

_HOME = "mockserver.console"
FILTERS: Mapping[str, Callable[..., Any]] = {
    "number": "{:,}".format,
    "money": lambda one: print_money(one["currency"], one["amount"]),
    "end_words": end_words,
    "shown_outcomes": shown_outcomes,
}
"""Filters that templates of reports and of the console share."""


def report_templates(package: str) -> Environment:
    """Return the templates of a package and of the console; those of the package have precedence."""
    loader = ChoiceLoader([PackageLoader(package), PackageLoader(_HOME)])
    pages = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    stylesheet, icon = (
        files(_HOME).joinpath("static", name).read_text("utf-8") for name in ("base.css", "icon.svg")
    )
    pages.globals.update(version=__version__, stylesheet=stylesheet, icon=icon)
    pages.filters.update(FILTERS)
    return pages


def result_words(counts: Mapping[str, int]) -> str:
    """Return the result of a run in words, such as "3 failed, 60 passed, 7 unmet"."""
    shown = (f"{n} {word}" for word, n in counts.items() if n or word in ("failed", "passed"))
    return ", ".join(shown)


def run_document(command: str, vendor: str, result: str, line: str) -> Document:
    """Return what a report says of its run, for lists of reports; `line` is the whole command line."""
    return {"command": command, "vendor": vendor, "result": result, "line": line}
