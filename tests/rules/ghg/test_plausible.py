"""What cannot be is refused before anything is calculated, all of it at once."""

from decimal import Decimal

import pytest

from contracts.inventory import Step
from infra.errors import Refused
from services.ghg.activity.inventory import Datum, Inventory
from services.ghg.activity.plausible import check_data, check_result, coefficient_bounds, impossible
from services.ghg.factors.book import FactorSet

from .audited import CAST, CELLS, CLEAN, CLEAN_DATA, SMELTER, audited, datum
from .given import BOOK, POLICY, d


def inventory(*data: Datum) -> Inventory:
    return Inventory(SMELTER, 2025, data)


def test_a_year_with_nothing_wrong_passes() -> None:
    check_data(CLEAN.inventory, POLICY)
    check_result(CLEAN.result)


@pytest.mark.parametrize(
    ("item", "step", "possible", "not_possible"),
    [
        ("power.grid", CELLS, "1.3", "581"),  # grams per kWh
        ("fuel.gas", CAST, "0.056", "56.1"),  # per GJ
        ("bought.alumina", CELLS, "2500", "25000"),
        ("bought.primary_metal", CAST, "15100", "151000"),
        ("scrap.in", CAST, "15100", "151000"),
        ("transport.sea", CELLS, "0.003", "3"),  # grams
    ],
)
def test_a_factor_in_another_unit_is_refused(
    item: str, step: Step, possible: str, not_possible: str
) -> None:
    right = datum("one", step, item, "1", factor=d(possible))
    check_data(inventory(right), POLICY)
    for factor in (not_possible, "-0.001"):
        with pytest.raises(Refused, match="factor-not-physical: the factor of one") as refused:
            check_data(inventory(right._replace(factor=d(factor))), POLICY)
        assert refused.value.facts["data"] == ["one"]


@pytest.mark.parametrize(
    ("item", "possible", "not_possible"),
    [
        ("parameter.S_CF4", "0.272", "0.272 in grams: 272"),
        ("parameter.S_CF4", "2", "2.001"),
        ("parameter.OVC", "3.65", "1.16 in grams: 1160"),
        ("parameter.OVC", "25", "25.01"),
        ("parameter.F", "0.28", "in per cent: 28"),
        ("parameter.F", "0.6", "the other way round: 3.57"),
    ],
)
def test_an_own_pfc_coefficient_that_no_cell_can_have_is_refused(
    item: str, possible: str, not_possible: str
) -> None:
    right = datum("one", CELLS, item, possible)
    check_data(inventory(right), POLICY)
    wrong = right._replace(quantity=d(not_possible.rpartition(" ")[2]))
    with pytest.raises(Refused, match="factor-not-physical: one is") as refused:
        check_data(inventory(wrong), POLICY)
    assert refused.value.facts["data"] == ["one"]


@pytest.mark.parametrize(
    ("item", "possible", "not_possible"),
    [("parameter.CSM", "5.2", "520"), ("parameter.CD", "0.01", "0.1")],
)
def test_what_leaves_soederberg_cells_unburnt_is_bounded(
    item: str, possible: str, not_possible: str
) -> None:
    right = datum("one", CELLS, item, possible)
    check_data(inventory(right), POLICY)
    with pytest.raises(Refused, match="factor-not-physical"):
        check_data(inventory(right._replace(quantity=d(not_possible))), POLICY)


def test_the_highest_slope_is_what_all_current_of_a_minute_could_make() -> None:
    cf4_per_al = (d("88.004") / 4) / (d("26.982") / 3)
    slope = cf4_per_al * 1000 / (24 * 60) / d("0.85")
    highest = coefficient_bounds(POLICY)["parameter.S_CF4"]
    assert round(slope, 1) == highest
    every = {value for one in BOOK.family("pfc") for value in slopes(one)}
    assert max(every) < highest / 7


def test_the_highest_overvoltage_coefficient_is_what_all_current_of_ten_volts_could_make() -> None:
    """The efficiency is not in it: it stands in the equation and in the metal alike."""
    cf4_per_al = (d("88.004") / 4) / (d("26.982") / 3)
    at_ten_volts = cf4_per_al * 1000 * 100 / 10_000
    highest = coefficient_bounds(POLICY)["parameter.OVC"]
    assert highest - 1 < at_ten_volts < highest
    tables = BOOK.family("pfc")
    every = [
        one.value
        for table in tables
        for name, one in table.factors.items()
        if name.startswith("overvoltage.")
    ]
    assert max(every) < highest / 6


def slopes(factors: FactorSet) -> list[Decimal]:
    """All slopes of a set."""
    return [one.value for name, one in factors.factors.items() if name.startswith("slope.")]


def test_a_quantity_below_zero_is_refused() -> None:
    with pytest.raises(Refused, match="quantity-negative: one is -1 t"):
        check_data(inventory(datum("one", CELLS, "bought.alumina", "-1")), POLICY)


def test_everything_impossible_is_told_with_its_field() -> None:
    wrong = inventory(
        datum("one", CELLS, "bought.alumina", "-1", factor=d("9999")),
        datum("two", CELLS, "power.grid", "1", factor=d("3")),
    )
    told = [(one.datum_id, one.field) for one in impossible(wrong, POLICY)]
    assert told == [("one", "quantity"), ("one", "factor"), ("two", "factor")]


def test_emissions_without_any_output_are_no_result() -> None:
    nothing = [
        one._replace(quantity=d("0")) if one.item.startswith("output.") else one
        for one in CLEAN_DATA
    ]
    with pytest.raises(Refused, match="output-missing"):
        check_result(audited(nothing).result)
    check_result(audited(nothing, lines=()).result)  # a standstill
    unstated = [one for one in CLEAN_DATA if not one.item.startswith("output.")]
    check_result(audited(unstated).result)
