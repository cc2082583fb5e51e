"""Rows of the catalogue as lines, JSON and pages of text; find a row, or say which is near."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import click

from mockserver.cli.options import EXIT_REFUSED, EXIT_USAGE, fail
from mockserver.codec import json
from mockserver.control.cases.catalogue import (
    CatalogueCase,
    CatalogueRow,
    case_document,
    row_document,
    rows,
    vendor_cases,
)
from mockserver.engine.registry import vendor_packages
from mockserver.journal.export.case_file import render_case

_NEAR = 3


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Which rows to list; "" matches all. `search` are words that a row must contain, in any order."""

    vendor: str = ""
    section: str = ""
    source: str = ""
    search: str = ""

    def rows(self) -> Iterator[CatalogueRow]:
        """Yield the rows that match, by number."""
        for row in rows().values():
            if (
                self.section in ("", row.section)
                and self.source in ("", *row.source)
                and row.contains(self.search)
                and (not self.vendor or cases_of(row, self.vendor))
            ):
                yield row


def print_rows(wanted: RowFilter, *, as_json: bool) -> None:
    """Print the rows that match."""
    if wanted.vendor:
        check_vendor(wanted.vendor)
    _check_section(wanted.section)
    found = list(wanted.rows())
    if as_json:
        click.echo(json.encode([row_document(row, vendors_of(row)) for row in found]).decode())
        return
    for row in found:
        sources = ",".join(row.source)
        click.echo(f"{row.id:<34}{row.section:<16}{sources:<16}{row.trigger}")
    if not found:
        click.echo("no row matches; mockserver cases list shows all", err=True)


def print_row(case: str, vendor: str, *, as_json: bool) -> None:
    """Print a row and its cases."""
    row, entries = find_entries(case, vendor)
    if as_json:
        cases = [case_document(entry.case) for entry in entries]
        click.echo(json.encode({**row_document(row, vendors_of(row)), "cases": cases}).decode())
        return
    lines = [
        f"{row.id}  {row.section}",
        f"when      {row.trigger}",
        f"expected  {row.expected}",
        f"check     {row.check}",
        f"source    {', '.join(row.source)}",
        f"vendors   {', '.join(vendors_of(row)) or 'none'}",
    ]
    click.echo("\n".join(lines))
    for entry in entries:
        differs = f"# {entry.differs}\n" if entry.differs else ""
        click.echo(f"\n{differs}{render_case(case_document(entry.case))}", nl=False)


def find_entries(case: str, vendor: str) -> tuple[CatalogueRow, Sequence[CatalogueCase]]:
    """Return a row by id, number or name, and its cases; fail if there is none."""
    if vendor:
        check_vendor(vendor)
    row = next((row for row in rows().values() if case in (row.id, str(row.row), row.name)), None)
    if row is None:
        words = [word for one in rows().values() for word in (one.id, one.name)]
        near = get_close_matches(case, words, _NEAR)
        cure = f"mockserver cases show {near[0]}" if near else "mockserver cases list"
        also = f"; near are {', '.join(near)}" if near else ""
        fail(f"no case {case}{also}", "the catalogue of cases", cure, EXIT_REFUSED)
    entries = [entry for name in ([vendor] if vendor else vendor_packages()) for entry in cases_of(row, name)]
    if not entries:
        has = ", ".join(vendors_of(row)) or "no vendor"
        fail(f"{row.id} has no case for {vendor}", f"--vendor {vendor}", f"one of {has}", EXIT_REFUSED)
    return row, entries


def check_vendor(vendor: str) -> None:
    """Fail unless there is a vendor of this name."""
    names = vendor_packages()
    if vendor not in names:
        near = get_close_matches(vendor.lower(), names, 1)
        cure = f"--vendor {near[0]}" if near else f"one of {', '.join(names)}"
        fail(
            f"no vendor named {vendor}; there are {', '.join(names)}", f"--vendor {vendor}", cure, EXIT_USAGE
        )


def _check_section(section: str) -> None:
    names = list(dict.fromkeys(row.section for row in rows().values()))
    if section and section not in names:
        near = get_close_matches(section, names, 1)
        cure = f"--tag {near[0]}" if near else f"one of {', '.join(names)}"
        fail(f"no section {section}; there are {', '.join(names)}", f"--tag {section}", cure, EXIT_USAGE)


def vendors_of(row: CatalogueRow) -> list[str]:
    """Return the vendors that have a case for the row."""
    return [name for name in vendor_packages() if cases_of(row, name)]


def cases_of(row: CatalogueRow, vendor: str) -> list[CatalogueCase]:
    """Return the vendor's cases for the row."""
    return [entry for entry in vendor_cases(vendor) if entry.row.row == row.row]
