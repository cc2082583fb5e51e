"""Ctrl-C that is not lost in a callback, and SIGTERM as another word for it."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from types import FrameType

_DELAY_S = 0.05


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
        # What is raised inside this hook is lost as well, so another thread raises it after the hook's end.
        ended = _thread.allocate_lock()
        ended.acquire()
        _thread.start_new_thread(_interrupt_after, (ended,))
        ended.release()

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = usual


@contextmanager
def termination_as_interrupt() -> Iterator[None]:
    """Take SIGTERM, by which `timeout` and CI jobs end a program, for Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(_signal: int, frame: FrameType | None) -> None:
    """Do what Ctrl-C does, even in the background, where a shell has programs ignore it."""
    handler = signal.getsignal(signal.SIGINT)
    if not callable(handler):
        raise KeyboardInterrupt
    handler(signal.SIGINT, frame)


def _interrupt_after(ended: _thread.LockType) -> None:
    """Raise the signal where it ends a wait as well; Windows knows no signals for a thread."""
    ended.acquire()
    sleep(_DELAY_S)
    main = threading.main_thread().ident
    if hasattr(signal, "pthread_kill") and main is not None:
        signal.pthread_kill(main, signal.SIGINT)
    else:
        signal.raise_signal(signal.SIGINT)
