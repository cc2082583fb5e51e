from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from mockserver.codec import json
from mockserver.console.screen import ConsoleControl, ControlRefusal, RawBody
from mockserver.control.http_client import HttpRequest, HttpResponse, LostResponse

PROBLEM = {"title": "Not Found", "detail": "no sandbox named x", "code": "unknown-sandbox"}


@dataclass(slots=True)
class Recording:
    """A control plane that gives one answer and keeps what it was asked."""

    answer: HttpResponse | LostResponse
    requests: list[HttpRequest] = field(default_factory=list)

    async def send(self, request: HttpRequest) -> HttpResponse | LostResponse:
        self.requests.append(request)
        return self.answer


def answering(status: int = 200, document: Any = None) -> Recording:
    return Recording(HttpResponse(status, {}, b"" if document is None else json.encode(document)))


def test_what_is_read_is_a_document() -> None:
    control = answering(document=[{"name": "default"}])

    assert ConsoleControl(control).get("/sandboxes") == [{"name": "default"}]
    assert [(one.method, one.target, one.content) for one in control.requests] == [
        ("GET", "/_mock/sandboxes", b"")
    ]


def test_empty_parts_of_a_query_are_left_out() -> None:
    control = answering(document=[])

    ConsoleControl(control).get("/journal", last=0, strips=True, text="", item=None, status="a&b c")

    assert control.requests[0].target == "/_mock/journal?last=0&strips=true&status=a%26b+c"


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_what_is_written_is_sent_as_json(method: str) -> None:
    control = answering(201, {"made": True})

    assert getattr(ConsoleControl(control), method)("/x", {"a": 1}) == {"made": True}
    (request,) = control.requests
    assert (request.method, request.content) == (method.upper(), b'{"a":1}')
    assert ("content-type", "application/json") in request.headers


def test_a_raw_body_is_sent_as_it_is() -> None:
    control = answering()

    ConsoleControl(control).call("PUT", "/x", RawBody(b"a: 1", "application/yaml"))

    assert control.requests[0].content == b"a: 1"
    assert ("content-type", "application/yaml") in control.requests[0].headers


def test_nothing_is_sent_without_a_document() -> None:
    control = answering(204)

    assert ConsoleControl(control).post("/x") is None
    assert control.requests[0].headers == (("accept", "*/*"),)


def test_what_is_deleted_has_no_answer() -> None:
    control = answering(204)

    ConsoleControl(control).delete("/x")

    assert control.requests[0].method == "DELETE"


def test_a_refusal_has_its_status_and_its_problem() -> None:
    with pytest.raises(ControlRefusal, match="no sandbox named x") as raised:
        ConsoleControl(answering(404, PROBLEM)).get("/sandboxes/x")

    assert (raised.value.status, raised.value.problem) == (404, PROBLEM)


def test_an_answer_that_is_lost_is_a_refusal_too() -> None:
    lost = Recording(LostResponse("timeout", None, "not in 120000 ms"))

    with pytest.raises(ControlRefusal, match="not in 120000 ms") as raised:
        ConsoleControl(lost).get("/sandboxes")

    assert raised.value.status == 500
