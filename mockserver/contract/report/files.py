"""Report files: HTML page, JSON, JUnit XML, HTTP archive, shell scripts and test modules."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from shlex import quote
from typing import NamedTuple
from urllib.parse import quote as quote_path

from mockserver.codec.curl import curl_command, header_option, shell_quote
from mockserver.codec.har import HarMessage, HarObject, har_entry, har_request, har_response
from mockserver.codec.har import har_archive as archive_of
from mockserver.codec.urls import is_loopback
from mockserver.console.report_file import report_templates
from mockserver.contract.exchange import Exchange, Finding, Request, Response
from mockserver.contract.isolation import SANDBOX
from mockserver.contract.report.junit import JunitCase, junit_xml
from mockserver.contract.report.results import (
    BEST_TO_WORST,
    ReportRow,
    RunOutcome,
    in_report_order,
    outcome_words,
    report_document,
)
from mockserver.contract.report.text import CUT, HiddenSecrets, counted, number_lines, one_line
from mockserver.contract.runner import PHASES
from mockserver.contract.safety import host_of
from mockserver.contract.session import Session
from mockserver.errors import BrokenRunError
from mockserver.journal.entry import HOP_BY_HOP
from mockserver.model import Json
from mockserver.spec.folder import specs_folder

_LONGEST = 20_000
_LONGEST_PATH = 200
_LONGEST_KEY = 80
_NUMBER = re.compile(r"\A\d+\. ")
_NO_ANCHOR = re.compile(r"[^A-Za-z0-9_-]+")

MOST = 60
"""Maximum number of squares for a batch. A square of several items shows their worst outcome."""

_NOWHERE = "http://in-process.invalid"
"""Address of calls in this process: an HTTP archive needs an address, and no host has this name."""

_LONGEST_REMARK = 2000
_BASH = "#!/usr/bin/env bash"
_SANDBOX_NAME = re.compile(r"contract-[a-z0-9-]{1,47}")
"""Pattern of the suite's sandbox names to which a script can append its process number."""

_IN_DOUBLE = re.compile(r'(["\\`$])')
_ESCAPED = r"\\\1"
_STATUS = r"'\n%{http_code}\n'"
_TARGET, _URL = "MOCKSERVER_TARGET", "MOCKSERVER_URL"
_LOCAL = "http://127.0.0.1:8080"
_PLAIN_ADDRESS = re.compile(r"https?://[\w.:\[\]-]+", re.ASCII)
_VARIABLE = re.compile(r"\$(MOCKSERVER_[A-Z0-9_]+)")
_NO_NAME = re.compile(r"\W+", re.ASCII)
_HEAD = '''"""Failures that `mockserver contract` found at {name}, a test each.

The tests call {there}; MOCKSERVER_TARGET names another address.
"""

from mockserver.contract.session import holds_again
'''
_EXECUTABLE = 0o755


def html_page(document: Json) -> str:
    pages = report_templates(__package__)
    pages.filters.update(
        causes=_causes,
        anchor=lambda name, vendor: _NO_ANCHOR.sub("-", f"{vendor}-{name}"),
        body=_body,
        columns=_columns,
        counted=counted,
        cut=lambda text: one_line(text, _LONGEST_PATH),
        has_bars=_has_bars,
        outcome_squares=outcome_squares,
        outcome_words=outcome_words,
        shown=lambda text: one_line(text, _LONGEST),
        # The HTML list numbers the steps itself.
        without_number=lambda step: one_line(_NUMBER.sub("", step), _LONGEST),
    )
    return pages.get_template("report.html").render(document, version=document["mockserver"])


def _columns(operations: Sequence[Json]) -> list[Json]:
    """Return one row of the operations for each check that was made, in the order of `checks.yaml`."""
    made = {row["check"]: row for operation in operations for row in operation["checks"]}
    return [made[name] for name in in_report_order(made)]


def _causes(vendor: Json) -> list[list[tuple[Json, Json]]]:
    """Return for each cause of failures its pairs of operation and row."""
    found = {
        row["finding"]["name"]: (operation, row)
        for operation in vendor["operations"]
        for row in operation["checks"]
        if "finding" in row
    }
    return [[found[name] for name in names] for names in vendor["causes"]]


