"""What of a sandbox shows in the vendor's answers."""

from __future__ import annotations

from tests.support.client import Client


def test_the_sandbox_prefix_is_part_of_the_uri(pvex: Client, sandbox: str) -> None:
    prefixed = pvex.within(f"/sandboxes/{sandbox}/pvex")

    assert f"'http://testserver/sandboxes/{sandbox}/pvex/api/Nope'" in prefixed.get("/api/Nope").text


def test_an_empty_sandbox_has_its_user_too(client: Client) -> None:
    client.post("/_mock/sandboxes", json={"name": "bare", "empty": True})
    login = b"grant_type=password&username=sync@cedarhollow.example&password=cedar-hollow-9"
    form = {"content-type": "application/x-www-form-urlencoded"}

    answer = client.within("/pvex", mock_sandbox="bare").post("/token", content=login, headers=form)

    client.delete("/_mock/sandboxes/bare")
    assert answer.status == 200
