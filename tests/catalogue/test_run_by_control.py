"""Cases run by the control plane of a real server."""

from __future__ import annotations

import httpx
import pytest


@pytest.mark.parametrize("case", ["148-reset", "112-unsupported-media-type"])
def test_a_case_runs_against_the_server_itself(server: str, case: str) -> None:
    url = f"{server}/_mock/sandboxes/default/cases/{case}/run"

    ran = httpx.post(url, json={"vendor": "guidewire"}).json()

    assert (ran["passed"], ran["says"]) == (True, [])
