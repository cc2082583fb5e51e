"""The generated part of docs/speed.md: the figures of the report that was recorded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from tests.docs.markdown import table, with_generated
from tests.tools.bench.goals import shown
from tests.tools.bench.servers import ROOT

PAGE = ROOT / "docs" / "speed.md"
RECORD = ROOT / "docs" / "speed.json"
_FLOOR_HEAD = ("batch", "items", "keys", "bad", "floor ms", "ours ms", "ratio", "goal", "p99 ms", "items/s")
_VENDOR_HEAD = ("batch", "items", "bad", "p50 ms", "p99 ms", "calls/s", "items/s")
_COUNTED_HEAD = ("batch", "items", "bad", "before", "now")
_BAD = {"none": "none", "one": "one", "tenth": "a tenth", "half": "half"}


def fresh_page() -> str:
    """The page as it must read."""
    return with_generated(PAGE.read_text(encoding="utf-8"), describe(json.loads(RECORD.read_text("utf-8"))))


def describe(document: Mapping[str, Any]) -> str:
    """All figures of a report, in tables."""
    parts = ["![Bars: times as long as the floor, items a second, calls a second beside Prism](speed.svg)"]
    if "bench" in document:
        parts += ["## Figures of `make bench`", *_bench(document["bench"])]
    if "peers" in document:
        parts += ["## Figures of `make bench-peers`", *_peers(document["peers"])]
    return "\n\n".join(parts)


def _bench(bench: Mapping[str, Any]) -> Iterator[str]:
    yield from _taken(bench)
    yield "### Against the floor"
    yield table(_FLOOR_HEAD, map(_floor_row, bench["against_floor"]))
    yield "### Every vendor"
    yield table(_VENDOR_HEAD, map(_vendor_row, bench["vendors"]))
    yield "The faults of the bad items:"
    yield table(("batch", "bad items"), bench["bad_items"].items())
    yield "### Sixteen connections"
    yield table(
        ("batch", "items", "server", "calls/s", "items/s", "p50 ms", "p99 ms"), _loads(bench["connections"])
    )
    if counted := bench.get("instructions"):
        yield "### Instructions of a call, in thousands"
        yield table((*_COUNTED_HEAD, *counted[0]["layers"]), map(_counted_row, counted))
    yield "### Start, memory, size"
    yield table(("what", "figure"), _footprint(bench))
    yield "### What grows, what waits, what can be left out"
    yield table(("what", "figure"), _others(bench))


def _peers(peers: Mapping[str, Any]) -> Iterator[str]:
    yield from _taken(peers)
    yield "### Calls a second"
    head = (
        "contract",
        "items",
        "keys",
        "server",
        "calls/s",
        "items/s",
        "share of Prism's",
        "p50 ms",
        "p99 ms",
    )
    rows = peers["connections"]
    yield table((*head, "memory MiB"), map(_peer_row, rows))
    busy = max(row["generator"] for row in rows)
    yield f"The load generator took at most {busy:.0%} of a core, so it did not limit the figures."
    yield "### Single calls, one after the other"
    singles, page = peers["single_calls"], peers["console_page"]
    servers = list(singles[0]["p50"])
    yield table(("p50 ms of", *servers), map(partial(_single_row, servers), singles))
    yield (
        f"The console's page of calls takes {_ms(page['alone_p50'])} ms. "
        "While sixteen connections send batches of a thousand items, "
        f"this page takes {_ms(page['beside_p50'])} ms. "
        "openapi-backend cannot read uploads."
    )


def _taken(section: Mapping[str, Any]) -> Iterator[str]:
    if section["quick"]:
        yield "**A quick run, with few calls and small batches: the figures say little.**"
    machine = section["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in section["versions"].items())
    yield (
        f"{section['date']}, {machine['system']} {machine['kind']}, {machine['cores']} cores, "
        f"{section['seconds']:.0f} seconds; "
        f"the times of a plain loop varied by {section['noise']:.0%}.\n{versions}."
    )
    head = ("goal", "figure", "limit", "")
    rows = (
        (
            one["what"],
            shown(one["figure"], one["unit"]),
            f"{'at least' if one['at_least'] else 'at most'} {shown(one['limit'], one['unit'])}",
            one["verdict"],
        )
        for one in section["goals"]
    )
    yield "### Goals" if "against_floor" in section else "### Goals beside Prism"
    yield table(head, rows)


def _floor_row(row: Mapping[str, Any]) -> Sequence[str]:
    return (
        row["batches"],
        f"{row['items']:,}",
        row["keys"],
        _BAD[row["bad"]],
        _ms(row["floor_p50"]),
        _ms(row["ours_p50"]),
        f"{row['ratio']:.2f}",
        f"{row['limit']:.1f}" if row["limit"] else "-",
        _ms(row["ours_p99"]),
        f"{row['ours_items_s']:,.0f}",
    )


def _vendor_row(row: Mapping[str, Any]) -> Sequence[str]:
    rates = (f"{row['ours_calls_s']:,.0f}", f"{row['ours_items_s']:,.0f}")
    times = (_ms(row["ours_p50"]), _ms(row["ours_p99"]))
    return (row["batches"], f"{row['items']:,}", _BAD[row["bad"]], *times, *rates)


def _counted_row(row: Mapping[str, Any]) -> Sequence[str]:
    counts = (row["before"], row["whole"], *row["layers"].values())
    shown_counts = (f"{count / 1000:,.0f}" if count else "-" for count in counts)
    return (row["batches"], f"{row['items']:,}", _BAD[row["bad"]], *shown_counts)


def _loads(rows: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[str]]:
    for row in rows:
        rates = (f"{row['calls_s']:,.0f}", f"{row['items_s']:,.0f}")
        yield (row["batches"], f"{row['items']:,}", row["server"], *rates, _ms(row["p50"]), _ms(row["p99"]))


def _peer_row(row: Mapping[str, Any]) -> Sequence[str]:
    rates = (f"{row['calls_s']:,.0f}", f"{row['items_s']:,.0f}", f"{row['to_prism']:.2f}")
    what = (row["batches"].partition(" ")[0], f"{row['items']:,}", row["keys"], row["server"])
    return (*what, *rates, _ms(row["p50"]), _ms(row["p99"]), f"{row['rss']:.0f}")


def _single_row(servers: Sequence[str], row: Mapping[str, Any]) -> Sequence[str]:
    return (row["what"], *(_ms(row["p50"][name]) if name in row["p50"] else "-" for name in servers))


def _footprint(bench: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    found, installed, memory = bench["footprint"], bench["installation"], bench["memory"]
    yield "process start to first answer", f"{found['start_to_first_answer_s']:.2f} s"
    if "own_first_call_ms" in found:  # a record of before has no such figure
        first, later = found["own_first_call_ms"], found["own_next_call_ms"]
        yield "first call to an own API, and the next", f"{first:.0f} ms, {later:.0f} ms"
    yield "resident memory, idle", f"{found['idle_mib']:.0f} MiB"
    yield "1,000 sandboxes, on top", f"{found['1000_sandboxes_mib']:.0f} MiB"
    yield (
        "resident memory after all batches above",
        f"{memory['ours_mib']:.0f} MiB (the floor {memory['floor_mib']:.0f})",
    )
    yield "plain installation", f"{installed['packages']} packages, {installed['size_mib']:.0f} MiB"
    yield "`mockserver --help`", f"{installed['help_ms']:.0f} ms"
    yield "TAB after `run --v`", f"{installed['completion_ms']:.0f} ms"
    yield "import of the pytest plugin", f"{found['plugin_import_ms']:.0f} ms"
    yield "pytest plugin in an empty run", f"{installed['plugin_in_an_empty_run_ms']:.0f} ms"


def _others(bench: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    for row in bench["store"]:
        yield f"an item of 100, updated, with {row['stored']:,} in the store", f"{row['item_us']:.1f} µs"
    for row in bench["features"]:
        figures = f"{_ms(row['without_p50'])} ms without, {_ms(row['with_p50'])} ms with: {row['ratio']:.3f}x"
        yield f"one item, {row['what']}", figures
    hanging = bench["hanging"]
    yield (
        f"p99 of one item beside {hanging['hanging_calls']} calls that hang",
        f"{_ms(hanging['beside_p99'])} ms, {_ms(hanging['alone_p99'])} ms alone",
    )
    yield (
        f"p99 of how far a delay of {hanging['delay_ms']} ms is off",
        f"{_ms(hanging['delay_error_p99'])} ms",
    )


def _ms(time: float) -> str:
    return f"{time:.2f}" if time < 10 else f"{time:.1f}" if time < 100 else f"{time:.0f}"
