from __future__ import annotations

import signal
import subprocess

import httpx
import pytest

from tests.support.server import COMMAND, STOP_S


@pytest.mark.parametrize(("sign", "status"), [(signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_signal_stops_the_server_without_a_word(sign: signal.Signals, status: int) -> None:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command line
        assert process.stdout is not None
        httpx.get(f"{process.stdout.readline().strip()}_mock/health").raise_for_status()

        process.send_signal(sign)
        _, told = process.communicate(timeout=STOP_S)

    assert (process.returncode, told) == (status, "")
