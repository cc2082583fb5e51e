"""Forms of the console, sent as a browser sends them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from tests.support.client import Client, Response

CONSOLE = "/_console"


def post_form(client: Client, path: str, **fields: str) -> Response:
    """Send a form to a path below the console."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return client.post(CONSOLE + path, content=urlencode(fields).encode() or b"_=", headers=headers)


def page(client: Client, path: str) -> str:
    """Return a page below the console, which must be there."""
    response = client.get(CONSOLE + path)
    assert response.status == 200, (response.status, response.text[:500])
    return response.text


def twin(client: Client, path: str) -> Any:
    """Return the document at a path below the console, which must be there."""
    response = client.get(CONSOLE + path)
    assert response.status == 200, response.text
    return response.json
