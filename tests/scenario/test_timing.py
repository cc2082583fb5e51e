from __future__ import annotations

from math import exp
from statistics import median

import pytest

from mockserver.scenario.fate import draw
from mockserver.scenario.model import Delay
from mockserver.scenario.timing import sampled


@pytest.mark.parametrize("u", [0.0, 0.5, 0.999])
def test_a_fixed_delay_is_always_the_same(u: float) -> None:
    assert sampled(Delay("fixed", value=250), u) == 250


@pytest.mark.parametrize(("u", "ms"), [(0.0, 100), (0.25, 150), (0.5, 200)])
def test_a_uniform_delay_spreads_evenly_between_its_bounds(u: float, ms: float) -> None:
    assert sampled(Delay("uniform", lower=100, upper=300), u) == ms


def test_half_of_lognormal_delays_are_longer_than_the_median() -> None:
    delay = Delay("lognormal", median=90, sigma=0.6)
    found = [sampled(delay, draw(1, str(n))) for n in range(2000)]

    assert sampled(delay, 0.5) == pytest.approx(90)
    assert median(found) == pytest.approx(90, rel=0.05)


def test_a_lognormal_delay_spreads_by_sigma() -> None:
    one_sigma_up = 0.8413447460685429

    assert sampled(Delay("lognormal", median=90, sigma=0.6), one_sigma_up) == pytest.approx(90 * exp(0.6))
    assert sampled(Delay("lognormal", median=90, sigma=0), 0.999) == 90


@pytest.mark.parametrize("u", [0.0, 1 - 2**-53])
def test_the_ends_of_a_lognormal_delay_stay_between_nothing_and_ten_minutes(u: float) -> None:
    assert 0 <= sampled(Delay("lognormal", median=600_000, sigma=10.0), u) <= 600_000


def test_a_longest_delay_cuts_the_tail() -> None:
    assert sampled(Delay("lognormal", median=90, sigma=2.0, longest=120), 0.99) == 120
    assert sampled(Delay("lognormal", median=90, sigma=2.0), 0.99999) > 120
