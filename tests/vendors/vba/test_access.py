"""Log in, and the order of refusals (docs/vendors/vba.md#headers-and-login, #refusals)."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64decode

from mockserver.codec import json
from mockserver.server.application import Options, create_app
from tests.support.client import Client

DAY = 24 * 60 * 60


def test_the_id_token_tells_its_user_and_its_end(vba: Client) -> None:
    basic = b64encode(b"jdoe:harbor-42").decode()
    caller = vba.within(
        authorization=f"Basic {basic}", vbasoftware_client_id="100", vbasoftware_client_code="ACME"
    )

    token = caller.post("/user-authentication").json["data"]["authenticationResult"]["idToken"]

    payload = token.split(".")[1]
    claims = json.decode(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert isinstance(claims, dict)
    assert (claims["cognito:username"], claims["token_use"]) == ("jdoe", "id")
    assert claims["exp"] - claims["iat"] == DAY


def test_an_unknown_key_is_refused_before_a_missing_token() -> None:
    strict = Client(create_app(Options(vendors=("vba",), strict_auth=True)), {"host": "testserver"})
    head = {"user-agent": "tests", "x-api-key": "nobody's", "vbasoftware-database": "sandbox"}
    refused = strict.get("/vba/claim-invoice", headers=head)

    assert (refused.status, refused.json) == (403, {"message": "Forbidden"})


def test_a_trace_of_aspnets_problem_is_in_the_form_of_w3c(vba: Client, client: Client, sandbox: str) -> None:
    client.patch(f"/_mock/sandboxes/{sandbox}/assumptions", json={"vba.bad_request_style": "aspnet"})

    version, trace, span, flags = vba.put("/claim-invoice-batch", json={}).json["traceId"].split("-")

    assert (version, len(trace), len(span), flags) == ("00", 32, 16, "00")
