"""Output that several commands share: items with their outcomes, tables, calls, progress."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from mockserver.cli.options import fail_usage
from mockserver.codec.instants import print_span
from mockserver.testing.ledger import FIGURES, figure_words, item_cells, print_money

if TYPE_CHECKING:
    from mockserver.contract.baseline import Known
    from mockserver.model import Document, Json

SIGNS: Mapping[str, tuple[str, str, str]] = {
    "created": ("■", "+", "green"),
    "updated": ("◧", "~", "blue"),
    "unchanged": ("□", "=", "white"),
    "rejected": ("✕", "x", "red"),
    "skipped": ("·", ".", "white"),
    "warned": ("▲", "!", "yellow"),
    "lost": ("○", "o", "red"),
}
"""For each outcome: its sign, its sign in ASCII, its colour."""

_STEP_SUMMARY = "GITHUB_STEP_SUMMARY"
_BAD_ENDS = ("doubled", "lost", "phantom")
_ASCII_WORDS = {"→": "->", "…": "...", "·": "."}
_MAX_WORD = 80
_MAX_KEY = 40

_COUNT = re.compile(rf"[\d,]+ ({'|'.join(SIGNS)})\b")
_TONES = {"good": "green", "mixed": "yellow", "bad": "red", "neutral": "white"}
_MOST_ITEMS = 60
LOADING = "loading…"
"""Text of the progress line during slow imports."""

_CUT = "…"
_FALLBACK = (80, 24)


def write_lines(lines: Iterable[str], *, err: bool = False) -> None:
    for line in lines:
        click.echo(_encodable(line, sys.stderr if err else sys.stdout), err=err)


def write_json(document: Json) -> None:
    from mockserver.codec import json

    click.echo(json.encode(document).decode(), color=False)


def read_known(file: Path | None, kind: type[Known]) -> tuple[Known, ...]:
    """Return the entries of the baseline, if there is a file; end the command if it cannot be read."""
    from mockserver.contract.baseline import UnreadableBaselineError, read_baseline

    try:
        return tuple(read_baseline(file, kind)) if file else ()
    except UnreadableBaselineError as error:
        fail_usage(str(error), f"--baseline {file}", "--write-baseline FILE")


def append_step_summary(markdown: str) -> None:
    """In a job of GitHub, append Markdown to the summary of the job. Raises OSError."""
    if page := os.environ.get(_STEP_SUMMARY):
        with Path(page).open("a", encoding="utf-8", errors="backslashreplace") as summary:
            summary.write(markdown)


def shorten(text: str, most: int = _MAX_WORD) -> str:
    shown = "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text)
    return shown if len(shown) <= most else f"{shown[: most - 1]}…"


def counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def call_line(entry: Document) -> str:
    """Return the log line of a call, with its outcomes and its status in colour."""
    from mockserver.model import call_tone

    status = str(entry["status"] or "---")
    before, found, after = shorten(str(entry["line"]), 500).partition(f" {status}  ")
    if not found:
        return before
    counts, gap, rest = after.partition("  ")
    if entry["items"]:
        counts = _COUNT.sub(lambda one: click.style(one[0], fg=SIGNS[one[1]][2]), counts)
    return f"{before} {click.style(status, fg=_TONES[call_tone(entry)])}  {counts}{gap}{rest}"


def difference_lines(groups: Iterable[Document]) -> Iterator[str]:
    """Yield for each group of differences its number and cure, then an example."""
    for group in groups:
        where, first = f"{group['operation']} {group['place']}".strip(), group["examples"][0]
        yield f"{group['count']:,} {group['kind']}  {where}  settled by: {group['cure']}"
        for name in ("real", "mock"):
            yield f"    {name}  {shorten(first[name], 100)}  #{first['number']} {first['key']}".rstrip()


def item_lines(decided: Sequence[Document], most: int = 20) -> Iterator[str]:
    """Yield a line for each item with its outcome and its money, followed by the message of each problem.

    If there are more than `most` items, yield only the first `most` items that have a problem, a warning or
    a rule's effect.
    """
    shown = (
        decided
        if len(decided) <= most
        else [one for one in decided if one["problems"] or one["warnings"] or one.get("effect")]
    )
    shown = shown[:most]
    number = len(str(max((int(one["index"]) for one in shown), default=0)))
    key = max((len(_key(one)) for one in shown), default=0)
    # Servers of earlier versions do not send the money.
    texts = [print_money(one.get("currency"), one.get("amount")) for one in shown]
    amount = max(map(len, texts), default=0)
    for one, text in zip(shown, texts, strict=True):
        head = f"  {one['index']:>{number}}  {_outcome(one)}  {_key(one):<{key}}"
        columns = f"{head}  {text:>{amount}}" if amount else head
        yield from _described(columns, " " * (number + 17), one)
    if rest := len(decided) - len(shown):
        yield f"  … {counted(rest, 'more item')}"


def table_lines(rows: Sequence[Sequence[str]], indent: str = "", right: Container[int] = ()) -> Iterator[str]:
    """Yield a line for each row; columns with an index in `right` are aligned to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        sized = enumerate(zip(row, widths, strict=True))
        cells = (f"{cell:{'>' if at in right else '<'}{width}}" for at, (cell, width) in sized)
        yield f"{indent}{'  '.join(cells)}".rstrip()


