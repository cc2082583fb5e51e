"""The page of differences between the mock and the real server behind it."""

from __future__ import annotations

from mockserver.contract.examples import ProfileExamples
from mockserver.server.application import Options
from mockserver.server.forwarding import ForwardRules
from mockserver.testing.threaded_server import run_in_thread
from tests.browser.axe import complaints_everywhere
from tests.browser.sending import Sender
from tests.browser.visitor import Visiting
from tests.support import claims_server
from tests.support.frozen_app import create_frozen_app


def test_a_difference_leads_to_its_item_and_its_cure_can_be_copied(window: Visiting) -> None:
    with claims_server.serve("key case") as real:
        forward = ForwardRules(real, is_shadowed=True)
        options = Options(examples=ProfileExamples, vendors=("vba",), forward=forward)
        with run_in_thread(create_frozen_app(options)) as url, Sender.into(url, "shadow") as sender:
            sender.batch(payee_ID="p100")
            visitor = window(at=url, permissions=["clipboard-read", "clipboard-write"])
            page = visitor.open("/_console/?sandbox=shadow")
            page.keyboard.press("g")
            page.keyboard.press("x")
            page.wait_for_url("**/_console/differences?sandbox=shadow")

            assert complaints_everywhere(page) == []
            page.get_by_role("button", name="Copy").click()
            copied = page.evaluate("navigator.clipboard.readText()")
            page.get_by_role("link", name="#1").click()
            page.wait_for_url("**/_console/x/1?sandbox=shadow&item=0#item-title")

    assert copied == "mockserver assumptions set vba.ci_keys on -s shadow"
