"""End a command: messages with place and cure, exit codes, Ctrl-C."""

from __future__ import annotations

import _thread
import os
import re
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import sleep
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

import click

from mockserver import __version__
from mockserver.cli.options import (
    EXIT_INTERRUPTED,
    EXIT_OUR_FAULT,
    EXIT_PIPE_CLOSED,
    EXIT_USAGE,
    InvalidValueError,
    RejectedValueError,
    choices,
    either,
    examples_of,
    fail,
    fail_usage,
    nearest,
    shown,
    vendor_names,
)
from mockserver.cli.settings import command_words, flag_of, place_of, place_of_option, shown_path

if TYPE_CHECKING:
    from mockserver.errors import SpecError

_QUOTED = re.compile(r"'(.*)'", re.DOTALL)
_EXTRA = re.compile(r"unexpected extra arguments? \((.*)\)", re.DOTALL)

_DELAY_S = 0.05
DEBUG_FLAG = "--debug"


class CliError(NamedTuple):
    what: str
    where: str
    cure: str
    """What to type or to write."""


def message_of(error: click.ClickException) -> CliError:
    context = getattr(error, "ctx", None)
    if context is None:
        return CliError(error.format_message().rstrip("."), "mockserver", "mockserver --help")
    for kind, describe in _KINDS.items():
        if isinstance(error, kind):
            return describe(error, context)
    return _other(error, context)


def _other(error: click.ClickException, context: click.Context) -> CliError:
    words = command_words(context)
    if isinstance(context.command, click.Group) and (name := _QUOTED.search(error.message)):
        return _no_such_command(name[1], context, context.command)
    if extra := _EXTRA.search(error.message):
        what = f"{words} takes no further argument, found {shown(extra[1])}"
        return CliError(what, f"{words} … {shown(extra[1])}", _example(context))
    return CliError(error.format_message().rstrip("."), words, _example(context))


def _no_such_command(name: str, context: click.Context, group: click.Group) -> CliError:
    words, known = command_words(context), group.list_commands(context)
    near = nearest(name, known)
    there = "" if near else f"; there are {choices(known, 30)}"
    cure = f"{words} {near}" if near else f"{words} --help"
    return CliError(f"no command named {shown(name)}{there}", f"{words} {shown(name)}", cure)


def _no_such_option(error: click.NoSuchOption, context: click.Context) -> CliError:
    words, name = command_words(context), error.option_name
    flags = {
        flag: param
        for param in context.command.get_params(context)
        for flag in (*param.opts, *param.secondary_opts)
        if isinstance(param, click.Option) and flag.startswith("--")
    }
    near = nearest(name, flags)
    there = "" if near else f"; it has {choices(flags)}"
    cure = f"{words} {_written(near, flags[near])}" if near else f"{words} --help"
    return CliError(f"{words} has no option {shown(name)}{there}", f"{words} {shown(name)}", cure)


def _missing(error: click.MissingParameter, context: click.Context) -> CliError:
    words, param = command_words(context), error.param
    if param is None:
        return CliError("an argument is missing", words, _example(context))
    kind = "argument" if isinstance(param, click.Argument) else "option"
    return CliError(f"the {kind} {flag_of(param)} is missing", words, _example(context))


def _bad_usage(error: click.BadOptionUsage, context: click.Context) -> CliError:
    words, flag = command_words(context), error.option_name
    param = next((one for one in context.command.params if flag in one.opts), None)
    what = f"{flag} needs a value" if "requires" in error.message else error.message.rstrip(".")
    cure = f"{words} {_written(flag_of(param), param)}" if param else _example(context)
    return CliError(what, f"{words} {flag}", cure)


