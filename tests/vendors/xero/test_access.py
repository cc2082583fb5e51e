from __future__ import annotations

from base64 import urlsafe_b64decode
from json import loads
from urllib.parse import urlencode

from mockserver.server.application import Application
from tests.support.client import Client
from tests.vendors.xero.documents import BATCHES


def test_an_access_token_says_when_it_expires_and_what_it_may_do(xero: Client) -> None:
    app = {"client_id": "my-app", "client_secret": "secret"}
    form = {"grant_type": "client_credentials", "scope": "accounting.settings", **app}
    kind = {"content-type": "application/x-www-form-urlencoded"}

    answer = xero.post("/connect/token", content=urlencode(form).encode(), headers=kind)

    header, claims, signature = answer.json["access_token"].split(".")
    told = loads(urlsafe_b64decode(f"{claims}=="))
    assert loads(urlsafe_b64decode(f"{header}=="))["typ"] == "JWT"
    assert (told["client_id"], told["scope"]) == ("my-app", ["accounting.settings"])
    assert told["exp"] - told["nbf"] == 1800
    assert len(urlsafe_b64decode(f"{signature}==")) == 256


def test_too_many_headers_are_a_431_that_says_what_is_left(xero: Client) -> None:
    answer = xero.get(BATCHES, headers={f"x-{number}": "1" for number in range(101)})

    assert (answer.status, answer.media_type) == (431, "application/json")
    assert answer.headers["x-daylimit-remaining"] == "4999"


def test_every_id_in_a_path_may_come_without_its_dashes(app: Application) -> None:
    [spec] = [one.spec for one in app.served if one.name == "xero"]
    ids = {
        (operation.id, parameter.name): parameter.schema
        for operation in spec.operations.values()
        for parameter in operation.parameters
        if parameter.place == "path"
    }

    assert [name for name, schema in ids.items() if schema.get("$ref") == "#/components/schemas/Guid"] == []
