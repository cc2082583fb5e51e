from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from mockserver.server.application import Options
from mockserver.server.forwarding import ForwardRules
from tests.support import claims_server
from tests.support.asgi_server import listen
from tests.support.commands import Commands
from tests.support.frozen_app import create_frozen_app

HEADERS = {"authorization": "Bearer t", "x-api-key": "k", "vbasoftware-database": "sandbox"}


@pytest.fixture(params=["", "key case"])
def shadowed(request: pytest.FixtureRequest) -> Iterator[Commands]:
    """Commands for a server that passed a call on to a server with this bug."""
    with claims_server.serve(request.param) as url:
        rules = ForwardRules(url, is_shadowed=True)
        with listen(create_frozen_app(Options(vendors=("vba",), forward=rules))) as front:
            row = {"invoice_Key": 1, "payee_ID": "p100" if request.param else "P100"}
            sent = httpx.put(f"{front}/vba/claim-invoice-batch", json=[row], headers=HEADERS, trust_env=False)
            assert sent.status_code == 207
            yield Commands(front, "default")


@pytest.mark.parametrize("shadowed", ["key case"], indirect=True)
def test_differences_are_printed_with_what_settles_them_and_end_with_1(shadowed: Commands) -> None:
    result = shadowed.run("journal", "differences")

    head, real, mock = result.stdout.splitlines()
    assert (result.exit_code, head) == (
        1,
        "1 outcome  putClaimInvoiceBatch  settled by: assumption vba.ci_keys=on",
    )
    assert (real[:18], mock[:19]) == ("    real  created:", "    mock  rejected:")


def test_without_a_call_that_was_compared_the_command_ends_with_4() -> None:
    with listen(create_frozen_app(Options(vendors=("vba",)))) as url:
        result = Commands(url, "default").run("journal", "differences")

    assert (result.exit_code, result.stdout) == (4, "")
    assert result.stderr.startswith("error: no call was compared\n")


@pytest.mark.parametrize("shadowed", [""], indirect=True)
def test_without_differences_the_command_ends_with_0(shadowed: Commands) -> None:
    result = shadowed.run("journal", "differences")

    assert (result.exit_code, result.stdout) == (0, "no differences in default\n")
