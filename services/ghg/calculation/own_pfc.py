"""A facility's own PFC coefficients as data tell them: which of several holds. Pure.

Source: sources.md 4.3. An own slope is told by `parameter.S_CF4` and `parameter.F`, an own
over-voltage coefficient by `parameter.OVC` and the same `parameter.F`; the day of its measurement
is the first that the datum names, mostly one before its year; its uncertainty is that of the
datum. Of several for the same cells the newest measured holds, in whatever order they came: it is
the one whose renewal is due. The first two engines took the last of the file, and the mean of all
ratios.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from contracts.values import plain
from services.ghg.activity.inventory import Datum, Site
from services.ghg.factors.pinned import FIRST_ENGINE, SECOND_ENGINE

from .pfc import SOURCE, Technology
from .working import Doubt

SLOPE = "parameter.S_CF4"
OVERVOLTAGE = "parameter.OVC"
FRACTION = "parameter.F"
COEFFICIENTS = (SLOPE, OVERVOLTAGE)
"""What the cells give off per tonne, as the facility measured it."""
OWN = frozenset({*COEFFICIENTS, FRACTION})
ALL_KEPT = frozenset({FIRST_ENGINE, SECOND_ENGINE})
"""Engines that choose by the order of the data."""
NAMED = 5
ZERO = Decimal(0)
_KNOWN = frozenset(one.value for one in Technology)


class Chosen(NamedTuple):
    """Data of some cells by item, of own coefficients those alone that hold; and what is doubtful
    about the choice, by item."""

    told: Mapping[str, Sequence[Datum]]
    doubts: Mapping[str, Doubt]


def measured(datum: Datum) -> date | None:
    """The day on which an own coefficient was measured, where that is told."""
    return datum.from_on or datum.to_on


def by_technology(own: Sequence[Datum], site: Site) -> Mapping[str, date]:
    """The newest measurement of each technology of cells, the site's own first; of data without a
    technology that of the site. What names no technology is left out: it is refused as soon as
    anything is calculated."""
    found: dict[str, date] = {}
    for one in own:
        name, day = one.technology or site.technology, measured(one)
        if name in _KNOWN and day is not None:
            found[name] = max(day, found.get(name, day))
    return dict(sorted(found.items(), key=lambda each: (each[0] != site.technology, each[0])))


def chosen(told: Mapping[str, Sequence[Datum]], engine: str) -> Chosen:
    """Of several own coefficients of one kind the newest measured, as an engine chooses."""
    several = [item for item in told if item in OWN and len(told[item]) > 1]
    if not several or engine in ALL_KEPT:
        return Chosen(told, {})
    kept, doubts = dict(told), dict[str, Doubt]()
    for item in several:
        holds = max(told[item], key=_order)
        kept[item] = [holds]
        alike = [one for one in told[item] if measured(one) == measured(holds)]
        if len({(one.quantity, one.uncertainty_percent) for one in alike}) > 1:
            doubts[item] = _ambiguous(holds, alike)
    return Chosen(kept, doubts)


def _order(datum: Datum) -> tuple[date, Decimal, bool, Decimal, str]:
    """The newest last. Of those measured on one day the highest: whoever errs, errs on the side of
    more emissions. Nothing of it depends on the order of the data."""
    percent = datum.uncertainty_percent
    day = measured(datum) or date.min
    return day, datum.quantity, percent is not None, percent or ZERO, datum.datum_id


def _ambiguous(holds: Datum, alike: Sequence[Datum]) -> Doubt:
    day = measured(holds)
    when = "were measured on no day that is told" if day is None else f"were measured on {day}"
    names = ", ".join(sorted(one.datum_id for one in alike)[:NAMED])
    sentence = (
        f"{len(alike)} values of {holds.item} for the same cells {when} ({names}): the highest,"
        f" {plain(holds.quantity)} of {holds.datum_id}, was taken. Leave the one that holds."
    )
    return Doubt("own_measurement_ambiguous", sentence, f"{SOURCE}, R-25")
