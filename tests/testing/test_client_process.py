"""Clients that are commands: what they are given, what is kept of them, and that none stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from mockserver.testing.client_process import ClientCommand, ProcessGroups, fill_in
from mockserver.testing.drill import DrillTarget, Ending

TARGET = DrillTarget("", "", "", {}, "", None, lambda: 0)  # type: ignore[arg-type] # no call is made
VALUES = {"url": "http://127.0.0.1:1/payt", "token": "secret"}
IS_POSIX = os.name == "posix"
DEADLINE_S = 20

posix_only = pytest.mark.skipif(not IS_POSIX, reason="process groups are POSIX")


@pytest.fixture
def groups() -> Iterator[ProcessGroups]:
    with ProcessGroups() as made:
        yield made


def python(source: str, *words: str) -> tuple[str, ...]:
    return (sys.executable, "-c", source, *words)


def ended(groups: ProcessGroups, words: tuple[str, ...], **settings: Any) -> Ending:
    command = ClientCommand(words, settings.pop("environment", {}), groups, **settings)
    return command.run(TARGET, VALUES)


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

    ending = ended(groups, words, timeout_s=0.7)

    assert (ending.status, ending.output, ending.timeout_s) == (None, "began\n", 0.7)


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
    target = replace(TARGET, newest_call=lambda: next(calls))

    ending = ClientCommand(counting(tmp_path, 9), {}, groups, repeats=3).run(target, VALUES)

    assert ending.starts == (1, 5, 9)


def test_a_command_that_does_not_end_is_not_started_again(groups: ProcessGroups) -> None:
    ending = ended(groups, python("import threading; threading.Event().wait()"), timeout_s=0.3, repeats=3)

    assert (ending.status, ending.starts) == (None, (1,))


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


linux_only = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="a pipe is opened by /proc")


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
import sys
from mockserver.testing.client_process import ClientCommand, ProcessGroups
from mockserver.testing.drill import DrillTarget
class TellingGroups(ProcessGroups):
    def _tell(self, sign, group):
        super()._tell(sign, group)
        print("the watcher knows it", flush=True)
target = DrillTarget("", "", "", {}, "", None, lambda: 0)
with TellingGroups() as groups:
    ClientCommand(sys.argv[1:], {}, groups, 600).run(target, {})
"""


@linux_only
def test_a_drill_that_is_killed_leaves_no_client_behind(pipe: tuple[int, int]) -> None:
    read, write = pipe
    words = holding(("sh", "-c", "sleep 600 & echo began >&FD; wait"), write)

    with subprocess.Popen(  # noqa: S603 - our own program
        python(DRILL_PROCESS, *words), stdout=subprocess.PIPE
    ) as drill:
        began = os.read(read, 100)
        assert drill.stdout is not None
        assert drill.stdout.readline()
        os.close(write)
        drill.kill()

    assert began == b"began\n"
    assert read_to_end(read) == b""


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
