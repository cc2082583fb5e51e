from __future__ import annotations

from dataclasses import replace

import pytest
from schemathesis.core.failures import FailureGroup
from starlette.responses import Response

from mockserver.app import Application
from tests.contract.contract import Lent, run
from tests.contract.contracts import CONTRACTS
from tests.contract.of_control import WALKED
from tests.contract.walks import walk
from tests.support.specs import VENDORS, operations, spec

OPERATIONS = [
    pytest.param(vendor, node["operationId"], id=f"{vendor}-{node['operationId']}")
    for vendor in VENDORS
    for _, _, node in operations(spec(vendor))
]
CONTROL = [node["operationId"] for _, _, node in operations(spec("_control"))]

NO_INVOICE = '<ArrayOfInvoice xmlns="http://schemas.datacontract.org/2004/07/PVExDataModel"><Invoice/></ArrayOfInvoice>'

ASKED_FOR = [(name, *asked) for name, one in CONTRACTS.items() for asked in one.asked_for]
WALKS = [(name, without) for name, one in CONTRACTS.items() if name in VENDORS for without in one.walks]


@pytest.mark.parametrize(("vendor", "operation"), OPERATIONS)
def test_a_vendor_keeps_its_contract(vendor: str, operation: str, sandbox: str) -> None:
    answers = run(CONTRACTS[vendor], operation, sandbox)

    assert min(answers)[0] < 400


@pytest.mark.parametrize(("vendor", "operation", "accept"), ASKED_FOR)
def test_a_vendor_keeps_its_contract_in_the_media_type_that_is_asked_for(
    vendor: str, operation: str, accept: str, sandbox: str
) -> None:
    answers = run(CONTRACTS[vendor], operation, sandbox, accept)

    assert accept in {media_type for _, media_type in answers}


@pytest.mark.parametrize("operation", CONTROL)
def test_the_control_plane_keeps_its_contract(operation: str, control: Application) -> None:
    answers = run(replace(CONTRACTS["_control"], lent=Lent(control)), operation, "default")

    assert min(answers)[0] < 400


def test_what_a_link_of_the_control_plane_leads_to_keeps_its_contract(control: Application) -> None:
    contract = replace(CONTRACTS["_control"], path={}, judged=WALKED, lent=Lent(control))

    reached = walk(contract, control)

    names = {link.partition("] ")[2].partition(" -> ")[0] for link in reached}
    assert {"snapshot", "restore", "difference", "arm"} <= names


@pytest.mark.parametrize(
    ("vendor", "without"), WALKS, ids=["-".join((vendor, *without)) for vendor, without in WALKS]
)
def test_what_a_link_leads_to_keeps_the_contract(
    vendor: str, without: tuple[str, ...], app: Application
) -> None:
    reached = walk(CONTRACTS[vendor], app, without)

    assert reached


@pytest.mark.parametrize("name", CONTRACTS)
def test_what_is_judged_otherwise_is_an_operation_of_its_spec(name: str) -> None:
    assert set(CONTRACTS[name].judged) <= {node["operationId"] for _, _, node in operations(spec(name))}


@pytest.mark.parametrize(
    ("vendor", "operation", "answer"),
    [
        ("vba", "putClaimInvoiceBatch", Response('{"data": 5}', 207, media_type="text/plain")),
        ("vba", "putClaimInvoiceBatch", Response('{"data": 5}', 207, media_type="text/json")),
        ("pvex", "listInvoices", Response(NO_INVOICE, media_type="application/xml")),
        ("pvex", "listInvoices", Response(NO_INVOICE, media_type="text/xml")),
        ("xero", "getConnections", Response("{}", media_type="application/json")),
    ],
    ids=["vba-plain", "vba-json", "pvex-xml", "pvex-text-xml", "xero-json"],
)
def test_an_answer_that_breaks_its_schema_is_noticed(vendor: str, operation: str, answer: Response) -> None:
    contract = replace(CONTRACTS[vendor], lent=Lent(answer))

    with pytest.raises(FailureGroup) as failed:
        run(contract, operation, "default")

    assert "Response violates schema" in str([one.title for one in failed.value.exceptions])
