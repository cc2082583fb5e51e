"""Generated requests: schemas for Schemathesis, pinned values of fixtures, bodies as bytes.

If a generated header or path is by chance a command to a mockserver, the case is not sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from io import BytesIO
from typing import Any, Self, TypeAlias, TypeVar
from urllib.parse import unquote, urlsplit

import requests
import schemathesis
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPResponse

from mockserver.codec.http import JSON_TYPE
from mockserver.contract.api import ApiUnderTest
from mockserver.contract.exchange import (
    Exchange,
    Request,
    Response,
    UnansweredCallError,
    UnsendableCallError,
    to_json_text,
)
from mockserver.contract.fuzzing.schemathesis_parts import (
    NOT_SET,
    REQUESTS_TRANSPORT,
    ChecksConfig,
    GenerationConfig,
    OpenApiSchema,
    ParameterLocation,
    PhasesConfig,
    ProjectConfig,
    TestPhase,
)
from mockserver.contract.oracle.checks import unanswered_exchange
from mockserver.contract.oracle.expectations import find_operation
from mockserver.contract.profile import PER_ITEM_REASON, ExpectedStatuses, FixturePins
from mockserver.contract.run_state import FindingLedger, RunConfig
from mockserver.contract.target import Target
from mockserver.errors import MethodNotAllowed, NotFound
from mockserver.model import Document, values_in
from mockserver.spec.openapi import Spec
from mockserver.spec.patterns import without_slow_patterns
from mockserver.spec.schema import referenced_schemas
from mockserver.spec.schema_tree import SchemaTree
from mockserver.spec.xml import XML_MEDIA_TYPES, XmlWriter

_ANY_JSON = "application/*+json"
_ONE_JSON = "application/vnd.mockserver+json"

T = TypeVar("T")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
"""Values of headers that HTTP clients can send, as in RFC 9110 §5.5."""

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""Names of headers, as in RFC 9110 §5.1."""

_NOT_SENT = ("content-length", "x-schemathesis-testcaseid")
"""Headers that are removed: the client writes the length, and the id of a test case differs in every run."""

_USER_AGENT = {"user-agent": "mockserver-contract"}
_MOMENT = re.compile(r"(\d{4})(-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d:\d\d)")
_FAR = "14:00"
_OWN_PREFIX = "mock-"
_PREFER = "prefer"
_WISH = re.compile(r"\b(code|example)\s*=", re.IGNORECASE)
_OWN_PATHS = re.compile(r"/(sandboxes|_mock)(/|\?|$)")


def load_schema(
    api: ApiUnderTest, url: str, run_config: RunConfig, *, walking: bool = False
) -> OpenApiSchema:
    """Return the schema from which Schemathesis makes cases for `url`. If `walking`, all cases are valid."""
    profile = api.profile
    config = _config(url, run_config, profile.credentials, "positive" if walking else "all")
    config["generation"]["codec"] = profile.pins.codec
    if profile.pins != FixturePins():
        config["checks"] = _expected(ExpectedStatuses(""))
    # The judge checks the items of a batch, so here a batch may have every usual status.
    each = ExpectedStatuses(PER_ITEM_REASON, valid=("2xx", "4xx"), invalid=("2xx", "4xx"))
    batches = {operation.id: each for operation in api.spec.operations.values() if operation.batch}
    judged = {**batches, **profile.pins.expected_statuses}
    config["operations"] = [
        {"include-operation-id": operation, "checks": _expected(one)} for operation, one in judged.items()
    ]
    _write_other_types(api)
    made = schemathesis.openapi.from_dict(_document(api), config=schemathesis.Config.from_dict(config))
    made.config = MergedConfig.of(made.config)
    return made


def _write_other_types(api: ApiUnderTest) -> None:
    """Let Schemathesis write bodies in media types that it does not know as JSON or octets."""
    for body in (body for operation in api.spec.operations.values() for body in operation.bodies):
        if "*" not in body.name and REQUESTS_TRANSPORT.get_first_matching_media_type(body.name) is None:
            known = JSON_TYPE if body.is_json else "application/octet-stream"
            schemathesis.serializer.alias(body.name, known)


