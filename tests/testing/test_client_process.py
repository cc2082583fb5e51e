"""Clients that are commands: what they are given, what is kept of them, and that none stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count, cycle
from pathlib import Path
from typing import Any

import pytest

from mockserver.testing import client_process
from mockserver.testing.client_process import ClientCommand, ProcessGroups, fill_in
from mockserver.testing.drill import DrillTarget, Ending, SandboxCalls
from mockserver.testing.sandbox import SandboxClock


class Clock(SandboxClock):
    """A clock that only notes by how much it is to go forward."""

    def __init__(self) -> None:
        self.advanced: list[float] = []

    def advance(self, seconds: float | timedelta) -> datetime:
        assert not isinstance(seconds, timedelta)
        self.advanced.append(seconds)
        return datetime(2026, 1, 5, tzinfo=UTC)


NO_CALLS = SandboxCalls(0, 0)
TARGET = DrillTarget("", "", "", {}, "", Clock(), lambda: NO_CALLS)
VALUES = {"url": "http://127.0.0.1:1/payt", "token": "secret"}
IS_POSIX = os.name == "posix"
DEADLINE_S = 20

linux_only = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs /proc")
posix_only = pytest.mark.skipif(not IS_POSIX, reason="process groups are POSIX")


@pytest.fixture
def groups() -> Iterator[ProcessGroups]:
    with ProcessGroups() as made:
        yield made


def python(source: str, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-c", source, *words)


def ended(
    groups: ProcessGroups, words: tuple[str, ...], target: DrillTarget = TARGET, **settings: Any
) -> Ending:
    command = ClientCommand(words, settings.pop("environment", {}), groups, **settings)
    return command.run(target, VALUES)


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{url}/v1", "http://127.0.0.1:1/payt/v1"),
        ("{url} {token} {url}", "http://127.0.0.1:1/payt secret http://127.0.0.1:1/payt"),
        ('{"a": {"b": 1}} {other} {}', '{"a": {"b": 1}} {other} {}'),
        ("${token}", "$secret"),
    ],
)
def test_placeholders_are_filled_in_and_other_braces_stay(text: str, filled: str) -> None:
    assert fill_in(text, VALUES) == filled


def test_a_command_gets_the_values_of_its_placeholders(groups: ProcessGroups) -> None:
    words = python("import sys; print(sys.argv[1:])", "--url={url}", "{token}", "{x}")

    assert ended(groups, words).output == "['--url=http://127.0.0.1:1/payt', 'secret', '{x}']\n"


def test_a_command_gets_its_environment_beside_the_drills_own(
    groups: ProcessGroups, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_DRILL", "kept")
    words = python("import os; print(os.environ['OF_THE_DRILL'], os.environ['API_URL'])")

    ending = ended(groups, words, environment={"API_URL": "{url}"})

    assert ending.output == "kept http://127.0.0.1:1/payt\n"


def test_all_that_a_command_writes_is_kept_in_its_order(groups: ProcessGroups) -> None:
    source = "import os; [os.write(stream, b'%d\\n' % stream) for stream in (1, 2, 1)]; os.write(1, b'\\xff')"

    assert ended(groups, python(source)).output == "1\n2\n1\n�"


def test_a_command_cannot_wait_for_somebody_at_the_keyboard(groups: ProcessGroups) -> None:
    assert (
        ended(groups, python("print(repr(input.__self__.__import__('sys').stdin.read()))")).output == "''\n"
    )


@pytest.mark.parametrize("status", [0, 1, 77])
def test_the_status_of_a_command_is_told(groups: ProcessGroups, status: int) -> None:
    ending = ended(groups, python(f"raise SystemExit({status})"), timeout_s=DEADLINE_S)

    assert ending == Ending(status, "", DEADLINE_S, (1,))


@posix_only
def test_a_command_that_a_signal_ends_has_the_status_of_the_signal(groups: ProcessGroups) -> None:
    ending = ended(groups, python("import os; os.kill(os.getpid(), 9)"))

    assert ending.status == -signal.SIGKILL


def test_a_command_that_does_not_end_has_no_status_and_keeps_its_output(groups: ProcessGroups) -> None:
    words = python("import threading; print('began', flush=True); threading.Event().wait()")

    ending = ended(groups, words, timeout_s=3)

    assert (ending.status, ending.output, ending.timeout_s) == (None, "began\n", 3)


def test_a_command_that_is_not_there_cannot_be_started(groups: ProcessGroups) -> None:
    with pytest.raises(FileNotFoundError, match="no-such-client"):
        ended(groups, ("no-such-client",))


@posix_only
def test_a_file_that_is_no_program_cannot_be_started(groups: ProcessGroups, tmp_path: Path) -> None:
    file = tmp_path / "client"
    file.write_text("text")

    with pytest.raises(OSError, match="client"):
        ended(groups, (str(file),))


# Started again and again


def counting(folder: Path, good_at: int) -> tuple[str, ...]:
    """A command that fails until it is started for the time `good_at`."""
    source = (
        "import pathlib, sys\n"
        "file = pathlib.Path(sys.argv[1]); number = len(file.read_text()) + 1 if file.exists() else 1\n"
        "file.write_text('x' * number); print(number); sys.exit(number < int(sys.argv[2]))"
    )
    return python(source, str(folder / "starts"), str(good_at))


@pytest.mark.parametrize(
    ("good_at", "repeats", "status", "output"),
    [
        (1, 3, 0, "1\n"),
        (2, 3, 0, "1\n2\n"),
        (9, 3, 1, "1\n2\n3\n"),
        (2, 1, 1, "1\n"),
    ],
)
def test_a_command_is_started_again_while_it_fails(  # noqa: PLR0913, PLR0917 - a row of the table
    groups: ProcessGroups, tmp_path: Path, good_at: int, repeats: int, status: int, output: str
) -> None:
    ending = ended(groups, counting(tmp_path, good_at), repeats=repeats)

    assert (ending.status, ending.output) == (status, output)


def test_every_start_begins_with_a_call_of_its_own(groups: ProcessGroups, tmp_path: Path) -> None:
    calls = count(0, 4)
    target = replace(TARGET, calls=lambda: SandboxCalls(next(calls), 0))

    ending = ClientCommand(counting(tmp_path, 9), {}, groups, repeats=3).run(target, VALUES)

    assert ending.starts == (1, 5, 9)


def test_a_command_that_does_not_end_is_not_started_again(groups: ProcessGroups) -> None:
    ending = ended(groups, python("import threading; threading.Event().wait()"), timeout_s=0.3, repeats=3)

    assert (ending.status, ending.starts) == (None, (1,))


def test_between_two_starts_the_clock_goes_forward(groups: ProcessGroups, tmp_path: Path) -> None:
    clock = Clock()

    ended(groups, counting(tmp_path, 9), replace(TARGET, clock=clock), repeats=3, repeat_after_s=90)

    assert clock.advanced == [90, 90]


def test_all_starts_have_one_empty_folder_which_is_removed(groups: ProcessGroups) -> None:
    source = (
        "import pathlib, sys\n"
        "folder = pathlib.Path(sys.argv[1]); print(folder, len(list(folder.iterdir())))\n"
        "(folder / 'state').touch(); sys.exit(1)"
    )

    ending = ended(groups, python(source, "{folder}"), repeats=2)

    first, second = (line.split() for line in ending.output.splitlines())
    assert (first[0], first[1], second[1]) == (second[0], "0", "1")
    assert not Path(first[0]).exists()


# Killed and started again

FIRST_WAITS = (
    "import pathlib, sys, threading\n"
    "begun = pathlib.Path(sys.argv[1], 'begun')\n"
    "if not begun.exists(): begun.touch(); threading.Event().wait()\n"
    "print('again')"
)
"""A client that does not end at its first start."""


def has_begun(folder: Path) -> Callable[[], bool]:
    return (folder / "begun").exists


@pytest.mark.parametrize("moment", ["before-send", "after-answer"])
def test_a_client_is_killed_at_the_moment_and_started_again(
    groups: ProcessGroups, tmp_path: Path, moment: str
) -> None:
    target = replace(TARGET, crash=moment, is_caught=has_begun(tmp_path))

    ending = ended(groups, python(FIRST_WAITS, str(tmp_path)), target)

    assert (ending.kills, ending.starts, ending.status, ending.output) == (1, (1, 1), 0, "again\n")


@posix_only
def test_after_an_answer_a_client_is_killed_only_when_no_call_is_open(
    groups: ProcessGroups, tmp_path: Path
) -> None:
    open_calls = iter([0, 2, 1])
    seen: list[int] = []

    def calls() -> SandboxCalls:
        seen.append(next(open_calls, 0))
        return SandboxCalls(0, seen[-1])

    target = replace(TARGET, crash="after-answer", is_caught=has_begun(tmp_path), calls=calls)
    ended(groups, python(FIRST_WAITS, str(tmp_path)), target)

    assert seen[1:4] == [2, 1, 0]


def test_a_start_that_is_killed_does_not_count_as_a_repetition(groups: ProcessGroups, tmp_path: Path) -> None:
    target = replace(TARGET, crash="before-send", is_caught=has_begun(tmp_path))
    words = python(FIRST_WAITS + "; sys.exit(3)", str(tmp_path))

    assert len(ended(groups, words, target, repeats=2).starts) == 3


def test_a_client_that_ends_before_the_moment_is_not_killed(groups: ProcessGroups) -> None:
    ending = ended(groups, python("pass"), replace(TARGET, crash="before-send"))

    assert (ending.kills, ending.starts) == (0, (1,))


# Ended when idle


def busy_until(file: Path) -> DrillTarget:
    """A target of a client that has a call open until it has made the file."""
    return replace(TARGET, calls=lambda: SandboxCalls(1, int(not file.exists())))


@posix_only
@pytest.mark.parametrize(
    ("handler", "status"),
    [("signal.SIG_DFL", 0), ("lambda *_: exit(0)", 0), ("lambda *_: exit(4)", 4)],
    ids=["ended by the signal", "ends well", "fails"],
)
def test_a_client_without_calls_is_asked_to_end(
    groups: ProcessGroups, tmp_path: Path, handler: str, status: int
) -> None:
    ready = tmp_path / "ready"
    source = f"import signal, sys; signal.signal(15, {handler}); open(sys.argv[1], 'x'); signal.pause()"
    words = python(source, str(ready))

    assert ended(groups, words, busy_until(ready), until_idle_s=0.2, timeout_s=DEADLINE_S).status == status


@posix_only
def test_a_client_that_does_not_end_when_asked_is_killed(
    groups: ProcessGroups, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_process, "_GRACE_S", 0.3)
    ready = tmp_path / "ready"
    words = ("sh", "-c", f"trap '' TERM; touch {ready}; sleep 600")

    ending = ended(groups, words, busy_until(ready), until_idle_s=0.2, timeout_s=DEADLINE_S)

    assert ending.status == -signal.SIGKILL


@pytest.mark.parametrize("calls", [[(1, 0), (2, 0)], [(1, 1), (1, 1)]], ids=["it calls", "a call is open"])
def test_a_client_that_calls_is_not_idle(groups: ProcessGroups, calls: list[tuple[int, int]]) -> None:
    seen = cycle(SandboxCalls(*one) for one in calls)
    words = python("import threading; threading.Event().wait()")

    ending = ended(groups, words, replace(TARGET, calls=lambda: next(seen)), until_idle_s=0.1, timeout_s=1)

    assert ending.status is None


def test_a_client_that_ends_by_itself_is_not_awaited(groups: ProcessGroups) -> None:
    assert ended(groups, python("raise SystemExit(3)"), until_idle_s=600).status == 3


@linux_only
def test_a_daemon_goes_on_until_it_is_idle(groups: ProcessGroups, tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    daemon = f"setsid sh -c 'sleep 0.3; echo worked; touch {ready}; exec sleep 600' & exit 0"

    ending = ended(groups, ("sh", "-c", daemon), busy_until(ready), until_idle_s=0.2, timeout_s=DEADLINE_S)

    assert (ending.status, ending.output, ending.left > 0) == (0, "worked\n", True)


# Nothing stays behind: all that a client starts holds the write end of a pipe, which ends with the last one


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    for end in (read, write):
        with suppress(OSError):
            os.close(end)


def read_to_end(read: int) -> bytes:
    """All that comes through the pipe until nobody holds its write end; fails if somebody lives on."""
    program = "import os, sys\nwhile found := os.read(int(sys.argv[1]), 100): os.write(1, found)"
    reader = subprocess.run(  # noqa: S603 - our own program
        python(program, str(read)), pass_fds=(read,), stdout=subprocess.PIPE, timeout=DEADLINE_S, check=True
    )
    return reader.stdout


def holding(words: tuple[str, ...], write: int) -> tuple[str, ...]:
    """The command with the pipe's write end, which is not handed on to clients as such."""
    opened = f"import os, sys; fd = os.open('/proc/{os.getpid()}/fd/{write}', os.O_WRONLY)"
    shown = "os.set_inheritable(fd, True); sys.argv = [word.replace('FD', str(fd)) for word in sys.argv]"
    return python(f"{opened}; {shown}; os.execvp(sys.argv[1], sys.argv[1:])", *words)