def _has_bars(vendor: Json) -> bool:
    rows = [row for operation in vendor["operations"] for row in operation["checks"] if "finding" in row]
    return any(call["items"] for row in rows for call in row["finding"]["exchanges"])


def _body(message: Mapping[str, Json]) -> str:
    text = str(message.get("body", message.get("base64", "")))
    shown = "\n".join(one_line(one, _LONGEST) for one in text[:_LONGEST].split("\n"))
    left = len(text) - _LONGEST
    return f"{shown}{CUT}\n({left:,} more characters in report.json)" if left > 0 else shown


class OutcomeSquare(NamedTuple):
    """A square in the drawing of a batch."""

    outcome: str
    """The worst outcome of the square's items."""
    says: str
    """The square's items and their outcomes in words."""

    @property
    def sign(self) -> str:
        return {"rejected": "✕", "skipped": "\N{EN DASH}"}.get(self.outcome, "✓")


def outcome_squares(items: Sequence[Mapping[str, str]]) -> list[OutcomeSquare]:
    size = -(-len(items) // MOST) or 1
    return [_square(first, items[first : first + size]) for first in range(0, len(items), size)]


def _square(first: int, items: Sequence[Mapping[str, str]]) -> OutcomeSquare:
    worst = max((item["outcome"] for item in items), key=BEST_TO_WORST.index)
    if len(items) == 1:
        key = one_line(items[0]["key"], _LONGEST_KEY)
        return OutcomeSquare(worst, f"item {first} {key}".rstrip() + f": {worst}")
    counts = outcome_words(items).partition(": ")[2]
    return OutcomeSquare(worst, f"items {first} to {first + len(items) - 1}: {counts}")


def junit_suite(outcome: RunOutcome) -> tuple[Mapping[str, object], list[JunitCase]]:
    visit = outcome.session
    cases = [_junit_case(group.label, row, outcome) for group in outcome.groups for row in group.rows]
    totals = {
        "name": visit.api.name,
        "tests": len(cases),
        "failures": len(outcome.having("FAIL")),
        "skipped": len(outcome.having("known")),
        "errors": int(bool(visit.stopped)),
        "time": f"{visit.seconds:.3f}",
    }
    if visit.stopped:
        until = "The run ended early; the other results are those until then."
        cases.append(JunitCase(visit.api.name, "run", kind="error", message=visit.stopped, text=until))
    return totals, cases


def _junit_case(label: str, row: ReportRow, outcome: RunOutcome) -> JunitCase:
    if row.finding is None:
        return JunitCase(label, row.check.id)
    finding, hidden = row.finding, HiddenSecrets(outcome.session.secrets)
    message = hidden.text(finding.message)
    if row.verdict == "known":
        message = f"known: {row.reason or 'no reason is written down'}: {message}"
        return JunitCase(label, row.check.id, kind="skipped", message=message)
    lines = [message, f"at: {finding.pointer}" if finding.pointer else "", *number_lines(finding.steps)]
    lines += [f"expected: {finding.expected}" if finding.expected else ""]
    lines += [f"came: {finding.received}" if finding.received else ""]
    text = "\n".join(hidden.text(one) for one in lines if one)
    calls = "\n".join(call_lines(outcome.session, finding))
    output = f"seed {outcome.session.plan.run_config.seed}\nagain: {hidden.text(row.again)}\n{calls}"
    return JunitCase(label, row.check.id, None, "failure", message, row.check.id, text, output)


def har_archive(outcomes: Iterable[RunOutcome], began: str) -> HarObject:
    """Return the calls of all findings as HAR. Each call has the run's start time and a duration of 0 ms."""
    return archive_of(entry for outcome in outcomes for entry in _entries(outcome, began))


def _entries(outcome: RunOutcome, began: str) -> Iterator[HarObject]:
    hidden = HiddenSecrets(outcome.session.secrets)
    for row in outcome.rows:
        for exchange in row.finding.exchanges if row.finding else ():
            sent, received = exchange.request, exchange.response
            url = f"{outcome.session.url or _NOWHERE}{hidden.path(sent.path)}"
            redirect = hidden.path(received.headers.get("location", ""))
            yield har_entry(
                began,
                0,
                har_request(sent.method, url, _message(sent, hidden)),
                har_response(received.status, _message(received, hidden), redirect),
                comment=f"{outcome.session.api.name} {row.name}",
            )


def _message(one: Request | Response, hidden: HiddenSecrets) -> HarMessage:
    text = hidden.utf_8(one.body)
    body = hidden.octets(one.body) if text is None else one.body
    headers, media_type = hidden.headers(one.headers), one.headers.get("content-type", "")
    return HarMessage(headers, media_type, body, text, len(one.body))


def shell_script(session: Session, row: ReportRow, finding: Finding) -> str:
    hidden = HiddenSecrets(session.secrets)
    remarks = [
        f"{session.api.name} {row.check.id}: {finding.message}",
        *number_lines(finding.steps),
        f"again: {row.again}",
    ]
    if not session.url:
        remarks.append(f"It was found without a server; these calls need one: {_server_command(session)}")
    lines = [
        _BASH,
        *(f"# {one_line(hidden.text(one), _LONGEST_REMARK)}" for one in remarks),
        *call_lines(session, finding),
    ]
    return "\n".join(lines) + "\n"


def call_lines(session: Session, finding: Finding) -> list[str]:
    """Return lines of bash with the variables that the calls of a failure need, and then the calls."""
    calls = [exchange_command(exchange, session) for exchange in finding.exchanges]
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
    """Return the line with the default of MOCKSERVER_TARGET; MOCKSERVER_URL may change a local target."""
    mount = f"/{quote_path(session.api.name)}"
    base = session.url.removesuffix(mount) if session.url else _LOCAL
    is_below = not session.url or (session.url.endswith(mount) and is_loopback(host_of(session.url)))
    if not is_below or not _PLAIN_ADDRESS.fullmatch(base):
        return _default(_TARGET, session.url)
    return f'{_TARGET}="${{{_TARGET}:-${{{_URL}:-{base}}}{mount}}}"'


def _server_command(session: Session) -> str:
    """Return the command that starts, as a server, the application that the run called in its process."""
    spec = session.plan.spec
    if spec and spec.parent.resolve() != specs_folder().resolve():
        return f"mockserver run --specs {quote(str(spec.parent))} --vendor {quote(session.api.name)}"
    return f"mockserver run --vendor {quote(session.api.name)} --auth strict"


def exchange_command(exchange: Exchange, session: Session) -> str:
    """Return a curl command that prints status and body, and a comment with the status that the run got."""
    request, hidden = exchange.request, HiddenSecrets(session.secrets)
    path = shell_quote(hidden.text(request.path).encode()) if request.path else ""
    sent = {name: text for name, text in request.headers.items() if name.lower() not in HOP_BY_HOP}
    body = hidden.text(request.body.decode("latin-1")).encode("latin-1")
    command = curl_command(
        request.method,
        f'"${_TARGET}"{path}',
        sent,
        body,
        options=("-w", _STATUS),
        header=lambda name, text: _header(name, text, session),
    )
    status = exchange.response.status
    received = f"answered {status}" if status else "without a whole answer"
    return f"{command}# {received} when the failure was found"


def _default(name: str, text: str) -> str:
    return f'[ -n "${{{name}:-}}" ] || {name}={quote(text)}'


def _header(name: str, text: str, session: Session) -> str:
    if name.lower() == SANDBOX and _SANDBOX_NAME.fullmatch(text):
        return f'-H "{name}: {text}-$$"'  # every run of the script begins in a fresh sandbox
    if text in session.in_shell:
        return f'-H "{_IN_DOUBLE.sub(_ESCAPED, name)}: {session.in_shell[text]}"'
    return header_option(name, HiddenSecrets(session.secrets).text(text))


def _test(outcome: RunOutcome, row: ReportRow, finding: Finding) -> str:
    hidden = HiddenSecrets(outcome.session.secrets)
    name = _NO_NAME.sub("_", f"{row.operation}_{row.name}").strip("_").lower()
    comments = (
        f"    # {one_line(hidden.text(one), 2000)}\n"
        for one in (finding.message, *number_lines(finding.steps))
    )
    arguments = (f"        {one},\n" for one in _arguments(outcome, row))
    return f"\n\ndef test_{name}() -> None:\n{''.join(comments)}    holds_again(\n{''.join(arguments)}    )\n"


def _arguments(outcome: RunOutcome, row: ReportRow) -> Iterator[str]:
    plan = outcome.session.plan.only(row.check.id, row.finding)
    yield repr(plan.name)
    yield repr(row.check.id)
    yield f"seed={plan.run_config.seed}"
    yield f"max_examples={plan.run_config.max_examples}"
    optional = {
        "target": plan.target,
        "spec": plan.spec and str(plan.spec),
        "profile": plan.profile and str(plan.profile),
        "facts": dict(plan.facts),
        "operations": tuple(sorted(plan.run_config.operations)),
        "parts": tuple(plan.run_config.parts),
        "phases": plan.phases if plan.phases != PHASES else None,
    }
    yield from (f"{name}={value!r}" for name, value in optional.items() if value)


def write_reports(
    kinds: Sequence[str], folder: Path, outcomes: Sequence[RunOutcome], began: str
) -> tuple[list[Path], BrokenRunError | None]:
    """Write a report of each kind, and a script for each finding. Return the reports' paths, and a fault.

    The fault is the last error of the suite's own code in a report, or None. After an error, the next reports
    are still written. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _remove_scripts(folder)
    written: list[Path] = []
    broken = None
    for kind, make in {**{kind: KINDS[kind] for kind in kinds}, "of scripts": _scripts}.items():
        try:
            for name, content in make(outcomes, began):
                (folder / name).write_bytes(content)
                written.append(folder / name)
        except OSError:
            raise
        except Exception as fault:  # noqa: BLE001 - our fault, and no reason to lose other reports
            broken = BrokenRunError.of(fault, f"the report {kind}")
    scripts = [one for one in written if one.suffix == ".sh"]
    for one in scripts:
        one.chmod(_EXECUTABLE)
    return [one for one in written if one not in scripts], broken


def _remove_scripts(folder: Path) -> None:
    """Remove the scripts of an earlier run, which begin with the vendor and the check of their name."""
    for file in filter(Path.is_file, folder.glob("*-*.sh")):
        head = f" {file.name.rpartition('-')[0]}: ".encode()
        start, _, remark = file.read_bytes()[:_LONGEST_REMARK].partition(b"\n")
        if start == _BASH.encode() and remark.startswith(b"# ") and head in remark.partition(b"\n")[0]:
            file.unlink()


def _scripts(outcomes: Sequence[RunOutcome], _began: str) -> Iterator[tuple[str, bytes]]:
    for outcome in outcomes:
        for row in outcome.rows:
            if row.finding and row.finding.exchanges:
                yield f"{row.name}.sh", _bytes(shell_script(outcome.session, row, row.finding))


def _pytest(outcomes: Sequence[RunOutcome], _began: str) -> Iterator[tuple[str, bytes]]:
    for outcome in outcomes:
        name, target = outcome.session.api.name, outcome.session.plan.target
        head = _HEAD.format(name=name, there=target or "the application of mockserver, in their own process")
        tests = [_test(outcome, row, row.finding) for row in outcome.having("FAIL") if row.finding]
        if tests:
            yield f"test_contract_{name.replace('-', '_')}.py", _bytes(head + "".join(tests))


def _json(content: object) -> bytes:
    return _bytes(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _bytes(text: str) -> bytes:
    return text.encode(errors="backslashreplace")  # a lone surrogate is written as JSON escapes it


KINDS: Mapping[str, Callable[[Sequence[RunOutcome], str], Iterable[tuple[str, bytes]]]] = {
    "junit": lambda outcomes, _: [("junit.xml", junit_xml(map(junit_suite, outcomes)))],
    "html": lambda outcomes, began: [("index.html", _bytes(html_page(report_document(outcomes, began))))],
    "har": lambda outcomes, began: [("failures.har", _json(har_archive(outcomes, began)))],
    "pytest": _pytest,
    "json": lambda outcomes, began: [("report.json", _json(report_document(outcomes, began)))],
}
"""For each value of `--report`, a function of outcomes and the instant at which the run began.

The function returns names and contents of the report's files.
"""
