"""Points 37 to 40: tests and CI."""

from __future__ import annotations

import re
import shutil

from tests.tools.people.point import point
from tests.tools.people.stage import Stage

MANY = """
import httpx
import pytest

@pytest.mark.parametrize("key", range(1, 31))
def test_a_sandbox_is_its_own(mock_vba, key):
    rows = [{"invoice_Key": one} for one in range(1, key + 1)]
    httpx.put(f"{mock_vba.url}/claim-invoice-batch", json=rows, headers=mock_vba.headers)
    assert len(mock_vba.state("claim-invoices").added) == key
    assert [call.sent for call in mock_vba.calls] == [key]
"""
NEVER_HIT = """
def test_nothing_is_sent(mock_vba):
    mock_vba.arm(fail="internal", item="7")
"""


@point(37, "The README's test passes, and fails with a sentence a stranger understands")
def readme_test(stage: Stage) -> str:
    folder = stage.clone / "examples" / "ledger"
    stage.done("pytest -q -p no:cacheprovider tests/test_retry.py", folder=folder)
    hasty = stage.run("pytest -q -p no:cacheprovider tests/test_hasty.py", folder=folder)
    sentence = "calls sent 3, 3, 3 items: the client resent 2 items that were already created (#2, #3)"
    assert (hasty.returncode, sentence in hasty.stdout) == (1, True), hasty.stdout
    return sentence


@point(38, "pytest -n 8 is green and sandboxes never mix")
def many_workers(stage: Stage) -> str:
    (stage.folder / "test_many.py").write_text(MANY, encoding="utf-8")
    stage.done("python -m pip install --quiet --disable-pip-version-check pytest-xdist")
    told = stage.done("pytest -q -p no:cacheprovider -n 8 test_many.py", folder=stage.folder)
    assert "30 passed" in told, told
    with stage.server() as server:
        shared = stage.done(
            f"pytest -q -p no:cacheprovider -n 8 --mockserver-url={server.url} test_many.py",
            folder=stage.folder,
        )
    assert "30 passed" in shared, shared
    return "30 tests on 8 workers, with a server each and with one for all"


@point(39, "An armed rule never hit fails the test by name")
def never_hit(stage: Stage) -> str:
    (stage.folder / "test_never.py").write_text(NEVER_HIT, encoding="utf-8")
    ran = stage.run("pytest -q -p no:cacheprovider test_never.py", folder=stage.folder)
    line = next(line for line in ran.stdout.splitlines() if "was armed and never hit" in line)
    assert ran.returncode == 1
    return " ".join(line.split())


@point(40, "A failed CI run alone is enough to repeat the failure by one pasted command")
def repeat_elsewhere(stage: Stage) -> str:
    kept = stage.folder / "kept by ci"
    shutil.rmtree(kept, ignore_errors=True)
    folder = stage.clone / "examples" / "ledger"
    stage.run(
        f"pytest -q -p no:cacheprovider tests/test_hasty.py --mockserver-artifacts '{kept}'", folder=folder
    )
    [left] = kept.iterdir()
    with stage.server() as other:
        script = next(left.glob("*.sh"))
        told = stage.done(f"bash '{script}'", {"MOCKSERVER_URL": other.url})
        stage.done("mockserver cases run '{}' --target {}".format(next(left.glob("*.yaml")), other.url))
    assert "created" in told, told
    return (
        f"{script.name} and the case of the failed test run on another server; contract: {_contract(stage)}"
    )


def _contract(stage: Stage) -> str:
    """Let the suite fail against a server that refuses everything, and repeat a failure as it says."""
    summary = stage.folder / "summary.md"
    scenario = stage.folder / "liar.yaml"
    scenario.write_text(
        "version: 1\nname: liar\nrules: [{id: count, match: {vendor: payt}, envelope: {countAdd: 1}}]\n",
        encoding="utf-8",
    )
    with stage.server(f"--scenario '{scenario}'") as server:
        found = stage.run(
            f"mockserver contract payt --target {server.url}/payt --operation postV1Invoices "
            "--max-examples 10 --report junit,html --report-dir report",
            {"GITHUB_STEP_SUMMARY": str(summary), "GITHUB_ACTIONS": "true"},
            folder=stage.folder,
        )
        assert found.returncode == 1, found.stdout + found.stderr
        again = re.search(r"again: +(mockserver contract .*)", found.stdout)
        assert again, found.stdout
        repeated = stage.run(again.group(1), folder=stage.folder)
    assert repeated.returncode == 1, repeated.stdout
    assert "::error" in found.stdout + found.stderr
    assert "mockserver contract" in summary.read_text(encoding="utf-8")
    assert "mockserver contract" in (stage.folder / "report" / "junit.xml").read_text(encoding="utf-8")
    return "the command of the report finds it again"
