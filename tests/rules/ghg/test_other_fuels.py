"""Fuels beside coal, oil and natural gas: gases of works, biomass, hydrogen. They are told as what
they are, with their own calorific values and factors, and results from before them stay as they
were."""

from decimal import Decimal

import pytest

from contracts.ghg import Amount
from contracts.inventory import Scope, Step
from infra.problems import InvalidRequest
from services.ghg.activity.inventory import Inventory
from services.ghg.activity.items import BIOGENIC, ITEMS, Family
from services.ghg.activity.plausible import bounds_sent, least_factor
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.lines import Line
from services.ghg.factors.book import FactorBook
from services.ghg.factors.pinned import OTHER_FUELS, pin
from services.ghg.results.assumed import assumptions
from services.ghg.results.reckoning import Version, outdated, reckon, rework, usual
from services.ghg.results.shown import disclosure_shown, result_shown
from tests.rules.spec import policies_of

from .audited import datum as proven
from .given import BOOK, POLICY, TODAY, d
from .life import FIRST, disclosed, result
from .life import inventory as stored
from .test_activity_rows import UNITS, faults
from .test_fuel_factors import from_file, over_http, said

OTHER = BOOK.named("other_fuels_2006", OTHER_FUELS)
FIRST_SIX = {"coal_hard", "coal_brown", "oil_heavy", "diesel", "gas", "lpg"}
OTHERS = [
    one.slug
    for one in ITEMS.values()
    if one.family is Family.FUEL and one.slug.partition(".")[2] not in FIRST_SIX
]
"""Slugs of the other fuels."""
WORKS_GASES = {
    # IPCC 2006 volume 2, tables 1.2 (net, MJ/kg) and 2.3 (kg CO2/MJ)
    "fuel.coke_oven_gas": ("38.7", "0.0444"),
    "fuel.gas_works_gas": ("38.7", "0.0444"),
    "fuel.blast_furnace_gas": ("2.47", "0.26"),
    "fuel.steel_furnace_gas": ("7.06", "0.182"),
}


def year_with(item: str, **more: str) -> Inventory:
    """A small smelter's year with 1000 GJ of a fuel more, with a reference."""
    cells = {"item": item, "quantity": "1000", "unit": "GJ", **more}
    datum = over_http(cells)._replace(datum_id="other", evidence="doc-1")
    year = stored()
    return year._replace(data=(*year.data, datum))


def lines_of(item: str, **more: str) -> dict[Scope, Line]:
    """The lines of that fuel, by scope."""
    policies = policies_of("ghg")
    pinned = pin(BOOK, policies.on(TODAY), TODAY, "AR5", "ipcc_2006")
    made = calculate(year_with(item, **more), pinned)
    return {one.scope: one for one in made.lines if one.data == ("other",)}


@pytest.mark.parametrize("item", WORKS_GASES)
def test_a_gas_of_works_has_the_calorific_value_and_the_factor_of_its_kind(item: str) -> None:
    calorific, carbon_dioxide = WORKS_GASES[item]
    assert UNITS.of("t", ITEMS[item]).factor == Decimal(calorific) * 1000
    made = lines_of(item)[Scope.DIRECT]
    assert made.activity == d("1000000")
    assert made.factor.factor_set == OTHER.factor_set
    assert abs(made.kg / made.activity - d(carbon_dioxide)) < d("0.0001")


@pytest.mark.parametrize("item", OTHERS)
def test_every_other_fuel_has_its_figures_which_say_that_nobody_compared_them(item: str) -> None:
    name = item.partition(".")[2]
    needed = ("CO2", "CH4", "N2O", "mass", "net_of_gross", "upstream")
    assert {OTHER.factor(f"{name}.{one}").evidence for one in needed} == {"unverified"}
    carbon_dioxide = OTHER.factor(f"{name}.CO2").value
    assert least_factor(item, POLICY) <= carbon_dioxide < bounds_sent(POLICY)[item]


@pytest.mark.parametrize(
    ("item", "factor", "unit"),
    [
        ("fuel.blast_furnace_gas", "0.85", "kg CO2/Nm3"),
        ("fuel.blast_furnace_gas", "0.64", "t CO2/t"),
        ("fuel.coke_oven_gas", "0.75", "kg CO2/Nm3"),
        ("fuel.coke_oven_gas", "1.7", "t CO2/t"),
        ("fuel.steel_furnace_gas", "1.5", "kg CO2/Nm3"),
        ("fuel.producer_gas", "0.66", "kg CO2/Nm3"),
        ("fuel.petroleum_coke", "3.2", "t CO2/t"),
        ("fuel.biomass", "1.9", "kg CO2e/GJ"),
    ],
)
def test_honest_factors_of_other_fuels_are_taken(item: str, factor: str, unit: str) -> None:
    per = "t" if unit.endswith("/t") else "GJ" if unit.endswith("GJ") else "1000 Nm3"
    cells = {"item": item, "quantity": "3", "unit": per, "factor": factor, "factor_unit": unit}
    cells = {**cells, "factor_source": "lab"}
    by_file, by_http = from_file(cells), over_http(cells)
    assert by_file.factor == by_http.factor
    assert said(by_http._replace(datum_id="own", evidence="doc-1")) == []


