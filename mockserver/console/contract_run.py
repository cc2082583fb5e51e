"""A quick run of the contract suite against this server, in a process that ends with the server."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from mockserver.model import Document

_COMMAND = (sys.executable, "-m", "mockserver", "contract")
_OPTIONS = ("--quick", "--report", "html,json", "--summary", "off")
_STOP_S = 2
_MAX_LINES = 20


class ContractRun:
    """Runs the contract suite, one run at a time. `folder` is for reports; if None, no run may start."""

    def __init__(self, folder: Path | None, command: Sequence[str] = _COMMAND) -> None:
        self.folder, self._command = folder, command
        self._lock, self._vendor, self._place = Lock(), "", Path()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, vendor: str, origin: str) -> bool:
        """If no run is active, start a run; return whether a run was started. Raises OSError."""
        with self._lock:
            if self._process is not None and self._process.poll() is None:
                return False
            self._vendor, self._place = vendor, Path(self.folder or "", f"contract-{vendor}")
            self._place.mkdir(parents=True, exist_ok=True)
            target = (vendor, "--target", f"{origin}/{vendor}", "--report-dir", str(self._place))
            # The suite must not take this server's options from the environment.
            own = {name: text for name, text in os.environ.items() if not name.startswith("MOCKSERVER_")}
            words, environment = [*self._command, *target, *_OPTIONS], {**own, "NO_COLOR": "1"}
            with (self._place / "run.log").open("wb") as log:
                self._process = subprocess.Popen(  # noqa: S603 - our own command, and a vendor that is served
                    words, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=environment
                )
        return True

    def document(self) -> Document | None:
        """Return the newest run with the end of its output, or None. `status` is None until the run ends."""
        if self._process is None:
            return None
        status = self._process.poll()
        with (self._place / "run.log").open(encoding="utf-8", errors="replace") as log:
            lines = log.read().splitlines()[-_MAX_LINES:]
        report = f"{self._place.name}/index.html"
        return {"vendor": self._vendor, "status": status, "lines": lines, "report": report}

    def close(self) -> None:
        """End the active run, if any."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
