"""The command `mockserver listen`: a receiver of callbacks and webhooks that prints what arrives."""

from __future__ import annotations

import hmac
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import cycle

import click

from mockserver.cli.errors import termination_as_interrupt
from mockserver.cli.options import CONTEXT_SETTINGS, EXIT_PORT_TAKEN, InvalidValueError, fail, own_option
from mockserver.cli.output import counted, write_json

_DROP, _ANSWERS = "drop", re.compile(r"([2-5][0-9]{2}|drop)(,([2-5][0-9]{2}|drop))*")
_SHOWN = re.compile(r"content-type|x-.*|.*(signature|delivery|webhook|event).*", re.IGNORECASE)
_DELIVERY_ID = re.compile(r".*delivery.*|.*(event|webhook|message)-id", re.IGNORECASE)
_MOST_CHARACTERS = 300


class Receiver(HTTPServer):
    """Receiver on a port of loopback, which gives the answers in turn. Raises OSError if it is taken."""

    def __init__(self, port: int, answers: Sequence[str], secret: str = "", *, as_json: bool = False) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answers, self.secret, self.as_json = cycle(answers), secret.encode(), as_json
        self.arrived = Counter[str]()
        """Number of calls by delivery id, or by body if the calls have no id."""


class _Handler(BaseHTTPRequestHandler):
    timeout = 10
    server: Receiver

    def do_POST(self) -> None:
        try:
            body = self._read_body()
        except ValueError:
            self.send_error(400)
            return
        answer = next(self.server.answers)
        text, named = body.decode(errors="replace"), dict(self.headers)
        shown = {name: value for name, value in named.items() if _SHOWN.fullmatch(name)}
        delivery = next((value for name, value in named.items() if _DELIVERY_ID.fullmatch(name)), text)
        self.server.arrived[delivery] += 1
        times = self.server.arrived[delivery]
        is_signed = self._is_signed(body) if self.server.secret else None
        if self.server.as_json:
            call = {"method": self.command, "path": self.path, "headers": shown, "body": text}
            write_json({**call, "times": times, "signed": is_signed, "answer": answer})
        else:
            sign = "" if is_signed is None else f"  signature {'right' if is_signed else 'WRONG'}"
            again = f"  time {times}" if times > 1 else ""
            click.echo(f"{self.command} {self.path} → {answer}{sign}{again}")
            for line in (*(f"{name}: {value}" for name, value in shown.items()), " ".join(text.split())):
                click.echo(f"  {line[:_MOST_CHARACTERS]}")
        if answer != _DROP:
            self.send_response(int(answer))
            self.send_header("Content-Length", "0")
            self.end_headers()

    do_GET = do_PUT = do_PATCH = do_DELETE = do_POST  # noqa: N815 - http.server names them

    def _read_body(self) -> bytes:
        """Read the body. Raises ValueError if it has no length that can be read."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(iter(self._read_chunk, b""))
        return self.rfile.read(max(0, int(self.headers["Content-Length"] or 0)))

    def _read_chunk(self) -> bytes:
        chunk = self.rfile.read(max(0, int(self.rfile.readline().partition(b";")[0], 16)))
        self.rfile.readline()
        return chunk

    def _is_signed(self, body: bytes) -> bool:
        """Return whether a header has the HMAC of the body, as hex or base64, after a prefix or without."""
        made = [hmac.digest(self.server.secret, body, name) for name in ("sha1", "sha256", "sha512")]
        right = {form for one in made for form in (one.hex(), b64encode(one).decode())}
        return any(not right.isdisjoint((text, text.partition("=")[2])) for text in self.headers.values())

    def log_message(self, *_: object) -> None:
        """Write nothing: each call is printed."""


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
@own_option(
    "--secret",
    default="",
    metavar="SECRET",
    help="Secret of the signature, an HMAC of the body in any header.",
)
@own_option("--json", "as_json", is_flag=True, help="Print a JSON document for each call.")
def listen(port: int, answers: Sequence[str], secret: str, *, as_json: bool) -> None:
    """Receive callbacks and webhooks on this machine, and print what arrives; Ctrl-C stops it.

    At the end, print how many calls arrived, and how many of them were doubled, by the delivery id.

    \b
    mockserver listen --port 9000 --answer 500,500,200
    mockserver listen --secret webhook-secret
    """
    try:
        receiver = Receiver(port, answers, secret, as_json=as_json)
    except OSError as error:
        fail(f"port {port} cannot be used: {error.strerror}", f"--port {port}", "--port 0", EXIT_PORT_TAKEN)
    with termination_as_interrupt(), receiver, suppress(KeyboardInterrupt):
        click.echo(f"listening at http://127.0.0.1:{receiver.server_port}/ until Ctrl-C", err=True)
        receiver.serve_forever()
    total = receiver.arrived.total()
    click.echo(f"{counted(total, 'call')} arrived, {total - len(receiver.arrived)} doubled", err=as_json)
