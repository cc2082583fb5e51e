from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.redis_server import redis_server
from tests.support.worker_server import WorkerServer, serve_workers

RUN = ("contract", "vba", "--operation", "putClaimInvoiceBatch", "--phase", "fuzzing", "--no-shrink")
PATIENCE_S = 120
LOOKS = 20_000
UNAVAILABLE = 503


@pytest.mark.few(0)  # half a minute of work: with EVERY_CASE alone, as make test-redis has it
def test_a_restart_of_the_store_in_a_contract_run_shows_only_503s_and_the_run_goes_on(tmp_path: Path) -> None:
    kept = ("--appendonly", "yes", "--appendfsync", "always")
    with redis_server(tmp_path, *kept) as store, serve_workers(store.url, tmp_path / "log") as served:
        command = [sys.executable, "-m", "mockserver", *RUN, "--target", f"{served.url}/vba"]
        with subprocess.Popen([*command, "--max-examples", "5"], stdout=subprocess.PIPE, text=True) as run:  # noqa: S603 - our own command line
            until(served, run, calls=50)
            store.kill()
            until(served, run, unavailable=3)
            store.start()
            said, _ = run.communicate(timeout=PATIENCE_S)
        statuses = [line["status"] for line in served.log()]

    assert {one for one in statuses if one >= 500} == {UNAVAILABLE}
    assert UNAVAILABLE not in statuses[-50:]
    came = re.findall(r"^ +came +(\d+)", said, re.MULTILINE)
    assert (run.returncode, set(came)) == (1, {"503"}), said


def until(served: WorkerServer, run: subprocess.Popen[str], *, calls: int = 0, unavailable: int = 0) -> None:
    """Wait until so many calls were answered, so many of them with 503."""
    for _ in range(LOOKS):
        assert run.poll() is None, "the run ended first"
        statuses = [line["status"] for line in served.log()]
        if len(statuses) >= calls and statuses.count(UNAVAILABLE) >= unavailable:
            return
        httpx.get(f"{served.url}/_mock/health")
    pytest.fail("too few calls came")
