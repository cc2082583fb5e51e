"""Whatever a user can type, set or meet stands on a page: a new one without a page fails here."""

from __future__ import annotations

import re

import click
import pytest

from mockserver.cli import options
from mockserver.cli.main import main
from mockserver.control.cases.catalogue import rows
from mockserver.engine.registry import discover_vendors
from mockserver.scenario.selection import ITEM_FAULT_CODES
from tests.docs.control_page import operations
from tests.docs.message_codes import message_codes
from tests.docs.pages import DOCS
from tests.docs.settings_page import global_options, run_options
from tests.support.commands_page import commands_below

PAGES = {
    file.relative_to(DOCS).with_suffix("").as_posix(): file.read_text("utf-8") for file in DOCS.rglob("*.md")
}
EVERYTHING = "\n".join(text for name, text in PAGES.items() if name != "changes")
COMMANDS = {" ".join(path): command for path, command in commands_below(main)}
VENDORS = {vendor.name: vendor for vendor in discover_vendors()}
HOW = "describe it on a page; the generated parts are written by make pages"
PART_OF_CODE = re.compile(r"`([^`\n]+)`")


def words_in_code(text: str) -> frozenset[str]:
    """The words that stand alone between back quotes."""
    return frozenset(PART_OF_CODE.findall(text))


def codes_on(page: str) -> frozenset[str]:
    """The codes in the first column of the page's tables."""
    cells = re.findall(r"^\| (`[^|]*`) \|", page, re.MULTILINE)
    return frozenset(code for cell in cells for code in PART_OF_CODE.findall(cell))


def has_cause(code: str, known: frozenset[str]) -> bool:
    """Whether the code is known; what ends with a hyphen begins codes that are made at run time."""
    return code in known or (code.endswith("-") and any(one.startswith(code) for one in known))


@pytest.mark.parametrize("path", COMMANDS)
def test_a_command_stands_on_the_page_of_commands(path: str) -> None:
    assert re.search(rf"^##+ {path}$", PAGES["commands"], re.MULTILINE), HOW


@pytest.mark.parametrize("path", COMMANDS)
def test_the_options_of_a_command_stand_in_its_section(path: str) -> None:
    section = re.split(
        r"^##+ ", PAGES["commands"].partition(f"# {path}\n")[2], maxsplit=1, flags=re.MULTILINE
    )[0]
    given = (one for one in COMMANDS[path].params if isinstance(one, click.Option))
    flags = {flag for one in given for flag in (*one.opts, *one.secondary_opts)}

    assert flags - words_in_code(section) == set(), HOW


@pytest.mark.parametrize("key", run_options())
def test_a_setting_of_the_server_stands_there_as_flag_variable_and_key(key: str) -> None:
    option, page = run_options()[key], PAGES["settings"]

    assert f"| `--{key}`" in page, HOW
    assert f"`{option.envvar}`" in page, HOW
    assert re.search(rf"`{key} = [^`]+`", page), HOW


@pytest.mark.parametrize("name", global_options())
def test_a_setting_of_every_command_stands_there(name: str) -> None:
    assert {*global_options()[name].opts, global_options()[name].envvar} <= words_in_code(
        PAGES["settings"]
    ), HOW


@pytest.mark.parametrize("path", COMMANDS)
def test_the_variables_of_a_command_stand_on_a_page(path: str) -> None:
    variables = {str(one.envvar) for one in COMMANDS[path].params if one.envvar}

    assert variables - words_in_code(EVERYTHING) == set(), HOW


def test_every_code_of_a_message_has_its_cause_on_the_page_of_messages() -> None:
    known = codes_on(PAGES["messages"])

    missing = {code for code in {*message_codes(), *ITEM_FAULT_CODES} if not has_cause(code, known)}

    assert missing == set(), HOW


def test_the_page_of_messages_has_no_code_that_is_gone() -> None:
    known = {*message_codes(), *ITEM_FAULT_CODES, "http-<status>"}

    assert codes_on(PAGES["messages"]) - known == set()


def test_a_part_of_the_code_is_found_where_a_code_is_given() -> None:
    assert {
        "unknown-sandbox",
        "too-many-sandboxes",
        "missing-required",
        "no-token",
        "bad-pattern",
    } <= message_codes()
    assert {
        "idempotency-key-reused",
        "unknown-batch-operation",
        "unauthorized",
        "no-server",
    } <= message_codes()


def test_every_exit_code_has_a_cure() -> None:
    codes = {str(value) for name, value in vars(options).items() if name.startswith("EXIT_")}
    section = PAGES["messages"].partition("\n## Exit codes\n")[2].partition("\n## ")[0]

    assert set(re.findall(r"^\| (\d+) \| .+ \| .+ \|$", section, re.MULTILINE)) == codes


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_assumptions_of_a_vendor_stand_on_a_page(vendor: str) -> None:
    names = {f"{vendor}.{one.name}" for one in VENDORS[vendor].all_assumptions}

    assert names - words_in_code(PAGES[f"vendors/{vendor}"]) == set(), HOW


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_operations_of_a_vendor_stand_on_its_page(vendor: str) -> None:
    names = set(VENDORS[vendor].spec.operations)

    assert names - set(re.findall(r"^\| (\w+) \|", PAGES[f"vendors/{vendor}"], re.MULTILINE)) == set(), HOW


@pytest.mark.parametrize("case", [row.id for row in rows().values()])
def test_a_case_stands_in_the_catalogue(case: str) -> None:
    assert f"\n### {case}\n" in PAGES["catalogue"], HOW


@pytest.mark.parametrize("operation", operations(), ids=lambda one: one.id)
def test_an_operation_of_the_control_plane_stands_there_with_its_parameters(operation: object) -> None:
    found = next(one for one in operations() if one == operation)
    section = PAGES["control"].partition(f"\n### {found.id}\n")[2].partition("\n### ")[0]

    assert f"`{found.method} {found.path}`" in section, HOW
    assert {one["name"] for one in found.parameters} <= words_in_code(section), HOW
    assert "```console\n$ curl -s " in section, HOW
