"""The server's parts of Connexion, imported without libraries that a server does not need.

Connexion imports `requests` for specs behind URLs, `httpx` for token services, Jinja for templates of specs,
Flask for applications of its own, and test clients: half of its import time, and 15 MiB. This module delays
each of these imports until the first use.
"""

from __future__ import annotations

from mockserver.codec.deferred import DeferredClass, DeferredModule, imports_deferred

_CLASSES = {
    "connexion.apps.flask": ("FlaskApi", "FlaskApp"),
    "connexion.frameworks.flask": ("Flask",),
    "starlette.templating": ("Jinja2Templates",),
    "starlette.testclient": ("TestClient",),
    "werkzeug.serving": ("run_simple",),
    "werkzeug.test": ("Client",),
}
_UNUSED = (
    *map(DeferredModule, ("requests", "httpx", "jinja2")),
    *(
        DeferredModule(one, **{name: DeferredClass(one, name) for name in names})
        for one, names in _CLASSES.items()
    ),
)

with imports_deferred(*_UNUSED):
    from connexion import AsyncApp
    from connexion.context import scope
    from connexion.datastructures import MediaTypeDict
    from connexion.exceptions import ProblemException
    from connexion.lifecycle import ConnexionRequest, ConnexionResponse
    from connexion.middleware import ConnexionMiddleware
    from connexion.middleware.abstract import ROUTING_CONTEXT
    from connexion.middleware.main import API
    from connexion.middleware.routing import RoutingMiddleware, RoutingOperation
    from connexion.middleware.security import SecurityAPI, SecurityMiddleware, SecurityOperation
    from connexion.middleware.swagger_ui import SwaggerUIMiddleware
    from connexion.resolver import Resolver
    from connexion.security import NO_VALUE
    from connexion.spec import OpenAPISpecification
    from connexion.validators import JSONRequestBodyValidator, ParameterValidator
