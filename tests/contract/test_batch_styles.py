"""The suite at each example of a batch style: a right server has no finding, each lie of a proxy is found.

`EVERY_CASE=1 CONTRACT_SEED=42 pytest …` tries all lies with a seed.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.contract.loading import as_ours_keeps_it, load_api
from mockserver.contract.run_state import RunConfig
from mockserver.server.application import Options, create_app
from mockserver.spec.batch_forms import Batch
from tests.contract.batch_lies import lies_about, lying
from tests.contract.suite import SEED, held, told

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "batches").glob("*.yaml"))

OF_SCHEMAS = "answers-match-the-spec"
"""The check of schemas, which the answers with a lie keep."""


def batch_of(file: Path) -> Batch:
    return next(one.batch for one in load_api(file).spec.operations.values() if one.batch)


LIES = [(file, lie) for file in EXAMPLES for lie in lies_about(batch_of(file))]


def run(file: Path, lie: str) -> Result:
    with lying(file, lie) as url:
        options = ("--target", url, "--quick", "--seed", str(SEED), "--no-shrink")
        return CliRunner().invoke(main, ["contract", "--spec", str(file), *options])


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_nothing_is_found_at_our_own_server(file: Path) -> None:
    api, app = as_ours_keeps_it(load_api(file)), create_app(Options(files=(file,)))

    assert told(held(api, app, file.stem, RunConfig(SEED, 2, shrinks=False)).findings) == []


@pytest.mark.few(4)
@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_nothing_is_found_behind_a_proxy_that_passes_all_on(file: Path) -> None:
    result = run(file, "")

    assert result.exit_code == 0, result.output


@pytest.mark.few(16)
@pytest.mark.parametrize(("file", "lie"), LIES, ids=[f"{file.stem}: {lie}" for file, lie in LIES])
def test_a_lie_of_a_proxy_is_found(file: Path, lie: str) -> None:
    result = run(file, lie)

    named = result.output.splitlines()[-1].partition(": ")[2].split(", ")
    assert {one.rpartition(" ")[2] for one in named} - {OF_SCHEMAS, ""}, result.output
