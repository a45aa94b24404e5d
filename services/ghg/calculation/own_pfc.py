"""A facility's own PFC coefficients as data tell them: which of several holds. Pure.

Source: sources.md 4.3. An own slope is told by `parameter.S_CF4` and `parameter.F`, an own
over-voltage coefficient by `parameter.OVC` and the same `parameter.F`; the day of its measurement
is the first that the datum names, mostly one before its year; its uncertainty is that of the
datum. Of several for the same cells the newest measured holds, in whatever order they came: it is
the one whose renewal is due. The first two engines took the last of the file, and the mean of all
ratios. A ratio that names a day of its own expires with it, one that names none with the slope; the
first three engines looked at the slope's alone. A coefficient far from what is published for its
cells is taken, and asked about: too low by a factor of ten it is mostly a unit that slipped.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from contracts.values import plain
from services.ghg.activity.inventory import Datum, Site
from services.ghg.factors.pinned import BEFORE_FOURTH, FIRST_ENGINE, SECOND_ENGINE, Pinned

from .pfc import FAMILY, SOURCE, Technology
from .working import Doubt

SLOPE = "parameter.S_CF4"
OVERVOLTAGE = "parameter.OVC"
FRACTION = "parameter.F"
COEFFICIENTS = (SLOPE, OVERVOLTAGE)
"""What the cells give off per tonne, as the facility measured it."""
OWN = frozenset({*COEFFICIENTS, FRACTION})
ALL_KEPT = frozenset({FIRST_ENGINE, SECOND_ENGINE})
"""Engines that choose by the order of the data."""
TOO_LOW, TOO_HIGH = "own_coefficient_low", "own_coefficient_high"
SLOPE_INCOMPLETE, OVERVOLTAGE_INCOMPLETE = "own_slope_incomplete", "own_overvoltage_incomplete"
"""Of a coefficient of whose measurement something is not told, whether it was taken or not."""
NAMED = 5
_IN_TABLES = {
    SLOPE: ("slope.",),
    OVERVOLTAGE: ("overvoltage.",),
    FRACTION: ("fraction.", "overvoltage_fraction."),
}
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
    """From when on each technology of cells has to be measured again, the site's own first: the
    newest measurement of its coefficient, or of its ratio where that is older; of data without a
    technology those of the site. What names no technology is left out: it is refused as soon as
    anything is calculated."""
    newest: dict[bool, dict[str, date]] = {True: {}, False: {}}
    for one in own:
        name, day = one.technology or site.technology, measured(one)
        if name in _KNOWN and day is not None:
            found = newest[one.item in COEFFICIENTS]
            found[name] = max(day, found.get(name, day))
    ratios = newest[False]
    first = {name: min(day, ratios.get(name, day)) for name, day in newest[True].items()}
    return dict(sorted(first.items(), key=lambda each: (each[0] != site.technology, each[0])))


def ratio_measured(datum: Datum, engine: str) -> date | None:
    """The day by which a ratio expires by itself; None where it is of its slope's campaign."""
    return None if engine in BEFORE_FOURTH else measured(datum)


def unusual(data: Sequence[Datum], technology: Technology, pinned: Pinned) -> Sequence[Doubt]:
    """Own coefficients that lie outside what is published for such cells, by more than the policy
    lets pass unasked."""
    if pinned.engine in BEFORE_FOURTH:
        return ()
    times = pinned.policy.decimal("pfc.own_coefficient_times_max")
    doubts: list[Doubt] = []
    for one in data:
        published = _published(one.item, technology, pinned)
        if not published:
            continue
        low, high = min(published) / times, max(published) * times
        if low <= one.quantity <= high:
            continue
        sentence = (
            f"{one.datum_id}: {one.item} is {plain(one.quantity)}, and what is published for"
            f" {technology} cells is {plain(min(published))} to {plain(max(published))}: more than"
            f" {plain(times)} times {'below' if one.quantity < low else 'above'}. It was taken;"
            " look at its unit, or show the measurement."
        )
        about = TOO_LOW if one.quantity < low else TOO_HIGH
        doubts.append(Doubt(about, sentence, f"{SOURCE}, R-25"))
    return doubts


def _published(item: str, technology: Technology, pinned: Pinned) -> Sequence[Decimal]:
    """Both ends of the ranges of all tables that were public: for these cells, for those that stand
    in for them, else for any."""
    tables = [one for one in pinned.book.family(FAMILY) if one.valid_from <= pinned.as_of]
    instead = f"pfc.stands_for.{technology}"
    names = [technology.value]
    if instead in pinned.policy.figures:
        names.append(pinned.policy.text(instead))
    for ends in (*((name,) for name in names), tuple(_KNOWN)):
        found = [
            factor
            for table in tables
            for start in _IN_TABLES[item]
            for name in ends
            if (factor := table.factors.get(start + name)) is not None
        ]
        if found:
            return [end for one in found for end in (one.value, *one.range()) if end is not None]
    return ()


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
