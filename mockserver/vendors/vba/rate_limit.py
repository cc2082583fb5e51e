"""Rate limit per API key (25 calls a second, bursts of 50), and its optional response headers.

Source: docs/vendors/vba.md#refusals; the vendor sends no such headers, those here are the RateLimit draft's.
"""

from mockserver.model import Call
from mockserver.sandbox.quota import QUOTAS, QuotaUse, QuotaWindow, count_in_token_bucket, rate_limit_headers
from mockserver.sandbox.store import State

_RATE, _BURST = 25, 50
_ON = "on"


def count_call(key: str, state: State) -> QuotaUse:
    """Count one call of the API key."""
    return count_in_token_bucket(state, _bucket_name(key), _RATE, _BURST)


def remaining_headers(call: Call, state: State) -> tuple[tuple[str, str], ...]:
    """Return what is left of the key's calls, where `quota_headers` tells it."""
    if call.assumptions["quota_headers"] != _ON:
        return ()
    kept = state.collection(QUOTAS, "").get(_bucket_name(call.headers.get("x-api-key", "")))
    left = _BURST if kept is None else int(float(kept["tokens"]))
    full_in = max(1, -(-(_BURST - left) // _RATE))
    return rate_limit_headers(QuotaWindow("key", _BURST, _BURST // _RATE, left, full_in))


def _bucket_name(key: str) -> str:
    return f"throttle/{key}"
