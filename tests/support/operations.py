"""Every vendor's operations as a caller finds them: path, credentials, headers, a batch's wrapping."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any
from urllib.parse import urlencode

from mockserver.codec import json
from mockserver.engine.auth import SecurityScheme
from mockserver.model import Document, Json
from mockserver.server.application import Application
from mockserver.spec import loading
from mockserver.spec.folder import specs_folder
from mockserver.spec.openapi import Operation, Spec, resolve
from tests.support.client import Client, Response

JSON = "application/json"


@dataclass(frozen=True, slots=True)
class CalledOperation:
    """One operation; `name` is vendor and operationId."""

    name: str
    spec: Spec
    operation: Operation

    @property
    def path(self) -> str:
        return f"/{self.spec.name}{self.operation.path.format_map(dict(self._shown('path')))}"

    @property
    def endpoint(self) -> tuple[str, str]:
        """The method, and the path with "{}" for each parameter."""
        return self.operation.method.upper(), re.sub(r"\{[^}]*\}", "{}", self.operation.path)

    def arguments(self) -> dict[str, Json]:
        """Return the parameters of path, query and headers that have an example in the spec."""
        found = {name: value for place in ("path", "query", "header") for name, value in self._shown(place)}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def query(self) -> str:
        """The query as the spec's examples have it."""
        shown = {name: value for name, value in self._shown("query") if value is not None}
        return urlencode({name: _spelt(value) for name, value in shown.items()})

    def headers(self, app: Application) -> dict[str, str]:
        """Credentials and required headers; a tenant is one of the fixtures."""
        schemes = self.operation.security[0] if self.operation.security else ()
        found = dict(_credential(self._scheme(name)) for name in schemes)
        for parameter in self.operation.parameters:
            if parameter.place == "header" and parameter.required:
                found[parameter.name.lower()] = _tenant(app, self.spec.name)
        return found

    @property
    def takes_authorization(self) -> bool:
        """Whether a credential is in the header Authorization."""
        schemes = self.operation.security[0] if self.operation.security else ()
        return any(_credential(self._scheme(name))[0] == "authorization" for name in schemes)

    @property
    def is_record_path(self) -> bool:
        """Whether the path, or a path beside it, ends in the key of a record."""
        folder = self.operation.path.rpartition("/")[0]
        paths = self.spec.document["paths"]
        return any(one.rpartition("/")[0] == folder and one.endswith("}") for one in paths)

    def wrapped(self, items: bytes) -> bytes:
        """A body whose list of items is this text."""
        assert self.operation.batch is not None
        body = items
        for step in reversed(self.operation.batch.items):
            body = b'{"%s": %s}' % (str(step).encode(), body)
        return body

    def example(self) -> bytes:
        """The spec's own example of a body, or an empty batch."""
        body = resolve(self.spec.document, self._node()["requestBody"])
        for value in _examples(self.spec.document, body["content"].get(JSON, {})):
            return json.encode(value)
        return self.wrapped(b"[]")

    def declares(self, answered: Response) -> bool:
        """Whether the operation declares the answer's status and, for that, its media type."""
        key = self.operation.declared_key(answered.status)
        return bool(key) and (not answered.body or answered.media_type in self.operation.contents(key))

    def _shown(self, place: str) -> Iterator[tuple[str, Json]]:
        """The parameters of a place as the spec's examples have them, None where it has none."""
        item = self.spec.document["paths"][self.operation.path]
        for listed in (*item.get("parameters", ()), *self._node().get("parameters", ())):
            parameter = resolve(self.spec.document, listed)
            if parameter["in"] == place:
                schema = resolve(self.spec.document, parameter["schema"])
                several = [resolve(self.spec.document, one) for one in parameter.get("examples", {}).values()]
                shown = several[0]["value"] if several else parameter.get("example", schema.get("example"))
                yield parameter["name"], shown

    def _node(self) -> Document:
        node: Document = self.spec.document["paths"][self.operation.path][self.operation.method]
        return node

    def _scheme(self, name: str) -> SecurityScheme:
        return SecurityScheme(name, self.spec.document["components"]["securitySchemes"][name])


@dataclass(frozen=True, slots=True)
class BatchAttempt:
    """A caller at one batch operation, with all that it asks for; `before` is what was stored at first."""

    batch: CalledOperation
    app: Application
    client: Client
    before: Json

    def send(self, content: bytes, media_type: str = JSON, chunks: int = 1) -> Response:
        """The answer to a body."""
        headers = {"content-type": media_type}
        method = self.batch.operation.method.upper()
        return self.client.request(method, self.batch.path, content=content, headers=headers, chunks=chunks)

    def send_to(self, path: str, method: str = "") -> Response:
        """The answer to a good body that is sent elsewhere or otherwise."""
        method = method or self.batch.operation.method.upper()
        headers = {"content-type": JSON}
        return self.client.request(method, path, content=self.batch.example(), headers=headers)

    def having(self, **headers: str) -> BatchAttempt:
        """The same with other headers."""
        return replace(self, client=self.client.within(**headers))

    def refused(self, answered: Response) -> bool:
        """Whether that is a 4xx that the operation declares, and nothing was stored."""
        declared = 400 <= answered.status < 500 and self.batch.declares(answered)
        return declared and self.untouched()

    def is_answered_as_declared(self, answered: Response) -> bool:
        """Whether the operation declares that answer, and it is no 5xx."""
        return answered.status < 500 and self.batch.declares(answered)

    def untouched(self) -> bool:
        """Whether the sandbox has the same state as at first."""
        is_same: bool = stored(self.app, self.client.headers["mock-sandbox"]) == self.before
        return is_same


def batch_operations() -> tuple[CalledOperation, ...]:
    """Those with `x-batch`."""
    return tuple(one for one in called_operations() if one.operation.batch)


@cache
def called_operations() -> tuple[CalledOperation, ...]:
    """All of them, or those of the vendors in MOCK_ONLY; from the specs, so that no package is needed."""
    only = tuple(filter(None, os.environ.get("MOCK_ONLY", "").split(",")))
    files = [file for file in sorted(specs_folder().glob("*.yaml")) if not file.name.startswith("_")]
    specs = [loading.load_spec(file) for file in files if not only or file.stem in only]
    return tuple(
        CalledOperation(f"{spec.name}-{operation.id}", spec, operation)
        for spec in specs
        for operation in spec.operations.values()
    )


def stored(app: Application, sandbox: str) -> Json:
    """Everything that the sandbox holds but its numbers, which a refusal may use up."""
    return {
        scope: {name: documents for name, documents in tables.items() if name != "sequences"}
        for scope, tables in app.sandboxes.dump(sandbox).items()
        if set(tables) != {"sequences"}
    }


def _credential(scheme: SecurityScheme) -> tuple[str, str]:
    if scheme.node["type"] == "apiKey":
        return scheme.node["name"].lower(), "any-key"
    if scheme.node.get("scheme") == "basic":
        return "authorization", "Basic " + b64encode(b"any:body").decode()
    return "authorization", "Bearer any-token"


def _spelt(value: Json) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


def _tenant(app: Application, vendor: str) -> str:
    served = next(one for one in app.served if one.name == vendor)
    tenants = [scope.partition("/")[2] for scope in served.fixtures]
    return next(filter(None, tenants), "any")


def _examples(document: Document, content: Mapping[str, Any]) -> Iterator[Json]:
    if "example" in content:
        yield content["example"]
    for example in content.get("examples", {}).values():
        yield resolve(document, example)["value"]
