from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.server.application import BuiltAtFirstCall
from tests.any_files.support import write_files


def test_an_application_is_built_once_and_at_its_first_call() -> None:
    built: list[ASGIApp] = []
    called: list[Any] = []

    def build() -> ASGIApp:
        async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
            called.append(scope["path"])

        built.append(app)
        return app

    entry: Any = BuiltAtFirstCall(build)
    assert not built
    for path in ("/a", "/b"):
        asyncio.run(entry({"type": "http", "path": path}, None, None))
    assert (len(built), called) == (1, ["/a", "/b"])


def test_the_start_and_the_end_of_a_server_build_nothing() -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {}

    async def send(message: Any) -> None:
        sent.append(message["type"])

    def build() -> ASGIApp:
        raise AssertionError

    asyncio.run(BuiltAtFirstCall(build)({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


@pytest.mark.parametrize(("is_own", "imported"), [(True, "True"), (False, "False")])
def test_what_the_first_call_of_an_own_api_imports_is_imported_before(
    is_own: object, imported: str, tmp_path: Path
) -> None:
    """It takes hundreds of milliseconds; a server of packaged vendors alone starts without it."""
    files = [str(write_files("bulk-207", tmp_path))] if is_own else []
    program = (
        "import sys; from pathlib import Path; from mockserver.server.application import Options, create_app;"
        f"create_app(Options(files=tuple(map(Path, {files})))); print('faker' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)  # noqa: S603 - our own

    assert done.stdout.strip() == imported
