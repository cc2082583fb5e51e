"""How the suite asks for a job at a server whose clock it cannot advance."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from mockserver.contract import jobs
from mockserver.contract.exchange import Exchange, Request, Response
from mockserver.contract.jobs import follower
from mockserver.contract.loading import load_api
from mockserver.contract.target import Target

FILE = Path(__file__).parents[2] / "examples" / "batches" / "job-with-results.yaml"


def shown(status: str) -> Response:
    body = {"job": {"id": "7", "status": status, "total": 1}}
    return Response(200, {"content-type": "application/json"}, json.dumps(body).encode())


@dataclass
class SlowServer:
    """A server of another make; a job is done after so many questions."""

    questions: int
    asked: int = 0
    waits: list[float] = field(default_factory=list)
    is_ours = False

    def identity(self) -> Any:
        return self

    def send(self, request: Request, operation: str) -> Exchange:
        self.asked += 1
        return Exchange(request, shown("completed" if self.asked > self.questions else "working"), operation)


def waits_for(server: SlowServer, monkeypatch: pytest.MonkeyPatch, *, jobs_sent: int = 1) -> list[float]:
    monkeypatch.setattr(jobs, "sleep", server.waits.append)
    follow = follower(load_api(FILE), cast("Target", server))
    assert follow
    for _ in range(jobs_sent):
        follow(Exchange(Request("POST", "/cards/create_many"), shown("queued"), "createCards"))
    return server.waits


def test_the_waits_grow_until_the_job_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    assert waits_for(SlowServer(3), monkeypatch) == [0.2, 0.4, 0.8]


def test_after_a_job_that_does_not_end_others_are_asked_for_a_shorter_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits = waits_for(SlowServer(1_000), monkeypatch, jobs_sent=2)

    assert waits[:6] == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0]
    assert waits[6:] == [5.0] * 6 + [0.2, 0.4, 0.8, 1.6]
