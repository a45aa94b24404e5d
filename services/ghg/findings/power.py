"""R-09 to R-14: power at the right factor; green power proven and counted once. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import lru_cache

from contracts.inventory import Scope
from contracts.values import plain
from services.ghg.activity.inventory import Datum
from services.ghg.activity.items import Family
from services.ghg.calculation.electricity import CERTIFIED, CLAIMS, Source
from services.ghg.calculation.working import PERCENT, Doubt
from services.ghg.factors import grid
from services.ghg.factors.book import FactorBook
from services.ghg.factors.grid import Scale
from services.ghg.power_certificates.cancelled import KWH_PER_MWH, Lot, lots_of
from services.ghg.power_certificates.power_certificate import certificate_of

from .context import Context, Fault, listed, shown
from .survey import Raised, Survey

ZERO = Decimal(0)
MJ_PER_KWH, MJ_PER_GJ = Decimal("3.6"), Decimal(1000)
ANOTHERS = "another member's"


def _item(source: Source) -> str:
    return f"power.{source}"


OWN = _item(Source.OWN_GENERATION)
CERTIFICATE = _item(Source.GREEN_CERTIFICATE)
GRID = _item(Source.GRID)
CLAIMED = tuple(_item(source) for source in Source if source in CLAIMS)
COVERED = tuple(_item(source) for source in Source if source in CERTIFIED)
ANNOUNCED = frozenset({Scale.PROVINCIAL.value, Scale.REGIONAL.value, Scale.NATIONAL.value})
DRAWN = tuple(_item(source) for source in Source if source is not Source.OWN_GENERATION)


def factor_outdated(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-09: on the day of the report a newer announcement was public than that of the factor which
    was used, or which the facility gives."""
    yield from _grid_fault("grid_factor_outdated", context, seen)


