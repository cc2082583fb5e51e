"""Give each sequence a sandbox or keys of its own at the target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from zlib import crc32

from mockserver.contract.exchange import Request
from mockserver.contract.target import Target, TargetUnreachableError

SANDBOX = "mock-sandbox"
_LONGEST_NAME = 48
_RUNS = 9973
"""A prime, so that seeds that are near are not near in keys."""
_KEYS_OF_A_RUN = 10_000
_NUMBERS_OF_A_KEY = 100
_NUMBERS = 1_000_000_000
"""Numbers of items are below: they have nine digits, and fit 32 bits."""


@dataclass(frozen=True, slots=True)
class IsolationScope:
    """The records of one sequence: `name` is unique in a run, `headers` select it, keys start at `first`.

    `has_sandbox`: it shares nothing with any other scope; else only its keys are its own.
    """

    name: str
    first: int
    has_sandbox: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def numbers_from(self) -> int:
        """The number before that of its first item: numbers differ too where records are shared."""
        return self.first * _NUMBERS_OF_A_KEY % _NUMBERS


class Isolation:
    """The isolation scopes of one run at one target; `of` separates runs with the same seed (an operation).

    Raises:
        TargetUnreachableError: nobody answers.
    """

    def __init__(self, target: Target, seed: int, of: str = "") -> None:
        self._target = target
        self._name = _short("-".join(["contract", str(seed), *_plain(of)]))
        self._first = seed * _RUNS % 90_000 * _KEYS_OF_A_RUN
        self._number = 0
        self._keys = 0
        prefixed = "/sandboxes/" in target.address.url or SANDBOX in target.address.given
        self._sandboxed = not prefixed and target.identity().is_ours

    @property
    def are_apart(self) -> bool:
        """Whether a fresh world is a sandbox of its own."""
        return self._sandboxed

    def new_scope(self, keys: int) -> IsolationScope:
        """Return a world that nothing has happened in, with so many keys."""
        self._number += 1
        name = f"{self._name}-{self._number}"
        if self._sandboxed:
            return IsolationScope(name, 0, has_sandbox=True, headers={SANDBOX: name})
        first = self._first + self._keys
        self._keys += keys
        return IsolationScope(name, first)

    def drop(self, scope: IsolationScope) -> None:
        """Delete a sandbox; where the target refuses that, later worlds share the default one."""
        if not scope.has_sandbox:
            return
        request = Request("DELETE", f"/_mock/sandboxes/{scope.name}")
        try:
            answered = self._target.at_control_plane(request).response
        except TargetUnreachableError:
            return
        # A server holds a thousand sandboxes: a run that cannot drop its own would fill it.
        self._sandboxed = self._sandboxed and answered.status in (204, 404)


def _short(name: str) -> str:
    """Return a name that a sandbox may have; two long ones that begin alike stay apart."""
    if len(name) <= _LONGEST_NAME:
        return name
    mark = f"-{crc32(name.encode()):08x}"
    return name[: _LONGEST_NAME - len(mark)].strip("-") + mark


def _plain(text: str) -> list[str]:
    made = "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in text.lower())
    return [made.strip("-")] if made.strip("-") else []
