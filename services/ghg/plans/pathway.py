"""Criterion 5.3: a facility's pathway from its base year to 2050, and how it keeps to it. Pure.

Source: sources.md 3.3, 4.9. The formula of ASI's own tool was not found, so a pathway always names
its variant: `indexed` (the facility falls as its sector does), `sda` (it converges to the sector's
intensity; market-share parameter 1 where nobody gives one) or `split` (power and the rest on
curves of their own, added). The curve, whose unit decides much, is named as well.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from contracts.values import plain
from infra.errors import Refused
from infra.policy import Policy
from services.ghg.calculation.working import PERCENT, Doubt
from services.ghg.factors.curve import Curve

SOURCE = "sources.md 4.9"
ONE = Decimal(1)
DIGITS = 4
"""So many digits of a gap stand in a sentence."""


class Variant(StrEnum):
    """How a sector's curve becomes a facility's."""

    INDEXED = "indexed"
    SDA = "sda"
    SPLIT = "split"


class Base(NamedTuple):
    """The year that a pathway starts from and its intensity (t CO2e/t)."""

    year: int
    intensity: Decimal


class Pathway(NamedTuple):
    """Targets for every year from the base to the end, in t CO2e/t."""

    method_variant: Variant
    curves: tuple[str, ...]
    base: Base
    targets: Mapping[int, Decimal]
    doubts: tuple[Doubt, ...] = ()

    def target(self, year: int) -> Decimal:
        """The target of a year; refused `year-outside-pathway`."""
        if year not in self.targets:
            raise Refused(
                "year-outside-pathway",
                f"the pathway runs from {self.base.year} to {max(self.targets)}.",
                year=year,
            )
        return self.targets[year]


class Target(NamedTuple):
    """An intermediate target as an entity sets it: its intensity, the scopes that it covers, and
    whether it was made public."""

    year: int
    intensity: Decimal
    scopes: frozenset[str]
    public: bool


class Alignment(NamedTuple):
    """One year of plan and actual against the pathway; what is not known yet is None. A gap above
    zero is an emission above the pathway. Where the structure has changed since, `target_then` is
    the target that was in force, and the actual's gap is to that: None where none was. So is
    `planned_target_then` for the planned value, where that was planned before the change."""

    year: int
    target: Decimal
    planned: Decimal | None
    actual: Decimal | None
    planned_gap: Decimal | None
    actual_gap: Decimal | None
    actual_gap_percent: Decimal | None
    target_then: Decimal | None = None
    planned_target_then: Decimal | None = None


def indexed(base: Base, curve: Curve, policy: Policy) -> Pathway:
    """I(t) = I(b) S(t) / S(b)."""
    _check_base(base)
    start = curve.at(base.year)
    targets = {year: base.intensity * curve.at(year) / start for year in _years(base.year, policy)}
    return Pathway(Variant.INDEXED, (curve.factor_set,), base, targets)


def sda(base: Base, curve: Curve, policy: Policy, market_share: Decimal = ONE) -> Pathway:
    """I(t) = (I(b) - S(end)) p(t) m + S(end), p(t) = (S(t) - S(end)) / (S(b) - S(end)).

    The curve must be an intensity (`curve-not-intensity`): a budget in Mt has no tonne to converge
    to. A facility already below the sector's end value would rise; it stays where it is, with a
    doubt.
    """
    _check_base(base)
    if not curve.per_tonne:
        raise Refused(
            "curve-not-intensity",
            f"{curve.title} is in {curve.unit}: converging needs a curve in t CO2 per tonne.",
            curve=curve.factor_set,
        )
    if not 0 < market_share <= ONE:
        raise Refused(
            "market-share-impossible",
            f"a market-share parameter of {market_share} cannot be: above 0, at most 1.",
            market_share=market_share,
        )
    years = _years(base.year, policy)
    start, end = curve.at(base.year), curve.at(years[-1])
    if start == end:
        raise Refused(
            "curve-is-flat",
            f"{curve.title} does not move from {base.year} to {years[-1]}.",
            curve=curve.factor_set,
        )
    if base.intensity <= end:
        sentence = f"{base.intensity} is already at or below the sector's {end} of {years[-1]}."
        doubts = (Doubt("below_the_sectors_end", sentence, SOURCE),)
        targets = dict.fromkeys(years, base.intensity)
        return Pathway(Variant.SDA, (curve.factor_set,), base, targets, doubts)
    above = base.intensity - end
    targets = {
        year: above * (curve.at(year) - end) / (start - end) * market_share + end for year in years
    }
    targets[base.year] = base.intensity  # the share parameter moves targets, not the past
    return Pathway(Variant.SDA, (curve.factor_set,), base, targets)


def split(power: Pathway, rest: Pathway) -> Pathway:
    """Power and everything else on pathways of their own, added; refused `bases-differ` when they
    do not start in one year."""
    if power.base.year != rest.base.year or power.targets.keys() != rest.targets.keys():
        raise Refused(
            "bases-differ",
            f"power starts in {power.base.year}, the rest in {rest.base.year}: one base year.",
            years=[power.base.year, rest.base.year],
        )
    base = Base(power.base.year, power.base.intensity + rest.base.intensity)
    targets = {year: power.targets[year] + rest.targets[year] for year in power.targets}
    curves = (*power.curves, *rest.curves)
    return Pathway(Variant.SPLIT, curves, base, targets, (*power.doubts, *rest.doubts))


def intermediate_year(from_year: int, policy: Policy) -> int:
    """The last year that an intermediate target may be set for."""
    return from_year + policy.integer("5.3.intermediate.years_max")


def target_doubts(
    target: Target,
    from_year: int,
    pathway: Pathway | None,
    policy: Policy,
    today: date | None = None,
) -> tuple[Doubt, ...]:
    """What is wrong with an intermediate target (R-21): in itself, against the pathway as it is now
    (above it, it is not science-based), and where `today` is given, that its year is over."""
    doubts = list(target_faults(target, from_year, policy))
    gap = gap_of(target, pathway)
    if gap is not None and gap > 0:
        above = plain(round(gap, max(DIGITS - 1 - gap.adjusted(), 0)))
        sentence = f"The intermediate target lies {above} t CO2e/t above the pathway."
        doubts.append(Doubt("target_above_pathway", sentence, SOURCE))
    if today is not None and from_year < target.year < today.year:
        sentence = f"The intermediate target was for {target.year}, and none has followed it."
        doubts.append(Doubt("target_over", sentence, "sources.md 3.3, criterion 5.4"))
    return tuple(doubts)


def gap_of(target: Target, pathway: Pathway | None) -> Decimal | None:
    """How far a target lies above the pathway (0 or less: on it); None where that has not its
    year."""
    on_pathway = None if pathway is None else pathway.targets.get(target.year)
    return None if on_pathway is None else target.intensity - on_pathway


def target_faults(target: Target, from_year: int, policy: Policy) -> tuple[Doubt, ...]:
    """What is wrong with an intermediate target in itself, whatever its pathway (R-21)."""
    doubts: list[Doubt] = []
    last = intermediate_year(from_year, policy)
    if not from_year < target.year <= last:
        sentence = f"The intermediate target is for {target.year}: after {from_year}, by {last}."
        doubts.append(Doubt("target_horizon", sentence, "sources.md 3.3, R-21"))
    missing = sorted(set(policy.words("5.3.intermediate.scopes")) - target.scopes)
    if missing:
        sentence = f"The intermediate target leaves out scope {', '.join(missing)}."
        doubts.append(Doubt("target_scopes", sentence, "sources.md 3.3, R-21"))
    if not target.public:
        sentence = "The intermediate target is not public."
        doubts.append(Doubt("target_not_public", sentence, "sources.md 3.3, R-21"))
    return tuple(doubts)


def alignment(
    pathway: Pathway,
    planned: Mapping[int, Decimal],
    actual: Mapping[int, Decimal],
    then: Mapping[int, Decimal | None] | None = None,
    planned_then: Mapping[int, Decimal | None] | None = None,
) -> Sequence[Alignment]:
    """Plan and actual against the pathway, year by year. Years outside it are refused
    `year-outside-pathway`: a plan that runs on past the end is a mistake to be told. `then` has the
    years whose actual is of another structure, each with the target that was in force, None where
    none was; `planned_then` those whose planned value is."""
    for year in (*planned, *actual):
        pathway.target(year)
    return [
        _aligned(
            year, target, (planned.get(year), actual.get(year)), then or {}, planned_then or {}
        )
        for year, target in pathway.targets.items()
    ]


def _aligned(
    year: int,
    target: Decimal,
    told: tuple[Decimal | None, Decimal | None],
    then: Mapping[int, Decimal | None],
    planned_then: Mapping[int, Decimal | None],
) -> Alignment:
    planned, actual = told
    planned_held = planned_then.get(year) if year in planned_then else target
    held = then.get(year) if year in then else target
    gap = None if actual is None or held is None else actual - held
    return Alignment(
        year=year,
        target=target,
        planned=planned,
        actual=actual,
        planned_gap=None if planned is None or planned_held is None else planned - planned_held,
        actual_gap=gap,
        actual_gap_percent=None if gap is None or not held else gap * PERCENT / held,
        target_then=then.get(year),
        planned_target_then=planned_then.get(year),
    )


def _years(base_year: int, policy: Policy) -> range:
    return range(base_year, policy.integer("5.3.end_year") + 1)


def _check_base(base: Base) -> None:
    if base.intensity <= 0:
        raise Refused(
            "intensity-impossible",
            f"a base of {base.intensity} t CO2e/t cannot be: a pathway starts above zero.",
            intensity=base.intensity,
        )
