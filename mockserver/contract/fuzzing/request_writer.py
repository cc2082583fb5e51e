"""Turn Schemathesis cases into requests as bytes, with XML bodies."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from io import BytesIO
from typing import Any, TypeAlias
from urllib.parse import unquote, urlsplit
from xml.etree.ElementTree import Element, SubElement, tostring

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPHeaderDict

from mockserver.contract.checks.answer_checks import unanswered_exchange
from mockserver.contract.exchange import Exchange, Request, Response
from mockserver.contract.ledger import FindingLedger
from mockserver.contract.oracle.parameters import find_operation
from mockserver.contract.target import Target, UnansweredCallError, UnsendableCallError
from mockserver.errors import MethodNotAllowed, NotFound
from mockserver.spec.openapi import Spec, resolve
from mockserver.spec.typed_xml import NIL_ATTRIBUTE, element_tag
from mockserver.spec.xml_places import XML_MEDIA_TYPES

_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
"""RFC 9110 §5.5; HTTP clients send nothing else."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110 §5.1."""

_NOT_SENT = ("content-length", "x-schemathesis-testcaseid")
"""The client writes the length itself, and the id of a test case is another in every run."""

_USER_AGENT = {"user-agent": "mockserver-contract"}


class UnsendableCaseError(requests.exceptions.InvalidHeader):
    """A case that cannot be sent over HTTP, or asks a mockserver for something."""


