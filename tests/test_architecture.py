"""What no linter can say: how large a thing may be, and that the core names no vendor.

Who may import whom stands in pyproject.toml, for import-linter and ruff.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from mockserver.engine.registry import vendor_packages
from mockserver.spec.folder import specs_folder

PACKAGE = Path(__file__).parents[1] / "mockserver"
MODULES = {file: file.read_text(encoding="utf-8") for file in sorted(PACKAGE.rglob("*.py"))}
parsed = cache(ast.parse)
PAGES = sorted(page for page in PACKAGE.rglob("templates/**/*") if page.is_file())
VENDOR_NAMES = re.compile("|".join(vendor_packages()), re.IGNORECASE)
MAX_MODULE_LINES = 600
MAX_FUNCTION_LINES = 60


@cache
def words(text: str) -> frozenset[str]:
    """Every name and every text of a module but its docstrings."""
    return frozenset(_words(parsed(text)))


def _words(tree: ast.Module) -> Iterator[str]:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    remarks = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in remarks:
            yield node.value
        for field in ("id", "attr", "arg", "name", "asname", "module"):
            if isinstance(found := getattr(node, field, None), str):
                yield found


def test_the_core_names_no_vendor() -> None:
    core = {file: text for file, text in MODULES.items() if not file.is_relative_to(PACKAGE / "vendors")}

    assert [
        (file.name, word) for file, text in core.items() for word in words(text) if VENDOR_NAMES.search(word)
    ] == []


CLIENTS = {
    "contract/target.py": "calls the target of a contract run",
    "server/listening.py": "asks the server that has the port",
    "testing/http_call.py": "calls the server that is tested",
}
CALLING_OUT = {"HTTPConnection", "HTTPSConnection", "create_connection", "open_connection", "urlopen"}


def test_the_outgoing_door_alone_opens_connections_to_other_servers() -> None:
    """Names of the standard library; who may import other HTTP clients stands in pyproject.toml."""
    found = {
        file.relative_to(PACKAGE).as_posix()
        for file, text in MODULES.items()
        if CALLING_OUT.intersection(words(text))
    }

    assert found == {*CLIENTS}


def test_no_page_names_a_vendor() -> None:
    assert [page.name for page in PAGES if VENDOR_NAMES.search(page.read_text(encoding="utf-8"))] == []


def test_no_module_is_longer_than_600_lines() -> None:
    assert [file.name for file, text in MODULES.items() if text.count("\n") > MAX_MODULE_LINES] == []


def test_no_function_is_longer_than_60_lines() -> None:
    assert [
        (file.name, node.name)
        for file, text in MODULES.items()
        for node in ast.walk(parsed(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.body[0].lineno >= MAX_FUNCTION_LINES
    ] == []


def test_every_vendor_package_has_a_spec() -> None:
    specs = {file.stem for file in specs_folder().glob("*.yaml")}

    assert set(vendor_packages()) <= specs
