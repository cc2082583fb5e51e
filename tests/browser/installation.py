"""See that there is a browser: install Debian's Chromium where that is allowed.

`python -m tests.browser.installation`. Exit status: 0 there is one, 1 it cannot be installed.
"""

from __future__ import annotations

import sys

from tests.browser.visitor import NAMES, find_browser
from tests.support.debian_packages import see_that_there_is

if __name__ == "__main__":
    sys.exit(see_that_there_is("browser", "chromium", NAMES, "test-browser", find_browser))