class RequestWriter(BaseAdapter):
    """Sends what requests has prepared through a target."""

    def __init__(self, target: Target, ledger: FindingLedger, spec: Spec | None = None) -> None:
        super().__init__()
        self._last: Exchange | None = None
        self._target = target
        self._ledger = ledger
        self._spec = spec
        self._base = urlsplit(target.address.url).path
        self._headers: Mapping[str, str] = {}
        self._alter: Callable[[Request], Request] | None = None

    def last(self) -> Exchange:
        """Return the last exchange.

        Raises:
            LookupError: nothing was sent yet.
        """
        if self._last is None:
            raise LookupError("nothing was sent")
        return self._last

    def within(self, headers: Mapping[str, str]) -> None:
        """Send these headers with every later call: they name its isolation scope."""
        self._headers = headers

    @contextmanager
    def altering(self, alter: Callable[[Request], Request] | None) -> Iterator[None]:
        """Change what is sent meanwhile; None: leave it as it is."""
        self._alter = alter
        try:
            yield
        finally:
            self._alter = None

    def session(self) -> requests.Session:
        """Return a session that remembers nothing and sends everything here."""
        made = _PlainSession()
        made.trust_env = False
        made.headers.clear()
        made.mount("http://", self)
        made.mount("https://", self)
        return made

    def send(  # noqa: PLR0913, PLR0917 - as the base has it
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002 - as the base has it
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,  # noqa: FBT001, FBT002 - as the base has it
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Return what the target answers; how it is called is the target's own affair.

        Raises:
            UnsendableCaseError: it cannot be sent over HTTP.
            TargetUnreachableError: nobody answers.
            UnansweredCallError: there is no whole answer; `last` is the request with none.
        """
        del stream, timeout, verify, cert, proxies
        sent = self._request(request)
        operation = self._operation(sent)
        try:
            exchange = self._target.send(sent, operation)
        except UnansweredCallError:
            self._last = unanswered_exchange(sent, operation)
            self._ledger.count_call(self._last)
            raise
        except UnsendableCallError as error:
            raise UnsendableCaseError(str(error)) from error
        self._ledger.count_call(exchange)
        self._last = exchange
        return _response(request, exchange)

    def close(self) -> None:
        """Leave the target open: it is not ours."""

    def _request(self, prepared: requests.PreparedRequest) -> Request:
        parts = urlsplit(prepared.url or "")
        if not parts.path.startswith(self._base):
            raise UnsendableCaseError(f"{prepared.url} is beside {self._base}")
        path = parts.path[len(self._base) :] + (f"?{parts.query}" if parts.query else "")
        headers = {name.lower(): _header_text(value) for name, value in prepared.headers.items()}
        for name in (*_NOT_SENT, *self._target.address.given):
            headers.pop(name, None)
        for name, value in headers.items():
            if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value) or value != value.strip():
                raise UnsendableCaseError(f"{name}: {value!r}")
        body = prepared.body or b""
        if isinstance(body, str):
            body = body.encode()
        named = {**headers, **self._headers, **_USER_AGENT}
        request = Request(prepared.method or "", path, named, bytes(body))
        return self._alter(request) if self._alter else request

    def _operation(self, sent: Request) -> str:
        if self._spec is None:
            return ""
        path = unquote(sent.path.partition("?")[0])
        try:
            return find_operation(self._spec, sent.method, path).operation.id
        except (NotFound, MethodNotAllowed):
            return ""


class _PlainSession(requests.Session):
    """A session that adds nothing to a request: no cookies, no settings, no redirects."""

    def request(  # type: ignore[override] # what Schemathesis passes
        self, method: str, url: str, headers: Mapping[str, Any] | None = None, **given: Any
    ) -> requests.Response:
        """Return what the adapter answers."""
        prepared = requests.PreparedRequest()
        prepared.prepare_method(method)
        # An empty text: the library takes long to read an empty mapping.
        prepared.prepare_url(url, given.get("params") or "")
        prepared.prepare_headers(
            {name: value for name, value in (headers or {}).items() if value is not None}
        )
        if cookies := given.get("cookies"):
            prepared.prepare_cookies(cookies)
        prepared.prepare_body(given.get("data") or [], given.get("files") or [], given.get("json"))
        prepared.prepare_auth(given.get("auth"), url)
        return self.get_adapter(url).send(prepared)


def _header_text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


class _Answer(BytesIO):
    """A decoded body with the headers of its answer."""

    version = 11

    def __init__(self, came: Response) -> None:
        super().__init__(came.body)
        # With this header the body would be decoded once more.
        self.headers = HTTPHeaderDict(
            [(name, text) for name, text in came.headers.items() if name != "content-encoding"]
        )


def _response(prepared: requests.PreparedRequest, exchange: Exchange) -> requests.Response:
    """Return the answer as requests has it, by as few steps as its readers need."""
    answer = _Answer(exchange.response)
    made = requests.Response()
    made.status_code = exchange.response.status
    made.headers = CaseInsensitiveDict(answer.headers)
    made.encoding = get_encoding_from_headers(made.headers)
    made.raw = answer
    made.url = prepared.url or ""
    made.request = prepared
    return made


Node: TypeAlias = Mapping[str, Any]

_NOT_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_NAME = re.compile(r"^[^A-Za-z_]|[^A-Za-z0-9_.-]")


def can_write_xml(media_type: str | None) -> bool:
    """Return whether bodies of that media type are written here."""
    return media_type in XML_MEDIA_TYPES


def write_xml(value: Any, schema: Node, document: Node) -> bytes:
    """Return `value` as XML with the names of `schema`; what does not fit is written, too."""
    node = resolve(document, schema)
    root = Element(element_tag(node, "data"))
    _fill(root, value, node, document)
    return tostring(root)


def _fill(element: Element, value: Any, schema: Node, document: Node) -> None:
    node = resolve(document, schema)
    if value is None:
        element.set(NIL_ATTRIBUTE, "true")
    elif isinstance(value, list):
        items = resolve(document, node.get("items", {}))
        for item in value:
            _fill(SubElement(element, element_tag(items, "item")), item, items, document)
    elif isinstance(value, dict):
        namespace = element.tag[: element.tag.find("}") + 1]
        for name in sorted(value):
            member = SubElement(element, namespace + _NOT_NAME.sub("_", name or "_"))
            _fill(member, value[name], node.get("properties", {}).get(name, {}), document)
    else:
        element.text = _text(value)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format(Decimal(repr(value)), "f")
    return _NOT_TEXT.sub("", str(value))
