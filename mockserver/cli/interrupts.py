"""Ctrl-C that is not lost in a callback."""

from __future__ import annotations

import _thread
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_DELAY_S = 0.01


@contextmanager
def interrupts_kept() -> Iterator[None]:
    """Raise Ctrl-C again if it came inside a callback that cannot raise, as those of the garbage collector.

    Python prints a traceback for it and forgets it.
    """
    usual = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            usual(unraisable)
            return
        # Not from here: what is raised inside this hook is lost as well.
        timer = threading.Timer(_DELAY_S, _thread.interrupt_main)
        timer.daemon = True
        timer.start()

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = usual
