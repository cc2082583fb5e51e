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
    """Send the call, `times` times in sequence."""
    for _ in range(step.get("times", 1)):
        if found := run.check(step, await run.call(step)):
            return found
    return []


async def control(run: CaseRun, step: Node) -> list[str]:
    """Send one call to the control plane, below the sandbox's path."""
    method, _, below = str(step["control"]).partition(" ")
    mount = f"/_mock/sandboxes/{run.client.sandbox}"
    sent = case_run.build_request({**step, "call": f"{method} {below}"}, mount, {}, run.placeholders)
    return run.check(step, await run.client.control.send(sent))


async def together(run: CaseRun, step: Node) -> list[str]:
    """Send several calls concurrently, each `after` a delay in milliseconds."""
    calls = [one for one in step["together"] for _ in range(one.get("times", 1))]
    responses = await asyncio.gather(*[_call_later(run, one) for one in calls])
    if "answers" in step:
        return expectations.response_set_differences(run.fill(step["answers"]), responses, run.remembered)
    return [line for one, response in zip(calls, responses, strict=True) for line in run.check(one, response)]


async def _call_later(run: CaseRun, step: Node) -> Response | LostResponse:
    await asyncio.sleep(step.get("after", 0) / 1000)
    return await run.call(step)


async def advance(run: CaseRun, step: Node) -> list[str]:
    """Advance the clock by seconds."""
    await run.client.advance(run.fill(step["advance"]))
    return []


async def freeze(run: CaseRun, step: Node) -> list[str]:
    """Freeze the clock at an instant."""
    await run.client.freeze(run.fill(step["freeze"]))
    return []


async def assume(run: CaseRun, step: Node) -> list[str]:
    """Set assumptions of the vendor."""
    await run.assume(run.fill(step["assume"]))
    return []


async def scenario(run: CaseRun, step: Node) -> list[str]:
    """Arm a scenario: a document, or the name of a packaged one."""
    await run.client.arm(run.fill(step["scenario"]))
    return []


async def disarm(run: CaseRun, step: Node) -> list[str]:
    """Delete the named scenario, or with `true` all."""
    await run.client.disarm(None if step["disarm"] is True else str(step["disarm"]))
    return []


async def snapshot(run: CaseRun, step: Node) -> list[str]:
    """Take a snapshot; the step's name becomes a placeholder for its id."""
    run.placeholders[step["snapshot"]] = await run.client.snapshot()
    return []


async def restore(run: CaseRun, step: Node) -> list[str]:
    """Restore the snapshot with the step's name."""
    await run.client.call_control("POST", f"/snapshots/{run.placeholders[step['restore']]}/restore")
    return []


async def reset(run: CaseRun, _step: Node) -> list[str]:
    """Restore the state at the start of the case and its assumptions; the journal continues."""
    await run.client.call_control("POST", f"/snapshots/{run.start_snapshot}/restore")
    await run.assume(run.case.assumptions)
    return []


async def newest_entries(run: CaseRun, step: Node) -> list[str]:
    """Compare the newest journal entries, one or a list with the oldest first."""
    expected = run.fill(step["journal"])
    expected = expected if isinstance(expected, list) else [expected]
    found = await run.client.entries(len(expected))
    return list(differences(expected, found, "journal", open_ended=True))


async def call_count(run: CaseRun, step: Node) -> list[str]:
    """Compare the number of calls recorded since the `given` steps."""
    since = await run.client.last_number() - run.journal_mark
    return [] if since == step["calls"] else [f"expected {step['calls']} calls, found {since}"]


async def dump(run: CaseRun, step: Node) -> list[str]:
    """Compare documents by collection and key, of one tenant or all; null expects none."""
    tables = await run.client.tables()
    return list(
        expectations.document_differences(
            run.fill(step["dump"]), tables, run.case.vendor, run.fill(step.get("scope"))
        )
    )


async def unchanged(run: CaseRun, step: Node) -> list[str]:
    """Compare all records with those after the `given` steps, `except` some collections."""
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
MAX_PAGES = 1000


async def walk(run: CaseRun, step: Node, between: Callable[[], Awaitable[None]]) -> list[str]:
    """Follow all pages, with the `between` steps after the first one; no key may appear twice."""
    step = run.fill({name: node for name, node in step.items() if name != "between"})
    target: str | None = str(step["walk"])
    keys: list[Any] = []
    number = 0
    while target is not None:
        number += 1
        if number > MAX_PAGES:
            return [f"there are more than {MAX_PAGES} pages"]
        response = await run.call({"call": target, "headers": step.get("headers", {})})
        if isinstance(response, LostResponse) or response.status != OK:
            return [
                f"page {number}, {target}",
                *expectations.response_differences({"status": OK}, response, {}),
            ]
        page = [
            expectations.value_at(one, step["key"])
            for one in expectations.value_in_response(response, step["items"])
        ]
        keys += page
        if repeated := [f"{key!r} came {times} times" for key, times in Counter(keys).items() if times > 1]:
            return [f"page {number}, {target}", *repeated]
        if number == 1:
            await between()
        target = _next_call(step["next"], step["walk"], response, number) if page and "next" in step else None
    return _key_differences(run, step, keys)


def _next_call(how: Node, first: str, response: Response, number: int) -> str | None:
    """Return the call for the page after page `number`; None if there is none.

    `link` is the pointer to that call's target. Otherwise `query` is the parameter that selects the page; its
    value is at `from`, or counts up from `first` by `step`.
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
    found = []
    if "finds" in step and keys != step["finds"]:
        found.append(f"expected {step['finds']!r}, found {keys!r}")
    missing = [key for key in step.get("covers", []) if key not in keys]
    return found + [f"{key!r} is not among {keys!r}" for key in missing]
