"""The command `mockserver listen`: a receiver of callbacks and webhooks that prints what arrives."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import click

from mockserver.cli.errors import termination_as_interrupt
from mockserver.cli.options import CONTEXT_SETTINGS, EXIT_PORT_TAKEN, InvalidValueError, fail, own_option
from mockserver.cli.output import counted, write_json

_DROP, _ANSWERS = "drop", re.compile(r"([2-5][0-9]{2}|drop)(,([2-5][0-9]{2}|drop))*")
_SHOWN = re.compile(r"content-type|x-.*|.*(signature|delivery|webhook|event).*", re.IGNORECASE)
_DELIVERY_ID = re.compile(r".*delivery.*|.*(event|webhook|message)-id", re.IGNORECASE)
_MOST_CHARACTERS = 300


@dataclass(frozen=True)
class Receiver:
    answers: Sequence[str]
    """The answers in turn, each a status or `drop`."""
    secret: str = ""
    signature: str = ""
    """Name of the header that has the signature of the body; "" means any header."""
    as_json: bool = False
    arrived: Counter[str] = field(default_factory=Counter)
    """Number of calls by delivery id, or by body if the calls have no id."""

    def receive(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> str:
        """Print a call and return its answer."""
        answer = self.answers[self.arrived.total() % len(self.answers)]
        shown = {name: text for name, text in headers.items() if _SHOWN.fullmatch(name)}
        text = body.decode(errors="replace")
        delivery = next((value for name, value in headers.items() if _DELIVERY_ID.fullmatch(name)), text)
        self.arrived[delivery] += 1
        times, is_signed = self.arrived[delivery], self._is_signed(headers, body) if self.secret else None
        if self.as_json:
            call = {"method": method, "path": path, "headers": shown, "body": text}
            write_json({**call, "times": times, "signed": is_signed, "answer": answer})
            return answer
        sign = {True: "  signature right", False: "  signature WRONG", None: ""}[is_signed]
        click.echo(f"{method} {path} → {answer}{sign}{f'  time {times}' if times > 1 else ''}")
        for line in (*(f"{name}: {value}" for name, value in shown.items()), " ".join(text.split())):
            click.echo(f"  {line[:_MOST_CHARACTERS]}")
        return answer

    def _is_signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Return whether the header has the HMAC of the body, as hex or base64, after a prefix or without."""
        wanted = self.signature.lower()
        sent = [text.encode() for name, text in headers.items() if wanted in ("", name.lower())]
        made = [hmac.new(self.secret.encode(), body, name).digest() for name in ("sha1", "sha256", "sha512")]
        right = [form for one in made for form in (one.hex().encode(), b64encode(one))]
        forms = (form for text in sent for form in (text, text.partition(b"=")[2]))
        return any(hmac.compare_digest(form, one) for form in forms for one in right)


def make_server(port: int, receiver: Receiver) -> HTTPServer:
    """Bind a server of the receiver to loopback. Raises OSError."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            answer = receiver.receive(self.command, self.path, dict(self.headers), body)
            if answer != _DROP:
                self.send_response(int(answer))
                self.send_header("Content-Length", "0")
                self.end_headers()

        do_GET = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815 - http.server names them

        def log_message(self, *_: object) -> None:
            """Write nothing: the receiver prints each call."""

    return HTTPServer(("127.0.0.1", port), Handler)


def _read_answers(_context: click.Context, _option: click.Parameter, text: str) -> tuple[str, ...]:
    if not _ANSWERS.fullmatch(text):
        raise InvalidValueError(f"expected statuses or drop, such as 500,drop,200; found {text}", text, "200")
    return tuple(text.split(","))


@click.command(context_settings=CONTEXT_SETTINGS)
@own_option("--port", default=9000, type=click.IntRange(0, 65535), help="Port, usually 9000; 0 picks one.")
@own_option(
    "--answer",
    "answers",
    default="200",
    callback=_read_answers,
    metavar="STATUS,…",
    help="Statuses of the answers, in turn and from the start again; drop closes the connection.",
)
@own_option("--secret", default="", metavar="SECRET", help="Secret by which signatures are checked.")
@own_option("--signature", default="", metavar="HEADER", help="Header of the signature, an HMAC of the body.")
@own_option("--json", "as_json", is_flag=True, help="Print a JSON document for each call.")
def listen(port: int, **given: Any) -> None:
    """Receive callbacks and webhooks on this machine, and print what arrives; Ctrl-C stops it.

    At the end, print how many calls arrived, and how many of them were doubled, by the delivery id.

    \b
    mockserver listen --port 9000 --answer 500,500,200
    mockserver listen --secret webhook-secret --signature X-PAYT-SIGNATURE
    """
    receiver = Receiver(**given)
    try:
        server = make_server(port, receiver)
    except OSError as error:
        fail(f"port {port} cannot be used: {error.strerror}", f"--port {port}", "--port 0", EXIT_PORT_TAKEN)
    with termination_as_interrupt(), server, suppress(KeyboardInterrupt):
        click.echo(f"listening at http://127.0.0.1:{server.server_port}/ until Ctrl-C", err=True)
        server.serve_forever()
    total = receiver.arrived.total()
    said = f"{counted(total, 'call')} arrived, {total - len(receiver.arrived)} doubled"
    click.echo(said, err=receiver.as_json)
