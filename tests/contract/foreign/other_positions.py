"""Our own server as one of another maker, with one of its assumptions set the other way."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from mockserver.contract import runner
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.facts import absent_operations
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.target import Address, App, Target
from mockserver.engine.registry import load_vendor
from mockserver.server.application import Options, create_app
from tests.support.spec_documents import SPECS, VENDORS

_BETWEEN_CALLS = timedelta(seconds=2)
"""As with a rate of calls below every limit."""


@dataclass
class ForeignServer:
    """An application without what is only ours; time goes on with every call."""

    options: Options
    now: datetime = datetime(2026, 1, 5, 9, tzinfo=UTC)
    app: App = field(init=False)

    def __post_init__(self) -> None:
        self.app = create_app(dataclasses.replace(self.options, mock_headers=False), clock=lambda: self.now)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.now += _BETWEEN_CALLS
        is_ours = scope["path"].startswith("/_mock")
        await self.app({**scope, "path": "/nowhere"} if is_ours else scope, receive, send)


def foreign_server(vendor: str, values: Mapping[str, str] | None = None) -> ForeignServer:
    """Return the vendor's server, with these values of its assumptions."""
    named = {f"{vendor}.{name}": value for name, value in (values or {}).items()}
    return ForeignServer(Options(vendors=(vendor,), strict_auth=True, assumptions=named))


def positions() -> Iterator[tuple[str, str, str]]:
    """Yield every other value of each assumption that a right server of a vendor may share."""
    for vendor in VENDORS:
        known = load_vendor_api(vendor).profile.no_positions
        for one in load_vendor(SPECS[vendor]).vendor.assumptions:
            if one.name not in known:
                yield from ((vendor, one.name, value) for value in one.alternatives)


def run(
    api: ApiUnderTest, server: App, run_config: RunConfig, phases: tuple[str, ...] = runner.PHASES
) -> FindingLedger:
    """Return what the suite comes to at a server that is not ours."""
    ledger = FindingLedger()
    with Target(Address(f"http://127.0.0.1:8080/{api.name}", server)) as target:
        wanted = frozenset(filter(run_config.calls, api.spec.operations))
        absent = absent_operations(api, target, wanted)
        known = replace(run_config, left_out=run_config.left_out | absent.keys())
        runner.run_phases(api, target, known, ledger, phases)
    return ledger
