"""How the command line ends: every failure becomes a message and one of our exit codes."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import click

from mockserver.cli.failure.interrupts import interrupts_kept
from mockserver.cli.options import (
    EXIT_INTERRUPTED,
    EXIT_OUR_FAULT,
    EXIT_PIPE_CLOSED,
    EXIT_USAGE,
    fail,
)

DEBUG_FLAG = "--debug"


class PipeClosedError(Exception):
    """The reader of our output is gone."""


@contextmanager
def pipe_watched() -> Iterator[None]:
    """Raise a closed pipe as an error of ours, which Click does not turn into exit code 1.

    Raises:
        PipeClosedError: the reader of our output is gone.
    """
    try:
        yield
    except BrokenPipeError:
        raise PipeClosedError from None


def exit_with(work: Callable[[], Any], *, debug: bool) -> NoReturn:
    """Do the work and exit: with 0, with the number that it returns, or with the code of its failure.

    With `debug` a fault of our own shows its traceback.
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
        _exit_for_usage(error)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is ours, and the user gets one message
        _exit_for_our_fault(error, debug=debug)
    raise SystemExit(status if isinstance(status, int) else 0)


def _exit_for_usage(error: click.ClickException) -> NoReturn:
    from mockserver.cli.failure.usage_errors import message_of  # noqa: PLC0415 - only where something is wrong

    if (
        type(error).__name__ == "NoArgsIsHelpError"
    ):  # its message is the whole help; Click before 8.2 has none
        error.show()
        raise SystemExit(EXIT_USAGE)
    message = message_of(error)
    fail(message.what, message.where, message.cure, EXIT_USAGE)


def _exit_for_our_fault(error: Exception, *, debug: bool) -> NoReturn:
    from mockserver.cli.failure.fault_report import write_fault_report  # noqa: PLC0415 - only where something is wrong
    from mockserver.errors import BrokenRunError  # noqa: PLC0415 - likewise

    fault = error if isinstance(error, BrokenRunError) else type(error).__name__
    if debug:
        traceback.print_exception(error)
        raise SystemExit(EXIT_OUR_FAULT)
    cure = f"the same line with {DEBUG_FLAG}; the report has the lines of code, and nothing of your data"
    fail(
        f"mockserver failed by a fault of its own: {fault}",
        write_fault_report(error),
        cure,
        EXIT_OUR_FAULT,
    )


def _discard_output() -> None:
    """Send what is left in the buffers nowhere, so that the end of the interpreter does not fail on it."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
