"""Steps that turn the sandbox: its clock, switches, scenarios and snapshots."""

from __future__ import annotations

from mockserver.cases.language import Node
from mockserver.cases.progress import Progress


async def advance(run: Progress, step: Node) -> list[str]:
    """Move the clock on by seconds."""
    await run.world.advance(run.made(step["advance"]))
    return []


async def freeze(run: Progress, step: Node) -> list[str]:
    """Put the clock to an instant, where it stands."""
    await run.world.freeze(run.made(step["freeze"]))
    return []


async def assume(run: Progress, step: Node) -> list[str]:
    """Turn switches of the vendor."""
    await run.assume(run.made(step["assume"]))
    return []


async def scenario(run: Progress, step: Node) -> list[str]:
    """Arm a scenario: a document, or a ready one by name."""
    await run.world.arm(run.made(step["scenario"]))
    return []


async def disarm(run: Progress, step: Node) -> list[str]:
    """Take back a scenario by its name, or with `true` all."""
    await run.world.disarm(None if step["disarm"] is True else str(step["disarm"]))
    return []


async def snapshot(run: Progress, step: Node) -> list[str]:
    """Take a snapshot; the step's name for it means its id from now on."""
    run.kept[step["snapshot"]] = await run.world.snapshot()
    return []


async def restore(run: Progress, step: Node) -> list[str]:
    """Bring back what a snapshot of that name holds."""
    await run.world.asked("POST", f"/snapshots/{run.kept[step['restore']]}/restore")
    return []


async def reset(run: Progress, _step: Node) -> list[str]:
    """Back to where the case began, with the switches that it assumes; the journal goes on."""
    await run.world.asked("POST", f"/snapshots/{run.beginning}/restore")
    await run.assume(run.case.assumptions)
    return []
