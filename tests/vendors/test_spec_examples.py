"""What the specs show as an example is there: every read finds what the examples of its parameters name."""

from __future__ import annotations

import pytest

from mockserver.server.application import Application
from tests.support.client import Client
from tests.support.operations import CalledOperation, called_operations

READS = [one for one in called_operations() if one.operation.method == "get"]
NAMED = [one for one in READS if "{" in one.operation.path]


@pytest.mark.parametrize("read", READS, ids=lambda one: one.name)
def test_a_read_finds_what_its_examples_name(read: CalledOperation, app: Application, client: Client) -> None:
    answered = client.get(f"{read.path}?{read.query}", headers=read.headers(app))

    assert answered.status in (200, 202, 302), answered


@pytest.mark.parametrize("read", NAMED, ids=lambda one: one.name)
def test_a_path_that_names_something_shows_an_example_of_it(read: CalledOperation) -> None:
    assert "None" not in read.path
