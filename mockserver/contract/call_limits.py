"""Limits of one call, and the errors of a call that is not answered as HTTP has it."""

from __future__ import annotations

from dataclasses import dataclass

EVERY_CALL_IS_ANSWERED = "every-call-is-answered"
ANSWERS_CAN_BE_READ = "answers-can-be-read"


@dataclass(frozen=True, slots=True)
class CallLimits:
    """How long a call may take, in seconds, and how many bytes the body of its answer may have.

    After `slow_calls` in a row that took too long, the target counts as gone.
    """

    seconds: float = 30
    body_bytes: int = 64 * 1024 * 1024
    slow_calls: int = 10


class TargetUnreachableError(Exception):
    """There is no server at the target, or none any more; the text says how the call failed."""


class UnansweredCallError(TargetUnreachableError):
    """A server is there, and gave no complete HTTP answer to this call; other calls may be answered.

    `check` is the check that this breaks. `is_slow`: the call took all the time that it had.
    """

    def __init__(self, said: str, check: str = EVERY_CALL_IS_ANSWERED, *, is_slow: bool = False) -> None:
        super().__init__(said)
        self.check = check
        self.is_slow = is_slow


class UnsendableCallError(Exception):
    """A request that an HTTP client does not send."""
