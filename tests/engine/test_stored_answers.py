"""Records of a file without marks are made, shown, listed, changed and deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mockserver.codec import json, yaml
from mockserver.server.application import Options
from tests.any_files.support import write_files
from tests.support.client import Client
from tests.support.frozen_app import create_frozen_app

EXAMPLES = Path(__file__).parents[2] / "examples" / "batches"
FEES = """
openapi: 3.0.3
info: {title: Fees, version: "1"}
paths:
  /fees/batch:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [fees]
              properties:
                currency: {type: string}
                sender: {type: string}
                fees: {type: array, items: {$ref: "#/components/schemas/Fee"}}
      responses:
        "207":
          description: a result for each fee
          content:
            application/json:
              schema:
                type: object
                properties:
                  results:
                    type: array
                    items: {type: object, properties: {code: {type: string}, status: {type: integer}}}
  /fees/{code}:
    get:
      responses:
        "200":
          description: a fee
          content: {application/json: {schema: {$ref: "#/components/schemas/Stored"}}}
components:
  schemas:
    Fee: {type: object, required: [code], properties: {code: {type: string}, currency: {type: string}}}
    Stored: {allOf: [{$ref: "#/components/schemas/Fee"}, {required: [currency]}]}
"""


@pytest.fixture
def orders(tmp_path: Path) -> Client:
    file = write_files("crud-3-0", tmp_path)
    app = create_frozen_app(Options(files=(file,), vendors=("openapi",)))
    return Client(app.entry, {}).within("/openapi/orders", Authorization="Bearer some-token")


UNKNOWN = "00000000-0000-4000-8000-000000000000"


def created(orders: Client, customer: str = "Ada") -> str:
    answer = orders.post("", json={"customer": customer, "status": "open"})
    assert answer.status == 201
    return str(answer.json["id"])


def test_a_record_is_shown_as_it_was_sent(orders: Client) -> None:
    shown = orders.get(f"/{created(orders)}").json

    assert (shown["customer"], shown["status"]) == ("Ada", "open")


def test_each_record_has_a_key_of_its_own(orders: Client) -> None:
    assert created(orders) != created(orders)


def test_a_list_has_the_records_in_the_declared_envelope(orders: Client) -> None:
    created(orders, "Ada")
    created(orders, "Grace")

    listed = orders.get("").json

    assert sorted(one["customer"] for one in listed["data"]) == ["Ada", "Grace"]
    assert listed["total"] == 2


def test_a_patch_changes_what_it_names(orders: Client) -> None:
    key = created(orders)

    assert orders.patch(f"/{key}", json={"status": "paid"}).status == 200
    assert (orders.get(f"/{key}").json["status"], orders.get(f"/{key}").json["customer"]) == (
        "paid",
        "Ada",
    )


def test_a_put_replaces_and_keeps_the_key(orders: Client) -> None:
    key = created(orders)

    replaced = orders.put(f"/{key}", json={"customer": "Grace"}).json

    assert (replaced["id"], replaced["customer"], "status" in replaced) == (key, "Grace", False)


BERTHS = """
openapi: 3.0.3
info: {title: Berths, version: '1'}
paths:
  /berths:
    post:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Made'}}}}
      responses: {'201': {$ref: '#/components/responses/Made'}}
  /berths/{berth}:
    parameters: [{name: berth, in: path, required: true, schema: {type: integer}}]
    get: {responses: {'200': {$ref: '#/components/responses/Shown'}}}
    put:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Replaced'}}}}
      responses: {'200': {$ref: '#/components/responses/Shown'}}
    patch:
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/Changed'}}}}
      responses: {'200': {$ref: '#/components/responses/Shown'}}
components:
  responses:
    Shown: {description: One, content: {application/json: {schema: {$ref: '#/components/schemas/Shown'}}}}
    Made:
      description: Made
      content: {application/json: {schema: {$ref: '#/components/schemas/New'}}}
  schemas:
    Made:
      type: object
      required: [label, quay, crane]
      properties: {label: {type: string}, quay: {type: string}, crane: {type: object}, tide: {type: string}}
    Shown: {type: object, required: [berth], properties: {berth: {$ref: '#/components/schemas/Berth'}}}
    New: {allOf: [{$ref: '#/components/schemas/Berth'}, {required: [secret]}]}
    Replaced: {type: object, required: [label], properties: {label: {type: string}, crane: {type: object}}}
    Changed: {type: object, properties: {label: {type: string}, tide: {type: string}}}
    Crane: {type: object, required: [code, flag], properties: {code: {type: string}, flag: {type: string}}}
    Berth:
      type: object
      required: [id, quay, crane]
      properties:
        id: {type: integer}
        label: {type: string}
        quay: {type: string}
        crane: {allOf: [{$ref: '#/components/schemas/Crane'}], nullable: true}
        spares: {type: array, items: {$ref: '#/components/schemas/Crane'}}
        sea:
          oneOf: [{$ref: '#/components/schemas/Crane'}, {type: object, properties: {name: {type: string}}}]
        tide: {type: object}
        secret: {type: string}
