"""Bought power as lines: Scope 2 both ways, and what it costs before it arrives (3.3). Pure.

Source: sources.md 4.6, 4.1; the rules are in `electricity`. A supply has one line of the location
side and one or two of the market side (what its claim proves, and the rest). Power of an own plant
has none: its fuels are Scope 1. Losses and upstream follow the location side, where the power
physically comes from; a direct line passes no grid and loses nothing there.

Where a country announces no factor, a facility may give that of its grid with the datum. Where one
is announced it holds, and a factor of the facility's own is doubted and not used.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from contracts.inventory import Scope
from services.ghg.activity.inventory import Datum, Site
from services.ghg.factors.grid import GridFactor, Scale, announced
from services.ghg.factors.pinned import BEFORE_FIFTH, BEFORE_FOURTH
from services.ghg.factors.tables import OWN, Place, Tables, own, unsourced
from services.ghg.power_certificates.cancelled import Cancellation

from .electricity import Grid, PowerLine, Proof, Source, Supply, power, unconnected
from .lines import Applied, Line, line_of
from .working import Doubt

GRID = "power.grid"
LOCATION = "power, location-based"
CLAIMED = "power, market-based: claimed and proven"
LEFT = "power, market-based: what no claim covers"
KEPT = "power, market-based: not proven, its plant's factor is the higher one"
LOST = "power: losses of transmission and distribution"
UPSTREAM = "power: upstream of its generation"
UNIT = "kg CO2e/kWh"
FROM_PLANT = (("power.upstream", UPSTREAM),)
OVER_GRID = (*FROM_PLANT, ("power.grid_loss", LOST))
"""What power costs before it arrives, by how it does."""
PROOFS = frozenset(proof.value for proof in Proof)


class _Here(NamedTuple):
    """The grid of some supplies, and the factors of all its power and of what claims leave."""

    place: Place
    average: Applied
    left: Applied


def power_lines(data: Sequence[Datum], site: Site, table: Tables) -> list[Line]:
    """The lines of all supplies of a facility, in kWh. Refused as `electricity.power` says."""
    lines: list[Line] = []
    for place, alike in _by_grid(data, site, table):
        supplies = [_supply(datum) for datum in alike]
        grid = Grid(site.country, place.average, place.residual)
        found = power(
            supplies,
            grid,
            table.pinned.policy,
            keeps_higher=table.pinned.engine not in BEFORE_FOURTH,
            told_leaves=table.pinned.engine not in BEFORE_FIFTH,
        )
        left = next((one.left for one in found.lines if one.left is not None), place.average)
        here = _Here(place, _of_grid(place.average), _of_grid(left))
        for datum, line in zip(alike, found.lines, strict=True):
            if line.source is not Source.OWN_GENERATION:
                lines += _lines(datum, line, here, table)
            elif line.doubts:
                lines.append(_own_plant(datum, line))
    return lines


def _by_grid(
    data: Sequence[Datum], site: Site, table: Tables
) -> Iterable[tuple[Place, list[Datum]]]:
    """Supplies by the grid that they come from. Claims are judged beside all grid power that has
    no other factor than theirs: the first that a facility gives, or the table's."""
    if not data:
        return ()
    pinned = table.pinned
    fixed = announced(pinned.book, site.country, pinned.as_of)
    given = [one for one in data if one.item == GRID and one.factor is not None]
    if fixed or not given:
        return ((table.place(site.country, site.subdivision), list(data)),)
    first, *others = given
    apart = [one for one in others if one.factor != first.factor]
    alike = [one for one in data if one not in apart]
    return (
        (_given(first, site, table), alike),
        *((_given(one, site, table), [one]) for one in apart),
    )


def _given(datum: Datum, site: Site, table: Tables) -> Place:
    """The grid as the facility knows it, where its country announces none."""
    factor = own(datum)
    used = GridFactor(
        kg_per_kwh=factor.value,
        scale=Scale.GIVEN,
        place=site.subdivision or site.country,
        data_year=datum.data_year or table.pinned.as_of.year,
        announcement=factor.source,
        published_on=table.pinned.as_of,
        factor_set=OWN,
        evidence="given",
        source=factor.source,
        note="",
    )
    return Place(used, None, unsourced(datum))


