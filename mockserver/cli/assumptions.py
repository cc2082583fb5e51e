"""The commands `mockserver assumptions …`: list and set assumptions on what vendors' documents leave open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click
from click.core import ParameterSource

from mockserver.cli.errors import check_vendors
from mockserver.cli.options import (
    CONTEXT_SETTINGS,
    assumption_values_of,
    complete_assumptions,
    fail_usage,
    nearest,
    option,
    shown,
    vendors_option,
)
from mockserver.cli.output import write_json
from mockserver.cli.server import (
    ServerOptions,
    connected,
    create_missing_sandbox,
    server_options,
    write_result,
)
from mockserver.cli.settings import command_words, flag_of

_GAP = "  "
_NARROWEST = 24
_WIDEST_VALUE = 24
_MARK = "*"


@click.group(context_settings=CONTEXT_SETTINGS, invoke_without_command=True)
@vendors_option(help="Only assumptions of this vendor; may be repeated.")
@option(
    "--search",
    default="",
    metavar="TEXT",
    help="Only assumptions with this text in id, values, meaning or source.",
)
@option("--url", metavar="URL", help="Show the values that are set on this running server.")
@option("-s", "--sandbox", default="default", metavar="NAME", help="Sandbox of that server.")
@option("--control-token", default="", metavar="TOKEN", help="Token that `run --control-token` requires.")
@option("--json", "as_json", is_flag=True, help="Print JSON, one list.")
@option("-v", "--verbose", is_flag=True, help="Show the whole meaning and the document with the gap.")
@click.pass_context
def assumptions(  # noqa: PLR0913 - click hands over one argument an option
    context: click.Context,
    /,
    *,
    vendors: tuple[str, ...],
    search: str,
    url: str | None,
    sandbox: str,
    control_token: str,
    as_json: bool,
    verbose: bool,
) -> None:
    """List what the vendors' documents leave open: each assumption, its default and its other values.

    Set an assumption with `mockserver run --assume ID=VALUE` or, on a running server, with the command `set`.
    With --url, show the values on a running server, and mark with * each value that differs from the default.

    \b
    mockserver assumptions --vendor VENDOR
    mockserver assumptions --search idempotency -v
    mockserver assumptions --url http://127.0.0.1:8080 --sandbox default
    mockserver assumptions set VENDOR.duplicate_members refused -s acme
    """
    if context.invoked_subcommand:
        _refuse_options(context, context.invoked_subcommand)
        return
    check_vendors(context)
    server = None if url is None else ServerOptions(url, sandbox, token=control_token)
    found = find_assumptions(vendors, search, server)
    if as_json:
        write_json(found)
    else:
        click.echo("\n".join(rendered(found, verbose=verbose, on_server=server is not None)))


def _complete_values(context: click.Context, _param: click.Parameter, begun: str) -> list[str]:
    return [one for one in assumption_values_of(context.params["name"]) if one.startswith(begun)]


@assumptions.command("set", context_settings=CONTEXT_SETTINGS)
@click.argument("name", shell_complete=complete_assumptions)
@click.argument("value", required=False, shell_complete=_complete_values)
@server_options
def set_one(*, server: ServerOptions, name: str, value: str | None) -> None:
    """Set an assumption in a sandbox of a running server; omit VALUE to restore the default.

    The sandbox is created if it does not exist.

    \b
    mockserver assumptions set VENDOR.duplicate_members refused -s acme
    mockserver assumptions set VENDOR.duplicate_members
    """
    with connected(server) as control:
        create_missing_sandbox(control)
        (found,) = control.here("PATCH", "/assumptions", {name: value})
    write_result(
        server, found, [f"{name}  {_marked(found)}  default {found['default']}  or {_others(found)}"]
    )


def _refuse_options(context: click.Context, command: str) -> None:
    """If an option of the group precedes `command`, which ignores such options, end with exit 2."""
    for param in context.command.params:
        if context.get_parameter_source(param.name or "") is ParameterSource.COMMANDLINE:
            words, flag = f"{command_words(context)} {command}", flag_of(param)
            fail_usage(f"{flag} stands before {command}", flag, f"{words} NAME VALUE, and options after it")


def find_assumptions(
    vendors: tuple[str, ...], search: str, server: ServerOptions | None
) -> list[dict[str, Any]]:
    """Return the matching assumptions as the control plane lists them; without `server`, values are defaults.

    End with exit 2 if no assumption matches, 3 if no server answers, 4 if the server refuses.
    """
    from mockserver.engine.registry import discover_vendors, list_assumptions

    if server is None:
        listed: list[Any] = list_assumptions(discover_vendors(only=vendors))
    else:
        with connected(server) as control:
            listed = control.here("GET", "/assumptions")
    found = [
        one
        for one in listed
        for texts in [(one["id"], one["default"], *one["alternatives"], one["meaning"], one["source"])]
        if (not vendors or one["id"].partition(".")[0] in vendors)
        and search.casefold() in " ".join(texts).casefold()
    ]
    if not found:
        words = {word for one in listed for word in one["id"].replace(".", "_").split("_")}
        near = nearest(search, words)
        cure = f"mockserver assumptions --search {near}" if near else "mockserver assumptions"
        text = shown(search)
        fail_usage(f"no assumption has the text {text}", f"--search {text}", cure)
    return found


def rendered(found: Sequence[dict[str, Any]], *, verbose: bool, on_server: bool) -> Iterator[str]:
    """Yield the lines of the list: paragraphs if `verbose` or the terminal is narrow, otherwise a table."""
    import shutil

    columns = shutil.get_terminal_size((100, 24)).columns
    rows = _rows(found, on_server=on_server)
    widths = [max(len(row[0]) for row in rows)]
    widths += [min(max(len(row[i]) for row in rows), _WIDEST_VALUE) for i in range(1, len(rows[0]) - 1)]
    last = columns - sum(widths) - len(_GAP) * len(widths)
    if verbose or last < _NARROWEST:
        for one in found:
            yield from _paragraph(one, columns, verbose=verbose, on_server=on_server)
    else:
        yield from _table(rows, [*widths, last])


def _rows(found: Sequence[dict[str, Any]], *, on_server: bool) -> list[list[str]]:
    rows = [["assumption", "value", "default", "or", "what it decides"]]
    rows += [[one["id"], _marked(one), one["default"], _others(one), one["meaning"]] for one in found]
    return rows if on_server else [[first, *rest] for first, _, *rest in rows]


def _table(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> Iterator[str]:
    import textwrap

    for row in rows:
        cells = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, widths, strict=True)]
        for line in range(max(map(len, cells))):
            parts = [cell[line] if line < len(cell) else "" for cell in cells]
            padded = [part.ljust(width) for part, width in zip(parts, widths, strict=True)]
            yield _GAP.join(padded).rstrip()


def _paragraph(one: dict[str, Any], columns: int, *, verbose: bool, on_server: bool) -> Iterator[str]:
    import textwrap

    now = f"{_GAP}now {_marked(one)}" if on_server else ""
    head = f"{one['id']}{now}{_GAP}default {one['default']}{_GAP}or {_others(one)}"
    indent = " " * 4
    yield from textwrap.wrap(head, columns, subsequent_indent=indent)
    texts = (one["meaning"], f"source: {one['source']}") if verbose else (one["meaning"],)
    for text in texts:
        yield from textwrap.wrap(text, columns, initial_indent=indent, subsequent_indent=indent)


def _marked(one: dict[str, Any]) -> str:
    return f"{one['value']}{'' if one['value'] == one['default'] else _MARK}"


def _others(one: dict[str, Any]) -> str:
    examples = ", ".join(one["alternatives"])
    return f"{examples} …" if one["pattern"] else examples
