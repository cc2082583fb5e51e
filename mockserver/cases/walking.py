"""The step that walks a list from page to page, as a client that synchronises does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

from mockserver.cases import expecting
from mockserver.cases.language import Node
from mockserver.cases.progress import Progress
from mockserver.cases.wire import Answered, Lost

OK = 200


async def walk(run: Progress, step: Node, between: Callable[[], Awaitable[None]]) -> list[str]:
    """Every page, with what is done `between` after the first one; no key may come twice."""
    step = run.made({name: node for name, node in step.items() if name != "between"})
    target: str | None = str(step["walk"])
    keys: list[Any] = []
    number = 0
    while target is not None:
        number += 1
        came = await run.call({"call": target, "headers": step.get("headers", {})})
        if isinstance(came, Lost) or came.status != OK:
            return [f"page {number}, {target}", *expecting.of_answer({"status": OK}, came, {})]
        page = [expecting.at(one, step["key"]) for one in expecting.found_at(came, step["items"])]
        keys += page
        if twice := [f"{key!r} came {times} times" for key, times in Counter(keys).items() if times > 1]:
            return [f"page {number}, {target}", *twice]
        if number == 1:
            await between()
        target = _next(step["next"], step["walk"], came, number) if page and "next" in step else None
    return _said(run, step, keys)


def _next(how: Node, first: str, came: Answered, number: int) -> str | None:
    """The call of the page that follows page `number`; None where the answer names none.

    `link` is where the target of that call stands. Else `query` is the parameter that says which page, and
    its value stands at `from`, or counts on from `first` by `step`.
    """
    if "link" in how:
        link = _found(came, how["link"])
        return f"GET {link}" if link else None
    value = _found(came, how["from"]) if "from" in how else how["first"] + (number - 1) * how.get("step", 1)
    if value is None:
        return None
    path, _, query = first.partition("?")
    others = [pair for pair in query.split("&") if pair and pair.partition("=")[0] != how["query"]]
    others.append(f"{how['query']}={quote(str(value), safe='')}")
    return f"{path}?{'&'.join(others)}"


def _found(came: Answered, pointer: str) -> Any:
    try:
        return expecting.at(came.json, pointer)
    except LookupError:
        return None


def _said(run: Progress, step: Node, keys: list[Any]) -> list[str]:
    if "keep" in step:
        run.kept[step["keep"]] = keys
    said = []
    if "finds" in step and keys != step["finds"]:
        said.append(f"expected {step['finds']!r}, found {keys!r}")
    missing = [key for key in step.get("covers", []) if key not in keys]
    return said + [f"{key!r} is not among {keys!r}" for key in missing]
