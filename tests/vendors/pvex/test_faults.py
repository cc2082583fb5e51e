from __future__ import annotations

from mockserver.model import Answer, Call, Fault, Item, Problem, Reply
from mockserver.server.application import Application
from mockserver.vendor import Request
from mockserver.vendors.pvex.refusals import fault_problem
from tests.vendors.pvex.samples import BATCH, GENERAL, invoice


def test_a_code_that_nobody_knows_is_that_something_broke(app: Application) -> None:
    (served,) = (one for one in app.served if one.name == "pvex")
    request = Request(
        Call("pvex", "t", "POST", BATCH),
        served.spec.operations["postInvoiceBatch"],
        {},
        "",
        lambda _call, _state: Answer(Reply(200)),
    )

    problem = fault_problem(Fault("haunted", 418), Item(3, "SUB-1/I-1", invoice()), request)

    assert problem == Problem("internal", (3,), GENERAL, "fault", 418)
