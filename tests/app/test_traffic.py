from __future__ import annotations

from contextlib import suppress

from mockserver.app.traffic import Traffic


def test_open_calls_of_one_kind_are_counted() -> None:
    traffic = Traffic()

    with traffic.entered("one", "acme") as first, traffic.entered("one", "acme") as second:
        pass

    assert (first, second) == (1, 2)


def test_kinds_are_counted_apart() -> None:
    traffic = Traffic()

    with traffic.entered("one"), traffic.entered("other") as other:
        assert other == 1


def test_a_call_that_is_over_is_open_no_more_even_if_it_broke() -> None:
    traffic = Traffic()
    with suppress(ZeroDivisionError), traffic.entered("one"):
        _ = 1 / 0

    with traffic.entered("one") as again:
        assert again == 1
