from __future__ import annotations

import pytest

from mockserver.sandbox.sandboxes import is_sandbox_name
from mockserver.testing.control_client import sandbox_name

HOSTILE = [
    "",
    "::",
    "a::b[x/../y]",
    "t::test_ß[\ud800\x00\n]",
    "t::test[" + "long" * 99 + "]",
    "::--",
    "t::ÄÖÜ",
]


@pytest.mark.parametrize("test", HOSTILE)
@pytest.mark.parametrize("worker", ["", "gw0", "Worker Nr. 12345678901"])
def test_every_test_has_a_name_that_a_sandbox_can_have(worker: str, test: str) -> None:
    assert is_sandbox_name(sandbox_name(worker, test))


def test_no_two_tests_have_one_name() -> None:
    assert len({sandbox_name("gw0", test) for test in HOSTILE}) == len(HOSTILE)


def test_workers_tell_names_apart() -> None:
    assert sandbox_name("gw0", "t") != sandbox_name("gw1", "t")


def test_a_name_can_be_read() -> None:
    assert sandbox_name("gw0", "tests/t.py::test_pays[one]").startswith("t-gw0-test-pays-one-")
