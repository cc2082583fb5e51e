from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.engine.registry import discover_vendors
from tests.support import sample_vendor


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["vendors", *arguments])


def test_every_vendor_has_a_line() -> None:
    _, *lines = run().output.splitlines()

    assert [line.split()[0] for line in lines] == [f"/{vendor.name}" for vendor in discover_vendors()]


def test_json_has_operations_batches_and_assumptions() -> None:
    first, vendor = json.loads(run("--json").output)[0], discover_vendors()[0]

    assert (first["name"], first["path"]) == (vendor.name, f"/{vendor.name}")
    assert first["operations"] == list(vendor.spec.operations)
    assert set(first["batches"]) == set(vendor.batch_handlers)
    assert f"{vendor.name}.magic_tokens" in first["assumptions"]


def test_specs_of_other_folders_are_listed(tmp_path: Path) -> None:
    sample_vendor.write_spec(tmp_path)

    assert "/acme " in run("--specs", str(tmp_path)).output


def test_a_spec_that_cannot_be_served_is_exit_2(tmp_path: Path) -> None:
    sample_vendor.write_spec(tmp_path, sample_vendor.changed_document("/paths/~1orders/get/x-collection"))

    result = run("--specs", str(tmp_path))

    assert (result.exit_code, result.stderr.endswith("  try: x-collection: orders\n")) == (2, True)
