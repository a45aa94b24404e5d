"""The emissions curve: cumulative production against intensity, and a lender's portfolio. Pure.

Source: sources.md 4.5 (what such a curve is compared with), 4.9 (the sector's pathway). Single
facilities are not shown: neighbours on the curve are pooled until a step is about enough entities
(`aggregates`). Steps are made once, of all facilities; what is certified of a step is told where
both its parts are about enough entities, or about none.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from infra.errors import Refused
from infra.policy import Policy
from services.ghg.calculation.working import PERCENT, Doubt
from services.ghg.factors.curve import Curve
from services.ghg.plans.figures import ZERO

from .sums import Entry, Part, enough


class CurveStep(NamedTuple):
    """Some neighbours on the curve: their output, the cumulative output through them, and their
    mean intensity (t CO2e/t, weighed by output). The certified part is None where telling it would
    tell of few."""

    entities: int
    facilities: int
    output_t: Decimal
    cumulative_t: Decimal
    intensity: Decimal
    certified_t: Decimal | None
    certified_intensity: Decimal | None


class PortfolioView(NamedTuple):
    """A set of facilities in a year, weighed by output. `smelting` is direct and power of
    electrolysis alone, what the sector's curve is about; `gap` is above it when more than zero.
    Where `suppressed`, nothing else is told."""

    year: int
    suppressed: bool
    because: str = ""
    entities: int | None = None
    facilities: int | None = None
    without_figures: int | None = None
    output_t: Decimal | None = None
    intensity: Decimal | None = None
    smelting: Decimal | None = None
    sector: Decimal | None = None
    gap: Decimal | None = None
    gap_percent: Decimal | None = None
    certified_percent: Decimal | None = None
    curve: str = ""
    doubts: tuple[Doubt, ...] = ()


def emission_curve(entries: Iterable[Entry], policy: Policy) -> tuple[CurveStep, ...]:
    """The steps of the curve, the lowest intensity first; none while there are too few."""
    making = [one for one in entries if one.output_t > 0]
    making.sort(key=lambda one: (one.metal_t / one.output_t, one.facility_id))
    pools: list[list[Entry]] = []
    pool: list[Entry] = []
    for entry in making:
        pool.append(entry)
        if enough(map(part_of, pool), policy):
            pools.append(pool)
            pool = []
    if pool and pools:
        pools[-1] += pool
    steps: list[CurveStep] = []
    for one in pools:
        if not enough(map(part_of, one), policy):
            return tuple(steps)  # what is left over is of one that dwarfs its neighbours
        before = steps[-1].cumulative_t if steps else ZERO
        steps.append(_step(one, before, policy))
    return tuple(steps)


def portfolio(
    year: int,
    facilities: frozenset[str],
    entries: Sequence[Entry],
    others: Iterable[frozenset[str]],
    curve: Curve,
    policy: Policy,
) -> PortfolioView:
    """A set of facilities against the sector's pathway. `others` are the sets that the same asker
    ever defined: a set that differs from one of them by few entities is not told, or asking twice
    would isolate those. Refused `year-outside-curve`."""
    making = [one for one in entries if one.output_t > 0]
    ours = [one for one in making if one.facility_id in facilities]
    if not enough(map(part_of, ours), policy):
        return PortfolioView(year, True, "too few entities have verified figures of this year")
    if any(isolates(facilities, other, making, policy) for other in others):
        return PortfolioView(year, True, "it differs from another of your sets by too few entities")
    output = sum((one.output_t for one in ours), ZERO)
    smelting = sum((one.smelting_t for one in ours), ZERO) / output
    sector = curve.at(year)
    doubt = Doubt(
        "boundary_of_the_curve",
        f"{curve.title}: direct emissions and power of smelting. The set is compared with its"
        " electrolysis alone; which anodes the curve counts is not published.",
        "sources.md 4.9",
    )
    return PortfolioView(
        year=year,
        suppressed=False,
        entities=len({one.entity_id for one in ours}),
        facilities=len(ours),
        without_figures=len(facilities) - len(ours),
        output_t=output,
        intensity=sum((one.metal_t for one in ours), ZERO) / output,
        smelting=smelting,
        sector=sector,
        gap=smelting - sector,
        gap_percent=(smelting - sector) * PERCENT / sector,
        certified_percent=_certified_percent(ours, output, policy),
        curve=curve.factor_set,
        doubts=(doubt,),
    )


def isolates(
    one: frozenset[str], other: frozenset[str], making: Iterable[Entry], policy: Policy
) -> bool:
    """Whether two sets, both told, would tell of few: those in one of them and not in both."""
    apart = one ^ other
    between = [entry for entry in making if entry.facility_id in apart]
    return bool(between) and not enough(map(part_of, between), policy)


def check_size(entities: Iterable[str], policy: Policy) -> None:
    """Refused `portfolio-too-small` for a set of fewer entities than may ever be told."""
    count, least = len(set(entities)), policy.integer("aggregate.entities_min")
    if count < least:
        raise Refused(
            "portfolio-too-small",
            f"the facilities belong to {count} entities: a set is of at least {least}.",
            entities=count,
            least=least,
        )


def part_of(entry: Entry) -> Part:
    """An entry as guards look at it."""
    return Part(entry.entity_id, entry.facility_id, {}, entry.metal_t, entry.output_t)


def _step(pool: Sequence[Entry], before: Decimal, policy: Policy) -> CurveStep:
    output = sum((one.output_t for one in pool), ZERO)
    certified = [one for one in pool if one.certified]
    tellable = _both_tellable(pool, policy)
    certified_t = sum((one.output_t for one in certified), ZERO)
    emitted = sum((one.metal_t for one in certified), ZERO)
    return CurveStep(
        entities=len({one.entity_id for one in pool}),
        facilities=len(pool),
        output_t=output,
        cumulative_t=before + output,
        intensity=sum((one.metal_t for one in pool), ZERO) / output,
        certified_t=certified_t if tellable else None,
        certified_intensity=emitted / certified_t if tellable and certified_t else None,
    )


def _certified_percent(ours: Sequence[Entry], output: Decimal, policy: Policy) -> Decimal | None:
    if not _both_tellable(ours, policy):
        return None
    return sum((one.output_t for one in ours if one.certified), ZERO) * PERCENT / output


def _both_tellable(entries: Sequence[Entry], policy: Policy) -> bool:
    """Whether the certified ones and the others are each none, or enough."""
    for certified in (True, False):
        side = [part_of(one) for one in entries if one.certified is certified]
        if side and not enough(side, policy):
            return False
    return True
