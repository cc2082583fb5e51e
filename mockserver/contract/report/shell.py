"""The calls of a failure as a bash script that sends the same bytes with curl, one after the other."""

from __future__ import annotations

import re
from shlex import quote

from mockserver.codec.curl import curl_command, header_option, shell_quote
from mockserver.contract.exchange import Exchange
from mockserver.contract.finding import Finding
from mockserver.contract.report.rows import ReportRow
from mockserver.contract.report.text import HiddenSecrets, number_lines, one_line
from mockserver.contract.session.session import Session
from mockserver.journal.entry import HOP_BY_HOP

_LONGEST_REMARK = 2000
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_IN_DOUBLE = re.compile(r'(["\\`$])')
_ESCAPED = r"\\\1"
_STATUS = r"'\n%{http_code}\n'"
_TARGET = "MOCKSERVER_TARGET"
_VARIABLE = re.compile(r"\$(MOCKSERVER_[A-Z0-9_]+)")


def shell_script(session: Session, row: ReportRow, finding: Finding) -> str:
    """Return the whole script; it goes to MOCKSERVER_TARGET where that is set, else where the run went."""
    hidden = HiddenSecrets(session.secrets)
    remarks = [
        f"{session.api.name} {row.check.id}: {finding.said}",
        *number_lines(finding.told),
        f"again: {row.again}",
    ]
    calls = [exchange_command(one, session) for one in finding.exchanges]
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
    return f"{command}# came then: {exchange.response.status}"


def _default(name: str, text: str) -> str:
    return f'[ -n "${{{name}:-}}" ] || {name}={quote(text)}'


def _header(name: str, text: str, session: Session) -> str:
    if text in session.in_shell:
        return f'-H "{_IN_DOUBLE.sub(_ESCAPED, name)}: {session.in_shell[text]}"'
    return header_option(name, HiddenSecrets(session.secrets).text(text))
