from __future__ import annotations

from pathlib import Path

import pytest

from mockserver import __version__
from mockserver.server.application import Application, Options
from mockserver.server.serving import Facts, render_banner
from tests.support import sample_vendor

URL = "http://127.0.0.1:8080/"


@pytest.fixture
def app(tmp_path: Path) -> Application:
    return sample_vendor.create_application(tmp_path)


def test_the_banner_tells_address_vendors_docs_and_settings(app: Application) -> None:
    assert render_banner(app, Options(), Facts(URL, "127.0.0.1", 0.94)).splitlines() == [
        f"mockserver {__version__} ready in 0.9 s     {URL}",
        f"  /acme        console: {URL}_console/",
        "  sandbox default · auth lenient · clock system · store memory        Ctrl-C stops",
    ]


def test_without_the_console_the_banner_leads_to_a_vendor(app: Application) -> None:
    line = render_banner(app, Options(console=False), Facts(URL, "127.0.0.1", 0)).splitlines()[1]

    assert line == f"  /acme        docs: {URL}acme/ui/"


def test_the_banner_tells_what_differs(app: Application) -> None:
    options = Options(strict_auth=True, freeze="2026-01-05T09:00:00Z")
    facts = Facts(URL, "127.0.0.1", 0, state_file=Path("state.json"))

    assert render_banner(app, options, facts).splitlines()[2] == (
        "  sandbox default · auth strict · clock frozen at 2026-01-05T09:00:00Z"
        " · store memory, saved to state.json at the end        Ctrl-C stops"
    )


def test_the_banner_shows_the_token_that_was_made_for_other_machines(app: Application) -> None:
    result = render_banner(app, Options(foreign_token="made-1"), Facts(URL, "10.0.0.1", 0))

    assert result.splitlines()[3:] == [
        "  control token for other machines: made-1   (MOCKSERVER_CONTROL_TOKEN sets one)"
    ]


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        (
            Facts(URL, "0.0.0.0", 0),  # noqa: S104 - nothing listens
            "  listens on all addresses; --allow-host NAME lets other machines use the control plane",
        ),
        (
            Facts(URL, "127.0.0.1", 0, ca_file=Path(".mockserver/ca.pem")),
            f"  try: curl --cacert .mockserver/ca.pem {URL}_mock/health",
        ),
        (
            Facts(URL, "127.0.0.1", 0, watched=(Path("specs"), Path("a.yaml"))),
            "  watches specs, a.yaml",
        ),
    ],
)
def test_the_banner_tells_more_where_there_is_more(app: Application, facts: Facts, line: str) -> None:
    assert render_banner(app, Options(), facts).splitlines()[3:] == [line]
