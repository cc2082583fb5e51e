"""Search for a failure with Hypothesis: its settings, budget, literals and scratch folder.

Hypothesis draws texts and numbers from the source of every loaded module, our own headers among them. After
another import, or in another process, the same seed would make other cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import Flaky, Unsatisfiable
from hypothesis.internal.conjecture import providers
from hypothesis.internal.constants_ast import Constants

from mockserver.contract.exchange import BrokenRule, Finding
from mockserver.contract.run_state import RunConfig

_SHRINKING, _TIMES = 150, 5
"""Maximum number of sequences that are run to find a smaller one, in all and for each example.

After another check has failed it is a third: often both failures are one fault.
"""

_SLOW = 3
"""Calls of a round that took too long, after which it ends."""

_SOURCE = "_get_local_constants"
_CHOSEN = "HYPOTHESIS_STORAGE_DIRECTORY"


class BudgetSpentError(BaseException):
    """Ends a round that has tried enough sequences."""


@dataclass(slots=True)
class FailureSearch:
    """Search in rounds: after its first broken check, a round only looks for a shorter sequence of it.

    `known` are the checks that broke in earlier rounds; `sequences` counts those run since the check of this
    round broke. `target_is_lost`: the server no longer responds.
    """

    run_config: RunConfig
    known: set[tuple[str, str]] = field(default_factory=set)
    finding: Finding | None = None
    target_is_lost: bool = False
    sequences: int = 0
    slow_calls: int = 0
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
        """Return whether the search is for this finding, which then ends the sequence."""
        name = (finding.operation, finding.check)
        if name in self.known or not self.run_config.wants(finding.check):
            return False
        return self.finding is None or name == (self.finding.operation, self.finding.check)

    def broken(self, finding: Finding) -> BrokenRule:
        """Return an exception class for each check, so that Hypothesis keeps failures apart."""
        if self.finding is None or _size(finding) < _size(self.finding):
            self.finding = finding
        kind = self._kinds.setdefault(finding.check, type("Broken", (BrokenRule,), {}))
        return kind(finding)

    def round(self, work: Callable[[], object]) -> Finding | None:
        """Do the work of a round; return its finding, also if the failure did not come again."""
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
    """Settings that repeat the same cases, shrink failures, and print nothing."""
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
    """Let Hypothesis draw no literals of loaded modules inside the context.

    There is no public setting. A release that renames the function draws them again.
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
    """Keep the files of Hypothesis in a folder that is deleted afterwards, unless a user named one."""
    if environment.get(_CHOSEN):
        yield
        return
    with TemporaryDirectory(prefix="mockserver-", ignore_cleanup_errors=True) as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)
