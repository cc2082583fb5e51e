from __future__ import annotations

import re
from pathlib import Path

import pytest

from mockserver.control.status import EffectiveSetting
from mockserver.server.application import Application
from tests.support import sample_vendor
from tests.support.client import Client
from tests.support.console import CONSOLE, page, post_form, twin

SWITCH, WITH_PATTERN = "guidewire.trim", "guidewire.batch_limit"


@pytest.fixture
def visitor(app: Application) -> Client:
    return Client(app, {"host": "testserver"})


def values(visitor: Client, sandbox: str) -> dict[str, str]:
    listed = visitor.get(f"/_mock/sandboxes/{sandbox}/assumptions").json
    return {one["id"]: one["value"] for one in listed}


def test_every_vendor_has_its_base_address_in_the_sandbox(visitor: Client, sandbox: str) -> None:
    default, own = page(visitor, "/vendors"), page(visitor, f"/vendors?sandbox={sandbox}")

    for vendor in visitor.get("/_mock/vendors").json:
        assert f">http://testserver{vendor['base']}</code>" in default
        assert f">http://testserver/sandboxes/{sandbox}{vendor['base']}</code>" in own
        assert f'href="/{vendor["name"]}/ui/?sandbox={sandbox}"' in own


def test_the_settings_of_the_server_stand_with_their_sources(tmp_path: Path) -> None:
    settings = (
        EffectiveSetting("port", "9000", "mockserver.toml:2"),
        EffectiveSetting("<b>", "-", "default"),
    )
    text = page(sample_vendor.create_client(tmp_path, settings=settings), "/vendors")

    assert ("mockserver.toml:2" in text, "--&lt;b&gt;" in text, "<b>" in text) == (True, True, False)


def test_settings_that_have_their_defaults_are_folded(tmp_path: Path) -> None:
    settings = (EffectiveSetting("host", "x", "default"), EffectiveSetting("port", "9000", "command line"))
    text = page(sample_vendor.create_client(tmp_path, settings=settings), "/vendors")

    open_part, folded = text.split("<summary>1 with the default</summary>")
    assert ("--port" in open_part, "--host" in open_part, "--host" in folded) == (True, False, True)


def test_a_server_without_settings_says_so(visitor: Client) -> None:
    assert "A program started this server" in page(visitor, "/vendors")


def test_a_vendor_shows_its_operations_and_every_assumption_with_a_label(visitor: Client) -> None:
    text, shown = page(visitor, "/vendors/guidewire"), twin(visitor, "/vendors/guidewire.json")

    assert [one for one in shown["operations"] if f"<code>{one}</code>" not in text] == []
    assert [one["id"] for one in shown["assumptions"] if f">{one['id']}</label>" not in text] == []
    assert [one["id"] for one in shown["assumptions"] if f'name="{one["id"]}"' not in text] == []
    assert "/_console/docs/vendors/guidewire#batches" in text


@pytest.mark.parametrize("path", ["/vendors/nobody", "/vendors/nobody.json"])
def test_a_vendor_that_is_not_served_is_not_found(visitor: Client, path: str) -> None:
    response = visitor.get(CONSOLE + path)

    assert (response.status, "no vendor named nobody" in response.text) == (404, True)


def test_a_form_sets_what_it_changes_and_nothing_else(visitor: Client, sandbox: str) -> None:
    before = values(visitor, sandbox)

    moved = post_form(
        visitor,
        f"/vendors/guidewire?sandbox={sandbox}",
        **{SWITCH: "on", WITH_PATTERN: before[WITH_PATTERN], "payt.trim": "on", "unknown": "x"},
    )

    assert (moved.status, moved.headers["location"]) == (
        303,
        f"/_console/vendors/guidewire?sandbox={sandbox}&saved=1",
    )
    assert values(visitor, sandbox) == {**before, SWITCH: "on"}


def test_a_changed_assumption_comes_first_and_is_marked_in_words(visitor: Client, sandbox: str) -> None:
    post_form(visitor, f"/vendors/guidewire?sandbox={sandbox}", **{SWITCH: "on"})

    text = page(visitor, f"/vendors/guidewire?sandbox={sandbox}")
    assert re.findall('for="s-1">([^<]*)</label><span class="warning below">changed<', text) == [SWITCH]
    assert "1 changed" in page(visitor, f"/vendors?sandbox={sandbox}")


def test_the_default_is_restored_by_choosing_it(visitor: Client, sandbox: str) -> None:
    before = values(visitor, sandbox)
    post_form(visitor, f"/vendors/guidewire?sandbox={sandbox}", **{SWITCH: "on"})

    post_form(visitor, f"/vendors/guidewire?sandbox={sandbox}", **{SWITCH: before[SWITCH]})

    assert visitor.get(f"/_mock/sandboxes/{sandbox}").json["assumptions"] == {}


def test_all_defaults_of_one_vendor_are_restored(visitor: Client, sandbox: str) -> None:
    post_form(visitor, f"/vendors/guidewire?sandbox={sandbox}", **{SWITCH: "on", WITH_PATTERN: "7"})
    post_form(visitor, f"/vendors/payt?sandbox={sandbox}", **{"payt.trim": "on"})

    post_form(visitor, f"/vendors/guidewire?sandbox={sandbox}", **{SWITCH: "on", "restore": "1"})

    assert visitor.get(f"/_mock/sandboxes/{sandbox}").json["assumptions"] == {"payt.trim": "on"}


def test_a_value_that_an_assumption_has_not_is_refused_beside_the_form(visitor: Client, sandbox: str) -> None:
    shown = post_form(
        visitor, f"/vendors/guidewire?sandbox={sandbox}", **{WITH_PATTERN: '"><b>', SWITCH: "on"}
    )

    assert shown.status == 422
    assert f"{WITH_PATTERN} has no value" in shown.text
    assert 'value="&#34;&gt;&lt;b&gt;"' in shown.text
    assert values(visitor, sandbox)[SWITCH] == "off"


def test_a_form_without_changes_says_so(visitor: Client, sandbox: str) -> None:
    moved = post_form(visitor, f"/vendors/guidewire?sandbox={sandbox}")

    assert "Nothing was different" in page(visitor, moved.headers["location"].removeprefix(CONSOLE))


def test_a_refusal_of_a_vendor_that_is_not_served_changes_nothing(visitor: Client) -> None:
    assert post_form(visitor, "/vendors/nobody", x="y").status == 404
