"""Works that are done at once, each in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread


def together(*works: Callable[[], object]) -> None:
    """Run each in a thread of its own until all are done; what one raises fails the test."""
    broken: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again below
            broken.append(error)

    threads = [Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise broken[0]
