from __future__ import annotations

import pytest
from msgspec.structs import replace

from mockserver.contract.api import ApiUnderTest
from mockserver.contract.facts import CheckedFacts, FactSearch, MissingFactsError
from mockserver.contract.loading import load_vendor_api
from mockserver.contract.profile_reads import FactCheck, FactRead
from mockserver.contract.target import Address, Target
from mockserver.engine.registry import vendor_packages
from mockserver.server.application import Options, create_app
from tests.contract.session.payee_server import PayeeServer

API = load_vendor_api("vba")
BATCH = frozenset({"putClaimInvoiceBatch"})


def search(
    server: PayeeServer,
    *,
    api: ApiUnderTest = API,
    operations: frozenset[str] = BATCH,
    given: dict[str, str] | None = None,
    may_take: bool = False,
) -> CheckedFacts:
    named = given or {}
    known = replace(api, facts={**api.facts, **named})
    with Target(Address("http://127.0.0.1", server)) as target:
        return FactSearch(known, target, operations, named, may_take=may_take).checked()


def missing(server: PayeeServer, *, api: ApiUnderTest = API) -> MissingFactsError:
    with pytest.raises(MissingFactsError) as raised:
        search(server, api=api)
    return raised.value


def test_a_fact_that_a_read_shows_is_there() -> None:
    server = PayeeServer(("P100",), lists=False)

    found = search(server)

    assert found.facts == API.facts
    assert not any("payee=" in note for note in found.notes)
    assert server.seen == [("GET", "/payees/P100")] * 2


def test_what_is_not_there_is_named_with_the_call_that_shows_it_and_two_that_are() -> None:
    error = missing(PayeeServer(("P7", "P8", "P9")))

    assert str(error) == "payee=P100 (GET /payees/P100, vbasoftware-database: sandbox: 404)"
    assert error.cure == "--fact payee=P7     found there: payee: P7, P8"


def test_what_is_not_there_is_named_where_no_list_can_be_read() -> None:
    error = missing(PayeeServer(("P7",), lists=False))

    assert error.cure == "--fact payee=…     with a record that is there"


def test_every_call_only_reads() -> None:
    server = PayeeServer(("P7",))

    missing(server)

    assert {method for method, _ in server.seen} == {"GET"}


def test_a_read_that_is_not_built_says_nothing_of_the_fact() -> None:
    (note,) = search(PayeeServer((), routes=False)).notes

    assert "payee=P100 (GET /payees/P100, vbasoftware-database: sandbox: 404, as at a path" in note


@pytest.mark.parametrize("status", [401, 403, 500, 302])
def test_a_refused_read_says_nothing_of_the_fact(status: int) -> None:
    (note,) = search(PayeeServer((), status=status, lists=False)).notes

    assert f"payee=P100 (GET /payees/P100, vbasoftware-database: sandbox: {status}" in note


def test_facts_that_no_read_shows_are_named_in_one_note() -> None:
    (note,) = search(PayeeServer(("P100",))).notes

    assert note == (
        "not checked, whether they are at the target: database=sandbox (no read shows it); "
        "other_database=VBADEMO (no read shows it)"
    )


def test_only_what_the_operations_rely_on_is_looked_for() -> None:
    server = PayeeServer(())

    search(server, operations=frozenset({"putPayeesBatch"}))

    assert server.seen == []


def test_a_record_that_a_list_shows_is_taken_and_a_note_says_so() -> None:
    found = search(PayeeServer(("P7",)), may_take=True)

    assert (found.facts["payee"], found.taken) == ("P7", {"payee": "P7"})
    assert found.notes[0] == (
        "payee=P7 is taken, which is at the target: P100 is not "
        "(GET /payees/P100, vbasoftware-database: sandbox: 404); --fact payee=… names another"
    )


def test_a_fact_that_a_user_named_is_not_replaced() -> None:
    with pytest.raises(MissingFactsError):
        search(PayeeServer(("P7",)), given={"payee": "P1"}, may_take=True)


def test_a_record_that_is_written_is_never_taken_or_offered_for_pasting() -> None:
    checks = tuple(replace(one, replaceable=False) for one in API.profile.fact_checks)
    api = replace(API, profile=replace(API.profile, fact_checks=checks))
    server = PayeeServer(("P7",))

    with pytest.raises(MissingFactsError) as raised:
        search(server, api=api, may_take=True)

    assert raised.value.cure == "--fact payee=…     found there: payee: P7"


def test_a_list_that_is_cut_says_nothing_of_what_is_not_in_it() -> None:
    read = FactRead("listPayee", rows="/data", key="/payee_ID", size=2)
    checks = (FactCheck("payee", (read,)),)
    api = replace(API, profile=replace(API.profile, fact_checks=checks))

    (note,) = search(PayeeServer(("P7", "P8")), api=api).notes

    assert "payee=P100 (GET /payees, vbasoftware-database: sandbox: 200, not in its first 2 rows)" in note


def test_only_rows_that_can_be_used_are_offered() -> None:
    read = FactRead("listPayee", rows="/data", key="/payee_ID", having={"/payee_ID": "P8"})
    api = replace(API, profile=replace(API.profile, fact_checks=(FactCheck("payee", (read,)),)))

    assert missing(PayeeServer(("P7", "P8")), api=api).missing[0].found == ("P8",)


def test_every_record_of_a_fact_with_several_is_looked_for() -> None:
    check = replace(API.profile.fact_checks[0], parts=",", tenant=0)
    api = replace(
        API,
        profile=replace(API.profile, fact_checks=(check,)),
        facts={**API.facts, "payee": "P7,P8"},
    )

    assert "payee=P7,P8 (GET /payees/P8" in str(missing(PayeeServer(("P7",)), api=api))


@pytest.mark.parametrize("vendor", vendor_packages())
def test_every_fact_of_our_fixtures_is_there_or_said_to_be_seen_by_no_read(vendor: str) -> None:
    api = load_vendor_api(vendor)
    app = create_app(Options(vendors=(vendor,), strict_auth=True))
    with Target(Address(f"http://127.0.0.1:8080/{vendor}", app)) as target:
        found = FactSearch(api, target, frozenset(api.spec.operations), {}).checked()

    assert found.facts == api.facts
    assert all(told.endswith("(no read shows it") for note in found.notes for told in note[:-1].split(");"))


@pytest.mark.parametrize("vendor", vendor_packages())
def test_checks_name_facts_and_operations_that_are_there(vendor: str) -> None:
    api = load_vendor_api(vendor)
    for check in api.profile.fact_checks:
        assert check.fact in api.facts
        assert set(check.needed_by) <= set(api.spec.operations)
        assert all(api.spec.operations[read.operation].method == "get" for read in check.reads)
