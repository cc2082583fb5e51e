"""The generated part of the catalogue's page: every row of it under a heading of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mockserver.control.cases.catalogue import CatalogueRow, rows


def describe() -> str:
    """Return the generated part of the page."""
    return "\n\n".join(_sections(rows().values()))


def _sections(found: Iterable[CatalogueRow]) -> Iterator[str]:
    section = ""
    for row in found:
        if row.section != section:
            section = row.section
            yield f"## {section.replace('-', ' ').capitalize()}"
        yield _row(row)


def _row(row: CatalogueRow) -> str:
    labels = ", ".join(f"`{source}`" for source in row.source)
    return (
        f"### {row.id}\n\n"
        f"- What happens: {row.trigger}\n"
        f"- What is expected: {row.expected}\n"
        f"- What is checked: {row.check}\n"
        f"- Rests on: {labels}"
    )
