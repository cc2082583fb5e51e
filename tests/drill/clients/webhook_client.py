"""Client of Payt with a receiver of webhooks: right in every respect, or with one fault (`--fault NAME`)."""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import sys
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

FAULTS = ("counts-twice", "breaks-on-early", "accepts-any-signature", "misses-lost")
DOUBLED_S = 0.5
ROWS = [
    {
        "invoice_number": f"R-{number}",
        "invoice_date": "2026-06-01",
        "due_date": "2026-07-01",
        "debtor_number": "D-1",
    }
    | {"currency_code": "EUR", "amount_total": "10.00", "book_amount_total": "10.00"}
    | {"amount_open": "10.00", "book_amount_open": "10.00"}
    for number in (1, 2, 3)
]


class Inbox:
    def __init__(self, fault: str) -> None:
        self.fault = fault
        self.count = 0
        self.ids: set[str] = set()
        self.seen: set[str] = set()
        self.is_answered, self.arrived = False, 0
        self.changed = threading.Condition()

    def take(self, headers: dict[str, str], body: bytes) -> int:
        signature = hmac.new(b"webhook-secret", body, hashlib.sha256).hexdigest()
        if headers.get("x-payt-signature") != signature and self.fault != "accepts-any-signature":
            return 401
        if self.fault == "breaks-on-early" and not self.is_answered:
            return 500
        event = json.loads(body)
        if headers["x-payt-delivery"] not in self.ids or self.fault == "counts-twice":
            self.count += 1
        self.ids.add(headers["x-payt-delivery"])
        self.seen.add(event["invoice"]["invoice_number"])
        return 200


def listen(port: int, inbox: Inbox) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): text for name, text in self.headers.items()}
            with inbox.changed:
                inbox.arrived += 1
                self.send_response(inbox.take(headers, body))
                inbox.changed.notify_all()
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    return server


def call(options: argparse.Namespace, method: str, path: str, body: object = None) -> None:
    address = urlsplit(options.url)
    headers = {"Authorization": f"Bearer {options.token}", "Content-Type": "application/json"}
    connection = HTTPConnection(address.netloc)
    connection.request(method, address.path + path, json.dumps(body) if body else None, headers)
    connection.getresponse().read()
    connection.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    for name in ("--url", "--token"):
        parser.add_argument(name, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--patience", type=float, default=3)
    parser.add_argument("--fault", choices=FAULTS, default="")
    options = parser.parse_args()
    inbox, names = Inbox(options.fault), {str(row["invoice_number"]) for row in ROWS}
    server = listen(options.port, inbox)
    call(options, "POST", "/v1/invoices", {"administration_id": "81", "invoices": ROWS})
    inbox.is_answered = True
    with inbox.changed:
        inbox.changed.wait_for(lambda: inbox.seen >= names, options.patience)
        inbox.changed.wait_for(lambda: inbox.arrived >= 2 * len(names), DOUBLED_S)
    server.shutdown()
    missing = sorted(names - inbox.seen)
    if missing and options.fault not in ("misses-lost", "breaks-on-early"):
        call(options, "GET", "/v1/invoices?administration_id=81")
        sys.stdout.write(f"no webhook, read back: {', '.join(missing)}\n")
    sys.stdout.write(f"{inbox.count} webhooks\n")


if __name__ == "__main__":
    main()
