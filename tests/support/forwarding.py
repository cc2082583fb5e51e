"""Calls through a mock to a real server that is another mock, without a network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from mockserver.codec.urls import path_of
from mockserver.engine.admission import Arrival
from mockserver.engine.passage import Passage
from mockserver.model import Answer, Call, Reply
from mockserver.server.application import Application, Options
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

EXAMPLES = Path(__file__).parents[2] / "examples" / "batches"
TO = "http://127.0.0.1:9"
JSON = "application/json"
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Passed:
    """A call that was passed on, or answered without being sent."""

    answer: Answer
    is_changed: bool
    received: bytes | None
    """Body that the real server received; None if nothing was sent."""


def read_body(reply: Reply) -> Any:
    """Return a JSON document, a tuple of the documents of lines, or the text."""
    try:
        return json.loads(reply.body) if reply.body else None
    except ValueError:
        pass
    try:
        return tuple(json.loads(line) for line in reply.body.splitlines())
    except ValueError:
        return reply.body.decode()


class Mock:
    """A new sandbox of an application, called without HTTP."""

    def __init__(self, app: Application, name: str, **headers: str) -> None:
        self._headers = {name.replace("_", "-"): text for name, text in headers.items()}
        self.name, self.sandbox = name, f"mock-{next(_NUMBERS)}"
        self.pipeline = app.asgi.vendors[name].pipeline
        self._control = Client(app, {}, "/_mock/sandboxes")
        made = self._control.post("", json={"name": self.sandbox})
        assert made.status == 201, made.text

    def arm(self, rule: Mapping[str, Any]) -> None:
        """Store a scenario of one rule for calls that write, unless the rule is empty."""
        if not rule:
            return
        rule = {"id": "rule", "match": {"writes": True}, **rule}
        document = {"version": 1, "name": "test", "rules": [rule]}
        stored = self._control.put(f"/{self.sandbox}/scenarios/test", json=document)
        assert stored.status in (200, 201), stored.text

    def records(self) -> Mapping[str, list[Any]]:
        """Return the records of the collections that batches store in."""
        operations = self.pipeline.served.spec.operations.values()
        names = {one.batch.collection for one in operations if one.batch}
        return self.pipeline.admission.sandboxes.transact(
            self.sandbox,
            f"{self.name}/",
            lambda state: {name: [dict(one) for one in state.collection(name).values()] for name in names},
        )

    def arrival(self, method: str, target: str, body: bytes, media_type: str) -> Arrival:
        spec, (path, _, query) = self.pipeline.served.spec, target.partition("?")
        path = spec.canonical_path(path_of({"raw_path": path.encode(), "path": path}))
        headers = {**self._headers, **({"content-type": media_type} if body else {})}
        call = Call(self.name, self.sandbox, method, path, query, headers, body, f"/{self.name}")
        return Arrival(call, route=spec.match(method, path), sent_body=body, may_take_long=True)

    def answer(self, method: str, target: str, body: bytes = b"", media_type: str = JSON) -> Answer:
        """Return the mock's own answer."""
        return self.pipeline.handle(self.arrival(method, target, body, media_type))[1]

    def pass_on(
        self, real: Mock | Reply, method: str, target: str, body: bytes = b"", media_type: str = JSON
    ) -> Passed:
        """Send a call through this mock to `real`, which is another mock or the answer of a real server."""
        passage = Passage(self.pipeline, TO, 1 << 20)
        departure = passage.depart(self.arrival(method, target, body, media_type))
        if departure.answer is not None:
            return Passed(departure.answer, is_changed=True, received=None)
        sent = body if departure.body is None else departure.body
        reply = real if isinstance(real, Reply) else real.answer(method, target, sent, media_type).reply
        return Passed(*passage.arrive(departure, reply), received=sent)


@cache
def example_app(name: str) -> Application:
    """Return the application of a file of `examples/batches`; each test has sandboxes of its own."""
    return create_frozen_app(Options(files=(EXAMPLES / f"{name}.yaml",), vendors=(name,)))


@cache
def vendor_app() -> Application:
    """Return the application of all vendors; each test has sandboxes of its own."""
    return create_frozen_app()
