"""How often a tenant may be called: in a minute, at once, in a day; and an app, in a minute.

Source: Xero fact sheet §3.4.
"""

from mockserver.errors import TooManyRequests
from mockserver.model import Call, Value
from mockserver.quota import Window, fixed_window, peek, rate_limit
from mockserver.store import State

TENANT = "xero-tenant-id"
PROBLEMS = ("minute", "day", "concurrent", "appminute")
"""Which limit was met. Source: Xero fact sheet §3.4, the spelling of the last two assumed."""

_MINUTE = 60
_DAY = 86_400
_APP_A_MINUTE = 10_000


class Limits(Value, frozen=True):
    """The switch `call_limits`, taken apart."""

    minute: int
    at_once: int
    day: int


def spend(call: Call, state: State) -> None:
    """Count a call against the quotas; one that is refused counts against none.

    Raises:
        TooManyRequests: a quota is used up.
    """
    if call.assumptions["quotas"] == "off":
        return
    limits = _limits(call)
    if call.in_flight > limits.at_once:
        raise TooManyRequests("concurrent")
    _count("day", state, _of_tenant("day", call), limits.day, _DAY)
    _count("minute", state, _of_tenant("minute", call), limits.minute, _MINUTE)
    if not fixed_window(state, _of_app(call), _APP_A_MINUTE, _MINUTE).allowed:
        raise TooManyRequests("appminute")


def left(call: Call, state: State) -> tuple[tuple[str, str], ...]:
    """The headers that say how many calls are left; while nothing is counted, those after a first call."""
    limits = _limits(call)
    if call.assumptions["quotas"] == "off":
        day, minute, app = max(0, limits.day - 1), max(0, limits.minute - 1), _APP_A_MINUTE - 1
    else:
        day = peek(state, _of_tenant("day", call), limits.day, _DAY).left
        minute = peek(state, _of_tenant("minute", call), limits.minute, _MINUTE).left
        app = peek(state, _of_app(call), _APP_A_MINUTE, _MINUTE).left
    return (
        ("X-DayLimit-Remaining", str(day)),
        ("X-MinLimit-Remaining", str(minute)),
        ("X-AppMinLimit-Remaining", str(app)),
        *(_drafted(limits, day, minute, state) if call.assumptions["ratelimit_headers"] == "on" else ()),
    )


def _drafted(limits: Limits, day: int, minute: int, state: State) -> tuple[tuple[str, str], ...]:
    """The tenant's quotas as the draft has them; no document of the vendor has these headers."""
    now = int(state.now.timestamp())
    return rate_limit(
        Window("minute", limits.minute, _MINUTE, minute, _MINUTE - now % _MINUTE),
        Window("day", limits.day, _DAY, day, _DAY - now % _DAY),
    )


def _count(which: str, state: State, key: str, limit: int, seconds: int) -> None:
    spent = fixed_window(state, key, limit, seconds)
    if not spent.allowed:
        raise TooManyRequests(which, spent.wait)


def _limits(call: Call) -> Limits:
    return Limits(*(int(part) for part in call.assumptions["call_limits"].split("/")))


def _of_tenant(window: str, call: Call) -> str:
    return f"{window}/{call.headers.get(TENANT, '')}"


def _of_app(call: Call) -> str:
    return f"app/{call.principal.name}"
