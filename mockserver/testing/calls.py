"""Recorded calls, items resent needlessly, and files that are saved when a test fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Self

from mockserver.testing import control_client
from mockserver.testing.control_client import ControlPlaneError, Json, SandboxControl

ACCEPTED = ("created", "updated", "unchanged")
"""Outcomes of items that a client need not send again."""

_FIRST_REFUSAL = 400

FILES_BY_FORMAT: Mapping[str, str] = MappingProxyType(
    {
        "case": "story.case.yaml",
        "curl": "story.sh",
        "har": "traffic.har",
        "postman": "story.postman.json",
        "pytest": "test_story.py",
    }
)
"""Name of the file for each format of the journal's export."""

_CONFTEST = f"""# pytest runs the story only if you name its file.
collect_ignore = ["{FILES_BY_FORMAT["pytest"]}"]
"""

_MAX_CALLS = 200
"""Maximum number of calls in an export that can be run. If the journal has more, the newest are saved."""

_MAX_RECORDED = 10_000
_CONFLICT = 409


class ItemCount(int):
    """Number of items in `call`. A failed assertion uses the call to explain which items were resent."""

    call: RecordedCall

    def __new__(cls, count: int, call: RecordedCall) -> Self:
        item_count = super().__new__(cls, count)
        item_count.call = call
        return item_count


class RecordedCall:
    """A call to a vendor, as in the journal's list (`short`). `whole` loads the call with all its members."""

    def __init__(self, short: Mapping[str, Json], whole: Callable[[], Json]) -> None:
        self._line: str = short["line"]
        self._whole = whole
        self.number: int = short["number"]
        self.vendor: str = short["vendor"]
        self.method: str = short["method"]
        self.path: str = short["path"]
        self.query: str = short["query"]
        self.operation: str | None = short["operation"]
        """Id of the operation, or None if the vendor has no operation for the call."""
        self.status: int | None = short["status"]
        """HTTP status, or None if no status was sent."""
        self.refusal: str | None = short["refusal"]
        self.reason: str | None = short["reason"]
        """Why the whole call was refused and what to do, or None."""
        self.sent = ItemCount(short["items"], self)
        self.outcomes: Mapping[str, int] = dict(short["outcomes"])
        """Number of items by outcome (created, updated, unchanged, rejected, skipped), without zeros."""
        self.warned: int = short["warned"]
        self.applied = tuple(short["applied"])
        """Names of the rules that were applied, as `scenario/rule`."""
        self.fault: str | None = short["fault"]
        self.off_contract: str | None = short["offContract"]

    def __str__(self) -> str:
        return self._line

    def __repr__(self) -> str:
        return f"<{self}>"

    @cached_property
    def _all(self) -> Mapping[str, Json]:
        return self._whole()  # type: ignore[no-any-return]

    @property
    def request(self) -> Mapping[str, Json]:
        """`headers` and `body` of the request, with credentials redacted."""
        return self._all["request"]  # type: ignore[no-any-return]

    @property
    def response(self) -> Mapping[str, Json]:
        """`status`, `mediaType`, `headers` and `body` of the response, unchanged by transport faults."""
        return self._all["reply"]  # type: ignore[no-any-return]

    @property
    def items(self) -> Sequence[Mapping[str, Json]]:
        """`index`, `key`, `action`, `problems` and `warnings` of each item, in request order."""
        return self._all["decided"]  # type: ignore[no-any-return]

    @property
    def keys(self) -> tuple[str, ...]:
        """Keys of the items, in request order."""
        return tuple(item["key"] for item in self.items)


class RecordedCalls(tuple[RecordedCall, ...]):
    """Recorded calls, in the order of the journal."""

    __slots__ = ()

    def __str__(self) -> str:
        return describe_resent(self)

    @property
    def sent(self) -> list[ItemCount]:
        """Number of items in each call."""
        return [call.sent for call in self]

    @property
    def resent(self) -> Mapping[str, tuple[int, ...]]:
        """Journal numbers of the calls that resent an item after its acceptance, by the key of the item."""
        return {key: numbers for key, (_, numbers) in _find_resent(self).items()}