def _bad_value(error: click.BadParameter, context: click.Context) -> CliError:
    words, param = command_words(context), error.param
    if param is None:
        return _other(error, context)
    if isinstance(error, InvalidValueError):
        return CliError(
            error.message, place_of(context, param, error.given), _replaced(param, words, error.cure)
        )
    quoted = _QUOTED.search(error.message)
    if isinstance(error, RejectedValueError):
        given = _culprit(error.given, param)
    elif quoted:
        given = quoted[1]
    else:
        where = place_of(context, param, "").rstrip("= ")
        return CliError(error.message.rstrip("."), where, _example(context))
    where = place_of(context, param, given)
    if isinstance(param.type, click.Path):
        what, cure = _bad_path(str(given), param.type)
        return CliError(what, where, _replaced(param, words, cure) if cure else _example(context))
    wanted, found = _expected(param.type), shown(given) or "an empty text"
    near = _near_value(str(given), param)
    what = f"{flag_of(param)}: expected {wanted}, found {found}" if wanted else error.message.rstrip(".")
    return CliError(what, where, _replaced(param, words, near) if near else _example(context))


def _culprit(given: Any, param: click.Parameter) -> Any:
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
        return either([str(choice) for choice in kind.choices])
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
    """Return a valid value: for a choice the nearest, otherwise the default, the minimum or ""."""
    if isinstance(param.type, click.Choice):
        known = [str(choice) for choice in param.type.choices]
        return nearest(given, known) or known[0]
    if isinstance(param.default, int | str) and not isinstance(param.default, bool):
        return str(param.default)
    return str(getattr(param.type, "min", None) or 1) if _expected(param.type) else ""


def _bad_path(given: str, kind: click.Path) -> tuple[str, str]:
    """Return the problem with a path, and the path to write instead ("" if unknown)."""
    file, wanted = Path(given), "folder" if kind.dir_okay and not kind.file_okay else "file"
    if file.is_dir() and wanted == "file":
        return f"{shown(given)} is a folder; expected a file", ""
    if file.is_file() and wanted == "folder":
        return f"{shown(given)} is a file; expected a folder", str(file.parent)
    if file.exists():
        return f"{shown(given)} cannot be read or written: permission denied", ""
    names = [one.name for one in file.parent.iterdir()] if file.parent.is_dir() else []
    near = nearest(file.name, names)
    return f"there is no {wanted} {shown(given)}", str(file.parent / near) if near else ""


def _replaced(param: click.Parameter, words: str, value: str) -> str:
    return f"{words} {value}" if isinstance(param, click.Argument) else f"{words} {flag_of(param)} {value}"


def _written(flag: str, param: click.Parameter) -> str:
    if getattr(param, "is_flag", False):
        return flag
    return f"{flag} {_near_value('', param) or param.metavar or (param.name or '').upper()}"


def _example(context: click.Context) -> str:
    return next(iter(examples_of(context.command)), f"{command_words(context)} --help")


_KINDS: dict[type[click.ClickException], Callable[[Any, click.Context], CliError]] = {
    click.NoSuchOption: _no_such_option,
    click.MissingParameter: _missing,
    click.BadParameter: _bad_value,
    click.BadOptionUsage: _bad_usage,
}
"""For each class of error: the function that describes it. A subclass stands before its base class."""


def check_vendors(context: click.Context) -> None:
    from mockserver.spec.loading import vendor_name

    given = context.params
    known = [*vendor_names(given.get("specs") or ()), *map(vendor_name, given.get("files") or ())]
    vendors, at_root = given.get("vendors") or (), given.get("at_root")
    chosen = [("vendors", "vendor", name, known) for name in vendors]
    chosen += [("at_root", "served vendor", at_root, [*(vendors or known)])] if at_root else []
    for option, kind, name, there in chosen:
        if name not in there:
            param = next(one for one in context.command.params if one.name == option)
            near = nearest(name, there) or (there[0] if there else "NAME")
            what = (
                f"no {kind} named {shown(name)}; there {'is' if len(there) == 1 else 'are'} {choices(there)}"
            )
            cure = _replaced(param, command_words(context), near)
            fail_usage(what, place_of(context, param, name), cure)


