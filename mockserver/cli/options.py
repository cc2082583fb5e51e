"""Option declarations, error output and exit codes shared by all commands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

EXIT_DONE = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_NO_SERVER = 3
EXIT_REFUSED = 4
EXIT_PORT_TAKEN = 5
EXIT_OUR_FAULT = 70
EXIT_INTERRUPTED = 130
EXIT_PIPE_CLOSED = 141
"""As every Unix program ends whose reader went away (128 + SIGPIPE)."""

CONTEXT_SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
VARIABLE_PREFIX = "MOCKSERVER_"


class RejectedValueError(click.BadParameter):
    """A value that the option's type cannot read; `given` is the value."""

    def __init__(self, message: str, context: click.Context, param: click.Parameter, given: Any) -> None:
        super().__init__(message, context, param)
        self.given = given


class InvalidValueError(click.BadParameter):
    """A value that is refused for its meaning: `given`, and what to write instead."""

    def __init__(self, message: str, given: str, cure: str) -> None:
        super().__init__(message)
        self.given, self.cure = given, cure


class SettingOption(click.Option):
    """An option that keeps the rejected value, so that the message can name it."""

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """Convert the value.

        Raises:
            RejectedValueError: the type cannot read it.
        """
        try:
            return super().type_cast_value(ctx, value)
        except click.BadParameter as error:
            raise RejectedValueError(error.message, ctx, self, value) from None


class SettingArgument(click.Argument):
    """An argument that keeps the rejected value, as `SettingOption` does."""

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """Convert the value.

        Raises:
            RejectedValueError: the type cannot read it.
        """
        try:
            return super().type_cast_value(ctx, value)
        except click.MissingParameter:
            raise
        except click.BadParameter as error:
            raise RejectedValueError(error.message, ctx, self, value) from None


def option(*declarations: str, scope: str = "", **settings: Any) -> Callable[[F], F]:
    """Declare an option; its environment variable follows the flag: `--max-items` is MOCKSERVER_MAX_ITEMS.

    A `scope` is put before the name (`contract`: MOCKSERVER_CONTRACT_SEED); it is for a flag that means
    something else in another command, so that exporting the one does not change the other.
    """
    flag = next(text for text in declarations if text.startswith("--")).partition("/")[0]
    words = (scope, flag[2:]) if scope else (flag[2:],)
    variable = VARIABLE_PREFIX + "_".join(words).replace("-", "_").upper()
    defaults = {
        "cls": SettingOption,
        "envvar": variable,
        "show_default": settings.get("default") not in ("", None, ()),
        "show_envvar": settings.get("envvar", variable) is not None,
    }
    return click.option(*declarations, **{**defaults, **settings})


def argument(*declarations: str, **settings: Any) -> Callable[[F], F]:
    """Declare an argument whose errors have our form."""
    return click.argument(*declarations, **{"cls": SettingArgument, **settings})


def show_error(what: str, where: str, cure: str, kind: str = "error") -> None:
    """Print what happened, where, and what to do, on stderr."""
    click.echo(f"{kind}: {what}\n   at: {where}\n  try: {cure}", err=True)


def fail(what: str, where: str, cure: str, status: int) -> NoReturn:
    """Say what happened, where, and what to do, and end with that exit status."""
    show_error(what, where, cure)
    raise SystemExit(status)


def assumption_values(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """Return values of assumptions, given as `vendor.assumption=value` each.

    Raises:
        InvalidValueError: one is not written like that.
    """
    values: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidValueError(f"expected vendor.assumption=value, found {text}", text, f"{text}=VALUE")
        values[name] = value
    return values
