"""A factor lower than anything that can be is refused where data come in, and found where they are.

What is looked for above all is a number in another unit: tonnes where kilograms were meant, or
carbon for CO2. Honest low values pass.
"""

from decimal import Decimal
from typing import Any

import pytest

from contracts.inventory import DataKind, Step
from infra.problems import InvalidRequest
from services.ghg.activity.inventory import Datum, Site
from services.ghg.activity.items import ITEMS, Family
from services.ghg.activity.plausible import bounds, doubted_below, least_factor
from services.ghg.activity.sent import DatumSent
from services.ghg.activity.taking import inventory_of
from services.ghg.findings import findings
from services.ghg.reports.threshold import doubted_by
from services.ghg.results.reckoning import Version, reckon, usual
from tests.rules.spec import policies_of

from .audited import also, changed
from .audited import datum as proven
from .given import BOOK, POLICY, TODAY, d
from .life import inventory as stored
from .test_activity_rows import UNITS, faults
from .test_activity_rows import datum as row
from .test_supplier import answer, registered

TOO_LOW = [
    ("fuel.coal_hard", "0.0946", "kg CO2e/GJ"),  # tonnes were meant
    ("fuel.coal_hard", "0.0258", "t CO2e/GJ"),  # of carbon
    ("fuel.coal_brown", "0", "kg CO2e/MJ"),
    ("fuel.oil_heavy", "0.0211", "kg CO2e/MJ"),  # of carbon
    ("fuel.diesel", "0.0741", "g CO2e/MJ"),
    ("fuel.lpg", "0", "kg CO2e/MJ"),
    ("fuel.gas", "0", "kg CO2e/GJ"),
    ("fuel.gas", "0.0153", "kg CO2e/MJ"),  # of carbon
    ("bought.primary_metal", "16", "kg CO2e/t"),
    ("bought.primary_metal", "100", "kg CO2e/t"),
    ("bought.liquid_metal", "16", "kg CO2e/t"),
    ("bought.cast_metal", "8", "kg CO2e/t"),
    ("bought.alumina", "1.344", "kg CO2e/t"),
    ("bought.bauxite", "0.009", "kg CO2e/t"),
    ("bought.anode", "0.7", "kg CO2e/t"),
    ("bought.alloying", "8", "kg CO2e/t"),
    ("transport.sea", "0.000005", "kg CO2e/t*km"),
]
HONEST = [
    ("fuel.coal_hard", "89.5", "kg CO2e/GJ"),
    ("fuel.gas", "0.0543", "kg CO2e/MJ"),
    ("fuel.diesel", "0.0726", "kg CO2e/MJ"),
    ("bought.primary_metal", "1.5", "t CO2e/t"),
    ("bought.primary_metal", "320", "kg CO2e/t"),  # of inert anodes
    ("bought.cast_metal", "0.3", "t CO2e/t"),  # of old scrap
    ("bought.alumina", "350", "kg CO2e/t"),
    ("bought.bauxite", "2", "kg CO2e/t"),
    ("transport.rail", "0", "kg CO2e/t*km"),
    ("transport.sea", "0.0025", "kg CO2e/t*km"),
]


def cells(item: str, factor: str, unit: str) -> dict[str, str]:
    """A row of ten of an item, with a factor."""
    known = ITEMS[item]
    step = known.steps[0] if known.steps else Step.CASTING
    more = {"factor": factor, "factor_unit": unit, "factor_source": "letter"}
    return {"step": step, "item": item, "quantity": "10", "unit": known.unit, **more}


def over_http(item: str, factor: str, unit: str, **more: Any) -> Datum:
    """The same sent over HTTP."""
    said = cells(item, factor, unit) | {"datum_id": "d", "kind": DataKind.MEASURED} | more
    sent = DatumSent.model_validate(said)
    return inventory_of(Site("F1", "NO"), 2024, (sent,), UNITS, POLICY).data[0]


@pytest.mark.parametrize(("item", "factor", "unit"), TOO_LOW)
def test_a_factor_below_anything_that_can_be_is_refused_in_a_file(
    item: str, factor: str, unit: str
) -> None:
    assert faults(**cells(item, factor, unit)) == [("factor", "factor-not-physical")]


@pytest.mark.parametrize(("item", "factor", "unit"), TOO_LOW)
def test_a_factor_below_anything_that_can_be_is_refused_over_http(
    item: str, factor: str, unit: str
) -> None:
    with pytest.raises(InvalidRequest) as found:
        over_http(item, factor, unit)
    (told,) = found.value.errors
    assert (told.pointer, told.slug) == ("/data/0/factor", "factor-not-physical")
    assert "cannot be" in told.detail


@pytest.mark.parametrize(("item", "factor", "unit"), HONEST)
def test_honest_low_factors_are_taken(item: str, factor: str, unit: str) -> None:
    assert row(**cells(item, factor, unit)).factor == over_http(item, factor, unit).factor


def test_the_average_of_the_world_in_the_wrong_unit_is_below_the_least_of_every_good() -> None:
    table = BOOK.named("material_world_2015", "material").factors
    goods = [one for one in ITEMS.values() if one.family is Family.BOUGHT]
    known = {one.slug: table[name] for one in goods if (name := one.slug[7:]) in table}
    assert len(known) == 13, "all but metal"
    for slug, average in known.items():
        assert average.value / 1000 < least_factor(slug, POLICY) < average.value / 4, slug


