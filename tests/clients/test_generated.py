"""Clients that openapi-python-client makes of our own specs: what they call, and how they read answers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from mockserver.contract.credentials import headers_for
from mockserver.contract.loading import load_vendor_api
from mockserver.model import Json
from tests.clients.generated import Made, make, opened, stated, warnings
from tests.support.client import Response
from tests.support.operations import CalledOperation, called_operations
from tests.support.profiled_vendor import ItemSpec, upserted

VENDORS = ("guidewire", "payt", "vba")
NOT_MADE: Mapping[str, Mapping[tuple[str, str], str]] = {
    "payt": {("PUT", "/storage/uploads/{}"): "Unsupported content type"},
}
"""Operations that the generator leaves out, with its reason."""

REFUSED: Mapping[str, Mapping[str, int]] = {
    "guidewire": dict.fromkeys(
        (
            *(f"{action}BulkInvoice" for action in ("submit", "request", "placeHoldOn", "stop", "void")),
            "helpBulkInvoiceAlong",
        ),
        400,
    ),
    "payt": {"getOauthAuthorize": 302},
    "vba": {"createClaimInvoice": 400, "createPayee": 400, "deletePayee": 400},
}
"""Statuses that are no success, of calls with nothing but what the spec shows as an example."""

each_vendor = pytest.mark.parametrize("vendor", VENDORS)


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Made]:
    return {vendor: make(vendor, tmp_path_factory.mktemp(vendor)) for vendor in VENDORS}


@each_vendor
def test_the_generator_warns_of_nothing_but_the_operations_that_it_leaves_out(
    vendor: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    said = "\n".join(warnings(vendor, tmp_path_factory.mktemp(vendor)))

    known = NOT_MADE.get(vendor, {})
    assert said.count("WARNING") == len(known)
    assert [reason for reason in known.values() if reason not in said] == []


@each_vendor
def test_every_other_operation_is_made_with_all_its_answers(vendor: str, clients: Mapping[str, Made]) -> None:
    expected = {
        one: answers for one, answers in stated(vendor).items() if one not in NOT_MADE.get(vendor, ())
    }

    assert clients[vendor].endpoints() == expected


@each_vendor
def test_the_answer_of_every_operation_is_read_whole(
    vendor: str, clients: Mapping[str, Made], base: str
) -> None:
    statuses, torn = {}, []
    operations = [one for one in called_operations() if one.spec.name == vendor]
    for called in sorted(operations, key=_deletions_last):
        if called.endpoint not in NOT_MADE.get(vendor, ()):
            body = json.loads(called.example()) if called.operation.bodies else None
            answered = call(clients[vendor], called, base, body)
            statuses[called.operation.id] = answered.status_code
            torn += [] if is_whole(answered) else [called.name]

    assert torn == []
    assert {name: status for name, status in statuses.items() if status >= 300} == REFUSED[vendor]


@each_vendor
def test_the_outcomes_of_a_batch_are_read(vendor: str, clients: Mapping[str, Made], base: str) -> None:
    profiled = upserted(load_vendor_api(vendor))
    items = [ItemSpec(key, number, good=number != 2) for number, key in enumerate(profiled.keys[:3], 1)]
    called = next(one for one in called_operations() if one.name == f"{vendor}-{profiled.operation}")
    request = profiled.batch(items)

    answered = call(clients[vendor], called, base, json.loads(request.body))

    assert is_whole(answered)
    sent = Response(answered.status_code, answered.headers, answered.content)
    assert profiled.outcomes(request, sent, items) == [True, False, True]


def _deletions_last(called: CalledOperation) -> int:
    return -len(called.operation.path) if called.operation.method == "delete" else -1000


def call(made: Made, called: CalledOperation, base: str, document: Json = None) -> Any:
    """Return the answer to a call with the profile's credentials and the spec's examples of what it needs."""
    api = load_vendor_api(called.spec.name)
    headers = {
        **api.profile.headers(api.facts, 0),
        **headers_for(api, called.operation.id, api.profile.credentials),
    }
    module = made.called(called.endpoint)
    hints = get_type_hints(module.sync_detailed)
    names = {name.replace("_", ""): name for name in hints}
    arguments = {
        names[name.lower().replace("-", "").replace("_", "")]: value
        for name, value in called.arguments().items()
    }
    if document is not None:
        arguments["body"] = document
    typed = {name: in_type(hints[name], value) for name, value in arguments.items()}
    path = []
    for name in re.findall(r"{(\w+)}", called.operation.path):
        argument = names[name.lower().replace("_", "")]
        path.append(typed.pop(argument, None) or next(iter(hints[argument])))  # an enum has no example
    with opened(made, f"{base}/{called.spec.name}", headers) as client:
        return module.sync_detailed(*path, client=client, **typed)


def in_type(hint: Any, value: Json) -> Any:
    """Return the value as the type that the generator gave to an argument."""
    if isinstance(hint, UnionType):
        return in_type(get_args(hint)[0], value)
    if get_origin(hint) is list:
        return [in_type(get_args(hint)[0], one) for one in value]
    if hasattr(hint, "from_dict"):
        return hint.from_dict(value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    return hint(value) if isinstance(hint, type) else value


def is_whole(answered: Any) -> bool:
    """Return whether the client read every member of the answer."""
    if not answered.content:
        return True
    parsed = answered.parsed
    read = [one.to_dict() for one in parsed] if isinstance(parsed, list) else parsed.to_dict()
    return bool(members(read) == members(json.loads(answered.content)))


def members(value: Json) -> Json:
    """Return the value with nothing but its names and its structure."""
    if isinstance(value, dict):
        return {name: members(one) for name, one in value.items()}
    return [members(one) for one in value] if isinstance(value, list) else None
