"""From a step to the request that it makes."""

from __future__ import annotations

import gzip
from base64 import b64decode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from mockserver.cases.language import Node
from mockserver.cases.matching import made
from mockserver.cases.wire import PATIENCE_MS, Sent
from mockserver.codec import json
from mockserver.reply import JSON

FORM = "application/x-www-form-urlencoded"
PIECES = 3
"""In how many pieces a chunked body goes out where the step names no number."""


def request(step: Node, mount: str, headers: Mapping[str, str], kept: Mapping[str, Any]) -> Sent:
    """The request of a `call` step below `mount`; its own headers win over `headers`, a null drops one.

    Raises:
        KeyError: it names what was not kept.
    """
    method, _, target = str(made(step["call"], kept)).partition(" ")
    content = _content(step, kept)
    sent = {name.lower(): text for name, text in {**headers, **_typed(step)}.items()}
    if step.get("gzip"):
        content = gzip.compress(content, mtime=0)
        sent["content-encoding"] = "gzip"
    own = {name.lower(): texts for name, texts in made(step.get("headers", {}), kept).items()}
    return Sent(
        method,
        mount + target,
        tuple((name, str(text)) for name, texts in {**sent, **own}.items() for text in _each(texts)),
        content,
        PIECES if step.get("chunked") is True else step.get("chunked", 1),
        step.get("within", PATIENCE_MS),
        step.get("keep_alive", False),
    )


def _typed(step: Node) -> Mapping[str, str]:
    if "form" in step:
        return {"content-type": FORM}
    return {"content-type": JSON} if "json" in step and "encoding" not in step else {}


def _each(texts: Any) -> list[Any]:
    if isinstance(texts, list):
        return texts
    return [] if texts is None else [texts]


def _content(step: Node, kept: Mapping[str, Any]) -> bytes:
    encoding = step.get("encoding", "utf-8")
    if "json" in step:
        encoded = json.encode(made(step["json"], kept))
        return encoded if encoding == "utf-8" else encoded.decode().encode(encoding)
    if "text" in step:
        parts = made(step["text"], kept)
        return "".join(map(str, parts if isinstance(parts, list) else [parts])).encode(encoding)
    if "form" in step:
        return urlencode(made(step["form"], kept)).encode()
    if "hex" in step:
        return bytes.fromhex(made(step["hex"], kept))
    return b64decode(made(step["base64"], kept)) if "base64" in step else b""