"""


@pytest.fixture
def berths(tmp_path: Path) -> Client:
    file = tmp_path / "berths.yaml"
    file.write_text(BERTHS, encoding="utf-8")
    app = create_frozen_app(Options(files=(file,), vendors=("berths",)))
    return Client(app.entry, {}).within("/berths/berths")


BERTH = {"label": "A", "quay": "North", "crane": {"code": "C1"}}


def test_a_record_gets_what_it_and_its_parts_have_to_have(berths: Client) -> None:
    made = berths.post("", json={**BERTH, "spares": [{"code": "C2"}], "sea": {"name": "Wadden"}}).json

    assert (made["crane"]["code"], made["crane"].keys()) == ("C1", {"code", "flag"})
    assert made["spares"][0].keys() == {"code", "flag"}
    assert made["sea"] == {"name": "Wadden"}
    assert isinstance(made["secret"], str)
    assert berths.get(f"/{made['id']}").json == {"berth": made}


def test_what_an_answer_does_not_take_is_left_out_of_the_record(berths: Client) -> None:
    made = berths.post("", json={**BERTH, "label": "Z", "tide": "low"}).json

    assert (made["label"], made["quay"], "tide" in made) == ("Z", "North", False)
    assert "tide" not in berths.get(f"/{made['id']}").json["berth"]


def test_a_patch_changes_what_the_record_takes(berths: Client) -> None:
    key = berths.post("", json=BERTH).json["id"]

    changed = berths.patch(f"/{key}", json={"label": "N", "tide": "low"}).json["berth"]

    assert (changed["label"], changed["quay"], "tide" in changed) == ("N", "North", False)
    assert berths.patch(f"/{key}", json={"quay": None}).status == 400


def test_a_put_keeps_what_it_cannot_name_or_need_not(berths: Client) -> None:
    key = berths.post("", json=BERTH).json["id"]

    replaced = berths.put(f"/{key}", json={"label": "B"}).json["berth"]

    assert (replaced["label"], replaced["quay"], replaced["crane"]["code"]) == ("B", "North", "C1")


def test_a_deleted_record_is_gone(orders: Client) -> None:
    key = created(orders)

    assert orders.delete(f"/{key}").status == 204
    assert orders.get(f"/{key}").status == 404


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_an_unknown_record_is_not_found(orders: Client, method: str) -> None:
    assert orders.request(method, f"/{UNKNOWN}").status == 404


def test_a_bad_body_stores_nothing(orders: Client) -> None:
    assert orders.post("", json={"customer": 1}).status == 400
    assert orders.get("").json["data"] == []


def test_records_of_other_parents_are_not_listed(tmp_path: Path) -> None:
    app = create_frozen_app(Options(files=(write_files("nested", tmp_path),), vendors=("openapi",)))
    client = Client(app.entry, {}).within("/openapi")
    made = client.post("/customers/1/addresses", json={"street": "Hill", "city": "Ely", "line1": "Hill"})

    assert made.status == 201
    assert [one.keys() >= {"id"} for one in client.get("/customers/1/addresses").json] == [True]
    assert client.get("/customers/11/addresses").json == []


@pytest.fixture
def shop(tmp_path: Path) -> Client:
    return serve(write_files("bulk-207", tmp_path))


def serve(file: Path, *overlays: Path) -> Client:
    app = create_frozen_app(Options(files=(file,), vendors=(file.stem,), overlays=overlays))
    return Client(app.entry, {}).within(f"/{file.stem}")


def batch(shop: Client, *items: dict[str, Any]) -> list[Any]:
    answer = shop.post("/orders/bulk", json={"orders": list(items)})
    assert answer.status == 207
    return list(answer.json["results"])


def test_a_batch_makes_records_and_shows_them_in_its_rows(shop: Client) -> None:
    rows = batch(shop, {"customer": "Ada", "amount": 3}, {"customer": "", "amount": 1})

    assert [(one["index"], one["status"], one.get("error")) for one in rows] == [
        (0, 201, None),
        (1, 422, '"" is shorter than 1 character'),
    ]
    assert shop.get(f"/orders/{rows[0]['order']['id']}").json == rows[0]["order"]


ANY_ORDERS = {"orders": {"type": "array", "items": {}}}


def test_an_item_that_is_no_object_is_rejected_where_the_schema_takes_any(tmp_path: Path) -> None:
    changes = tmp_path / "changes.yaml"
    orders = "$.paths['/orders/bulk'].post.requestBody.content['application/json'].schema.properties.orders"
    actions = [
        {"target": orders, "remove": True},
        {"target": orders.removesuffix(".orders"), "update": ANY_ORDERS},
    ]
    actions.append({"target": "$.paths['/orders/bulk'].post", "update": {"x-batch": True}})
    changes.write_bytes(json.encode({"overlay": "1.0.0", "actions": actions}))
    shop = serve(write_files("bulk-207", tmp_path), changes)

    answer = shop.post("/orders/bulk", json={"orders": ["text", {"customer": "Ada", "amount": 1}]})

    assert [row["status"] for row in answer.json["results"]] == [422, 201]


@pytest.mark.parametrize(
    ("query", "customers", "has_more"),
    [
        ("sort=amount", ["Bob", "Ada", "Cy"], False),
        ("sort=-amount", ["Cy", "Ada", "Bob"], False),
        ("sort=amount:desc&limit=2", ["Cy", "Ada"], True),
        ("sort=amount&direction=desc&limit=1&offset=1", ["Ada"], True),
        ("sort=customer&limit=2&offset=2", ["Cy"], False),
        ("customer=Bob", ["Bob"], False),
        ("q=ada", ["Ada"], False),
        ("customer=Nobody", [], False),
    ],
)
def test_a_list_is_filtered_sorted_and_cut(
    shop: Client, query: str, customers: list[str], *, has_more: bool
) -> None:
    orders = [{"customer": name, "amount": amount} for name, amount in (("Ada", 2), ("Bob", 1), ("Cy", 10))]
    batch(shop, *orders)

    page = shop.get(f"/orders?{query}").json

    assert ([one["customer"] for one in page["data"]], page["meta"]["has_more"]) == (customers, has_more)


def test_a_cursor_leads_to_the_next_page(shop: Client) -> None:
    batch(shop, *({"customer": name, "amount": 1} for name in ("Ada", "Bob", "Cy")))

    first = shop.get("/orders?sort=customer&limit=2").json
    second = shop.get(f"/orders?sort=customer&starting_after={first['meta']['next_cursor']}").json

    assert [one["customer"] for one in second["data"]] == ["Cy"]
    assert (first["meta"]["total"], second["meta"].get("next_cursor")) == (3, None)


@pytest.mark.parametrize(
    ("media_type", "patch", "status", "amount"),
    [
        ("application/json-patch+json", [{"op": "replace", "path": "/amount", "value": 9}], 200, 9),
        ("application/json-patch+json", [{"op": "test", "path": "/amount", "value": 9}], 400, 3),
        ("application/json-patch+json", [{"op": "remove", "path": "/amount"}], 400, 3),
        ("application/json-patch+json", [{"op": "odd"}], 400, 3),
        ("application/merge-patch+json", {"amount": 9}, 200, 9),
        ("application/merge-patch+json", {"amount": None}, 400, 3),
    ],
)
def test_a_patch_is_carried_out_by_its_media_type_or_changes_nothing(
    shop: Client, media_type: str, patch: Any, status: int, amount: int
) -> None:
    (row,) = batch(shop, {"customer": "Ada", "amount": 3})
    path = f"/orders/{row['order']['id']}"

    answer = shop.patch(path, content=json.encode(patch), headers={"Content-Type": media_type})

    assert (answer.status, shop.get(path).json["amount"]) == (status, amount)


CORRECTIONS = """
overlay: 1.0.0
actions:
  - target: $.paths['/orders/{{id}}']
    update: {correction}
