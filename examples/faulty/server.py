"""A server of `parcels.yaml` with one fault: a parcel after a bad one is answered 201 and is not stored.

`python3 server.py 9000` has the fault; `python3 server.py 9000 right` is without it.
"""

from __future__ import annotations

import json
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

STORED: dict[str, Any] = {}
LIES = "right" not in sys.argv


def problem_of(parcel: Any) -> str:
    """Return why a parcel is refused; "" if it is good."""
    if not isinstance(parcel, dict) or set(parcel) != {"number", "grams"}:
        return "a parcel has number and grams"
    number, grams = parcel["number"], parcel["grams"]
    if not isinstance(number, str) or not re.fullmatch("[A-Za-z0-9-]{1,20}", number):
        return "number has 1 to 20 letters, digits and hyphens"
    if type(grams) not in (int, float) or grams % 1 or not 1 <= grams <= 30000:
        return "grams is a whole number from 1 to 30000"
    return ""


def store(parcels: list[Any]) -> list[dict[str, Any]]:
    """Store the good parcels; return a result for each parcel."""
    results: list[dict[str, Any]] = []
    failed = False
    for parcel in parcels:
        number: Any = parcel.get("number") if isinstance(parcel, dict) else None
        if problem := problem_of(parcel):
            failed = True
            results.append(
                {"number": number if isinstance(number, str) else None, "status": 422, "error": problem}
            )
            continue
        results.append({"number": number, "status": 200 if number in STORED else 201})
        if not (failed and LIES):
            STORED[number] = parcel
    return results


class Handler(BaseHTTPRequestHandler):
    wbufsize = -1  # headers and body leave together

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path != "/parcels":
            return self.refuse_method()
        if self.headers.get_content_type() != "application/json":
            return self.answer(415, {"error": "only application/json is read"})
        try:
            parcels = json.loads(body)
        except ValueError:
            return self.answer(400, {"error": "the body is not JSON"})
        if not isinstance(parcels, list) or not 1 <= len(parcels) <= 100:
            return self.answer(400, {"error": "the body is a list of 1 to 100 parcels"})
        return self.answer(207, store(parcels))

    def do_GET(self) -> None:
        if not self.path.startswith("/parcels/"):
            return self.refuse_method()
        parcel = STORED.get(self.path.removeprefix("/parcels/"))
        return self.answer(200, parcel) if parcel else self.answer(404, {"error": "there is no such parcel"})

    def refuse_method(self) -> None:
        allowed = "POST" if self.path == "/parcels" else "GET" if self.path.startswith("/parcels/") else ""
        return self.answer(405 if allowed else 404, {"error": "no such operation"}, allowed)

    do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = do_TRACE = do_QUERY = refuse_method

    def answer(self, status: int, document: Any, allowed: str = "") -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        if allowed:
            self.send_header("Allow", allowed)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
