"""What is left out of a smelter, or cannot be: power, fuel of an own plant, carbon of cells
(R-08, R-14, R-34)."""

import pytest

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum

from . import audited as year
from .audited import CLEAN, CLEAN_DATA, also, audited, changed, datum
from .given import d
from .test_finding_rules import concerned, told


def test_r14_a_plant_with_less_fuel_than_its_power_takes_is_found() -> None:
    own = year.power("own", "own_generation")._replace(quantity=d("1400000000"))
    diesel = datum("diesel", year.CELLS, "fuel.diesel", "430000")
    data = [one for one in CLEAN_DATA if one.datum_id not in {"gas", "grid"}]
    (sentence,) = told(audited([*data, own, diesel]), "R-14")
    assert "1400000 MWh of an own plant take 7753846 GJ" in sentence
    assert "430 GJ are given" in sentence
    assert concerned(audited([*data, own, diesel]), "R-14") == {"own", "diesel"}
    enough = diesel._replace(item="fuel.coal_hard", quantity=d("7754000000"))
    assert told(audited([*data, own, enough]), "R-14") == []


def test_r14_fuel_of_other_furnaces_does_not_drive_a_plant_whose_fuel_is_told() -> None:
    own = year.power("own", "own_generation")  # 100 MWh, beside gas that would do for more
    little = datum("oil", year.CELLS, "fuel.oil_heavy", "1000", of="power.own_generation")
    assert told(also(own), "R-14") == []
    assert concerned(also(own, little), "R-14") == {"own", "oil"}


@pytest.mark.parametrize(
    ("power", "said"),
    [((), "no power per t"), ((year.power("some", "grid"),), "only 1 kWh per t")],
)
def test_r08_cells_that_made_metal_without_power_for_it_are_found(
    power: tuple[Datum, ...], said: str
) -> None:
    data = [*(one for one in CLEAN_DATA if one.datum_id != "grid"), *power]
    (sentence,) = told(audited(data), "R-08")
    assert said in sentence
    assert {"tapped", *(one.datum_id for one in power)} == concerned(audited(data), "R-08")


@pytest.mark.parametrize(
    ("kwh_per_t", "found"), [("10001", True), ("11499", True), ("11500", False), ("12300", False)]
)
def test_r08_power_that_no_cells_do_with_is_found_and_that_of_the_best_is_not(
    kwh_per_t: str, found: bool
) -> None:
    little = changed("grid", quantity=d(kwh_per_t) * 100_000)
    assert bool(told(little, "R-08")) is found
    assert d(kwh_per_t) > 6_360, "the reaction itself takes that"


@pytest.mark.parametrize(
    ("kwh_per_t", "found"),
    [("14000", False), ("17169", False), ("20000", False), ("20001", True), ("28000", True)],
)
@pytest.mark.parametrize("step", [year.CELLS, Step.SITE])
def test_r34_power_that_no_cells_take_is_found_and_that_of_the_oldest_is_not(
    kwh_per_t: str, found: bool, step: Step
) -> None:
    much = changed("grid", quantity=d(kwh_per_t) * 100_000, step=step)
    assert [one for one in told(much, "R-34") if "kWh of power" in one] == (
        [
            f"{kwh_per_t} kWh of power per t of liquid metal, where no cells take more than 20000"
            " kWh: a quantity or its unit is wrong, or metal or another user of the power is"
            " missing."
        ]
        if found
        else []
    )
    assert (concerned(much, "R-34") == {"grid", "tapped"}) is found


def test_r34_power_of_a_mill_at_the_same_site_is_not_the_cells() -> None:
    much = changed("grid", quantity=d("3500000000"), step=Step.SITE)
    sheet = datum("sheet", Step.SEMI_FABRICATION, "fuel.gas", "1")
    data = (*much.inventory.data, sheet)
    assert not [one for one in told(audited(data), "R-34") if "kWh of power" in one]
    assert [one for one in told(much, "R-34") if "35000 kWh of power" in one]


def test_r08_cells_without_any_energy_lack_category_3_as_well() -> None:
    data = [one for one in CLEAN_DATA if one.datum_id not in {"grid", "gas"}]
    lines = [one for one in CLEAN.result.lines if one.data[0] not in {"grid", "gas"}]
    sentences = told(audited(data, lines), "R-08")
    assert any("category 3 (fuels and power) missing" in one for one in sentences)


def test_r08_a_remelter_needs_no_power_of_cells() -> None:
    data = [one for one in CLEAN_DATA if one.datum_id not in {"grid", "tapped", "aem", "anode"}]
    assert told(audited(data, site=year.SMELTER._replace(technology=None)), "R-08") == []


@pytest.mark.parametrize(
    ("item", "quantity", "said"),
    [
        ("input.net_anode", "45000000", "450 t of net anode per t of liquid metal, outside 0.33"),
        ("input.net_anode", "32000", "0.32 t of net anode"),
        ("input.paste", "81000", "0.81 t of paste"),
    ],
)
def test_r34_carbon_that_cannot_have_made_the_metal(item: str, quantity: str, said: str) -> None:
    wrong = changed("anode", item=item, quantity=d(quantity))
    (sentence,) = told(wrong, "R-34")
    assert sentence.startswith(said)
    assert concerned(wrong, "R-34") == {"anode", "tapped"}


