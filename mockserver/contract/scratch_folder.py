"""A folder for what Hypothesis keeps, so that a run leaves nothing where it was started."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from tempfile import TemporaryDirectory

from hypothesis.configuration import set_hypothesis_home_dir

_CHOSEN = "HYPOTHESIS_STORAGE_DIRECTORY"


@contextmanager
def scratch_folder(environment: Mapping[str, str]) -> Iterator[None]:
    """Let Hypothesis keep its files in a folder that is deleted afterwards, unless a user named another."""
    if environment.get(_CHOSEN):
        yield
        return
    with TemporaryDirectory(prefix="mockserver-", ignore_cleanup_errors=True) as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)
