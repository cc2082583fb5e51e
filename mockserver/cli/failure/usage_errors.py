"""Click's errors in our form: what happened, where, what to type."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from mockserver.cli.failure.places import command_words, flag_of, place_of
from mockserver.cli.failure.suggestions import choices, either, nearest, shown
from mockserver.cli.help.examples import examples_of
from mockserver.cli.options import InvalidValueError, RejectedValueError

_QUOTED = re.compile(r"'(.*)'", re.DOTALL)
_EXTRA = re.compile(r"unexpected extra arguments? \((.*)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Message:
    """An error: what happened, where, and what to type."""

    what: str
    where: str
    cure: str


def message_of(error: click.ClickException) -> Message:
    """Return the error in our form."""
    context = getattr(error, "ctx", None)
    if context is None:
        return Message(error.format_message().rstrip("."), "mockserver", "mockserver --help")
    for kind, describe in _KINDS.items():
        if isinstance(error, kind):
            return describe(error, context)
    return _other(error, context)


def _other(error: click.ClickException, context: click.Context) -> Message:
    words = command_words(context)
    if isinstance(context.command, click.Group) and (name := _QUOTED.search(error.message)):
        return _no_such_command(name[1], context, context.command)
    if extra := _EXTRA.search(error.message):
        what = f"{words} takes no further argument, found {shown(extra[1])}"
        return Message(what, f"{words} … {shown(extra[1])}", _example(context))
    return Message(error.format_message().rstrip("."), words, _example(context))


def _no_such_command(name: str, context: click.Context, group: click.Group) -> Message:
    words, known = command_words(context), group.list_commands(context)
    near = nearest(name, known)
    there = "" if near else f"; there are {choices(known, 30)}"
    cure = f"{words} {near}" if near else f"{words} --help"
    return Message(f"no command named {shown(name)}{there}", f"{words} {shown(name)}", cure)


def _no_such_option(error: click.NoSuchOption, context: click.Context) -> Message:
    words, name = command_words(context), error.option_name
    flags = {
        flag: param
        for param in context.command.get_params(context)
        for flag in (*param.opts, *param.secondary_opts)
        if isinstance(param, click.Option) and flag.startswith("--")
    }
    near = nearest(name, flags)
    where = f"{words} {shown(name)}"
    if near:
        return Message(
            f"{words} has no option {shown(name)}", where, f"{words} {_written(near, flags[near])}"
        )
    return Message(f"{words} has no option {shown(name)}; it has {choices(flags)}", where, f"{words} --help")


def _missing(error: click.MissingParameter, context: click.Context) -> Message:
    words, param = command_words(context), error.param
    if param is None:
        return Message("an argument is missing", words, _example(context))
    kind = "argument" if isinstance(param, click.Argument) else "option"
    return Message(f"the {kind} {flag_of(param)} is missing", words, _example(context))


def _bad_usage(error: click.BadOptionUsage, context: click.Context) -> Message:
    words, flag = command_words(context), error.option_name
    param = next((one for one in context.command.params if flag in one.opts), None)
    what = f"{flag} needs a value" if "requires" in error.message else error.message.rstrip(".")
    cure = f"{words} {_written(flag_of(param), param)}" if param else _example(context)
    return Message(what, f"{words} {flag}", cure)


def _bad_value(error: click.BadParameter, context: click.Context) -> Message:
    words, param = command_words(context), error.param
    if param is None:
        return _other(error, context)
    if isinstance(error, InvalidValueError):
        return Message(
            error.message, place_of(context, param, error.given), _replaced(param, words, error.cure)
        )
    quoted = _QUOTED.search(error.message)
    if isinstance(error, RejectedValueError):
        given = _culprit(error.given, param)
    elif quoted:
        given = quoted[1]
    else:
        where = place_of(context, param, "").rstrip("= ")
        return Message(error.message.rstrip("."), where, _example(context))
    where = place_of(context, param, given)
    if isinstance(param.type, click.Path):
        what, cure = _bad_path(str(given), param.type)
        return Message(what, where, _replaced(param, words, cure) if cure else _example(context))
    wanted = _expected(param.type)
    near = _near_value(str(given), param)
    what = (
        f"{flag_of(param)}: expected {wanted}, found {shown(given)}" if wanted else error.message.rstrip(".")
    )
    return Message(what, where, _replaced(param, words, near) if near else _example(context))


def _culprit(given: Any, param: click.Parameter) -> Any:
    """Return the value that cannot be read, of one or many."""
    if not isinstance(given, list | tuple):
        return given
    for one in given:
        try:
            param.type(one, param)
        except click.BadParameter:
            return one
    return " ".join(map(str, given))


def _expected(kind: click.types.ParamType[Any]) -> str:
    if isinstance(kind, click.Choice):
        return either([str(one) for one in kind.choices])
    if isinstance(kind, click.IntRange | click.FloatRange):
        number = "a whole number" if isinstance(kind, click.IntRange) else "a number"
        if kind.max is None:
            return f"{number} of at least {kind.min}"
        return f"{number} from {kind.min} to {kind.max}"
    if isinstance(kind, click.types.IntParamType):
        return "a whole number"
    if isinstance(kind, click.types.FloatParamType):
        return "a number"
    return "true or false" if isinstance(kind, click.types.BoolParamType) else ""


def _near_value(given: str, param: click.Parameter) -> str:
    """Return a value to write: the nearest choice, else the default, else the least number."""
    if isinstance(param.type, click.Choice):
        known = [str(one) for one in param.type.choices]
        return nearest(given, known) or known[0]
    if isinstance(param.default, int | str) and not isinstance(param.default, bool):
        return str(param.default)
    return str(getattr(param.type, "min", None) or 1) if _expected(param.type) else ""


def _bad_path(given: str, kind: click.Path) -> tuple[str, str]:
    """Return what is wrong with a path, and a path to write, "" if none is near."""
    file, wanted = Path(given), "folder" if kind.dir_okay and not kind.file_okay else "file"
    if file.exists() and file.is_dir() and wanted == "file":
        return f"{shown(given)} is a folder; expected a file", ""
    if file.exists() and file.is_file() and wanted == "folder":
        return f"{shown(given)} is a file; expected a folder", str(file.parent)
    if file.exists():
        return f"{shown(given)} cannot be read or written: permission denied", ""
    names = [one.name for one in file.parent.iterdir()] if file.parent.is_dir() else []
    near = nearest(file.name, names)
    return f"there is no {wanted} {shown(given)}", str(file.parent / near) if near else ""


def _replaced(param: click.Parameter, words: str, value: str) -> str:
    return f"{words} {value}" if isinstance(param, click.Argument) else f"{words} {flag_of(param)} {value}"


def _written(flag: str, param: click.Parameter) -> str:
    """Return an option with a value as it can be typed."""
    if getattr(param, "is_flag", False):
        return flag
    return f"{flag} {_near_value('', param) or param.metavar or (param.name or '').upper()}"


def _example(context: click.Context) -> str:
    return next(iter(examples_of(context.command)), f"{command_words(context)} --help")


_KINDS: dict[type[click.ClickException], Callable[[Any, click.Context], Message]] = {
    click.NoSuchOption: _no_such_option,
    click.MissingParameter: _missing,
    click.BadParameter: _bad_value,
    click.BadOptionUsage: _bad_usage,
}
"""The first that fits; a missing parameter is a bad one to Click."""