"""


@pytest.mark.parametrize(
    ("correction", "path", "status"),
    [
        ("{x-key: customer}", "/orders/Ada", 200),
        ('{x-collection: ""}', "/orders/unknown", 200),
        ("{x-collection: sales}", "/orders/unknown", 404),
    ],
)
def test_an_overlay_corrects_key_and_collection(
    tmp_path: Path, correction: str, path: str, status: int
) -> None:
    changes = tmp_path / "changes.yaml"
    changes.write_text(CORRECTIONS.format(correction=correction), encoding="utf-8")
    shop = serve(write_files("bulk-207", tmp_path), changes)

    shop.post("/orders", json={"customer": "Ada", "amount": 3})

    assert shop.get(path).status == status


@pytest.fixture
def things(tmp_path: Path) -> Client:
    file = tmp_path / "things.yaml"
    file.write_text(THINGS, encoding="utf-8")
    seed = tmp_path / "seed.yaml"
    seed.write_text(SEED, encoding="utf-8")
    app = create_frozen_app(Options(files=(file,), vendors=("things",), fixtures_file=seed))
    return Client(app.entry, {}).within("/things")


SEED = """
things:
  things: [{id: 1, rank: 1, tags: [a, b]}, {id: 2, rank: 10}, {id: 10, name: none}]
