"""What is installed beside this package, and over it; how an extra is installed. Needs Python alone."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires
from importlib.util import find_spec
from pathlib import Path

_OUR_FILE = b"\nmockserver/__init__.py,"
STRANGERS_CURE = "install mockserver anew, in an environment without mockserver-client (python -m venv NEW)"


def extra_command(extra: str) -> str:
    """Return the command that installs the packages of an extra into this environment.

    No index has mockserver, and the folder that it was installed from may be gone, so packages are named.
    """
    try:
        lines = requires("mockserver") or []
    except PackageNotFoundError:
        lines = []
    is_of_extra = re.compile(rf"extra == ['\"]{extra}['\"]").search
    wanted = [f"'{line.partition(';')[0].strip()}'" for line in lines if is_of_extra(line)]
    words = " ".join(wanted) or f"-e '{Path(__file__).parents[1]}[{extra}]'"
    if find_spec("pip"):
        return f"{sys.executable} -m pip install {words}"
    return f"uv pip install --python {sys.executable} {words}"


def strangers() -> Iterator[str]:
    """Yield name and version of each installed package of others that has a file `mockserver/__init__.py`.

    One is `mockserver-client`, a client of another product. The package that was installed last works.
    """
    for folder in {Path(one).resolve() for one in sys.path}:
        for record in sorted(folder.glob("*.dist-info/RECORD")):
            name, _, version = record.parent.stem.partition("-")
            if name != "mockserver" and _OUR_FILE in b"\n" + record.read_bytes():
                yield f"{name.replace('_', '-')} {version}"


def overwritten() -> str:
    """Return what is wrong if the package that `import mockserver` finds is not ours; else ""."""
    if hasattr(sys.modules["mockserver"], "MAX_ITEMS"):
        return ""
    by = " and ".join(strangers())
    return (
        f"{by} has replaced mockserver/__init__.py"
        if by
        else "mockserver/__init__.py is missing or is not ours"
    )
