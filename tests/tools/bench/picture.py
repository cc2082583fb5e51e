"""The picture of a report: bars in SVG, readable on light and on dark pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

from tests.tools.bench.batches import BAD_WORDS

WIDTH = 760
_LABELS, _BARS, _ROW, _TITLE, _GAP = 270, 390, 22, 34, 18
_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 14px }
.note { fill: #57606a }
.ours { fill: #0969da }
.other { fill: #afb8c1 }
.limit { stroke: #cf222e; stroke-width: 2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .note { fill: #9198a1 }
  .ours { fill: #4493f8 }
  .other { fill: #656c76 }
  .limit { stroke: #f85149 }
}
"""


@dataclass(frozen=True, slots=True)
class Bar:
    """A figure with its label; `limit` is drawn as a line across."""

    label: str
    figure: float
    text: str
    limit: float | None = None
    kind: str = "ours"


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars on one scale."""

    title: str
    bars: Sequence[Bar]

    @property
    def height(self) -> int:
        return _TITLE + _ROW * len(self.bars) + _GAP


def draw(document: Mapping[str, Any]) -> str:
    """The picture of whatever sections the report has."""
    panels = [panel for panel in _panels(document) if panel.bars]
    height = sum(panel.height for panel in panels) + _GAP
    lines: list[str] = []
    top = 0
    for panel in panels:
        lines += _drawn(panel, top)
        top += panel.height
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'aria-label="Figures of make bench and make bench-peers">'
    )
    return "\n".join([head, f"<style>{_STYLE}</style>", *lines, "</svg>", ""])


def _drawn(panel: Panel, top: int) -> Iterator[str]:
    largest = max(max(bar.figure, bar.limit or 0) for bar in panel.bars)
    yield f'<text class="title" x="8" y="{top + 22}">{escape(panel.title)}</text>'
    for row, bar in enumerate(panel.bars):
        y = top + _TITLE + row * _ROW
        width = max(1.0, _BARS * bar.figure / largest)
        end = _LABELS + width
        yield f'<text x="{_LABELS - 8}" y="{y + 13}" text-anchor="end">{escape(bar.label)}</text>'
        yield f'<rect class="{bar.kind}" x="{_LABELS}" y="{y + 1}" width="{width:.1f}" height="15" rx="2"/>'
        if bar.limit is not None:
            x = _LABELS + _BARS * bar.limit / largest
            yield f'<line class="limit" x1="{x:.1f}" y1="{y - 1}" x2="{x:.1f}" y2="{y + 18}"/>'
            end = max(end, x)
        yield f'<text class="note" x="{end + 6:.1f}" y="{y + 13}">{escape(bar.text)}</text>'


def _panels(document: Mapping[str, Any]) -> Iterator[Panel]:
    bench, peers = document.get("bench"), document.get("peers")
    if bench:
        title = "Times as long as the floor (p50, one connection, fresh keys; the line is the goal)"
        yield Panel(title, list(_against_floor(bench)))
        title = "Items a second (batches of 1,000, of 100 where the vendor takes no more; all good)"
        yield Panel(title, list(_vendors(bench)))
    if peers:
        title = "Calls a second as a share of Prism's (16 connections; the line is the goal)"
        yield Panel(title, list(_peers(peers)))


def _against_floor(bench: Mapping[str, Any]) -> Iterator[Bar]:
    for row in bench["against_floor"]:
        if row["keys"] == "fresh" and (row["items"] > 1 or row["bad"] == "none"):
            name = row["batches"].partition(" ")[0]
            label = (
                f"{name}, {row['items']:,} items, {BAD_WORDS[row['bad']]}"
                if row["items"] > 1
                else f"{name}, one item"
            )
            yield Bar(label, row["ratio"], f"{row['ratio']:.2f}x", row["limit"])


def _vendors(bench: Mapping[str, Any]) -> Iterator[Bar]:
    good = [
        row
        for row in (*bench["against_floor"], *bench["vendors"])
        if row["bad"] == "none" and row["keys"] == "fresh"
    ]
    for name in dict.fromkeys(row["batches"] for row in good):
        fitting = [row for row in good if row["batches"] == name and row["items"] <= 1000]
        row = max(fitting, key=lambda one: one["items"])
        yield Bar(f"{name}, {row['items']:,} items", row["ours_items_s"], f"{row['ours_items_s']:,.0f}")


def _peers(peers: Mapping[str, Any]) -> Iterator[Bar]:
    for row in peers["connections"]:
        if row["server"] != "floor" and row["keys"] == "known":
            items = "one item" if row["items"] == 1 else f"{row['items']:,} items"
            contract = row["batches"].partition(" ")[0]
            text = f"{row['to_prism']:.2f}x, {row['calls_s']:,.0f} calls/s"
            kind = "ours" if row["server"] == "ours" else "other"
            yield Bar(f"{contract}, {items}: {row['server']}", row["to_prism"], text, row.get("limit"), kind)
