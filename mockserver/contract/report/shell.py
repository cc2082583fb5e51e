"""The calls of a failure as a bash script that sends the same bytes with curl, one after the other."""

from __future__ import annotations

import re
from shlex import quote
from urllib.parse import quote as quote_path

from mockserver.codec.curl import curl_command, header_option, shell_quote
from mockserver.codec.hosts import is_loopback
from mockserver.contract.exchange import Exchange
from mockserver.contract.finding import Finding
from mockserver.contract.isolation import SANDBOX
from mockserver.contract.report.rows import ReportRow
from mockserver.contract.report.text import HiddenSecrets, number_lines, one_line
from mockserver.contract.safety import host_of
from mockserver.contract.session.session import Session
from mockserver.journal.entry import HOP_BY_HOP
from mockserver.spec.folder import specs_folder

_LONGEST_REMARK = 2000
_SANDBOX_NAME = re.compile(r"contract-[a-z0-9-]{1,47}")
"""Names that the suite gives; the number of a process fits behind them."""
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_IN_DOUBLE = re.compile(r'(["\\`$])')
_ESCAPED = r"\\\1"
_STATUS = r"'\n%{http_code}\n'"
_TARGET, _URL = "MOCKSERVER_TARGET", "MOCKSERVER_URL"
_LOCAL = "http://127.0.0.1:8080"
_PLAIN_ADDRESS = re.compile(r"https?://[\w.:\[\]-]+", re.ASCII)
_VARIABLE = re.compile(r"\$(MOCKSERVER_[A-Z0-9_]+)")


def shell_script(session: Session, row: ReportRow, finding: Finding) -> str:
    """Return the whole script; MOCKSERVER_TARGET or MOCKSERVER_URL name another address for its calls."""
    hidden = HiddenSecrets(session.secrets)
    remarks = [
        f"{session.api.name} {row.check.id}: {finding.said}",
        *number_lines(finding.told),
        f"again: {row.again}",
    ]
    if not session.url:
        remarks.append(f"It was found without a server; these calls need one: {_server_command(session)}")
    lines = [
        "#!/usr/bin/env bash",
        *(f"# {one_line(hidden.text(one), _LONGEST_REMARK)}" for one in remarks),
        *call_lines(session, finding),
    ]
    return "\n".join(lines) + "\n"


def call_lines(session: Session, finding: Finding) -> list[str]:
    """Return the calls of a failure as lines of bash, with the variables that they need before them."""
    calls = [exchange_command(one, session) for one in finding.exchanges]
    if not calls:
        return []
    named = sorted(
        {name for call in calls for name in _VARIABLE.findall(call)} - {*session.defaults, _TARGET}
    )
    return [
        _target_line(session),
        *(_default(name, text) for name, text in session.defaults.items()),
        *(f': "${{{name}:?}}"' for name in named),
        *calls,
    ]


def _target_line(session: Session) -> str:
    """Return the assignment of the address; a server of this machine is found by MOCKSERVER_URL too."""
    mount = f"/{quote_path(session.api.name)}"
    base = session.url.removesuffix(mount) if session.url else _LOCAL
    is_below = not session.url or (session.url.endswith(mount) and is_loopback(host_of(session.url)))
    if not is_below or not _PLAIN_ADDRESS.fullmatch(base):
        return _default(_TARGET, session.url)
    return f'{_TARGET}="${{{_TARGET}:-${{{_URL}:-{base}}}{mount}}}"'


def _server_command(session: Session) -> str:
    """Return the command that starts the server that the run had in its process."""
    spec = session.plan.spec
    if spec and spec.parent.resolve() != specs_folder().resolve():
        return f"mockserver run --specs {quote(str(spec.parent))} --vendor {quote(session.api.name)}"
    return f"mockserver run --vendor {quote(session.api.name)} --auth strict"


def exchange_command(exchange: Exchange, session: Session) -> str:
    """Return one call; it prints status and body, and a comment states the status of the finding."""
    request, hidden = exchange.request, HiddenSecrets(session.secrets)
    path = shell_quote(hidden.text(request.path).encode()) if request.path else ""
    sent = {name: text for name, text in request.headers.items() if name.lower() not in HOP_BY_HOP}
    body = hidden.text(request.body.decode("latin-1")).encode("latin-1")
    command = curl_command(
        request.method,
        f'"${_TARGET}"{path}',
        [_header(name, text, session) for name, text in sent.items()],
        {name.lower() for name in sent},
        body,
        is_text=not _CONTROL.search(body),
        options=("-w", _STATUS),
    )
    status = exchange.response.status
    came = f"answered {status}" if status else "without a whole answer"
    return f"{command}# {came} when the failure was found"


def _default(name: str, text: str) -> str:
    return f'[ -n "${{{name}:-}}" ] || {name}={quote(text)}'


def _header(name: str, text: str, session: Session) -> str:
    if name.lower() == SANDBOX and _SANDBOX_NAME.fullmatch(text):
        return f'-H "{name}: {text}-$$"'  # every run of the script begins in a fresh sandbox
    if text in session.in_shell:
        return f'-H "{_IN_DOUBLE.sub(_ESCAPED, name)}: {session.in_shell[text]}"'
    return header_option(name, HiddenSecrets(session.secrets).text(text))
