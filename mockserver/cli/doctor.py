"""The command `mockserver doctor`: find obstacles on this machine."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from platform import python_version

import click
from msgspec.structs import asdict

from mockserver import __version__
from mockserver.cli.options import (
    CONTEXT_SETTINGS,
    EXIT_FINDINGS,
    EXTRAS,
    choices,
    missing_packages,
    option,
)
from mockserver.cli.output import write_json, write_lines
from mockserver.cli.server import FAILURES, ControlPlane, ServerOptions
from mockserver.cli.settings import (
    InvalidConfigError,
    cure_for,
    defaults_from,
    find_config,
    read_config,
    setting_names,
    shown_path,
    unknown_names,
    use_config,
)
from mockserver.installation import STRANGERS_CURE, extra_command, strangers
from mockserver.model import Value

OK, WARN, FAIL = "ok", "warn", "fail"
_COLORS = {WARN: "yellow", FAIL: "red"}

_PROXIES = ("http_proxy", "https_proxy", "all_proxy")
_LOOPBACK = "127.0.0.1"
_TIMEOUT_S = 2.0


@click.command(context_settings=CONTEXT_SETTINGS)
@option("--json", "as_json", is_flag=True, help="Print JSON, one list.")
@option("--markdown", is_flag=True, help="Print a table to paste into an issue.")
@click.pass_context
def doctor(context: click.Context, /, *, as_json: bool, markdown: bool) -> None:
    """Check this machine: Python, port, proxies, extras, settings, specs, and the server if one is named.

    Exit status: 0 no check fails (there may be warnings), 1 a check fails.

    \b
    mockserver doctor
    mockserver doctor --markdown
    """
    found = list(diagnose(context))
    if as_json:
        write_json([asdict(one) for one in found])
    else:
        write_lines(_markdown(found) if markdown else _lines(found))
    if any(one.state == FAIL for one in found):
        raise SystemExit(EXIT_FINDINGS)


def _lines(found: Sequence[Diagnosis]) -> Iterator[str]:
    for one in found:
        yield f"{click.style(one.state.ljust(4), fg=_COLORS.get(one.state))}  {one.subject}: {one.what}"
        if one.cure:
            yield f"      try: {one.cure}"


def _markdown(found: Sequence[Diagnosis]) -> Iterator[str]:
    yield f"mockserver {__version__}, Python {python_version()}, {sys.platform}"
    yield ""
    yield "| | check | found | try |"
    yield "|---|---|---|---|"
    for one in found:
        cells = [one.state, one.subject, one.what, f"`{one.cure}`" if one.cure else ""]
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


class Diagnosis(Value, frozen=True):
    state: str
    subject: str
    what: str
    cure: str = ""


def diagnose(context: click.Context) -> Iterator[Diagnosis]:
    from mockserver.cli.config import settings_of

    root = context.find_root()
    yield Diagnosis(OK, "Python", python_version())
    yield _package()
    yield _config(root)
    yield from _environment(root)
    yield _proxies(os.environ)
    yield from _extras()
    settings = {
        (setting.command, setting.setting): setting.value for setting in settings_of(context, os.environ)
    }
    yield _port(str(settings["run", "host"]), str(settings["run", "port"]))
    yield _specs()
    if url := os.environ.get("MOCKSERVER_URL"):
        yield _server(url)


def _package() -> Diagnosis:
    if others := list(strangers()):
        what = f"{' and '.join(others)} has files of the same names, and replaced ours or will"
        return Diagnosis(FAIL, "package", what, STRANGERS_CURE)
    return Diagnosis(OK, "package", str(Path(__file__).parents[1]))


def _config(root: click.Context) -> Diagnosis:
    """Check the settings file, and apply its values, because later checks need them."""
    named, group = root.params.get("config"), root.command
    try:
        config = read_config(named) if named else find_config(Path.cwd())
        if config is None or not isinstance(group, click.Group):
            return Diagnosis(OK, "settings file", "none")
        root.default_map = defaults_from(config, group, root)
        use_config(root, config)
    except InvalidConfigError as error:
        return Diagnosis(FAIL, "settings file", f"{error} ({error.where})", error.cure)
    return Diagnosis(OK, "settings file", shown_path(config.path))


def _environment(root: click.Context) -> Iterator[Diagnosis]:
    group = root.command
    known = setting_names(group, root) if isinstance(group, click.Group) else frozenset()
    unknown = unknown_names(os.environ, known)
    for name in unknown:
        yield Diagnosis(WARN, "environment", f"no setting is called {name}", cure_for(name, known))
    if not unknown:
        names = sorted(name for name in os.environ if name in known)
        yield Diagnosis(OK, "environment", f"set: {choices(names)}" if names else "no setting is set")


def _proxies(environment: Mapping[str, str]) -> Diagnosis:
    lower = {name.lower(): text for name, text in environment.items()}
    proxies = [name.upper() for name in _PROXIES if lower.get(name)]
    if not proxies:
        return Diagnosis(OK, "proxies", "none")
    spared = {host.strip().lower() for host in lower.get("no_proxy", "").split(",")}
    if "*" in spared or _LOOPBACK in spared:
        return Diagnosis(OK, "proxies", f"{', '.join(proxies)} set, and NO_PROXY spares {_LOOPBACK}")
    what = (
        f"{', '.join(proxies)} set, and NO_PROXY does not name {_LOOPBACK}: a client's calls may not arrive"
    )
    return Diagnosis(WARN, "proxies", what, f"export NO_PROXY={_LOOPBACK},localhost,::1")


def _extras() -> Iterator[Diagnosis]:
    for extra in EXTRAS:
        if missing := missing_packages(extra):
            what = f"not installed ({', '.join(missing)})"
            yield Diagnosis(WARN, f"extra {extra}", what, extra_command(extra))
        else:
            yield Diagnosis(OK, f"extra {extra}", "installed")


def _port(host: str, port: str) -> Diagnosis:
    import socket

    subject = f"port {port}"
    if not port.isdecimal():
        return Diagnosis(FAIL, subject, "expected a whole number from 0 to 65535", "mockserver config show")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except (OSError, OverflowError) as error:
            if version := _version_at(f"http://{f'[{host}]' if ':' in host else host}:{port}"):
                return Diagnosis(OK, subject, f"a mockserver {version} is running there")
            reason = getattr(error, "strerror", None) or str(error)
            return Diagnosis(WARN, subject, f"not free on {host}: {reason}", "mockserver run --port 0")
    return Diagnosis(OK, subject, f"free on {host}")


def _version_at(url: str) -> str:
    try:
        health = ControlPlane(ServerOptions(url), _TIMEOUT_S).call("GET", "/health")
    except FAILURES:
        return ""
    return str(health.get("version", "")) if isinstance(health, dict) else ""


def _specs() -> Diagnosis:
    from mockserver.engine.registry import discover_vendors
    from mockserver.errors import MockServerError

    try:
        names = [vendor.spec.name for vendor in discover_vendors()]
    except MockServerError as error:
        return Diagnosis(FAIL, "specs", str(error), "mockserver spec check")
    return Diagnosis(OK, "specs", ", ".join(names))


def _server(url: str) -> Diagnosis:
    version, shown_url = _version_at(url), re.sub(r"//[^/]*@", "//", url)
    if version:
        return Diagnosis(OK, "MOCKSERVER_URL", f"mockserver {version} answers at {shown_url}")
    what = f"no mockserver answers at {shown_url}"
    return Diagnosis(FAIL, "MOCKSERVER_URL", what, "mockserver run, or unset MOCKSERVER_URL")
