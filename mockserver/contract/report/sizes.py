"""How long batches of each size took, as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mockserver.contract.report.text import counted, one_line
from mockserver.contract.size_times import SizeTime, SizeTimes


def size_lines(sizes: SizeTimes) -> Iterator[str]:
    """Yield the times of a batch operation, its limit, its budget, and what was left out."""
    limit = "unknown" if sizes.limit is None else counted(sizes.limit, "items")
    yield f"  sizes: the limit is {limit}, by {one_line(sizes.limit_source)}; at most {_budget(sizes)}"
    for size in dict.fromkeys(one.size for one in sizes.times):
        yield f"    {counted(size, 'items'):>12}  {_times([one for one in sizes.times if one.size == size])}"
    for size, reason in sizes.left_out.items():
        yield f"    {counted(size, 'items'):>12}  not tried: {one_line(reason)}"


def _budget(sizes: SizeTimes) -> str:
    calls, items = counted(sizes.most_calls, "calls"), counted(sizes.most_items, "items")
    return f"{calls}, {items} and {sizes.most_seconds} s"


def _times(times: Sequence[SizeTime]) -> str:
    """Return what each batch of a size took, as "0.013 s, 0.015 s (last bad; 507 of 1,000 read back)"."""
    return ", ".join(_time(one) for one in times)


def _time(time: SizeTime) -> str:
    bad = [f"{time.bad} bad"] if time.bad != "none" else []
    late = [f"late after {time.due:.1f} s"] if time.seconds > time.due > 0 else []
    some = [f"{time.compared:,} of {time.size:,} read back"] if time.compared < time.size else []
    said = "; ".join([*bad, *late, *some])
    return f"{time.seconds:.3f} s ({said})" if said else f"{time.seconds:.3f} s"
