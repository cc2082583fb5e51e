from __future__ import annotations

import pytest

from mockserver.server.application import Application
from tests.journeys.stories import STORIES, Story
from tests.support.client import Client

every = pytest.mark.parametrize("story", STORIES, ids=[story.vendor for story in STORIES])


@every
def test_before_the_batch_all_is_as_in_the_fixtures(story: Story, client: Client) -> None:
    assert story.see(client) == story.before


@every
def test_a_batch_with_a_bad_item_does_what_the_vendor_does_with_the_good_ones(
    story: Story, client: Client
) -> None:
    story.send_batch(client)

    assert story.see(client) == story.after_batch


@every
def test_the_repair_of_what_failed_brings_the_rest(story: Story, client: Client) -> None:
    story.send_batch(client)

    story.send_repair(client)

    assert story.see(client) == story.after_repair


@every
def test_a_second_sandbox_sees_nothing_of_it(story: Story, client: Client, other: Client) -> None:
    story.send_batch(client)
    story.send_repair(client)

    assert story.see(other) == story.before


@every
def test_a_batch_in_a_second_sandbox_is_news_there(story: Story, client: Client, other: Client) -> None:
    story.send_batch(client)
    story.send_repair(client)

    story.send_batch(other)

    assert story.see(other) == story.after_batch


@every
def test_a_reset_brings_back_what_was_there_before(
    story: Story, app: Application, sandbox: str, client: Client
) -> None:
    story.send_batch(client)

    app.sandboxes.reset(sandbox)

    assert story.see(client) == story.before


@every
def test_a_reset_leaves_nothing_behind(story: Story, app: Application, sandbox: str, client: Client) -> None:
    before = app.sandboxes.dump(sandbox)
    story.tell(client)

    app.sandboxes.reset(sandbox)

    assert app.sandboxes.dump(sandbox) == before


@every
def test_a_reset_of_one_sandbox_is_not_felt_in_another(
    story: Story, app: Application, sandbox: str, client: Client, other: Client
) -> None:
    story.send_batch(client)
    story.send_batch(other)

    app.sandboxes.reset(sandbox)

    assert story.see(other) == story.after_batch


@every
def test_two_sandboxes_of_one_seed_answer_alike_byte_for_byte(
    story: Story, client: Client, other: Client
) -> None:
    assert story.tell(client) == story.tell(other)


@every
def test_a_sandbox_answers_alike_after_a_reset_byte_for_byte(
    story: Story, app: Application, sandbox: str, client: Client
) -> None:
    first = story.tell(client)

    app.sandboxes.reset(sandbox)

    assert story.tell(client) == first


def test_what_one_vendor_is_told_is_not_heard_by_the_others(client: Client) -> None:
    result, *others = STORIES

    result.send_batch(client)

    assert [story.see(client) for story in others] == [story.before for story in others]


def test_all_stories_can_be_told_in_one_sandbox(client: Client) -> None:
    result = [(story.send_batch(client), story.send_repair(client)) for story in STORIES]

    assert len(result) == 5
    assert [story.see(client) for story in STORIES] == [story.after_repair for story in STORIES]
