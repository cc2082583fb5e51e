"""The control plane's operations, free of HTTP's machinery: a theme a module, a method an operation.

The contract is `specs/_control.yaml`: an operationId names the method, path and query parameters its
arguments, and the success status is the one that the contract states.
"""

from __future__ import annotations

from dataclasses import dataclass

from mockserver.cases.wire import Sender
from mockserver.control.assumptions import AssumptionOperations
from mockserver.control.cases import CaseOperations
from mockserver.control.clocks import ClockOperations
from mockserver.control.elsewhere import Elsewhere
from mockserver.control.journal import JournalOperations
from mockserver.control.metrics import Gauges, MetricsOperations
from mockserver.control.replaying import ReplayOperations
from mockserver.control.sandboxes import SandboxOperations
from mockserver.control.scenarios import ScenarioOperations
from mockserver.control.scripts import Packaged
from mockserver.control.server import ServerOperations
from mockserver.control.snapshots import SnapshotOperations
from mockserver.control.state import StateOperations
from mockserver.journal import Journal
from mockserver.sandbox import Sandboxes
from mockserver.served import Served


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom operations call: `inside` is this very server, `unprotected` its control plane alone.

    Replays go to `replay_hosts` too, beside loopback. `strict_auth` is how its vendors take credentials.
    """

    inside: Sender
    unprotected: Sender
    replay_hosts: tuple[str, ...] = ()
    strict_auth: bool = False


def themes(
    sandboxes: Sandboxes,
    journal: Journal,
    served: tuple[Served, ...],
    reach: Reach,
    gauges: Gauges,
) -> tuple[object, ...]:
    """Everything that an operator can ask for; no operation makes a sandbox that it names (design §8.18)."""
    packaged = Packaged(served)
    return (
        ServerOperations(served, reach.strict_auth),
        MetricsOperations(sandboxes, journal, served, gauges),
        SandboxOperations(sandboxes, journal, served, packaged),
        ClockOperations(sandboxes),
        AssumptionOperations(sandboxes, served),
        JournalOperations(sandboxes, journal, served),
        CaseOperations(sandboxes, served, reach.inside, reach.unprotected),
        ReplayOperations(sandboxes, journal, served, reach.inside, Elsewhere(reach.replay_hosts)),
        ScenarioOperations(sandboxes, served, packaged),
        SnapshotOperations(sandboxes),
        StateOperations(sandboxes, served),
    )
