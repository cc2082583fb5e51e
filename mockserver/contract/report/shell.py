"""The calls of a failure as a bash script that sends the same bytes with curl, one after the other."""

from __future__ import annotations

import re
from base64 import encodebytes
from collections.abc import Iterator
from shlex import quote

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.finding import Finding
from mockserver.contract.report.rows import ReportRow
from mockserver.contract.report.text import HiddenSecrets, number_lines, one_line
from mockserver.contract.session.session import Session
from mockserver.journal.entry import HOP_BY_HOP
from mockserver.journal.export.curl import shell_quote

_BY_ITSELF = ("accept", "user-agent", "content-type")
_MAX_ARGUMENT_BYTES = 64 * 1024
_LONGEST_REMARK = 2000
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_IN_DOUBLE = re.compile(r'(["\\`$])')
_ESCAPED = r"\\\1"
_STATUS = r"'\n%{http_code}\n'"
_TARGET = "MOCKSERVER_TARGET"
_VARIABLE = re.compile(r"\$(MOCKSERVER_[A-Z0-9_]+)")
_NEXT = " \\\n  "


def shell_script(session: Session, row: ReportRow, finding: Finding) -> str:
    """Return the whole script; it goes to MOCKSERVER_TARGET where that is set, else where the run went."""
    hidden = HiddenSecrets(session.secrets)
    remarks = [
        f"{session.api.name} {row.check.id}: {finding.said}",
        *number_lines(finding.told),
        f"again: {row.again}",
    ]
    calls = [curl_command(one, session) for one in finding.exchanges]
    named = sorted(
        {name for call in calls for name in _VARIABLE.findall(call)} - {*session.defaults, _TARGET}
    )
    lines = [
        "#!/usr/bin/env bash",
        *(f"# {one_line(hidden.text(one), _LONGEST_REMARK)}" for one in remarks),
        _default(_TARGET, session.url),
        *(_default(name, text) for name, text in session.defaults.items()),
        *(f': "${{{name}:?}}"' for name in named),
        *calls,
    ]
    return "\n".join(lines) + "\n"


def curl_command(exchange: Exchange, session: Session) -> str:
    """Return one call; its status follows its answer, and a line says what came when it was found."""
    request, hidden = exchange.request, HiddenSecrets(session.secrets)
    method = ["--head"] if request.method == "HEAD" else ["-X", shell_quote(request.method.encode())]
    path = shell_quote(hidden.text(request.path).encode()) if request.path else ""
    words = [
        "curl",
        "-sS",
        "--globoff",
        "--path-as-is",
        "-w",
        _STATUS,
        *method,
        f'"${_TARGET}"{path}',
    ]
    lines = [" ".join(words), *_headers(request, session)]
    then = f"# came then: {exchange.response.status}"
    if not request.body or request.method == "HEAD":
        return f"{_NEXT.join(lines)}\n{then}"
    body = hidden.text(request.body.decode("latin-1")).encode("latin-1")
    if len(body) <= _MAX_ARGUMENT_BYTES and not _CONTROL.search(body):
        return f"{_NEXT.join([*lines, f'--data-raw {shell_quote(body)}'])}\n{then}"
    sent = _NEXT.join([*lines, "--data-binary @-"])
    return f"base64 -d <<'END' | {sent}\n{encodebytes(body).decode()}END\n{then}"


def _default(name: str, text: str) -> str:
    return f'[ -n "${{{name}:-}}" ] || {name}={quote(text)}'


def _headers(request: Request, session: Session) -> Iterator[str]:
    hidden = HiddenSecrets(session.secrets)
    sent = {name: text for name, text in request.headers.items() if name.lower() not in HOP_BY_HOP}
    for name, text in sent.items():
        if text in session.in_shell:
            yield f'-H "{_IN_DOUBLE.sub(_ESCAPED, name)}: {session.in_shell[text]}"'
        else:
            header = f"{name}: {hidden.text(text)}" if text else f"{name};"
            yield f"-H {shell_quote(header.encode('latin-1', 'replace'))}"
    lower = {name.lower() for name in sent}
    for name in _BY_ITSELF:
        if name not in lower and (name != "content-type" or request.body):
            yield f"-H {quote(f'{name}:')}"
