"""Which operation a request is for, as OpenAPI says: fixed paths stand before those with parameters."""

from __future__ import annotations

from mockserver.errors import MethodNotAllowed
from mockserver.spec.openapi import RouteMatch, Spec


def placed(spec: Spec, method: str, path: str) -> RouteMatch:
    """The operation at a path that is decoded, and the values of its parameters.

    Raises:
        NotFound: the spec has nothing there.
        MethodNotAllowed: the path that stands first has another method, whatever one after it has.
    """
    match = spec.match(method, path)
    fitting = [pattern.groups for pattern, _ in spec.routes if pattern.fullmatch(path)]
    if len(match.values) > min(fitting, default=0):
        raise MethodNotAllowed(())
    return match
