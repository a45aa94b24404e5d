"""Emissions of bought power, location-based and market-based side by side. Pure.

Source: sources.md 4.6 (GHG Protocol Scope 2: [G]), R-11 to R-14. Location says what the grid of a
place gives off; market says what was bought. Power of an own plant is in neither: its fuels are
Scope 1. A claim (direct line, contract, certificate) counts on the market side as far as it is
proven: by the evidence that the policy asks of its source, by a physical connection where the
country asks for one, and by certificates cancelled for it. What claims leave takes the residual
factor, so that no clean kilowatt-hour is counted twice.

Lacking proof never lowers anything: what is not proven of a claim takes the factor of its plant
where that is higher than what no claim covers (R-11 is there against low factors, not high ones).
The first three engines gave such power the factor of the grid. And power that is claimed takes the
residual factor for the rest, proven or not, as 4.6 says: else a small clean claim that is proven
would cost more than the same without its proof. Where the grid's own factor is the higher one, a
claim that nobody proved does not lower it to the residual. The first four engines took the grid's
factor beside claims of which none was proven.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from contracts.values import plain
from infra.errors import Refused
from infra.policy import Policy
from services.ghg.factors.grid import GridFactor
from services.ghg.power_certificates.cancelled import KWH_PER_MWH, Cancellation

from .working import Doubt, given

SOURCE = "sources.md 4.6"
UNPROVEN = "green_power_unproven"
ZERO = Decimal(0)


class Source(StrEnum):
    """Where power comes from (sources.md 4.6)."""

    OWN_GENERATION = "own_generation"
    DIRECT_LINE = "direct_line"
    PPA_CONTRACT = "ppa_contract"
    GREEN_CERTIFICATE = "green_certificate"
    GRID = "grid"


CLAIMS = frozenset({Source.DIRECT_LINE, Source.PPA_CONTRACT, Source.GREEN_CERTIFICATE})
CERTIFIED = frozenset({Source.PPA_CONTRACT, Source.GREEN_CERTIFICATE})
"""Claims that cancelled certificates stand behind, kilowatt-hour by kilowatt-hour."""
NAMED = 5
"""So many supplies are named in a sentence; the facts have all."""


class Proof(StrEnum):
    """Evidence for a claim."""

    DEDICATED_LINE = "dedicated_line"
    METER = "meter"
    CONTRACT = "contract"
    CERTIFICATE_CANCELLATION = "certificate_cancellation"


class Supply(NamedTuple):
    """Power of one source in a year. `generator_kg_per_kwh` is the factor of the plant behind a
    claim; `attributes_sold` says that its green attributes went to somebody else."""

    supply_id: str
    source: Source
    kwh: Decimal
    generator_kg_per_kwh: Decimal | None = None
    proofs: frozenset[Proof] = frozenset()
    cancelled: tuple[Cancellation, ...] = ()
    attributes_sold: bool = False


class Grid(NamedTuple):
    """What the grid gives off at a site, what contracts leave of it, and its country. `residual`
    is None where none is published: what is left then takes the average, with a doubt."""

    country: str
    average: GridFactor
    residual: GridFactor | None


class PowerLine(NamedTuple):
    """One supply, both ways. `scope` is 1 for an own plant, whose fuels carry the emission, and 2
    otherwise; `proven_kwh` is what the market side accepts of a claim; `rule` says how.
    `location_kg_per_kwh` is the factor of the location side, `left` that of what no claim covers
    (None for an own plant). `kept` says that what is not proven has the factor of its own plant,
    since that is the higher one."""

    supply_id: str
    source: Source
    scope: int
    kwh: Decimal
    proven_kwh: Decimal
    location_kg: Decimal
    market_kg: Decimal
    rule: str
    doubts: tuple[Doubt, ...] = ()
    location_kg_per_kwh: Decimal = ZERO
    left: GridFactor | None = None
    kept: bool = False


class Power(NamedTuple):
    """All supplies of a facility and year."""

    lines: tuple[PowerLine, ...]

    @property
    def kwh(self) -> Decimal:
        """All power used, own plants included."""
        return sum((line.kwh for line in self.lines), ZERO)

    @property
    def location_kg(self) -> Decimal:
        """Scope 2, location-based."""
        return sum((line.location_kg for line in self.lines), ZERO)

    @property
    def market_kg(self) -> Decimal:
        """Scope 2, market-based."""
        return sum((line.market_kg for line in self.lines), ZERO)

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """What is doubtful about any of them."""
        return tuple(doubt for line in self.lines for doubt in line.doubts)


def power(
    supplies: Sequence[Supply],
    grid: Grid,
    policy: Policy,
    *,
    keeps_higher: bool = True,
    told_leaves: bool = True,
) -> Power:
    """Both sides for every supply of a facility and year. Cancellations are only held
    against the kilowatt-hours that they are for; whether they can be is R-12. Without
    `keeps_higher` all that is not proven takes the grid's factor, and without `told_leaves` only
    claims that are proven leave the residual factor to the rest, as earlier engines had it."""
    names = [supply.supply_id for supply in supplies]
    if len(names) != len(set(names)):
        raise Refused("supply-twice", "two supplies have one id.", supplies=names)
    _factors_told(supplies)
    claims = [_claim(supply, grid, policy) for supply in supplies]
    claimed = any(kwh > 0 for kwh, _ in claims) or (
        keeps_higher and not told_leaves and any(_dirtier(supply, grid) for supply in supplies)
    )
    told = told_leaves and any(one.source in CLAIMS and one.kwh > 0 for one in supplies)
    left = _left(claimed, grid, policy)
    if told and not claimed:
        left = _left_by_told(grid, policy), ()
        claims = [(kwh, _with_left(doubts, left[0], grid)) for kwh, doubts in claims]
    return Power(
        tuple(
            _line(supply, (proven, doubts), left, grid, keeps_higher)
            for supply, (proven, doubts) in zip(supplies, claims, strict=True)
        )
    )


def _factors_told(supplies: Sequence[Supply]) -> None:
    """Every claim has the factor of its plant; refused `generator-factor-missing` with all that
    have none, so that whoever mends them hears of each at once."""
    lacking = [
        one.supply_id
        for one in supplies
        if one.source in CLAIMS and one.generator_kg_per_kwh is None
    ]
    if not lacking:
        return
    named, more = ", ".join(lacking[:NAMED]), len(lacking) - NAMED
    and_more = f" and {more} more" if more > 0 else ""
    claim, its = ("claim", "each its") if lacking[1:] else ("claims", "its")
    raise Refused(
        "generator-factor-missing",
        f"{named}{and_more} {claim} the power of a plant: give {its} factor, in kg CO2e/kWh.",
        field="factor",
        data=lacking,
        supply_id=lacking[0],
    )


def _dirtier(supply: Supply, grid: Grid) -> bool:
    """Whether a claim is of a plant that gives off more than the grid: it counts as one, proven or
    not, for what it leaves to others."""
    factor = supply.generator_kg_per_kwh
    claims = supply.source in CLAIMS and supply.kwh > 0
    return claims and factor is not None and factor > grid.average.kg_per_kwh


def _left(claimed: bool, grid: Grid, policy: Policy) -> tuple[GridFactor, tuple[Doubt, ...]]:
    """The factor of power that no claim covers."""
    if not claimed or not policy.flag("grid.residual_after_contracts"):
        return grid.average, ()
    if grid.residual is None:
        sentence = "Power is claimed by contract, but no factor for what contracts leave is known."
        return grid.average, (Doubt("residual_unknown", sentence, f"{SOURCE}, R-13"),)
    return grid.residual, ()


def _left_by_told(grid: Grid, policy: Policy) -> GridFactor:
    """The same beside claims of which none is proven: of the grid's and the residual factor the
    higher, so that such a claim lowers nothing either."""
    residual, _ = _left(grid.residual is not None, grid, policy)
    return max(grid.average, residual, key=lambda one: one.kg_per_kwh)


def _with_left(doubts: tuple[Doubt, ...], left: GridFactor, grid: Grid) -> tuple[Doubt, ...]:
    """What is said of a claim without proof, with what it does to all power that is not proven."""
    average = grid.average.kg_per_kwh
    if left.kg_per_kwh == average:
        return doubts
    more = (
        f" What is claimed and what the grid delivers take {left.kg_per_kwh} kg CO2/kWh"
        f" ({left.scale}), as beside a proven claim, not the grid's {average}: prove it, or give"
        " it as power of the grid."
    )
    return tuple(
        one._replace(sentence=one.sentence + more) if one.about == UNPROVEN else one
        for one in doubts
    )


def _claim(supply: Supply, grid: Grid, policy: Policy) -> tuple[Decimal, tuple[Doubt, ...]]:
    """The kilowatt-hours of a claim that are proven, and why not all of them are."""
    given(supply.supply_id, supply.kwh, "kWh")
    if supply.source not in CLAIMS:
        return ZERO, ()
    assert supply.generator_kg_per_kwh is not None  # `_factors_told`
    given(f"{supply.supply_id}, generator", supply.generator_kg_per_kwh, "kg CO2e/kWh")
    missing = _missing(supply, grid, policy)
    if missing:
        return ZERO, (Doubt(UNPROVEN, missing, f"{SOURCE}, R-11"),)
    if supply.attributes_sold:
        sentence = f"The attributes of {supply.supply_id} were sold: the market side has none."
        return ZERO, (Doubt("attributes_sold", sentence, SOURCE),)
    if supply.source not in CERTIFIED:
        return supply.kwh, ()
    mine = (one.mwh for one in supply.cancelled if one.supply_id == supply.supply_id)
    covered = sum(mine, ZERO) * KWH_PER_MWH
    if covered >= supply.kwh:
        return supply.kwh, ()
    sentence = (
        f"{supply.supply_id} claims {supply.kwh} kWh, certificates cancelled for it cover"
        f" {covered} kWh."
    )
    return covered, (Doubt("certificates_short", sentence, f"{SOURCE}, R-12"),)


def _missing(supply: Supply, grid: Grid, policy: Policy) -> str | None:
    """What a claim lacks to be counted at all."""
    if grid.country in policy.words("green_power.physical_proof_countries"):
        physical = policy.words("green_power.physical_sources")
        if supply.source not in physical:
            return (
                f"No physical-connection proof for {supply.supply_id}: in {grid.country} a claim"
                f" rests on {' or '.join(physical)}."
            )
    wanted = policy.words(f"green_power.proofs.{supply.source}")
    lacking = [proof for proof in wanted if proof not in supply.proofs]
    if lacking:
        return f"{supply.supply_id} is not proven: {', '.join(lacking)} missing."
    return None


def _line(
    supply: Supply,
    claim: tuple[Decimal, tuple[Doubt, ...]],
    left: tuple[GridFactor, tuple[Doubt, ...]],
    grid: Grid,
    keeps_higher: bool,
) -> PowerLine:
    proven, doubts = claim
    if supply.source is Source.OWN_GENERATION:
        if supply.generator_kg_per_kwh is not None:
            sentence = f"{supply.supply_id} is an own plant: its fuels count, not a factor (R-14)."
            doubts = (*doubts, Doubt("captive_with_factor", sentence, f"{SOURCE}, R-14"))
        rule = "own plant: its fuels are Scope 1"
        return PowerLine(
            supply.supply_id, supply.source, 1, supply.kwh, ZERO, ZERO, ZERO, rule, doubts
        )
    remainder, more = left
    unproven = supply.kwh - proven
    generator = supply.generator_kg_per_kwh or ZERO
    kept = keeps_higher and unproven > 0 and generator > remainder.kg_per_kwh
    rest, whose = (generator, "its plant") if kept else (remainder.kg_per_kwh, remainder.scale)
    market = proven * generator + unproven * rest
    higher = keeps_higher and _dirtier(supply, grid)
    if supply.source is Source.DIRECT_LINE and (higher or not unconnected(doubts)):
        place, where = generator, "the plant behind the line"
    else:
        place, where = grid.average.kg_per_kwh, grid.average.announcement
    rule = f"location: {where}; market: {proven} kWh by claim, {unproven} kWh at {rest} ({whose})"
    if kept:
        more = (_kept(supply, unproven, remainder),)
    elif unproven == 0:
        more = ()
    return PowerLine(
        supply.supply_id,
        supply.source,
        2,
        supply.kwh,
        proven,
        supply.kwh * place,
        market,
        rule,
        (*doubts, *more),
        place,
        remainder,
        kept,
    )


def _kept(supply: Supply, unproven: Decimal, left: GridFactor) -> Doubt:
    """What was done with a claim that is not proven and gives off more than the grid."""
    sentence = (
        f"{plain(unproven)} kWh of {supply.supply_id} are not proven, and its plant gives off"
        f" {supply.generator_kg_per_kwh} kg CO2e/kWh, more than the {left.kg_per_kwh} of power that"
        f" no claim covers ({left.scale}): its own factor was kept, since lacking proof lowers"
        " nothing. Prove where the power is from, or give what was taken from the grid as such."
    )
    return Doubt("higher_factor_kept", sentence, f"{SOURCE}, R-11")


def unconnected(doubts: Iterable[Doubt]) -> bool:
    """Whether a claim was found to be without its proof, so that its power is the grid's."""
    return any(doubt.about == UNPROVEN for doubt in doubts)
