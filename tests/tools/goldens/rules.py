"""What differs between two runs of the same code, and what is written in its place."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]

_QUOTE = r'(?:\\*"|&#34;|&quot;)'

RULES: tuple[tuple[str, str, str], ...] = (
    ("folder of this tree", re.escape(str(ROOT)), "<root>"),
    ("temporary folder", r"/tmp/goldens-[a-z0-9_]+", "<folder>"),  # noqa: S108
    ("port of a server", r"(127\.0\.0\.1|localhost):(3[2-9]\d{3}|[4-6]\d{4})\b", r"\1:<port>"),
    ("address of an object", r"\b0x[0-9a-f]{6,}\b", "<address>"),
    ("duration in JSON", rf"({_QUOTE}(?:durationMillis|seconds|time|wait){_QUOTE}: ?)[\d.e-]+", r"\1<time>"),
    ("start in HAR", rf"(startedDateTime{_QUOTE}: ?{_QUOTE})[\dT:.-]+Z", r"\1<instant>"),
    ("time of a file on a page", r'<time datetime="20[^"]*\.\d{6}Z">[^<]*</time>', "<time/>"),
    ("time of a file", r'("modified": ?)"20[^"]+"', r'\1"<instant>"'),
    ("duration in a log line", r"\b\d+ ms(?=  \[)", "<time> ms"),
    ("duration on a page", r"\b\d+(?:\.\d+)? (?:ms|µs)(?=</)", "<time> ms"),
    ("duration in a summary", r"(?<= calls · )[\d.]+ (?:s|min)\b", "<time>"),
    ("percentile in JSON", r'("p(?:50|90|99)": ?)[\d.]+', r"\1<time>"),
    ("duration of a failed size", r"\bafter [\d.]+ s\b", "after <time>"),
    ("time of a real server", r'("(?:at|began)": ?)"20[^"]+"', r'\1"<instant>"'),
    ("header of a real server", r'("date": ?)"[^"]+"', r'\1"<instant>"'),
)
"""Name, pattern, replacement."""

_COMPILED = tuple((re.compile(pattern), replacement) for _, pattern, replacement in RULES)


def normalized(text: str) -> str:
    """Return the text without what varies."""
    for pattern, replacement in _COMPILED:
        text = pattern.sub(replacement, text)
    return text