@linux_only
@pytest.mark.parametrize(
    ("then", "status"), [("wait", None), ("exit 0", 0), ("exit 3", 3)], ids=["hangs", "ends well", "fails"]
)
def test_what_a_command_started_ends_with_it(
    groups: ProcessGroups, pipe: tuple[int, int], then: str, status: int | None
) -> None:
    read, write = pipe
    words = holding(("sh", "-c", f"sleep 600 & echo began >&FD; {then}"), write)

    ending = ended(groups, words, timeout_s=DEADLINE_S if status is not None else 0.7)
    os.close(write)

    assert ending.status == status
    assert read_to_end(read) == b"began\n"


DRILL_PROCESS = """
import signal, sys
from mockserver.testing import client_process
from mockserver.testing.client_process import ClientCommand, ProcessGroups
from mockserver.testing.drill import DrillTarget, SandboxCalls
signal.signal(signal.SIGINT, signal.default_int_handler)
target = DrillTarget("", "", "", {}, "", None, lambda: SandboxCalls(0, 0))
with ProcessGroups() as groups:
    ClientCommand(sys.argv[1:], {}, groups, 600).run(target, {})
"""


DAEMON = "echo began >&FD; setsid sh -c 'setsid sleep 600 & sleep 600' & "
"""A shell script that starts a process in a session of its own, and through it another one."""


