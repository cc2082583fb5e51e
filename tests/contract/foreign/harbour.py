"""Berths of a harbour: an API of somebody's own, written from `harbour.yaml` alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.contract.foreign.access import API_KEY
from tests.contract.foreign.plain_http import Answer, Reply, Sent, serving

SPEC = Path(__file__).with_suffix(".yaml")
OVERLAY = SPEC.with_name("harbour_overlay.yaml")

_Berth = dict[str, Any]
_CODE = re.compile(r"[A-Z]{1,3}-[0-9]{1,9}", re.ASCII)


class _Harbour:
    def __init__(self, bugs: tuple[str, ...], *, turned: bool) -> None:
        self.bugs, self.turned = bugs, turned
        self.berths: dict[str, _Berth] = {}
        self.cleared: dict[str, _Berth] = {}

    def answer(self, sent: Sent) -> Reply:
        match sent.path:
            case ("berths", "batch"):
                routes = {"POST": self._file}
            case ("berths",):
                routes = {"GET": self._list}
            case ("berths", code) if code:
                routes = {"GET": self._show, "DELETE": self._clear}
            case _:
                return _no(404, "nothing is here")
        if sent.method not in routes:
            names = [*routes, *["PATCH"] * ("Allow names a method that no path has" in self.bugs)]
            return Reply(405, {"why": "not so"}, {"Allow": ", ".join(names)})
        if sent.headers.get("x-harbour-pass") != API_KEY:
            return _no(401, "show your pass")
        return routes[sent.method](sent)

    def _file(self, sent: Sent) -> Reply:
        if sent.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return _no(415, "JSON is read here")
        try:
            berths = sent.document()["berths"]
        except (ValueError, LookupError, TypeError):
            return _no(400, "there are no berths in this")
        if not isinstance(berths, list):
            return _no(400, "berths are a list")
        lines = [self._line(place, berth) for place, berth in enumerate(berths)]
        if berths and "the last berth of a call is lost" in self.bugs and lines[-1]["state"] != 422:
            del self.berths[berths[-1]["code"]]
        filed = sum(line["state"] != 422 for line in lines)
        if "a refused berth counts" in self.bugs:
            filed = len(lines)
        return Reply(200, {"filed": filed, "lines": lines[::-1] if self.turned else lines})

    def _line(self, place: int, berth: Any) -> dict[str, Any]:
        why, code = _why_not(berth), berth.get("code") if isinstance(berth, dict) else None
        line = {"line": place, "code": code if isinstance(code, str) else None}
        if "a line has the number of the next" in self.bugs:
            line["line"] = place + 1
        if why and "a refused berth is stored all the same" in self.bugs and _CODE.fullmatch(str(code)):
            self.berths[str(code)] = {"metres": 3, "boat": "?", "note": None} | berth
        if why:
            state = 200 if "a refused line is told as filed" in self.bugs else 422
            return {**line, "state": state, "why": why}
        known = self.berths.get(berth["code"])
        stored = {name: berth.get(name) for name in ("code", "metres", "boat", "note")}
        if known and "an update keeps the note" in self.bugs:
            stored["note"] = known["note"]
        self.berths[berth["code"]] = stored
        is_new = not known or "an update is told as a creation" in self.bugs
        return {**line, "state": 201 if is_new else 200}

    def _list(self, sent: Sent) -> Reply:
        page, size = (_whole(sent.query.get(name), *of) for name, of in _PAGES.items())
        if not page or not size:
            return _no(400, "there is no such page")
        rows = [self.berths[code] for code in sorted(self.berths)]
        first = (page - 1) * size
        shown = rows[first : first + size]
        if "the second page leaves out its first row" in self.bugs and page > 1:
            shown = shown[1:]
        if "the last of a page is lost" in self.bugs and len(shown) == size:
            shown = shown[:-1]
        return Reply(200, {"berths": shown, "total": len(rows), "page": page})

    def _show(self, sent: Sent) -> Reply:
        found = self.berths.get(sent.path[1])
        if not found and "a berth can be shown after its deletion" in self.bugs:
            found = self.cleared.get(sent.path[1])
        return Reply(200, found) if found else _no(404, "there is no such berth")

    def _clear(self, sent: Sent) -> Reply:
        if sent.path[1] not in self.berths:
            return _no(404, "there is no such berth")
        if "a deletion deletes nothing" not in self.bugs:
            self.cleared[sent.path[1]] = self.berths.pop(sent.path[1])
        return Reply(204)


_PAGES = {"page": (1, 100_000), "size": (20, 100)}


def _whole(text: str | None, usual: int, most: int) -> int:
    """Return the number, 0 for what is none of 1 to `most`."""
    if text is None:
        return usual
    return int(text) if re.fullmatch(r"[0-9]{1,6}", text) and 1 <= int(text) <= most else 0


def _why_not(berth: Any) -> str:
    if not isinstance(berth, dict):
        return "this is no berth"
    code, metres, boat, note = (berth.get(name) for name in ("code", "metres", "boat", "note"))
    faults = {
        "code is wrong": not isinstance(code, str) or not _CODE.fullmatch(code),
        "metres are wrong": not _is_whole(metres) or not 3 <= int(metres or 0) <= 120,
        "boat is wrong": not isinstance(boat, str) or not 1 <= len(boat) <= 40,
        "note is wrong": note is not None and (not isinstance(note, str) or len(note) > 200),
    }
    return "; ".join(why for why, is_there in faults.items() if is_there)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool) and value % 1 == 0


def _no(status: int, why: str) -> Reply:
    return Reply(status, {"why": why})


def answer_with(*bugs: str, turned: bool = False) -> Answer:
    return _Harbour(bugs, turned=turned).answer


@contextmanager
def serve(*bugs: str, turned: bool = False) -> Iterator[str]:
    """Serve on a free port with these bugs; `turned`: the lines come in another order. Yield the address."""
    with serving(answer_with(*bugs, turned=turned)) as url:
        yield url
