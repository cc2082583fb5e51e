"""A vendor that nobody wrote code for: its spec in a folder of one's own, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from mockserver.engine.registry import vendor_packages
from mockserver.errors import SpecError
from mockserver.server.application import Application, Options, create_app
from tests.support import sample_vendor
from tests.support.client import Client, Response

THREE = {
    "orders": [
        {"id": "A-1", "amount": 12},
        {"id": "A-2", "amount": -1},
        {"id": "A-3", "amount": 0, "note": None},
    ]
}


@pytest.fixture
def application(tmp_path: Path) -> Application:
    """The made-up vendor, alone."""
    sample_vendor.write_spec(tmp_path)
    return create_app(Options(vendors=("acme",), specs=(tmp_path,)))


@pytest.fixture
def acme(application: Application) -> Client:
    return Client(application, {"host": "testserver", "authorization": "Bearer abc"}, "/acme")


def test_it_stands_beside_the_others(tmp_path: Path) -> None:
    sample_vendor.write_spec(tmp_path)

    served = create_app(Options(specs=(tmp_path,))).served

    assert {"acme", *vendor_packages()} == {vendor.name for vendor in served}


def test_every_item_is_answered_for_itself(acme: Client) -> None:
    answered = acme.put("/orders", json=THREE)

    assert (answered.status, answered.json) == (
        207,
        {
            "results": [
                {"status": 201, "text": "Created", "order": {"id": "A-1"}},
                {"status": 422, "text": "-1 is less than the minimum of 0", "order": {"id": "A-2"}},
                {"status": 201, "text": "Created", "order": {"id": "A-3"}},
            ]
        },
    )


def test_an_item_that_is_there_is_updated(acme: Client) -> None:
    acme.put("/orders", json=THREE)

    answered = acme.put("/orders", json={"orders": [{"id": "A-1", "amount": 13}]})

    assert answered.json["results"] == [{"status": 200, "text": "Updated", "order": {"id": "A-1"}}]
    assert acme.get("/orders/A-1").json == {"id": "A-1", "amount": 13}


def test_the_list_holds_the_good_ones(acme: Client) -> None:
    acme.put("/orders", json=THREE)

    answered = acme.get("/orders")

    assert (answered.status, answered.json) == (
        200,
        [{"id": "A-1", "amount": 12}, {"id": "A-3", "amount": 0, "note": None}],
    )


def test_the_good_one_is_shown(acme: Client) -> None:
    acme.put("/orders", json=THREE)

    assert acme.get("/orders/A-1").json == {"id": "A-1", "amount": 12}


def test_the_bad_one_is_not_there(acme: Client) -> None:
    acme.put("/orders", json=THREE)

    assert acme.get("/orders/A-2").status == 404


def test_amounts_are_exact(acme: Client) -> None:
    body = b'{"orders": [{"id": "A-1", "amount": 12345678901234567890.10}]}'

    acme.put("/orders", content=body, headers={"content-type": "application/json"})

    assert acme.get("/orders/A-1").body == b'{"id":"A-1","amount":12345678901234567890.10}'


def test_a_second_sandbox_is_untouched(acme: Client) -> None:
    acme.put("/orders", json=THREE)

    assert acme.get("/orders", headers={"mock-sandbox": "second"}).json == []


@pytest.mark.parametrize(("method", "path"), [("PUT", "/orders"), ("GET", "/orders"), ("GET", "/orders/A-1")])
def test_without_credentials_there_is_no_answer(acme: Client, method: str, path: str) -> None:
    assert acme.without("authorization").request(method, path, json=THREE).status == 401


def test_its_spec_is_served_as_its_file(acme: Client, tmp_path: Path) -> None:
    assert acme.get("/openapi.yaml").body == (tmp_path / "acme.yaml").read_bytes()


def test_its_page_lists_its_operations(acme: Client) -> None:
    text = acme.get("/ui/?plain=1").text

    assert [name for name in ("putOrders", "listOrders", "showOrder") if name not in text] == []


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        (
            "/paths/~1orders/put/x-batch/outcome",
            (
                "acme: putOrders: add to its x-batch: "
                "outcome: {list: /data, status: /status, message: /body, key: /id}"
            ),
        ),
        (
            "/paths/~1orders/put/x-batch/collection",
            "acme: putOrders: add to its x-batch: collection: <where accepted items live>, key: [<member>]",
        ),
    ],
    ids=["outcome", "collection"],
)
def test_a_spec_that_says_too_little_is_refused_with_the_line_to_write(
    tmp_path: Path, pointer: str, line: str
) -> None:
    sample_vendor.write_spec(tmp_path, sample_vendor.changed_document(pointer))

    with pytest.raises(SpecError) as refused:
        create_app(Options(specs=(tmp_path,)))

    assert str(refused.value) == line


def test_a_file_that_ends_in_yml_is_served_too(tmp_path: Path) -> None:
    sample_vendor.write_spec(tmp_path).rename(tmp_path / "acme.yml")

    assert [one.name for one in create_app(Options(vendors=("acme",), specs=(tmp_path,))).served] == ["acme"]


WAREHOUSE = Path(__file__).parents[1] / "contract" / "specs" / "warehouse.yaml"
ARTICLE = {"number": 7, "name": "Bolt", "unit": "box", "price": 1}


@pytest.fixture(scope="module")
def warehouse_application() -> Application:
    return create_app(Options(vendors=("warehouse",), specs=(WAREHOUSE.parent,)))


@pytest.fixture
def warehouse(warehouse_application: Application, request: pytest.FixtureRequest) -> Client:
    """A client in a sandbox of its own."""
    sandbox = f"test-{abs(hash(request.node.name))}"
    headers = {"host": "testserver", "x-api-key": "any", "mock-sandbox": sandbox}
    return Client(warehouse_application, headers, "/warehouse")


def put_articles(warehouse: Client, *articles: object) -> Response:
    return warehouse.put("/articles", json={"source": "shop", "articles": list(articles)})


def test_a_key_is_a_number_where_the_member_is_one(warehouse: Client) -> None:
    answered = put_articles(warehouse, ARTICLE, {"number": 8, "name": "x"})

    assert [row["number"] for row in answered.json["results"]] == [7, 8]
    assert (answered.json["received"], answered.json["stored"], answered.json["failed"]) == (2, 1, 1)
    assert warehouse.get("/articles/7").json == ARTICLE


def test_a_list_stands_in_the_object_that_the_spec_declares(warehouse: Client) -> None:
    put_articles(warehouse, ARTICLE)

    assert warehouse.get("/articles").json == {"total": 1, "data": [ARTICLE]}


def test_a_record_is_deleted(warehouse: Client) -> None:
    put_articles(warehouse, ARTICLE)

    assert warehouse.delete("/articles/7").status == 204
    assert warehouse.delete("/articles/7").status == 404


def test_a_record_with_a_key_of_two_members_is_read_by_both(warehouse: Client) -> None:
    line = {"shelf": "A-01", "article": 7, "count": 3}

    answered = warehouse.post("/stock", json=[line])

    assert answered.json == [{"result": "STORED", "key": "A-01/7", "shelf": "A-01"}]
    assert warehouse.get("/stock/A-01/7").json == line


@pytest.mark.parametrize(
    ("call", "body", "status", "error"),
    [
        ("GET /articles/9", None, 404, {"code": "NOT_FOUND", "message": "articles 9 was not found"}),
        ("GET /articles/x", None, 400, {"code": "INVALID_REQUEST"}),
        ("PUT /articles", {"articles": []}, 400, {"code": "INVALID_REQUEST"}),
        ("PUT /articles", {"source": "shop", "articles": 1}, 400, {"code": "INVALID_REQUEST"}),
        ("PATCH /articles", {}, 405, {"message": "this path has only GET, PUT"}),
    ],
)
def test_a_refusal_has_the_form_that_the_spec_declares(
    warehouse: Client, call: str, body: object, status: int, error: dict[str, str]
) -> None:
    answered = warehouse.request(*call.split(" "), json=body)

    assert (answered.status, answered.media_type) == (status, "application/json")
    assert error.items() <= answered.json["error"].items()


def test_without_an_api_key_there_is_no_challenge_of_another_scheme(warehouse: Client) -> None:
    answered = warehouse.without("x-api-key").get("/articles")

    assert (answered.status, answered.json["error"]["code"]) == (401, "UNAUTHORIZED")
    assert "www-authenticate" not in answered.headers
