"""Whether the header that names a sandbox reaches a server of ours: a proxy may drop it."""

from __future__ import annotations

from http import HTTPStatus

from mockserver.contract.exchange import Request
from mockserver.contract.isolation import SANDBOX, Isolation
from mockserver.contract.target import Target, UnansweredCallError

_DEFAULT = "default"
_NO_NAME = "no name of a sandbox"
"""A server that reads the header refuses this."""

NOTE = (
    "sandboxes were not used: a proxy does not pass on the header Mock-Sandbox; all calls went to one "
    "sandbox, with keys of their own, and whether sandboxes are isolated was not checked"
)


def use_reachable_sandboxes(target: Target, seed: int) -> str:
    """Keep to the default sandbox where no other can be named; return a note that says so, else "".

    Raises:
        TargetUnreachableError: nobody answers.
    """
    if target.address.app or not Isolation(target, seed).are_apart or _reads_header(target):
        return ""
    target.always_send(SANDBOX, _DEFAULT)
    return NOTE


def _reads_header(target: Target) -> bool:
    try:
        response = target.send(Request("GET", "/", {SANDBOX: _NO_NAME})).response
    except UnansweredCallError:
        return True
    return response.status == HTTPStatus.BAD_REQUEST
