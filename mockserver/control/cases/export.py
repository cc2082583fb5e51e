"""Run a case, and return its calls in a form of the journal's exports."""

from __future__ import annotations

from mockserver.control.cases.language import Case
from mockserver.control.cases.runner import run
from mockserver.control.cases.sandbox_client import SandboxClient
from mockserver.control.cases.transport import LostResponse, Request, Response
from mockserver.control.control_call import ControlError

_OK = 200


class UnexportableCaseError(ControlError):
    """The case fails on this server, or its calls cannot be written down."""

    status = 409
    code = "not-exportable"


async def export_case(case: Case, client: SandboxClient, form: str) -> Response:
    """Run the case in the client's sandbox, and return the export of the sandbox's journal.

    Raises:
        UnexportableCaseError: the case fails, or its calls cannot be exported.
    """
    result = await run(case, client)
    if not result.passed:
        raise UnexportableCaseError("\n".join(result.differences))
    target = f"/_mock/sandboxes/{client.sandbox}/journal/export?format={form}"
    answered = await client.control.send(Request("GET", target))
    if isinstance(answered, LostResponse) or answered.status != _OK:
        said = answered.detail if isinstance(answered, LostResponse) else str(answered.json["detail"])
        raise UnexportableCaseError(said)
    return answered