@pytest.mark.parametrize(
    ("item", "factor", "unit"),
    [
        ("fuel.blast_furnace_gas", "0.23", "kg CO2/Nm3"),  # of carbon
        ("fuel.coke_oven_gas", "0.2", "kg CO2/Nm3"),
        ("fuel.petroleum_coke", "0.87", "t CO2/t"),
        ("fuel.petrol", "0.84", "t CO2/t"),
        ("fuel.biomass", "112", "kg CO2/GJ"),  # biogenic
        ("fuel.hydrogen", "10.8", "t CO2/t"),  # upstream
    ],
)
def test_carbon_biogenic_carbon_dioxide_and_what_lies_upstream_are_no_factor_of_a_fuel(
    item: str, factor: str, unit: str
) -> None:
    per = "t" if unit.endswith("/t") else "GJ" if unit.endswith("GJ") else "1000 Nm3"
    cells = {"item": item, "quantity": "3", "unit": per, "factor": factor, "factor_unit": unit}
    cells = {**cells, "factor_source": "lab"}
    assert faults(**cells) == [("factor", "factor-not-physical")]
    with pytest.raises(InvalidRequest) as found:
        over_http(cells)
    (told,) = found.value.errors
    assert told.slug == "factor-not-physical"
    assert ("biogenic" in told.detail) == (item in BIOGENIC)


def test_biomass_gives_off_methane_and_nitrous_oxide_and_no_carbon_dioxide_that_counts() -> None:
    made = lines_of("fuel.biomass")
    assert made[Scope.DIRECT].kg == 1000000 * (d("0.00003") * 28 + d("0.000004") * 265)
    assert "it counts in no scope" in made[Scope.DIRECT].working[0].terms[0].source
    assert made[Scope.FUEL_AND_POWER].kg > 0


def test_hydrogen_gives_off_no_carbon_dioxide_where_it_burns_and_its_making_is_in_category_3() -> (
    None
):
    made = lines_of("fuel.hydrogen", quantity="1000", unit="t")
    assert made[Scope.DIRECT].working[0].terms[0].value == 0
    assert made[Scope.DIRECT].kg == 120000000 * d("0.0000001") * 265
    assert made[Scope.FUEL_AND_POWER].kg == 120000000 * d("0.09")


@pytest.mark.parametrize("own", ["", "0.01"])
def test_who_burns_hydrogen_is_told_which_factor_its_making_has(own: str) -> None:
    """A factor of one's own is of the burning alone, so green hydrogen looks no greener by it."""
    more = {"factor": own, "factor_unit": "kg CO2e/GJ"} if own else {}
    policies = policies_of("ghg")
    version = Version(1, "0" * 64, year_with("fuel.hydrogen", **more))
    made = reckon(version, usual(POLICY, TODAY), BOOK, policies)
    (sentence,) = assumptions(made.energy, made.as_of, BOOK)
    assert "1000 GJ of hydrogen" in sentence
    assert "0.09 kg CO2e/MJ (other_fuels_2006, unverified)" in sentence
    assert "Green hydrogen" in sentence
    assert "fuel.hydrogen" in {one.item for one in made.energy}


def test_who_burns_no_hydrogen_is_told_nothing_of_it() -> None:
    energy = (Amount(item="fuel.gas", quantity=d("5"), unit="MJ"),)
    assert assumptions(energy, TODAY, BOOK) == ()
    kept = result().model_copy(
        update={"energy": (Amount(item="fuel.hydrogen", quantity=d("2000"), unit="MJ"),)}
    )
    for told in (result_shown(kept, BOOK), disclosure_shown(disclosed(), kept, BOOK)):
        assert "assumed" in told
    (sentence,) = assumptions(kept.energy, kept.as_of, BOOK)
    assert sentence.startswith("What making 2 GJ of hydrogen")


@pytest.mark.parametrize("item", ["fuel.biomass", "fuel.hydrogen"])
def test_a_fuel_without_fossil_carbon_needs_something_that_shows_it(item: str) -> None:
    fuel = proven("clean", Step.CASTING, item, "10")
    assert said(fuel) == []
    (sentence,) = said(fuel._replace(evidence=""))
    assert "nothing shows that it is that" in sentence


def test_a_result_names_the_set_of_other_fuels_where_it_took_it_and_is_worked_out_again() -> None:
    policies = policies_of("ghg")
    year = year_with("fuel.coke_oven_gas")
    made = reckon(Version(1, "0" * 64, year), usual(POLICY, TODAY), BOOK, policies)
    assert OTHER.factor_set in made.factor_sets
    kept = result().model_copy(
        update={
            "as_of": made.as_of,
            "factor_sets": made.factor_sets,
            "policy_id": made.policy_id,
            "engine": made.engine,
            "gwp_set": made.gwp_set,
            "pfc_set": made.pfc_set,
            "working_hash": made.working_hash,
        }
    )
    later = OTHER.model_copy(update={"factor_set": "other_fuels_later"})
    book = FactorBook([*BOOK.sets(), later])
    assert rework(kept, year, book, policies).working_hash() == made.working_hash
    pinned = pin(BOOK, POLICY, TODAY, made.gwp_set, made.pfc_set)
    assert not outdated(made.factor_sets, ("NO", None), pinned)
    pinned = pin(book, POLICY, TODAY, made.gwp_set, made.pfc_set)
    assert outdated(made.factor_sets, ("NO", None), pinned)


def test_a_result_without_other_fuels_names_none_and_keeps_its_hash() -> None:
    assert OTHER.factor_set not in FIRST.factor_sets
    less = FactorBook(
        [one for one in BOOK.sets() if one is not OTHER]
        + [OTHER.model_copy(update={"factor_set": "another"})]
    )
    assert rework(result(), stored(), less, policies_of("ghg")).working_hash() == FIRST.working_hash
