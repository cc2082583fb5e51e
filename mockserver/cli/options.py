"""Options that commands share: declaration, types, completion by TAB, exit codes, similar names."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
from click.shell_completion import CompletionItem

from mockserver.installation import extra_command
from mockserver.spec.folder import spec_files_in, specs_folder

DRILL_TIMEOUT_S, REPEAT_AFTER_S = 60.0, 60.0
"""Default time limit of a drill's client, and default time between two starts of the client."""

MOST_CHOICES = 12
LONGEST_VALUE = 80

INPUT_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OUTPUT_FILE = click.Path(dir_okay=False, path_type=Path)
FOLDER = click.Path(file_okay=False, path_type=Path)

F = TypeVar("F", bound=Callable[..., Any])
Complete = Callable[[click.Context, click.Parameter, str], list[str]]
EXIT_DONE = 0
EXIT_FINDINGS = 1
EXIT_USAGE = 2
EXIT_NO_SERVER = 3
EXIT_REFUSED = 4
EXIT_PORT_TAKEN = 5
EXIT_OUR_FAULT = 70
EXIT_INTERRUPTED = 130
EXIT_PIPE_CLOSED = 141
"""Exit status of a Unix program whose output pipe was closed by the reader (128 + SIGPIPE)."""

CONTEXT_SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
VARIABLE_PREFIX = "MOCKSERVER_"
_EXAMPLE = "2026-01-05T09:00:00Z"
_PACKAGES: Mapping[str, tuple[str, ...]] = {
    "contract": ("schemathesis", "hypothesis", "openapi_schema_validator", "requests", "urllib3"),
    "pytest": ("pytest",),
    "redis": ("hiredis", "redis"),
    "tls": ("trustme",),
}
"""Packages that each extra installs."""

EXTRAS = tuple(_PACKAGES)

_OPERATION = re.compile(r"(?:^\s+|[{,]\s*)operationId:\s*[\"']?([\w.-]+)", re.MULTILINE)
_KEY = re.compile(r"^([A-Za-z_]\w*):", re.MULTILINE)
_CASE_ROW = re.compile(r"^- row: (\d+)\n  name: ([\w-]+)$", re.MULTILINE)
_CASE_SECTION = re.compile(r"^  section: ([\w-]+)$", re.MULTILINE)
_CHECK = re.compile(r"^  ([\w-]+):$", re.MULTILINE)
_CHECKS = Path(__file__).parents[1] / "contract" / "checks.yaml"
_CATALOGUE = Path(__file__).parents[1] / "control" / "cases" / "catalogue.yaml"
_VENDORS_FOLDER = Path(__file__).parents[1] / "vendors"
_SCENARIOS_FOLDER = Path(__file__).parents[1] / "scenario" / "packaged_scenarios"
_HOST_IN_ADDRESS = re.compile(r"(?:[\w+.-]*:?//)?(?:[^@/]*@)?(?:\*\.)?(\[[^]]*\]|[^:/?#]*)")
_EXAMPLE_LINE = re.compile(r"^\s*((?:\w+=\S+ )*mockserver [^\n]*)$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\b(?:NAME|VENDOR)\b")


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name most similar to `name`, ignoring letter case, or "" if none is similar."""
    by_folded = {one.casefold(): one for one in known}
    folded = name.casefold()
    found = get_close_matches(folded, by_folded, 1, cutoff=0.6)
    if not found and len(folded) > 1:
        found = [one for one in by_folded if one.startswith(folded)][:1]
    return by_folded[found[0]] if found else ""


def choices(known: Iterable[str], most: int = MOST_CHOICES) -> str:
    """Return a text with the first `most` names, and how many more there are."""
    names = list(known)
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most:,} more" if len(names) > most else shown


def either(known: Iterable[str]) -> str:
    *first, last = known
    return f"{', '.join(first)} or {last}" if first else last


def shown(value: object) -> str:
    line = " ".join(str(value).split())
    return line if len(line) <= LONGEST_VALUE else line[: LONGEST_VALUE - 1] + "…"


class RejectedValueError(click.BadParameter):
    def __init__(self, message: str, context: click.Context, param: click.Parameter, given: Any) -> None:
        super().__init__(message, context, param)
        self.given = given


class InvalidValueError(click.BadParameter):
    """The value `given` has the right type but is not valid; `cure` is a valid value."""

    def __init__(self, message: str, given: str, cure: str) -> None:
        super().__init__(message)
        self.given, self.cure = given, cure


class _KeepsRejectedValue(click.Parameter):
    """A parameter whose error has the rejected value, so that the message can name it."""

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        try:
            return super().type_cast_value(ctx, value)
        except click.MissingParameter:
            raise
        except click.BadParameter as error:
            raise RejectedValueError(error.message, ctx, self, value) from None


class SettingOption(_KeepsRejectedValue, click.Option):
    pass


class SettingArgument(_KeepsRejectedValue, click.Argument):
    pass


def option(*declarations: str, scope: str = "", **settings: Any) -> Callable[[F], F]:
    """Declare an option with an environment variable: MOCKSERVER_MAX_ITEMS for `--max-items`.

    If a flag has another meaning in another command, give a `scope`: it becomes a part of the variable's name
    (`contract`: MOCKSERVER_CONTRACT_SEED), so that the variable does not set the other command's option.
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


