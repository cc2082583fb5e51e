from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mockserver.console.screen import ControlClient
from mockserver.console.site import FirstCalls
from mockserver.model import Document
from mockserver.server.application import Application
from mockserver.server.in_process import InProcessClient
from tests.support import sample_vendor
from tests.support.client import Client


def first_calls(application: Application, *vendors: str) -> Mapping[str, Document]:
    control = ControlClient(InProcessClient(application))
    return asyncio.run(FirstCalls(control).of(vendors))


def test_a_first_call_of_every_vendor_is_answered_with_success(app: Application, client: Client) -> None:
    names = [vendor.name for vendor in app.served]
    found = first_calls(app, *names)

    answered = {
        name: client.request(
            call["method"],
            f"/{name}{call['path']}",
            content=call["body"].encode(),
            headers={"user-agent": "tests", **call["headers"]},
        ).status
        for name, call in found.items()
    }

    assert list(answered) == names
    assert [name for name, status in answered.items() if not 200 <= status < 300] == []


def test_the_sandbox_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    application = sample_vendor.create_application(tmp_path)
    Client(application, {"host": "testserver"}).post("/_mock/sandboxes", json={"name": "first-calls-0"})

    found = first_calls(application, "acme")

    assert (list(found), application.sandboxes.names()) == (["acme"], ["default", "first-calls-0"])


@pytest.mark.parametrize("options", [{"empty": True}, {"freeze": "2026-01-05T09:00:00Z"}])
def test_a_first_call_is_made_for_a_sandbox_like_the_default_one(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    assert list(first_calls(sample_vendor.create_application(tmp_path, **options), "acme")) == ["acme"]


def test_there_are_none_where_there_is_no_room(tmp_path: Path) -> None:
    assert first_calls(sample_vendor.create_application(tmp_path, max_sandboxes=1), "acme") == {}


def test_they_are_made_without_a_default_sandbox(tmp_path: Path) -> None:
    application = sample_vendor.create_application(tmp_path)
    Client(application, {"host": "testserver"}).delete("/_mock/sandboxes/default")

    assert list(first_calls(application, "acme")) == ["acme"]