def startup_message(error: Exception, context: click.Context) -> CliError:
    from mockserver.engine.registry import InvalidAssumptionError
    from mockserver.errors import SpecError, StoreUnavailableError
    from mockserver.server.listening import AddressError, StartupError

    if isinstance(error, StartupError):
        return CliError(str(error), error.where, error.cure)
    if isinstance(error, InvalidAssumptionError):
        return _bad_assumption(error, error.assumption, context)
    if isinstance(error, StoreUnavailableError):
        return CliError(str(error), "--store", "redis-cli -u redis://localhost:6379 ping")
    if isinstance(error, AddressError):
        return _bad_address(error, context)
    if isinstance(error, SpecError) and (message := _bad_spec(error, context)):
        return message
    return CliError(str(error), command_words(context), "mockserver doctor")


def fail_to_load(error: Exception, context: click.Context) -> NoReturn:
    fail_usage(*startup_message(error, context))


def _bad_spec(error: SpecError, context: click.Context) -> CliError | None:
    """If the error names a spec or an overlay, return the first problem of this file, otherwise None."""
    from mockserver.cli.spec_check import find_problems
    from mockserver.spec.folder import spec_files_in
    from mockserver.spec.loading import MALFORMED
    from mockserver.spec.overlay import read_overlay
    from mockserver.spec.source_files import read_text
    from mockserver.spec.yaml_positions import compose, place_in

    message = str(error)
    for file in context.params.get("overlays") or ():
        if message.startswith(f"{file.name}:"):
            place = place_in(compose(read_text(file)), error.path)
            return CliError(
                message, f"{shown_path(file)}:{place.line}:{place.column}", error.cure or "write it as YAML"
            )
    folders = context.params.get("specs") or ()
    named = [
        file
        for file in (
            *(file for folder in folders for file in spec_files_in(folder)),
            *(context.params.get("files") or ()),
            *([context.params["file"]] if isinstance(context.params.get("file"), Path) else ()),
        )
        if message.startswith((f"{file.stem}:", f"{file.name}:"))
    ]
    overlays = [read_overlay(file) for file in context.params.get("overlays") or ()]
    if file := next(iter(named), None):
        problems = find_problems(file, overlays, schema=False)
        check = f"mockserver spec check {shown_path(file)}"
        first = next(
            (problem for problem in problems if problem.what in message), problems[0] if problems else None
        )
        if first is None:
            return CliError(message, shown_path(file), error.cure or check)
        others = f" (and {len(problems) - 1:,} more: {check})" if problems[1:] else ""
        where = f"{shown_path(file)}:{first.place.line}:{first.place.column}{others}"
        what = f"{file.name}: {first.what}" if MALFORMED in message else message
        return CliError(what, where, first.cure if first.what in message or MALFORMED in message else check)
    return None


def _bad_assumption(error: Exception, name: str, context: click.Context) -> CliError:
    from mockserver.engine.registry import assumptions_by_name, discover_vendors

    given = context.params
    value = (given.get("assumptions") or {}).get(name, "")
    where = place_of_option(context, "assumptions", f"{name}={value}")
    known = assumptions_by_name(discover_vendors(given.get("specs") or (), given.get("vendors") or ()))
    meant = name if name in known else nearest(name, known)
    what = str(error) if name in known else f"there is no assumption {shown(name)}"
    if not meant:
        return CliError(what, where, "mockserver assumptions")
    values = (known[meant].default, *known[meant].alternatives)
    fitting = value if known[meant].accepts(value) else nearest(value, values) or values[-1]
    return CliError(what, where, f"mockserver run --assume {meant}={fitting}")


def _bad_address(error: Exception, context: click.Context) -> CliError:
    host, port = context.params["host"], context.params["port"]
    if "ermission" in str(error):
        what = f"port {port} may be opened by an administrator only"
        return CliError(what, place_of_option(context, "port", port), "mockserver run --port 8080")
    what = f"cannot listen on {shown(host)}: not an address of this machine"
    return CliError(what, place_of_option(context, "host", host), "mockserver run --host 127.0.0.1")