def factor_too_coarse(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-10: a national or regional factor, although the province has one."""
    yield from _grid_fault("provincial_factor_available", context, seen)


def unproven(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-11: a claim that is not proven, grid power that simply says zero or next to it, or a
    certificate that lowers what is given off with neither a line nor a contract behind it, in any
    country (docs/decisions/0014). Where the plant that is claimed gives off more than the grid, it
    says that its factor was kept."""
    higher = seen.raised("higher_factor_kept")
    for sentence in dict.fromkeys(one.doubt.sentence for one in higher):
        yield Fault(sentence, _ids(one for one in higher if one.doubt.sentence == sentence))
    raised = seen.raised("green_power_unproven")
    if raised:
        sentence = f"No physical-connection proof for green power. {raised[0].doubt.sentence}"
        yield Fault(sentence, _ids(raised))
    least = context.policy.decimal("finding.grid_power_kg_per_kwh.low")
    zero = [
        one.datum_id for one in seen.data(GRID) if one.factor is not None and one.factor < least
    ]
    if zero:
        sentence = (
            "No physical-connection proof for green power: grid power at zero, or next to it (below"
            f" {shown(least)} kg CO2e/kWh), is a claim. Look at its unit, or give it as a direct"
            " line, a contract or certificates, with its proof."
        )
        yield Fault(sentence, zero)
    alone = _lowered_by_certificate(context, seen)
    told = {name for one in raised for name in one.data}
    if left := [name for name in alone if name not in told]:
        sentence = (
            "No physical-connection proof for green power: a certificate alone shows none, in any"
            " country. It counts on the market side here; a direct line with its meter, or a"
            " contract with certificates cancelled, would prove it."
        )
        yield Fault(sentence, left)


def _lowered_by_certificate(context: Context, seen: Survey) -> list[str]:
    """The supplies of which a certificate alone lowers the market side below the location side."""
    if CERTIFICATE not in seen.by_item:
        return []
    sides: dict[str, dict[Scope, Decimal]] = {}
    for line in context.result.lines:
        if line.item == CERTIFICATE and line.scope in _BOUGHT_POWER:
            kg = sides.setdefault(line.data[0], dict.fromkeys(_BOUGHT_POWER, ZERO))
            kg[line.scope] += line.kg
    return [name for name, kg in sides.items() if kg[Scope.POWER_MARKET] < kg[Scope.POWER_LOCATION]]


def certificates_wrong(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-12: fewer megawatt-hours cancelled than claimed, a certificate used twice, or of another
    year. Where nobody says what a lot holds, the same megawatt-hours of one lot for two supplies
    are taken as one cancellation told twice."""
    green = [one for one in seen.data(*COVERED) if one.factor is not None and one.factor == 0]
    short = [one.datum_id for one in green if _covered_kwh(one) < one.quantity]
    short += _ids(seen.raised("certificates_short"))
    if short:
        claimed = sum((one.quantity for one in seen.data(*COVERED)), ZERO)
        covered = sum((_covered_kwh(one) for one in seen.data(*COVERED)), ZERO)
        sentence = (
            f"Certificates do not cover what is claimed: {shown(covered)} kWh cancelled in all,"
            f" {shown(claimed)} kWh claimed."
        )
        yield Fault(sentence, list(dict.fromkeys(short)))
    lots = lots_of(seen.family(Family.POWER))
    yield from _misused(lots, context.inventory.year)
    elsewhere = [
        one for one in lots if certificate_of(one.certificate_id) in context.held_elsewhere
    ]
    if elsewhere:
        names = [one.certificate_id for one in elsewhere]
        told = [(one, context.held_elsewhere[certificate_of(one)]) for one in names]
        yield Fault(used_elsewhere(told), _uses(elsewhere))


def used_elsewhere(certificates: Iterable[tuple[str, str]]) -> str:
    """The sentence about certificates that others hold, each with its holder where known."""
    named = listed(f"{one} ({by or ANOTHERS})" for one, by in certificates)
    return f"A megawatt-hour is cancelled once; cancelled for another facility or year: {named}."


def average_for_the_rest(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-13: power is claimed by contract, and what is left still takes the average of all."""
    raised = seen.raised("residual_unknown")
    if raised:
        sentence = (
            f"Use factor excl. market-traded non-fossil (residual). {raised[0].doubt.sentence}"
        )
        yield Fault(sentence, _ids(raised))
        return
    if context.policy.flag("grid.residual_after_contracts"):
        return
    rest = [one.datum_id for one in seen.data(GRID) if one.quantity > 0]
    if rest and any(one.quantity > 0 for one in seen.data(*CLAIMED)):
        sentence = "Use factor excl. market-traded non-fossil for what contracts leave."
        yield Fault(sentence, rest)


def own_plant_as_grid(context: Context, seen: Survey) -> Iterator[Fault]:
    """R-14: an own plant with a factor instead of its fuels, or with less fuel than any plant needs
    for its power: that which is told to be the plant's, or all where none is."""
    plants = [one for one in seen.data(OWN) if one.quantity > 0]
    if not plants:
        return
    wrong = [one.datum_id for one in plants if one.factor is not None]
    wrong += _ids(seen.raised("captive_with_factor"))
    wrong += [
        name
        for line in context.result.lines
        if line.item == OWN and line.kg != 0 and line.scope in _BOUGHT_POWER
        for name in line.data
    ]
    if wrong:
        sentence = "Captive generation is Scope 1: its fuels count, not a factor of the grid."
        yield Fault(sentence, list(dict.fromkeys(wrong)))
    yield from _short_of_fuel(plants, context, seen)


def _short_of_fuel(plants: Sequence[Datum], context: Context, seen: Survey) -> Iterator[Fault]:
    fuelless = context.policy.words("finding.plants_without_fuel")
    burning = [one for one in plants if one.technology.strip().casefold() not in fuelless]
    fuels = [one for one in seen.family(Family.FUEL) if one.quantity > 0]
    fuels = [one for one in fuels if one.of == OWN] or fuels
    burnt_mj = sum((one.quantity for one in fuels), ZERO)
    best = context.policy.decimal("finding.plant_efficiency_percent_max")
    made_kwh = sum((one.quantity for one in burning), ZERO)
    least_mj = made_kwh * MJ_PER_KWH * PERCENT / best
    if not burning or burnt_mj >= least_mj:
        return
    said = "no fuel is given for the plant"
    if fuels:
        mwh, least_gj, gj = made_kwh / KWH_PER_MWH, least_mj / MJ_PER_GJ, burnt_mj / MJ_PER_GJ
        said = (
            f"{shown(mwh)} MWh of an own plant take {shown(least_gj)} GJ of fuel at the least (at"
            f" {shown(best)} %), and {shown(gj)} GJ are given"
        )
    sentence = (
        f"Captive generation is Scope 1: {said}. Give its fuels, or say its technology where it"
        f" burns none ({', '.join(fuelless)})."
    )
    yield Fault(sentence, [one.datum_id for one in (*burning, *fuels)])


_BOUGHT_POWER = frozenset({Scope.POWER_LOCATION, Scope.POWER_MARKET})


def _grid_fault(about: str, context: Context, seen: Survey) -> Iterator[Fault]:
    doubts = [one.doubt for one in seen.raised(about)]
    if context.book is not None:
        site = context.inventory.site
        for taken in sorted(seen.grids):
            place = (site.country, site.subdivision)
            doubts += _doubts(taken, place, context.book, context.reported_on)
    found = [doubt for doubt in doubts if doubt.about == about]
    if found:
        yield Fault(found[-1].sentence, [one.datum_id for one in seen.data(*DRAWN)])
    yield from _given_fault(about, context, seen)


def _given_fault(about: str, context: Context, seen: Survey) -> Iterator[Fault]:
    """The same of a factor that the facility gives for its grid: a published one under its own
    name. Whether it counted or not, who gives it believes it to be right."""
    book, site = context.book, context.inventory.site
    if book is None:
        return
    told: dict[str, list[str]] = {}
    for one in seen.data(GRID):
        if one.factor is not None:
            place = (site.country, site.subdivision)
            for doubt in _doubts_of_given(one.factor, place, book, context.reported_on):
                if doubt.about == about:
                    told.setdefault(doubt.sentence, []).append(one.datum_id)
    for sentence, ids in told.items():
        yield Fault(f"The factor given for the grid is an announced one. {sentence}", ids)


@lru_cache(maxsize=1024)
def _doubts_of_given(
    factor: Decimal, place: tuple[str, str | None], book: FactorBook, reported_on: date
) -> tuple[Doubt, ...]:
    found = grid.published(book, *place, factor, reported_on)
    return () if found is None else grid.doubts_of(found, book, *place, reported_on)


@lru_cache(maxsize=1024)
def _doubts(
    taken: tuple[str, str], place: tuple[str, str | None], book: FactorBook, reported_on: date
) -> tuple[Doubt, ...]:
    """What a report of a day says of an announced factor, known by its set and its name (scale,
    place and year). Worked out once for the many sites and years that took it."""
    factor_set, name = taken
    country, subdivision = place
    family = book.family(grid.family(country))
    announced = next((one for one in family if one.factor_set == factor_set), None)
    scale, _, rest = name.partition(".")
    if announced is None or scale not in ANNOUNCED:
        return ()
    if not grid.announced(book, country, reported_on):
        return ()  # nothing was public on that day: nothing can be newer
    used = grid.factor(announced, Scale(scale), rest.rpartition(".")[0])
    return grid.doubts_of(used, book, country, subdivision, reported_on)


def _misused(lots: Sequence[Lot], year: int) -> Iterator[Fault]:
    twice = [one for one in lots if one.holds_mwh is None and _told_twice(one)]
    if twice:
        sentence = f"A megawatt-hour is cancelled once; used twice: {_names(twice)}."
        yield Fault(sentence, _uses(twice))
    over = [one for one in lots if one.holds_mwh is not None and one.cancelled_mwh > one.holds_mwh]
    if over:
        named = listed(map(_measure, over))
        sentence = (
            f"A megawatt-hour is cancelled once; more is cancelled than a lot holds: {named}."
        )
        yield Fault(sentence, _uses(over))
    late = [one for one in lots if one.years - {year}]
    if late:
        named = listed(
            f"{one.certificate_id} ({', '.join(map(str, sorted(one.years)))})" for one in late
        )
        sentence = f"Power of {year} takes certificates of that year; of another are: {named}."
        yield Fault(sentence, _uses(late))


def _told_twice(lot: Lot) -> bool:
    return len({one.mwh for one in lot.cancellations}) < len(lot.cancellations)


def _measure(lot: Lot) -> str:
    holds = plain(lot.holds_mwh or ZERO)
    return f"{lot.certificate_id} ({plain(lot.cancelled_mwh)} MWh of {holds})"


def _names(lots: Iterable[Lot]) -> str:
    return listed(one.certificate_id for one in lots)


def _uses(lots: Iterable[Lot]) -> list[str]:
    return [one.supply_id for lot in lots for one in lot.cancellations]


def _covered_kwh(datum: Datum) -> Decimal:
    return sum((mwh for _, mwh in datum.certificates), ZERO) * KWH_PER_MWH


def _ids(raised: Iterable[Raised]) -> list[str]:
    return [name for one in raised for name in one.data]
