from __future__ import annotations

import signal
import subprocess

import httpx
import pytest
from click.testing import CliRunner

from mockserver.cli import main
from tests.support.server import COMMAND, STOP_S


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_server_without_a_word(sign: signal.Signals) -> None:
    with subprocess.Popen(COMMAND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own command line
        assert process.stdout is not None
        httpx.get(f"{process.stdout.readline().strip()}_mock/health").raise_for_status()

        process.send_signal(sign)
        _, told = process.communicate(timeout=STOP_S)

    assert (process.returncode, told) == (0, "")


def test_an_address_that_is_not_ours_is_said_to_be_none() -> None:
    told = CliRunner().invoke(main, ["run", "--host", "192.0.2.1", "--port", "0"])

    assert told.exit_code == 2
    assert "192.0.2.1 is no address of this machine" in told.stderr
