"""Start a client and end every process that it leaves: `ClientCommand` runs this file as a program on POSIX.

The first argument is 1 if the client ends when all its processes have ended, and 0 if it ends with its main
program; the others are the client's command. Standard input is a socket to the drill: a byte is the number of
a signal for all processes of the client, and its end stands for SIGKILL. At the end the program writes three
numbers to the socket: 0, or the error number if the command cannot be started; the exit status of the main
program; and the number of processes that outlived the main program.
"""

import os
import signal
import sys
from contextlib import suppress
from select import select

_SET_CHILD_SUBREAPER = 36


def main() -> None:
    waits, *words = sys.argv[1:]
    drill = os.dup(0)  # a copy that the client does not inherit
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    _adopt_orphans()
    client = _start(words, drill)
    status, left, is_ending = 0, 0, False
    has_children = True
    while has_children:
        ready, _, _ = select([woken] if is_ending else [woken, drill], [], [])
        if woken in ready:
            os.read(woken, 4096)
        if drill in ready:
            request = os.read(drill, 1)
            is_ending = not request
            _signal_all(client, request[0] if request else signal.SIGKILL)
        ended, has_children = _reap()
        if client in ended:
            status = os.waitstatus_to_exitcode(ended[client])
            left = 0 if is_ending else len(_descendants(os.getpid()))
            is_ending = is_ending or waits == "0"
        if is_ending:
            _signal_all(client, signal.SIGKILL)
    with suppress(OSError):
        os.write(drill, b"0 %d %d" % (status, left))


def _adopt_orphans() -> None:
    """Become the parent of all descendants that lose theirs, daemons included; only Linux has this."""
    with suppress(ImportError, AttributeError):
        import ctypes  # noqa: PLC0415 - some Pythons lack it

        ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _start(words: list[str], drill: int) -> int:
    """Start the command in a session of its own, without input, and return its process id."""
    client = os.fork()
    if client:
        return client
    try:
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for ignored in (signal.SIGPIPE, signal.SIGXFSZ):  # which Python ignores
            signal.signal(ignored, signal.SIG_DFL)
        os.execvp(words[0], words)  # noqa: S606 - the user's own command
    except OSError as error:
        os.write(drill, b"%d 0 0 " % (error.errno or 0))
    os._exit(127)


def _reap() -> tuple[dict[int, int], bool]:
    """Return the wait statuses of the children that have ended, and whether there are more children."""
    ended: dict[int, int] = {}
    with suppress(ChildProcessError):
        while (found := os.waitpid(-1, os.WNOHANG))[0]:
            ended[found[0]] = found[1]
        return ended, True
    return ended, False


def _signal_all(client: int, number: int) -> None:
    """Send a signal to all descendants or, if they are unknown, to the client's process group."""
    for process in _descendants(os.getpid()) or [-client]:
        with suppress(OSError):
            os.kill(process, number)


def _descendants(process: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for thread in os.scandir(f"/proc/{process}/task"):
            with open(f"{thread.path}/children", "rb") as file:  # noqa: PTH123 - pathlib is a slow import
                found += map(int, file.read().split())
    return found + [deeper for child in found for deeper in _descendants(child)]


if __name__ == "__main__":
    main()
