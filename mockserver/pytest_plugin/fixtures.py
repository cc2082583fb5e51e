"""The fixtures that every test can ask for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mockserver.pytest_plugin import marks
from mockserver.pytest_plugin.watching import WATCH, Watch

if TYPE_CHECKING:
    from mockserver.testing import Case, Sandbox, Server


@pytest.fixture(scope="session")
def mockserver(request: pytest.FixtureRequest) -> Server:
    """A mockserver for this worker's tests: `.url`, `.vendors`, `.health()`."""
    return _server(request.config, strict=False)


@pytest.fixture(scope="session")
def mockserver_strict(request: pytest.FixtureRequest) -> Server:
    """The same for tests with `mock_auth("strict")`: it takes the credentials of the fixtures alone."""
    server = _server(request.config, strict=True)
    if server.health()["auth"] != marks.STRICT:
        pytest.fail(f"{server.url} takes any credential; start it with --auth strict", pytrace=False)
    return server


@pytest.fixture
def mock_sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox for this test, as it begins: `.vendor(name)`, `.scenario(…)`, `.clock`, `.journal()`, …."""
    from mockserver.testing import Sandbox  # noqa: PLC0415 - heavy; only tests that use it pay for it
    from mockserver.testing.endings import ALLOWED  # noqa: PLC0415
    from mockserver.testing.naming import named  # noqa: PLC0415

    node: pytest.Item = request.node
    strict = marks.first(node, marks.AUTH, choices=(marks.STRICT, marks.LENIENT)) == marks.STRICT
    server: Server = request.getfixturevalue("mockserver_strict" if strict else "mockserver")
    config = request.config
    sandbox = Sandbox(
        server,
        name=named(getattr(config, "workerinput", {}).get("workerid", ""), node.nodeid),
        seed=config.getoption("mockserver_seed"),
        freeze=marks.first(node, marks.CLOCK) or None,
        empty=marks.is_empty(node),
        allow=marks.allowed(node, ALLOWED),
        folder=node.path.parent,
    )
    with _plainly():
        sandbox.open()
    artifacts = config.getoption("mockserver_artifacts")
    watch = Watch(sandbox, Path(artifacts).absolute() if artifacts else None, ends=server.own)
    node.stash[WATCH] = watch
    with _plainly():
        for scenario in marks.given(node, marks.SCENARIO):
            sandbox.scenario(scenario)  # type: ignore[arg-type]
    yield sandbox
    _account(watch)


@pytest.fixture
def mock_case(request: pytest.FixtureRequest, mock_sandbox: Sandbox) -> Case:
    """One of the cases that the marker `mock_cases` names: `.arrange()`, `.run()`, `.expected`, …."""
    if not hasattr(request, "param"):
        pytest.fail('mock_case needs the marker mock_cases("<vendor>")', pytrace=False)
    vendor, case = request.param
    with _plainly():
        return mock_sandbox.case(vendor, case)


def _server(config: pytest.Config, *, strict: bool) -> Server:
    from mockserver.testing import Server  # noqa: PLC0415 - heavy; only tests that use it pay for it

    url, specs = config.getoption("mockserver_url"), config.getini("mockserver_specs")
    running = ExitStack()
    # The last test's report is made when all fixtures are gone, and needs the server still.
    config.add_cleanup(running.close)
    with _plainly():
        return running.enter_context(Server(url, strict=strict, specs=specs))


@contextmanager
def _plainly() -> Iterator[None]:
    """What the mock says is told as it says it: where in the plugin it came up helps nobody."""
    from mockserver.testing import NoServer, NotDone  # noqa: PLC0415 - heavy; only tests that use it pay for it

    try:
        yield
    except (NoServer, NotDone, LookupError, OSError) as error:
        pytest.fail(str(error), pytrace=False)


def _account(watch: Watch) -> None:
    """Hold a test that passed to account, as long as its sandbox is there."""
    watch.read()
    if watch.passed and (said := watch.sandbox.complaints()):
        watch.keep()
        pytest.fail("\n".join(said), pytrace=False)
