"""Header names leave every vendor as its spec spells them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver.model import Document
from mockserver.server.application import Application
from mockserver.spec.openapi import METHODS
from mockserver.testing.threaded_server import run_in_thread
from tests.support.operations import CalledOperation, called_operations
from tests.support.wire import names_sent

FIRST = {one.spec.name: one for one in reversed(called_operations()) if one.operation.security}
CALLED = [one for one in called_operations() if one.operation.method == "get"]


@pytest.fixture(scope="module")
def url(app: Application) -> Iterator[str]:
    with run_in_thread(app) as url:
        yield url


@pytest.mark.parametrize("one", CALLED, ids=lambda one: one.name)
def test_an_answer_spells_its_headers_as_the_spec_does(
    one: CalledOperation, url: str, app: Application, sandbox: str
) -> None:
    target = f"{one.path}?{one.query}"

    names = names_sent(url, "GET", target, {**one.headers(app), "Mock-Sandbox": sandbox})

    _check_names(names, one)


@pytest.mark.parametrize("one", FIRST.values(), ids=FIRST)
@pytest.mark.parametrize(("method", "end"), [("GET", ""), ("TRACE", ""), ("GET", "/nothing/of/that/name")])
def test_a_refusal_spells_its_headers_as_the_spec_does(
    one: CalledOperation, method: str, end: str, url: str, sandbox: str
) -> None:
    _check_names(names_sent(url, method, f"{one.path}{end}", {"Mock-Sandbox": sandbox}), one)


def _check_names(names: list[str], one: CalledOperation) -> None:
    """Check that usual names have capitals, and that others are as the vendor's spec has them."""
    spelled = {name.lower(): name for name in _header_names(one.spec.document)}

    assert {"Date", "Connection", "Mock-Journal"} <= set(names)
    assert [name for name in names if spelled.get(name.lower(), name) != name] == []
    assert [name for name in names if name.islower() and name not in spelled.values()] == []


def _header_names(document: Document) -> Iterator[str]:
    """The names of all headers that a spec declares for its answers."""
    operations = [item[method] for item in document["paths"].values() for method in METHODS if method in item]
    for node in (document.get("components", {}), *operations):
        for answer in node.get("responses", {}).values():
            yield from answer.get("headers", ())
