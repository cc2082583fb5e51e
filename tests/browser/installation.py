"""See that there is a browser: install Debian's Chromium where that is allowed.

`python -m tests.browser.installation`. Exit status: 0 there is one, 1 it cannot be installed.
"""

from __future__ import annotations

import sys

from tests.browser.visitor import NAMES, find_browser
from tests.support.debian_packages import install


def main() -> int:
    """Install a browser if there is none, and return the exit status."""
    if find_browser():
        return 0
    why = install("chromium")
    if find_browser():
        return 0
    names = ", ".join(NAMES)
    print(  # noqa: T201
        f"error: no browser on this machine: {names} are not on the search path, and {why}\n"
        "  try: apt-get install chromium, as root; then make test-browser",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
