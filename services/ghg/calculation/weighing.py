"""How several values of one year become one: weighed by the metal made meanwhile, or by days. Pure.

Source: sources.md 4.3. Equations 4.26 and 4.27 are of a period: what cells give off is its minutes
per cell and day times its metal, so a year's minutes are the mean of its months weighed by their
metal. Where metal is told by no days it is taken as made evenly, and days weigh. So they do where
values cover the same days, since that metal would count for each. The first three engines weighed
by days alone.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from services.ghg.activity.inventory import Datum

ZERO = Decimal(0)
Period = tuple[date, date]


class Weights(NamedTuple):
    """What each of some values weighs, and whether that is metal (t) or days."""

    of: Sequence[Decimal]
    by_metal: bool

    def mean(self, values: Sequence[Decimal]) -> Decimal:
        """The mean of the values."""
        weighed = (value * weight for value, weight in zip(values, self.of, strict=True))
        return sum(weighed, ZERO) / sum(self.of, ZERO)

    @property
    def told(self) -> str:
        """What a working says of it; nothing of a single value."""
        if len(self.of) == 1:
            return ""
        how = (
            "the metal made in the days of each"
            if self.by_metal
            else "the days of each, as metal is not told by the same days"
        )
        return f"mean of {len(self.of)} values, weighed by {how}"


def period(datum: Datum, year: int) -> Period:
    """The days that a datum covers: all of the year where it names none."""
    return datum.from_on or date(year, 1, 1), datum.to_on or date(year, 12, 31)


def overlapping(periods: Sequence[Period]) -> bool:
    """Whether any day is covered twice."""
    return any(before[1] >= after[0] for before, after in pairwise(sorted(periods)))


def by_days(values: Sequence[Datum], year: int) -> Weights:
    """Each value by the days that it covers."""
    return Weights([Decimal(_days(period(one, year))) for one in values], by_metal=False)


def by_metal(values: Sequence[Datum], metal: Sequence[Datum], year: int) -> Weights:
    """Each value by the metal made in its days; by its days where that cannot be told."""
    periods = [period(one, year) for one in values]
    if len({period(one, year) for one in metal}) < 2 or overlapping(periods):
        return by_days(values, year)
    found = [sum((_within(one, days, year) for one in metal), ZERO) for days in periods]
    return Weights(found, by_metal=True) if any(found) else by_days(values, year)


def _within(metal: Datum, days: Period, year: int) -> Decimal:
    """What of some metal was made in a period, if it was made evenly in its own."""
    first, last = period(metal, year)
    shared = (min(last, days[1]) - max(first, days[0])).days + 1
    return metal.quantity * max(shared, 0) / _days((first, last))


def _days(days: Period) -> int:
    return max((days[1] - days[0]).days + 1, 1)
