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
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from infra.errors import Refused
from infra.policy import Policy

from .working import PERCENT

SOURCE = "sources.md 4.10"
DRAWS = 10_000
SIGMAS_OF_95 = 1.959963984540054
"""Standard deviations from the mean to either end of a normal 95 % interval."""
ZERO = Decimal(0)
Floats = NDArray[np.float64]


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
        name: (value * quantities[name].uncertainty_percent / PERCENT) ** 2
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
    """Approach 2: every quantity drawn from its normal distribution, `draws` times (an even
    number: draws come in pairs mirrored around the mean, which keeps a linear total's mean exact
    and halves the work). The order of lines and quantities changes nothing but the last digits."""
    _check(quantities, lines)
    if draws < 2 or draws % 2:
        raise Refused("draws-not-even", f"{draws} draws: an even number, at least 2.", draws=draws)
    drawn = _draw(quantities, seed, draws // 2)
    above: Floats = np.zeros(draws // 2)
    below: Floats = np.zeros(draws // 2)
    certain = 0.0
    for line in lines:
        value = float(_product(quantities, line))
        moved = [drawn[name] for name in line if name in drawn]
        if moved:
            above += _times(value, moved, 1.0)
            below += _times(value, moved, -1.0)
        else:
            certain += value
    totals = np.concatenate((above, below)) + certain
    low, median, high = np.percentile(totals, (2.5, 50.0, 97.5))
    mean = float(totals.mean())
    return Simulated(_told(mean), _told(median), _told(low), _told(high), draws, seed)


def _draw(quantities: Mapping[str, Quantity], seed: int, pairs: int) -> Mapping[str, Floats]:
    """For each uncertain quantity how far it lies from its value in every pair of draws, as a
    share of the value. Names are drawn in their order, so how they are given does not matter."""
    generator = np.random.Generator(np.random.PCG64(seed))
    drawn: dict[str, Floats] = {}
    for name in sorted(quantities):
        percent = float(quantities[name].uncertainty_percent)
        if percent > 0:
            drawn[name] = generator.standard_normal(pairs)
            drawn[name] *= percent / 100 / SIGMAS_OF_95
    return drawn


def _times(value: float, moved: Sequence[Floats], side: float) -> Floats:
    """A line's value in every pair, on one side of its mirror."""
    product: Floats = moved[0] * side
    product += 1
    for other in moved[1:]:
        product *= other * side + 1
    product *= value
    return product


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
