"""A client that openapi-python-client made of a file without marks, on a server of that file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from openapi_spec_validator.readers import read_from_filename

from tests.any_files.support import write_files
from tests.clients.generated import Api, make, opened
from tests.support.server_process import serve_process

NAME = "openapi"


@pytest.fixture
def orders(tmp_path: Path) -> Iterator[Api]:
    """The client, with an order that was made and its server."""
    file = write_files("crud-3-0", tmp_path)
    made = make(NAME, tmp_path, read_from_filename(str(file))[0])
    with serve_process(str(file), "--vendor", NAME) as url, opened(made, f"{url}/{NAME}") as client:
        yield Api(made, client)


def test_records_are_made_listed_read_changed_and_deleted(orders: Api) -> None:
    models = orders.models
    written = models.OrderInput(customer="C-1", note="two pallets")

    first = orders.create_order(body=written).parsed
    second = orders.create_order(body=models.OrderInput(customer="C-2")).parsed
    assert (first.customer, first.note) == ("C-1", "two pallets")
    assert first.id != second.id
    page = orders.list_orders().parsed
    assert {one.id for one in page.data} == {first.id, second.id}
    assert orders.get_order(first.id).parsed == first

    changed = orders.update_order(first.id, body=models.UpdateOrderBody(note="three")).parsed
    assert (changed.customer, changed.note) == ("C-1", "three")
    replaced = orders.replace_order(first.id, body=models.OrderInput(customer="C-3")).parsed
    assert (replaced.id, replaced.customer) == (first.id, "C-3")
    assert orders.get_order(first.id).parsed == replaced

    assert orders.delete_order(first.id).status_code == 204
    assert orders.get_order(first.id).status_code == 404
    assert [one.id for one in orders.list_orders().parsed.data] == [second.id]
    assert orders.called == orders.all
