"""See that there is a browser: install Debian's Chromium where that is allowed.

`python -m tests.browser.installation`. Exit status: 0 there is one, 1 it cannot be installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from tests.browser.visitor import NAMES, find_browser

_COMMANDS = (
    ("apt-get", "-qq", "update"),
    ("apt-get", "-qq", "install", "--yes", "--no-install-recommends", "chromium"),
)
_PATIENCE_S = 600


def main() -> int:
    """Install a browser if there is none, and return the exit status."""
    if find_browser():
        return 0
    why = _install()
    if find_browser():
        return 0
    names = ", ".join(NAMES)
    print(  # noqa: T201
        f"error: no browser on this machine: {names} are not on the search path, and {why}\n"
        "  try: apt-get install chromium, as root; then make test-browser",
        file=sys.stderr,
    )
    return 1


def _install() -> str:
    """Try to install Chromium; return why it is not there, should it not be."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "only root can install one"
    if shutil.which("apt-get") is None:
        return "this machine has no apt-get"
    print("installing chromium by apt-get: about a minute, once", flush=True)  # noqa: T201
    for command in _COMMANDS:
        done = subprocess.run(  # noqa: S603 - fixed words
            command,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=False,
        )
        if done.returncode:
            return f"{' '.join(command)} failed: {' '.join(done.stderr.split())[-300:]}"
    return "it was installed, but under another name"


if __name__ == "__main__":
    sys.exit(main())
