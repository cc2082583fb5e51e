"""Steps that look: at the journal, and at what the sandbox holds."""

from __future__ import annotations

from mockserver.cases import expecting
from mockserver.cases.language import Node
from mockserver.cases.matching import differences
from mockserver.cases.progress import Progress


async def journal(run: Progress, step: Node) -> list[str]:
    """The newest entries, one or a list with the oldest of them first, as far as the step says."""
    expected = run.made(step["journal"])
    expected = expected if isinstance(expected, list) else [expected]
    found = await run.world.entries(len(expected))
    return list(differences(expected, found, "journal", open_ended=True))


async def calls(run: Progress, step: Node) -> list[str]:
    """How many calls were journaled since everything that is given was done."""
    since = await run.world.last_number() - run.mark
    return [] if since == step["calls"] else [f"expected {step['calls']} calls, found {since}"]


async def dump(run: Progress, step: Node) -> list[str]:
    """Documents by collection and key, of one tenant or of all; null is none."""
    tables = await run.world.tables()
    return list(
        expecting.of_documents(run.made(step["dump"]), tables, run.case.vendor, run.made(step.get("scope")))
    )


async def unchanged(run: Progress, step: Node) -> list[str]:
    """Every record is as it was when everything that is given was done, `except` those collections."""
    left_out = frozenset(step.get("except", ()))
    before, now = (
        {
            scope: {name: one for name, one in tables.items() if name not in left_out}
            for scope, tables in records.items()
        }
        for records in (run.before, await run.records())
    )
    return list(differences(before, now))
