"""What an `x-batch` declares: the items of a batch, their storage, and the form of their outcomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from msgspec import field

from mockserver.model import Item, Json, Path, Value, member_path, parse_pointer, value_at

Subset: TypeAlias = Literal["all", "accepted", "rejected", "warned"]
"""The items that have a row: all of them, or the items with one outcome."""

Work: TypeAlias = Literal["create", "upsert", "update", "delete"]
"""What an action does with the record of an item.

`create` needs an unknown key, `update` and `delete` need a known key.
"""


class OutcomeRows(Value, frozen=True):
    """A list or a map in the answer, with a row for each item of a subset."""

    subset: Subset
    place: Path
    """Path of the list or map."""
    names: Literal["", "key", "index"]
    """What the names of a map are; "" for a list."""
    members: Mapping[str, Path]
    """Paths from a row to its `status`, `code`, `message`, `key`, `index`, `record` and `echo`."""
    words: Mapping[str, Json] = field(default_factory=dict)
    """Values of `status` by outcome, such as `rejected`."""
    first_index: int = 0
    any_order: bool = False
    """Whether a row may be at another place than its item, so that its key tells the item."""
    wrapped: bool = False
    """Whether each row is the only member of an object, under the name of the item's action."""

    def unwrapped(self, row: Json) -> Json:
        """Return the row without the object that names the item's action."""
        return next(iter(row.values()), None) if self.wrapped and isinstance(row, dict) else row


class OutcomeForm(Value, frozen=True):
    """Where an answer tells what became of the items."""

    rows: tuple[OutcomeRows, ...] = ()
    summary: Mapping[str, Path] = field(default_factory=dict)
    """Paths of facts about all items: `accepted`, `rejected`, `total`, `any-rejected`, `all-accepted`."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """Names of headers with a fact, by fact."""
    word_at: Path = ()
    """Path of a word about all items; () if there is none."""
    words: Mapping[str, Json] = field(default_factory=dict)
    """The word if `all`, `some` or `none` of the items are accepted."""
    statuses: Mapping[str, int] = field(default_factory=dict)
    """Status of the answer if `all`, `some` or `none` of the items are accepted."""

    def rows_of(self, subset: Subset) -> OutcomeRows | None:
        return next((one for one in self.rows if one.subset == subset), None)

    @property
    def maps(self) -> tuple[OutcomeRows, ...]:
        return tuple(one for one in self.rows if one.names)

    @property
    def count_name(self) -> str:
        """Return the count that a scenario may make wrong: `accepted`, `total` or `rejected`, or ""."""
        known = self.summary.keys() | self.headers.keys()
        return next((name for name in ("accepted", "total", "rejected") if name in known), "")

    @property
    def names_by_key(self) -> bool:
        """Whether some rows tell by a key alone which item they are about.

        If rejected items are told by index, the accepted items are the other items, in the order sent.
        """
        apart = [one for one in self.rows if one.any_order or one.subset != "all"]
        if self.rows_of("rejected"):
            apart = [one for one in apart if one.subset != "accepted"]
        by_name = (one for one in apart if one.names != "index")
        return any(one.names or {"index", "echo"}.isdisjoint(one.members) for one in by_name)

    @property
    def names_failures_alone(self) -> bool:
        """Whether the answer has no rows for accepted items, but tells that items were rejected."""
        has_accepted = any(one.subset in ("all", "accepted") for one in self.rows)
        return bool(self.rows or self.summary or self.headers) and not has_accepted

    @property
    def has_counts_alone(self) -> bool:
        """Whether the answer has no rows, so that only equal outcomes of all items can be told."""
        return bool(self.summary or self.headers) and not self.rows

    @property
    def counts_accepted(self) -> bool:
        """Whether the answer has a number that tells how many items were accepted."""
        return not {"accepted", "total"}.isdisjoint({*self.summary, *self.headers})

    @property
    def tells_all(self) -> bool:
        """Whether the answer has a row for each item."""
        subsets = {one.subset for one in self.rows}
        return "all" in subsets or subsets >= {"accepted", "rejected"}


class Job(Value, frozen=True):
    """The member `job` of `x-batch`: the call answers with an id, and the outcomes are told later."""

    status: int
    """Status of the answer to the call."""
    id: Path
    """Path of the id in the answers that show the job."""
    prefix: str
    """Text before the id in these answers; paths have the id alone."""
    location: str
    """Header of the first answer with the address of the job; "" if there is none."""
    poll: str
    """operationId of the GET that shows the job; its last path parameter is the id."""
    state: Path
    """Path of the state in the answers that show the job."""
    words: Mapping[str, Json]
    """Values of `state`: `waiting`, `running`, `done`, and maybe `failed`, if no item is accepted."""
    running: float
    """Seconds of the sandbox's clock until the job is running."""
    done: float
    """Seconds of the sandbox's clock until the job is done and its records are stored."""
    kept: float
    """Seconds from then until the job is forgotten."""
    results: str = ""
    """operationId of the GET with the rows; "" if the answer of `poll` has the rows."""
    link: Path = ()
    """Path of the address of `results` in the answer of `poll`; () if there is none."""

    @property
    def teller(self) -> str:
        """Return the operationId of the GET whose answer has the rows."""
        return self.results or self.poll


