"""The steps of a case: calls, changes of the sandbox, inspections and page walks."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from mockserver.control.cases import case_run, expectations
from mockserver.control.cases.case_run import CaseRun
from mockserver.control.cases.language import Node
from mockserver.control.cases.matching import differences
from mockserver.control.cases.transport import LostResponse, Response


async def call(run: CaseRun, step: Node) -> list[str]:
    """Return one call of the vendor, or the same one several times after another."""
    for _ in range(step.get("times", 1)):
        if said := run.check(step, await run.call(step)):
            return said
    return []


async def control(run: CaseRun, step: Node) -> list[str]:
    """Return one call of the control plane, below the sandbox's path."""
    method, _, below = str(step["control"]).partition(" ")
    mount = f"/_mock/sandboxes/{run.client.sandbox}"
    sent = case_run.build_request({**step, "call": f"{method} {below}"}, mount, {}, run.placeholders)
    return run.check(step, await run.client.control.send(sent))


async def together(run: CaseRun, step: Node) -> list[str]:
    """Several calls that are open at the same time; `after` some milliseconds where one comes later."""
    calls = [one for one in step["together"] for _ in range(one.get("times", 1))]
    came = await asyncio.gather(*[_call_later(run, one) for one in calls])
    if "answers" in step:
        return expectations.response_set_differences(run.fill(step["answers"]), came, run.remembered)
    return [said for one, answered in zip(calls, came, strict=True) for said in run.check(one, answered)]


async def _call_later(run: CaseRun, step: Node) -> Response | LostResponse:
    await asyncio.sleep(step.get("after", 0) / 1000)
    return await run.call(step)


async def advance(run: CaseRun, step: Node) -> list[str]:
    """Move the clock on by seconds."""
    await run.client.advance(run.fill(step["advance"]))
    return []


async def freeze(run: CaseRun, step: Node) -> list[str]:
    """Put the clock to an instant, where it stands."""
    await run.client.freeze(run.fill(step["freeze"]))
    return []


async def assume(run: CaseRun, step: Node) -> list[str]:
    """Turn assumptions of the vendor."""
    await run.assume(run.fill(step["assume"]))
    return []


async def scenario(run: CaseRun, step: Node) -> list[str]:
    """Arm a scenario: a document, or a ready one by name."""
    await run.client.arm(run.fill(step["scenario"]))
    return []


async def disarm(run: CaseRun, step: Node) -> list[str]:
    """Take back a scenario by its name, or with `true` all."""
    await run.client.disarm(None if step["disarm"] is True else str(step["disarm"]))
    return []


async def snapshot(run: CaseRun, step: Node) -> list[str]:
    """Take a snapshot; the step's name for it means its id from now on."""
    run.placeholders[step["snapshot"]] = await run.client.snapshot()
    return []


async def restore(run: CaseRun, step: Node) -> list[str]:
    """Bring back what a snapshot of that name holds."""
    await run.client.call_control("POST", f"/snapshots/{run.placeholders[step['restore']]}/restore")
    return []


async def reset(run: CaseRun, _step: Node) -> list[str]:
    """Back to where the case began, with the assumptions that it assumes; the journal goes on."""
    await run.client.call_control("POST", f"/snapshots/{run.start_snapshot}/restore")
    await run.assume(run.case.assumptions)
    return []


async def newest_entries(run: CaseRun, step: Node) -> list[str]:
    """Return the newest entries, one or a list with the oldest of them first, as far as the step says."""
    expected = run.fill(step["journal"])
    expected = expected if isinstance(expected, list) else [expected]
    found = await run.client.entries(len(expected))
    return list(differences(expected, found, "journal", open_ended=True))


async def call_count(run: CaseRun, step: Node) -> list[str]:
    """Return how many calls were journaled since everything that is given was done."""
    since = await run.client.last_number() - run.journal_mark
    return [] if since == step["calls"] else [f"expected {step['calls']} calls, found {since}"]


async def dump(run: CaseRun, step: Node) -> list[str]:
    """Documents by collection and key, of one tenant or of all; null is none."""
    tables = await run.client.tables()
    return list(
        expectations.document_differences(
            run.fill(step["dump"]), tables, run.case.vendor, run.fill(step.get("scope"))
        )
    )


async def unchanged(run: CaseRun, step: Node) -> list[str]:
    """Return every record is as it was when everything that is given was done, `except` those collections."""
    left_out = frozenset(step.get("except", ()))
    before, now = (
        {
            scope: {name: one for name, one in tables.items() if name not in left_out}
            for scope, tables in records.items()
        }
        for records in (run.before, await run.records())
    )
    return list(differences(before, now))


OK = 200


async def walk(run: CaseRun, step: Node, between: Callable[[], Awaitable[None]]) -> list[str]:
    """Return every page, with what is done `between` after the first one; no key may come twice."""
    step = run.fill({name: node for name, node in step.items() if name != "between"})
    target: str | None = str(step["walk"])
    keys: list[Any] = []
    number = 0
    while target is not None:
        number += 1
        came = await run.call({"call": target, "headers": step.get("headers", {})})
        if isinstance(came, LostResponse) or came.status != OK:
            return [f"page {number}, {target}", *expectations.response_differences({"status": OK}, came, {})]
        page = [
            expectations.value_at(one, step["key"])
            for one in expectations.value_in_response(came, step["items"])
        ]
        keys += page
        if twice := [f"{key!r} came {times} times" for key, times in Counter(keys).items() if times > 1]:
            return [f"page {number}, {target}", *twice]
        if number == 1:
            await between()
        target = _next_call(step["next"], step["walk"], came, number) if page and "next" in step else None
    return _key_differences(run, step, keys)


def _next_call(how: Node, first: str, response: Response, number: int) -> str | None:
    """Return the call of the page that follows page `number`; None where the answer names none.

    `link` is where the target of that call stands. Else `query` is the parameter that says which page, and
    its value stands at `from`, or counts on from `first` by `step`.
    """
    if "link" in how:
        link = _value_or_none(response, how["link"])
        return f"GET {link}" if link else None
    value = (
        _value_or_none(response, how["from"])
        if "from" in how
        else how["first"] + (number - 1) * how.get("step", 1)
    )
    if value is None:
        return None
    path, _, query = first.partition("?")
    others = [pair for pair in query.split("&") if pair and pair.partition("=")[0] != how["query"]]
    others.append(f"{how['query']}={quote(str(value), safe='')}")
    return f"{path}?{'&'.join(others)}"


def _value_or_none(response: Response, pointer: str) -> Any:
    try:
        return expectations.value_at(response.json, pointer)
    except LookupError:
        return None


def _key_differences(run: CaseRun, step: Node, keys: list[Any]) -> list[str]:
    if "keep" in step:
        run.placeholders[step["keep"]] = keys
    said = []
    if "finds" in step and keys != step["finds"]:
        said.append(f"expected {step['finds']!r}, found {keys!r}")
    missing = [key for key in step.get("covers", []) if key not in keys]
    return said + [f"{key!r} is not among {keys!r}" for key in missing]
