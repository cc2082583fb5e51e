"""The one room of all batches: rows come in, are created or replaced one by one, and leave as a 207."""

from collections.abc import Iterable

from msgspec.structs import replace

from mockserver.errors import Invalid, Rejected
from mockserver.model import Action, Item, Json, Outcome, Problem, Reply, Value
from mockserver.store import State
from mockserver.vendor import FAULT, Apply, BatchResult, BatchRoom, Check, Keep, Phantom, Render, Request
from mockserver.vendors.vba import keys, words
from mockserver.vendors.vba.envelope import enveloped
from mockserver.vendors.vba.names import Names, column
from mockserver.vendors.vba.table import MAX_KEY, Table, refused

# Bound once: until Python 3.12 an enum member costs a call each time it is named.
CREATED, UPDATED = Action.CREATED, Action.UPDATED


class KeyPair(Value, frozen=True, gc=False):
    """One column of a row's key, as the wire has it."""

    key: str
    value: Json


class RowResult(Value, frozen=True, gc=False):
    """What the wire says of one row."""

    id: tuple[KeyPair]
    status: int
    body: str


def room(table: Table) -> BatchRoom:
    """What a batch on `table` does and says."""
    return BatchRoom(
        apply=_upsert(table), render=_multi_status(table), phantom=_phantom(table), check=_check(table)
    )


def _check(table: Table) -> Check:
    """What the stored rows have against one whose texts may be too long; the others meet it when kept."""

    def check(item: Item, request: Request, state: State) -> Iterable[Problem]:
        if request.proven or table.against is None:
            return ()
        found = table.against(item.document, table.rows(state).get(item.key), request, state)
        return [replace(problem, path=(item.index, *problem.path)) for problem in found]

    return check


def _upsert(table: Table) -> Apply:
    """Replace the row of its key or create it; a blank key asks for the next free one.

    Source: VBA fact sheet §4.
    """
    member = table.names.key

    def apply(request: Request, state: State) -> Keep:
        if not request.items and request.call.assumptions["empty_batch"] == "refused":
            raise Invalid((Problem("too-few", (), words.NO_ROWS, "minItems", 1),))
        rows, record = table.rows(state), table.open(request, state)
        read = keys.reader(rows, request.call) if table.spell is str else None

        def keep(item: Item) -> Outcome:
            """Store one row; Rejected when the database refuses it."""
            row, name = item.document, item.key
            try:
                key = row.get(member)
                if not key:
                    key = table.next_key(state)
                    name = str(key)
                elif read is not None:
                    key = name = read(key)
                stored = rows.get(name)
                document = record(row, key, stored)
            except Rejected as broken:
                raise _of_row(item, broken) from None
            rows[name] = document
            return Outcome(item, CREATED if stored is None else UPDATED, document)

        checked = _checking(keep) if _may_hold_nul(request) else keep
        tracked = request.call.assumptions["duplicates"] == "tracked"
        return _tracking(checked, request, table) if tracked else checked

    return apply


def _may_hold_nul(request: Request) -> bool:
    """Whether it is worth looking: rows without any are spared it."""
    return rb"\u0000" in request.call.body or b"\0" in request.call.body


def _checking(keep: Keep) -> Keep:
    """`keep`, but a row with a NUL in one of its texts is refused.

    Assumed (edge-cases 133).
    """

    def check(item: Item) -> Outcome:
        member = next(
            (name for name, text in item.document.items() if isinstance(text, str) and "\0" in text), ""
        )
        if member:
            raise _of_row(item, refused("bad-character", member, words.BAD_CHARACTER, "characters"))
        return keep(item)

    return check


def _tracking(keep: Keep, request: Request, table: Table) -> Keep:
    """`keep`, but a row whose key an earlier one of the batch has is refused.

    Source: VBA fact sheet §3.5 (`duplicates` tracked).
    """
    blank = ("", str(table.blank))
    first: dict[str, int] = {}
    for item in request.items:
        first.setdefault(item.key, item.index)

    def track(item: Item) -> Outcome:
        if item.key not in blank and first[item.key] != item.index:
            twice = refused("duplicate-key", table.names.key, words.tracked_twice(table.names), "tracked")
            raise _of_row(item, twice)
        return keep(item)

    return track


def _of_row(item: Item, broken: Rejected) -> Rejected:
    """The refusal, its places counted from the body's root."""
    return Rejected(*(replace(problem, path=(item.index, *problem.path)) for problem in broken.problems))


def _multi_status(table: Table) -> Render:
    """207 with one result a row, in the order of the rows, whatever became of them.

    Source: seed; VBA fact sheet §2.3, §3.4.
    """
    member, blank = table.names.key, table.blank

    def render(result: BatchResult, state: State) -> Reply:
        call = result.request.call
        name = _key_name(table.names, call.assumptions["id_key_name"])

        def row(outcome: Outcome) -> RowResult:
            if outcome.action is CREATED:
                return RowResult((KeyPair(name, outcome.document[member]),), 201, "Created")
            if outcome.action is UPDATED:
                return RowResult((KeyPair(name, outcome.document[member]),), 200, "Updated")
            told = _told(outcome.problems, all_of_them=call.assumptions["row_messages"] == "all")
            problem, sent = told[0], outcome.item.document
            key = sent.get(member, blank) if isinstance(sent, dict) else blank
            status = problem.expected if problem.rule == FAULT else 500
            return RowResult((KeyPair(name, key),), status, "\n".join([one.detail for one in told]))

        rows = [row(outcome) for outcome in result.outcomes]
        if call.assumptions["id_value_as_string"] == "on":
            rows = [_with_text_key(one) for one in rows]
        return enveloped(207, rows, call, state)

    return render


def _told(problems: tuple[Problem, ...], *, all_of_them: bool) -> list[Problem]:
    """Those that a row's result tells, one a member, in the order of the members' names.

    Assumed (edge-cases 27; `row_messages`).
    """
    of_member = {str(problem.path[-1]): problem for problem in reversed(problems)}
    told = [of_member[name] for name in sorted(of_member)]
    return told if all_of_them else told[:1]


def _phantom(table: Table) -> Phantom:
    """A row of a key that nobody sent, told as updated: the identity's largest keys, or a name."""

    def phantom(outcome: Outcome, number: int) -> Outcome:
        key: Json = MAX_KEY - number if table.spell is int else f"phantom-{number}"
        document = {table.names.key: key}
        return Outcome(Item(outcome.item.index, str(key), document), UPDATED, document)

    return phantom


def _with_text_key(row: RowResult) -> RowResult:
    pair = row.id[0]
    return row if pair.value is None else replace(row, id=(KeyPair(pair.key, str(pair.value)),))


def _key_name(names: Names, position: str) -> str:
    """The key's name in the style of `id_key_name`, which shows how an invoice's would be."""
    styles = {"invoice_Key": names.key, "InvoiceKey": column(names.key).replace("_", "")}
    return styles.get(position, column(names.key))
