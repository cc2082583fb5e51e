"""What is kept of a sandbox for those who have to find out: traffic, calls to repeat, state."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mockserver.testing.calls import Call
from mockserver.testing.control import NotDone, Within

ALL = 10_000
_REPEATED = 50


def save(within: Within, calls: Sequence[Call], folder: Path) -> None:
    """Write `traffic.har`, `journal.txt`, `state.json`, and `call-<number>.sh` of the newest 50 calls.

    Credentials of calls are cut; the state holds the sandbox's own.

    Raises:
        OSError: the folder cannot be written.
        NotDone, NoServer: the sandbox is gone.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "traffic.har").write_bytes(within.content("/journal/export", format="har", last=ALL))
    (folder / "state.json").write_bytes(within.content("/dump"))
    (folder / "journal.txt").write_text("".join(f"{call}\n" for call in calls), encoding="utf-8")
    for call in calls[-_REPEATED:]:
        try:
            script = within.content(f"/journal/{call.number}/export", format="curl")
        except NotDone:
            continue  # what is no longer kept whole cannot be repeated
        (folder / f"call-{call.number}.sh").write_bytes(script)
