"""Send four rows in two calls, with state in a folder; `way` says how the client goes on after it was killed.

Three ways survive each kill: `key-on-disk`, `looks-first` (both pay by xero) and `upserts` (payt). The others
lose rows or pay twice: `marks-first` (payt), `new-key` and `saves-at-the-end` (xero).
"""

import argparse
import json
import os
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROWS = ("R-1", "R-2", "R-3", "R-4")
CHUNK = 2
BATCHES = "/api.xro/2.0/BatchPayments"


class Client:
    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.file = Path(given.folder) / "state.json"
        self.state: dict[str, Any] = {"sent": [], "keys": {}}
        if self.file.exists():
            self.state = json.loads(self.file.read_text())

    def save(self) -> None:
        """Write the state in one step, so that a kill leaves the old or the new one."""
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(self.state))
        new.replace(self.file)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        own = {
            "Authorization": f"Bearer {self.given.token}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "xero-tenant-id": self.given.tenant,
            **headers,
        }
        content = None if body is None else json.dumps(body).encode()
        url = urlsplit(self.given.url)
        connection = HTTPConnection(url.netloc, timeout=20)
        connection.request(method, url.path + path, content, own)
        answer = connection.getresponse()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status}")
        return json.load(answer)

    def run(self) -> None:
        stored = self.look() if self.given.way == "looks-first" else self.state["sent"]
        rows = [row for row in ROWS if row not in stored]
        for first in range(0, len(rows), CHUNK):
            self.deliver(rows[first : first + CHUNK])
        self.save()

    def look(self) -> list[str]:
        return [one["Reference"] for one in self.call("GET", BATCHES)["BatchPayments"]]

    def deliver(self, rows: list[str]) -> None:
        way = self.given.way
        if way == "marks-first":
            self.state["sent"] += rows
            self.save()
        if way in ("upserts", "marks-first"):
            self.call("POST", "/v1/invoices", invoices(rows))
        else:
            key = f"{os.getpid()}-{rows[0]}"  # another one in each start
            if way == "key-on-disk":
                key = self.state["keys"].setdefault(rows[0], key)
                self.save()
            self.call("PUT", f"{BATCHES}?summarizeErrors=false", payments(rows), **{"Idempotency-Key": key})
        if way in ("key-on-disk", "new-key", "saves-at-the-end"):
            self.state["sent"] += rows
        if way in ("key-on-disk", "new-key"):
            self.save()


def payments(rows: list[str]) -> Any:
    own = [{"Invoice": {"InvoiceNumber": "R1"}, "Amount": 1.5}]
    common = {"Account": {"Code": "BANK1"}, "Date": "2026-01-05", "Payments": own}
    return {"BatchPayments": [{**common, "Reference": row} for row in rows]}


def invoices(rows: list[str]) -> Any:
    totals = ("amount_total", "book_amount_total", "amount_open", "book_amount_open")
    common = {
        "invoice_date": "2026-06-01",
        "due_date": "2026-07-01",
        "description": "Work",
        "currency_code": "EUR",
        "debtor_number": "D-1",
        **dict.fromkeys(totals, "10.00"),
    }
    return {"administration_id": "81", "invoices": [{**common, "invoice_number": row} for row in rows]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way")
    for name in ("url", "token", "tenant", "folder"):
        parser.add_argument(f"--{name}", required=True)
    Client(parser.parse_args()).run()


if __name__ == "__main__":
    main()
