"""The calls that show failures as an HTTP archive, HAR 1.2."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mockserver.codec.har import HarMessage, HarObject, har_entry, har_request, har_response
from mockserver.codec.har import har_archive as archive_of
from mockserver.contract.exchange import Exchange
from mockserver.contract.report.rows import RunOutcome
from mockserver.contract.report.text import HiddenSecrets

_NOWHERE = "http://in-process.invalid"
"""Address of calls that no server received: an archive needs one, and this name leads nowhere."""


def har_archive(outcomes: Iterable[RunOutcome], began: str) -> HarObject:
    """Return the HAR archive; every call starts with the run and takes no time, as none was timed."""
    return archive_of(entry for one in outcomes for entry in _entries(one, began))


def _entries(outcome: RunOutcome, began: str) -> Iterator[HarObject]:
    hidden = HiddenSecrets(outcome.session.secrets)
    for row in outcome.rows:
        for exchange in row.finding.exchanges if row.finding else ():
            request = _request(exchange, hidden, outcome.session.url or _NOWHERE)
            comment = f"{outcome.session.api.name} {row.name}"
            yield har_entry(began, 0, request, _response(exchange, hidden), comment=comment)


def _request(exchange: Exchange, hidden: HiddenSecrets, url: str) -> HarObject:
    sent = exchange.request
    message = _message(sent.headers, sent.body, hidden)
    return har_request(sent.method, f"{url}{hidden.path(sent.path)}", message)


def _response(exchange: Exchange, hidden: HiddenSecrets) -> HarObject:
    came = exchange.response
    message = _message(came.headers, came.body, hidden)
    return har_response(came.status, message, hidden.path(came.headers.get("location", "")))


def _message(headers: Mapping[str, str], body: bytes, hidden: HiddenSecrets) -> HarMessage:
    media_type, shown, size = headers.get("content-type", ""), hidden.headers(headers), len(body)
    try:
        body.decode()
    except UnicodeDecodeError:
        return HarMessage(shown, media_type, hidden.octets(body), None, size)
    return HarMessage(shown, media_type, body, hidden.body(body), size)