def _supply(datum: Datum) -> Supply:
    source = Source(datum.item.partition(".")[2])
    return Supply(
        supply_id=datum.datum_id,
        source=source,
        kwh=datum.quantity,
        generator_kg_per_kwh=None if source is Source.GRID else datum.factor,
        proofs=frozenset(Proof(one) for one in datum.proofs if one in PROOFS),
        cancelled=tuple(Cancellation(lot, mwh, datum.datum_id) for lot, mwh in datum.certificates),
    )


def _lines(datum: Datum, line: PowerLine, here: _Here, table: Tables) -> list[Line]:
    """One supply: location, market, losses, upstream."""
    direct = line.source is Source.DIRECT_LINE and not unconnected(line.doubts)
    of_plant = direct or line.location_kg_per_kwh != here.average.value
    factor = _plant(datum) if of_plant else here.average
    doubts = () if of_plant else (*here.place.doubts, *_not_used(datum, here.place.average))
    kwh = line.kwh
    lines = [
        line_of(
            datum,
            Scope.POWER_LOCATION,
            "kWh",
            kwh,
            factor,
            LOCATION,
            line.location_kg,
            doubts=doubts,
        )
    ]
    left_kwh = kwh - line.proven_kwh
    partly = left_kwh > 0 or kwh == 0
    if line.proven_kwh > 0:
        doubts = () if partly else line.doubts
        lines.append(_market(datum, _plant(datum), CLAIMED, line.proven_kwh, doubts))
    if partly:
        rest, rule = (_plant(datum), KEPT) if line.kept else (here.left, LEFT)
        lines.append(_market(datum, rest, rule, left_kwh, line.doubts))
    for name, rule in FROM_PLANT if direct else OVER_GRID:
        share = table.share_of(name, line.location_kg_per_kwh)
        kg = kwh * share.value
        lines.append(line_of(datum, Scope.FUEL_AND_POWER, "kWh", kwh, share, rule, kg))
    return lines


def _market(
    datum: Datum, factor: Applied, rule: str, kwh: Decimal, doubts: tuple[Doubt, ...]
) -> Line:
    """A part of the market side. What is doubtful about a claim stands with what it leaves."""
    kg = kwh * factor.value
    return line_of(datum, Scope.POWER_MARKET, "kWh", kwh, factor, rule, kg, doubts=doubts)


def _own_plant(datum: Datum, line: PowerLine) -> Line:
    """A line of nothing for an own plant that was given a factor, so that the doubt is seen."""
    factor = Applied(datum.quantity * 0, UNIT, "none", "rule", "derived", "sources.md 4.6")
    return Line(
        data=(datum.datum_id,),
        step=datum.step,
        scope=Scope.DIRECT,
        item=datum.item,
        activity=line.kwh,
        unit="kWh",
        factor=factor,
        rule=line.rule,
        kg=factor.value,
        kind=datum.kind,
        doubts=line.doubts,
    )


def _plant(datum: Datum) -> Applied:
    return own(datum)._replace(unit=UNIT)


def _of_grid(grid: GridFactor) -> Applied:
    name = f"{grid.scale}.{grid.place}.{grid.data_year}"
    return Applied(
        value=grid.kg_per_kwh,
        unit="kg CO2/kWh",
        name=name,
        factor_set=grid.factor_set,
        evidence=grid.evidence,
        source=f"{grid.announcement}: {grid.source}",
        primary=grid.scale is Scale.GIVEN,
    )


def _not_used(datum: Datum, grid: GridFactor) -> tuple[Doubt, ...]:
    """The doubt about a grid factor of the facility's own where one is announced."""
    if datum.item != GRID or datum.factor is None or grid.scale is Scale.GIVEN:
        return ()
    sentence = (
        f"{datum.datum_id} gives {datum.factor} kg CO2e/kWh for grid power: the announced factor"
        f" {grid.kg_per_kwh} ({grid.announcement}) was used."
    )
    return (Doubt("own_grid_factor_not_used", sentence, "sources.md 4.6, R-09"),)
