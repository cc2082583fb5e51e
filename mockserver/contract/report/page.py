"""A run as one HTML page without scripts or outside hosts; every text of others is escaped."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from jinja2 import Environment, PackageLoader

from mockserver.contract.catalogue import all_checks
from mockserver.contract.report.strip import SIDE, Strip, make_strip
from mockserver.contract.report.text import CUT, counted, one_line
from mockserver.model import Json

_LONGEST = 20_000
_LONGEST_PATH = 200
_LONGEST_KEY = 80
_NUMBER = re.compile(r"\A\d+\. ")
_NO_ANCHOR = re.compile(r"[^A-Za-z0-9_-]+")


def html_page(document: Json) -> str:
    """Return the page of a run's document (`report_document`)."""
    pages = Environment(loader=PackageLoader(__package__), autoescape=True, trim_blocks=True)
    pages.filters.update(
        anchor=_anchor,
        body=_body,
        cells=_cells,
        columns=_columns,
        counted=counted,
        cut=_cut,
        has_strips=_has_strips,
        shown=_shown,
        strip=_strip,
        without_number=_without_number,
    )
    return pages.get_template("report.html").render(document, side=SIDE)


def _columns(operations: Sequence[Json]) -> list[Json]:
    """Return the checks that were made at any of the operations, in the order of the catalogue."""
    made = {row["check"]: row for operation in operations for row in operation["checks"]}
    order = {name: place for place, name in enumerate(all_checks())}
    return sorted(made.values(), key=lambda row: (order.get(row["check"], len(order)), row["check"]))


def _cells(operation: Json, columns: Sequence[Json]) -> list[Json]:
    """Return the rows of an operation, one for each column; None for a check that was not made there."""
    made = {row["check"]: row for row in operation["checks"]}
    return [made.get(column["check"]) for column in columns]


def _has_strips(vendor: Json) -> bool:
    """Return whether any call of a failure is a batch."""
    rows = [row for operation in vendor["operations"] for row in operation["checks"] if "finding" in row]
    return any(call["items"] for row in rows for call in row["finding"]["exchanges"])


def _anchor(name: str, vendor: str) -> str:
    return _NO_ANCHOR.sub("-", f"{vendor}-{name}")


def _strip(items: Sequence[Mapping[str, str]]) -> Strip:
    return make_strip([{**one, "key": one_line(one["key"], _LONGEST_KEY)} for one in items])


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
