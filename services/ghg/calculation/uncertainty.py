"""How sure a total is: error propagation, and a simulation that agrees with it where it must. Pure.

Source: sources.md 4.10 (IPCC 2006 volume 1, approach 1 and approach 2: [G]). Uncertainties are
half-widths of 95 % intervals, in per cent of the value. A total is a sum of lines, a line a product
of quantities. A quantity that stands in several lines (one grid factor under a hundred meters) is
one quantity: it is wrong in all of them at once, and does not average out.

Error propagation is exact decimals. The simulation alone counts in floats, inside one function: its
seed is an input, its results are decimals of ten digits, and they belong to the pinned version of
numpy, whose stream of draws may differ in another.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from infra.errors import Refused
from infra.policy import Policy

from .working import PERCENT

SOURCE = "sources.md 4.10"
DRAWS = 10_000
DRAWS_MIN = 1_000
SIGMAS_OF_95 = 1.959963984540054
"""Standard deviations from the mean to either end of a normal 95 % interval."""
STEPS = 65_536
"""Steps into which the normal distribution is cut: as many as 16 random bits tell apart."""
ZERO = Decimal(0)
BLOCK = 500
"""Draws whose steps are drawn together. The order of the stream depends on it: it stays."""
PART = 100
"""Draws that are worked out together: few enough that they stay in the processor's cache."""
Floats = NDArray[np.float64]
Places = NDArray[np.int64]


class Quantity(NamedTuple):
    """An uncertain value; `uncertainty_percent` is the half-width of its 95 % interval."""

    value: Decimal
    uncertainty_percent: Decimal


Line = Sequence[str]
"""Names of the quantities that are multiplied with one another."""


class Propagated(NamedTuple):
    """A total with its 95 % half-width; `shares` say which quantities make it uncertain (parts of
    the variance that add up to 1), greatest first. `wide` are those too uncertain for this way."""

    value: Decimal
    half_width: Decimal
    shares: tuple[tuple[str, Decimal], ...]
    wide: tuple[str, ...]

    @property
    def percent(self) -> Decimal | None:
        """The half-width in per cent of the value; None for a total of zero."""
        return None if self.value == 0 else self.half_width * PERCENT / abs(self.value)


class Simulated(NamedTuple):
    """A simulation's mean, median and 95 % interval, with what is needed to repeat it."""

    mean: Decimal
    median: Decimal
    low: Decimal
    high: Decimal
    draws: int
    seed: int


def of_product(uncertainties_percent: Sequence[Decimal]) -> Decimal:
    """Approach 1 for a product of independent quantities: the root of the sum of squares."""
    return sum((one * one for one in uncertainties_percent), ZERO).sqrt()


def of_sum(parts: Sequence[Quantity]) -> Decimal:
    """Approach 1 for a sum of independent quantities, in per cent of its absolute value; refused
    `total-is-zero`, of which there are no per cent."""
    value = sum((part.value for part in parts), ZERO)
    if value == 0:
        raise Refused("total-is-zero", "a total of zero has no uncertainty in per cent.")
    return of_product([part.uncertainty_percent * part.value for part in parts]) / abs(value)


def variance_of(value: Decimal, uncertainty_percent: Decimal) -> Decimal:
    """What a value adds to a variance: the square of its half-width."""
    half = value * uncertainty_percent / PERCENT
    return half * half


def propagate(
    quantities: Mapping[str, Quantity], lines: Sequence[Line], policy: Policy
) -> Propagated:
    """Approach 1 for a sum of products, shared quantities told apart from independent ones: what
    one quantity does to all of its lines is added before it is squared."""
    _check(quantities, lines)
    total = ZERO
    moved = dict.fromkeys(quantities, ZERO)
    for line in lines:
        value = _product(quantities, line)
        total += value
        for name in line:
            moved[name] += value
    variances = {
        name: variance_of(value, quantities[name].uncertainty_percent)
        for name, value in moved.items()
    }
    variance = sum(variances.values(), ZERO)
    parts = sorted(variances.items(), key=lambda part: (-part[1], part[0]))
    shares = tuple((name, part / variance) for name, part in parts if part > 0)
    most = policy.decimal("uncertainty.approach1_percent_max")
    wide = sorted(name for name, one in quantities.items() if one.uncertainty_percent > most)
    return Propagated(total, variance.sqrt(), shares, tuple(wide))


