"""The root command and the command `run`; each other command is imported when it is used."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from mockserver import MAX_ITEMS, __version__
from mockserver.cli.errors import DEBUG_FLAG, check_vendors, exit_with, pipe_watched, startup_message
from mockserver.cli.options import (
    CONTEXT_SETTINGS,
    EXIT_PORT_TAKEN,
    EXIT_USAGE,
    FOLDER,
    INPUT_FILE,
    InvalidValueError,
    argument,
    assume_option,
    complete_vendors,
    fail,
    fail_usage,
    instant_text,
    names_option,
    option,
    overlay_option,
    remote_option,
    show_error,
    specs_option,
    vendor_names,
    vendors_option,
    with_examples,
)
from mockserver.cli.settings import apply_settings, place_of_option
from mockserver.installation import STRANGERS_CURE, strangers

if TYPE_CHECKING:
    from mockserver.control.examples import ExampleSource
    from mockserver.errors import MockServerError
    from mockserver.redis_store.addresses import StoreAddress
    from mockserver.server.forwarding import ForwardRules
    from mockserver.server.listening import PortTakenError
    from mockserver.server.serving import Serving

THEMES = {
    "Serve": {
        "run": "Start the mock server; Ctrl-C stops it.",
        "health": "Print whether a server answers, for health checks.",
        "vendors": "List the vendors that can be served: path, operations, batch operations and assumptions.",
        "doctor": "Check this machine: Python, port, proxies, extras, settings, specs, and the server if one"
        " is named.",
    },
    "Call and change a running server": {
        "send": "Send an example, a FILE or a case to VENDOR, and print the outcome of each item.",
        "scenario": "Make calls fail: arm scenarios in a sandbox, see which rules hit, check scenario files.",
        "journal": "See, repeat, export and check the calls of a sandbox.",
        "sandbox": "Create, compare, save and restore sandboxes: separate copies of data, clock, scenarios"
        " and journal.",
        "clock": "Show and set the time of a sandbox, by which tokens, idempotency keys and quotas expire.",
    },
    "Test": {
        "contract": "Test a server: one result for each item, correct state, replays and response shapes.",
        "record": "Pass calls on to a real server, and write calls and answers to a HAR file without"
        " secrets.",
        "verify": "Check a recorded HAR file: do the answers match the spec, and would this server answer the"
        " same?",
        "drill": "Run a client against partial failures: which items does the client lose, send twice"
        " or pay twice?",
        "listen": "Receive callbacks and webhooks on this machine, and print what arrives; Ctrl-C stops it.",
        "cases": "List, show and run cases: calls with their expected results.",
    },
    "Specs and settings": {
        "spec": "Check, show and compare OpenAPI files.",
        "assumptions": "List what the vendors' documents leave open: each assumption, its default and its"
        " other values.",
        "config": "Show the settings, and where each value comes from.",
        "docs": "Search the documentation, and list the best sections first; without WORDS, list the pages.",
        "completion": "Print the script that makes a shell complete commands, options and values with TAB.",
    },
}
"""Commands by theme, each with the first sentence of its help, so that the root's help imports no command.

