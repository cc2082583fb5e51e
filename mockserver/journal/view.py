"""Journal entries as the control plane shows them."""

from __future__ import annotations

from collections.abc import Mapping

from mockserver.clock import print_instant
from mockserver.journal import Decided, Entry
from mockserver.model import Document, Json, Problem
from mockserver.secrets import masked


def short(entry: Entry) -> dict[str, Json]:
    """An entry in one line of a list."""
    call, counts = entry.call, dict(entry.decided.counts)
    return {
        "number": entry.number,
        "at": print_instant(entry.at),
        "vendor": call.vendor,
        "method": call.method,
        "path": call.path,
        "query": call.query,
        "operation": entry.operation,
        "status": entry.reply.status,
        "refusal": entry.refusal,
        "items": sum(counts.values()),
        "outcomes": counts,
        "durationMillis": round(entry.duration_ms, 3),
    }


def whole(entry: Entry) -> Document:
    """Everything that an entry holds; credentials are masked."""
    reply = entry.reply
    headers: Mapping[str, str] = dict(reply.headers)
    return {
        **short(entry),
        "request": {"headers": masked(entry.call.headers), "body": _text(entry.call.body)},
        "reply": {"mediaType": reply.media_type, "headers": headers, "body": _text(reply.body)},
        "decided": _decided(entry.decided),
        "trace": entry.trace or None,
    }


def _decided(decided: Decided) -> list[Document]:
    return [
        {
            "index": index,
            "key": key,
            "action": str(action),
            "problems": [_problem(problem) for problem in decided.problems.get(index, ())],
            "warnings": [_problem(warning) for warning in decided.warnings.get(index, ())],
        }
        for index, (key, action) in enumerate(decided.items())
    ]


def _problem(problem: Problem) -> Document:
    return {"code": problem.code, "pointer": problem.pointer, "detail": problem.detail, "rule": problem.rule}


def _text(body: bytes) -> str:
    return body.decode("utf-8", errors="replace")