def _outcome(item: Document) -> str:
    from mockserver.model import WARNED, shown_outcome

    outcome = shown_outcome(item)
    sign, plain, colour = SIGNS[outcome]
    word = str(item["action"]) if outcome == WARNED else outcome
    return click.style(f"{sign if _fits(sign, sys.stdout) else plain} {word:<9}", fg=colour)


def _key(item: Document) -> str:
    return shorten(str(item["key"]), _MAX_KEY) or "no key"


def _described(head: str, indent: str, item: Document) -> Iterator[str]:
    problems = [*item["problems"], *item["warnings"]]
    if not problems:
        yield head.rstrip()
    effect = item.get("effect")  # servers of earlier versions do not send effects
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


def entry_lines(entry: Document, *, headers: bool, bodies: bool) -> Iterator[str]:
    """Yield the facts of a call, the outcome of each item, and optionally headers and bodies."""
    yield call_line(entry)
    yield from table_lines(list(_facts(entry)), "  ")
    if entry["decided"]:
        yield "items"
        yield from item_lines(entry["decided"], most=_MOST_ITEMS)
    yield from _delivery_lines(entry.get("deliveries", ()))
    for side in ("request", "reply"):
        if headers:
            yield f"{side} headers"
            yield from (f"  {name}: {shorten(text, 400)}" for name, text in entry[side]["headers"].items())
        if bodies:
            yield f"{side} body"
            yield from (f"  {shorten(line, 10_000)}" for line in entry[side]["body"].splitlines())
    if entry["trace"]:
        yield from entry["trace"].splitlines()


def _facts(entry: Document) -> Iterator[tuple[str, str]]:
    request, reply = entry["request"], entry["reply"]
    query = f"?{entry['query']}" if entry["query"] else ""
    own_time = f"  sandbox time {entry['sandboxAt']}" if entry["sandboxAt"] else ""
    yield "at", f"{entry['at']}{own_time}"
    yield "request", f"{entry['method']} {shorten(entry['path'] + query, 300)}{_size(request)}"
    yield "operation", entry["operation"] or "none"
    why = ": ".join(filter(None, (entry["refusal"], entry["reason"])))
    yield "envelope", f"refused: {shorten(why, 400)}" if entry["refusal"] else "accepted"
    if entry.get("replays"):
        yield "replay", entry["replays"]
    if entry["applied"]:
        yield "rules", " ".join(entry["applied"])
    if entry["fault"]:
        yield "fault", entry["fault"]
    if entry["offContract"]:
        yield "off contract", shorten(entry["offContract"], 300)
    sent = "" if entry["status"] == reply["status"] else f"  sent: {entry['status'] or 'no status'}"
    media_type = f"  {reply['mediaType']}" if reply["mediaType"] else ""
    yield "reply", f"{reply['status']}{sent}{media_type}{_size(reply)}"