@contextmanager
def interrupts_kept() -> Iterator[None]:
    """During the context, repeat a Ctrl-C that comes in a callback of the interpreter, such as a finalizer.

    Without the repetition, Python would print a traceback and continue.
    """
    usual = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            usual(unraisable)
            return
        # An exception of this hook would be lost as well, so another thread sends the signal after its end.
        ended = _thread.allocate_lock()
        ended.acquire()
        _thread.start_new_thread(_interrupt_after, (ended,))
        ended.release()

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = usual


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """In the main thread, treat SIGTERM as Ctrl-C during the context: `timeout` and CI jobs send SIGTERM."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_signal: int, frame: FrameType | None) -> None:
    """Do what Ctrl-C does. If SIGINT is ignored, as in a background process, raise KeyboardInterrupt."""
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        raise KeyboardInterrupt
    handler(signal.SIGINT, frame)


def _interrupt_after(ended: _thread.LockType) -> None:
    """Wait until the lock is released, then send SIGINT to the main thread (on Windows, to the process)."""
    ended.acquire()
    sleep(_DELAY_S)
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)


def write_fault_report(error: BaseException) -> str:
    """Write a report into the temporary folder and return its path. If the write fails, return a message.

    The report has versions, types of errors and lines of code. It has no messages, arguments or local values,
    because these may contain bodies or credentials.
    """
    try:
        import tempfile

        with tempfile.NamedTemporaryFile(
            "w", prefix="mockserver-fault-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write("\n".join(_lines(error)) + "\n")
            return file.name
    except OSError:
        return "no report, the temporary folder cannot be written"


def _lines(error: BaseException) -> Iterator[str]:
    import platform

    from mockserver.errors import stack_trace

    yield f"mockserver {__version__}, Python {platform.python_version()}, {sys.platform}"
    yield from stack_trace(error)


class PipeClosedError(Exception):
    """The program that reads our output has ended."""


@contextmanager
def pipe_watched() -> Iterator[None]:
    """Replace BrokenPipeError, which Click turns into exit code 1, with PipeClosedError."""
    try:
        yield
    except BrokenPipeError:
        raise PipeClosedError from None


def exit_with(work: Callable[[], Any], *, debug: bool) -> NoReturn:
    """Call `work` and exit with its result, or with 0 if the result is no number.

    If `work` fails, exit with the code of the failure. If `debug`, print the traceback of an internal error.
    """
    try:
        with interrupts_kept():
            status = work()
            sys.stdout.flush()
    except (PipeClosedError, BrokenPipeError):
        _discard_output()
        raise SystemExit(EXIT_PIPE_CLOSED) from None
    except (click.Abort, KeyboardInterrupt):
        raise SystemExit(EXIT_INTERRUPTED) from None
    except click.ClickException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # Click before 8.2 does not have this class
            error.show()  # its message is the whole help
            raise SystemExit(EXIT_USAGE) from None
        fail_usage(*message_of(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is ours, and the user gets one message
        _exit_for_our_fault(error, debug=debug)
    raise SystemExit(status if isinstance(status, int) else 0)


def _exit_for_our_fault(error: Exception, *, debug: bool) -> NoReturn:
    from mockserver.errors import BrokenRunError

    fault = error if isinstance(error, BrokenRunError) else type(error).__name__
    if debug:
        traceback.print_exception(error)
        raise SystemExit(EXIT_OUR_FAULT)
    what = f"internal error in mockserver: {fault}"
    cure = f"the same line with {DEBUG_FLAG}; the report has the lines of code, and nothing of your data"
    fail(what, write_fault_report(error), cure, EXIT_OUR_FAULT)


def _discard_output() -> None:
    """Discard buffered output, because the interpreter would fail to write it at the end of the program."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
