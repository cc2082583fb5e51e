"""A run as one page: no script, nothing from elsewhere; every text of others is escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping

from jinja2 import Environment, PackageLoader

from mockserver.contract.report.text import CUT, counted, one_line
from mockserver.model import Json

_LONGEST = 20_000
_LONGEST_PATH = 200
_NUMBER = re.compile(r"\A\d+\. ")


def html_page(document: Json) -> str:
    """Return the page of a run's document (`report.document`)."""
    pages = Environment(loader=PackageLoader(__package__), autoescape=True, trim_blocks=True)
    pages.filters.update(body=_body, cut=_cut, shown=_shown, counted=counted, without_number=_without_number)
    return pages.get_template("report.html").render(document)


def _body(message: Mapping[str, Json]) -> str:
    """Return a body's lines, each fit to be shown; the document has all of a long one."""
    text = str(message.get("body", message.get("base64", "")))
    shown = "\n".join(one_line(one, _LONGEST) for one in text[:_LONGEST].split("\n"))
    left = len(text) - _LONGEST
    return f"{shown}{CUT}\n({left:,} more characters in report.json)" if left > 0 else shown


def _cut(text: str) -> str:
    return one_line(text, _LONGEST_PATH)


def _shown(text: str) -> str:
    return one_line(text, _LONGEST)


def _without_number(step: str) -> str:
    """Return a step of a sequence; the list numbers it."""
    return one_line(_NUMBER.sub("", step), _LONGEST)
