from __future__ import annotations

import pytest

from tests.tools.bench.figures import percentile, span, spread


def test_half_of_the_figures_do_not_exceed_the_50th_percentile() -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0, 5.0], 50) == 3.0


def test_the_99th_percentile_of_1_to_101_is_100() -> None:
    assert percentile([float(number) for number in range(1, 102)], 99) == 100.0


def test_a_lone_figure_is_its_own_percentile() -> None:
    assert percentile([4.0], 99) == 4.0


def test_equal_figures_have_no_spread() -> None:
    assert spread([2.0, 2.0, 2.0]) == 0.0


def test_a_spread_is_a_share_of_the_median() -> None:
    figures = [float(number) for number in range(90, 111)]

    assert spread(figures) == pytest.approx(0.16)
    assert spread([10 * figure for figure in figures]) == pytest.approx(0.16)


def test_one_odd_round_of_many_counts_less_than_a_machine_that_swings() -> None:
    assert spread([1.0] * 19 + [9.0]) == 0.0
    assert spread([1.0, 2.0] * 10) > 0.25


def test_a_span_is_how_much_the_largest_exceeds_the_smallest() -> None:
    assert span([2.0, 2.5, 2.2]) == pytest.approx(0.25)
