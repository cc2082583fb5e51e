"""The strips on the page of outcomes are those of the calls above them."""

from __future__ import annotations

import re

import pytest

from mockserver.cli.output import SIGNS
from mockserver.server.application import Options, create_app
from tests.docs.pages import DOCS
from tests.support.client import Client
from tests.test_readme import run

PAGE = (DOCS / "outcomes.md").read_text(encoding="utf-8")
SAMPLES = re.findall(r"```console\n\$ (curl [^\n]*)\n.*?\n```\n\nStrip: `([^`]*)`", PAGE, re.DOTALL)


@pytest.mark.parametrize(("command", "strip"), SAMPLES, ids=[one.split("8080/")[1][:4] for one, _ in SAMPLES])
def test_a_strip_shows_what_became_of_the_items(command: str, strip: str) -> None:
    app = create_app(Options())

    answered = run(command, app)

    path = f"/_mock/sandboxes/default/journal/{answered.headers['mock-journal']}"
    decided = Client(app, {"host": "127.0.0.1:8080"}).get(path).json["decided"]
    assert " ".join(SIGNS[one["action"]][0] for one in decided) == strip


def test_every_vendor_has_a_sample_with_a_strip() -> None:
    vendors = re.findall(r"^\| (\w+) \| .* \| .* \| .* \|$", PAGE, re.MULTILINE)

    assert len(SAMPLES) == len(vendors) - len(["vendor"])


@pytest.mark.parametrize("outcome", SIGNS)
def test_every_outcome_is_explained_with_its_signs(outcome: str) -> None:
    sign, plain, _color = SIGNS[outcome]

    assert f"| {sign} | {outcome} |" in PAGE
    assert plain in re.search(r"the signs are `([^`]*)`", PAGE)[1].split()  # type: ignore[index] # it is there
