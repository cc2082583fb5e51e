"""Differences of recorded traffic from the spec and from a local server, as text, JSON and HTML."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from mockserver.codec.masking import Redaction, sent_credentials
from mockserver.console.report_file import report_templates, run_document
from mockserver.contract.exchange import Request, Response
from mockserver.contract.report.text import HiddenSecrets, counted, one_line
from mockserver.contract.traffic import Drift, DriftedExchange
from mockserver.journal.view import decode_and_redact

SHOWN = 20
"""Maximum number of calls that a terminal shows; further calls are counted, and are in the reports."""

_KEPT_SIGNS = 20_000
_line = partial(one_line, longest=240)


def lines(drift: Drift, name: str) -> Iterator[str]:
    left_out = {
        "of others": drift.foreign,
        "without an answer": drift.lost,
        "with a transient error": drift.transient,
    }
    totals = ", ".join(f"{count:,} {what}" for what, count in left_out.items() if count)
    calls = counted(len(drift.calls), "calls")
    yield f"{drift.vendor}  {name}  {calls}{f' (left out: {totals})' if totals else ''}"
    for one in drift.drifted[:SHOWN]:
        yield from _call(one, _hidden(drift, one))
    if len(drift.drifted) > SHOWN:
        yield f"  … {len(drift.drifted) - SHOWN:,} more calls"
    forbidden = sum(len(call.forbidden) for call in drift.calls)
    worded = [one.is_worded for call in drift.calls for one in call.differences]
    for entry in drift.gone:
        yield f"gone: {entry.check} at {entry.operation} is in the baseline but not here: take it out"
        yield f"    {_line(entry.fingerprint)}"
    yield (
        f"{counted(forbidden, 'answers')} that the spec forbids, "
        f"{counted(worded.count(False), 'outcomes')} that would be another here"
        + (f", {counted(sum(worded), 'messages')} that would be worded otherwise" if any(worded) else "")
        + (f", {counted(drift.known, 'known differences')}" if drift.known else "")
    )


def markdown(drift: Drift, name: str) -> str:
    told = "\n".join(lines(drift, name)).replace("```", "~~~")
    return f"### mockserver verify {drift.vendor}\n\n```text\n{told}\n```\n"


def document(drift: Drift, name: str) -> dict[str, Any]:
    """Return the drift as a JSON document, without credentials."""
    return {
        "version": 1,
        "vendor": drift.vendor,
        "archive": name,
        "calls": len(drift.calls),
        "leftOut": {"foreign": drift.foreign, "lost": drift.lost, "transient": drift.transient},
        "known": drift.known,
        "gone": [
            {"operation": one.operation, "check": one.check, "reason": one.reason} for one in drift.gone
        ],
        "checked": dict(sorted(drift.made.items())),
        "drifted": [_told(one, _hidden(drift, one)) for one in drift.drifted],
    }


def page(drift: Drift, name: str) -> str:
    found = document(drift, name)
    result = f"{counted(len(drift.calls), 'calls')} · {len(drift.drifted):,} drifted"
    run = run_document("verify", drift.vendor, result, "")
    return report_templates(__package__).get_template("drift.html").render(drift=found, run=run)


def _hidden(drift: Drift, one: DriftedExchange) -> HiddenSecrets:
    sent, declared = one.recorded.request, drift.credential_names
    values = sent_credentials(sent.headers, sent.query, declared)
    return HiddenSecrets(redaction=Redaction(declared, values=values))


def _call(one: DriftedExchange, hidden: HiddenSecrets) -> Iterator[str]:
    sent, received = one.recorded.request, one.recorded.response
    yield f"  #{one.number} {_line(f'{sent.method} {hidden.path(sent.path)}')} {received.status}"
    for finding in one.forbidden:
        yield f"    FORBIDDEN  {finding.check}: {_line(finding.message)}"
    for other in one.differences:
        item = "" if other.place is None else f"item {other.place}{f' ({other.key})' if other.key else ''}: "
        word = "WORDED   " if other.is_worded else "OTHERWISE"
        yield f"    {word}  {_line(f'{item}recorded {other.recorded}, here {other.here}')}"


def _told(one: DriftedExchange, hidden: HiddenSecrets) -> dict[str, Any]:
    sent = one.recorded.request
    return {
        "number": one.number,
        "operation": one.recorded.operation or None,
        "forbidden": [
            {
                "check": found.check,
                "says": found.message,
                "pointer": found.pointer,
                "expected": found.expected,
                "came": found.received,
            }
            for found in one.forbidden
        ],
        **{
            name: [
                {"item": other.place, "key": other.key, "recorded": other.recorded, "here": other.here}
                for other in one.differences
                if other.is_worded == (name == "worded")
            ]
            for name in ("otherwise", "worded")
        },
        "request": {"method": sent.method, "path": hidden.path(sent.path), **_message(sent, hidden)},
        **{
            name: {"status": came.response.status, **_message(came.response, hidden)}
            for name, came in (("recorded", one.recorded), ("here", one.here))
        },
    }


def _message(one: Request | Response, hidden: HiddenSecrets) -> dict[str, Any]:
    text = decode_and_redact(one.body, None, hidden.redaction)[1]
    if len(text) > _KEPT_SIGNS:
        text = f"{text[:_KEPT_SIGNS]}… {len(text) - _KEPT_SIGNS:,} more"
    return {"headers": hidden.headers(one.headers), "body": text}
