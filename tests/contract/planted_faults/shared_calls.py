"""Generated calls sent to many servers: each case is drawn once, and every server gets a copy of it.

Drawing the cases takes longer than sending them. What a server gets is what it would get alone: no case
depends on an answer. Only the walks along links do; each server is walked by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, fields
from functools import partial
from typing import Any, cast

from hypothesis.errors import HypothesisException
from requests.structures import CaseInsensitiveDict
from schemathesis.generation.meta import CaseMetadata

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import TargetUnreachableError
from mockserver.contract.failure_search import without_module_literals
from mockserver.contract.fuzzing import generated_requests, links
from mockserver.contract.fuzzing.caller import CaseCaller
from mockserver.contract.fuzzing.generated_requests import PinnedCase
from mockserver.contract.fuzzing.run import check_case, fuzzing_context, plan_operations
from mockserver.contract.oracle.checks import ExchangeJudge
from mockserver.contract.run_state import FindingLedger, RunConfig, run_parts
from mockserver.contract.target import Target
from mockserver.contract.trial import Trial


class ServerDoneError(TargetUnreachableError):
    """All that is asked about a server is known; it ends a part of a run as a lost target does."""


@dataclass(slots=True)
class FuzzedServer:
    """A server that gets the calls; what is found is in its ledger, which may raise `ServerDoneError`.

    `crashed` says how the suite broke at it.
    """

    target: Target
    ledger: FindingLedger
    crashed: str = ""
    is_done: bool = False

    def tries(self, work: Callable[[], Any]) -> None:
        """Do something at this server; after an error nothing more is done at it."""
        try:
            work()
        except TargetUnreachableError:
            self.is_done = True
        except HypothesisException:
            raise
        except Exception as error:  # noqa: BLE001 - a suite that breaks at a fault is a result too
            self.is_done, self.crashed = True, f"{type(error).__name__}: {error}"


def fuzz_servers(api: ApiUnderTest, servers: Sequence[FuzzedServer], run_config: RunConfig) -> None:
    """Do the fuzzing phase at all servers, which are at the same address; the first is the right one."""
    judge = ExchangeJudge(api, run_config)
    contexts = [fuzzing_context(Trial(api, one.target, run_config, one.ledger, judge)) for one in servers]
    schema = generated_requests.load_schema(api, servers[0].target.address.url, run_config)
    callers = [CaseCaller(schema, context) for context in contexts]
    shared = _SharedCaller(list(zip(servers, callers, strict=True)))
    # What is found is in the ledger of each server; this one stays empty.
    silent = fuzzing_context(Trial(api, servers[0].target, run_config, FindingLedger(), judge))
    again = [one for one in api.profile.pins.accepts if run_config.calls(one[0])]
    with without_module_literals():
        run_parts(plan_operations(schema, cast("CaseCaller", shared), silent, again), silent.ledger)
        for server, context in zip(servers, contexts, strict=True):
            if not server.is_done:
                server.tries(partial(run_parts, links.plan_walks(context), server.ledger))


@dataclass(slots=True)
class _SharedCaller:
    """Stands where a `CaseCaller` stands, and passes every case on to those of the servers."""

    callers: Sequence[tuple[FuzzedServer, CaseCaller]]
    accept: str = ""
    left_out: frozenset[str] = frozenset()
    lost: None = None

    @property
    def wire(self) -> _SharedCaller:
        return self

    def within(self, headers: Mapping[str, str]) -> None:
        for _, caller in self.callers:
            caller.wire.within(headers)

    def leaves_out(self, _operation: str) -> bool:
        return False

    def wants(self, _check: str) -> bool:
        return True

    def call(self, case: PinnedCase) -> PinnedCase:
        return case

    def check(self, case: PinnedCase) -> tuple[()]:
        """Send the case to all; what is found is in the ledger of each server."""
        for server, caller in self.callers:
            if not server.is_done:
                caller.accept = self.accept
                server.tries(partial(_call, server, caller, case))
        return ()


def _call(server: FuzzedServer, caller: CaseCaller, case: PinnedCase) -> None:
    server.ledger.record(check_case(caller, _copied(case)))
    server.is_done = caller.lost is not None


def _copied(case: PinnedCase) -> PinnedCase:
    """Return a copy with parts of its own: a call puts ids of the fixtures into them."""
    twin = object.__new__(type(case))
    for name in type(case).__slots__:
        object.__setattr__(twin, name, _own(getattr(case, name)))
    return twin


def _own(value: Any) -> Any:
    """Return a copy of what can be changed, as deep as it goes; Schemathesis' texts cannot be copied."""
    if isinstance(value, CaseInsensitiveDict):
        return value.copy()
    if isinstance(value, dict):
        return {name: _own(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_own(one) for one in value]
    if isinstance(value, set):
        return set(value)
    if isinstance(value, CaseMetadata):
        twin = copy(value)
        twin.generation = copy(value.generation)
        for one in fields(value):
            if one.name != "generation":
                setattr(twin, one.name, _own(getattr(value, one.name)))
        return twin
    return value
