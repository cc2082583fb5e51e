"""The suite finds nothing on our own server for vendors by spec alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.contract.run_state import RunConfig
from mockserver.contract.session import SessionContext, SessionPlan, load_session_api, run_session
from mockserver.sandbox.clock import system_clock

SPECS = Path(__file__).parent / "specs"
PAGE = Path(__file__).parents[2] / "docs" / "own-spec.md"


def _specs() -> Iterator[tuple[str, str]]:
    """Name and text of each spec: those of the folder, and the example of the documentation."""
    for file in sorted(SPECS.glob("*.yaml")):
        yield file.stem, file.read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(openapi.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    yield "parcels", found[1]


@pytest.mark.few(1)
@pytest.mark.parametrize(("name", "text"), [pytest.param(*one, id=one[0]) for one in _specs()])
def test_our_own_server_keeps_the_spec(name: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.yaml"
    file.write_text(text, encoding="utf-8")
    plan = SessionPlan(name, spec=file, run_config=RunConfig(1, 1))

    session = run_session(plan, load_session_api(plan), SessionContext({}, lambda _line: None, system_clock))

    assert [f"{one.check}: {one.message}" for one in session.ledger.findings] == []
    assert session.ledger.calls
    assert not session.stopped