def test_no_least_lies_near_the_highest() -> None:
    highest = bounds(POLICY)
    for slug, most in highest.items():
        assert least_factor(slug, POLICY) < most / 3, slug


def test_what_a_maker_says_its_metal_embeds_has_no_least() -> None:
    """It may be of direct emissions alone."""
    said = {"embedded": "0.01", "embedded_unit": "t CO2e/t", "embedded_boundary": "direct"}
    datum = over_http("bought.primary_metal", "4", "t CO2e/t", **said)
    assert (datum.factor, datum.embedded) == (Decimal(4000), Decimal(10))


# --- what was stored before ---


def test_data_stored_with_too_low_a_factor_calculate_and_are_found() -> None:
    year = stored()
    data = tuple(
        one._replace(factor=d("0.0000561"), evidence="doc-1", factor_source="letter")
        if one.item == "fuel.gas"
        else one
        for one in year.data
    )
    policies = policies_of("ghg")
    version = Version(1, "0" * 64, year._replace(data=data))
    made = reckon(version, usual(POLICY, TODAY), BOOK, policies)
    (found,) = [one for one in made.findings if one.rule == "R-17"]
    assert found.data == ("d6",)
    assert "natural gas at less than 0.036 kg CO2e/MJ cannot be" in found.sentence
    assert found in doubted_by(made.findings, POLICY)


def sentences(*data: Datum) -> list[str]:
    """What R-17 says."""
    return [one.sentence for one in findings(also(*data), ["R-17"])]


@pytest.mark.parametrize("item", ["bought.primary_metal", "bought.liquid_metal"])
def test_metal_below_what_its_anodes_give_off_is_doubted_whatever_reference_it_has(
    item: str,
) -> None:
    metal = proven("metal", Step.CASTING, item, "10", factor=d("1000"))
    (said,) = sentences(metal)
    assert "below 1220 kg CO2e/t is lower than any that is known" in said
    assert sentences(metal._replace(technology="Inert anode")) == []
    assert sentences(metal._replace(factor=d("1220"))) == []
    assert sentences(metal._replace(technology="prebake")) == [said]


def test_the_least_of_carbon_anodes_is_that_of_their_carbon() -> None:
    """Three atoms of carbon take the oxygen of the alumina of four of metal."""
    per_t = 3 * d("44.01") / (4 * d("26.982")) * 1000
    assert round(per_t, -1) == POLICY.decimal("plausible.factor_low.bought.primary_metal")


@pytest.mark.parametrize(
    ("item", "step", "low"),
    [("bought.cast_metal", Step.SEMI_FABRICATION, "160"), ("bought.alumina", None, "100")],
)
def test_lower_than_any_that_is_known_is_doubted_once(
    item: str, step: Step | None, low: str
) -> None:
    under = d(low) - 1
    if step is None:
        told = findings(changed("alumina", factor=under, evidence=""), ["R-17"])
        assert len(told) == 1
        assert f"below {low} kg" in told[0].sentence
    else:
        (said,) = sentences(proven("slab", step, item, "10", factor=under))
        assert f"below {low} kg" in said


@pytest.mark.parametrize("item", [one.slug for one in ITEMS.values() if one.family is Family.FUEL])
def test_a_fuel_below_the_lowest_of_its_kind_needs_a_reference(item: str) -> None:
    low = POLICY.decimal(f"finding.best_case.{item}")
    fuel = proven("own", Step.CASTING, item, "10", factor=low - d("0.0001"))
    assert sentences(fuel) == []
    (said,) = sentences(fuel._replace(evidence=""))
    assert "Best-case factor is not evidence" in said
    assert sentences(fuel._replace(factor=low, evidence="")) == []


def test_r17_knows_a_best_case_of_everything_that_is_bought() -> None:
    for item in (one.slug for one in ITEMS.values() if one.family is Family.BOUGHT):
        known = doubted_below(item, POLICY)
        least = least_factor(item, POLICY) if known is None else known.kg_per_unit
        low = proven("low", Step.CASTING, item, "10", factor=least, evidence="")
        assert len(sentences(low)) == 1, item
        assert sentences(low._replace(evidence="doc-9")) == []


@pytest.mark.parametrize(
    ("factor", "found"), [("0", 1), ("0.00000045", 1), ("0.00058", 1), ("0.001", 0), ("0.0017", 0)]
)
def test_grid_power_next_to_zero_is_a_claim_or_in_another_unit(factor: str, found: int) -> None:
    told = findings(changed("grid", factor=d(factor)), ["R-11"])
    assert [one.data for one in told] == [("grid",)] * found


# --- a supplier's answer ---


@pytest.mark.parametrize(("factor", "unit"), [("1.6", "t"), ("39", "kg CO2e/t")])
def test_a_supplier_who_answers_in_tonnes_where_kilograms_are_asked_is_refused(
    factor: str, unit: str
) -> None:
    command = answer(factor=Decimal(factor), unit=unit)
    registered().and_when(command).refused("factor-not-physical", least="40")
