"""The lock of the image holds the server alone, at the versions of the other locks."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement

import mockserver

ROOT = Path(mockserver.__file__).parents[1]
SERVER, RUN, DEV = (ROOT / "locks" / f"requirements{part}.lock" for part in ("-server", "", "-dev"))


def locked(file: Path) -> set[str]:
    """Each package of a lock with its version and hashes; who needs it on which system is no matter."""
    text = re.sub(r" ;[^\\\n]*", " ", file.read_text(encoding="utf-8").strip())
    return set(re.split(r"\n(?=\S)", text))


def names(file: Path) -> set[str]:
    return {line.partition("==")[0] for line in locked(file)}


def required(lines: list[str]) -> set[str]:
    found = (re.match(r"[\w.-]+", line) for line in lines)
    return {name[0].lower().replace("_", "-") for name in found if name}


def test_a_smaller_lock_has_nothing_that_the_larger_one_has_not_alike() -> None:
    assert locked(SERVER) - locked(RUN) == set()
    assert locked(RUN) - locked(DEV) == set()


def test_the_servers_lock_has_what_the_server_requires_with_redis_and_what_builds_it() -> None:
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = [*whole["project"]["dependencies"], *whole["project"]["optional-dependencies"]["redis"]]

    assert required([*wanted, *whole["dependency-groups"]["build"]]) - names(SERVER) == set()


def test_the_lock_of_make_run_has_all_extras() -> None:
    whole = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [line for lines in whole["optional-dependencies"].values() for line in lines]

    assert required(wanted) - names(RUN) == set()


def test_the_servers_lock_has_nothing_of_the_contract_suite() -> None:
    assert {"schemathesis", "hypothesis", "pytest", "pygments", "rich"} & names(SERVER) == set()


def test_an_extra_that_a_package_requires_is_locked_with_it() -> None:
    """Before 23.3 pip takes the newest version for an extra alone, which the lock has no hash of."""
    requirements = [Requirement(line) for one in distributions() for line in one.requires or ()]
    wanted = {
        f"{one.name}[{','.join(sorted(one.extras))}]"
        for one in requirements
        if one.extras and (one.marker is None or one.marker.evaluate({"extra": ""}))
    }

    assert wanted - names(DEV) == set()


def test_the_image_installs_the_servers_lock() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")

    assert re.findall(r"-r (\S+)", dockerfile) == [str(SERVER.relative_to(ROOT))]


def test_no_lock_names_the_host_of_an_index() -> None:
    assert [file.name for file in ROOT.joinpath("locks").iterdir() if "://" in file.read_text()] == []
