"""Filters: each shows the rows of the whole list that fit, and no others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise, zip_longest
from typing import Any

from mockserver.contract.list_profile import ListFilter, ListOrder
from mockserver.contract.lists.calls import ListCalls
from mockserver.contract.lists.places import value_in
from mockserver.contract.lists.walks import Row, Walk, Walker
from mockserver.contract.stateful.sentences import cut_text, excerpt

_CHECK = "filters-select"
_REFUSED = 400
_PAGES = 12
_COMMA = ","
_SEVERAL = 3
"""Pages of a filter's rows."""
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class FilterTrial:
    """A filter with the values that it asks for, and the rows of the whole list."""

    filter: ListFilter
    values: tuple[Any, ...]
    rows: Sequence[Row]

    @property
    def query(self) -> Mapping[str, str]:
        """How it is asked for."""
        return {self.filter.parameter: written(self.filter, self.values)}

    def must_show(self, row: Row) -> bool:
        """Return whether the row fits."""
        found = value_in(row.document, self.filter.member)
        return any(_fits(self.filter, found, value) for value in self.values)

    def may_show(self, row: Row) -> bool:
        """Return whether the row fits, or may be meant too."""
        found = value_in(row.document, self.filter.member)
        if found is None and False in self.values:
            return True
        if self.filter.selects == "like" and isinstance(found, str):
            return any(str(value).casefold() in found.casefold() for value in self.values)
        return self.must_show(row)

    @property
    def count(self) -> int:
        """How many rows fit."""
        return sum(self.must_show(row) for row in self.rows)


def written(one: ListFilter, values: Sequence[Any]) -> str:
    """Return values as the parameter has them."""
    texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
    for part, escaped in one.escapes.items():
        texts = [text.replace(part, escaped) for text in texts]
    return one.text.replace("{value}", one.separator.join(texts))


def _fits(one: ListFilter, found: Any, value: Any) -> bool:
    if one.selects in {"equal", "like"}:
        return bool(found == value and isinstance(found, bool) == isinstance(value, bool))
    if one.selects == "not-equal":
        return bool(found != value)
    number, limit = _placed(found), _placed(value)
    if number is None or limit is None:
        return False
    return number >= limit if one.selects == "at-least" else number <= limit


def _placed(value: Any) -> Decimal | None:
    """Return a number that says which of two values is larger, of a date its seconds; None without one."""
    if value is None or isinstance(value, bool):
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return _seconds(str(value))


