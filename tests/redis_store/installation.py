"""See that there is a Redis: install Debian's redis-server where that is allowed.

`python -m tests.redis_store.installation`. Exit status: 0 there is one, 1 it cannot be installed.
"""

from __future__ import annotations

import sys

from tests.support.debian_packages import install
from tests.support.redis_server import NAMES, find_server


def main() -> int:
    """Install a server if there is none, and return the exit status."""
    if find_server():
        return 0
    why = install("redis-server")
    if find_server():
        return 0
    print(  # noqa: T201
        f"error: no Redis on this machine: {', '.join(NAMES)} are not on the search path, and {why}\n"
        "  try: apt-get install redis-server, as root; then make test-redis",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
