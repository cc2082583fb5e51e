"""The strips on the pages of vendors are those of the calls there; the page of outcomes has all signs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mockserver.cli.output import SIGNS
from mockserver.engine.registry import vendor_packages
from mockserver.server.application import Options, create_app
from tests.docs.pages import DOCS
from tests.support.client import Client
from tests.test_readme import run

PAGE = (DOCS / "outcomes.md").read_text(encoding="utf-8")
SAMPLE = re.compile(r"```console\n\$ (curl [^\n]*)\n.*?\n```\n\nStrip: `([^`]*)`", re.DOTALL)
VENDOR_PAGES = [DOCS / "vendors" / f"{vendor}.md" for vendor in vendor_packages()]
SAMPLES = [one for page in VENDOR_PAGES for one in SAMPLE.findall(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("command", "strip"), SAMPLES, ids=[one.split("8080/")[1][:4] for one, _ in SAMPLES])
def test_a_strip_shows_what_became_of_the_items(command: str, strip: str) -> None:
    app = create_app(Options())

    answered = run(command, app)

    path = f"/_mock/sandboxes/default/journal/{answered.headers['mock-journal']}"
    decided = Client(app, {"host": "127.0.0.1:8080"}).get(path).json["decided"]
    assert " ".join(SIGNS[one["action"]][0] for one in decided) == strip


@pytest.mark.parametrize("page", VENDOR_PAGES, ids=lambda page: page.stem)
def test_the_page_of_a_vendor_begins_with_a_call_of_some_items(page: Path) -> None:
    first = page.read_text(encoding="utf-8").partition("\n## ")[2].partition("\n## ")[0]

    assert len(SAMPLE.findall(first)) == 1
    assert f"/{page.stem}/" in SAMPLE.findall(first)[0][0]


@pytest.mark.parametrize("outcome", SIGNS)
def test_every_outcome_is_explained_with_its_signs(outcome: str) -> None:
    sign, plain, _color = SIGNS[outcome]

    assert f"| {sign} | {outcome} |" in PAGE
    assert plain in re.search(r"the signs are `([^`]*)`", PAGE)[1].split()  # type: ignore[index] # it is there