def own_option(*declarations: str, **settings: Any) -> Callable[[F], F]:
    """Declare an option without an environment variable; variables of other commands cannot set it."""
    return option(*declarations, **{"envvar": None, "show_envvar": False, "show_default": False, **settings})


def argument(*declarations: str, **settings: Any) -> Callable[[F], F]:
    return click.argument(*declarations, **{"cls": SettingArgument, **settings})


specs_option = option(
    "--specs",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with more OpenAPI files, each served as a vendor; may be repeated.",
)


overlay_option = option(
    "--overlay",
    "overlays",
    multiple=True,
    type=INPUT_FILE,
    metavar="FILE",
    help="OpenAPI Overlay that changes the spec; may be repeated.",
)


def show_error(what: str, where: str, cure: str, kind: str = "error") -> None:
    click.echo(f"{kind}: {what}\n   at: {where}\n  try: {cure}", err=True)


def fail(what: str, where: str, cure: str, status: int) -> NoReturn:
    show_error(what, where, cure)
    raise SystemExit(status)


def fail_usage(what: str, where: str, cure: str) -> NoReturn:
    fail(what, where, cure, EXIT_USAGE)


def check_known(kind: str, flag: str, given: Iterable[str], known: Iterable[str], more: str = "") -> None:
    """End with exit 2 at the first unknown name. `more` tells what there is besides `known` names."""
    there = list(known)
    for name in given:
        if name not in there:
            near, listed = nearest(name, there), choices(there)
            what = f"no {kind} named {shown(name)}; there are {listed}{more}"
            fail_usage(what, f"{flag} {shown(name)}", f"{flag} {near}" if near else f"one of {listed}{more}")


