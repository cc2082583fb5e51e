"""The command `mockserver vendors`: list the vendors that can be served, without a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from mockserver.cli.errors import fail_to_load
from mockserver.cli.options import CONTEXT_SETTINGS, option, specs_option
from mockserver.cli.output import table_lines, write_json, write_lines


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
    from mockserver.engine.registry import discover_vendors
    from mockserver.errors import MockServerError

    try:
        found = discover_vendors(specs)
    except MockServerError as error:
        fail_to_load(error, context)
    documents: list[dict[str, Any]] = [
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
    if as_json:
        write_json(documents)
        return
    rows = [
        (
            document["path"],
            str(len(document["operations"])),
            str(len(document["assumptions"])),
            ", ".join(document["batches"]) or "-",
        )
        for document in documents
    ]
    write_lines(table_lines([("path", "operations", "assumptions", "batch operations"), *rows], right=(1, 2)))
