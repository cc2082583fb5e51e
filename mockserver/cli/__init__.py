"""The command line."""

import sys

from mockserver.installation import STRANGERS_CURE, overwritten

if _fault := overwritten():  # here, because all other modules need what is missing
    sys.stderr.write(f"error: {_fault}\n  try: {STRANGERS_CURE}\n")
    raise SystemExit(2)
