"""What keeps `run` from starting is told with the line that mends it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mockserver.cli.main import main
from mockserver.engine.registry import vendor_packages
from tests.support import broken_specs, sample_vendor

VENDOR = vendor_packages()[0]


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["run", "--port", "0", "--log", "off", *arguments])


def message(what: str, where: str, cure: str) -> str:
    return f"error: {what}\n   at: {where}\n  try: {cure}\n"


@pytest.mark.parametrize("flag", ["--vendor", "--at-root"])
def test_a_misspelt_vendor_gets_the_nearest(flag: str) -> None:
    result = run(flag, VENDOR.upper())

    assert result.exit_code == 2
    assert result.stderr.endswith(f"   at: {flag} {VENDOR.upper()}\n  try: mockserver run {flag} {VENDOR}\n")


def test_a_vendor_that_is_not_served_cannot_answer_at_the_root() -> None:
    first, second = vendor_packages()[:2]

    assert run("--vendor", first, "--at-root", second).stderr == message(
        f"no served vendor named {second}; there is {first}",
        f"--at-root {second}",
        f"mockserver run --at-root {first}",
    )


def test_a_misspelt_assumption_gets_the_nearest_with_the_value() -> None:
    assert run("--assume", f"{VENDOR}.magic_token=off").stderr == message(
        f"there is no assumption {VENDOR}.magic_token",
        f"--assume {VENDOR}.magic_token=off",
        f"mockserver run --assume {VENDOR}.magic_tokens=off",
    )


def test_a_wrong_value_of_an_assumption_gets_one_that_it_has() -> None:
    assert run("--assume", f"{VENDOR}.availability=offlin").stderr == message(
        f"{VENDOR}.availability has no value offlin; it has up, failing, offline, failing_after_commit",
        f"--assume {VENDOR}.availability=offlin",
        f"mockserver run --assume {VENDOR}.availability=offline",
    )


def test_an_assumption_near_none_gets_the_list() -> None:
    assert run("--assume", "zzz=1").stderr.endswith("  try: mockserver assumptions\n")


def test_an_address_of_another_machine_gets_one_of_this() -> None:
    result = run("--host", "192.0.2.1")

    assert (result.exit_code, result.stderr) == (
        2,
        message(
            "cannot listen on 192.0.2.1: not an address of this machine",
            "--host 192.0.2.1",
            "mockserver run --host 127.0.0.1",
        ),
    )


def test_a_spec_gets_the_line_to_write_and_the_number_of_further_problems(tmp_path: Path) -> None:
    document = sample_vendor.changed_document("/paths/~1orders/get/x-collection")
    del document["paths"]["/orders/{id}"]["get"]["x-collection"]
    sample_vendor.write_spec(tmp_path, document)

    first, where, cure = run("--specs", str(tmp_path), "--vendor", "acme").stderr.splitlines()

    assert first.startswith("error: acme: listOrders: nothing answers it")
    assert where.startswith(f"   at: {tmp_path / 'acme.yaml'}:")
    assert where.endswith(f"(and 1 more: mockserver spec check {tmp_path / 'acme.yaml'})")
    assert cure == "  try: x-collection: orders"


@pytest.mark.parametrize("name", ["request reference", "answer reference"])
def test_a_reference_to_nothing_keeps_the_server_from_starting(name: str, tmp_path: Path) -> None:
    file = sample_vendor.write_spec(tmp_path, broken_specs.document(name))

    result = run("--specs", str(tmp_path), "--vendor", "acme")

    what, where, cure = result.stderr.splitlines()
    assert (result.exit_code, cure) == (2, '  try: $ref: "#/components/schemas/Order"')
    assert what.endswith("$ref: #/components/schemas/Ordr points at nothing")
    assert where.startswith(f"   at: {file}:")


@pytest.mark.parametrize(
    "name",
    sorted(
        broken_specs.CHANGES.keys()
        - {"response code is a word", "scheme without type"}  # served, though OpenAPI does not allow them
    ),
)
def test_a_spec_of_another_structure_is_wrong_usage_with_its_place(name: str, tmp_path: Path) -> None:
    file = sample_vendor.write_spec(tmp_path, broken_specs.document(name))

    result = run("--specs", str(tmp_path), "--vendor", "acme")

    assert (result.exit_code, f"   at: {file}:" in result.stderr) == (2, True)


def test_a_file_that_is_not_yaml_gets_its_line_and_a_cure(tmp_path: Path) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text('openapi: "3.0.3"\ninfo:\n  title: a: b\n', encoding="utf-8")

    assert run("--specs", str(tmp_path), "--vendor", "acme").stderr == message(
        "acme.yaml: not YAML: mapping values are not allowed in this context (line 3, column 11)",
        f"{file}:3:11",
        "quote texts with : or #, and indent with spaces",
    )
