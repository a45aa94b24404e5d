"""Fuels by their plant's own calorific value, and what the border mechanism is told of it."""

from decimal import Decimal

import pytest

from contracts.inventory import DataKind, Regime, Step
from infra.problems import InvalidRequest
from services.ghg.activity.inventory import Datum, Site
from services.ghg.activity.packing import pack, unpack
from services.ghg.activity.sent import DatumSent
from services.ghg.activity.taking import inventory_of
from services.ghg.factors.calorific import calorific_of
from services.ghg.reports.cbam import Stream
from services.ghg.reports.report import report
from tests.rules.ghg.given import POLICY, d
from tests.rules.ghg.made import inventory, pinned, smelter
from tests.rules.ghg.test_activity_rows import GOOD, UNITS, assembled, datum, faults, taken

COAL = {"item": "fuel.coal_hard", "quantity": "10", "unit": "t"}
OWN = {"calorific_value": "24", "calorific_unit": "GJ/t", "oxidation_factor": "0.98"}
SITE = Site("F1", "NO")


def sent(**fields: object) -> Datum:
    """One datum sent over HTTP."""
    said = {"datum_id": "c", "step": Step.CASTING, "kind": DataKind.MEASURED, **COAL, **fields}
    return inventory_of(SITE, 2024, (DatumSent.model_validate(said),), UNITS, POLICY).data[0]


def streams(*more: Datum) -> dict[str, Stream]:
    found = report(inventory(*smelter(), *more), pinned(), Regime.CBAM).cbam
    assert found is not None
    return {one.item: one for one in found.streams}


def test_a_mass_becomes_energy_by_the_plants_own_value() -> None:
    default, own = datum(**COAL), datum(**COAL, **OWN)
    assert (default.quantity, own.quantity) == (d("258000"), d("240000"))
    assert "net calorific value" in default.source
    assert own.source == ""
    assert sent(**OWN).quantity == own.quantity
    assert sent(source="weighbridge", **OWN).source == "weighbridge"


@pytest.mark.parametrize(
    ("wrong", "slug"),
    [({"year": "soon"}, "year-not-calendar"), ({"kind": "?"}, "unknown-data-kind")],
)
def test_a_fuel_with_its_own_value_and_another_fault_is_told_that_fault(
    wrong: dict[str, str], slug: str
) -> None:
    assert [found for _, found in faults(**COAL, **OWN, **wrong)] == [slug]


def test_the_same_value_in_any_unit_is_the_same_energy() -> None:
    for value, unit in (("24000", "kJ/kg"), ("24", "TJ/Gg"), ("6.6666666666666667", "kWh/kg")):
        told = datum(**COAL, calorific_value=value, calorific_unit=unit)
        assert told.quantity == pytest.approx(Decimal(240_000))


def test_energy_by_the_plants_own_value_is_exact() -> None:
    """As it was before a factor went the same way: the default cancels in whole figures."""
    found = datum(**COAL, calorific_value="16.3", calorific_unit="GJ/t")
    assert str(found.quantity) == str(d("258000") * d("16.3") / d("25.8")) == "163000"


def test_energy_that_is_sent_stays_as_it_is() -> None:
    told = datum(**OWN)
    assert (told.quantity, told.calorific_value, told.calorific_unit) == (
        d("12500"),
        d("24"),
        "GJ/t",
    )


def test_a_row_by_its_own_value_is_not_counted_among_the_defaults() -> None:
    assert assembled(COAL).notes == ("default-calorific-value",)
    assert assembled({**COAL, **OWN}).notes == ()
    one_by_one = assembled({**COAL, **OWN}, {"quantity": "x"})
    assert one_by_one.inventory is None


@pytest.mark.parametrize(
    ("cells", "fault"),
    [
        ({"calorific_value": "24"}, "unit-missing"),
        ({"calorific_unit": "GJ/t"}, "value-missing"),
        ({**OWN, "oxidation_factor": "98"}, "share-above-one"),
        ({**OWN, "calorific_value": "0"}, "calorific-value-not-physical"),
        ({**OWN, "calorific_value": "24000"}, "calorific-value-not-physical"),
        ({**OWN, "calorific_unit": "MJ/Nm3"}, "unit-of-other-kind"),
        ({**OWN, "item": "input.limestone", "step": "refinery"}, "fuel-field-not-used"),
    ],
)
def test_what_cannot_be_is_refused_in_files_and_over_http(
    cells: dict[str, str], fault: str
) -> None:
    assert faults(**{**COAL, **cells}) == [("calorific_value", fault)]
    fields = {**cells, "step": Step.ALUMINA_REFINING} if "step" in cells else cells
    with pytest.raises(InvalidRequest):
        sent(**fields)


def test_an_unknown_unit_of_a_calorific_value_names_those_that_are_known() -> None:
    found = faults(**{**COAL, **OWN, "calorific_unit": "BTU"})
    assert found[0] == ("calorific_unit", "unit-unknown")


def test_what_is_told_of_a_fuel_is_kept_and_what_is_not_told_changes_no_chunk() -> None:
    told = taken({**COAL, **OWN})
    assert list(unpack(pack(told)).data) == list(told.data)
    assert not {*OWN} & {column for chunk in pack(taken(GOOD)) for column in chunk.columns}


def test_a_source_stream_tells_calorific_value_and_oxidation_factor() -> None:
    told = streams(sent(**OWN))
    coal, gas = told["fuel.coal_hard"], told["fuel.gas"]
    assert (coal.calorific_value, coal.calorific_unit) == (d("24"), "GJ/t")
    assert coal.oxidation_factor == d("0.98")
    assert (gas.calorific_value, gas.oxidation_factor) == (None, None)
    assert told["input.net_anode"].calorific_value is None


def test_the_default_by_which_a_mass_became_energy_is_told_too() -> None:
    coal = streams(sent())["fuel.coal_hard"]
    assert (coal.calorific_value, coal.calorific_unit) == (d("25.8"), "MJ/kg")
    assert calorific_of(sent()._replace(source="")) is None
