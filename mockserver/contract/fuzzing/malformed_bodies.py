"""Checks that a body that cannot be decoded is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeAlias

from mockserver.contract.exchange import Exchange, Request
from mockserver.contract.finding import Finding, FindingLedger
from mockserver.contract.target import Target

JudgeExchange: TypeAlias = Callable[[Exchange, FindingLedger], tuple[Finding, ...]]

_UNHEARD_OF = "application/x-unheard-of"
_NO_TEXT = b"\xff\xfe\xfd"
_OK = range(200, 300)


class MalformedBodies:
    """Tries every operation and media type once, after a body was taken."""

    def __init__(self, target: Target, ledger: FindingLedger, judge: JudgeExchange) -> None:
        self._target = target
        self._ledger = ledger
        self._judge = judge
        self._tried: set[tuple[str, str]] = set()

    def judge(self, operation: str, exchange: Exchange) -> tuple[Finding, ...]:
        """Return what is found of such bodies, by the example of a call.

        Raises:
            TargetUnreachableError: nobody answers.
        """
        request = exchange.request
        name = (operation, request.media_type)
        if not request.body or exchange.response.status not in _OK or name in self._tried:
            return ()
        self._tried.add(name)
        return tuple(found for one in _malformed(request) for found in self._found(one, operation))

    def _found(self, request: Request, operation: str) -> tuple[Finding, ...]:
        exchange = self._target.send(request, operation)
        self._ledger.called(exchange)
        return self._judge(exchange, self._ledger)


def _malformed(good: Request) -> Iterator[Request]:
    yield replace(good, body=good.body[: len(good.body) // 2])
    yield replace(good, body=good.body[:1] + _NO_TEXT + good.body[1:])
    yield replace(good, headers={**good.headers, "content-type": _UNHEARD_OF})
