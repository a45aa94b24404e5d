"""Grid factors by place and announcement: which one held on a day, and what contracts leave. Pure.

Source: sources.md 4.6. A country's announcements are factor sets of one family (`grid.CN`). The
latest as of a day is the greatest data year whose announcement was public by then; a factor that
is older than that is outdated on that day (R-09), a national one where there is a provincial one
is too coarse (R-10). A place without announcements takes what is generally known of its country
(family `grid.world`), with a doubt: the factor that the facility gives is better.
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Literal, NamedTuple

from infra.errors import Refused
from infra.policy import Evidence
from services.ghg.calculation.working import Doubt

from .book import FactorBook, FactorSet

SOURCE = "sources.md 4.6"
ELSEWHERE = "grid.world"
"""The family of sets that say a little about every country."""


class Scale(StrEnum):
    """What an announced factor is for; `given` is a facility's own word on its grid."""

    PROVINCIAL = "provincial"
    REGIONAL = "regional"
    NATIONAL = "national"
    EXCLUDING_MARKET_TRADED = "excluding_market_traded"
    FOSSIL = "fossil"
    GIVEN = "given"


NATIONAL_NAMES = {
    Scale.NATIONAL: "national",
    Scale.EXCLUDING_MARKET_TRADED: "national.excluding_market_traded",
    Scale.FOSSIL: "national.fossil",
}


class GridFactor(NamedTuple):
    """A factor with the announcement that made it so. `place` is an ISO 3166-2 code, the name of
    a regional grid, or the country."""

    kg_per_kwh: Decimal
    scale: Scale
    place: str
    data_year: int
    announcement: str
    published_on: date
    factor_set: str
    evidence: Evidence | Literal["given"]
    source: str
    note: str


def family(country: str) -> str:
    """The family of a country's announcements."""
    return f"grid.{country}"


def latest(book: FactorBook, country: str, as_of: date) -> FactorSet:
    """The announcement with the greatest data year that was public on a day; refused
    `no-factor-set-yet` before the first, and for a country without any."""
    public = [one for one in book.family(family(country)) if one.valid_from <= as_of]
    if not public:
        return book.latest(family(country), as_of)
    return max(public, key=_data_year)


def factor(announced: FactorSet, scale: Scale, place: str) -> GridFactor:
    """A factor of one announcement; refused `unknown-factor` for a place that it does not name."""
    if scale is Scale.PROVINCIAL:
        name = f"province.{place}"
    elif scale is Scale.REGIONAL:
        name = f"region.{place}"
    else:
        name = NATIONAL_NAMES[scale]
    found = announced.factor(name)
    return GridFactor(
        kg_per_kwh=found.value,
        scale=scale,
        place=place,
        data_year=_data_year(announced),
        announcement=announced.title,
        published_on=announced.valid_from,
        factor_set=announced.factor_set,
        evidence=found.evidence,
        source=found.source,
        note=found.note,
    )


def for_site(
    book: FactorBook, country: str, subdivision: str | None, as_of: date
) -> tuple[GridFactor, tuple[Doubt, ...]]:
    """The factor for power that a site draws: its province's, of the latest announcement. A
    province that the announcement does not name takes the national one, with a doubt."""
    if subdivision is not None and not subdivision.startswith(f"{country}-"):
        raise Refused(
            "subdivision-of-other-country",
            f"{subdivision} is not in {country}.",
            country=country,
            subdivision=subdivision,
        )
    announced = latest(book, country, as_of)
    if subdivision is not None and announced.has(f"province.{subdivision}"):
        return factor(announced, Scale.PROVINCIAL, subdivision), ()
    where = subdivision or "a place nobody named"
    sentence = f"{announced.title} has no factor for {where}: the national one was used."
    doubt = Doubt("no_provincial_factor", sentence, SOURCE)
    return factor(announced, Scale.NATIONAL, country), (doubt,)


def announced(book: FactorBook, country: str, as_of: date) -> bool:
    """Whether a country had announced any factor by then."""
    return any(one.valid_from <= as_of for one in book.family(family(country)))