def _config(
    url: str, run_config: RunConfig, credentials: Mapping[str, Mapping[str, str]], mode: str
) -> dict[str, Any]:
    # A credential that the user gave as a header is sent by the target.
    made = {name: values for name, values in credentials.items() if "header" not in values}
    return {
        **({"auth": {"openapi": made}} if made else {}),
        "base-url": url,
        "seed": run_config.seed,
        "output": {"sanitization": {"enabled": False}},
        "generation": {
            "mode": mode,
            "max-examples": run_config.max_examples,
            "deterministic": True,
            "database": "none",
        },
        "analysis": {"constants": {"enabled": False}},
        "phases": {"stateful": {"inference": {"algorithms": []}}},
    }


def _document(api: ApiUnderTest) -> dict[str, Any]:
    document: dict[str, Any] = without_slow_patterns(json.loads(to_json_text(api.spec.document)))
    components = document.get("components", {})
    for schema, members in api.profile.pins.omitted_members.items():
        for member in members:
            del components["schemas"][schema]["properties"][member]
    _name_one_json(document)
    return document


def slow_operations(api: ApiUnderTest) -> frozenset[str]:
    """Return the operations whose requests have a pattern that `_document` leaves out."""
    document, found = api.spec.document, set()
    for one in api.spec.operations.values():
        nodes = [*(body.schema for body in one.bodies), *(parameter.schema for parameter in one.parameters)]
        parts = [*nodes, *referenced_schemas(document, nodes).values()]
        if parts != without_slow_patterns(parts):
            found.add(one.id)
    return frozenset(found)


def _name_one_json(node: Any) -> None:
    """Replace the range `application/*+json`, which cannot be sent, by a media type of that range."""
    for _, one in values_in(node):
        content = one.get("content") if isinstance(one, dict) else None
        if isinstance(content, dict) and _ANY_JSON in content:
            content[_ONE_JSON] = content.pop(_ANY_JSON)


def _expected(judged: ExpectedStatuses) -> dict[str, Any]:
    return {
        "positive_data_acceptance": {"expected-statuses": list(judged.valid)},
        "negative_data_rejection": {"expected-statuses": list(judged.invalid)},
    }


class MergedConfig(ProjectConfig):
    """A configuration that never changes, so that the settings of an operation are merged only once.

    Schemathesis itself merges the settings of an operation with the general settings for every case.
    """

    __slots__ = ("_merged",)
    _merged: dict[tuple[str, ...], Any]

    def __init__(self) -> None:
        super().__init__()
        self._merged = {}

    @classmethod
    def of(cls, config: ProjectConfig) -> Self:
        made = cls()
        for name in (*ProjectConfig.__slots__, "_source_keys"):
            if hasattr(config, name):
                setattr(made, name, getattr(config, name))
        return made

    def phases_for(self, *, operation: Any) -> PhasesConfig:
        return self._once(super().phases_for, operation=operation)

    def generation_for(self, *, operation: Any = None, phase: str | None = None) -> GenerationConfig:
        return self._once(super().generation_for, operation=operation, phase=phase)

    def checks_config_for(self, *, operation: Any = None, phase: str | None = None) -> ChecksConfig:
        return self._once(super().checks_config_for, operation=operation, phase=phase)

    def _once(self, merge: Callable[..., T], *, operation: Any, **phase: str | None) -> T:
        label = "" if operation is None else str(operation.label)
        key = (merge.__name__, label, *map(str, phase.values()))
        if key not in self._merged:
            self._merged[key] = merge(operation=operation, **phase)
        made: T = self._merged[key]
        return made


class UnsendableCaseError(requests.exceptions.InvalidHeader):
    """A case cannot be sent over HTTP, or would be a command to a mockserver."""


