"""A case on its way: what was kept of answers, what was there before, which calls were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mockserver.cases import asking, expecting
from mockserver.cases.language import Case, Node
from mockserver.cases.matching import made
from mockserver.cases.wire import Answered, Lost
from mockserver.cases.world import World

BOOKKEEPING = frozenset({"sequences", "quotas", "assumptions", "idempotency"})
"""Collections that are no records: numbers given, calls counted, answers kept."""


@dataclass(slots=True)
class Progress:
    """The state of a run.

    `kept` is what placeholders mean by now, `remembered` are whole answers; `before` is what was there
    when all that is given was done, `mark` the journal's number then; `beginning` is the snapshot of what was
    there at first, where the case goes back to it.
    """

    case: Case
    world: World
    kept: dict[str, Any] = field(default_factory=dict)
    remembered: dict[str, Answered] = field(default_factory=dict)
    before: Node = field(default_factory=dict)
    mark: int = 0
    beginning: str = ""

    def made(self, node: Any) -> Any:
        """`node` with its placeholders filled in.

        Raises:
            KeyError: nothing has that name.
        """
        return made(node, self.kept)

    async def note(self) -> None:
        """Note what is there now, and how many calls were made."""
        self.before = await self.records()
        self.mark = await self.world.last_number()

    async def records(self) -> Mapping[str, Mapping[str, Any]]:
        """The vendor's records, by scope, collection and key."""
        return {
            scope: {name: found for name, found in tables.items() if name not in BOOKKEEPING}
            for scope, tables in (await self.world.tables()).items()
            if scope.startswith(f"{self.case.vendor}/")
        }

    async def assume(self, positions: Mapping[str, str]) -> None:
        """Turn switches of the vendor."""
        if positions:
            await self.world.assume({f"{self.case.vendor}.{name}": one for name, one in positions.items()})

    async def call(self, step: Node) -> Answered | Lost:
        """What comes of a step's `call` at the vendor."""
        headers = {**self.world.headers, **self.case.headers}
        sent = asking.request(step, f"/{self.case.vendor}", headers, self.kept)
        return await self.world.vendors.send(sent)

    def judge(self, step: Node, came: Answered | Lost) -> list[str]:
        """Where what came is not as the step says; what it keeps of the answer is kept."""
        if "fails" in step:
            said = expecting.of_loss(self.made(step["fails"]), came)
        else:
            said = expecting.of_answer(self.made(step["answer"]), came, self.remembered)
        if came.elapsed_ms < step.get("takes", 0):
            said = [*said, f"expected to take {step['takes']} ms, it took {came.elapsed_ms:.0f}"]
        if not said and isinstance(came, Answered):
            for name, place in step.get("keep", {}).items():
                self.kept[name] = expecting.found_at(came, place)
            if "remember" in step:
                self.remembered[step["remember"]] = came
        return said