def _size(side: Document) -> str:
    kept = len(side["body"].encode())
    cut = f", {counted(side['cutBytes'], 'byte')} not kept" if side["cutBytes"] else ""
    return f"  {counted(kept, 'byte')}{cut}" if kept or cut else ""


def history_lines(history: Document) -> Iterator[str]:
    """Yield a line that says what became of an item, then a line for each call that carried the item."""
    head = f"{history['vendor']} {history['operation']} {shorten(item_cells(history)[0], _MAX_KEY)}"
    if (end := history["end"]) in _BAD_ENDS:
        created, _, calls = (history["why"] or "").partition(" by ")
        words = "created twice" if created == "created" else created
        bad = f"{words.upper()} by {calls}" if end == "doubled" else end.upper()
        head += f"   {click.style(bad, fg='red', bold=True)}"
    yield f"{head}   {history['says']}   {print_money(history['currency'], history['amount'])}".rstrip()
    yield from table_lines([_attempt_cells(one) for one in history["attempts"]], "  ")
    yield from _delivery_lines(history.get("deliveries", ()))


def _delivery_lines(deliveries: Sequence[Document]) -> Iterator[str]:
    """Yield a line for each callback and webhook, with how each attempt ended."""
    if deliveries:
        yield "callbacks and webhooks"
    rows = [
        (
            one["event"],
            shorten(" ".join(one["items"]), _MAX_KEY),
            one["state"],
            shorten(", ".join(str(tried["status"] or tried["lost"]) for tried in one["attempts"]), 200),
            " ".join(one["effects"]),
            shorten(one["url"], 200),
        )
        for one in deliveries[:_MOST_ITEMS]
    ]
    yield from table_lines(rows, "  ")
    if more := len(deliveries) - len(rows):
        yield f"  and {more:,} more"


def _attempt_cells(one: Document) -> tuple[str, ...]:
    waited = one["waitedMillis"]
    problem = ": ".join(filter(None, (one["code"], one["detail"]))) or one["warning"] or ""
    return (
        f"#{one['call']}",
        f"{'' if one['sinceFirstMillis'] < 0 else '+'}{print_span(one['sinceFirstMillis'])}",
        "" if waited is None else f"after {print_span(waited)}",
        str(one["status"] or "---"),
        one["action"],
        f"told {one['told']}",
        "stored" if one["stored"] else "not stored",
        " ".join(filter(None, (one["fault"], *one["rules"]))),
        shorten(problem, 200),
    )


def ledger_lines(ledger: Document, *, has_money: bool) -> Iterator[str]:
    """Yield the headline, the money of each figure if `has_money`, and how many calls are not counted."""
    yield str(ledger["says"])
    sums = {name: {one["currency"]: print_money(**one) for one in ledger[name]["sums"]} for name in FIGURES}
    currencies = dict.fromkeys(currency for one in sums.values() for currency in one)
    rows = [
        (figure_words(name), f"{ledger[name]['items']:,}", *(one.get(known, "") for known in currencies))
        for name, one in sums.items()
        if one and has_money
    ]
    yield from table_lines(rows, "  ", range(1, 2 + len(currencies)))
    if dropped := ledger["dropped"]:
        yield f"not counted, because they are no longer kept: the first {counted(dropped, 'call')}"


def ended_lines(items: Iterable[Document]) -> Iterator[str]:
    """Yield a line for each item: key, end, money, calls and reason."""
    rows = [[shorten(cell, 200) for cell in item_cells(one)] for one in items]
    yield from table_lines(rows, "  ", (2,))


