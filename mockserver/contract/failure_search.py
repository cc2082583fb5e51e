"""Search for a failure with Hypothesis: rounds, their budget, settings, literals and scratch folder.

Hypothesis draws texts and numbers from the source of loaded modules, such as names of our own headers. A seed
would then make different cases if different modules are loaded; `without_module_literals` prevents that.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import Flaky, Unsatisfiable
from hypothesis.internal.charmap import charmap_file
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants
from msgspec import Struct, field

from mockserver.contract.exchange import BrokenRule, Finding
from mockserver.contract.run_state import RunConfig

_SHRINKING, _TIMES = 150, 5
"""A round searches for a smaller failure with at most 150 sequences, and at most 5 times `max_examples`.

If an earlier round found a failure, both limits are cut to a third: often one fault causes several failures.
"""

_SLOW = 3
"""Number of calls that take too long, after which a round ends."""

_SOURCE = "_get_local_constants"
_CHOSEN = "HYPOTHESIS_STORAGE_DIRECTORY"
_TABLE = "codec-v2-utf-8"
"""Name of the table of characters of UTF-8, as Hypothesis stores it. Hypothesis needs seconds to make one."""


class BudgetSpentError(BaseException):
    """Ends a round that has run enough sequences or too many slow calls, or whose target is lost."""


class FailureSearch(Struct):
    """Search in rounds. After a failure, a round seeks only smaller failures of equal operation and check."""

    run_config: RunConfig
    known: set[tuple[str, str]] = field(default_factory=set)
    """Operation and check of the failures that earlier rounds found."""
    finding: Finding | None = None
    """The smallest failure that this round has found."""
    target_is_lost: bool = False
    """Whether the server no longer responds."""
    sequences: int = 0
    """Number of sequences since the first failure of this round."""
    slow_calls: int = 0
    """Number of calls of this round that took too long."""
    _kinds: dict[str, type[BrokenRule]] = field(default_factory=dict)

    def begin(self) -> None:
        self.sequences += self.finding is not None
        most = min(_SHRINKING, _TIMES * self.run_config.max_examples) * self.run_config.shrinks
        if self.target_is_lost or self.slow_calls >= _SLOW:
            raise BudgetSpentError
        if self.sequences > (most // 3 if self.known else most):
            raise BudgetSpentError

    @property
    def is_done(self) -> bool:
        broken = {check for _, check in self.known}
        return self.target_is_lost or (bool(self.run_config.only) and self.run_config.only <= broken)

    def looks_for(self, finding: Finding) -> bool:
        """Return whether this round looks for the finding, so that the finding ends the sequence."""
        name = (finding.operation, finding.check)
        if name in self.known or not self.run_config.wants(finding.check):
            return False
        return self.finding is None or name == (self.finding.operation, self.finding.check)

    def broken(self, finding: Finding) -> BrokenRule:
        """Store the finding if it is the smallest, and return an exception for the finding.

        Each check has its own exception class, so that Hypothesis keeps failures apart.
        """
        if self.finding is None or _size(finding) < _size(self.finding):
            self.finding = finding
        kind = self._kinds.setdefault(finding.check, type("Broken", (BrokenRule,), {}))
        return kind(finding)

    def round(self, work: Callable[[], object]) -> Finding | None:
        """Do the work of a round and return its finding, even if Hypothesis could not repeat the failure."""
        with suppress(BrokenRule, BudgetSpentError, Flaky, Unsatisfiable):
            work()
        return self.end()

    def end(self) -> Finding | None:
        finding, self.finding, self.sequences, self.slow_calls = self.finding, None, 0, 0
        if finding is not None:
            self.known.add((finding.operation, finding.check))
        return finding


def _size(finding: Finding) -> tuple[int, int]:
    return len(finding.steps), finding.sent_bytes


def hypothesis_settings(run_config: RunConfig, **more: Any) -> hypothesis.settings:
    """Return settings with which a seed repeats its cases, failures shrink, and nothing is printed."""
    return hypothesis.settings(
        max_examples=run_config.max_examples,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        print_blob=False,
        **more,
    )


@contextmanager
def without_module_literals() -> Iterator[None]:
    """Prevent Hypothesis from drawing literals of loaded modules inside the context.

    Hypothesis has no public setting for this. If it renames the function in `_SOURCE`, literals are drawn.
    """
    before = getattr(providers, _SOURCE, None)
    setattr(providers, _SOURCE, Constants)
    providers.CONSTANTS_CACHE.cache.clear()
    try:
        yield
    finally:
        setattr(providers, _SOURCE, before)
        providers.CONSTANTS_CACHE.cache.clear()


@contextmanager
def scratch_folder(environment: Mapping[str, str]) -> Iterator[None]:
    """Store the files of Hypothesis in a temporary folder, unless `environment` names a folder for them."""
    if environment.get(_CHOSEN):
        yield
        return
    with TemporaryDirectory(prefix="mockserver-", ignore_cleanup_errors=True) as folder:
        set_hypothesis_home_dir(folder)
        table = charmap_file(_TABLE)
        table.parent.mkdir(parents=True)
        characters = [(0, 0xD7FF), (0xE000, sys.maxunicode)]
        table.write_bytes(gzip.compress(json.dumps([characters, []]).encode()))
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)
