from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

import mockserver
from mockserver import installation
from mockserver.installation import STRANGERS_CURE, extra_command, strangers

ROOT = Path(mockserver.__file__).parents[1]
CLIENT = "mockserver_client-9.2.0.dist-info"


@pytest.mark.parametrize(
    ("has_pip", "start"),
    [(True, f"{sys.executable} -m pip install "), (False, f"uv pip install --python {sys.executable} ")],
)
def test_an_extra_is_installed_by_the_names_of_its_packages(
    has_pip: object, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where mockserver came from, a checkout or a wheel, may be gone; no index has it."""
    lines = ["click>=8", "hypothesis>=6; extra == 'contract'", 'trustme>=1.1; extra == "tls"']
    monkeypatch.setattr(installation, "requires", lambda _name: lines)
    monkeypatch.setattr(installation, "find_spec", lambda _name: has_pip or None)

    assert [extra_command(name) for name in ("contract", "tls")] == [
        f"{start}'hypothesis>=6'",
        f"{start}'trustme>=1.1'",
    ]


def test_an_extra_of_sources_that_are_not_installed_is_installed_from_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> list[str]:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(installation, "requires", missing)

    assert extra_command("tls").endswith(f" -e '{ROOT}[tls]'")


def install(folder: Path, name: str, *files: str) -> None:
    (folder / name).mkdir(parents=True)
    (folder / name / "RECORD").write_text("".join(f"{file},sha256=x,1\n" for file in files))


def test_packages_of_others_that_have_our_files_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, CLIENT, "mockserver/__init__.py", "mockserver/client.py")
    install(tmp_path, "mockserver-0.1.0.dist-info", "mockserver/__init__.py")
    install(tmp_path, "pytest_mockserver-0.1.0.dist-info", "mockserver/testing/__init__.py")
    install(tmp_path, "other-1.dist-info", "other/mockserver/__init__.py")
    monkeypatch.setattr(sys, "path", [str(tmp_path)])

    assert list(strangers()) == ["mockserver-client 9.2.0"]


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ("class MockServerClient: ...", "mockserver-client 9.2.0 has replaced mockserver/__init__.py"),
        ("", "mockserver/__init__.py is missing or is not ours"),
    ],
)
@pytest.mark.parametrize(
    "program", ["import mockserver.cli.main", "import mockserver.__main__ as started; started.start()"]
)
def test_a_replaced_package_says_what_replaced_it(
    program: str, other: str, what: str, tmp_path: Path
) -> None:
    """`pip uninstall mockserver-client` takes the file away."""
    package = tmp_path / "mockserver"
    package.mkdir()
    for file in ROOT.joinpath("mockserver").iterdir():
        if file.name not in ("__init__.py", "__pycache__"):
            (package / file.name).symlink_to(file)
    if other:
        (package / "__init__.py").write_text(other)
        install(tmp_path, CLIENT, "mockserver/__init__.py")

    only = f"import sys; sys.path = [one for one in sys.path if one != {str(ROOT)!r}]; {program}"

    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-c", only],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (2, f"error: {what}\n  try: {STRANGERS_CURE}\n")