"""
THINGS = """
openapi: 3.0.3
info: {title: Things, version: "1"}
paths:
  /things:
    post: &made
      requestBody: {content: {application/json: {schema: {type: object}}}}
      responses:
        "201":
          description: ""
          content: &thing {application/json: {schema: {$ref: "#/components/schemas/Thing"}}}
    get:
      parameters:
        - {name: page, in: query, schema: {type: integer, minimum: 0, default: 0}}
        - {name: size, in: query, schema: {type: integer, default: 2}}
        - {name: rank, in: query, schema: {type: string}}
        - {name: tags, in: query, schema: {type: string}}
        - {name: sort, in: query, schema: {type: string}}
        - {name: cursor, in: query, schema: {type: string}}
      responses:
        "200":
          description: ""
          content: {application/json: {schema: {$ref: "#/components/schemas/Page"}}}
  /things/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get: {responses: {"200": {description: "", content: *thing}}}
    put: {<<: *made, responses: {"200": {description: "", content: *thing}, "404": {description: ""}}}
    delete:
      responses:
        "200":
          description: ""
          content: {application/json: {schema: {$ref: "#/components/schemas/Gone"}}}
  /shops/{shop}/things: {post: *made}
  /shops/{shop}/things/{id}:
    get: {responses: {"200": {description: "", content: *thing}}}
  /wraps:
    post:
      requestBody: {content: &wrap {application/json: {schema: {$ref: "#/components/schemas/Wrap"}}}}
      responses: {"201": {description: "", content: *wrap}}
  /wraps/{id}: {get: {responses: {"200": {description: "", content: *wrap}}}}
components:
  schemas:
    Thing:
      type: object
      required: [id]
      properties:
        id: {type: integer}
        name: {type: string}
        shop: {type: string}
        rank: {type: integer}
        tags: {type: array, items: {type: string}}
    Gone: {type: object, required: [id, deleted], properties: {id: {type: integer}, deleted: {type: boolean}}}
    Wrap:
      type: object
      properties: {wrap: {type: object, properties: {id: {type: integer}, text: {type: string}}}}
    Page:
      type: object
      required: [content, number, totalElements, last, first, empty, nextPage]
      properties:
        content: {type: array, items: {$ref: "#/components/schemas/Thing"}}
        number: {type: integer}
        totalElements: {type: integer}
        last: {type: boolean}
        first: {type: boolean}
        empty: {type: boolean}
        nextPage: {type: integer, nullable: true}
