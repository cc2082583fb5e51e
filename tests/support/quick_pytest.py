"""Words for a pytest in a process of its own."""

from __future__ import annotations

QUICK = ("-p", "no:schemathesis", "-p", "no:hypothesispytest", "-p", "no:anyio")
"""Leave out plugins that take longer to load than most tests to run."""
