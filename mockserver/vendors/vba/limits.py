"""How often an API key may call: 25 times a second, in bursts of 50.

Source: VBA fact sheet §3.2; the headers are the RateLimit draft's, by a switch, for the vendor sends none.
"""

from mockserver.model import Call
from mockserver.quota import COLLECTION, Spent, Window, rate_limit, token_bucket
from mockserver.store import State

_RATE, _BURST = 25, 50
_ON = "on"


def count(key: str, state: State) -> Spent:
    """Count one call of the API key."""
    return token_bucket(state, _name(key), _RATE, _BURST)


def headers(call: Call, state: State) -> tuple[tuple[str, str], ...]:
    """What is left of the key's calls, where `quota_headers` tells it."""
    if call.assumptions["quota_headers"] != _ON:
        return ()
    kept = state.collection(COLLECTION, "").get(_name(call.headers.get("x-api-key", "")))
    left = _BURST if kept is None else int(float(kept["tokens"]))
    full_in = max(1, -(-(_BURST - left) // _RATE))
    return rate_limit(Window("key", _BURST, _BURST // _RATE, left, full_in))


def _name(key: str) -> str:
    return f"throttle/{key}"
