"""What was measured so far, kept in a file: a run that was ended early goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path

from tests.contract.planted_faults.measurement import Measurement

_ROOT = Path(__file__).parents[3]
_SOURCES = ("mockserver/**/*.*", "specs/**/*.*", "tests/contract/planted_faults/*.*", "tests/vendors/*/*.*")
_SETS = ("plain", "ours", "false")


def fingerprint(*options: object) -> str:
    """Return a text that is another one after any change of the code, the specs, the faults or an option."""
    digest = sha256(repr(options).encode())
    for pattern in _SOURCES:
        for file in sorted(_ROOT.glob(pattern)):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(str(file.relative_to(_ROOT)).encode())
                digest.update(file.read_bytes())
    return digest.hexdigest()


class ResultsFile:
    """One measurement a line, below a line with the fingerprint of what was measured."""

    def __init__(self, path: Path, of: str, *, anew: bool = False) -> None:
        self._path = path
        self._head = json.dumps({"measured": of})
        if anew or not self._is_of_this():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{self._head}\n", encoding="utf-8")

    def add(self, measured: Iterable[Measurement]) -> None:
        """Write measurements down."""
        with self._path.open("a", encoding="utf-8") as file:
            file.writelines(f"{json.dumps(_plain_values(one))}\n" for one in measured)

    def measured(self) -> Iterator[Measurement]:
        """Yield what stands in the file; a line that was not written to its end is left out."""
        for line in self._path.read_text(encoding="utf-8").splitlines(keepends=True)[1:]:
            if line.endswith("\n"):
                values = json.loads(line)
                yield Measurement(**{**values, **{name: frozenset(values[name]) for name in _SETS}})

    def _is_of_this(self) -> bool:
        if not self._path.is_file():
            return False
        text = self._path.read_text(encoding="utf-8")
        if not text.startswith(f"{self._head}\n"):
            return False
        if not text.endswith("\n"):
            self._path.write_text(text[: text.rindex("\n") + 1], encoding="utf-8")
        return True


def _plain_values(one: Measurement) -> dict[str, object]:
    return {name: sorted(value) if name in _SETS else value for name, value in asdict(one).items()}
