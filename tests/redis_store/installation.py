"""See that there is a Redis: install Debian's redis-server where that is allowed.

`python -m tests.redis_store.installation`. Exit status: 0 there is one, 1 it cannot be installed.
"""

from __future__ import annotations

import sys

from tests.support.debian_packages import see_that_there_is
from tests.support.redis_server import NAMES, find_server

if __name__ == "__main__":
    sys.exit(see_that_there_is("Redis", "redis-server", NAMES, "test-redis", find_server))
