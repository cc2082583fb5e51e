"""The reads of a profile: lists, and the calls that show whether the record of a fact is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Paging: TypeAlias = Literal["page", "offset", "cursor", "link", "none", ""]
"""By the number of a page, the number of rows before it, a cursor, or a link to the next page only.

"none": all rows come at once; "": as the spec and the answer show.
"""

Counted: TypeAlias = Literal["all", "page", "pages", "number", "size", "either"]
"""All rows, the rows of this page, the number of pages, of this page, rows asked for; all or this page's."""

Link: TypeAlias = Literal["next", "prev", "first", "last", "self"]

Selects: TypeAlias = Literal["equal", "like", "not-equal", "at-least", "at-most"]
"""What a filter selects: "like" shows the rows with the value, and may show those whose text holds it.

"at-least" and "at-most" compare numbers, dates and times.
"""


@dataclass(frozen=True, slots=True)
class FactRead:
    """A read-only call that shows the record of a fact; `{name}` in a parameter stands for a fact.

    Without `rows` the answer shows one record. With `rows` it shows a list: the text of the fact stands at
    `key` in a row.
    """

    operation: str
    """The operationId of a GET."""
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    rows: str | None = None
    """The pointer to the rows in the answer, "" for the root."""
    key: str = ""
    """The pointer to the text of the fact; "" if a 2xx is enough."""
    having: Mapping[str, Any] = field(default_factory=dict)
    """Values of a usable row, by pointer."""
    size: int = 0
    """Maximum number of rows in an answer; 0 means all."""
    missing: tuple[int, ...] = (404, 410)
    """Statuses of a record that is missing."""


@dataclass(frozen=True, slots=True)
class FactCheck:
    """How a fact is checked. A fact that several tenants need has a check for each tenant."""

    fact: str
    reads: tuple[FactRead, ...] = ()
    """The first clear answer counts; without a read nobody can check the fact."""
    needed_by: tuple[str, ...] = ()
    """Batch operations that rely on the fact, () for every call."""
    tenant: int = 0
    parts: str = ""
    """Separates the records in one text."""
    made_up: bool = False
    """Whether the fact names no existing record (a prefix of keys)."""
    replaceable: bool = False
    """Whether records only refer to the fact's record and nothing changes that record, so that another row
    of a list may replace it."""


@dataclass(frozen=True, slots=True)
class ListFilter:
    """A filter: the list shows exactly the rows whose member fits the value."""

    parameter: str
    member: str
    """A pointer in a row."""
    text: str = "{value}"
    """The text of the parameter."""
    selects: Selects = "equal"
    unknown: str = ""
    """A value that no row has, "" if none can be asked for."""
    escapes: Mapping[str, str] = field(default_factory=dict)
    """Replacements for parts of the value."""
    separator: str = ""
    """Stands between two values, "" if the filter takes one value."""


@dataclass(frozen=True, slots=True)
class ListOrder:
    """An order that a caller can ask for by `parameter=text`; `member` is a pointer in a row."""

    parameter: str
    text: str
    member: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class ListProfile:
    """A list operation; what is left out is inferred from the spec (names, schema) and from the answer."""

    operation: str
    query: Mapping[str, str] | None = None
    """Sent with every call, `{name}` stands for a fact; None: the query of the batch's own listing."""
    paging: Paging = ""
    position: str = ""
    """The parameter for the page."""
    size: str = ""
    """The parameter for the number of rows of a page."""
    first: int | None = None
    """The number of the first page."""
    largest: int = 0
    """Maximum number of rows of a page, 0 if it is not stated."""
    usual: int = 0
    """Number of rows of a page without a size, 0 if it is not stated."""
    rows: str | None = None
    """The pointer to the rows."""
    identity: str = ""
    """The pointer to the identity of a row."""
    cursor: str = ""
    """The place of the next cursor."""
    counts: Mapping[Counted, str] = field(default_factory=dict)
    """Places of the counts."""
    links: Mapping[Link, str] = field(default_factory=dict)
    """Places of the links."""
    filters: tuple[ListFilter, ...] = ()
    orders: tuple[ListOrder, ...] = ()
    ends_empty: bool = False
    """Whether a last page that is not full may lead to one without rows."""
