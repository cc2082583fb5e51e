"""Replace the reply of a call and set its delivery, as the decision's response effect says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

from msgspec.structs import replace

from mockserver.errors import (
    Forbidden,
    MethodNotAllowed,
    NotAcceptable,
    NotFound,
    Refusal,
    Rejected,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
    VendorFailure,
)
from mockserver.model import Answer, Call, Delivery, Problem, Reply
from mockserver.scenario.decision import Decision
from mockserver.scenario.item_effects import applied_effects
from mockserver.scenario.model import ResponseEffect

RenderRefusal = Callable[[Refusal], Reply]

_REDIRECTS = range(300, 400)
_ERRORS = range(400, 600)
_SERVER_ERRORS = 500
_UNAVAILABLE = frozenset({502, 503, 504})

_REFUSALS_BY_STATUS: Mapping[int, Callable[[Call], Refusal]] = {
    401: lambda _call: Unauthorized("expired"),
    403: lambda _call: Forbidden("scope"),
    404: lambda call: NotFound("path", call.path),
    405: lambda _call: MethodNotAllowed(()),
    406: lambda call: NotAcceptable(call.headers.get("accept", "")),
    413: lambda _call: TooLarge(0),
    415: lambda call: UnsupportedMediaType(call.headers.get("content-type", ""), ()),
}


def refusal_for_status(status: int, call: Call, wait: int | None = None) -> Refusal:
    """Return the refusal that a vendor would answer with that status, or the nearest to it."""
    if status in _REFUSALS_BY_STATUS:
        return _REFUSALS_BY_STATUS[status](call)
    if status == 429:  # noqa: PLR2004 - HTTP's own number
        return TooManyRequests("", wait)
    if status >= _SERVER_ERRORS:
        return Unavailable() if status in _UNAVAILABLE else VendorFailure()
    return Rejected(Problem("conflict", (), "the call is refused", "fault", status))


def apply_response(
    answer: Answer,
    decision: Decision,
    call: Call,
    render_refusal: RenderRefusal,
    example: Reply | None = None,
) -> Answer:
    """Return the answer with the decision's effects on reply, headers and delivery.

    `render_refusal` words a refusal as the vendor does; `example` is the decision's example. The outcomes
    are unchanged.
    """
    effect = decision.response or ResponseEffect()
    reply = example or _replace_reply(answer.reply, effect, decision, call, render_refusal)
    reply = _replace_headers(reply, effect, decision)
    return replace(
        answer,
        reply=reply,
        applied=decision.applied,
        effects=applied_effects(decision),
        delivery=build_delivery(decision),
    )


def apply_quota_refusal(refused: Answer, decision: Decision) -> Answer:
    """Return the refusal of a rule's quota, with the status that the rule says."""
    reply = replace(refused.reply, status=decision.quota_status)
    return replace(refused, reply=reply, applied=decision.applied, delivery=build_delivery(decision))


def build_delivery(decision: Decision) -> Delivery | None:
    """Return how the answer leaves; None when it leaves at once and whole."""
    effect = decision.response or ResponseEffect()
    dribble = effect.dribble
    delivery = Delivery(
        delay_ms=decision.delay_ms,
        chunks=dribble.chunks if dribble is not None else 1,
        spread_ms=dribble.total_ms if dribble is not None else 0,
        fraction=effect.truncate_at,
        fault=effect.fault,
    )
    return None if delivery == Delivery() else delivery


def _replace_reply(
    reply: Reply, effect: ResponseEffect, decision: Decision, call: Call, render_refusal: RenderRefusal
) -> Reply:
    status = effect.status if effect.status is not None else reply.status
    if effect.body is not None:
        return Reply(status, effect.body.text.encode(), effect.body.media_type)
    if status == reply.status:
        return reply
    if status in _ERRORS:
        wait = int(decision.retry_after) if decision.retry_after.isdecimal() else None
        return replace(render_refusal(refusal_for_status(status, call, wait)), status=status)
    if status in _REDIRECTS:
        query = f"?{call.query}" if call.query else ""
        path = call.target or quote(f"{call.mount}{call.path}")
        return Reply(status, headers=(("Location", f"{path}{query}"),))
    return replace(reply, status=status)


def _replace_headers(reply: Reply, effect: ResponseEffect, decision: Decision) -> Reply:
    """Return the reply with the effect's headers in place of its own ones of the same name."""
    said = dict(effect.headers)
    if effect.retry_after is not None:
        said["Retry-After"] = decision.retry_after
    if not said:
        return reply
    names = {name.lower() for name in said}
    kept = [(name, text) for name, text in reply.headers if name.lower() not in names]
    media_type = next((text for name, text in said.items() if name.lower() == "content-type"), None)
    others = [(name, str(text)) for name, text in said.items() if name.lower() != "content-type"]
    return replace(reply, media_type=media_type or reply.media_type, headers=(*kept, *others))
