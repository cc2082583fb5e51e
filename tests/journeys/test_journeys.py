from __future__ import annotations

import pytest

from mockserver.engine.registry import vendor_packages
from mockserver.server.application import Application
from tests.journeys.journey import Journey, journeys
from tests.support.client import Client

every = pytest.mark.parametrize("journey", journeys(), ids=[journey.vendor for journey in journeys()])


@every
def test_before_the_batch_all_is_as_in_the_fixtures(journey: Journey, client: Client) -> None:
    assert journey.see(client) == journey.before


@every
def test_a_batch_with_a_bad_item_does_what_the_vendor_does_with_the_good_ones(
    journey: Journey, client: Client
) -> None:
    journey.send_batch(client)

    assert journey.see(client) == journey.after_batch


@every
def test_the_repair_of_what_failed_brings_the_rest(journey: Journey, client: Client) -> None:
    journey.send_batch(client)

    journey.send_repair(client)

    assert journey.see(client) == journey.after_repair


@every
def test_a_second_sandbox_sees_nothing_of_it(journey: Journey, client: Client, other: Client) -> None:
    journey.send_batch(client)
    journey.send_repair(client)

    assert journey.see(other) == journey.before


@every
def test_a_batch_in_a_second_sandbox_is_news_there(journey: Journey, client: Client, other: Client) -> None:
    journey.send_batch(client)
    journey.send_repair(client)

    journey.send_batch(other)

    assert journey.see(other) == journey.after_batch


@every
def test_a_reset_brings_back_what_was_there_before(
    journey: Journey, app: Application, sandbox: str, client: Client
) -> None:
    journey.send_batch(client)

    app.sandboxes.reset(sandbox)

    assert journey.see(client) == journey.before


@every
def test_a_reset_leaves_nothing_behind(
    journey: Journey, app: Application, sandbox: str, client: Client
) -> None:
    before = app.sandboxes.dump(sandbox)
    journey.run(client)

    app.sandboxes.reset(sandbox)

    assert app.sandboxes.dump(sandbox) == before


@every
def test_a_reset_of_one_sandbox_is_not_felt_in_another(
    journey: Journey, app: Application, sandbox: str, client: Client, other: Client
) -> None:
    journey.send_batch(client)
    journey.send_batch(other)

    app.sandboxes.reset(sandbox)

    assert journey.see(other) == journey.after_batch


@every
def test_two_sandboxes_of_one_seed_answer_alike_byte_for_byte(
    journey: Journey, client: Client, other: Client
) -> None:
    assert journey.run(client) == journey.run(other)


@every
def test_a_sandbox_answers_alike_after_a_reset_byte_for_byte(
    journey: Journey, app: Application, sandbox: str, client: Client
) -> None:
    first = journey.run(client)

    app.sandboxes.reset(sandbox)

    assert journey.run(client) == first


def test_what_one_vendor_is_sent_changes_no_other(client: Client) -> None:
    first, *others = journeys()

    first.send_batch(client)

    assert [journey.see(client) for journey in others] == [journey.before for journey in others]


def test_all_journeys_fit_into_one_sandbox(client: Client) -> None:
    for journey in journeys():
        journey.send_batch(client)
        journey.send_repair(client)

    assert [journey.vendor for journey in journeys()] == sorted(vendor_packages())
    assert [journey.see(client) for journey in journeys()] == [journey.after_repair for journey in journeys()]
