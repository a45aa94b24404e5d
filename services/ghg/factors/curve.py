"""Sector curves: what a whole sector may give off per year or per tonne, by year. Pure.

A curve is a factor set of family `sector_curve` whose names are years (sources.md 4.9). Between
two of its years it is a straight line; outside them it says nothing.
"""

from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from infra.errors import Refused

from .book import FactorSet

FAMILY = "sector_curve"


class Curve(NamedTuple):
    """Nodes in order of years; `per_tonne` tells an intensity from a budget."""

    factor_set: str
    title: str
    unit: str
    nodes: tuple[tuple[int, Decimal], ...]

    @property
    def per_tonne(self) -> bool:
        """Whether it is an intensity (and not a budget of the whole sector)."""
        return self.unit.startswith("t CO2") and "/t" in self.unit

    @property
    def first_year(self) -> int:
        """The year from which on it tells anything."""
        return self.nodes[0][0]

    def at(self, year: int) -> Decimal:
        """The value of a year; refused `year-outside-curve`."""
        for (left, low), (right, high) in pairwise(self.nodes):
            if left <= year <= right:
                return low + (high - low) * (year - left) / (right - left)
        first, last = self.nodes[0][0], self.nodes[-1][0]
        raise Refused(
            "year-outside-curve",
            f"{self.title} runs from {first} to {last} and says nothing of {year}.",
            curve=self.factor_set,
            year=year,
            first=first,
            last=last,
        )


def curve_of(factors: FactorSet) -> Curve:
    """A factor set as a curve; ValueError when it is none (a fault of our data)."""
    units = {factor.unit for factor in factors.factors.values()}
    nodes = sorted((int(name), factor.value) for name, factor in factors.factors.items())
    if len(units) != 1 or len(nodes) < 2:
        raise ValueError(f"{factors.factor_set} is no curve: {len(nodes)} years, {sorted(units)}")
    if any(value <= 0 for _, value in nodes):
        raise ValueError(f"{factors.factor_set} reaches zero: nothing can be divided by it")
    return Curve(factors.factor_set, factors.title, units.pop(), tuple(nodes))
