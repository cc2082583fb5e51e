"""Steps that call: the vendor, one by one or several at once, and the control plane."""

from __future__ import annotations

import asyncio

from mockserver.cases import asking, expecting
from mockserver.cases.language import Node
from mockserver.cases.progress import Progress
from mockserver.cases.wire import Answered, Lost


async def call(run: Progress, step: Node) -> list[str]:
    """One call of the vendor, or the same one several times after another."""
    for _ in range(step.get("times", 1)):
        if said := run.judge(step, await run.call(step)):
            return said
    return []


async def control(run: Progress, step: Node) -> list[str]:
    """One call of the control plane, below the sandbox's path."""
    method, _, below = str(step["control"]).partition(" ")
    mount = f"/_mock/sandboxes/{run.world.sandbox}"
    sent = asking.request({**step, "call": f"{method} {below}"}, mount, {}, run.kept)
    return run.judge(step, await run.world.control.send(sent))


async def together(run: Progress, step: Node) -> list[str]:
    """Several calls that are open at the same time; `after` some milliseconds where one comes later."""
    calls = [one for one in step["together"] for _ in range(one.get("times", 1))]
    came = await asyncio.gather(*[_later(run, one) for one in calls])
    if "answers" in step:
        return expecting.of_set(run.made(step["answers"]), came, run.remembered)
    return [said for one, answered in zip(calls, came, strict=True) for said in run.judge(one, answered)]


async def _later(run: Progress, step: Node) -> Answered | Lost:
    await asyncio.sleep(step.get("after", 0) / 1000)
    return await run.call(step)
