"""The request that `mockserver send` sends: an example of the server's, or the user's own body."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mockserver import __version__
from mockserver.cli.output import first_amount, write_lines
from mockserver.cli.remote.declared_call import find_declared_call, read_spec
from mockserver.cli.send import SendOptions
from mockserver.cli.server import ControlPlane, RefusedError, sandbox_path
from mockserver.codec.curl import curl_command, header_option, shell_quote
from mockserver.model import Document, Json

_FEW, _MANY = 100, 10_000
_NO_EXAMPLE = "no-example"
_DEFAULT_KEY_HEADER = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class VendorCall:
    """A request; header names are lower case, `amounts` are those of its items, if they are known.

    `elsewhere` says that it goes to another address than the server's.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    amounts: tuple[str, ...] = ()
    elsewhere: bool = False

    def curl(self) -> str:
        """Return the request as a curl command for bash."""
        headers = [header_option(name, text) for name, text in self.headers.items()]
        url = shell_quote(self.url.encode())
        return curl_command(
            self.method, url, headers, self.headers.keys(), self.body, is_text=self._is_text()
        )

    def text(self) -> str:
        """Return the request as text: first line, headers, body."""
        head = [f"{self.method} {self.url}", *(f"{name}: {text}" for name, text in self.headers.items())]
        return "\n".join([*head, "", self.body.decode(errors="backslashreplace")])

    def _is_text(self) -> bool:
        try:
            return "\0" not in self.body.decode()
        except UnicodeDecodeError:
            return False


def make_call(control: ControlPlane, options: SendOptions) -> VendorCall:
    """Return the request that the options ask for.

    Raises:
        RefusedError: the server has no such example.
    """
    if options.source:
        body = sys.stdin.buffer.read() if options.source == "-" else Path(options.source).read_bytes()
        example = _call_without_items(control, options)
        items: list[Json] = []
    else:
        example = _own_example(control, options)
        body, items = example["body"].encode(), example["items"]
    headers = {"user-agent": f"mockserver/{__version__}", **example["headers"], **_added(control, options)}
    return VendorCall(
        str(example["method"]),
        f"{options.to.rstrip('/') or control.vendor_url(options.vendor)}{example['path']}",
        headers,
        body,
        tuple(map(first_amount, items)),
        elsewhere=bool(options.to),
    )


def _call_without_items(control: ControlPlane, options: SendOptions) -> Document:
    """Return the call that an example makes, or that the spec declares where there is no example."""
    try:
        with _other_sandbox(control) as path:
            # An example may store records that its items refer to; those are not wanted here.
            return _example(control, path, options, items=1, bad=0, first=1)
    except RefusedError as error:
        found = None
        if error.code == _NO_EXAMPLE:
            found = find_declared_call(control, options.vendor, options.operation)
        if found is None:
            raise
        return found


def _own_example(control: ControlPlane, options: SendOptions) -> Document:
    """Return an example with new keys; where the number of bad items was not given, with none if need be."""
    calls = int(control.here("GET")["calls"])
    first = calls * _stride(options.items) + 1 if options.first is None else options.first
    bad = min(1, options.items - 1) if options.bad is None else options.bad
    try:
        return _example(control, control.path, options, items=options.items, bad=bad, first=first)
    except RefusedError as error:
        if error.code != _NO_EXAMPLE or options.bad is not None or not bad:
            raise
        write_lines([f"no example with a bad item: {error}"], err=True)
        return _example(control, control.path, options, items=options.items, bad=0, first=first)


def _stride(items: int) -> int:
    """Return how far the numbers of two examples are apart, so that their items differ."""
    return _FEW if items <= _FEW else _MANY


def _example(control: ControlPlane, path: str, options: SendOptions, **numbers: int) -> Document:
    wanted = {"vendor": options.vendor, "operation": options.operation, **numbers}
    found: Document = control.call("POST", f"{path}/examples", wanted)
    return found


@contextmanager
def _other_sandbox(control: ControlPlane) -> Iterator[str]:
    """Yield the path of a sandbox that is deleted afterwards."""
    name = f"send-{os.getpid()}"
    control.call("POST", "/sandboxes", {"name": name})
    try:
        yield sandbox_path(name)
    finally:
        control.call("DELETE", sandbox_path(name))


def _added(control: ControlPlane, options: SendOptions) -> dict[str, str]:
    key = {_key_header(control, options.vendor): options.key} if options.key else {}
    return {name.lower(): text for name, text in {**key, **options.headers}.items()}


def _key_header(control: ControlPlane, vendor: str) -> str:
    """Return the vendor's header for idempotency keys: what its spec says, else the common one."""
    return str(read_spec(control, vendor).get("x-idempotency-header") or _DEFAULT_KEY_HEADER)