def elsewhere(
    book: FactorBook, country: str, subdivision: str | None, as_of: date
) -> tuple[GridFactor, tuple[Doubt, ...]]:
    """The factor of a place whose country announces none: of its subdivision, its country, or the
    world, as far as anything is known. It is always doubted."""
    known = book.latest(ELSEWHERE, as_of)
    place = next((one for one in (subdivision, country) if one and known.has(one)), "world")
    found = known.factor(place)
    sentence = (
        f"No announced grid factor of {country} is known: {found.value} kg CO2/kWh ({place},"
        f" {known.factor_set}, {found.evidence}) was used. Give the factor of the grid and its"
        " source."
    )
    used = GridFactor(
        kg_per_kwh=found.value,
        scale=Scale.NATIONAL,
        place=place,
        data_year=_data_year(known),
        announcement=known.title,
        published_on=known.valid_from,
        factor_set=known.factor_set,
        evidence=found.evidence,
        source=found.source,
        note=found.note,
    )
    return used, (Doubt("grid_factor_unannounced", sentence, SOURCE),)


def residual(book: FactorBook, country: str, as_of: date) -> GridFactor:
    """The factor for what contracts leave: the grid without the non-fossil power that was sold by
    contract, since its buyers count that. It is announced for the nation alone."""
    return factor(latest(book, country, as_of), Scale.EXCLUDING_MARKET_TRADED, country)


def published(
    book: FactorBook, country: str, subdivision: str | None, kg_per_kwh: Decimal, on: date
) -> GridFactor | None:
    """The announced factor that a number for the grid of a place is: of its province (of any, where
    that is not known), of a region or the nation; of the newest announcement that was public on a
    day and has it. None where it is nobody's."""
    own = None if subdivision is None else f"province.{subdivision}"
    public = [one for one in book.family(family(country)) if one.valid_from <= on]
    for announced in sorted(public, key=_data_year, reverse=True):
        for scale, place, name in _named(announced, country):
            of_another = scale is Scale.PROVINCIAL and own not in (None, name)
            if not of_another and announced.factors[name].value == kg_per_kwh:
                return factor(announced, scale, place)
    return None


def _data_year(announced: FactorSet) -> int:
    return announced.data_year or announced.valid_from.year


def _named(announced: FactorSet, country: str) -> Iterator[tuple[Scale, str, str]]:
    """Scale, place and name of each factor of an announcement, from the smallest place."""
    for start, scale in (("province.", Scale.PROVINCIAL), ("region.", Scale.REGIONAL)):
        for name in announced.factors:
            if name.startswith(start):
                yield scale, name.removeprefix(start), name
    for scale, name in NATIONAL_NAMES.items():
        if name in announced.factors:
            yield scale, country, name


def doubts_of(
    used: GridFactor, book: FactorBook, country: str, subdivision: str | None, reported_on: date
) -> tuple[Doubt, ...]:
    """What is wrong with a factor that a report of a day used: outdated, or too coarse."""
    newest = latest(book, country, reported_on)
    doubts: list[Doubt] = []
    if _data_year(newest) > used.data_year:
        right, _ = for_site(book, country, subdivision, reported_on)
        sentence = (
            f"On {reported_on} the factor of {right.data_year} was public: use"
            f" {right.kg_per_kwh} kg CO2/kWh ({right.announcement}), not {used.kg_per_kwh} of"
            f" {used.data_year}."
        )
        doubts.append(Doubt("grid_factor_outdated", sentence, f"{SOURCE}, R-09"))
    wide = used.scale in (Scale.NATIONAL, Scale.REGIONAL)
    if wide and subdivision is not None and newest.has(f"province.{subdivision}"):
        right = factor(newest, Scale.PROVINCIAL, subdivision)
        sentence = f"A provincial factor is available: {right.kg_per_kwh} kg CO2/kWh."
        doubts.append(Doubt("provincial_factor_available", sentence, f"{SOURCE}, R-10"))
    elif (
        wide
        and subdivision is None
        and any(name.startswith("province.") for name in newest.factors)
    ):
        sentence = f"Provincial factors of {country} are announced: say in which province it lies."
        doubts.append(Doubt("provincial_factor_available", sentence, f"{SOURCE}, R-10"))
    return tuple(doubts)
