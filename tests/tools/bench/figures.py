"""Medians, percentiles, and how far the middle of some figures lies apart."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median, quantiles


def percentile(figures: Sequence[float], hundredth: int) -> float:
    """The figure that so many of a hundred do not exceed, between the nearest two."""
    if len(figures) == 1:
        return figures[0]
    return quantiles(figures, n=100, method="inclusive")[hundredth - 1]


def spread(figures: Sequence[float]) -> float:
    """How far the first and the last tenth lie apart, as a share of the median: 0.25 is a quarter."""
    return (percentile(figures, 90) - percentile(figures, 10)) / median(figures)


def span(figures: Sequence[float]) -> float:
    """By which share the largest exceeds the smallest."""
    return max(figures) / min(figures) - 1
