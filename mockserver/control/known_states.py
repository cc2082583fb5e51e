"""The states of a sandbox that have a name: now, at its beginning, in a snapshot, around a call."""

from __future__ import annotations

from mockserver.control.control_call import UnknownEntryError
from mockserver.sandbox import snapshots
from mockserver.sandbox.sandboxes import Sandboxes
from mockserver.sandbox.store import Tables

NOW, FIXTURES = "now", "fixtures"
_OTHER_SANDBOX, _BEFORE, _AFTER = "sandbox:", "before:", "after:"


def known_state(sandboxes: Sandboxes, name: str, which: str) -> Tables:
    """Return a state of the sandbox, without its snapshots.

    A state is `now`, `fixtures` (the initial state), the id of a snapshot, `before:` or `after:` followed by
    the number of a call, or `sandbox:` followed by a name.

    Raises:
        UnknownSandboxError: there is no sandbox with this name.
        UnknownSnapshotError: there is no snapshot with this id.
        UnknownEntryError: the state around this call is not known.
    """
    if which == NOW:
        return sandboxes.dump(name)
    if which == FIXTURES:
        return sandboxes.initial_tables(sandboxes.show(name).settings)
    if which.startswith(_OTHER_SANDBOX):
        return sandboxes.dump(which.removeprefix(_OTHER_SANDBOX))
    if which.startswith((_BEFORE, _AFTER)):
        return _state_of_call(sandboxes, name, which)
    return sandboxes.control(name, lambda whole: snapshots.snapshot_tables(whole, which))


def _state_of_call(sandboxes: Sandboxes, name: str, which: str) -> Tables:
    number = int(which.partition(":")[2])
    known = sandboxes.store.call_states(name, [number]).get(number)
    if known is None:
        raise UnknownEntryError(
            f"the states before and after call {number} are no longer kept, or there was no such call"
        )
    return snapshots.without_snapshots(known.before if which.startswith(_BEFORE) else known.after)
