"""Install the clients of other languages below `.clients`, each if it can be had; say what was left out.

`python -m tests.clients.programs.installation` installs all, with `--no-system` those alone whose language is
here already.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2] / ".clients"
INSTALL_S = 300
_RUBY = ROOT / "ruby"
_PHP = ROOT / "php"
_NODE = ROOT / "node"


@dataclass(frozen=True, slots=True)
class PublishedClient:
    """A client of another language.

    `commands` are needed to install and to run it, and come with the system packages `packages`; `install`
    brings the client into `.clients`, where `mark` is then. The environment variable `copy` may name a copy
    of the client that is elsewhere.
    """

    name: str
    commands: tuple[str, ...]
    packages: tuple[str, ...]
    install: tuple[str, ...]
    mark: str
    copy: str

    @property
    def missing(self) -> str:
        """Why it cannot be used here, "" if it can."""
        for command in self.commands:
            if shutil.which(command) is None:
                return f"{command} is not on this machine"
        if not os.environ.get(self.copy) and not any(ROOT.glob(self.mark)):
            return "it is not installed"
        return ""


def _gem(name: str) -> PublishedClient:
    install = ("gem", "install", "--no-document", "--install-dir", str(_RUBY), name)
    copy = f"{name.upper().replace('-', '_')}_LIB"
    packages = ("ruby", "ruby-dev", "build-essential", "libxml2-dev")
    return PublishedClient(name, ("ruby", "gem"), packages, install, f"ruby/gems/{name}-*", copy)


XERO_NODE = PublishedClient(
    "xero-node",
    ("node", "npm"),
    ("nodejs", "npm"),
    ("npm", "ci", "--silent", "--prefix", str(_NODE)),
    "node/node_modules/xero-node",
    "XERO_NODE_MODULES",
)
XERO_RUBY = _gem("xero-ruby")
XEROIZER = _gem("xeroizer")
XERO_PHP = PublishedClient(
    "calcinai/xero-php",
    ("php", "composer"),
    ("php-cli", "php-curl", "php-xml", "php-mbstring", "composer"),
    ("composer", "require", "--quiet", "--no-interaction", f"--working-dir={_PHP}", "calcinai/xero-php"),
    "php/vendor/calcinai/xero-php",
    "XERO_PHP_AUTOLOAD",
)
CLIENTS = (XERO_NODE, XERO_RUBY, XEROIZER, XERO_PHP)


def _prepare() -> None:
    for folder in (_NODE, _RUBY, _PHP):
        folder.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / "node" / name, _NODE / name)


def _run(command: tuple[str, ...]) -> str:
    """Run an installer; return why it failed, "" if it did not."""
    try:
        done = subprocess.run(  # noqa: S603 - the commands above
            command, capture_output=True, text=True, timeout=INSTALL_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    said = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    return "" if done.returncode == 0 else (said[0] if said else f"exit code {done.returncode}")


def _install(client: PublishedClient, *, system: bool) -> str:
    """Install one client; return why it was left out, "" if it is there."""
    if not client.missing:
        return ""
    if any(shutil.which(command) is None for command in client.commands):
        if not system:
            return client.missing
        if failed := _run(("apt-get", "install", "-y", "-q", *client.packages)):
            return f"{client.missing}, and apt-get says: {failed}"
    return _run(client.install) or client.missing


def main(arguments: list[str]) -> Iterator[str]:
    """Yield one line for each client: installed, or left out and why."""
    _prepare()
    for client in CLIENTS:
        reason = _install(client, system="--no-system" not in arguments)
        yield f"{client.name}: left out, {reason}" if reason else f"{client.name}: installed"


if __name__ == "__main__":
    for line in main(sys.argv[1:]):
        sys.stdout.write(f"{line}\n")
