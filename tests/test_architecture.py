"""What holds between modules: who may import whom, who may read the clock, how large a thing may be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from mockserver.engine.registry import vendor_packages

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "mockserver"
VENDORS = PACKAGE / "vendors"
SPECS = ROOT / "specs"

MODULES = sorted(PACKAGE.rglob("*.py"))
CORE = [file for file in MODULES if not file.is_relative_to(VENDORS)]
OUTSIDE_APP = [file for file in MODULES if not file.is_relative_to(PACKAGE / "app")]
OF_VENDORS = [file for file in MODULES if file.parent.parent == VENDORS]
TIMELESS = [
    file
    for file in MODULES
    if file not in (PACKAGE / "clock.py", PACKAGE / "app" / "desk.py", PACKAGE / "server.py")
]
TEMPLATES = sorted((PACKAGE / "app" / "templates").iterdir())

NAMES = re.compile("vba|guidewire|pvex|payt|xero", re.IGNORECASE)
SEAM = (
    "model",
    "errors",
    "vendor",
    "store",
    "spec",
    "reply",
    "formats",
    "auth",
    "clock",
    "codec.json",
    "assumption",
    "quota",
    "contract.subject",
    "contract.exchange",
    "contract.spoils",
    "contract.forgiven",
)
ROOMS = ("envelope", "judge", "apply", "pipeline")
CLOCKS = re.compile(r"^(time\.|(datetime\.)?datetime\.(now|utcnow|today)\b|(datetime\.)?date\.today\b)")
CHANCE = re.compile(r"^(random\b|secrets\b|uuid\.uuid[14]|os\.urandom)")
MAX_LINES = 250
MAX_FUNCTION_LINES = 40


ORACLE = (
    PACKAGE / "contract" / "judging.py",
    *(
        file
        for folder in ("oracle", "answers", "checks")
        for file in sorted((PACKAGE / "contract" / folder).glob("*.py"))
    ),
)
ENGINE = re.compile(
    r"jsonschema_rs\b"
    r"|mockserver\.(schema|judge|envelope|apply|binder|pipeline|work|published|codec|formats|parameters|plan"
    r"|typed_xml|undeclared|app|store)\b"
)
"""What the server judges and reads with; an oracle that leans on it makes its mistakes."""


def name_of(file: Path) -> str:
    return file.relative_to(PACKAGE).as_posix()


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def imported(file: Path) -> Iterator[str]:
    """Everything that the file imports, by its full name, wherever it does so."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def docstrings(file: Path) -> Iterator[ast.Constant]:
    for node in ast.walk(tree(file)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield first.value


def words(file: Path) -> Iterator[str]:
    """Every name and every text of the file but its docstrings; the texts below a name are remarks too."""
    remarks = {id(node) for node in docstrings(file)} if file.name != "cli.py" else set()
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in remarks:
            yield node.value
        for field in ("id", "attr", "arg", "name", "asname", "module"):
            if isinstance(found := getattr(node, field, None), str):
                yield found


def functions(file: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree(file)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, (node.end_lineno or node.lineno) - node.body[0].lineno + 1


def clock_readings(file: Path) -> Iterator[str]:
    yield from (name for name in imported(file) if name == "time" or CLOCKS.match(name))
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Attribute) and CLOCKS.match(ast.unparse(node)):
            yield ast.unparse(node)


@pytest.mark.parametrize("file", CORE, ids=name_of)
def test_the_core_names_no_vendor(file: Path) -> None:
    assert [word for word in words(file) if NAMES.search(word)] == []


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.name)
def test_a_page_names_no_vendor(file: Path) -> None:
    assert NAMES.findall(file.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_a_module_is_no_longer_than_250_lines(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_a_function_is_no_longer_than_40_lines(file: Path) -> None:
    assert [(name, lines) for name, lines in functions(file) if lines > MAX_FUNCTION_LINES] == []


@pytest.mark.parametrize("file", OF_VENDORS, ids=name_of)
def test_a_vendor_imports_the_seam_and_itself_alone(file: Path) -> None:
    allowed = tuple(f"mockserver.{name}" for name in (*SEAM, f"vendors.{file.parent.name}"))

    assert [
        name
        for name in imported(file)
        if name.startswith("mockserver.") and not any(f"{name}.".startswith(f"{one}.") for one in allowed)
    ] == []


@pytest.mark.parametrize("file", OUTSIDE_APP, ids=name_of)
def test_only_the_app_knows_the_web_frameworks(file: Path) -> None:
    assert [
        name for name in imported(file) if re.match("(connexion|flask|starlette|werkzeug)\\b", name)
    ] == []


@pytest.mark.parametrize("file", ORACLE, ids=name_of)
def test_the_oracle_shares_nothing_with_the_engine(file: Path) -> None:
    assert [name for name in imported(file) if ENGINE.match(name)] == []


@pytest.mark.parametrize("file", TIMELESS, ids=name_of)
def test_nobody_else_reads_the_time(file: Path) -> None:
    assert list(clock_readings(file)) == []


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_nobody_draws_by_chance(file: Path) -> None:
    assert [name for name in imported(file) if CHANCE.match(name)] == []


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_only_the_memory_store_touches_tables(file: Path) -> None:
    touching = [name for name in imported(file) if name.startswith("mockserver.sandbox.memory_table")]

    assert bool(touching) == (name_of(file) == "store/memory.py")


@pytest.mark.parametrize("room", ROOMS)
def test_no_room_imports_a_later_one(room: str) -> None:
    later = tuple(f"mockserver.{name}." for name in ROOMS[ROOMS.index(room) + 1 :])

    assert [name for name in imported(PACKAGE / f"{room}.py") if later and name.startswith(later)] == []


def test_every_vendor_package_has_a_spec_and_every_spec_a_package() -> None:
    specs = [file.stem for file in SPECS.glob("*.yaml") if not file.name.startswith("_")]

    assert sorted(specs) == list(vendor_packages())


def test_the_rooms_and_the_seam_are_where_they_are_said_to_be() -> None:
    modules = {
        name_of(file).removesuffix(".py").replace("/", ".").removesuffix(".__init__") for file in MODULES
    }

    assert {*ROOMS, *SEAM} <= modules
