"""What TAB gets, through the protocol of the shells."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from mockserver.cli.main import main
from mockserver.engine.registry import vendor_packages

VENDOR = vendor_packages()[0]


def completed(line: str) -> list[str]:
    """Return what bash would offer at the end of the line."""
    words = line.split(" ")
    environment = {
        "_MOCKSERVER_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    result = CliRunner().invoke(main, [], prog_name="mockserver", env=environment)
    return [one.partition(",")[2] for one in result.output.splitlines()]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_printed(shell: str) -> None:
    result = CliRunner().invoke(main, ["completion", shell])

    assert (result.exit_code, "_MOCKSERVER_COMPLETE" in result.output) == (0, True)


def test_the_script_is_printed_as_json() -> None:
    printed = json.loads(CliRunner().invoke(main, ["completion", "bash", "--json"]).output)

    assert (printed["shell"], "_MOCKSERVER_COMPLETE" in printed["script"]) == ("bash", True)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("mockserver contr", "contract"),
        (f"mockserver contract {VENDOR[:2]}", VENDOR),
        (f"mockserver run --vendor {VENDOR[:2]}", VENDOR),
        (f"mockserver run --at-root {VENDOR[:2]}", VENDOR),
        (f"mockserver verify --vendor {VENDOR[:2]}", VENDOR),
        ("mockserver contract --checks count-is", "count-is-processed"),
        ("mockserver contract --checks order-is-kept,count-is", "order-is-kept,count-is-processed"),
        ("mockserver contract --report junit,ht", "junit,html"),
        (f"mockserver run --assume {VENDOR}.avail", f"{VENDOR}.availability"),
        (f"mockserver run --assume {VENDOR}.availability=off", f"{VENDOR}.availability=offline"),
        ("mockserver run --log js", "json"),
    ],
)
def test_values_are_completed(line: str, expected: str) -> None:
    assert completed(line) == [expected]


def test_operations_are_those_of_the_vendor_that_is_named() -> None:
    first, second = vendor_packages()[:2]

    assert completed(f"mockserver contract {first} --operation ") != completed(
        f"mockserver contract {second} --operation "
    )


def test_operations_of_all_vendors_are_offered_where_none_is_named() -> None:
    own = completed(f"mockserver contract {VENDOR} --operation ")

    assert set(own) < set(completed("mockserver contract --operation "))
