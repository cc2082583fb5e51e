from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from mockserver.server import application
from mockserver.server.application import Options
from mockserver.server.serving import workers_config
from tests.support import sample_vendor


def test_a_worker_has_its_control_plane_before_it_takes_calls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Any] = []
    build = application._control_plane  # noqa: SLF001

    def noted(*parts: Any) -> Any:
        built.append(parts)
        return build(*parts)

    monkeypatch.setattr(application, "_control_plane", noted)
    sample_vendor.write_spec(tmp_path)
    options = Options(specs=(tmp_path,), vendors=(sample_vendor.NAME,))
    worker: Any = workers_config(options, 2, "off", None, ()).app
    order: list[tuple[str, int]] = []

    async def receive() -> Any:
        return {}

    async def send(message: Any) -> None:
        order.append((message["type"], len(built)))

    asyncio.run(worker()({"type": "lifespan"}, receive, send))

    assert order == [("lifespan.startup.complete", 1), ("lifespan.shutdown.complete", 1)]
