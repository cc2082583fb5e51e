"""What the three servers know of their callers, the payees that are there, and what time it is."""

from itertools import count

API_KEY = "a-key"
TOKEN = "a-token"
PAYEES = ("P100", "P200")
NOW = "2026-01-05T09:00:00"

_calls = count(1)


def next_activity() -> str:
    """Return the id of a call, which is new for each."""
    return f"{next(_calls):08x}-0000-4000-8000-000000000000"