@linux_only
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("script", ["sleep 600 & echo began >&FD; wait", f"{DAEMON} wait"])
def test_a_drill_that_is_ended_leaves_no_client_behind(
    pipe: tuple[int, int], script: str, number: signal.Signals
) -> None:
    read, write = pipe
    words = holding(("sh", "-c", script), write)

    with subprocess.Popen(python(DRILL_PROCESS, *words)) as drill:  # noqa: S603 - our own program
        began = os.read(read, 100)
        os.close(write)
        drill.send_signal(number)

    assert began == b"began\n"
    assert read_to_end(read) == b""


@linux_only
@pytest.mark.parametrize(("then", "status"), [("exit 0", 0), ("sleep 600", None)])
def test_a_daemon_ends_with_its_client(
    groups: ProcessGroups, pipe: tuple[int, int], then: str, status: int | None
) -> None:
    read, write = pipe

    ending = ended(groups, holding(("sh", "-c", DAEMON + then), write), timeout_s=2 if status is None else 60)
    os.close(write)

    assert ending.status == status
    assert read_to_end(read) == b"began\n"


@linux_only
def test_processes_that_outlive_their_client_are_counted(groups: ProcessGroups) -> None:
    assert ended(groups, ("sh", "-c", "sleep 600 & sleep 600 & exit 3")).left == 2


@linux_only
def test_a_client_without_children_leaves_none(groups: ProcessGroups) -> None:
    assert ended(groups, ("true",)).left == 0


@linux_only
def test_clients_that_still_run_end_with_their_groups(pipe: tuple[int, int]) -> None:
    read, write = pipe
    words = holding(("sh", "-c", "echo began >&FD; exec sleep 600"), write)

    with ThreadPoolExecutor(1) as pool:
        with ProcessGroups() as groups:
            running = pool.submit(ended, groups, words)
            began = os.read(read, 100)
            os.close(write)
        ending = running.result(DEADLINE_S)

    assert began == b"began\n"
    assert read_to_end(read) == b""
    assert ending.status == -signal.SIGKILL