"""


def test_a_new_key_is_none_that_is_there(things: Client) -> None:
    made = [things.post("/things", json={"name": "new"}).json["id"] for _ in range(2)]

    assert (made, things.get("/things/1").json["rank"]) == ([3, 4], 1)


def test_a_key_that_is_there_is_refused(things: Client) -> None:
    assert things.post("/things", json={"id": 2, "name": "other"}).status == 409
    assert things.get("/things/2").json == {"id": 2, "rank": 10}


def test_a_record_below_a_parent_has_its_key(things: Client) -> None:
    made = things.post("/shops/north/things", json={"shop": "south"}).json

    assert (made["shop"], things.get(f"/shops/north/things/{made['id']}").json) == ("north", made)
    assert things.get("/things").json["totalElements"] == 3


def test_a_record_in_an_envelope_is_stored_without_it(things: Client) -> None:
    made = things.post("/wraps", json={"wrap": {"text": "hello"}}).json

    assert things.get(f"/wraps/{made['wrap']['id']}").json == made == {"wrap": {"text": "hello", "id": 1}}


def test_a_put_of_an_unknown_key_is_refused_where_404_is_declared(things: Client) -> None:
    assert things.put("/things/77", json={}).status == 404
    assert things.put("/things/2", json={"name": "x"}).json == {"name": "x", "id": 2}


def test_the_answer_to_a_deletion_says_so(things: Client) -> None:
    assert things.delete("/things/2").json == {"id": 2, "deleted": True}


@pytest.mark.parametrize(
    ("query", "ids", "facts"),
    [
        ("", [1, 2], {"number": 0, "last": False, "first": True, "nextPage": 1}),
        ("?page=0", [1, 2], {"number": 0, "last": False, "nextPage": 1}),
        ("?page=1", [10], {"number": 1, "last": True, "first": False, "nextPage": None}),
        ("?page=7", [], {"empty": True, "totalElements": 3}),
        ("?rank=10", [2], {"totalElements": 1}),
        ("?tags=b", [1], {"totalElements": 1}),
        ("?sort=-rank&size=3", [2, 1, 10], {"last": True}),
        ("?sort=rank:desc&size=3", [2, 1, 10], {"last": True}),
        ("?cursor=2", [10], {"last": True}),
        ("?cursor=unknown", [], {"last": True}),
    ],
)
def test_a_page_is_that_which_was_asked_for(
    things: Client, query: str, ids: list[int], facts: dict[str, Any]
) -> None:
    page = things.get(f"/things{query}").json

    assert [one["id"] for one in page["content"]] == ids
    assert {name: page[name] for name in facts} == facts


def test_a_member_beside_the_list_that_records_have_too_is_that_of_each_item(tmp_path: Path) -> None:
    file = tmp_path / "fees.yaml"
    file.write_text(FEES, encoding="utf-8")
    fees = Client(create_frozen_app(Options(files=(file,), vendors=("fees",))), {}).within("/fees")
    items = [{"code": "a"}, {"code": "b", "currency": "NZD"}, {"currency": "NZD"}]

    answer = fees.post("/fees/batch", json={"currency": "EUR", "sender": "me", "fees": items})

    assert [one["status"] for one in answer.json["results"]] == [201, 201, 422]
    assert [fees.get(f"/fees/{code}").json for code in "ab"] == [
        {"currency": "EUR", "code": "a"},
        {"currency": "NZD", "code": "b"},
    ]


def test_a_record_has_its_key_where_the_batch_says(tmp_path: Path) -> None:
    document: Any = yaml.load((EXAMPLES / "keys-in-a-member.yaml").read_text(encoding="utf-8"))
    document = json.decode(json.encode(document))
    record, lamp = document["paths"]["/lamps/{number}"], {"$ref": "#/components/schemas/Lamp"}
    sent = {"requestBody": {"content": {"application/json": {"schema": lamp}}}}
    change = {"requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}}}
    record |= {"put": {**record["get"], **sent, "operationId": "replace"}}
    record |= {"patch": {**record["get"], **change, "operationId": "change"}}
    listed = {"application/json": {"schema": {"type": "array", "items": lamp}}}
    document["paths"]["/lamps"] = {
        "get": {"responses": {"200": {"description": "all", "content": listed}}},
        "post": {**sent, "responses": {"201": record["get"]["responses"]["200"]}},
    }
    file = tmp_path / "openapi.json"
    file.write_bytes(json.encode(document))
    app = create_frozen_app(Options(files=(file,), vendors=("openapi",)))
    client = Client(app, {}).within("/openapi/lamps")

    def lamp_of(number: str, candela: int) -> Any:
        return {"type": "lamps", "attributes": {"number": number, "candela": candela}}

    client.post("/bulk", json={"data": [lamp_of("B", 2), lamp_of("C", 3)]})
    made = client.post("", json=lamp_of("A", 1))
    replaced = client.put("/B", json=lamp_of("other", 4))
    changed = client.patch("/C", json={"attributes": {"candela": 5}})

    assert [one.status for one in (made, replaced, changed)] == [201, 200, 200]
    assert client.get("").json == [lamp_of("A", 1), lamp_of("B", 4), lamp_of("C", 5)]
    assert client.get("/D").status == 404
