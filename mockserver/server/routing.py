"""Connexion routing and security for every vendor, built from its spec."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from jsonschema_rs import Draft4Validator
from starlette.types import ASGIApp

from mockserver.engine.registry import LoadedVendor
from mockserver.server.connexion_parts import (
    NO_VALUE,
    ConnexionRequest,
    OpenAPISpecification,
    Resolver,
    RoutingMiddleware,
    SecurityMiddleware,
)
from mockserver.server.flask_bridge import ARRIVAL
from mockserver.spec.openapi import METHODS, resolve


class ExactRouting(RoutingMiddleware):  # type: ignore[misc] # Connexion ships no types
    """Connexion's routing without slash redirects, which would answer before the security check."""

    def add_api(self, *args: Any, **kwargs: Any) -> None:
        """Add an API and turn off its redirects."""
        super().add_api(*args, **kwargs)
        self.router.redirect_slashes = False
        for route in self.router.routes:
            route.app.redirect_slashes = False


@dataclass(frozen=True, slots=True)
class SecurityHandler:
    """Connexion security handler for every scheme of a vendor: checks that a credential is present.

    Whether the credential is valid, and whose it is, is decided in the vendor's admission.
    """

    served: LoadedVendor

    def get_fn(self, node: Mapping[str, Any], _scopes: list[str]) -> Callable[[ConnexionRequest], Any]:
        """Return the check for one security scheme, which Connexion calls with the request."""
        name = node["x-name"]
        scheme = self.served.schemes[name]

        def check(request: ConnexionRequest) -> Any:
            return NO_VALUE if scheme.credential(request.scope[ARRIVAL]) is None else {"sub": name}

        return check


_OPENAPI = Draft4Validator(OpenAPISpecification.openapi_schema, validate_formats=False)


class _RoutingSpecification(OpenAPISpecification):  # type: ignore[misc] # Connexion ships no types
    """A specification that Connexion's own validator, which is slow, sees only if it is not valid."""

    @classmethod
    def _validate_spec(cls, spec: Mapping[str, Any]) -> None:
        if not _OPENAPI.is_valid(spec):
            super()._validate_spec(spec)


def build_connexion(vendor: LoadedVendor, app: ASGIApp) -> ExactRouting:
    """Wrap `app` in Connexion's routing and security for one vendor.

    Connexion's validation step is left out: the engine validates envelope and items separately, also for
    subrequests, and Connexion would rebuild its validators for every request.
    """
    guard = partial(SecurityHandler, vendor)
    specification = _RoutingSpecification(routing_document(vendor))
    security = SecurityMiddleware(app)
    routing = ExactRouting(security)
    added = {"base_path": f"/{vendor.name}", "resolver": Resolver(lambda _operation_id: _placeholder)}
    security.add_api(
        specification,
        security_map=dict.fromkeys(("apiKey", "basic", "bearer", "oauth2", "openIdConnect"), guard),
        **added,
    )
    routing.add_api(specification, **added)
    return routing


def routing_document(vendor: LoadedVendor) -> dict[str, Any]:
    """Return the parts of a spec that Connexion needs: paths, operation ids, security.

    All path parameters are declared as strings: a key that is not an integer gets the vendor's 400, not a
    404.
    """
    document = vendor.spec.document
    schemes = document.get("components", {}).get("securitySchemes", {})
    return {
        "openapi": "3.0.3",
        "info": {"title": vendor.name, "version": "1"},
        "paths": {
            path: {method: _routing_operation(document, item, method) for method in METHODS if method in item}
            for path, item in document["paths"].items()
        },
        "components": {"securitySchemes": {name: {**node, "x-name": name} for name, node in schemes.items()}},
    }


def _routing_operation(document: Mapping[str, Any], item: Mapping[str, Any], method: str) -> dict[str, Any]:
    node = item[method]
    parameters = [
        resolve(document, one) for one in (*item.get("parameters", ()), *node.get("parameters", ()))
    ]
    return {
        "operationId": node["operationId"],
        "security": node.get("security", document.get("security", [])),
        "parameters": [
            {"in": "path", "name": one["name"], "required": True, "schema": {"type": "string"}}
            for one in parameters
            if one["in"] == "path"
        ],
        "responses": {"default": {"description": "as the vendor's spec says"}},
    }


def _placeholder() -> None:
    """Stand in for the view function that Connexion requires; the bridge uses the operation id instead."""
