"""The command `mockserver vendors`: list the vendors that can be served, without a server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from mockserver.cli.errors import fail_to_load
from mockserver.cli.options import CONTEXT_SETTINGS, option, specs_option


@click.command(context_settings=CONTEXT_SETTINGS)
@specs_option
@option("--json", "as_json", is_flag=True, help="Print JSON, one list.")
@click.pass_context
def vendors(context: click.Context, /, *, specs: tuple[Path, ...], as_json: bool) -> None:
    """List the vendors that can be served: path, operations, batch operations and assumptions.

    \b
    mockserver vendors
    mockserver vendors --json
    """
    from mockserver.codec import json
    from mockserver.engine.registry import discover_vendors
    from mockserver.errors import MockServerError

    try:
        found = discover_vendors(specs)
    except MockServerError as error:
        fail_to_load(error, context)
    documents = [
        {
            "name": vendor.name,
            "title": vendor.spec.document["info"]["title"],
            "path": f"/{vendor.name}",
            "operations": list(vendor.spec.operations),
            "batches": [operation.id for operation in vendor.spec.operations.values() if operation.batch],
            "assumptions": [f"{vendor.name}.{one.name}" for one in vendor.all_assumptions],
        }
        for vendor in found
    ]
    click.echo(json.encode(documents).decode() if as_json else "\n".join(_table(documents)))


def _table(documents: Sequence[dict[str, Any]]) -> Iterator[str]:
    rows = [("path", "operations", "assumptions", "batch operations")]
    rows += [
        (
            document["path"],
            str(len(document["operations"])),
            str(len(document["assumptions"])),
            ", ".join(document["batches"]) or "-",
        )
        for document in documents
    ]
    first = max(len(row[0]) for row in rows)
    for path, operations, assumptions, batches in rows:
        yield f"{path.ljust(first)}  {operations.rjust(10)}  {assumptions.rjust(11)}  {batches}"
