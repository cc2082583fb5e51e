"""What an installation costs: packages and size, `--help` and completion, the plugin in an empty pytest run.

No network: packages are those of this environment that a plain installation requires.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import distribution
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from packaging.requirements import Requirement

import mockserver
from tests.tools.bench.figures import spread
from tests.tools.bench.goals import Goal

RUNS = 11
TERMINAL_LIMIT_MS = 150
PLUGIN_LIMIT_MS = 150
PLUGIN = "mockserver.testing.pytest_plugin"
_PACKAGE = Path(mockserver.__file__).parent
_COMPILED = ".pyc"
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Installation:
    """Packages and their size with mockserver; times in ms, one a run."""

    packages: int
    size_mib: float
    help_ms: tuple[float, ...]
    completion_ms: tuple[float, ...]
    plugin_ms: tuple[float, ...]

    def figures(self) -> dict[str, object]:
        return {
            "packages": self.packages,
            "size_mib": self.size_mib,
            "help_ms": median(self.help_ms),
            "completion_ms": median(self.completion_ms),
            "plugin_in_an_empty_run_ms": median(self.plugin_ms),
        }

    def goals(self) -> Iterator[Goal]:
        noise = spread(self.help_ms)
        yield Goal("mockserver --help", median(self.help_ms), TERMINAL_LIMIT_MS, "ms", noise=noise)
        noise = spread(self.completion_ms)
        yield Goal("TAB after run --v", median(self.completion_ms), TERMINAL_LIMIT_MS, "ms", noise=noise)
        # A difference of two runs swings by more than either; how far the command line swings says enough.
        cost = median(self.plugin_ms)
        yield Goal("pytest plugin in an empty run", cost, PLUGIN_LIMIT_MS, "ms", noise=noise)


def run() -> Installation:
    """Measure this environment."""
    packages = plain_installation()
    script = str(Path(sys.executable).with_name("mockserver"))
    words = {"_MOCKSERVER_COMPLETE": "bash_complete", "COMP_WORDS": "mockserver run --v", "COMP_CWORD": "2"}
    return Installation(
        len(packages),
        (sum(map(_size, packages)) + _own_size()) / _MEBIBYTE,
        _timed([script, "--help"], {}),
        _timed([script], words),
        plugin_cost_ms(),
    )


def plain_installation() -> frozenset[str]:
    """Return the distributions, without mockserver, that an installation without extras brings."""
    found: set[str] = set()
    waiting = ["mockserver"]
    while waiting:
        for text in distribution(waiting.pop()).requires or ():
            requirement = Requirement(text)
            name = requirement.name.lower().replace("_", "-")
            if name not in found and (not requirement.marker or requirement.marker.evaluate({"extra": ""})):
                found.add(name)
                waiting.append(name)
    return frozenset(found)


def plugin_cost_ms() -> tuple[float, ...]:
    """Return by how much the plugin alone lengthens a run of one empty test, in ms."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "test_empty.py").write_text("def test_empty(): pass\n", encoding="utf-8")
        plain = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder, folder]
        environment = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(_PACKAGE.parent)}
        _run(plain, environment)
        # The two runs of a pair are a moment apart, so that a drifting machine harms both alike.
        pairs = [(_run(plain, environment), _run([*plain, "-p", PLUGIN], environment)) for _ in range(RUNS)]
    return tuple(with_plugin - without for without, with_plugin in pairs)


def _timed(command: Sequence[str], environment: Mapping[str, str]) -> tuple[float, ...]:
    """Return the times of all runs but the first, in ms."""
    _run(command, environment)
    return tuple(_run(command, environment) for _ in range(RUNS))


def _run(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Return how long the command took, in ms."""
    started = perf_counter()
    subprocess.run(  # noqa: S603 - our own words
        command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, check=True
    )
    return (perf_counter() - started) * 1000


def _size(name: str) -> int:
    """Return the bytes of a distribution's files, without compiled modules."""
    files = distribution(name).files or ()
    located = (Path(str(file.locate())) for file in files if file.suffix != _COMPILED)
    return sum(path.stat().st_size for path in located if path.is_file())


def _own_size() -> int:
    files = (path for path in _PACKAGE.rglob("*") if path.is_file() and path.suffix != _COMPILED)
    return sum(path.stat().st_size for path in files)
