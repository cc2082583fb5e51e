"""The checks of whether a call is answered at all, made in every part of a run."""

from __future__ import annotations

from mockserver.contract.call_limits import ANSWERS_CAN_BE_READ, EVERY_CALL_IS_ANSWERED, UnansweredCallError
from mockserver.contract.exchange import Exchange, Request, Response
from mockserver.contract.finding import Check, Finding

ANSWER_CHECKS = (
    Check(
        EVERY_CALL_IS_ANSWERED,
        "every call is answered",
        "calls",
        "a caller that gets no answer does not know what became of its items",
    ),
    Check(
        ANSWERS_CAN_BE_READ,
        "answers can be read",
        "calls",
        "an answer must show what became of each item, and a read must show the record",
    ),
)

_NO_STATUS = 0


def unanswered_exchange(request: Request, operation: str) -> Exchange:
    """Return a request with an answer that never came: its status is 0."""
    return Exchange(request, Response(_NO_STATUS, {}, b""), operation)


def unanswered(error: UnansweredCallError, exchange: Exchange) -> Finding:
    """Return the finding of a call that has no whole answer."""
    expected = "an answer" if error.check == EVERY_CALL_IS_ANSWERED else "an answer that can be read"
    said = f"the call has no whole answer: {error}"
    came = "no whole answer"
    return Finding(error.check, exchange.operation, said, "", expected, came, exchanges=(exchange,))


def unread(error: Exception, exchange: Exchange) -> Finding:
    """Return the finding of an answer that is no text or no document."""
    request, status = exchange.request, exchange.response.status
    call = f"{request.method} {request.path.partition('?')[0]}"
    said = f"{call} is answered {status}, and that cannot be read ({type(error).__name__}: {error})"
    return Finding(ANSWERS_CAN_BE_READ, exchange.operation, said, expected="UTF-8", exchanges=(exchange,))
