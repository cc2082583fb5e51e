"""The page of an API: its operations (Swagger UI or a plain list), its assumptions and its fixtures."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Response, abort, request

from mockserver.codec import json
from mockserver.codec.http import JSON_TYPE
from mockserver.console.assets import Assets
from mockserver.console.pages import POLICY, site_page
from mockserver.console.screen import ConsoleControl, ControlRefusal
from mockserver.engine.registry import LoadedVendor, list_assumptions
from mockserver.model import Document, Value
from mockserver.sandbox.sandboxes import DEFAULT_SANDBOX, is_sandbox_name
from mockserver.spec.openapi import METHODS, Spec

CONTROL = "_mock"
"""Name of the control plane among the APIs, and first segment of its paths."""

_SWAGGER_POLICY = f"{POLICY}; style-src 'self' 'unsafe-inline'; img-src 'self' data:"
"""Content security policy for Swagger UI, whose elements have styles and whose style sheet has images."""

_SANDBOX_PREFIX = "/sandboxes/"


class ApiPages(Value, frozen=True):
    """Pages and contracts of all APIs: of each vendor, and of the control plane."""

    vendors: Mapping[str, LoadedVendor]
    contract: Spec
    """Contract of the control plane."""
    control: ConsoleControl
    assets: Assets

    def yaml(self, name: str) -> Response:
        return Response(self._spec(name).text, content_type="application/yaml")

    def json(self, name: str) -> Response:
        """Return a contract as JSON. A vendor's contract names the query's `sandbox`, if any, as server."""
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
        spec, vendor = self._spec(name), self.vendors.get(name)
        sandbox, sandbox_error = _chosen_sandbox()
        known, is_plain = self._swagger(), "plain" in request.args
        swagger = None if is_plain else known
        mount = f"/{name}" if name == CONTROL else f"{_prefix_of(sandbox)}/{name}"
        return site_page(
            "api.html",
            policy=_SWAGGER_POLICY if swagger else POLICY,
            here=name,
            info=spec.document["info"],
            vendor=vendor,
            assumptions=list_assumptions([vendor] if vendor else []),
            groups=None if swagger else operation_groups(spec.document),
            sandbox=sandbox,
            sandbox_error=sandbox_error,
            mount=mount,
            base=f"{request.scheme}://{request.host}{mount}{spec.paths.base}",
            spec=f"/{name}/openapi",
            kept="" if name == CONTROL else f"sandbox={sandbox}&",
            swagger=swagger,
            has_swagger=bool(known),
            is_plain=is_plain,
            headers=self._headers(name) if swagger else {},
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


def _chosen_sandbox() -> tuple[str, str]:
    """Return the sandbox in query or path, and ""; for an invalid name, the default sandbox and a reason."""
    below = request.script_root.removeprefix(_SANDBOX_PREFIX)
    name = request.args.get("sandbox") or below or DEFAULT_SANDBOX
    if is_sandbox_name(name):
        return name, ""
    return DEFAULT_SANDBOX, "A sandbox name is 1 to 64 of a-z, 0-9 and -; this is the default sandbox."


def _prefix_of(sandbox: str) -> str:
    return "" if sandbox == DEFAULT_SANDBOX else f"{_SANDBOX_PREFIX}{sandbox}"


class OperationGroup(Value, frozen=True):
    """Operations of one tag, each as {method, path, batch, node}; `node` is the operation in the document."""

    name: str
    description: str
    operations: list[Document]


def operation_groups(document: Document) -> list[OperationGroup]:
    """Return the operations of a document by tag. `batch` is a batch operation's atomicity, else ""."""
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
                judged = "" if batch is None else str(batch.get("atomicity", "per-item")).replace("-", " ")
                operation = {"method": method.upper(), "path": path, "batch": judged, "node": node}
                groups.setdefault(tag, OperationGroup(tag, "", [])).operations.append(operation)
    return [group for group in groups.values() if group.operations]
