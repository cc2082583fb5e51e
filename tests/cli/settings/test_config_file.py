from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.cli.settings import InvalidConfigError, find_config, read_config


def write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_the_nearest_file_upwards_is_taken(tmp_path: Path) -> None:
    write(tmp_path / "mockserver.toml", "[run]\nport = 1\n")
    near = write(tmp_path / "a" / "mockserver.toml", "[run]\nport = 2\n")
    below = tmp_path / "a" / "b"
    below.mkdir()

    found = find_config(below)

    assert (found and found.path, found and found.document) == (near, {"run": {"port": 2}})


def test_a_table_of_pyproject_is_taken(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[project]\nname = 'x'\n\n[tool.mockserver.run]\nport = 3\n")

    found = find_config(tmp_path)

    assert (found and found.document, found and found.place("run", "port")) == (
        {"run": {"port": 3}},
        f"{tmp_path / 'pyproject.toml'}:5",
    )


def test_a_pyproject_without_the_table_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path / "a" / "pyproject.toml", "[project]\nname = 'x'\n")
    above = write(tmp_path / "mockserver.toml", "")

    found = find_config(tmp_path / "a")

    assert found
    assert found.path == above


def test_the_own_file_wins_over_pyproject_beside_it(tmp_path: Path) -> None:
    write(tmp_path / "pyproject.toml", "[tool.mockserver.run]\nport = 3\n")
    own = write(tmp_path / "mockserver.toml", "[run]\nport = 4\n")

    found = find_config(tmp_path)

    assert found
    assert found.path == own


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (("url",), 1),
        (("run", "port"), 4),
        (("run", "max-items"), 5),
        (("run", "nothing"), 3),
        (("spec", "check", "format"), 8),
        (("contract", "seed"), 10),
        (("nowhere",), 1),
    ],
)
def test_a_key_has_its_line_or_that_of_its_table(keys: tuple[str, ...], line: int, tmp_path: Path) -> None:
    text = (
        'url = "http://127.0.0.1:9"\n# [run] is here\n[run] # serve\nport = 1\n"max-items" = 2\n'
        '\n[spec.check]\nformat = "json"\n[ contract ]\nseed = 1\n'
    )
    file = write(tmp_path / "mockserver.toml", text)

    assert read_config(file).place(*keys) == f"{file}:{line}"


def test_a_dotted_key_has_its_line(tmp_path: Path) -> None:
    file = write(tmp_path / "mockserver.toml", "\nrun.port = 1\n")

    assert read_config(file).place("run", "port") == f"{file}:2"


def test_text_that_is_not_toml_is_told_with_line_and_column(tmp_path: Path) -> None:
    file = write(tmp_path / "mockserver.toml", "[run]\nport 9000\n")

    with pytest.raises(InvalidConfigError, match=r"mockserver\.toml is not TOML") as refused:
        read_config(file)

    assert refused.value.where == f"{file}:2:6"


def test_a_path_below_the_working_folder_is_shown_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "mockserver.toml", "[run]\nport = 1\n")

    found = find_config(Path.cwd())

    assert found
    assert found.place("run", "port") == "mockserver.toml:2"
