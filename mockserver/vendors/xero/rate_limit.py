"""Rate limits: calls of a tenant per minute, per day and in flight, and calls of an app per minute.

Source: docs/vendors/xero.md#limits.
"""

from mockserver.errors import TooManyRequests
from mockserver.model import Call, Value
from mockserver.sandbox.quota import QuotaWindow, count_in_fixed_window, peek_fixed_window, rate_limit_headers
from mockserver.sandbox.store import State

TENANT_HEADER = "xero-tenant-id"
LIMIT_NAMES = ("minute", "day", "concurrent", "appminute")
"""Names of limits. Source: docs/vendors/xero.md#limits, the spelling of the last two assumed."""

_MINUTE = 60
_DAY = 86_400
_APP_A_MINUTE = 10_000


class CallLimits(Value, frozen=True):
    """The assumption `call_limits`, taken apart."""

    minute: int
    in_flight: int
    day: int


def count_call(call: Call, state: State) -> None:
    """Count a call against the quotas; one that is refused counts against none.

    Raises:
        TooManyRequests: a quota is used up.
    """
    if call.assumptions["quotas"] == "off":
        return
    limits = _call_limits(call)
    if call.in_flight > limits.in_flight:
        hint = f"{call.in_flight} calls of the tenant at once, at most {limits.in_flight} are allowed"
        raise TooManyRequests("concurrent", hint=f"{hint} ({call.assumed('quotas')})")
    _count_in_window("day", state, _tenant_key("day", call), limits.day, _DAY)
    _count_in_window("minute", state, _tenant_key("minute", call), limits.minute, _MINUTE)
    if not count_in_fixed_window(state, _app_key(call), _APP_A_MINUTE, _MINUTE).allowed:
        hint = f"the app has used up its {_APP_A_MINUTE:,} calls of this minute ({call.assumed('quotas')})"
        raise TooManyRequests("appminute", hint=hint)


def remaining_headers(call: Call, state: State) -> tuple[tuple[str, str], ...]:
    """Return the rate limit headers; while nothing is counted, those after a first call."""
    limits = _call_limits(call)
    if call.assumptions["quotas"] == "off":
        day, minute, app = max(0, limits.day - 1), max(0, limits.minute - 1), _APP_A_MINUTE - 1
    else:
        day = peek_fixed_window(state, _tenant_key("day", call), limits.day, _DAY).left
        minute = peek_fixed_window(state, _tenant_key("minute", call), limits.minute, _MINUTE).left
        app = peek_fixed_window(state, _app_key(call), _APP_A_MINUTE, _MINUTE).left
    return (
        ("X-DayLimit-Remaining", str(day)),
        ("X-MinLimit-Remaining", str(minute)),
        ("X-AppMinLimit-Remaining", str(app)),
        *(
            _draft_headers(limits, day, minute, state)
            if call.assumptions["ratelimit_headers"] == "on"
            else ()
        ),
    )


def _draft_headers(limits: CallLimits, day: int, minute: int, state: State) -> tuple[tuple[str, str], ...]:
    """Return the tenant's quotas as the draft has them; no document of the vendor has these headers."""
    now = int(state.now.timestamp())
    return rate_limit_headers(
        QuotaWindow("minute", limits.minute, _MINUTE, minute, _MINUTE - now % _MINUTE),
        QuotaWindow("day", limits.day, _DAY, day, _DAY - now % _DAY),
    )


def _count_in_window(which: str, state: State, key: str, limit: int, seconds: int) -> None:
    spent = count_in_fixed_window(state, key, limit, seconds)
    if not spent.allowed:
        raise TooManyRequests(which, spent.wait)


def _call_limits(call: Call) -> CallLimits:
    return CallLimits(*(int(part) for part in call.assumptions["call_limits"].split("/")))


def _tenant_key(window: str, call: Call) -> str:
    return f"{window}/{call.headers.get(TENANT_HEADER, '')}"


def _app_key(call: Call) -> str:
    return f"app/{call.principal.name}"
