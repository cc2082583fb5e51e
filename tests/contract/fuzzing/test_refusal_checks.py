from __future__ import annotations

import pytest
from starlette.responses import Response

from mockserver.contract.exchange import Request
from mockserver.contract.fuzzing.refusals import AuthChecks
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.target import App
from mockserver.contract.trial import Trial
from mockserver.server.application import Options, create_app
from tests.contract.suite import target

VBA = load_vendor_api("vba")
HEADERS = {
    "vbasoftware-database": "sandbox",
    "x-api-key": "good-key",
    "authorization": "Bearer good-token",
}


def findings(app: App) -> list[str]:
    with target(app, "vba") as one:
        checks = AuthChecks(Trial(VBA, one, RunConfig(), FindingLedger(), lambda *_: ()))
        good = one.send(Request("GET", "/payees/P100", HEADERS), "getPayee")
        return [finding.message for finding in checks.check("getPayee", good)]


@pytest.mark.parametrize("strict", [True, False])
def test_a_server_that_asks_for_credentials_lets_nobody_else_in(*, strict: bool) -> None:
    assert findings(create_app(Options(vendors=("vba",), strict_auth=strict))) == []


def test_a_server_that_asks_for_none_is_told() -> None:
    assert findings(Response("{}", 200)) == [
        "the spec asks for credentials; called without any it answers 200",
        "the spec asks for credentials; called with a made-up authorization it answers 200",
        "the spec asks for credentials; called with a made-up x-api-key it answers 200",
    ]
