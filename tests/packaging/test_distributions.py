"""What is built from a checkout can be installed by itself, and has all that the server shows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

import mockserver
from mockserver.console import vendoring

ROOT = Path(mockserver.__file__).parents[1]
SOURCES = (
    ".gitignore",
    "LICENSE",
    "README.md",
    "docs",
    "mkdocs.yml",
    "mockserver",
    "pyproject.toml",
    "specs",
)
MADE_HERE = shutil.ignore_patterns("__pycache__", ".downloads", "assets")
ASSET = Path("mockserver", "console", "assets", "htmx.min.js")


def run(*command: str, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - our own
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def copy_sources(folder: Path) -> Path:
    """Copy what git has."""
    folder.mkdir()
    for name in SOURCES:
        source, target = ROOT / name, folder / name
        shutil.copytree(source, target, ignore=MADE_HERE) if source.is_dir() else shutil.copy(source, target)
    return folder


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what git has, and the assets, which git has not."""
    folder = copy_sources(tmp_path_factory.mktemp("built") / "checkout")
    npm = folder / "mockserver" / "console" / "npm"
    for source in vendoring.SOURCES:
        package = npm / vendoring.DOWNLOADS / "node_modules" / source.package
        package.joinpath(source.path).parent.mkdir(parents=True, exist_ok=True)
        package.joinpath(source.path).write_text("made up")
        version = vendoring.read_lock(npm)[source.package][0]
        package.joinpath("package.json").write_text(f'{{"version": "{version}"}}')
    vendoring.copy_assets(npm, folder / ASSET.parent)
    return folder


@pytest.fixture(scope="module")
def without_assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_sources(tmp_path_factory.mktemp("without") / "checkout")


BUILD = """
import sys
from hatchling.build import build_editable, build_sdist, build_wheel
print({"editable": build_editable, "sdist": build_sdist, "wheel": build_wheel}[sys.argv[1]](sys.argv[2]))
"""


def build(what: str, checkout: Path, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Build as pip does."""
    return subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", BUILD, what, str(folder)],
        cwd=checkout,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("what", ["wheel", "sdist"])
def test_nothing_is_built_without_the_assets(what: str, without_assets: Path, tmp_path: Path) -> None:
    done = build(what, without_assets, tmp_path)

    assert (done.returncode, list(tmp_path.iterdir())) == (1, [])
    assert "run `make assets`" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("what", "variables"), [("editable", {}), ("wheel", {"HATCH_BUILD_NO_HOOKS": "true"})]
)
def test_an_editable_and_a_wanted_installation_need_no_assets(
    what: str, variables: dict[str, str], without_assets: Path, tmp_path: Path
) -> None:
    done = build(what, without_assets, tmp_path, **variables)

    assert [done.stdout.strip()] == [file.name for file in tmp_path.iterdir()], done.stderr


@pytest.fixture(scope="module", params=["wheel", "sdist"])
def program(request: pytest.FixtureRequest, checkout: Path) -> Path:
    """The command of an environment into which the built file is installed, beside our own packages."""
    made = checkout.parent / request.param
    run(sys.executable, "-m", "hatchling", "build", "-t", request.param, "-d", str(made), folder=checkout)
    (built,) = made.iterdir()
    home = checkout.parent / f"by-{request.param}"
    venv.create(home, symlinks=True)
    paths = {name: sysconfig.get_path(name, "venv", {"base": str(home)}) for name in ("purelib", "scripts")}
    Path(paths["purelib"], "ours.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    python = str(Path(paths["scripts"], "python"))
    options = ("--no-deps", "--no-index", "--no-build-isolation", "--no-compile", "--ignore-installed")
    run(python, "-m", "pip", "install", *options, str(built), folder=made)
    return Path(paths["scripts"], "mockserver")


def test_the_command_runs(program: Path, tmp_path: Path) -> None:
    assert run(str(program), "--version", folder=tmp_path).split()[-1] == mockserver.__version__


def test_the_vendors_are_there(program: Path, tmp_path: Path) -> None:
    lines = run(str(program), "vendors", folder=tmp_path).splitlines()

    shown = {line.split()[0].strip("/") for line in lines}
    assert {file.stem for file in (ROOT / "specs").glob("[a-z]*.yaml")} - shown == set()


def test_specs_documentation_and_assets_are_inside(program: Path, tmp_path: Path) -> None:
    code = "import mockserver; print(mockserver.__path__[0])"
    package = Path(run(str(program.parent / "python"), "-c", code, folder=tmp_path).strip())

    assert package.is_relative_to(program.parents[1])
    for place in ("specs", "docs"):
        wanted = {file.relative_to(ROOT / place) for file in (ROOT / place).rglob("*.*")}
        assert (
            wanted - {file.relative_to(package / place) for file in (package / place).rglob("*.*")} == set()
        )
    assert [(package.parent / one).exists() for one in (ASSET, "mockserver/docs/mkdocs.yml")] == [True, True]
