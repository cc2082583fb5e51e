from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings

from mockserver.contract.examples import ProfileExamples
from mockserver.sandbox.sandboxes import Settings
from mockserver.server.application import Application, Options
from tests.support.client import Client
from tests.support.few_cases import leave_out_cases
from tests.support.frozen_app import create_frozen_app
from tests.support.loaded_once import load_shipped_files_once
from tests.support.one_authority import trust_one_authority

NOW = "2026-01-05T09:00:00Z"
_numbers = count(1)


# Both judge by the clock, and a machine with other work is slow.
settings.register_profile("tests", deadline=None, suppress_health_check=[HealthCheck.too_slow])


def pytest_configure(config: pytest.Config) -> None:
    # Garbage that is collected as often as Python does by default takes a sixth of the time of all tests.
    gc.set_threshold(100_000, 20, 100)
    settings.load_profile("tests")
    folder, patch = TemporaryDirectory(), pytest.MonkeyPatch()
    config.add_cleanup(folder.cleanup)
    config.add_cleanup(patch.undo)
    # A shell that starts tests in the background has them, and all that they start, ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    load_shipped_files_once(patch, Path(folder.name))
    trust_one_authority(patch, Path(folder.name))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    leave_out_cases(config, items)


def pytest_collection_finish() -> None:
    gc.freeze()


@pytest.fixture(scope="session")
def app() -> Application:
    """All vendors on a store that hands out frozen documents; each test uses a sandbox of its own in it."""
    only = tuple(filter(None, os.environ.get("MOCK_ONLY", "").split(",")))
    return create_frozen_app(Options(vendors=only, examples=ProfileExamples))


@pytest.fixture
def sandbox(app: Application) -> Iterator[str]:
    """A fresh sandbox from the fixtures, its clock standing at `NOW`."""
    name = f"unit-{next(_numbers)}"
    assert app.sandboxes.create(Settings(name, seed=7, frozen=NOW)), f"{name} is another test's"
    yield name
    app.sandboxes.delete(name)
    app.journal.kept.forget(name)


@pytest.fixture
def client(app: Application, sandbox: str) -> Client:
    """A client in that sandbox."""
    return Client(app, {"host": "testserver", "user-agent": "tests", "mock-sandbox": sandbox})