def _seconds(text: str) -> Decimal | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    zoned = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (Decimal((zoned - _EPOCH) // _MICROSECOND)) / 1_000_000


def trials(one: ListFilter, rows: Sequence[Row]) -> list[FilterTrial]:
    """Return the filter with the rarest and with the most frequent value of the rows, and with several."""
    found = [value_in(row.document, one.member) for row in rows]
    values = Counter(value for value in found if _can_be_asked_for(value, found))
    if not values:
        return []
    ranked = sorted(values, key=lambda value: (values[value], str(value)))
    asked = [(value,) for value in dict.fromkeys((ranked[0], ranked[-1]))]
    several = tuple(dict.fromkeys((ranked[0], ranked[len(ranked) // 2], ranked[-1])))
    more = [several] if one.separator and len(ranked) > 1 else []
    return [FilterTrial(one, values, rows) for values in (*asked, *more)]


def _can_be_asked_for(value: Any, found: Sequence[Any]) -> bool:
    """Return whether it is written in one way: no other value differs in letter case or blanks only."""
    if not isinstance(value, str | int | Decimal) or value == "":
        return False
    if isinstance(value, str) and (_COMMA in value or value != value.strip() or not value.isprintable()):
        return False
    plain = str(value).casefold()
    return all(one == value or str(one).strip().casefold() != plain for one in found)


def check_filter(calls: ListCalls, walker: Walker, one: ListFilter, reference: Walk) -> list[Walk]:
    """Ask for rows by a filter, and return the walks that were made.

    Raises:
        TargetUnreachableError: the target does not answer.
    """
    walks: list[Walk] = []
    made = trials(one, reference.rows)
    for trial in made:
        walk = walker.walk(trial.query, reference.size, _PAGES)
        refused = walk.beyond is not None and walk.beyond.response.status >= _REFUSED
        if refused and not walk.pages and one.selects == "like":
            calls.note(f"the filter {one.parameter} was not checked: {walk.says} is refused")
            return walks
        walks.append(walk)
        _judge(calls, trial, walk)
    if made and walker.profile.size and walker.profile.paging != "none":
        walks += _on_several_pages(calls, walker, max(made, key=_shows_what_is_forgotten))
    _ask_for_nothing(calls, walker, one, reference)
    return walks


def _shows_what_is_forgotten(trial: FilterTrial) -> tuple[bool, int]:
    """Return whether rows that do not fit come after the first that do, and how many fit."""
    fits = [trial.must_show(row) for row in trial.rows]
    first = fits.index(True) if any(fits) else len(fits)
    return not all(fits[first:]), trial.count


def _on_several_pages(calls: ListCalls, walker: Walker, trial: FilterTrial) -> list[Walk]:
    """Ask for the same on a few pages: a server may forget the filter after the first."""
    if trial.count < _SEVERAL:
        return []
    walk = walker.walk(trial.query, -(-trial.count // _SEVERAL), 2 * _SEVERAL)
    _judge(calls, trial, walk)
    return [walk]


def _judge(calls: ListCalls, trial: FilterTrial, walk: Walk) -> None:
    calls.count(_CHECK)
    shown = {row.id for row in walk.rows}
    asked = f"{calls.name}?{_asked(trial.query)}"
    wrong = next((row for row in walk.rows if not trial.may_show(row)), None)
    lost = next((row for row in trial.rows if trial.must_show(row) and row.id not in shown), None)
    if wrong is not None:
        said = f"{asked} shows row {excerpt(wrong.id)}, whose {_member(trial, wrong)}"
        calls.finds(_CHECK, said, *walk.exchanges, expected=f"only rows whose {_due(trial)}")
    elif lost is not None and walk.is_whole:
        said = f"{asked} does not show row {excerpt(lost.id)}, whose {_member(trial, lost)} in the whole list"
        if walk.beyond is not None and walk.beyond.response.status >= _REFUSED:
            said = f"{said}: the answer is {walk.beyond.response.status}"
        due = f"{trial.count} rows"
        calls.finds(_CHECK, said, *walk.exchanges, expected=due, came=f"{len(shown)} rows")


def _ask_for_nothing(calls: ListCalls, walker: Walker, one: ListFilter, reference: Walk) -> None:
    if not one.unknown:
        return
    unknown = FilterTrial(one, (one.unknown,), ())
    query = unknown.query
    walk = walker.walk(query, reference.size, 1)
    calls.count(_CHECK)
    shown = [row for row in walk.rows if not unknown.may_show(row)]
    if shown:
        said = (
            f"{calls.name}?{_asked(query)} asks for a value that no row has; it shows "
            f"{len(walk.rows)} rows, the first is {excerpt(shown[0].id)}"
        )
        calls.finds(_CHECK, said, *walk.exchanges, expected="no rows", came=f"{len(walk.rows)} rows")


def check_asked_order(calls: ListCalls, walker: Walker, order: ListOrder, reference: Walk, size: int) -> None:
    """Ask for an order, and find two rows that are in another one.

    Raises:
        TargetUnreachableError: the target does not answer.
    """
    walk = walker.walk({order.parameter: order.text}, size, len(reference.rows) // size + 2)
    values = [value_in(row.document, order.member) for row in walk.rows]
    calls.count("pages-keep-the-order", len(values))
    for place, (before, after) in enumerate(pairwise(values)):
        if before is None or after is None or before == after or (before > after) == order.descending:
            continue
        if isinstance(before, str) and isinstance(after, str) and _is_collated(before, after):
            continue
        rows = walk.rows
        said = (
            f"{calls.name}?{_asked({order.parameter: order.text})} shows row {excerpt(rows[place].id)} "
            f"({order.member} is {before}) before row {excerpt(rows[place + 1].id)} ({after})"
        )
        calls.finds("pages-keep-the-order", said, *walk.exchanges)
        return


def _is_collated(before: str, after: str) -> bool:
    """Return whether a collation says which is first: what differs is no ASCII, no letter, or only a case."""
    differ = "".join(next(pair for pair in zip_longest(before, after, fillvalue="") if pair[0] != pair[1]))
    is_plain = differ.isascii() and differ.isalnum()
    return not is_plain or (differ.isalpha() and not differ.islower() and not differ.isupper())


def _asked(query: Mapping[str, str]) -> str:
    return cut_text("&".join(f"{name}={text}" for name, text in query.items()))


def _member(trial: FilterTrial, row: Row) -> str:
    return f"{trial.filter.member} is {value_in(row.document, trial.filter.member)!r}"


def _due(trial: FilterTrial) -> str:
    words = {"at-least": "at least", "at-most": "at most", "not-equal": "not"}
    how = words.get(trial.filter.selects, "")
    values = " or ".join(repr(value) for value in trial.values)
    return f"{trial.filter.member} is {how} {values}".replace("  ", " ")
