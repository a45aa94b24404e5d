"""What cannot be is refused before anything is calculated, all of it at once."""

import pytest

from contracts.inventory import Step
from infra.errors import Refused
from services.ghg.activity import Datum, Inventory
from services.ghg.plausible import check_data, check_result, impossible

from .audited import CAST, CELLS, CLEAN, CLEAN_DATA, SMELTER, audited, datum
from .given import POLICY, d


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
