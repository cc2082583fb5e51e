"""Announce what a run will do before it starts."""

from __future__ import annotations

from collections.abc import Iterator

from mockserver.contract.config import RunConfig
from mockserver.contract.loading import ApiUnderTest
from mockserver.contract.safety import Rate
from mockserver.contract.stateful.run import batch_profiles_of

_READING = ("get", "head", "options", "trace")
_SHOWN = 8


def announce(api: ApiUnderTest, url: str, run_config: RunConfig, rate: Rate | None) -> str:
    """Return what is about to be created, changed and deleted there, how often, how fast."""
    return "\n".join(_told(api, url, run_config, rate))


def _told(api: ApiUnderTest, url: str, run_config: RunConfig, rate: Rate | None) -> Iterator[str]:
    writing = [
        f"{operation.method.upper()} {operation.path}"
        for name, operation in api.spec.operations.items()
        if run_config.calls(name) and operation.method not in _READING and not operation.safe
    ]
    yield f"{url} is not a mockserver: what this run creates, changes and deletes there stays that way"
    more = f" and {len(writing) - _SHOWN} more" if len(writing) > _SHOWN else ""
    yield f"  writes by  {', '.join(writing[:_SHOWN]) or 'nothing'}{more}"
    for subject in batch_profiles_of(api):
        if run_config.calls(subject.operation):
            yield f"  records    {subject.operation}: keys such as {subject.key(0)}, {subject.key(1)}"
    if api.facts:
        yield f"  relies on  {', '.join(f'{name}={text}' for name, text in api.facts.items())}"
    speed = f"at most {rate}" if rate else "as fast as the server answers (--rate 20/s slows it down)"
    most, limits = f"{run_config.max_examples:,}", f"{run_config.max_limit_calls:,}"
    yield f"  calls      an operation: its examples, up to {limits} at limits of its schemas, {most} random;"
    yield f"             a batch: up to {most} sequences; more where a check calls again or fails"
    yield f"  speed      {speed}"
