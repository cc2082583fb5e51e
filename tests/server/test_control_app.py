from __future__ import annotations

from collections.abc import Iterator

import pytest

from mockserver.errors import SpecError
from mockserver.server.control_app import control_app
from tests.support import sample_vendor
from tests.support.client import Client

SANDBOXES = "/_mock/sandboxes"


@pytest.fixture
def operator() -> Iterator[Client]:
    """A client of a server that serves only the sample vendor."""
    with sample_vendor.shared_client() as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/_mock/nope", 404),
        ("GET", "/_mock", 404),
        ("GET", "/_mock/", 404),
        ("GET", "/_mock/health/", 404),
        ("GET", f"{SANDBOXES}/default/journal/one", 404),
        ("GET", f"{SANDBOXES}/default/journal/{'9' * 5000}", 404),
        ("GET", f"{SANDBOXES}/default%0A", 404),
        ("GET", f"{SANDBOXES}/Default", 400),
        ("GET", f"{SANDBOXES}/default/journal/0", 400),
        ("GET", f"{SANDBOXES}/default/journal?last=0", 400),
        ("GET", f"{SANDBOXES}/default/journal?last=x", 400),
        ("GET", f"{SANDBOXES}/default/journal?colour=red", 400),
        ("PUT", "/_mock/health", 405),
    ],
)
def test_a_bad_call_is_a_problem_document(operator: Client, method: str, path: str, status: int) -> None:
    response = operator.request(method, path)

    assert (response.status, response.media_type) == (status, "application/problem+json")
    assert (response.json["status"], response.json["code"]) == (status, f"http-{status}")


def test_a_refused_method_names_those_that_are_allowed(operator: Client) -> None:
    assert "GET" in operator.put("/_mock/health").headers["allow"]


def test_a_path_without_parameters_allows_its_own_methods_alone(operator: Client) -> None:
    response = operator.delete(f"{SANDBOXES}/default/journal/verify")

    assert (response.status, response.headers["allow"]) == (405, "POST")


def test_nothing_is_logged_of_a_call_in_one_of_several_media_types(
    operator: Client, caplog: pytest.LogCaptureFixture
) -> None:
    operator.put(
        f"{SANDBOXES}/default/scenarios/flaky", content=b"a: b", headers={"content-type": "text/yaml"}
    )

    assert caplog.records == []


def test_an_operation_that_no_class_implements_cannot_be_served() -> None:
    with pytest.raises(SpecError, match="health: 0 classes of the control plane implement it"):
        control_app((), 4096)


def test_no_credential_is_asked_for(operator: Client) -> None:
    assert operator.without("authorization").get("/_mock/health").status == 200
