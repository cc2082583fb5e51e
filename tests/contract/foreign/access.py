"""What the three servers know of their callers, and the payees that are there."""

API_KEY = "a-key"
TOKEN = "a-token"  # noqa: S105 - of a test
PAYEES = ("P100", "P200")
