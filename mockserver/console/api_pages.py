"""The page of an API: Swagger UI or a plain list of operations; assumptions and fixtures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask import Response, abort, request

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE
from mockserver.console.assets import Assets
from mockserver.console.pages import POLICY, site_page
from mockserver.console.screen import ConsoleControl, ControlRefusal
from mockserver.engine.registry import LoadedVendor, list_assumptions
from mockserver.model import Document, Json
from mockserver.sandbox.sandboxes import DEFAULT_SANDBOX, is_sandbox_name
from mockserver.sandbox.store import Tables
from mockserver.spec.openapi import METHODS, Spec

CONTROL = "_mock"
"""Name of the control plane among the APIs, and first segment of its paths."""

_SWAGGER_POLICY = f"{POLICY}; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
"""Policy for Swagger UI, which has styles in its elements and images in its style sheet."""

_MOST_KEYS = 8
_SANDBOX_PREFIX = "/sandboxes/"


@dataclass(frozen=True, slots=True)
class ApiPages:
    """Pages and contracts of all APIs: of each vendor, and of the control plane."""

    vendors: Mapping[str, LoadedVendor]
    contract: Spec
    """Contract of the control plane."""
    control: ConsoleControl
    assets: Assets

    def yaml(self, name: str) -> Response:
        return Response(self._spec(name).text, content_type="application/yaml")

    def json(self, name: str) -> Response:
        """Return a contract as JSON. If the query has a `sandbox`, it is the server in the contract."""
        document = self._spec(name).document
        if "sandbox" in request.args and name != CONTROL:
            sandbox, _ = _chosen_sandbox()
            server = {"url": f"{_prefix_of(sandbox)}/{name}", "description": f"sandbox {sandbox}"}
            document = {**document, "servers": [server]}
        return Response(json.encode(document), content_type=JSON_TYPE)

    def _spec(self, name: str) -> Spec:
        if name == CONTROL:
            return self.contract
        if name not in self.vendors:
            abort(404)
        return self.vendors[name].spec

    def page(self, name: str) -> Response:
        info = self._spec(name).document["info"]
        sandbox, sandbox_error = _chosen_sandbox()
        has_swagger, is_plain = bool(self._swagger()), "plain" in request.args
        swagger = None if is_plain else self._swagger()
        mount = f"/{name}" if name == CONTROL else f"{_prefix_of(sandbox)}/{name}"
        return site_page(
            "api.html",
            policy=_SWAGGER_POLICY if swagger else POLICY,
            here=name,
            title=info["title"],
            version_of_api=info.get("version", ""),
            description=info.get("description", ""),
            groups=None if swagger else operation_groups(self._spec(name).document),
            sandbox=sandbox,
            sandbox_error=sandbox_error,
            mount=mount,
            base=f"{request.scheme}://{request.host}{mount}{self._spec(name).paths.base}",
            spec=f"/{name}/openapi",
            kept="" if name == CONTROL else f"sandbox={sandbox}&",
            swagger=swagger,
            has_swagger=has_swagger,
            is_plain=is_plain,
            headers=self._headers(name) if swagger else {},
            **self._facts(name),
        )

    def _swagger(self) -> Mapping[str, str] | None:
        found = {
            "style": self.assets.address("swagger-ui.css"),
            "script": self.assets.address("swagger-ui-bundle.js"),
        }
        return found if all(found.values()) else None

    def _headers(self, name: str) -> Mapping[str, str]:
        """Return headers with which a call is accepted; {} if none are known."""
        if name == CONTROL:
            return {}
        try:
            access: Document = self.control.get(f"/vendors/{name}/access")
        except ControlRefusal:
            return {}
        headers: Mapping[str, str] = access["headers"]
        return headers

    def _facts(self, name: str) -> dict[str, Json]:
        vendor = self.vendors.get(name)
        if vendor is None:
            return {"is_vendor": False, "assumptions": (), "fixtures": ()}
        return {
            "is_vendor": True,
            "assumptions": list_assumptions([vendor]),
            "fixtures": list(_fixtures(vendor.fixtures)),
        }


def _chosen_sandbox() -> tuple[str, str]:
    """Return the sandbox in query or path, and ""; for an invalid name, the default sandbox and a reason."""
    below = request.script_root.removeprefix(_SANDBOX_PREFIX)
    name = request.args.get("sandbox") or below or DEFAULT_SANDBOX
    if is_sandbox_name(name):
        return name, ""
    return DEFAULT_SANDBOX, "A sandbox name is 1 to 64 of a-z, 0-9 and -; this is the default sandbox."


def _prefix_of(sandbox: str) -> str:
    return "" if sandbox == DEFAULT_SANDBOX else f"{_SANDBOX_PREFIX}{sandbox}"


def _fixtures(tables: Tables) -> Iterator[Document]:
    """Yield each tenant with its collections, and for each collection its first keys."""
    for scope, collections in tables.items():
        yield {
            "scope": scope,
            "tenant": scope.partition("/")[2],
            "collections": [
                {
                    "name": name,
                    "count": len(documents),
                    "first": list(documents)[:_MOST_KEYS],
                    "more": max(0, len(documents) - _MOST_KEYS),
                }
                for name, documents in sorted(collections.items())
            ],
        }


@dataclass(frozen=True, slots=True)
class OperationGroup:
    """Operations of one tag, each as {id, method, path, summary, description, batch, is_deprecated}."""

    name: str
    description: str
    operations: list[Document]


def operation_groups(document: Document) -> list[OperationGroup]:
    """Return the operations of an OpenAPI document, grouped by tag. `batch` is the atomicity, "" if none."""
    groups = {
        tag["name"]: OperationGroup(tag["name"], str(tag.get("description", "")), [])
        for tag in document.get("tags", ())
    }
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                node = item[method]
                batch = node.get("x-batch")
                tag = str(next(iter(node.get("tags", ())), "Operations"))
                operation = {
                    "id": node["operationId"],
                    "method": method.upper(),
                    "path": path,
                    "summary": node.get("summary", ""),
                    "description": node.get("description", ""),
                    "batch": ""
                    if batch is None
                    else str(batch.get("atomicity", "per-item")).replace("-", " "),
                    "is_deprecated": bool(node.get("deprecated")),
                }
                groups.setdefault(tag, OperationGroup(tag, "", [])).operations.append(operation)
    return [group for group in groups.values() if group.operations]