class RequestWriter:
    """Sender of requests to a target, in place of the `requests` session of Schemathesis.

    Unlike a session it stores no cookies and settings, and follows no redirects. Schemathesis reads the
    members `headers`, `auth` and `adapters` of a session.
    """

    def __init__(self, target: Target, ledger: FindingLedger, spec: Spec) -> None:
        self.headers: dict[str, str] = {}
        self.auth = None
        self.adapters: dict[str, Any] = {}
        self._last: Exchange | None = None
        self._target = target
        self._ledger = ledger
        self._spec = spec
        self._base = urlsplit(target.address.url).path
        self._given: Mapping[str, str] = {}
        self._alter: Callable[[Request], Request] | None = None

    def last(self) -> Exchange:
        if self._last is None:
            raise LookupError("nothing was sent")
        return self._last

    def within(self, headers: Mapping[str, str]) -> None:
        """Send the headers of an isolation scope with every later call."""
        self._given = headers

    @contextmanager
    def altering(self, alter: Callable[[Request], Request] | None) -> Iterator[None]:
        """Inside the context, change every request with `alter`. If `alter` is None, change no request."""
        self._alter = alter
        try:
            yield
        finally:
            self._alter = None

    def request(
        self, method: str, url: str, headers: Mapping[str, Any] | None = None, **given: Any
    ) -> requests.Response:
        """Send a request. Arguments of `requests` for timeouts and redirects are ignored.

        Raises UnsendableCaseError, TargetUnreachableError, UnansweredCallError. After UnansweredCallError,
        `last` returns an exchange without an answer.
        """
        prepared = requests.PreparedRequest()
        prepared.prepare_method(method)
        # Without parameters a text, because the library takes long to read an empty mapping.
        prepared.prepare_url(url, given.get("params") or "")
        prepared.prepare_headers(
            {name: value for name, value in (headers or {}).items() if value is not None}
        )
        if cookies := given.get("cookies"):
            prepared.prepare_cookies(cookies)
        prepared.prepare_body(given.get("data") or [], given.get("files") or [], given.get("json"))
        prepared.prepare_auth(given.get("auth"), url)
        sent = self._request(prepared)
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
        return _response(prepared, exchange.response)

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
        named = {**headers, **self._given, **_USER_AGENT}
        request = Request(prepared.method or "", path, named, bytes(body))
        return self._alter(request) if self._alter else request

    def _operation(self, sent: Request) -> str:
        path = unquote(sent.plain_path)
        try:
            return find_operation(self._spec, sent.method, path).operation.id
        except (NotFound, MethodNotAllowed):
            return ""


def _header_text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def _response(prepared: requests.PreparedRequest, received: Response) -> requests.Response:
    # The body is decoded, and with this header it would be decoded once more.
    headers = {name: text for name, text in received.headers.items() if name != "content-encoding"}
    made = requests.Response()
    made.status_code = received.status
    made.headers = CaseInsensitiveDict(headers)
    made.encoding = get_encoding_from_headers(made.headers)
    made.raw = HTTPResponse(
        BytesIO(received.body), headers, version=11, preload_content=False, enforce_content_length=False
    )
    made.url = prepared.url or ""
    made.request = prepared
    return made


def can_write_xml(media_type: str | None) -> bool:
    return media_type in XML_MEDIA_TYPES


def write_xml(value: Any, schema: Document, document: Document) -> bytes:
    """Write `value` as XML with the names of `schema`, even if `value` does not fit the schema.

    Members are sorted, because data contracts of .NET read members in the order of their names.
    """
    ordered = json.loads(json.dumps(value, sort_keys=True), parse_float=Decimal)
    return XmlWriter(SchemaTree(document)).write(ordered, schema)


PinnedCase: TypeAlias = schemathesis.Case[Any]