def assumption_values(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    """Read texts of the form `vendor.assumption=value`. Raises InvalidValueError."""
    values: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise InvalidValueError(f"expected vendor.assumption=value, found {text}", text, f"{text}=VALUE")
        values[name] = value
    return values


def pair_option(*declarations: str, sign: str, form: str, **settings: Any) -> Callable[[F], F]:
    """Declare an option for texts such as `name=value`, with `sign` between name and value.

    `form` is an example of a valid text, for the message of an error.
    """

    def read(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
        pairs = {}
        for text in given:
            name, separator, value = text.partition(sign)
            if not separator or not name.strip():
                raise InvalidValueError(f"expected {form}, found {shown(text)}", text, form)
            pairs[name.strip()] = value.strip()
        return pairs

    return own_option(*declarations, multiple=True, callback=read, **settings)


def names_option(
    *declarations: str, what: str = "", known: Sequence[str] = (), **settings: Any
) -> Callable[[F], F]:
    """Declare an option for names separated by commas.

    If `known` is not empty, refuse a name that `known` lacks, with a message that calls the name a `what`.
    """

    def read(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(one.strip() for text in given for one in text.split(",") if one.strip())
        for name in names:
            if known and name not in known:
                message = f"no {what} is called {shown(name)}; there are {choices(known)}"
                raise InvalidValueError(message, name, nearest(name, known) or known[0])
        return names

    return option(*declarations, multiple=True, callback=read, **settings)


def instant_text(_context: click.Context, _parameter: click.Parameter, text: str | None) -> str | None:
    """Read an instant and return it in UTC; None and "" are returned unchanged. Raises InvalidValueError."""
    if not text:
        return text
    from mockserver.codec.instants import parse_instant, print_instant

    try:
        return print_instant(parse_instant(text))
    except ValueError:
        what = f"expected a time such as {_EXAMPLE}, found {shown(text)}"
        raise InvalidValueError(what, text, _EXAMPLE) from None


def missing_packages(extra: str) -> list[str]:
    return [name for name in _PACKAGES[extra] if find_spec(name) is None]


def check_extra(extra: str, command: str) -> None:
    """End with exit 2 unless all packages of the extra are installed."""
    missing = missing_packages(extra)
    if missing:
        what = f'{command} needs the extra "{extra}": {missing[0]} is not installed'
        fail_usage(what, sys.prefix, extra_command(extra))


def spec_files(folders: Iterable[Path] = ()) -> dict[str, Path]:
    found = {file.stem: file for folder in (specs_folder(), *folders) for file in spec_files_in(folder)}
    return dict(sorted(found.items()))


def vendor_names(folders: Iterable[Path] = ()) -> list[str]:
    return list(spec_files(folders))


def operation_ids(vendors: Iterable[str] = ()) -> list[str]:
    files, wanted = spec_files(), list(vendors)
    texts = (_read(file) for name, file in files.items() if not wanted or name in wanted)
    return sorted({name for text in texts for name in _OPERATION.findall(text)})


def assumption_ids(vendors: Iterable[str] = ()) -> list[str]:
    """Return the ids of the assumptions of `vendors` or, if `vendors` is empty, of all vendors.

    Assumptions of spec extensions are missing, because only a loaded vendor tells which extensions it has.
    """
    from mockserver.sandbox.assumptions import COMMON_ASSUMPTIONS

    wanted = list(vendors) or vendor_names()
    common = [one.name for one in COMMON_ASSUMPTIONS]
    own = {one: _KEY.findall(_read(_VENDORS_FOLDER / one / "assumptions.yaml")) for one in wanted}
    return [f"{vendor}.{name}" for vendor in wanted for name in (*own[vendor], *common)]


def assumption_values_of(name: str) -> list[str]:
    from mockserver.codec import yaml
    from mockserver.sandbox.assumptions import COMMON_ASSUMPTIONS, read_assumptions

    vendor, _, own_name = name.partition(".")
    text = _read(_VENDORS_FOLDER / vendor / "assumptions.yaml")
    own = read_assumptions(yaml.load(text)) if text else ()
    found = next((one for one in (*own, *COMMON_ASSUMPTIONS) if one.name == own_name), None)
    return [found.default, *found.alternatives] if found else []


def packaged_scenarios() -> list[str]:
    files = [*_SCENARIOS_FOLDER.glob("*.yaml"), *_VENDORS_FOLDER.glob("*/scenarios/*.yaml")]
    return sorted(file.stem for file in files)


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def check_names() -> list[str]:
    return sorted(_CHECK.findall(_read(_CHECKS)))


def completion_of(names: Callable[[click.Context], Iterable[str]], *, is_list: bool = False) -> Complete:
    """Return a function that completes a text (if `is_list`, its end after the last comma) with `names`."""

    def complete(context: click.Context, _param: click.Parameter, begun: str) -> list[str]:
        before, comma, last = begun.rpartition(",") if is_list else ("", "", begun)
        return [before + comma + one for one in _beginning(names(context), last)]

    return complete


def complete_assumptions(context: click.Context, _param: click.Parameter, begun: str) -> list[str]:
    """Complete the id of an assumption or, after `=`, its value."""
    name, equals, value = begun.partition("=")
    if equals:
        return [f"{name}={one}" for one in assumption_values_of(name) if one.startswith(value)]
    return _beginning(assumption_ids(_named_vendors(context)), begun)


def complete_cases(_context: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    found = _beginning([f"{row}-{name}" for row, name in _CASE_ROW.findall(_read(_CATALOGUE))], begun)
    return [CompletionItem(one) for one in found] or [CompletionItem(begun, type="file")]


def _named_vendors(context: click.Context) -> list[str]:
    """Return the vendors on the command line.

    If the last option on the command line lacks its value, read `context.args`, where Click leaves them.
    """
    given = context.params.get("vendors") or context.params.get("vendor") or context.args
    vendors = vendor_names()
    return [one for one in ([given] if isinstance(given, str) else given) if one in vendors]


def _beginning(names: Iterable[str], begun: str) -> list[str]:
    return [name for name in names if name.startswith(begun)]


complete_vendors = completion_of(lambda context: vendor_names(context.params.get("specs") or ()))
complete_operations = completion_of(lambda context: operation_ids(_named_vendors(context)), is_list=True)
complete_checks = completion_of(lambda _: check_names(), is_list=True)
complete_scenarios = completion_of(lambda _: packaged_scenarios())
complete_sections = completion_of(lambda _: dict.fromkeys(_CASE_SECTION.findall(_read(_CATALOGUE))))


headers_option = partial(
    pair_option, "--header", "headers", sign=":", form="'Name: text'", metavar="'NAME: TEXT'"
)


def _remote_hosts(_context: click.Context, _option: click.Parameter, given: Sequence[str]) -> tuple[str, ...]:
    """Return the hosts in one spelling. Raises InvalidValueError for an address or a port."""
    from mockserver.codec.urls import host_key

    hosts = [host_key(text) for text in given]
    for text, host in zip(given, hosts, strict=True):
        if host is None:
            found = _HOST_IN_ADDRESS.match(text)
            cure = (found and host_key(found[1])) or "sandbox.example"
            what = f"expected a host without http://, port and path, found {shown(text)}"
            raise InvalidValueError(what, text, cure)
    return tuple(filter(None, hosts))


remote_option = partial(option, "--allow-remote", multiple=True, metavar="HOST", callback=_remote_hosts)
report_dir_option = partial(option, "--report-dir", "folder", type=FOLDER, help="Folder for the reports.")
vendors_option = partial(
    option, "--vendor", "vendors", multiple=True, metavar="VENDOR", shell_complete=complete_vendors
)


def reports_option(known: Sequence[str], **settings: Any) -> Callable[[F], F]:
    """Return the option `--report` of a command that writes the `known` reports."""
    text = f"Reports to write: {', '.join(known)}."
    names = ("--report", "reports")
    return names_option(*names, what="report", known=known, metavar="REPORT,…", help=text, **settings)


def assume_option(where: str) -> Callable[[F], F]:
    """Return the option `--assume` of a command that starts a server; the option's help contains `where`."""
    return option(
        "--assume",
        "assumptions",
        multiple=True,
        callback=assumption_values,
        metavar="ID=VALUE",
        shell_complete=complete_assumptions,
        help=f"Set an assumption {where} (list: mockserver assumptions); may be repeated.",
    )


def examples_of(command: click.Command) -> list[str]:
    return [line.strip() for line in _EXAMPLE_LINE.findall(command.help or "")]


def with_examples(command: click.Command) -> click.Command:
    """In the examples of a command and its subcommands, replace VENDOR and NAME with a vendor's name."""
    if command.help and _PLACEHOLDER.search(command.help):
        vendor = next(iter(vendor_names()), "VENDOR")
        command.help = _EXAMPLE_LINE.sub(lambda line: _PLACEHOLDER.sub(vendor, line[0]), command.help)
    if isinstance(command, click.Group):
        for one in command.commands.values():
            with_examples(one)
    return command