class CallValue(Value, frozen=True):
    """A value that a call may have for its whole batch, such as a switch."""

    place: Literal["query", "header", "body"]
    name: str
    """Name of the parameter, or JSON Pointer to the member of the body."""

    @property
    def path(self) -> Path:
        """Path of the member of the body."""
        return parse_pointer(self.name)


class Atomicity(Value, frozen=True):
    """What `x-batch.atomicity` says beyond `per-item` and `all-or-nothing`."""

    switch: CallValue | None = None
    """A boolean with which a call chooses between all-or-nothing and per-item."""
    is_atomic_if_on: bool = True
    """Whether the call is all-or-nothing if the switch is true; if the switch is false, the opposite."""
    groups: str = ""
    """Member of an item; items with equal values of the member are stored all or none."""
    stop_after: int = 0
    """Number of rejected items after which the rest is not tried; 0 if the batch never stops."""
    stop_at: CallValue | None = None
    """An integer with which a call says `stop_after`."""
    cuts_off: bool = False
    """Whether items that are not tried have no rows."""


class Requests(Value, frozen=True):
    """Where a batch of whole requests has the parts of its requests and responses."""

    sent: Mapping[str, Path]
    """Paths in a request: `method`, `path`, `body`, `id`, `headers`, `depends-on` and `group`.

    `stop-after` is the path in the body of the number of failures after which no request runs.
    """
    told: Mapping[str, Path]
    """Paths in a response: `id`, `status`, `body` and `headers`."""
    is_serial: bool
    """Whether requests run, and responses stand, in the order sent."""

    def part(self, name: str, document: Any) -> Any:
        """Return a part of a request, or the value of `stop-after` in a body; None if it is missing."""
        return value_at(document, self.sent[name]) if name in self.sent else None


class Batch(Value, frozen=True):
    """The operation's `x-batch`."""

    items: Path
    """Path of the list of items in the body."""
    key: tuple[str, ...]
    """Members that identify an item: names, or JSON Pointers to members of the item's members."""
    upsert: bool
    atomic: bool
    """Whether one rejected item keeps all items from being stored, unless a switch of the call decides."""
    fatal: frozenset[str]
    """Schema keywords whose violation by one item refuses the whole call."""
    collection: str
    outcome: OutcomeForm
    bare_item: bool
    """Whether the body may be a single item without the list."""
    keyless: Mapping[str, Json] = field(default_factory=dict)
    """Values by member; an item with one of these values in that member counts as having no key."""
    identity: tuple[str, ...] = ()
    """Members that distinguish items without a key. If empty, all members of the item distinguish."""
    requests: Requests | None = None
    """If the items are whole requests, where they and their responses have their parts."""
    job: Job | None = None
    """None if the answer to the call itself tells the outcomes."""
    atomicity: Atomicity = Atomicity()
    action_at: str = ""
    """Member of an item that names its action; "" if every item has the same action."""
    actions: Mapping[str, Work] = field(default_factory=dict)
    """Work by name of an action. An item without a name has the first action."""
    pairs: bool = False
    """Whether an item is two lines: the name of its action with its key, then its document."""
    is_map: bool = False
    """Whether the items are the values of an object, whose names are their keys."""

    @property
    def key_paths(self) -> tuple[Path, ...]:
        return tuple(map(member_path, self.key))

    def place_of(self, item: Item) -> Path:
        """Return the path of an item in the body."""
        return (*self.items, item.key if self.is_map else item.index)

    def action_of(self, item: Json) -> str:
        """Return the name of an item's action; "" if the batch names no actions, or lacks the name."""
        named = item.get(self.action_at) if isinstance(item, dict) else None
        name = next(iter(self.actions), "") if named is None else str(named)
        return name if name in self.actions else ""

    def work_of(self, item: Json) -> Work | None:
        """Return the work of an item's action; None if the batch names no actions, or lacks the action."""
        return self.actions.get(self.action_of(item)) if self.actions else None
