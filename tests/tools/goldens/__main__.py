"""Record what the program answers, and compare it with what it answered before.

python -m tests.tools.goldens record [--to FOLDER] [--part PART]…
python -m tests.tools.goldens compare [--to FOLDER] [--part PART]…

A part is named in whole, or by its beginning: `cases`, `cases/vba`. JOBS=2 runs two parts at once.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from difflib import unified_diff
from functools import partial
from importlib import import_module
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from tests.tools.goldens.rules import ROOT

FOLDER = ROOT / ".goldens"
SHOWN_LINES = 20
VENDORS = ("xero", "payt", "guidewire", "pvex", "vba")
PARTS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {
    **{f"contract/{one}": ("contracts", "record_vendor", (one,)) for one in VENDORS},
    "contract/foreign": ("contracts", "record_foreign", ()),
    "contract/faults": ("contracts", "record_faults", ()),
    "specs": ("specs", "record", ()),
    "pages/console": ("pages", "record_console", ()),
    "pages/control": ("pages", "record_control", ()),
    "pages/docs": ("pages", "record_docs", ()),
    "cases/scenarios": ("cases", "record_scenarios", ()),
    **{f"cases/{one}": ("cases", "record_cases", (one,)) for one in VENDORS},
    "help": ("helps", "record", ()),
}
"""Module, function and arguments of each part; the longest first."""


def main() -> int:
    """Do what the arguments say; return the exit status."""
    given = _arguments()
    parts = [part for part in PARTS if not given.part or _is_wanted(part, given.part)]
    if not parts:
        sys.stderr.write(f"no such part; there are {', '.join(sorted(PARTS))}\n")
        return 2
    if given.action == "one":
        _record_here(parts[0], given.to)
        return 0
    if given.action == "record":
        return _record(parts, given.to)
    with TemporaryDirectory(prefix="goldens-now-") as folder:
        failed = _record(parts, Path(folder))
        return _compare(parts, given.to, Path(folder)) or failed


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="goldens", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("action", choices=("record", "compare", "one"), help="one: a part, in this process")
    parser.add_argument("--to", type=Path, default=FOLDER, help="folder of the recordings")
    parser.add_argument("--part", action="append", default=[], help="only this part; may be repeated")
    return parser.parse_args()


def _is_wanted(part: str, wanted: Sequence[str]) -> bool:
    return any(part == one or part.startswith(f"{one}/") for one in wanted)


def _record(parts: Sequence[str], folder: Path) -> int:
    """Record each part in a process of its own, so that none depends on those before it."""
    with ThreadPoolExecutor(int(os.environ.get("JOBS", "1"))) as pool:
        return max(pool.map(partial(_record_part, folder=folder.absolute()), parts))


def _record_part(part: str, folder: Path) -> int:
    began = perf_counter()
    kept = {
        name: text for name, text in os.environ.items() if not name.startswith(("MOCKSERVER_", "CONTRACT_"))
    }
    pinned = {"PYTHONHASHSEED": "0", "PYTHONPATH": ".", "TZ": "UTC", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"}
    command = [sys.executable, "-W", "ignore", "-m", "tests.tools.goldens", "one", "--part", part]
    done = subprocess.run([*command, "--to", str(folder)], cwd=ROOT, env={**kept, **pinned}, check=False)  # noqa: S603
    says = "recorded" if done.returncode == 0 else f"FAILED with exit {done.returncode}"
    sys.stderr.write(f"{part}  {says}  {perf_counter() - began:.0f} s\n")
    return done.returncode and 1


def _record_here(part: str, folder: Path) -> None:
    from tests.tools.goldens.door import Recording, stop_clock  # noqa: PLC0415 - slow, and for one part only

    module, name, arguments = PARTS[part]
    function: Callable[..., None] = getattr(import_module(f"tests.tools.goldens.{module}"), name)
    shutil.rmtree(folder / part, ignore_errors=True)
    stop_clock()
    function(Recording(folder / part), *arguments)


def _compare(parts: Sequence[str], before: Path, now: Path) -> int:
    names = sorted({name for part in parts for root in (before, now) for name in _files(root, part)})
    differing = [name for name in names if _show_difference(name, before, now)]
    sys.stdout.write(f"{len(differing)} of {len(names)} files differ\n")
    return 1 if differing or not names else 0


def _files(root: Path, part: str) -> Iterator[str]:
    return (str(file.relative_to(root)) for file in (root / part).rglob("*") if file.is_file())


def _show_difference(name: str, before: Path, now: Path) -> bool:
    texts = [file.read_text("utf-8") if file.is_file() else "" for file in (before / name, now / name)]
    if texts[0] == texts[1]:
        return False
    old, new = (text.splitlines() for text in texts)
    lines = unified_diff(old, new, f"before/{name}", f"now/{name}", lineterm="", n=1)
    shown = [line[:300] for line in islice(lines, SHOWN_LINES)]
    sys.stdout.write("\n".join([*shown, *(["…"] if len(shown) == SHOWN_LINES else []), "", ""]))
    return True


if __name__ == "__main__":
    sys.exit(main())
