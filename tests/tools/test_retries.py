"""What `make retries` compares, and that the page has all clients."""

from __future__ import annotations

from collections.abc import Sequence

import yaml

from tests.tools.retries import BEGIN, EXAMPLES, PAGE, TOLERANCE, differences

TABLE = "| urllib3 Retry 2.8.0 | xero | no | 35 | 12 | 39 | 12 | 25 | slow-body |"


def row(
    library: str = "urllib3 Retry 2.8.0", *, twice: int = 12, hanging: str = "slow-body"
) -> Sequence[str]:
    return (library, "xero", "no", "35", "12", "39", str(twice), "25", hanging)


def test_a_count_may_vary_a_little() -> None:
    assert list(differences(TABLE, [row(twice=12 + TOLERANCE)])) == []


def test_a_count_that_differs_is_named() -> None:
    found = list(differences(TABLE, [row(twice=20)]))

    assert found == ["urllib3 Retry 2.8.0, xero, no: paid twice 20, on the page 12"]


def test_a_later_version_of_a_library_is_compared_with_the_earlier_one() -> None:
    assert list(differences(TABLE, [row("urllib3 Retry 2.9.0", hanging="-")])) == []


def test_a_client_that_is_not_on_the_page_is_named() -> None:
    assert list(differences(TABLE, [row("ky 1.14.3")])) == ["ky 1.14.3, xero, no: it is not on the page"]


def test_every_client_is_on_the_page() -> None:
    clients = yaml.safe_load((EXAMPLES / "clients.yaml").read_text(encoding="utf-8"))
    names = {client["library"].removesuffix(" {}") for client in clients}
    table = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2]

    assert {name for name in names if f"\n| {name} " not in table} == set()