def simulate(
    quantities: Mapping[str, Quantity],
    lines: Sequence[Line],
    *,
    seed: int,
    draws: int = DRAWS,
) -> Simulated:
    """Approach 2: every quantity drawn from its normal distribution, `draws` times. How lines and
    quantities are ordered changes no more than the last digits. Refused: `too-few-draws`, below
    which the ends of an interval say nothing."""
    _check(quantities, lines)
    if draws < DRAWS_MIN:
        raise Refused(
            "too-few-draws", f"{draws} draws: at least {DRAWS_MIN} are needed.", draws=draws
        )
    names = sorted(name for name, one in quantities.items() if one.uncertainty_percent > 0)
    widths = [float(quantities[name].uncertainty_percent) for name in names]
    deviations = np.array(widths)[:, np.newaxis] / 100 / SIGMAS_OF_95
    certain, groups = _grouped(quantities, lines, {name: at for at, name in enumerate(names)})
    generator = np.random.Generator(np.random.PCG64(seed))
    totals: Floats = np.full(draws, certain)
    for start in range(0, draws, BLOCK):
        size = (len(names), min(BLOCK, draws - start))
        steps = generator.integers(0, STEPS, size=size, dtype=np.uint16)
        for first in range(0, size[1], PART):
            drawn = _normal().take(steps[:, first : first + PART])
            drawn *= deviations
            drawn += 1
            part = totals[start + first : start + first + drawn.shape[1]]
            for values, places in groups:
                products = drawn.take(places[0], axis=0)
                for place in places[1:]:
                    products *= drawn.take(place, axis=0)
                part += values @ products
    low, median, high = np.percentile(totals, (2.5, 50.0, 97.5))
    mean = float(totals.mean())
    return Simulated(_told(mean), _told(median), _told(low), _told(high), draws, seed)


def _grouped(
    quantities: Mapping[str, Quantity], lines: Sequence[Line], place_of: Mapping[str, int]
) -> tuple[float, Sequence[tuple[Floats, Places]]]:
    """The sum of lines without any uncertain quantity, and the others by how many they have:
    their values, and for each of their uncertain quantities its place among what is drawn."""
    certain = ZERO
    groups: dict[int, tuple[list[float], list[list[int]]]] = {}
    for line in lines:
        value = _product(quantities, line)
        places = [place_of[name] for name in line if name in place_of]
        if not places:
            certain += value
            continue
        values, rows = groups.setdefault(len(places), ([], []))
        values.append(float(value))
        rows.append(places)
    arrays = [(np.array(values), np.array(rows).T) for values, rows in groups.values()]
    return float(certain), arrays


@cache
def _normal() -> Floats:
    """The standard normal distribution as equally probable steps: looking a step up takes half the
    time of computing a normal number, and its ends, 4.3 deviations out, are far enough."""
    inverse = NormalDist().inv_cdf
    steps: Floats = np.array([inverse((step + 0.5) / STEPS) for step in range(STEPS)])
    steps /= steps.std()
    return steps


def _product(quantities: Mapping[str, Quantity], line: Line) -> Decimal:
    value = Decimal(1)
    for name in line:
        value *= quantities[name].value
    return value


def _told(value: float) -> Decimal:
    """A float as a decimal of ten digits: beyond them, machines may differ."""
    return Decimal(f"{value:.9e}")


def _check(quantities: Mapping[str, Quantity], lines: Sequence[Line]) -> None:
    unknown = sorted({name for line in lines for name in line} - quantities.keys())
    if unknown or not all(lines):
        raise Refused(
            "line-of-nothing-known",
            "every line multiplies at least one quantity that is given.",
            unknown=unknown,
        )
    negative = sorted(name for name, one in quantities.items() if one.uncertainty_percent < 0)
    if negative:
        raise Refused(
            "uncertainty-negative",
            f"below zero: {', '.join(negative)}. An uncertainty is a width.",
            quantities=negative,
        )
