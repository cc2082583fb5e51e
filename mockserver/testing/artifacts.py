"""Files with what a failed test saw: its calls in forms that run again elsewhere, its journal, its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from mockserver.testing.calls import RecordedCall
from mockserver.testing.control_client import ControlPlaneError, SandboxControl

FILES_BY_FORMAT: Mapping[str, str] = MappingProxyType(
    {
        "case": "story.case.yaml",
        "curl": "story.sh",
        "har": "traffic.har",
        "postman": "story.postman.json",
        "pytest": "test_story.py",
    }
)
"""Files with the calls, by format of the journal's export."""

_CONFTEST = f"""# pytest runs the story only if you name its file.
collect_ignore = ["{FILES_BY_FORMAT["pytest"]}"]
"""

_MAX_CALLS = 200
"""Limit of calls of an export that runs again; of more, the newest ones are saved."""

_MAX_RECORDED = 10_000
_CONFLICT = 409


def save_artifacts(sandbox_control: SandboxControl, calls: Sequence[RecordedCall], folder: Path) -> None:
    """Write the calls in each format, `journal.txt` and `state.json`.

    The stories make a sandbox of their own at MOCKSERVER_URL with the state that the calls met. Where they
    would not come out the same, a file `<format>.refused.txt` says why. Credentials in calls are redacted
    unless they are those of the fixtures; the state contains the sandbox's own. A `conftest.py` keeps pytest
    from collecting the story with the tests of a project.

    Raises:
        OSError: the folder cannot be written.
        ControlPlaneError, ServerUnreachableError: the sandbox or the server is gone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "state.json").write_bytes(sandbox_control.content("/dump"))
    (folder / "journal.txt").write_text("".join(f"{call}\n" for call in calls), encoding="utf-8")
    (folder / "conftest.py").write_text(_CONFTEST, encoding="utf-8")
    for form, name in FILES_BY_FORMAT.items():
        refused = folder / f"{form}.refused.txt"
        refused.unlink(missing_ok=True)
        (folder / name).unlink(missing_ok=True)
        last = _MAX_RECORDED if form == "har" else _MAX_CALLS
        try:
            content = sandbox_control.content("/journal/export", format=form, last=last)
        except ControlPlaneError as error:
            if error.status != _CONFLICT:
                raise
            refused.write_text(f"{error.problem.get('detail')}\n", encoding="utf-8")
        else:
            (folder / name).write_bytes(content)
