"""Entities, their figures and plans as tests of reduction plans tell them."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from contracts.ghg_plans import PathwayFamily, YearValue
from services.ghg.factors.factorfiles import read_factors
from services.ghg.plans import plan
from services.ghg.plans.commands import AdoptPlan, SectorCurve, SetPathway
from services.ghg.plans.curves import sector_curves
from services.ghg.plans.figures import EntityEvidence, FamilyYear
from tests.rules.spec import Answered, Spec, policies_of

POLICIES = policies_of("ghg")
ON = date(2026, 6, 1)
WHO: Mapping[str, Any] = {"entity_id": "ENT-1", "member_id": "M-1"}
PRIMARY = PathwayFamily.PRIMARY
CURVES: tuple[SectorCurve, ...] = sector_curves(read_factors())
plans = Spec(plan, POLICIES)


def figures(year: int, intensity: str = "16", **more: Any) -> FamilyYear:
    """100,000 t of a family in a year, one facility, verified; half of it from bought power."""
    output = more.pop("output_t", Decimal(100_000))
    emission = Decimal(intensity) * 100_000
    said: dict[str, Any] = {
        "family": PRIMARY,
        "year": year,
        "emission_t": emission,
        "power_t": emission / 2,
        "output_t": output,
        "facilities": 1,
        "verified": 1,
        "expected": 1,
    }
    return FamilyYear(**{**said, **more})


def entity(*years: FamilyYear, member_id: str = "M-1") -> EntityEvidence:
    """What is known of the entity; of 2020 unless told otherwise."""
    return EntityEvidence(
        entity_id="ENT-1",
        member_id=member_id,
        facilities=("FAC-1",),
        years=years or (figures(2020),),
    )


def adopt(*years: FamilyYear, **more: Any) -> AdoptPlan:
    """A plan for primary metal."""
    said = {"on": ON, "entity": entity(*years), "family": PRIMARY, "owner": "p-1", **WHO}
    return AdoptPlan.model_validate({**said, "curves": CURVES, **more})


def set_pathway(**more: Any) -> SetPathway:
    """The pathway by which W13 is worked: indexed on the sector's intensity."""
    said = {
        "on": ON,
        "entity": entity(),
        "curves": CURVES,
        "family": PRIMARY,
        "method": "asi_ghg_pathways_v2",
        "method_variant": "indexed",
        **WHO,
    }
    return SetPathway.model_validate({**said, **more})


def adopted(**more: Any) -> Answered:
    """A plan that stands, with its pathway."""
    return plans.when(adopt(**more), set_pathway())


def value(year: int, t_per_t: str) -> YearValue:
    """An intensity of a year."""
    return YearValue(year=year, t_per_t=Decimal(t_per_t))
