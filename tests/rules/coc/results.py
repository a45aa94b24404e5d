"""Results of facilities as `ghg` tells them: calculated, and verified."""

from datetime import date
from decimal import Decimal

from contracts.envelope import Event
from contracts.ghg import Amount, ResultCalculated, ResultVerified, StepTotal
from contracts.inventory import Scope, Step
from contracts.values import Location

EVERY = tuple(Scope)
DAY = date(2026, 2, 1)
CASTHOUSE = (
    (Step.ELECTROLYSIS, Scope.DIRECT, "160000000"),
    (Step.ELECTROLYSIS, Scope.POWER_LOCATION, "900000000"),
    (Step.ELECTROLYSIS, Scope.POWER_MARKET, "400000000"),
    (Step.ELECTROLYSIS, Scope.PURCHASED, "250000000"),
    (Step.CASTING, Scope.DIRECT, "8000000"),
    (Step.CASTING, Scope.FUEL_AND_POWER, "2000000"),
    (Step.SITE, Scope.DIRECT, "5700000"),
)
"""570 kt of own emissions, and 1 % of that shared, in a smelter that casts 100 kt; and 250 kt that
the metal which it bought brought along."""
ALONG = ((Step.ELECTROLYSIS, "250000000"),)
METAL = (("output.liquid_metal", "100000"), ("output.cast_metal", "100000"))


def calculated(
    facility: str = "F-1",
    year: int = 2025,
    result: int = 1,
    totals: tuple[tuple[Step, Scope, str], ...] = CASTHOUSE,
    outputs: tuple[tuple[str, str], ...] = METAL,
    along: tuple[tuple[Step, str], ...] | None = ALONG,
) -> ResultCalculated:
    return ResultCalculated(
        facility_id=facility,
        member_id="A",
        entity_id="EA",
        location=Location(country="DE"),
        year=year,
        result=result,
        data_version=1,
        data_hash="0f" * 32,
        lines=1,
        as_of=DAY,
        gwp_set="ar6",
        pfc_set="ipcc-2006",
        factor_sets=(),
        policy_id="ghg",
        engine="1",
        working_hash="0f" * 32,
        totals=tuple(
            StepTotal(step=step, scope=scope, kg=Decimal(kg)) for step, scope, kg in totals
        ),
        outputs=tuple(Amount(item=item, quantity=Decimal(t), unit="t") for item, t in outputs),
        brought_along=None
        if along is None
        else tuple(
            StepTotal(step=step, scope=Scope.PURCHASED, kg=Decimal(kg)) for step, kg in along
        ),
        energy=(),
        intensities=(),
        findings=(),
        findings_count=0,
        blocking=(),
        calculated_on=DAY,
    )


def verified(
    facility: str = "F-1", year: int = 2025, result: int = 1, scopes: tuple[Scope, ...] = EVERY
) -> ResultVerified:
    return ResultVerified(
        facility_id=facility,
        member_id="A",
        year=year,
        result=result,
        working_hash="0f" * 32,
        verifier_id="V-1",
        accreditation="ACC-1",
        statement_ref="S-1",
        scopes=scopes,
        assurance="limited",
        verified_on=DAY,
        recorded_on=DAY,
        policy_id="ghg",
    )


def both(facility: str = "F-1", year: int = 2025, member: str = "A") -> tuple[Event, Event]:
    """A result of a member's facility, and its verification."""
    whose = {"member_id": member, "entity_id": f"E{member}"}
    found = calculated(facility, year).model_copy(update=whose)
    return found, verified(facility, year).model_copy(update={"member_id": member})
