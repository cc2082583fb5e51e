from __future__ import annotations

import os
import subprocess
import sys
from math import exp, sqrt
from statistics import median

import pytest

from mockserver.scenario.evaluation import draw, sample_delay
from mockserver.scenario.model import Delay

DRAWN = """
from mockserver.scenario.evaluation import draw
print([draw(7, 'flaky', 'r1', str(n), '1') for n in range(5)])
"""
"""A program that draws five times."""


def test_a_fate_is_the_same_in_every_process_and_under_every_hash_seed() -> None:
    told = {
        subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", DRAWN],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("0", "1")
    }

    assert told == {f"{[draw(7, 'flaky', 'r1', str(n), '1') for n in range(5)]}\n"}


@pytest.mark.parametrize("probability", [0.01, 0.1, 0.5, 0.9])
def test_hits_come_as_often_as_their_probability_says(probability: float) -> None:
    draws = 10_000
    hits = sum(draw(42, "long-tail", "r1", f"item-{n}", "1") < probability for n in range(draws))

    assert abs(hits / draws - probability) <= 4 * sqrt(probability * (1 - probability) / draws)


def test_a_fate_lies_in_the_unit_interval() -> None:
    fates = [draw(1, "s", "r", str(n)) for n in range(1000)]

    assert min(fates) >= 0
    assert max(fates) < 1
    assert len(set(fates)) == len(fates)


def test_the_fate_of_one_item_does_not_depend_on_others() -> None:
    alone = draw(7, "flaky", "r1", "item-3", "2")
    among = [draw(7, "flaky", "r1", f"item-{n}", "2") for n in (9, 3, 1)]

    assert among[1] == alone


@pytest.mark.parametrize(
    "other",
    [
        (8, "flaky", "r1", "3", "1"),
        (7, "flakyr1", "", "3", "1"),
        (7, "flaky", "r13", "", "1"),
        (7, "flaky", "r1", "31", ""),
        (7, "flaky", "r1", "3", "1", ""),
        (7, "flaky", "r1", "3", "2"),
        (7, "flaky", "r1", "1", "3"),
    ],
)
def test_no_other_words_meet_the_same_fate(other: tuple[int, *tuple[str, ...]]) -> None:
    assert draw(*other) != draw(7, "flaky", "r1", "3", "1")


@pytest.mark.parametrize("word", ["é", "\ud800", "\x00", pytest.param("x" * 100_000, id="long")])
def test_any_text_and_any_seed_has_a_fate(word: str) -> None:
    assert 0 <= draw(-(2**63), word) < 1


@pytest.mark.parametrize("u", [0.0, 0.5, 0.999])
def test_a_fixed_delay_is_always_the_same(u: float) -> None:
    assert sample_delay(Delay("fixed", value=250), u) == 250


@pytest.mark.parametrize(("u", "ms"), [(0.0, 100), (0.25, 150), (0.5, 200)])
def test_a_uniform_delay_spreads_evenly_between_its_bounds(u: float, ms: float) -> None:
    assert sample_delay(Delay("uniform", lower=100, upper=300), u) == ms


def test_half_of_lognormal_delays_are_longer_than_the_median() -> None:
    delay = Delay("lognormal", median=90, sigma=0.6)
    found = [sample_delay(delay, draw(1, str(n))) for n in range(2000)]

    assert sample_delay(delay, 0.5) == pytest.approx(90)
    assert median(found) == pytest.approx(90, rel=0.05)


def test_a_lognormal_delay_spreads_by_sigma() -> None:
    one_sigma_up = 0.8413447460685429

    assert sample_delay(Delay("lognormal", median=90, sigma=0.6), one_sigma_up) == pytest.approx(
        90 * exp(0.6)
    )
    assert sample_delay(Delay("lognormal", median=90, sigma=0), 0.999) == 90


@pytest.mark.parametrize("u", [0.0, 1 - 2**-53])
def test_the_ends_of_a_lognormal_delay_stay_between_nothing_and_ten_minutes(u: float) -> None:
    assert 0 <= sample_delay(Delay("lognormal", median=600_000, sigma=10.0), u) <= 600_000


def test_a_longest_delay_cuts_the_tail() -> None:
    assert sample_delay(Delay("lognormal", median=90, sigma=2.0, longest=120), 0.99) == 120
    assert sample_delay(Delay("lognormal", median=90, sigma=2.0), 0.99999) > 120
