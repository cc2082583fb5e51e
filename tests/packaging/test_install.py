"""`make run` takes the newest Python that works, and says what it installs, by uv or else by pip."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import mockserver

ROOT = Path(mockserver.__file__).parents[1]
MAKEFILE = """\
include locks/install.mk
"""
PIP = """\
#!/bin/sh
echo "pip $*" >> calls
case "$*" in *--require-hashes*)
  echo "Collecting click==8 (from -r locks/requirements.lock (line 1))"
  echo "  Using cached click-8-py3-none-any.whl"
  echo "Processing /wheels/flask-3-py3-none-any.whl (from -r locks/requirements.lock (line 3))"
  echo "Installing collected packages: click"
  exit ${PIP_STATUS:-0};;
esac
"""
UV = """\
#!/bin/sh
echo "uv $*" >> calls
exit ${UV_STATUS:-0}
"""

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="this machine has no make")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose environment is there, with a pip and a uv that write down how they were called."""
    for name in ("locks", ".venv/bin", "with-uv"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(ROOT / "locks" / "install.mk", tmp_path / "locks")
    (tmp_path / "Makefile").write_text(MAKEFILE)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "locks" / "requirements.lock").write_text("click==8 \\\n    --hash=sha256:00\nflask==3\n")
    for program, text in ((".venv/bin/python", PIP), ("with-uv/uv", UV)):
        (tmp_path / program).write_text(text)
        (tmp_path / program).chmod(0o700)
    return tmp_path


def install(checkout: Path, *, uv: bool = False, **variables: str) -> subprocess.CompletedProcess[str]:
    return make(checkout, ".venv/.run", uv=uv, **variables)


def make(checkout: Path, *words: str, uv: bool = False, **variables: str) -> subprocess.CompletedProcess[str]:
    tools = {name: str(shutil.which(name)) for name in ("make", "sh", "rm", "touch", "grep", "printf")}
    folder = checkout / "tools"
    folder.mkdir(exist_ok=True)
    for name, place in tools.items():
        if not (folder / name).exists():
            (folder / name).symlink_to(place)
    path = os.pathsep.join([str(folder), *([str(checkout / "with-uv")] if uv else [])])
    return subprocess.run(  # noqa: S603 - our own Makefile
        [tools["make"], *words],
        cwd=checkout,
        env={"PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def calls(checkout: Path) -> list[str]:
    return [" ".join(line.split()[:4]) for line in (checkout / "calls").read_text().splitlines()]


def test_pip_installs_with_a_line_for_each_package(checkout: Path) -> None:
    done = install(checkout)

    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert (done.returncode, done.stderr) == (0, "")
    assert lines[0].startswith("installing the server and the contract suite into .venv, once: ")
    assert lines[1:] == [
        "    1 of 2  click==8",
        "    2 of 2  flask-3-py3-none-any.whl",
        "  all are here; now they are unpacked",
    ]
    assert (checkout / ".venv" / ".run").exists()


def test_uv_installs_where_there_is_one(checkout: Path) -> None:
    done = install(checkout, uv=True)

    assert (done.returncode, calls(checkout)) == (0, ["uv pip install --python", "pip -m pip install"])


def test_pip_tries_what_uv_could_not_install(checkout: Path) -> None:
    done = install(checkout, uv=True, UV_STATUS="1")

    assert done.returncode == 0
    assert calls(checkout) == ["uv pip install --python", "pip -m pip install", "pip -m pip install"]


def test_what_was_not_installed_is_tried_again(checkout: Path) -> None:
    done = install(checkout, PIP_STATUS="1")

    assert (done.returncode, len(calls(checkout))) == (2, 1)
    assert not (checkout / ".venv" / ".run").exists()


@pytest.mark.parametrize(
    ("working", "chosen"),
    [
        (("python3.12", "python3.13", "python3"), "python3.13"),
        (("python3.11", "python3.12", "python3"), "python3.12"),
        (("python3",), "python3"),
    ],
)
def test_the_newest_python_that_works_makes_the_environment(
    checkout: Path, working: tuple[str, ...], chosen: str
) -> None:
    """A shim of pyenv is on the path for each installed version, and fails unless that is active."""
    for name in ("python3.11", "python3.12", "python3.13", "python3"):
        program = checkout / "with-uv" / name
        program.write_text(f"#!/bin/sh\nexit {0 if name in working else 127}\n")
        program.chmod(0o700)
    show = ["-s", "--eval", "show: ; @echo $(PYTHON);", "show"]

    assert make(checkout, *show, uv=True).stdout == f"{chosen}\n"
    assert make(checkout, *show, "PYTHON=mine", uv=True).stdout == "mine\n"