@pytest.mark.parametrize("quantity", ["34000", "46300", "60000"])
def test_r34_carbon_that_cells_use_is_left_alone(quantity: str) -> None:
    assert told(changed("anode", quantity=d(quantity)), "R-34") == []


def test_r34_each_kind_of_cells_is_held_to_its_own_metal() -> None:
    paste = datum("paste", year.CELLS, "input.paste", "52000")
    stud = datum("stud", year.CELLS, "output.liquid_metal", "1000", technology="VSS")
    more = datum("more", year.CAST, "output.cast_metal", "1000")
    alumina = datum("more-alumina", year.CELLS, "bought.alumina", "1930", factor=d("1200"))
    assert concerned(also(paste, stud, more, alumina), "R-34") == {"paste", "stud"}


def casthouse_of_a_shut_potline(power_at: Step, casting_kwh: str = "8000000") -> list[str]:
    """What is found of the power where 1,000 t were tapped at 13,600 kWh/t before the line was shut
    and a casthouse melted 80,000 t of bought metal, whose power is told at a step."""
    made = [
        datum("tapped", year.CELLS, "output.liquid_metal", "1000"),
        datum("grid", year.CELLS, "power.grid", "13600000"),
        datum("cold", Step.CASTING, "bought.primary_metal", "80000", supplier_id="S-1"),
        datum("furnaces", power_at, "power.grid", casting_kwh),
        datum("cast", Step.CASTING, "output.cast_metal", "81000"),
    ]
    return [one for one in told(audited(made), "R-34") if "kWh of power" in one]


@pytest.mark.parametrize("step", [Step.CASTING, Step.SITE])
def test_r34_power_that_melts_bought_metal_is_not_the_cells(step: Step) -> None:
    assert casthouse_of_a_shut_potline(step) == []


def test_r34_power_of_a_site_that_neither_cells_nor_furnaces_take_is_found() -> None:
    (sentence,) = casthouse_of_a_shut_potline(Step.SITE, "1700000000")
    assert "21156 kWh of power per t of tapped or melted metal" in sentence
    assert casthouse_of_a_shut_potline(Step.CASTING, "1700000000") == []


def anode_plant_of_a_shut_potline(*of_plant: Datum, at: Step = Step.SITE) -> list[str]:
    """What is found of the power where 1,000 t were tapped before the line was shut, beside an
    anode plant: 80,000 kWh per t tapped, told at a step."""
    made = [
        datum("tapped", year.CELLS, "output.liquid_metal", "1000"),
        datum("grid", at, "power.grid", "80000000"),
        *of_plant,
    ]
    return [one for one in told(audited(made), "R-34") if "kWh of power" in one]


ANODES = datum("anodes", Step.ANODE_PRODUCTION, "output.anode", "400000")
GREEN = datum("green", Step.ANODE_PRODUCTION, "input.green_anode", "400000")
COKE = datum("coke", Step.ANODE_PRODUCTION, "bought.coke", "330000", supplier_id="S-1")
BAKED_BY = datum("baked-by", Step.ANODE_PRODUCTION, "fuel.gas", "1")


@pytest.mark.parametrize("of_plant", [ANODES, GREEN, COKE, BAKED_BY])
def test_r34_power_of_a_site_with_an_anode_plant_is_not_the_cells(of_plant: Datum) -> None:
    """A plant takes 900 kWh per t at most; where nobody tells what it made, nobody knows."""
    assert anode_plant_of_a_shut_potline(of_plant) == []
    assert len(anode_plant_of_a_shut_potline(of_plant, at=year.CELLS)) == 1


def test_r34_power_that_no_anode_plant_takes_either_is_found() -> None:
    few = ANODES._replace(quantity=d("40000"))
    (sentence,) = anode_plant_of_a_shut_potline(few)
    assert sentence.startswith("44000 kWh of power per t of liquid metal")
    assert "900 kWh per t" in sentence
    assert "40000 t" in sentence
    metered = datum("of-plant", Step.ANODE_PRODUCTION, "power.grid", "60000000")
    (sentence,) = anode_plant_of_a_shut_potline(ANODES, metered)
    assert sentence.startswith("80000 kWh of power per t"), "what the plant took is told apart"


@pytest.mark.parametrize(("kwh_per_t", "found"), [("20400", False), ("28000", True)])
def test_r34_a_smelter_with_its_own_anodes_is_held_to_the_same(kwh_per_t: str, found: bool) -> None:
    own = ANODES._replace(quantity=d("45000"))
    much = changed("grid", quantity=d(kwh_per_t) * 100_000, step=Step.SITE)
    data = (*much.inventory.data, own)
    assert bool([one for one in told(audited(data), "R-34") if "kWh of power" in one]) is found


def test_r34_power_told_of_the_cells_is_held_against_what_they_made_alone() -> None:
    (sentence,) = casthouse_of_a_shut_potline(year.CELLS)
    assert "21600 kWh of power per t of liquid metal" in sentence
