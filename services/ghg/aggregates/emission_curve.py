"""The emissions curve: cumulative production against intensity, and a lender's portfolio. Pure.

Source: sources.md 4.5 (what such a curve is compared with), 4.9 (the sector's pathway). Single
facilities are not shown: neighbours on the curve are pooled until a step is about enough entities
(`public`). Steps are made once, of all facilities; what is certified of a step is told where both
its parts are about enough entities, or about none.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from infra.errors import Refused
from infra.policy import Policy
from services.ghg.calculation.working import PERCENT, Doubt
from services.ghg.factors.curve import Curve
from services.ghg.plans.figures import ZERO

from .public import Pool, Public, Verdict
from .sums import Entry

NOT_TOLD = (
    "too few entities have verified figures of this year, or it differs by too few from what"
    " tables, the curve or your earlier sets tell"
)


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
    Where `suppressed`, nothing else is told. `edition` is the day of the edition that tells it;
    None where it is told as it is now; `last_edition` of the last that is in force,
    `next_edition_on` from when a further one can be told, `outlook` on what that waits."""

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
    edition: date | None = None
    next_edition_on: date | None = None
    last_edition: date | None = None
    outlook: str = ""


def emission_curve(told: Public) -> tuple[CurveStep, ...]:
    """The steps of the curve, the lowest intensity first; none while there are too few."""
    return steps_of(told.pools)


def steps_of(pools: Iterable[Pool]) -> tuple[CurveStep, ...]:
    """Steps, each of a pool."""
    steps: list[CurveStep] = []
    for pool in pools:
        before = steps[-1].cumulative_t if steps else ZERO
        steps.append(_step(pool, before))
    return tuple(steps)


def portfolio(
    year: int,
    facilities: frozenset[str],
    entries: Sequence[Entry],
    may: Verdict,
    curve: Curve,
) -> PortfolioView:
    """A set of facilities against the sector's pathway, where it may be told (`verdicts`). Refused
    `year-outside-curve`."""
    if not may.shown:
        return PortfolioView(year, True, NOT_TOLD)
    ours = [one for one in entries if one.output_t > 0 and one.facility_id in facilities]
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
        certified_percent=_certified_percent(ours, output) if may.certified else None,
        curve=curve.factor_set,
        doubts=(doubt,),
    )


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


def _step(pool: Pool, before: Decimal) -> CurveStep:
    output = sum((one.output_t for one in pool.entries), ZERO)
    certified = [one for one in pool.entries if one.certified]
    certified_t = sum((one.output_t for one in certified), ZERO)
    emitted = sum((one.metal_t for one in certified), ZERO)
    return CurveStep(
        entities=len({one.entity_id for one in pool.entries}),
        facilities=len(pool.entries),
        output_t=output,
        cumulative_t=before + output,
        intensity=sum((one.metal_t for one in pool.entries), ZERO) / output,
        certified_t=certified_t if pool.certified else None,
        certified_intensity=emitted / certified_t if pool.certified and certified_t else None,
    )


def _certified_percent(ours: Sequence[Entry], output: Decimal) -> Decimal:
    return sum((one.output_t for one in ours if one.certified), ZERO) * PERCENT / output
