"""The command `mockserver docs`: list and search the pages of the documentation, without a server."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from shutil import get_terminal_size

import click
from msgspec.structs import asdict

from mockserver.cli.options import CONTEXT_SETTINGS, argument, fail_usage, option, shown
from mockserver.cli.output import write_json, write_lines

_MOST_SHOWN = 6


@click.command(context_settings=CONTEXT_SETTINGS)
@argument("words", nargs=-1, metavar="[WORDS]...")
@option("--json", "as_json", is_flag=True, help="Print JSON, one list.")
def docs(words: tuple[str, ...], *, as_json: bool) -> None:
    """Search the documentation, and list the best sections first; without WORDS, list the pages.

    A section is found if it has at least one of the words, in any form, or a synonym of the word. A running
    server shows the pages at /_console/docs/.

    \b
    mockserver docs
    mockserver docs keep data after restart
    mockserver docs --json rate limit
    """
    from mockserver.console.documentation import DocumentationPages
    from mockserver.console.search import Passage

    pages, text = DocumentationPages(), " ".join(words)
    listed = (
        Passage(one["title"], link["title"], link["address"], "")
        for one in pages.chapters
        for link in one["pages"]
    )
    found = pages.index.find(text) if words else tuple(listed)
    if not found:
        fail_usage(f"no page has a word of {shown(text)}", shown(text), "mockserver docs")
    documents = [{**asdict(one), "file": str(pages.file(one.address))} for one in found]
    if as_json:
        write_json(documents)
    else:
        write_lines(line for one in documents[: _MOST_SHOWN if words else None] for line in _lines(one))


def _lines(one: Mapping[str, str]) -> Iterator[str]:
    yield f"{click.style(': '.join(dict.fromkeys((one['title'], one['heading']))), bold=True)}  {one['file']}"
    width, indent = get_terminal_size((100, 24)).columns, " " * 4
    yield from textwrap.wrap(one["text"], width, initial_indent=indent, subsequent_indent=indent)
