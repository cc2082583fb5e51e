"""The test library is a distribution of its own as well, which needs pytest alone."""

from __future__ import annotations

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mockserver.testing

PACKAGE = Path(mockserver.testing.__file__).parent
CHECKOUT = PACKAGE.parents[1]
NEEDS_THE_SERVER = PACKAGE / "threaded_server.py"
ALLOWED = {*sys.stdlib_module_names, "pytest", "_pytest", "pluggy"}


def imported(module: Path) -> Iterator[str]:
    """Yield every module that is imported anywhere in a file, also inside functions."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)


def is_allowed(name: str) -> bool:
    return name.partition(".")[0] in ALLOWED or f"{name}.".startswith("mockserver.testing.")


def settings(file: Path) -> Any:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def test_it_imports_nothing_but_itself_and_pytest() -> None:
    modules = [module for module in PACKAGE.rglob("*.py") if module != NEEDS_THE_SERVER]

    assert [(one.name, name) for one in modules for name in imported(one) if not is_allowed(name)] == []


def test_the_one_module_that_needs_the_server_is_imported_only_where_a_server_is_started() -> None:
    name = f"mockserver.testing.{NEEDS_THE_SERVER.stem}"

    assert [one.name for one in PACKAGE.rglob("*.py") if name in imported(one)] == ["server.py"]


def test_it_requires_pytest_alone_without_an_upper_limit() -> None:
    required = settings(PACKAGE / "pyproject.toml")["project"]["dependencies"]

    assert required == ["pytest>=7"]


def test_both_distributions_name_the_plugin_alike_so_that_pytest_loads_it_once() -> None:
    both = [settings(folder / "pyproject.toml")["project"] for folder in (CHECKOUT, PACKAGE)]

    plugin = {"mockserver": "mockserver.testing.pytest_plugin"}
    assert [project["entry-points"]["pytest11"] for project in both] == [plugin, plugin]


def test_both_distributions_have_one_licence_and_one_python() -> None:
    root, thin = (settings(folder / "pyproject.toml")["project"] for folder in (CHECKOUT, PACKAGE))

    assert (root["license"], root["requires-python"]) == (thin["license"], thin["requires-python"])
    assert (CHECKOUT / "LICENSE").read_bytes() == (PACKAGE / "LICENSE").read_bytes()
