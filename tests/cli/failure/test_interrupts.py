from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import gc, signal, sys, time
from mockserver.cli.errors import interrupts_kept

def in_callback(phase, info):
    gc.callbacks.remove(in_callback)
    signal.raise_signal(signal.SIGINT)
    for _ in range(10): pass

try:
    with interrupts_kept():
        gc.callbacks.append(in_callback)
        gc.collect()
        ends = time.monotonic() + 30
        while time.monotonic() < ends: pass
except KeyboardInterrupt:
    sys.exit(130)
"""


def test_ctrl_c_inside_a_callback_of_the_garbage_collector_is_not_lost() -> None:
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", PROGRAM], capture_output=True, timeout=60, check=False, text=True
    )

    assert (done.returncode, done.stderr) == (130, "")


@pytest.mark.parametrize("handler", ["default_int_handler", "SIG_IGN"])
def test_a_termination_is_an_interrupt_even_where_that_is_ignored(handler: str) -> None:
    program = (
        "import signal, time; from mockserver.cli.errors import termination_as_interrupt\n"
        f"signal.signal(signal.SIGINT, signal.{handler})\n"
        "try:\n"
        "    with termination_as_interrupt(): signal.raise_signal(signal.SIGTERM)\n"
        "except KeyboardInterrupt: raise SystemExit(130)"
    )

    done = subprocess.run([sys.executable, "-c", program], check=False)  # noqa: S603 - our own program

    assert done.returncode == 130


def test_the_usual_hook_is_put_back() -> None:
    program = (
        "import sys; from mockserver.cli.errors import interrupts_kept\n"
        "usual = sys.unraisablehook\n"
        "with interrupts_kept(): assert sys.unraisablehook is not usual\n"
        "assert sys.unraisablehook is usual"
    )

    done = subprocess.run([sys.executable, "-c", program], check=False)  # noqa: S603 - our own program

    assert done.returncode == 0
