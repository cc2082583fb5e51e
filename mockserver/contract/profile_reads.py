"""The reads of a profile: lists, and the calls that show whether the record of a fact exists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from msgspec import field

from mockserver.model import Value

Paging: TypeAlias = Literal["page", "offset", "cursor", "link", "none", ""]
"""How a caller asks for a page: by its number, by the number of rows before it, by a cursor, or by a link.

"none": one answer has all rows; "": inferred from the spec and the answer.
"""

Counted: TypeAlias = Literal["all", "page", "pages", "number", "size", "either"]
"""What a count in the answer counts.

"all": all rows; "page": rows of this page; "pages": pages; "number": the number of this page; "size": rows
that were asked for; "either": all rows or the rows of this page, it is unknown which.
"""

Link: TypeAlias = Literal["next", "prev", "first", "last", "self"]

Selects: TypeAlias = Literal["equal", "like", "not-equal", "at-least", "at-most"]
"""How a row's member must compare with the filter's value for the row to be selected.

"like": rows with exactly the value, and perhaps rows whose text contains the value. "at-least" and "at-most"
compare numbers, dates and times.
"""


class FactRead(Value, frozen=True):
    """A read-only call that shows the record of a fact; `{name}` in a parameter stands for the fact `name`.

    If `rows` is None, the answer shows one record; else it shows a list.
    """

    operation: str
    """The operationId of a GET."""
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    rows: str | None = None
    """The pointer to the rows in the answer, "" for the root."""
    key: str = ""
    """The pointer to the text of the fact in the record or row; "" if a 2xx proves that the record exists."""
    having: Mapping[str, Any] = field(default_factory=dict)
    """Values by pointer; a row that lacks one of these values is ignored."""
    size: int = 0
    """Maximum number of rows in an answer; 0 means that an answer has all rows."""
    missing: tuple[int, ...] = (404, 410)
    """Statuses which mean that the record does not exist."""


class FactCheck(Value, frozen=True):
    """How to find out whether the record of a fact exists, for one tenant."""

    fact: str
    reads: tuple[FactRead, ...] = ()
    """Calls, made in order until an answer shows the record. Without calls, the fact cannot be checked."""
    needed_by: tuple[str, ...] = ()
    """Batch operations that rely on the fact, () if every call relies on the fact."""
    tenant: int = 0
    parts: str = ""
    """Separator of names in the text of a fact that names several records, "" if the text is one name."""
    made_up: bool = False
    """Whether the fact is free text that names no existing record (a prefix of keys)."""
    replaceable: bool = False
    """Whether another row of a list may replace the record, because calls only refer to the record
    and never change the record."""


class ListFilter(Value, frozen=True):
    """A filter of a list, which selects rows whose `member` compares with a value as `selects` says."""

    parameter: str
    member: str
    """The pointer, in a row, to the compared value."""
    text: str = "{value}"
    """The text of the parameter, in which `{value}` stands for the value."""
    selects: Selects = "equal"
    unknown: str = ""
    """A value that no row has, "" if the profile knows none."""
    escapes: Mapping[str, str] = field(default_factory=dict)
    """Parts of a value that must be escaped in the parameter, each with its replacement."""
    separator: str = ""
    """Separator between values, "" if the filter takes only one value."""


class ListOrder(Value, frozen=True):
    """An order, requested by `parameter=text`: rows are sorted by the value at the pointer `member`."""

    parameter: str
    text: str
    member: str
    descending: bool = False


class ListProfile(Value, frozen=True):
    """A list operation. What the profile leaves out is inferred from the spec and from the answer."""

    operation: str
    query: Mapping[str, str] | None = None
    """Query of every call; `{name}` stands for the fact `name`. None: the query of the batch's `listing`."""
    paging: Paging = ""
    position: str = ""
    """The parameter that selects a page by number, offset or cursor."""
    size: str = ""
    """The parameter for the number of rows of a page."""
    first: int | None = None
    """The number of the first page."""
    largest: int = 0
    """Maximum number of rows of a page, 0 if it is not stated."""
    usual: int = 0
    """Number of rows of a page if the call asks for no size; 0 if it is not stated."""
    rows: str | None = None
    """The pointer to the rows in the answer."""
    identity: str = ""
    """The pointer, in a row, to the value that identifies the row."""
    cursor: str = ""
    """The place of the next cursor in the answer. (`mockserver.contract.profile` describes places.)"""
    counts: Mapping[Counted, str] = field(default_factory=dict)
    """The place of each count in the answer."""
    links: Mapping[Link, str] = field(default_factory=dict)
    """The place of each link in the answer."""
    filters: tuple[ListFilter, ...] = ()
    orders: tuple[ListOrder, ...] = ()
    ends_empty: bool = False
    """Whether the last page with rows, even if it is not full, may refer to a next page without rows."""
