"""Send rows to a vendor's batch API, right in every respect; one fault may be switched on.

The drill is measured by it: without a fault nothing may be found, and each fault must be found.
"""

import argparse
import calendar
import email.utils
import http.client
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from python_styles import STYLES
from python_vendors import (
    AGAIN,
    REFUSED,
    STORED,
    UNSURE,
    VENDORS,
    Json,
    Reply,
    Results,
    Row,
    Unreadable,
    Vendor,
    listed,
    member,
    to_cents,
)

TIMEOUT_S = 1.5
POLLS = 30
ATTEMPTS = 5
UNSURE_ATTEMPTS = 3
MAX_LOGINS = 2
MAX_HOPS = 5
MAX_PAGES = 200
LONGEST_WAIT_S = 10
END_S = 14.5
FOR_EVER = 40
HOLDS_FOR_ALL = (401, 403, 404, 405, 415)
HERE = Path(__file__).parent
APIS: dict[str, Callable[[], Vendor]] = {**VENDORS, **STYLES}


class Stop(Exception):
    """No further call makes sense."""


class Client:
    def __init__(self, given: argparse.Namespace, rows: list[Row]) -> None:
        self.vendor = APIS[given.vendor]()
        self.base: str = given.url.rstrip("/")
        self.token: str = given.token
        self.rows = rows
        self.chunk: int = given.chunk
        self.fault: str = given.fault
        self.began = time.perf_counter()
        self.logins = 0
        self.keys = 0
        self.retried = False
        self.unsure = False
        self.failed: dict[str, str] = {}
        self.unsettled: list[Row] = []
        self.postponed: list[Row] = []

    # ---- one call ----

    def exchange(self, method: str, url: str, headers: dict[str, str], body: bytes | None) -> Reply:
        """Make one call on a connection of its own; the timeout is for the whole answer, drop by drop."""
        place = urlsplit(url)
        secure = place.scheme == "https"
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        limit = None if self.fault == "no-timeout" else TIMEOUT_S
        connection = kind(place.netloc, timeout=limit)
        late = threading.Event()

        def cut() -> None:
            late.set()
            if connected:
                connected[0].shutdown(socket.SHUT_RDWR)  # wakes the reader, which a close would not

        connected: list[socket.socket] = []
        watch = threading.Timer(limit or 3600, cut)
        watch.daemon = True
        watch.start()
        try:
            connection.connect()
            connected.append(connection.sock)
            target = place.path + (f"?{place.query}" if place.query else "")
            connection.request(method, target, body, headers | {"Connection": "close"})
            raw = connection.getresponse()
            content = raw.read()
        except (OSError, http.client.HTTPException, ValueError) as problem:
            empty = isinstance(problem, http.client.RemoteDisconnected)
            why = "no whole answer in time" if late.is_set() else type(problem).__name__
            return Reply(0, {"empty": "yes"} if empty else {}, b"", why)
        finally:
            watch.cancel()
            connection.close()
        if late.is_set():
            return Reply(0, {}, b"", "no whole answer in time")
        return Reply(raw.status, {name.lower(): value for name, value in raw.headers.items()}, content)

    def call(self, method: str, path: str, content: Json = None, key: str = "") -> Reply:
        """Make a call that the vendor has let in: follow redirects, log in, wait where it says so."""
        body = None if content is None else json.dumps(content).encode()
        url, hops, throttled, refused = self.base + path, 0, 0, 0
        while True:
            headers = self.vendor.headers(self.token) | (self.vendor.key_header(key) if key else {})
            if body is not None:
                headers["Content-Type"] = "application/json"
            reply = self.exchange(method, url, headers, body)
            if reply.status in (307, 308) and hops < MAX_HOPS and "location" in reply.headers:
                hops += 1
                url = urljoin(url, reply.headers["location"])
            elif reply.status == 401:
                refused += 1
                self.renew_token(refused)
            elif reply.status == 429:
                throttled += 1
                if throttled >= ATTEMPTS:
                    return reply
                self.wait_as_told(reply, throttled)
                if self.fault == "resends-accepted-on-429" and method != "GET":
                    raise StartAgain
            else:
                return self.weigh(reply, url)

    def weigh(self, reply: Reply, url: str) -> Reply:
        """Say whether an answer leaves open what was done."""
        if self.fault == "follows-302-as-get" and reply.status in (301, 302, 303):
            place = urljoin(url, reply.headers.get("location", url))
            return self.exchange("GET", place, self.vendor.headers(self.token), None)
        if reply.status == 503 and "retry-after" in reply.headers:
            self.wait_as_told(reply, 1)
        if reply.status >= 500 or reply.status in (301, 302, 303, 408, 425):
            reply.lost = f"answered by {reply.status}"
        return reply

    def wait_as_told(self, reply: Reply, attempt: int) -> None:
        told = reply.headers.get("retry-after")
        if self.fault == "ignores-retry-after":
            time.sleep(0.05)  # the fault: a short wait in place of the one asked for
        elif told is None or (self.fault == "reads-no-date" and not told.isdigit()):
            self.back_off(attempt)
        else:
            self.sleep(self.seconds(told, reply.headers.get("date")))

    def seconds(self, told: str, date: str | None) -> float:
        """Return how long Retry-After is from now, by the vendor's clock where it shows one."""
        if told.strip().isdigit():
            return float(told)
        until = email.utils.parsedate_tz(told)
        now = email.utils.parsedate_tz(date or "")
        if until is None:
            return 1.0
        start = email.utils.mktime_tz(now) if now else calendar.timegm(time.gmtime())
        return max(0.0, email.utils.mktime_tz(until) - start)

    def back_off(self, attempt: int) -> None:
        if self.fault == "retries-at-once":
            return
        self.sleep(0.1 * 2 ** (min(attempt, ATTEMPTS) - 1))

    def sleep(self, seconds: float) -> None:
        """Wait in real time, as a client in production does; Stop if that takes too long."""
        if seconds > LONGEST_WAIT_S:
            raise Stop(f"the vendor asks to wait {seconds:.0f} s")
        if time.perf_counter() - self.began + seconds > END_S:
            raise Stop("out of time")
        time.sleep(seconds)  # the client is a program of its own, not a test

    def renew_token(self, refused: int) -> None:
        """Log in; a token that was refused is never used again."""
        if self.fault == "refreshes-no-token" and refused < ATTEMPTS:
            self.back_off(refused)
            return
        most = FOR_EVER if self.fault == "logs-in-for-ever" else MAX_LOGINS
        if not self.vendor.login_path or self.logins >= most or self.fault == "refreshes-no-token":
            raise Stop("the token is refused")
        self.logins += 1
        headers, form = self.vendor.login()
        common = {name: value for name, value in self.vendor.headers("").items() if name != "Authorization"}
        for attempt in range(1, ATTEMPTS + 1):
            reply = self.exchange("POST", self.base + self.vendor.login_path, common | headers, form)
            if reply.status == 200:
                self.token = str(self.vendor.token(reply.document()))
                return
            if 0 < reply.status < 500 and reply.status != 429:
                break
            if attempt < ATTEMPTS:
                self.back_off(attempt)
        raise Stop("the login fails")

    # ---- look back ----

    def missing(self, rows: list[Row]) -> list[Row]:
        """Return those that the vendor does not have as they were sent; Stop if it cannot be read."""
        left, path, number = rows, self.vendor.first_page, 1
        self.unsure = True
        if not path:
            left = [row for row in rows if not self.has_record(row)]
        while path and left and number <= MAX_PAGES:
            page, path = self.vendor.page(self.read_page(path), number)
            sent = {row.key: to_cents(row.total(self.fault)) for row in left}
            left = [row for row in left if row.key not in page or page[row.key] not in (None, sent[row.key])]
            number += 1
            if self.fault == "page-read-once":
                break
        self.unsure = False
        return left

    def has_record(self, row: Row) -> bool:
        """Return whether the vendor has the row as it was sent."""
        shown = self.read_page(self.vendor.record_path(row))
        sent = self.vendor.item(row, self.fault)
        return isinstance(shown, dict) and all(shown.get(name) == value for name, value in sent.items())

    def read_page(self, path: str) -> Json:
        why = ""
        for attempt in range(1, ATTEMPTS + 1):
            reply = self.call("GET", path)
            why = reply.lost
            if not why and reply.status == 404 and not self.vendor.first_page:
                return None
            if not why and reply.status != 200:
                break
            try:
                if not why:
                    document = reply.document()
                    listed(document if isinstance(document, list) else self.list_of(document))
                    return document
            except Unreadable as problem:
                why = str(problem)
            if attempt < ATTEMPTS:
                self.back_off(attempt)
        raise Stop(f"the list cannot be read ({why or reply.status})")

    def list_of(self, document: Json) -> Json:
        return member(document, "data") or member(document, "BatchPayments") or []

    # ---- a chunk ----

    def new_key(self) -> str:
        self.keys += 1
        number = 1 if self.fault == "reuses-key" else self.keys
        name = f"{os.getpid()}-{int(self.began * 1e6)}-{number}"
        return name if self.vendor.keyed and self.fault != "retries-lost-without-looking" else ""

    def deliver(self, rows: list[Row]) -> None:
        """Send rows until each is stored or given up."""
        todo, key, last, why = list(rows), self.new_key(), 0, "not stored"
        self.unsettled, self.unsure = todo, False
        for attempt in range(1, self.most_tries() + 1):
            if attempt > 1:
                self.retried = True
                self.pause(attempt - 1)
            for row in todo:
                row.tries += 1
            body = self.vendor.body(todo, key, self.fault)
            reply = self.follow(self.call(self.vendor.method, self.vendor.path, body, key))
            results, why = self.read(reply, todo)
            self.unsure = bool(reply.lost)
            if reply.lost and reply.status // 100 == 3 and last == reply.status:
                self.give_up(todo, why)  # sent where it came from twice: no use in a third time
                return
            if results is not None:
                todo, key = self.settle(results, todo, rows), self.new_key()
            elif reply.lost:
                todo, key = self.after_loss(todo, key, reply, last, rows)
            else:
                todo = self.after_refusal(reply, todo)
            last = reply.status
            self.unsettled = todo
            if not todo:
                return
        self.end_tries(todo, reply, why)

    def follow(self, reply: Reply) -> Reply:
        """Return the answer that tells the outcomes, which a job has later; it is lost if the job is gone."""
        path = "" if reply.lost else self.vendor.job_path(reply)
        if self.fault == "accepted-is-stored":
            return reply
        for attempt in range(1, POLLS + 1) if path else ():
            reply = self.call("GET", path)
            try:
                if not reply.lost and (reply.status == 404 or self.vendor.is_done(reply.document())):
                    break
            except Unreadable as problem:
                reply.lost = str(problem)
            self.back_off(min(attempt, 2))
        if path and not reply.lost and reply.status != 200:
            reply.lost = f"the job is answered by {reply.status}"
        return reply

    def end_tries(self, todo: list[Row], reply: Reply, why: str) -> None:
        left = self.missing(todo) if reply.lost and self.vendor.keyed else todo
        for row in left:
            if self.fault != "gives-up-silently":
                self.give_up([row], row.why or why)

    def most_tries(self) -> int:
        return FOR_EVER if self.fault in ("retries-4xx-for-ever", "retries-for-ever") else ATTEMPTS

    def pause(self, attempt: int) -> None:
        if self.most_tries() == FOR_EVER:
            time.sleep(0.02)  # a client that never ends leaves the machine to others
        else:
            self.back_off(attempt)

    def read(self, reply: Reply, todo: list[Row]) -> tuple[Results | None, str]:
        """Return what an answer says of the items, or None and why it says nothing."""
        if self.believes_blindly(reply):
            results = Results()
            for row in todo:
                results.add(row.key, (STORED, ""))
            return results, ""
        is_unread = self.fault == "4xx-is-nothing-stored" and reply.status >= 400
        if reply.lost or is_unread or not self.vendor.tells_items(reply):
            return (
                None,
                reply.lost or f"refused: {reply.status} {reply.body[:200].decode('utf-8', 'replace')}",
            )
        try:
            results = self.vendor.read(reply, todo)
        except Unreadable as problem:
            reply.lost = str(problem)
            return None, reply.lost
        if results.strange and self.fault == "crashes-on-unknown":
            sys.stderr.write(f"unexpected {results.strange}\n")
            raise SystemExit(1)
        return self.misread(results, todo), "no outcome was told"

    def believes_blindly(self, reply: Reply) -> bool:
        good = 200 <= reply.status < 300
        unreadable = False
        if self.fault == "unreadable-is-success" and good:
            try:
                reply.document()
            except Unreadable:
                unreadable = True
        return {
            "status-line-only": good,
            "accepted-is-stored": good,
            "200-is-success": reply.status == 200,
            "follows-302-as-get": good and self.retried is False and reply.status == 200,
            "treats-lost-as-success": bool(reply.lost),
            "empty-is-success": "empty" in reply.headers,
            "html-is-success": "html" in reply.headers.get("content-type", ""),
            "unreadable-is-success": unreadable,
        }.get(self.fault, False)

    def misread(self, results: Results, todo: list[Row]) -> Results:
        """Join outcomes to items as a faulty client does."""
        good = sum(outcome[0] == STORED for outcome in results.in_order)
        if self.fault == "matches-by-position":
            results.outcomes = {row.key: one for row, one in zip(todo, results.in_order, strict=False)}
        elif self.fault == "counts-phantoms" and good >= len(todo):
            results.outcomes = {row.key: (STORED, "") for row in todo}
        elif self.fault == "trusts-count" and results.count is not None:
            fates = [(STORED, "")] * results.count + [(REFUSED, "not counted")] * len(todo)
            results.outcomes = dict(zip([row.key for row in todo], fates, strict=False))
        elif self.fault == "omitted-is-success":
            results.outcomes = {row.key: (STORED, "") for row in todo} | results.outcomes
        elif self.fault == "warning-is-failure":
            results.outcomes |= {key: (AGAIN, text) for key, text in results.warnings}
        return results

    def settle(self, results: Results, todo: list[Row], rows: list[Row]) -> list[Row]:
        """Note what is known of the items, look up the others; return those to send again."""
        self.warn(results, todo)
        outcomes = self.spread(results, todo)
        blank = [row for row in todo if row.key not in outcomes]
        if blank and self.fault != "omitted-is-failure":
            absent = self.missing(blank)
            for row in blank:
                outcomes[row.key] = (AGAIN, "no outcome, and not stored") if row in absent else (STORED, "")
        again: list[Row] = []
        for row in todo:
            fate, row.why = outcomes.get(row.key, (AGAIN, "no outcome"))
            if fate == STORED:
                self.failed.pop(row.key, None)
            elif self.fault == "stops-at-first-error":
                raise SystemExit(0)
            elif self.is_final(fate, row):
                self.give_up([row], row.why)
            else:
                again.append(row)
                self.unsettled = again
        return self.misroute(again, rows)

    def is_final(self, fate: str, row: Row) -> bool:
        if self.fault == "retries-4xx-for-ever":
            return False
        return fate == REFUSED or (fate == UNSURE and row.tries >= UNSURE_ATTEMPTS)

    def misroute(self, again: list[Row], rows: list[Row]) -> list[Row]:
        """Return the items to send again, in order; a faulty client takes others, or puts them off."""
        throttled = any(
            "429" in row.why or "ate limit" in row.why or "many requests" in row.why for row in again
        )
        if again and self.fault == "resends-all":
            return list(rows)
        if throttled and self.fault == "retries-whole-batch-on-item-throttle":
            return list(rows)
        if again and self.fault == "loses-order":
            self.postponed += again
            return []
        if again and self.vendor.keyed and self.fault not in ("omitted-is-failure", "retries-4xx-for-ever"):
            return self.missing(again)  # costs little; a payment that failed and was made would cost more
        return again

    def spread(self, results: Results, todo: list[Row]) -> dict[str, tuple[str, str]]:
        """Give failures without a key to the items that are left, where it is sure whose they are."""
        outcomes = dict(results.outcomes)
        left = [row for row in todo if row.key not in outcomes]
        fates = {fate for fate, _ in results.keyless}
        if len(left) == len(results.keyless) and len(fates) == 1 and UNSURE not in fates:
            outcomes |= {row.key: one for row, one in zip(left, results.keyless, strict=True)}
        return outcomes

    def warn(self, results: Results, todo: list[Row]) -> None:
        for key, text in results.warnings:
            if self.fault != "swallows-warnings" and any(row.key == key for row in todo):
                sys.stdout.write(f"warning: {key}: {text}\n")

    def after_loss(
        self, todo: list[Row], key: str, reply: Reply, last: int, rows: list[Row]
    ) -> tuple[list[Row], str]:
        """Decide what to send after an answer that was lost, and under which key."""
        self.retried = True
        if self.fault == "stops-at-first-error":
            raise SystemExit(0)
        if self.fault == "treats-lost-as-failure-silently":
            return [], key
        if self.fault in (
            "new-key-on-retry",
            "no-key-on-retry",
            "retries-lost-without-looking",
            "resends-all",
        ):
            again = list(rows) if self.fault == "resends-all" else todo
            return again, "" if self.fault == "no-key-on-retry" else self.new_key()
        broken_again = reply.status >= 500 and reply.status == last
        if self.vendor.keyed and not broken_again:
            return todo, key
        left = self.missing(todo)
        if self.fault == "loses-order":
            self.postponed += left
            left = []
        return left, self.new_key()

    def after_refusal(self, reply: Reply, todo: list[Row]) -> list[Row]:
        """Report a whole call that was refused; the items that it does not blame go again."""
        if self.fault in ("retries-4xx-for-ever", "4xx-is-nothing-stored"):
            return todo
        if self.fault == "stops-at-first-error":
            raise SystemExit(0)
        why = f"refused: {reply.status} {reply.body[:200].decode('utf-8', 'replace')}"
        if reply.status in HOLDS_FOR_ALL or reply.status == 429:
            raise Stop(why)
        if reply.status == 409 and self.vendor.keyed:
            return todo  # the first call with this key is still under way
        blamed = self.vendor.refused_items(reply, todo)
        self.give_up([row for row in todo if row.key in blamed or not blamed], why)
        return [row for row in todo if blamed and row.key not in blamed]

    def give_up(self, rows: list[Row], why: str) -> None:
        for row in rows:
            self.failed[row.key] = why

    # ---- all chunks ----

    def chunks(self) -> Iterator[list[Row]]:
        """Cut the rows; a key that comes again opens a chunk, as vendors refuse it twice in one call."""
        part: list[Row] = []
        for row in self.rows:
            if len(part) == self.chunk or any(row.key == other.key for other in part):
                yield part
                part = part[-1:] if self.fault == "overlaps-chunks" else []
            part.append(row)
        partial = len(part) < self.chunk
        if partial and self.fault == "drops-last-chunk" and self.retried:
            return
        yield part

    def run(self) -> int:
        try:
            for part in self.chunks():
                self.unsettled = part
                self.deliver(part)
            while self.postponed:
                self.fault = ""
                self.deliver([self.postponed.pop()])
        except StartAgain:
            self.fault = ""  # once is enough
            return self.run()
        except Stop as reason:
            self.give_up(
                self.unsettled, f"unknown whether it is stored, {reason}" if self.unsure else str(reason)
            )
            rest = [row for row in self.rows if row.tries == 0 and row.key not in self.failed]
            self.give_up(rest, f"not sent, {reason}")
            if self.fault == "gives-up-silently":
                return 0
        return self.report()

    def report(self) -> int:
        if self.fault == "forgets-failures":
            return 0
        named = list(self.failed.items())[: 1 if self.fault == "names-first-only" else None]
        good = [row.key for row in self.rows if row.key not in self.failed]
        for key, why in named:
            name = good[0] if self.fault == "names-wrong-item" and good else key
            sys.stderr.write(f"not stored: {name}: {' '.join(why.split())}\n")
        return 1 if self.failed else 0


class StartAgain(Exception):
    """A faulty client begins with the first row again."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("vendor", choices=APIS, help="a vendor, or a style of examples/batches")
    parser.add_argument("--url", required=True, help="where the vendor's paths begin")
    parser.add_argument("--token", required=True)
    parser.add_argument("--rows", help="JSON file of items; the vendor's own by default")
    parser.add_argument("--chunk", type=int, default=2, help="items in a call")
    parser.add_argument("--fault", default="", help="one of faults.yaml")
    given = parser.parse_args()
    name = given.vendor if given.vendor in VENDORS else "styles"
    file = Path(given.rows) if given.rows else HERE / "rows" / f"{name}.json"
    rows = [Row(document) for document in json.loads(file.read_text())]
    return Client(given, rows).run()


if __name__ == "__main__":
    sys.exit(main())
