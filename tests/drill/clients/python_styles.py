"""What the batch styles of `examples/batches` look like to a client: how each sends, and tells outcomes.

Each of the files has a record of its own for a look, `GET /seeds/{number}`, so that no list is read.
"""

from collections.abc import Callable, Iterable
from decimal import Decimal

from python_vendors import (
    STORED,
    Json,
    Reply,
    Results,
    Row,
    Unreadable,
    Vendor,
    by_status,
    by_words,
    listed,
    member,
    to_cents,
)

Told = tuple[str, tuple[str, str]]


class Style(Vendor):
    """A batch of items with a key and one value."""

    def __init__(  # noqa: PLR0913 - the members of a table
        self,
        batch: str,
        record: str,
        key: str,
        value: str,
        read: Callable[[Reply, list[Row]], Iterable[Told]],
        *,
        items: str = "",
        number: Callable[[str], Json] = to_cents,
        refused_in_part: tuple[str, ...] = (),
    ) -> None:
        self.method, self.path = batch.split()
        self.record = record
        self.names = key, value
        self.reads = read
        self.items = items
        self.number = number
        self.refused_in_part = refused_in_part
        """Headers by which a 4xx that tells of single items is known."""

    def item(self, row: Row, fault: str) -> Json:
        key, value = self.names
        is_renamed = row.tries > 1 and fault in ("new-number-on-retry", "4xx-is-nothing-stored")
        number = f"{row.key}-{row.tries}" if is_renamed else row.key
        return {key: number, value: self.number(row.total(fault))}

    def body(self, rows: list[Row], key: str, fault: str) -> Json:  # noqa: ARG002
        items = [self.item(row, fault) for row in rows]
        return {self.items: items} if self.items else items

    def tells_items(self, reply: Reply) -> bool:
        in_part = self.refused_in_part and all(name in reply.headers for name in self.refused_in_part)
        return bool(in_part) or super().tells_items(reply)

    def read(self, reply: Reply, rows: list[Row]) -> Results:
        results = Results()
        for key, outcome in self.reads(reply, rows):
            results.add(key, outcome)
        return results

    def record_path(self, row: Row) -> str:
        return f"{self.record}/{row.key}"


def failures(node: Json, *path: str) -> Iterable[Told]:
    """Yield the outcome of each row in a list of failures, whose key is at a path."""
    for one in listed(node):
        key = one
        for step in path:
            key = member(key, step)
        text = f"{member(one, 'category') or ''} {member(one, 'message') or ''}"
        yield str(key or ""), by_words(text)


def two_lists(reply: Reply, rows: list[Row]) -> Iterable[Told]:  # noqa: ARG001
    document = reply.document()
    for one in listed(member(document, "results")):
        yield str(member(one, "number") or ""), (STORED, "")
    yield from failures(member(document, "errors") or [], "context", "number")


def others_stored(failed: dict[str, tuple[str, str]], rows: list[Row]) -> Iterable[Told]:
    """Yield the outcomes of all items, of which the answer names only those that failed."""
    for row in rows:
        yield row.key, failed.get(row.key, (STORED, ""))


def only_failures(reply: Reply, rows: list[Row]) -> Iterable[Told]:
    failed: dict[str, tuple[str, str]] = {}
    for one in listed(reply.document()):
        index = member(one, "index")
        if isinstance(index, int) and index < len(rows):
            failed[rows[index].key] = by_words(str(member(one, "result") or ""))
    return others_stored(failed, rows)


def maps_of_problems(reply: Reply, rows: list[Row]) -> Iterable[Told]:
    """Believe that the other items are stored only if their number is the count."""
    document = reply.document()
    errors = member(document, "errors") or {}
    if not isinstance(errors, dict):
        raise Unreadable("the answer has no map of errors")
    failed = {key: by_words("; ".join(map(str, texts))) for key, texts in errors.items()}
    good = sum(row.key not in failed for row in rows)
    told = others_stored(failed, rows)
    return told if member(document, "count") == good else [one for one in told if one[0] in failed]


def rows_of_all(reply: Reply, rows: list[Row]) -> Iterable[Told]:  # noqa: ARG001
    for one in listed(member(reply.document(), "responses")):
        texts = "; ".join(str(member(error, "message")) for error in member(one, "errors") or [])
        yield str(member(one, "sku") or ""), by_status(member(one, "statusCode"), texts)


def unprocessed(reply: Reply, rows: list[Row]) -> Iterable[Told]:
    again = {str(member(one, "key")) for one in listed(member(reply.document(), "unprocessed"))}
    return others_stored(dict.fromkeys(again, by_words("unprocessed")), rows)


def counts_in_headers(reply: Reply, rows: list[Row]) -> Iterable[Told]:
    """If not all were written, nobody knows which: no outcome is told, and all items are looked up."""
    written, refused = (reply.headers.get(f"samples-{name}") for name in ("written", "refused"))
    return others_stored({}, rows) if (written, refused) == (str(len(rows)), "0") else []


class JobStyle(Style):
    """A batch that is answered by the id of a job, which tells the outcomes when it is done."""

    def job_path(self, reply: Reply) -> str:
        try:
            number = member(member(reply.document(), "job"), "id")
        except Unreadable:
            return ""
        return f"/jobs/{number}" if 200 <= reply.status < 300 and number else ""

    def is_done(self, document: Json) -> bool:
        return member(member(document, "job"), "status") in ("completed", "failed", "killed")


def rows_by_index(reply: Reply, rows: list[Row]) -> Iterable[Told]:
    for one in listed(member(member(reply.document(), "job"), "results") or []):
        index = member(one, "index")
        if isinstance(index, int) and 0 <= index < len(rows):
            good = member(one, "status") == "Created"
            yield rows[index].key, (STORED, "") if good else by_words(str(member(one, "details")))


def as_number(total: str) -> Json:
    return float(Decimal(total))


STYLES: dict[str, Callable[[], Vendor]] = {
    "two-lists": lambda: Style("POST /seeds/batch", "/seeds", "number", "grams", two_lists, items="inputs"),
    "only-failures": lambda: Style("POST /meters/import", "/meters", "number", "kwh", only_failures),
    "maps-of-problems": lambda: Style(
        "POST /invoices",
        "/invoices",
        "number",
        "amount",
        maps_of_problems,
        items="invoices",
        number=as_number,
    ),
    "rows-200-or-207": lambda: Style(
        "PUT /stock/bulk", "/stock", "sku", "quantity", rows_of_all, items="requests"
    ),
    "unprocessed-items": lambda: Style(
        "POST /entries/batch", "/entries", "key", "value", unprocessed, items="puts", number=str
    ),
    "job-with-results": lambda: JobStyle(
        "POST /cards/create_many", "/cards", "number", "subject", rows_by_index, items="cards", number=str
    ),
    "counts-in-headers": lambda: Style(
        "POST /metrics/write",
        "/metrics",
        "id",
        "value",
        counts_in_headers,
        items="samples",
        number=as_number,
        refused_in_part=("samples-written", "samples-refused"),
    ),
}
