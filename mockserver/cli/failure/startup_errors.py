"""What keeps `run` from starting, with the line that mends it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

import click

from mockserver.cli.failure.places import command_words, flag_of, place_of_option
from mockserver.cli.failure.suggestions import choices, nearest, shown
from mockserver.cli.failure.usage_errors import Message
from mockserver.cli.help.known_names import vendor_names
from mockserver.cli.options import EXIT_USAGE, fail
from mockserver.cli.settings.config_file import shown_path


def check_vendors(context: click.Context) -> None:
    """Exit with status 2 unless `--vendor` and `--at-root` name vendors that are there."""
    given, known = context.params, vendor_names(context.params.get("specs") or ())
    check_names(context, "vendors", "vendor", given.get("vendors") or (), known)
    served = given.get("vendors") or known
    check_names(
        context, "at_root", "served vendor", [given["at_root"]] if given.get("at_root") else [], served
    )


def check_names(
    context: click.Context, param_name: str, kind: str, given: Iterable[str], known: Iterable[str]
) -> None:
    """Exit with status 2 at the first name that is not known, with the nearest one or all of them."""
    there = list(known)
    for name in given:
        if name in there:
            continue
        param = next(one for one in context.command.params if one.name == param_name)
        near = nearest(name, there) or (there[0] if there else "NAME")
        said = f"{command_words(context)} "
        said += near if isinstance(param, click.Argument) else f"{flag_of(param)} {near}"
        what = f"no {kind} named {shown(name)}; there {'is' if len(there) == 1 else 'are'} {choices(there)}"
        fail(what, place_of_option(context, param_name, name), said, EXIT_USAGE)


def startup_message(error: Exception, context: click.Context) -> Message:
    """Return what to tell of an error that keeps the server from starting."""
    from mockserver.engine.registry import InvalidAssumptionError  # noqa: PLC0415 - slow, and loaded by now
    from mockserver.errors import SpecError, StoreUnavailableError  # noqa: PLC0415
    from mockserver.server.listening import AddressError  # noqa: PLC0415 - as above
    from mockserver.server.startup_error import StartupError  # noqa: PLC0415 - as above

    if isinstance(error, StartupError):
        return Message(str(error), error.where, error.cure)
    if isinstance(error, InvalidAssumptionError):
        return _bad_assumption(error, error.assumption, context)
    if isinstance(error, StoreUnavailableError):
        return Message(str(error), "--store", "redis-cli -u redis://localhost:6379 ping")
    if isinstance(error, AddressError):
        return _bad_address(error, context)
    if isinstance(error, SpecError) and (message := _bad_spec(error, context)):
        return message
    return Message(str(error), command_words(context), "mockserver doctor")


def fail_to_load(error: Exception, context: click.Context) -> NoReturn:
    """Exit with status 2 because the vendors cannot be loaded."""
    message = startup_message(error, context)
    fail(message.what, message.where, message.cure, EXIT_USAGE)


def _bad_spec(error: Exception, context: click.Context) -> Message | None:
    """Return the first problem of the spec that the error names, and how to see the others."""
    from mockserver.cli.spec_files.check import find_problems  # noqa: PLC0415 - only where a spec is wrong
    from mockserver.spec.folder import spec_files_in  # noqa: PLC0415 - as above
    from mockserver.spec.loading import MALFORMED  # noqa: PLC0415 - as above

    said = str(error)
    folders = context.params.get("specs") or ()
    named = [
        file
        for folder in folders
        for file in spec_files_in(folder)
        if said.startswith((f"{file.stem}:", f"{file.name}:"))
    ]
    for file in named:
        problems = find_problems(file, schema=False)
        check = f"mockserver spec check {shown_path(file)}"
        first = next((one for one in problems if one.what in said), problems[0] if problems else None)
        if first is None:
            return Message(said, shown_path(file), check)
        others = f" (and {len(problems) - 1:,} more: {check})" if problems[1:] else ""
        where = f"{shown_path(file)}:{first.place.line}:{first.place.column}{others}"
        is_named = first.what in said and "not YAML" not in said
        what = f"{file.name}: {first.what}" if MALFORMED in said else said
        return Message(what, where, first.cure if is_named or MALFORMED in said else check)
    return None


def _bad_assumption(error: Exception, name: str, context: click.Context) -> Message:
    from mockserver.engine.registry import assumptions_by_name, discover_vendors  # noqa: PLC0415 - as above

    given = context.params
    value = (given.get("assumptions") or {}).get(name, "")
    where = place_of_option(context, "assumptions", f"{name}={value}")
    known = assumptions_by_name(discover_vendors(given.get("specs") or (), given.get("vendors") or ()))
    meant = name if name in known else nearest(name, known)
    what = str(error) if name in known else f"there is no assumption {shown(name)}"
    if not meant:
        return Message(what, where, "mockserver assumptions")
    values = (known[meant].default, *known[meant].alternatives)
    fitting = value if known[meant].accepts(value) else nearest(value, values) or values[-1]
    return Message(what, where, f"mockserver run --assume {meant}={fitting}")


def _bad_address(error: Exception, context: click.Context) -> Message:
    host, port = context.params["host"], context.params["port"]
    if "ermission" in str(error):
        what = f"port {port} may be opened by an administrator only"
        return Message(what, place_of_option(context, "port", port), "mockserver run --port 8080")
    what = f"cannot listen on {shown(host)}: not an address of this machine"
    return Message(what, place_of_option(context, "host", host), "mockserver run --host 127.0.0.1")