def pin_case(case: PinnedCase, pins: FixturePins, *, walking: bool = False) -> None:
    """Fill a case with the pinned values, except in parts that are bad on purpose.

    If the headers are bad on purpose, replace only the headers whose value is an example of the spec. On a
    walk, do not use the values for a single operation, because the followed link gives such values.
    """
    operation = operation_id(case)
    # Read only once, because each access compares all parts of the case with their former values.
    meta = case.meta
    bodies = {} if walking else pins.bodies.get(operation, {})
    is_fuzzed = meta is not None and meta.phase.name == TestPhase.FUZZING
    may_be_unknown = walking or (is_fuzzed and case.body is NOT_SET)
    known = {} if may_be_unknown else pins.known.get(operation, {})
    places: Sequence[tuple[ParameterLocation, Any, Mapping[str, Any]]] = (
        (ParameterLocation.HEADER, case.headers, {**pins.headers, **(pins.walking if walking else {})}),
        (ParameterLocation.QUERY, case.query, {**pins.query, **known}),
        (ParameterLocation.PATH, case.path_parameters, {**pins.path, **known}),
        (ParameterLocation.BODY, case.body, {**pins.body, **bodies}),
    )
    for location, container, pinned in places:
        if location is ParameterLocation.BODY:
            meta = case.meta
        if meta is not None and meta.is_negative_at(location):
            if location is ParameterLocation.HEADER:
                _replace_examples(case, pinned)
            continue
        _replace_moments(container)
        if isinstance(container, MutableMapping):
            container.update({name: value for name, value in pinned.items() if name in container})
            for name in pins.omitted_headers:
                container.pop(name, None)


def _replace_examples(case: PinnedCase, pinned: Mapping[str, Any]) -> None:
    """Pin each header whose value is an example of the spec, because another header is the bad header."""
    for parameter in case.operation.headers:
        if parameter.name in pinned and case.headers.get(parameter.name) in parameter.examples:
            case.headers[parameter.name] = pinned[parameter.name]


def operation_id(case: PinnedCase) -> str:
    return id_of_operation(case.operation)


def id_of_operation(operation: Any) -> str:
    return str(operation.definition.raw.get("operationId") or operation.label)


def _replace_moments(value: Any) -> None:
    """Limit the date-times in `value` to offsets up to 14 hours and years 2 to 9998, which exist in UTC."""
    if isinstance(value, MutableMapping):
        entries: Any = list(value.items())
    elif isinstance(value, list):
        entries = list(enumerate(value))
    else:
        return
    for place, child in entries:
        if isinstance(child, str):
            moment = _valid_moment(child)
            if moment != child:
                value[place] = moment
        else:
            _replace_moments(child)


def _valid_moment(text: str) -> str:
    match = _MOMENT.fullmatch(text)
    if not match:
        return text
    year, rest, zone = match.groups()
    zone = zone if zone[1:] <= _FAR else f"{zone[0]}{_FAR}"
    return min(max(year, "0002"), "9998") + rest + zone


def own_part(case: PinnedCase, url: str) -> str:
    """Return the header or path of a case that is a command to a mockserver, or "" if there is none.

    `url` is the target's address. Paths that the spec itself has do not count.
    """
    stated = [parameter.name for parameter in case.operation.headers]
    return own_header(case.headers or {}, stated) or _own_path(case, url)


def own_header(headers: Mapping[str, object], stated: Iterable[str]) -> str:
    """Return the name of a header that is a command to a mockserver, or "" if there is none.

    A header in `stated` (the spec's headers) is no command, unless it is a `Prefer` whose value asks for a
    status or an example.
    """
    allowed = {name.lower() for name in stated}
    for name, text in headers.items():
        lower = name.lower()
        if lower.startswith(_OWN_PREFIX) and lower not in allowed:
            return name
        if lower == _PREFER and (lower not in allowed or _WISH.search(str(text))):
            return name
    return ""


def _own_path(case: PinnedCase, url: str) -> str:
    mount = urlsplit(url).path
    path = unquote(mount + case.formatted_path)
    is_stated = _OWN_PATHS.match(mount + case.operation.path)
    return path if _OWN_PATHS.match(path) and not is_stated else ""
