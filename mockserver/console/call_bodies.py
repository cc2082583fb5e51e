"""The two bodies of one call side by side, with problems marked and the picked item in both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from mockserver.console.body_lines import Body, Line, read_body, shown_lines
from mockserver.model import EMPTY, Document

MOST_MARKED = 1_000
"""Batches of more items have only the problems of the items on the page marked."""


@dataclass(frozen=True, slots=True)
class _Marks:
    """What is marked in one body: problems by pointer, the index of each item by pointer, one picked item."""

    problems: Sequence[tuple[str, Document]] = ()
    items: Mapping[str, int] = field(default_factory=lambda: EMPTY)
    picked: str | None = None


def bodies(
    call: Document, decided: Sequence[Document], rows: Sequence[Document], picked: int | None
) -> Document:
    """Return both bodies in rows; `rows` are the items on the page, `picked` is the index of one."""
    item = None if picked is None else decided[picked]
    told = decided if len(decided) <= MOST_MARKED else _with(rows, item)
    request = _Marks(
        [*_refused(call["reason"] or ""), *_problems(told)],
        {one["sent"]: one["index"] for one in decided if one["sent"] is not None},
        item["sent"] if item else None,
    )
    reply = _Marks(
        (),
        {one["reported"]: one["index"] for one in decided if one["reported"] is not None},
        item["reported"] if item else None,
    )
    media_type = call["request"]["headers"].get("content-type", "")
    return {
        "request": _side(call["request"]["body"], media_type, request),
        "reply": _side(call["reply"]["body"], call["reply"]["mediaType"] or "", reply),
    }


def _with(rows: Sequence[Document], item: Document | None) -> list[Document]:
    if item is None or any(one["index"] == item["index"] for one in rows):
        return list(rows)
    return [*rows, item]


def _problems(items: Iterable[Document]) -> Iterator[tuple[str, Document]]:
    for item in items:
        for kind, members in (("problem", item["problems"]), ("warning", item["warnings"])):
            for one in members:
                said = {"kind": kind, "index": item["index"], "code": one["code"], "detail": one["detail"]}
                yield one["pointer"], said


def _refused(reason: str) -> Iterator[tuple[str, Document]]:
    """Yield the places that the reason of a refused call names: `/0/id is missing; /0/date expected …`."""
    for part in reason.split("; "):
        pointer, _, detail = part.partition(" ")
        if pointer.startswith("/"):
            said = {"kind": "problem", "index": None, "code": "refused", "detail": detail}
            yield pointer.removesuffix(":"), said


def _side(text: str, media_type: str, marks: _Marks) -> Document:
    body = read_body(text, media_type) if text else read_body("", "text/plain")
    shown = shown_lines(body, len(text), [pointer for pointer, _ in marks.problems], marks.picked)
    by_line: dict[int, list[Document]] = {}
    for pointer, said in marks.problems:
        if place := body.find(pointer):
            by_line.setdefault(place.start, []).append({**said, "pointer": pointer})
    return {
        "mediaType": media_type,
        "characters": len(text),
        "lines": body.total if text else 0,
        "rows": list(_rows(body, shown, by_line, marks)),
    }


def _rows(
    body: Body, shown: Sequence[Line], by_line: Mapping[int, Sequence[Document]], marks: _Marks
) -> Iterator[Document]:
    """Yield the lines, and `leftOut` where some are left out."""
    lit = body.find(marks.picked) if marks.picked is not None else range(0)
    last = 0
    for line in shown:
        if line.number > last + 1:
            yield {"leftOut": line.number - last - 1}
        last = line.number
        yield {
            **line.document(),
            "item": None if line.pointer is None else marks.items.get(line.pointer),
            "lit": line.number in lit,
            "problems": list(by_line.get(line.number, ())),
        }
    if last < body.total:
        yield {"leftOut": body.total - last}
