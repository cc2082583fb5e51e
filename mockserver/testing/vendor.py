"""One vendor in a sandbox, as a test and the client under test see it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from functools import cached_property

from mockserver.contract.credentials import Given, headers_for, made_up
from mockserver.contract.profiles import Contracted
from mockserver.model import Json
from mockserver.spec import Spec
from mockserver.testing.arming import Armed, scenario
from mockserver.testing.calls import Calls
from mockserver.testing.control import Within
from mockserver.testing.examples import Example
from mockserver.testing.rehearsal import Rehearsal
from mockserver.testing.state import State, tenant_of

_NOT_OURS = frozenset({"user-agent"})
"""The contract suite names itself; a client under test has a name of its own."""


class Vendor:
    """The vendor `name` in a sandbox; `url` is where its own paths begin, and leads into that one."""

    def __init__(
        self,
        within: Within,
        contract: Contracted,
        journal: Callable[..., Calls],
        armed: Callable[[Mapping[str, Json]], Armed],
    ) -> None:
        self.name = contract.name
        self.url = f"{within.url}/{contract.name}"
        self._within = within
        self._contract = contract
        self._journal = journal
        self._armed = armed
        self._rules = 0
        self._items = 0
        self._since = "fixtures"

    def __repr__(self) -> str:
        return f"<{self.name} at {self.url}>"

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """What a call needs, names in lower case: the tenant, and credentials that strict mode takes too."""
        contract = self._contract
        own = contract.profile.headers(contract.facts, 0)
        security = headers_for(contract, self._operation, self._given)
        return {name: text for name, text in {**own, **security}.items() if name not in _NOT_OURS}

    @property
    def token(self) -> str:
        """The credential itself: of a bearer or Basic what follows that word, else the key; "" for none."""
        security = headers_for(self._contract, self._operation, self._given)
        if "authorization" in security:
            return security["authorization"].partition(" ")[2]
        return next(iter(security.values()), "")

    @property
    def calls(self) -> Calls:
        """All calls that the vendor got in this sandbox, in their order."""
        return self._journal(vendor=self.name)

    def state(self, collection: str) -> State:
        """What a collection holds, and what became of it since the sandbox began.

        Raises:
            LookupError: the vendor has none of the name.
        """
        dump = self._within.ask("GET", "/dump", vendor=self.name)
        found = self._within.ask("GET", "/diff", against=self._since)
        of_vendor = {
            part: [one for one in found[part] if one["scope"].startswith(f"{self.name}/")]
            for part in ("added", "removed", "changed")
        }
        held = {
            (tenant_of(scope), key): document
            for scope, tables in dump.items()
            for key, document in tables.get(collection, {}).items()
        }
        names = {name for tables in dump.values() for name in tables}
        names.update(one["collection"] for part in of_vendor.values() for one in part)
        names.update(_collections(self._contract.spec))
        if collection not in names:
            near = get_close_matches(collection, names, 1) or sorted(names)
            raise LookupError(f"{self.name} has no collection {collection}; there is {', '.join(near)}")
        here = {
            part: [one for one in of_vendor[part] if one["collection"] == collection] for part in of_vendor
        }
        return State(collection, held, here, self._tenant)

    def arm(
        self, *, item: str | int | Mapping[str, Json] | None = None, times: int | None = None, **effects: Json
    ) -> Armed:
        """Bend what is answered: `fail="internal"`, `item=` a key, `times=2`: it fails twice, then works.

        Effects are those of the scenario language: of items `fail`, `warn`, `hang`, `omit`, `duplicate`; of
        what stands round them `order`, `count_add`, `phantom`, `empty_map_as_array`, `content_type`, `drift`;
        of the whole call `status`, `headers`, `body`, `retry_after`, `delay` (ms), `dribble`, `truncate`,
        `fault`, `commit`. `match` narrows the calls, `times` are calls where the effect is not `fail`. Choose
        an item by its key: on a retry another one may stand at its place.

        Raises:
            TypeError: there is no such effect.
            NotDone: it cannot be so; the text says why.
        """
        self._rules += 1
        return self._armed(scenario(f"armed-{self.name}-{self._rules}", self.name, item, times, effects))

    def example(self, items: int = 3, bad: int = 0, operation: str = "") -> Example:
        """A batch of so many items, so many of them bad; of the first batch operation, or the named one.

        It is tried in a sandbox beside this one before it is handed out; what must be there for it is then.
        No two examples of a test have a key in common.

        Raises:
            NoExample: nothing is said of how one is made, or it does not come out so in this sandbox.
            ValueError: there are more bad items than items, or fewer than none.
        """
        rehearsal = Rehearsal(self._within, self._contract, self.headers, self._begin_here)
        made = rehearsal.example(operation, items, bad, self._items)
        self._items += items
        return made

    def _begin_here(self) -> None:
        """What was brought in for an example is what the sandbox began with, unless it was called before."""
        if not self.calls:
            self._since = self._within.ask("POST", "/snapshots", {"label": "for the example"})["id"]

    @property
    def _given(self) -> Given:
        return self._contract.profile.credentials or made_up(self._contract)

    @property
    def _operation(self) -> str:
        """The operation whose credentials are meant: the first batch, or the first that asks for any."""
        operations = self._contract.spec.operations.values()
        batches = [one.id for one in operations if one.batch]
        return next(iter([*batches, *(one.id for one in operations if one.security)]), "")

    @property
    def _tenant(self) -> str:
        """The tenant that the headers name, "" where they name none."""
        places = self._contract.spec.scope
        named = str(places[0].get("name", "")).lower() if places and places[0]["in"] == "header" else ""
        return self.headers.get(named, "")


def _collections(spec: Spec) -> set[str]:
    """The collections that the spec names."""
    operations = spec.operations.values()
    named = {one.collection for one in operations} | {one.batch.collection for one in operations if one.batch}
    return {name for name in named if name}
