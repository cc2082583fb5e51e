"""Items of Payt and PVEx that are lost or misreported."""

from __future__ import annotations

from collections.abc import Callable

from tests.contract.planted_faults import vendors
from tests.contract.planted_faults.fault import PlantedFault, VendorClient
from tests.contract.planted_faults.items import cut_member, last_never_arrives
from tests.contract.planted_faults.wrappers import (
    Json,
    Planted,
    WrappedRequest,
    WrappedResponse,
    changes_document,
    changes_response,
)


def payt_all_done(sent: Json, told: Json) -> Json:
    return {**told, "count": len(sent["invoices"]), "errors": {}}


def payt_first_is_refused(sent: Json, told: Json) -> Json:
    first = sent["invoices"][0]["invoice_number"]
    if first in told["errors"]:
        return told
    return {**told, "count": told["count"] - 1, "errors": {**told["errors"], first: ["Debtor must exist"]}}


def payt_lacks_one(_sent: Json, told: Json) -> Json:
    return {**told, "errors": dict(list(told["errors"].items())[1:])}


def payt_under_another(sent: Json, told: Json) -> Json:
    listed = [one["invoice_number"] for one in sent["invoices"]]
    done = [name for name in listed if name not in told["errors"]]
    first, *_ = told["errors"]
    return {
        **told,
        "errors": {(done[0] if name == first else name): why for name, why in told["errors"].items()},
    }


def payt_wordless(_sent: Json, told: Json) -> Json:
    return {**told, "errors": {name: [] for name in told["errors"]}}


def payt_warns_instead(_sent: Json, told: Json) -> Json:
    warned = {**told.get("warnings", {}), **told["errors"]}
    return {**told, "errors": {}, "warnings": warned} if told["errors"] else told


def pvex_all_done(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
    bare = {name: text for name, text in received.headers.items() if name != "content-type"}
    return (
        WrappedResponse(200, bare, b"")
        if received.status == 400 and b"invoices" in received.body
        else received
    )


def pvex_next_place(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
    told = received.json()
    named = {_one_further(name): why for name, why in told["ModelState"].items()}
    return received.holding({**told, "ModelState": named})


def pvex_first_place_only(_call: WrappedRequest, received: WrappedResponse) -> WrappedResponse:
    told = received.json()
    first = next(iter(told["ModelState"])).partition(".")[0]
    named = {name: why for name, why in told["ModelState"].items() if name.partition(".")[0] == first}
    return received.holding({**told, "ModelState": named})


def _one_further(name: str) -> str:
    before, _, rest = name.partition("[")
    place, _, after = rest.partition("]")
    return f"{before}[{int(place) + 1}]{after}"


def _payt_made_up(_last: Json, told: Json) -> Json:
    return {**told, "count": told["count"] + 1}


def _payt(name: str, says: str, planted: Planted, right: Json, wrong: Json, *numbers: int) -> PlantedFault:
    def seen(caller: VendorClient) -> Json:
        return vendors.payt_tells(vendors.payt_sends(caller, *numbers))

    return PlantedFault(f"payt-{name}", "items", "payt", says, vendors.PAYT_READ, planted, seen, right, wrong)


def _pvex(  # noqa: PLR0913, PLR0917 - the parts of a mutant
    name: str, says: str, planted: Planted, seen: Callable[[VendorClient], Json], right: Json, wrong: Json
) -> PlantedFault:
    return PlantedFault(f"pvex-{name}", "items", "pvex", says, vendors.PVEX_READ, planted, seen, right, wrong)


def _payt_words(caller: VendorClient) -> Json:
    return vendors.payt_sends(caller, 1, 9001).json()["errors"]


def _payt_maps(caller: VendorClient) -> Json:
    told = vendors.payt_sends(caller, 1, 9001).json()
    return [sorted(told["errors"]), sorted(told.get("warnings", {}))]


def _payt_kept(caller: VendorClient) -> Json:
    return [vendors.payt_tells(vendors.payt_sends(caller, 1, 2, 3)), vendors.payt_reads(caller, 3)]


def _status(caller: VendorClient) -> Json:
    return vendors.pvex_sends(caller, 1, 9001).status


def _places(*numbers: int) -> Callable[[VendorClient], Json]:
    return lambda caller: vendors.pvex_names(vendors.pvex_sends(caller, *numbers))


ITEMS_OF_PAYT_AND_PVEX = (
    _payt(
        "is-blind",
        "names no invoice that failed and counts them all",
        changes_document(vendors.PAYT_BATCH, payt_all_done),
        [1, ["N9001"]],
        [2, []],
        1,
        9001,
    ),
    _payt(
        "refuses-a-done-one",
        "names the first invoice as failed and keeps it",
        changes_document(vendors.PAYT_BATCH, payt_first_is_refused),
        [2, []],
        [1, ["N1"]],
        1,
        2,
    ),
    _payt(
        "lacks-one",
        "leaves the first invoice that failed out of its errors",
        changes_document(vendors.PAYT_BATCH, payt_lacks_one),
        [1, ["N9001", "N9002"]],
        [1, ["N9002"]],
        1,
        9001,
        9002,
    ),
    _payt(
        "blames-another",
        "puts the words for the first invoice that failed under one that was done",
        changes_document(vendors.PAYT_BATCH, payt_under_another),
        [1, ["N9001"]],
        [1, ["N1"]],
        1,
        9001,
    ),
    PlantedFault(
        "payt-says-no-why",
        "items",
        "payt",
        "names what failed and not why",
        vendors.PAYT_READ,
        changes_document(vendors.PAYT_BATCH, payt_wordless),
        _payt_words,
        {"N9001": ["Debtor must exist"]},
        {"N9001": []},
    ),
    PlantedFault(
        "payt-warns-instead",
        "items",
        "payt",
        "puts what failed into its warnings",
        vendors.PAYT_READ,
        changes_document(vendors.PAYT_BATCH, payt_warns_instead),
        _payt_maps,
        [["N9001"], []],
        [[], ["N9001"]],
    ),
    PlantedFault(
        "payt-loses-the-last",
        "items",
        "payt",
        "counts the last of three invoices and never takes it",
        vendors.PAYT_READ,
        last_never_arrives(vendors.PAYT_BATCH, cut_member("invoices"), _payt_made_up),
        _payt_kept,
        [[3, []], "bill 3"],
        [[3, []], 404],
    ),
    _pvex(
        "is-blind",
        "takes every batch with 200 and keeps none that has a bad invoice",
        changes_response(vendors.PVEX_BATCH, pvex_all_done),
        _status,
        400,
        200,
    ),
    _pvex(
        "names-the-next",
        "names the invoice after the bad one",
        changes_response(vendors.PVEX_BATCH, pvex_next_place),
        _places(1, 9001, 2),
        ["invoices[1]"],
        ["invoices[2]"],
    ),
    _pvex(
        "names-one-of-two",
        "names the first of two bad invoices only",
        changes_response(vendors.PVEX_BATCH, pvex_first_place_only),
        _places(9001, 1, 9002),
        ["invoices[0]", "invoices[2]"],
        ["invoices[0]"],
    ),
)