def replay_lines(replayed: Document, *, whole: bool) -> Iterator[str]:
    """Yield a summary of the differences between a call and its replay; if `whole`, also the differences."""
    difference = replayed["difference"]
    number = f"#{replayed['number']}" if replayed["number"] else str(replayed["to"] or "the replay")
    where = f"  [{replayed['into']}]" if replayed["into"] else ""
    yield f"{number} replays #{replayed['replays']}: {shorten(difference['says'], 400)}{where}"
    if replayed["lost"]:
        yield f"  the answer was lost: {shorten(replayed['lost'], 200)}"
    if not whole:
        return
    items, body = (difference[part]["groups"] for part in ("items", "body"))
    yield from table_lines(
        [(counted(one["count"], "item"), _change(one), _names(one)) for one in items], "  "
    )
    if body:
        yield "  in the body, which the exit status does not count:"
    yield from table_lines(
        [(counted(one["count"], "place"), shorten(one["place"] or "/", 200), _change(one)) for one in body],
        "    ",
    )
    if rest := difference["body"]["differ"] - sum(one["count"] for one in body):
        yield f"    … {counted(rest, 'more difference')}"


def _names(group: Document) -> str:
    """Return the keys of the first items of a group, and how many more there are."""
    more = group["count"] - len(group["items"])
    return ", ".join([shorten(key, 40) for key in group["items"]]) + (f" and {more:,} more" if more else "")


def _change(one: Document) -> str:
    before, after = (
        "absent" if one[side] is None else shorten(str(one[side]), 100) for side in ("recorded", "replayed")
    )
    return f"{before} → {after}"


def verdict_lines(problem: Document) -> Iterator[str]:
    """Yield the message of a failed verification, the matching calls by number, and the nearest calls."""
    yield f"not verified: {shorten(str(problem['detail']), 400)}"
    numbers = problem.get("found", {}).get("numbers", ())
    if numbers:
        yield f"  matching calls: {' '.join(f'#{number}' for number in numbers)}"
    for near in problem.get("nearest", ()):
        call = " ".join(str(near[name]) for name in ("vendor", "method", "path", "status") if near.get(name))
        yield f"  nearest: #{near['number']} {shorten(call, 200)}"
        for one in near["differs"]:
            wanted, found = shorten(str(one["expected"])), shorten(str(one["found"]))
            yield f"    {one['member']}: expected {wanted}, found {found}"


class ProgressLine:
    """Writer of progress to a stream, usually stderr.

    `is_live` says that the stream is a terminal, on which each text replaces the previous text. If
    `is_silent`, nothing is shown or written.
    """

    def __init__(self, stream: TextIO, *, is_live: bool, is_silent: bool = False) -> None:
        self.is_live = is_live and not is_silent
        self.is_silent = is_silent
        self._stream = stream
        self._shown = 0

    def show(self, text: str) -> None:
        """If the line is live, show a text in place of the previous text."""
        if not self.is_live:
            return
        width = shutil.get_terminal_size(_FALLBACK).columns - 1
        cut = text if len(text) <= width else f"{text[: width - 1]}{_CUT}"
        self._write(f"\r{cut.ljust(min(self._shown, width))}")
        self._shown = len(cut)

    def clear(self) -> None:
        if self._shown:
            self._write(f"\r{' ' * self._shown}\r")
            self._shown = 0

    def write(self, text: str) -> None:
        self.clear()
        if not self.is_silent:
            click.echo(text, file=self._stream)

    @contextmanager
    def showing(self, text: str, *, stays: bool = False) -> Iterator[None]:
        """If the line is live, show a text during the context; otherwise write the text if `stays`."""
        self.show(text)
        if stays and not self.is_live:
            self.write(text)
        try:
            yield
        finally:
            self.clear()

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def open_progress_line(*, is_silent: bool) -> ProgressLine:
    is_live = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    return ProgressLine(sys.stderr, is_live=is_live, is_silent=is_silent)
