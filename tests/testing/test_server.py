from __future__ import annotations

import os
import subprocess
import sys
import unittest

import httpx
import pytest

from mockserver.engine.registry import vendor_packages
from mockserver.testing.control_client import ServerUnreachableError
from mockserver.testing.sandbox import Sandbox
from mockserver.testing.server import MockServer


def test_a_server_tells_what_it_serves(server: MockServer) -> None:
    assert server.vendors == vendor_packages()
    assert (server.health()["status"], server.health()["auth"]) == ("ok", "lenient")


def test_a_server_of_ones_own_ends_with_its_context() -> None:
    with MockServer(strict=True) as server:
        assert server.health()["auth"] == "strict"
        made_up = {"authorization": "Bearer made-up"}
        assert httpx.get(f"{server.url}/payt/v1/invoices", headers=made_up).status_code == 401

    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)


def test_something_else_that_answers_is_no_mockserver(server: MockServer) -> None:
    with pytest.raises(ServerUnreachableError, match="is not JSON"), MockServer(f"{server.url}/vba/ui/#"):
        pass


class TestInUnittest(unittest.TestCase):
    def test_a_sandbox_needs_no_fixture(self) -> None:
        with Sandbox() as box:
            vba = box.vendor("vba")
            batch = vba.example(items=2)
            httpx.put(f"{vba.url}/claim-invoice-batch", json=list(batch), headers=vba.headers)

            self.assertEqual(vba.calls.sent, [2], vba.calls)  # noqa: PT009 - as one writes it there


def test_the_helper_needs_no_pytest_and_no_connexion() -> None:
    code = (
        "import sys; import mockserver.testing\n"
        "print([name for name in sys.modules if name.split('.')[0] in "
        "('pytest', '_pytest', 'connexion', 'schemathesis', 'hypothesis', 'starlette')])"
    )
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ}
    )

    assert done.stdout == "[]\n"
