"""Lines of text that several commands print: items with their outcomes, colours, signs, tables."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

import click

from mockserver.codec import json
from mockserver.model import Document, Json

SIGNS: Mapping[str, tuple[str, str, str]] = {
    "created": ("■", "+", "green"),
    "updated": ("◧", "~", "blue"),
    "unchanged": ("□", "=", "white"),
    "warned": ("▲", "!", "yellow"),
    "rejected": ("✕", "x", "red"),
    "skipped": ("·", ".", "white"),
}
"""By outcome: sign, sign in ASCII, colour."""

_ASCII_WORDS = {"→": "->", "…": "...", "·": "."}
_MAX_WORD = 80
_MAX_KEY = 40


def write_lines(lines: Iterable[str], *, err: bool = False) -> None:
    """Print lines; a stream without UTF-8 gets the nearest ASCII."""
    for line in lines:
        click.echo(_encodable(line, sys.stderr if err else sys.stdout), err=err)


def write_json(document: Json) -> None:
    """Print one JSON document on one line; amounts keep their scale."""
    click.echo(json.encode(document).decode(), color=False)


def write_done(text: str, document: Json, *, as_json: bool) -> None:
    """Say on standard error what was done, or print it as JSON."""
    if as_json:
        write_json(document)
    else:
        write_lines([text], err=True)


def shorten(text: str, most: int = _MAX_WORD) -> str:
    """Return the text on one line, without control characters, cut at `most` characters."""
    shown = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def counted(number: int, noun: str) -> str:
    """Return `1 rule` or `2,000 rules`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def item_lines(decided: Sequence[Document], amounts: Sequence[str] = (), most: int = 20) -> Iterator[str]:
    """Yield a line for each item with its outcome, and below it the message of each problem.

    If there are more than `most` items, those with problems, warnings or a rule's effect come alone.
    `amounts` are by index.
    """
    shown = (
        decided
        if len(decided) <= most
        else [one for one in decided if one["problems"] or one["warnings"] or one.get("effect")]
    )
    shown = shown[:most]
    number = len(str(max((int(one["index"]) for one in shown), default=0)))
    key = max((len(_key(one)) for one in shown), default=0)
    texts = amounts if len(amounts) == len(decided) else [""] * len(decided)
    amount = max(map(len, texts), default=0)
    for one in shown:
        index = int(one["index"])
        head = f"  {index:>{number}}  {_outcome(one)}  {_key(one):<{key}}"
        columns = f"{head}  {texts[index]:>{amount}}" if amount else head
        yield from _described(columns, " " * (number + 17), one)
    if rest := len(decided) - len(shown):
        yield f"  … {counted(rest, 'more item')}"


def first_amount(item: Json) -> str:
    """Return the first number of an item that is named an amount, "" if there is none."""
    if isinstance(item, Mapping):
        for name, value in item.items():
            if "amount" in str(name).lower() and not isinstance(value, bool | Mapping | list):
                return f"{value:.2f}" if isinstance(value, int | float | Decimal) else shorten(str(value), 20)
        item = list(item.values())
    return next(filter(None, map(first_amount, item)), "") if isinstance(item, list) else ""


def table_lines(rows: Sequence[Sequence[str]], indent: str = "") -> Iterator[str]:
    """Yield rows with aligned columns."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        yield f"{indent}{'  '.join(cells)}".rstrip()


def _outcome(item: Document) -> str:
    action = str(item["action"])
    sign, plain, colour = SIGNS["warned" if item["warnings"] and action != "rejected" else action]
    return click.style(f"{sign if _fits(sign, sys.stdout) else plain} {action:<9}", fg=colour)


def _key(item: Document) -> str:
    return shorten(str(item["key"]), _MAX_KEY) or "no key"


def _described(head: str, indent: str, item: Document) -> Iterator[str]:
    problems = [*item["problems"], *item["warnings"]]
    if not problems:
        yield head.rstrip()
    effect = item.get("effect")  # servers of earlier versions have none
    if effect and not problems:
        yield f"{indent}{effect['detail']}: rule {effect['rule']}"
    for place, problem in enumerate(problems):
        pointer = shorten(str(problem["pointer"]), 200)
        yield f"{indent}{pointer}" if place else f"{head}   {pointer}".rstrip()
        if detail := problem["detail"] or problem["code"]:
            yield f"{indent}{shorten(str(detail), 400)}"


def _fits(text: str, stream: object) -> bool:
    try:
        text.encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _encodable(line: str, stream: object) -> str:
    if _fits(line, stream):
        return line
    for sign, plain in _ASCII_WORDS.items():
        line = line.replace(sign, plain)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return line.encode(encoding, "backslashreplace").decode(encoding)