The command NAME is in the module `mockserver.cli.NAME`; only `run` is in this module.
"""
_SUMMARIES = {name: summary for theme in THEMES.values() for name, summary in theme.items()}
_ANYWHERE = {"--config": True, "--color": True, "--debug": False}
"""Global options that may also follow the command, and for each option whether it takes a value."""

DEFAULT_TLS_DIR = Path(".mockserver")
DEFAULT_REPORTS = Path("report")
MAKE_VARIABLE = "STARTED_BY_MAKE"
"""Variable that `make run` sets. If the variable is set, messages suggest PORT=… instead of `--port`."""

_EITHER = "--forward-only says which calls are passed on, so --mock changes nothing"
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s]+")
_PATH = click.Path(path_type=Path)


class CommandGroup(click.Group):
    """The root command. It imports the command NAME from the module `mockserver.cli.NAME`."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return sorted(_SUMMARIES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        command = super().get_command(ctx, cmd_name)
        if command is None and cmd_name in _SUMMARIES:
            command = getattr(import_module(f"mockserver.cli.{cmd_name}"), cmd_name)
        return with_examples(command) if command else None

    def get_help(self, ctx: click.Context) -> str:
        with_examples(self)
        return super().get_help(ctx)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the arguments, after moving global options from behind the command to the front."""
        return super().parse_args(ctx, _globals_first(args))

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for title, summaries in THEMES.items():
            with formatter.section(title):
                formatter.write_dl(list(summaries.items()))

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        names = [name for name in self.list_commands(ctx) if name.startswith(incomplete)]
        commands = [CompletionItem(name, help=_SUMMARIES[name]) for name in names]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def main(self, args: Sequence[str] | None = None, *more: Any, **extra: Any) -> Any:
        """Run the command line and exit (after a failure: `options.EXIT_…`); if not standalone, return."""
        words = sys.argv[1:] if args is None else list(args)
        standalone = extra.pop("standalone_mode", True)
        run = partial(self._run, words, args, *more, **{**extra, "standalone_mode": False})
        if not standalone:
            return run()
        return exit_with(run, debug=DEBUG_FLAG in words or bool(os.environ.get("MOCKSERVER_DEBUG")))

    def _run(self, words: Sequence[str], *args: Any, **extra: Any) -> Any:
        try:
            return super().main(*args, **extra)
        except click.UsageError as error:
            if error.ctx is None:
                error.ctx = _context_of(self, words)
            raise

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        with pipe_watched():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        with pipe_watched():
            return super().invoke(ctx)


def _context_of(root: click.Group, words: Sequence[str]) -> click.Context:
    context = click.Context(root, info_name=root.name)
    for word in words:
        command = context.command
        found = command.get_command(context, word) if isinstance(command, click.Group) else None
        if found is not None:
            context = click.Context(found, parent=context, info_name=word)
    return context


def _globals_first(args: list[str]) -> list[str]:
    first: list[str] = []
    rest: list[str] = []
    waiting = iter(args)
    for word in waiting:
        if word == "--":
            return [*first, *rest, word, *waiting]
        name, equals, _ = word.partition("=")
        if name not in _ANYWHERE:
            rest.append(word)
        elif equals or not _ANYWHERE[name]:
            first.append(word)
        else:
            first += [word, *islice(waiting, 1)]
    return [*first, *rest]


def _origins(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    for text in given:
        if text in ("*", "null") or _ORIGIN.fullmatch(text):
            continue
        near = _ORIGIN.match(text.lower())
        cure = near[0] if near else "http://localhost:3000"
        what = f"expected an origin such as http://localhost:3000, or *; found {text}"
        raise InvalidValueError(what, text, cure)
    return given


def _store_address(
    _context: click.Context, _option: click.Parameter, given: str | None
) -> StoreAddress | None:
    if not given:
        return None
    # Imported here, because a shell starts this program at every press of TAB.
    from mockserver.redis_store.addresses import EXAMPLES, StoreAddressError, parse_address

    try:
        return parse_address(given)
    except StoreAddressError as error:
        raise InvalidValueError(str(error), given, EXAMPLES[0]) from None


def serving_of(chosen: dict[str, Any]) -> Serving:
    """Take the options of the serving process out of `chosen` and return them.

    End with exit 2 if options contradict each other.
    """
    from mockserver.server.serving import Serving

    watched = ("specs", "files", "overlays", "scenario_files", "fixtures_file")
    if chosen["watch"] and not any(chosen[name] for name in watched):
        what = "there is nothing to watch: no FILE, --specs, --scenario or --fixtures"
        fail_usage(what, "--watch", "mockserver run --watch --scenario FILE")
    if chosen["scenario_files"] and not chosen["scenarios"]:
        what = "--no-scenarios switches off what --scenario arms"
        fail_usage(what, "--no-scenarios", "mockserver run --scenario FILE")
    _check_store(chosen)
    tls_dir, wants_tls = chosen.pop("tls_dir"), chosen.pop("tls")
    names = ("host", "port", "log", "print_url", "state_file", "ready_file", "watch", "workers")
    return Serving(**{name: chosen.pop(name) for name in names}, tls_dir=tls_dir if wants_tls else None)


def forward_rules(chosen: dict[str, Any]) -> ForwardRules | None:
    """Take the options of forwarding out of `chosen`; end with exit 2 if they lack `--forward`."""
    names = ("forward", "mocked", "only", "timeout_s", "is_shadowed")
    to, mocked, only, timeout_s, is_shadowed = [chosen.pop(name) for name in names]
    if mocked and only:
        fail_usage(_EITHER, "--mock", f"--forward-only {','.join(only)}")
    if to:
        from mockserver.server.forwarding import ForwardRules

        return ForwardRules(to, frozenset(mocked), frozenset(only), timeout_s, is_shadowed)
    if mocked or only or is_shadowed:
        what = "no call is passed on without --forward"
        option = "--mock" if mocked else "--forward-only" if only else "--shadow"
        fail_usage(what, option, "mockserver run FILE --forward URL")
    return None


def _check_store(chosen: dict[str, Any]) -> None:
    if chosen["workers"] > 1 and not chosen["store"]:
        what = "several workers would each have a state of their own; with --store they share one"
        fail_usage(what, "--workers", "mockserver run --workers 4 --store redis://localhost:6379/0")
    if chosen["store"] and chosen["state_file"]:
        what = "the store keeps the state already; --state is for a server without"
        fail_usage(what, "--state", "mockserver run --store redis://localhost:6379/0")
    if chosen["workers"] > 1 and chosen["is_shadowed"]:
        what = "each worker would have a shadow of its own"
        fail_usage(what, "--shadow", "mockserver run FILE --forward URL --shadow --workers 1")
    if chosen["workers"] > 1 and chosen["watch"]:
        what = "only a single worker loads files again when they change"
        fail_usage(what, "--watch", "mockserver run --watch --workers 1")


def show_startup_error(error: MockServerError, context: click.Context) -> None:
    show_error(*startup_message(error, context))


def port_taken_cure(error: PortTakenError) -> str:
    other = "PORT=0 make run" if os.environ.get(MAKE_VARIABLE) else "mockserver run --port 0"
    use = f"\n   or: mockserver health {error.owner.url}" if error.owner and error.owner.url else ""
    return f"{other}{use}"


@click.group(cls=CommandGroup, context_settings=CONTEXT_SETTINGS)
@click.version_option(__version__)
@option(
    "--config",
    type=INPUT_FILE,
    metavar="FILE",
    help="Settings.  [default: the nearest mockserver.toml, or [tool.mockserver] in pyproject.toml]",
)
@option("--color", type=click.Choice(["auto", "always", "never"]), default="auto", help="Color the output.")
@option("--debug", is_flag=True, help="Show the traceback of an internal error.")
@click.pass_context
def main(context: click.Context, config: Path | None, color: str, *, debug: bool) -> None:  # noqa: ARG001 - see CommandGroup.main
    """Mock batch APIs with a true result for each item, and test clients and servers against them.

    \b
    mockserver run --port 9000
    mockserver contract VENDOR --target http://127.0.0.1:8080/VENDOR
    """
    apply_settings(context, config, color)


def _own_files(
    _context: click.Context, _argument: click.Parameter, given: tuple[str, ...]
) -> tuple[Path, ...]:
    for text in given:
        if _ORIGIN.match(text):
            name = text.rstrip("/").rpartition("/")[2] or "openapi.yaml"
            cure = f"curl -o {name} {text} && mockserver run {name}"
            fail_usage("files are read from the disk, not from other hosts", text, cure)
        if not Path(text).is_file() and text not in vendor_names():
            fail_usage(f"there is no file {text}", "FILE", "mockserver run openapi.yaml")
    return tuple(map(Path, given))


@main.command(context_settings=CONTEXT_SETTINGS)
@argument("files", nargs=-1, metavar="[FILE|VENDOR]...", callback=_own_files)
@option("--host", default="127.0.0.1", help="Address to listen on.")
@option("--port", default=8080, type=click.IntRange(0, 65535), help="Port; 0 picks a free port.")
@vendors_option(help="Serve only these vendors; may be repeated.")
@specs_option
@overlay_option
@option("--strict-specs", is_flag=True, help="Refuse a FILE that cannot be served as written.")
@option(
    "--at-root",
    default="",
    metavar="VENDOR",
    shell_complete=complete_vendors,
    help="Vendor whose paths are also served directly under /.",
)
@option(
    "--auth",
    "strict_auth",
    type=click.Choice(["lenient", "strict"]),
    default="lenient",
    callback=lambda _context, _option, chosen: chosen == "strict",
    help="lenient: any non-empty credential works. strict: only the credentials of the fixtures work.",
)
@option("--seed", default=0, help="Seed of the default sandbox.")
@option(
    "--freeze", callback=instant_text, metavar="TIME", help="Freeze the default sandbox's clock at this time."
)
@option("--empty", is_flag=True, help="Start without records.")
@assume_option("in every sandbox")
@option("--max-body", "max_body_bytes", default=10_485_760, metavar="BYTES", help="Maximum size of a body.")
@option("--max-items", default=MAX_ITEMS, help="Maximum number of items in a batch.")
@option(
    "--max-sandboxes",
    default=1000,
    type=click.IntRange(1),
    help="Maximum number of sandboxes, including the default.",
)
@option(
    "--sandbox-idle",
    type=click.IntRange(1),
    metavar="SECONDS",
    help="Delete a sandbox that had no call for this time.  [default: never]",
)
@option(
    "--allow-host",
    "allow_hosts",
    multiple=True,
    metavar="HOST",
    help="Host name that may reach control plane and console (loopback and --host may); may be repeated.",
)
@remote_option(
    "remote_hosts",
    help="Host that the server may call, such as for a replay; loopback is always allowed. May be repeated.",
)
@option(
    "--forward",
    metavar="URL",
    help="Pass each call on to the real server at URL, and record its answers. Needs one vendor or FILE.",
)
@names_option(
    "--mock", "mocked", metavar="OPERATION,…", help="With --forward: operations that the mock answers."
)
@names_option(
    "--forward-only", "only", metavar="OPERATION,…", help="With --forward: pass on these operations alone."
)
@option(
    "--shadow",
    "is_shadowed",
    is_flag=True,
    help="With --forward: give each call to the mock too, and record where its answer differs.",
)
@option(
    "--forward-timeout",
    "timeout_s",
    type=click.FloatRange(0.1),
    default=60,
    metavar="SECONDS",
    help="With --forward: maximum time until an answer begins, and between two pieces of an answer.",
)
@option(
    "--control-token",
    default="",
    metavar="TOKEN",
    help="Token that the control plane requires as a bearer token and the console as a password."
    "  [default: none for this machine, a generated token for other machines]",
)
@option("--mock-headers/--no-mock-headers", default=True, help="Send the Mock-… headers.")
@option("--console/--no-console", default=True, help="Serve the web console at /_console/.")
@option("--scenarios/--no-scenarios", default=True, help="Let scenarios and magic tokens change answers.")
@option(
    "--log",
    type=click.Choice(["text", "json", "off"]),
    default="text",
    help="Log one line per call on stderr.",
)
@option("--print-url", is_flag=True, help="Print only the address on stdout, once the server listens.")
@option(
    "--scenario",
    "scenario_files",
    multiple=True,
    type=INPUT_FILE,
    metavar="FILE",
    help="Scenario to arm in every sandbox; may be repeated.",
)
@option(
    "--fixtures",
    "fixtures_file",
    type=INPUT_FILE,
    metavar="FILE",
    help="Dump with the first records of every sandbox. Replaces the packaged fixtures.",
)
@option(
    "--records",
    type=click.IntRange(0),
    metavar="NUMBER",
    help="Generated records in each collection of a FILE.  [default: its x-records, else none]",
)
@option(
    "--state",
    "state_file",
    type=_PATH,
    metavar="FILE",
    help="Load all sandboxes from this file (if the file exists), and save them to the file at the end.",
)
@option(
    "--store",
    callback=_store_address,
    metavar="URL",
    help="Redis or Valkey that holds all sandboxes: redis://HOST:PORT/0.  [default: this process]",
)
@option(
    "--workers",
    default=1,
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Number of server processes; more than one needs --store.",
)
@option("--watch", is_flag=True, help="Reload specs, scenarios and fixtures when their files change.")
@option(
    "--cors",
    multiple=True,
    callback=_origins,
    metavar="ORIGIN",
    help="Origin whose pages may call the vendors from a browser, * for any; may be repeated.",
)
@option(
    "--reports",
    type=FOLDER,
    default=DEFAULT_REPORTS,
    metavar="DIR",
    help="Folder with the reports that the console shows; the folder may be missing.",
)
@option("--tls", is_flag=True, help="Serve https, with a certificate made for this machine.")
@option(
    "--tls-dir",
    type=FOLDER,
    default=DEFAULT_TLS_DIR,
    metavar="DIR",
    help="Folder of the certificate authority.",
)
@option(
    "--ready-file",
    type=_PATH,
    metavar="FILE",
    help="Write the address to this file once the server listens, and delete the file at the end.",
)
@click.pass_context
def run(context: click.Context, /, *, allow_hosts: tuple[str, ...], **chosen: Any) -> None:
    """Start the mock server; Ctrl-C stops it.

    FILE is any OpenAPI file. The server serves the file as a vendor with the file's name, beside
    the packaged vendors.

    \b
    mockserver run openapi.yaml
    mockserver run --port 9000 --vendor VENDOR
    mockserver run --at-root VENDOR --log json
    """
    from mockserver.server.process_memory import collection_paused

    check_vendors(context)
    for name in strangers():
        what = f"{name} has files of the same names in this environment"
        click.echo(f"warning: {what}\n  try: {STRANGERS_CURE}", err=True)
    with collection_paused():
        _run(context, allow_hosts, chosen)


def _example_source() -> ExampleSource:
    from mockserver.contract.examples import ProfileExamples

    return ProfileExamples()


def _run(context: click.Context, allow_hosts: tuple[str, ...], chosen: dict[str, Any]) -> None:
    from mockserver.cli.config import effective_settings
    from mockserver.errors import MockServerError
    from mockserver.server.application import Options
    from mockserver.server.listening import PortTakenError
    from mockserver.server.serving import serve

    named = tuple([str(file) for file in chosen["files"] if not file.is_file()])
    chosen["files"] = tuple([file for file in chosen["files"] if file.is_file()])
    chosen["vendors"] = (*chosen["vendors"], *named)
    serving = serving_of(chosen)
    forward = forward_rules(chosen)
    try:
        serve(
            Options(
                **chosen,
                forward=forward,
                hosts=(serving.host, *allow_hosts),
                examples=_example_source,
                settings=tuple(effective_settings(context)),
            ),
            serving,
            partial(show_startup_error, context=context),
        )
    except PortTakenError as error:
        where = place_of_option(context, "port", serving.port)
        fail(str(error), where, port_taken_cure(error), EXIT_PORT_TAKEN)
    except MockServerError as error:
        show_startup_error(error, context)
        context.exit(EXIT_USAGE)
