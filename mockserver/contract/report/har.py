"""The calls that show failures as an HTTP archive, HAR 1.2."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl

from mockserver import __version__
from mockserver.contract.exchange import Exchange
from mockserver.contract.report.rows import RunOutcome
from mockserver.contract.report.text import HiddenSecrets
from mockserver.model import Json


def har_archive(outcomes: Iterable[RunOutcome], began: str) -> Json:
    """Return the HAR archive; every call starts with the run and takes no time, as none was timed."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "mockserver", "version": __version__},
            "entries": [entry for one in outcomes for entry in _entries(one, began)],
        }
    }


def _entries(outcome: RunOutcome, began: str) -> Iterator[Json]:
    hidden = HiddenSecrets(outcome.session.secrets)
    for row in outcome.rows:
        for exchange in row.finding.exchanges if row.finding else ():
            yield {
                "startedDateTime": began,
                "time": 0,
                "request": _request(exchange, hidden, outcome.session.url),
                "response": _response(exchange, hidden),
                "cache": {},
                "timings": {"send": 0, "wait": 0, "receive": 0},
                "comment": f"{outcome.session.api.name} {row.name}",
            }


def _request(exchange: Exchange, hidden: HiddenSecrets, url: str) -> Json:
    sent = exchange.request
    path = hidden.path(sent.path)
    posted: Mapping[str, Json] = {}
    if sent.body:
        text, coded = _body(sent.body, hidden)
        own = {"_encoding": "base64"} if coded else {}
        posted = {"postData": {"mimeType": sent.headers.get("content-type", ""), "text": text, **own}}
    return {
        "method": sent.method,
        "url": f"{url}{path}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(hidden.headers(sent.headers)),
        "queryString": [
            {"name": name, "value": text}
            for name, text in parse_qsl(path.partition("?")[2], keep_blank_values=True)
        ],
        **posted,
        "headersSize": -1,
        "bodySize": len(sent.body),
    }


def _response(exchange: Exchange, hidden: HiddenSecrets) -> Json:
    came = exchange.response
    text, coded = _body(came.body, hidden)
    return {
        "status": came.status,
        "statusText": _phrase(came.status),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(hidden.headers(came.headers)),
        "content": {
            "size": len(came.body),
            "mimeType": came.headers.get("content-type", ""),
            "text": text,
            **({"encoding": "base64"} if coded else {}),
        },
        "redirectURL": hidden.path(came.headers.get("location", "")),
        "headersSize": -1,
        "bodySize": len(came.body),
    }


def _body(body: bytes, hidden: HiddenSecrets) -> tuple[str, bool]:
    try:
        body.decode()
    except UnicodeDecodeError:
        return b64encode(hidden.octets(body)).decode(), True
    return hidden.body(body), False


def _pairs(headers: Mapping[str, str]) -> list[Json]:
    return [{"name": name, "value": text} for name, text in headers.items()]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
