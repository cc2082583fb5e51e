"""The mock in tests: a server of one's own or one that runs, a sandbox a test, and what is asked of it.

Everything goes through HTTP, so that both are one: the control plane for the sandbox, the vendors' own
addresses for the client under test. Nothing here knows pytest; its fixtures have the same members.
"""

from __future__ import annotations

from mockserver.testing.arming import Armed
from mockserver.testing.calls import Call, Calls, Sent
from mockserver.testing.cases import Case
from mockserver.testing.clock import Clock
from mockserver.testing.control import NoServer, NotDone
from mockserver.testing.examples import Example
from mockserver.testing.sandbox import Sandbox
from mockserver.testing.server import Server
from mockserver.testing.state import State
from mockserver.testing.vendor import Vendor

__all__ = [
    "Armed",
    "Call",
    "Calls",
    "Case",
    "Clock",
    "Example",
    "NoServer",
    "NotDone",
    "Sandbox",
    "Sent",
    "Server",
    "State",
    "Vendor",
]
