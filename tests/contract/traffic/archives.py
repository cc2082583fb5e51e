"""Archives for the tests, made of what was sent and what came."""

from __future__ import annotations

import json
from typing import Any

AT = "2026-01-05T09:00:00.000Z"


def entry(  # noqa: PLR0913 - the parts of a recorded call
    method: str,
    url: str,
    sent: Any = None,
    *,
    status: int = 200,
    received: Any = None,
    at: str = AT,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """One entry as a proxy would write it; documents go as JSON."""
    posted = {} if sent is None else {"postData": {"mimeType": "application/json", "text": json.dumps(sent)}}
    named = {"Content-Type": "application/json", **(headers or {})}
    return {
        "startedDateTime": at,
        "request": {
            "method": method,
            "url": url,
            "headers": [{"name": name, "value": text} for name, text in named.items()],
            **posted,
        },
        "response": {
            "status": status,
            "headers": [],
            "content": {"mimeType": "application/json", "text": json.dumps(received)},
        },
    }


def archive(*entries: dict[str, Any]) -> str:
    """The archive's text."""
    return json.dumps({"log": {"version": "1.2", "entries": list(entries)}})