def describe_resent(calls: Iterable[RecordedCall]) -> str:
    """Describe what the calls resent: "calls sent 3, 3 items: the client resent 2 items that were …"."""
    calls = tuple(calls)
    if not calls:
        return "no calls were made"
    refused = [str(call.status) for call in calls if not call.sent and (call.status or 0) >= _FIRST_REFUSAL]
    number = "1 call was" if len(refused) == 1 else f"{len(refused)} calls were"
    refusals = f"{number} refused with status {', '.join(dict.fromkeys(refused))}" if refused else ""
    if len(refused) == len(calls):
        return f"{refusals}: {calls[-1].reason}" if calls[-1].reason else refusals
    head = f"calls sent {', '.join(str(int(call.sent)) for call in calls)} items"
    head = f"{refusals}; {head}" if refused else head
    resent = _find_resent(calls)
    if not resent:
        return f"{head}: the client resent none that was already accepted"
    numbers = sorted({number for _, found in resent.values() for number in found})
    items = "1 item that was" if len(resent) == 1 else f"{len(resent):,} items that were"
    done = "created" if {action for action, _ in resent.values()} == {"created"} else "accepted"
    return f"{head}: the client resent {items} already {done} ({', '.join(f'#{one}' for one in numbers)})"


def _find_resent(calls: Iterable[RecordedCall]) -> Mapping[str, tuple[str, tuple[int, ...]]]:
    """Return, by key of each resent item, the accepting outcome and the numbers of calls that resent it."""
    accepted: dict[tuple[str | None, ...], str] = {}
    resent: dict[tuple[str | None, ...], list[int]] = {}
    for call in calls:
        for item, name in zip(call.items if call.sent else (), _item_identities(call), strict=False):
            place = (call.vendor, call.operation, name)
            if place in accepted:
                resent.setdefault(place, []).append(call.number)
            elif item["action"] in ACCEPTED:
                accepted[place] = item["action"]
    return {
        str(place[2]): (accepted[place], tuple(dict.fromkeys(numbers))) for place, numbers in resent.items()
    }


def _item_identities(call: RecordedCall) -> Sequence[str]:
    """Return an identity for each item: its key, or its JSON if keys are missing or not unique.

    If the JSON is needed, but the body has no list of the items, return an empty sequence.
    """
    if not call.sent:
        return ()
    if len(set(call.keys)) == call.sent and "" not in call.keys:
        return call.keys
    try:
        document = control_client.decode(str(call.request["body"]).encode())
    except ValueError:
        return ()
    return [control_client.encode(item).decode() for item in _find_list(document, call.sent)]


def _find_list(document: Json, count: int) -> Sequence[Json]:
    """Return the first list in the document that has `count` elements, or () if there is none."""
    inside = list(document.values()) if isinstance(document, Mapping) else document
    if not isinstance(inside, list):
        return ()
    if isinstance(document, list) and len(document) == count:
        return document
    return next(filter(None, (_find_list(one, count) for one in inside)), ())


def save_artifacts(sandbox_control: SandboxControl, calls: Sequence[RecordedCall], folder: Path) -> None:
    """Write the calls in each format, the journal (`journal.txt`) and the state (`state.json`) to the folder.

    Every format except HAR can be run: it creates a sandbox with the state before the calls (curl and pytest:
    at MOCKSERVER_URL), and repeats the calls. If a format cannot reproduce the calls, `<format>.refused.txt`
    says why. In calls, credentials are redacted unless the fixtures have them; `state.json` has all
    credentials of the sandbox. The saved `conftest.py` hides `test_story.py` from pytest, unless a command
    names this file. Raises OSError: the folder cannot be written; ControlPlaneError: the sandbox is gone;
    ServerUnreachableError: the server is gone.
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
