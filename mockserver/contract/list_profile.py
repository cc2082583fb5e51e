"""How a list is paged, counted, linked and filtered, as plain values of a profile.

A *place* says where a value is in an answer: a JSON Pointer ("/pagination/cursor") in the body, the name of a
header ("x-total-count"), or a header and a pointer into its JSON ("x-pagination#/TotalCount"). "" is nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

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
class ListFilter:
    """A filter: with it, the list shows the rows whose member fits the value, and no others.

    `member` is a pointer in a row; `text` is how the parameter is written, with `{value}`; `escapes` replaces
    parts of the value. `unknown` is a value that no row has, "" where none can be asked for. `separator` is
    between two values, "" where one at most can be asked for.
    """

    parameter: str
    member: str
    text: str = "{value}"
    selects: Selects = "equal"
    unknown: str = ""
    escapes: Mapping[str, str] = field(default_factory=dict)
    separator: str = ""


@dataclass(frozen=True, slots=True)
class ListOrder:
    """An order that can be asked for by `parameter=text`; `member` is a pointer in a row."""

    parameter: str
    text: str
    member: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class ListProfile:
    """A list operation; what is left out is found from the spec (names, schema) and from the answer.

    `query` goes with every call, None: what the batch lists with; `{name}` in it stands for a fact.
    `position` and `size` are the parameters for the page and for the rows on it, `first` is the first page's
    number, `largest` the most rows that a page may have, `usual` those without a size (0: not stated). `rows`
    is a pointer to the rows, `identity` one to what identifies a row in it. `cursor` is the place of the next
    cursor.
    """

    operation: str
    query: Mapping[str, str] | None = None
    paging: Paging = ""
    position: str = ""
    size: str = ""
    first: int | None = None
    largest: int = 0
    usual: int = 0
    rows: str | None = None
    identity: str = ""
    cursor: str = ""
    counts: Mapping[Counted, str] = field(default_factory=dict)
    links: Mapping[Link, str] = field(default_factory=dict)
    filters: tuple[ListFilter, ...] = ()
    orders: tuple[ListOrder, ...] = ()
    ends_empty: bool = False
    """Whether a last page that is not full may lead to one without rows."""
