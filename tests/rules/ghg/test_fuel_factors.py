"""An own factor of a fuel and its calorific value go together: what a plant said is what counts."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.inventory import DataKind, Step
from infra.problems import InvalidRequest
from services.ghg.activity.inventory import Datum, Site
from services.ghg.activity.items import ITEMS, Family
from services.ghg.activity.plausible import LEANEST, bounds, bounds_sent, least_factor
from services.ghg.activity.sent import DatumSent
from services.ghg.activity.taking import inventory_of
from services.ghg.factors.calorific import default_in
from services.ghg.findings import findings
from services.ghg.results.reckoning import Version, reckon, usual
from tests.rules.spec import policies_of

from .audited import also
from .given import BOOK, POLICY, TODAY, d
from .life import inventory as stored
from .test_activity_rows import UNITS, assembled, faults

MEASURES = [tuple(name.removeprefix(LEANEST).rsplit(".", 1))
            for name in POLICY.figures if name.startswith(LEANEST)]  # fmt: skip
IN = {
    "kg": (("t", "kg CO2e/t", "1000"), ("kt", "t CO2/t", "1000000")),
    "m3": (("m3", "kg CO2e/m3", "1"), ("million l", "t CO2e/kl", "1000")),
    "Nm3": (("Nm3", "kg CO2/Nm3", "1"), ("million Nm3", "t CO2/1000 Nm3", "1000000")),
}  # fmt: skip
"""For a measure: a unit of the quantity, one of the factor, and how much the first holds."""
COAL = {"item": "fuel.coal_hard", "quantity": "700", "unit": "kt"}
NCV = {"calorific_value": "20", "calorific_unit": "GJ/t"}
PER_T = {"factor": "2", "factor_unit": "t CO2e/t", "factor_source": "lab"}
PER_GJ = {"factor": "100", "factor_unit": "kg CO2e/GJ", "factor_source": "lab"}
INDIAN = {**COAL, **PER_T, "factor": "1.55"}
COKE_OVEN = {"item": "fuel.gas", "quantity": "3", "unit": "million Nm3", "factor": "0.75",
             "factor_unit": "kg CO2/Nm3"}  # fmt: skip
HONEST = {
    "Indian coal that tells": INDIAN | {"calorific_value": "16.3", "calorific_unit": "GJ/t"},
    "Indian coal": INDIAN,
    "Indian coal by energy": COAL | {"unit": "TJ", "factor": "95", "factor_unit": "t CO2/TJ"},
    "lignite": COAL | PER_T | {"item": "fuel.coal_brown", "factor": "0.8"},
    "lean lignite": COAL | PER_T | {"item": "fuel.coal_brown", "factor": "0.8",
                                    "calorific_value": "8", "calorific_unit": "GJ/t"},
    "sub-bituminous coal": COAL | PER_T | {"factor": "1.2"},
    "anthracite": COAL | PER_T | {"factor": "2.7"},
    "coke-oven gas": COKE_OVEN,
    "coke-oven gas that tells": COKE_OVEN | {"calorific_value": "17", "calorific_unit": "MJ/Nm3"},
    "natural gas": COKE_OVEN | {"factor": "2.02"},
    "heavy oil": COAL | PER_T | {"item": "fuel.oil_heavy", "factor": "3.114"},
    "diesel": COAL | {"item": "fuel.diesel", "unit": "kl", "factor": "2.51",
                      "factor_unit": "kg CO2e/l"},
    "B30": COAL | {"item": "fuel.diesel", "unit": "TJ", "factor": "52",
                   "factor_unit": "kg CO2e/GJ"},
    "B70 by litres": COAL | {"item": "fuel.diesel", "unit": "kl", "factor": "0.81",
                             "factor_unit": "kg CO2e/l"},
}  # fmt: skip
SLIPPED = {
    "coal, kilograms for tonnes": COAL | PER_T | {"factor_unit": "kg CO2e/t"},
    "coal, its carbon": COAL | PER_T | {"factor": "0.67"},
    "rich coal, its carbon": COAL | PER_T | {"factor": "0.85"},
    "anthracite, its carbon": COAL | PER_T | {"factor": "1"},
    "coal that tells, its carbon in a rich one": COAL | PER_T | {"factor": "0.85",
                                                                 "calorific_value": "29",
                                                                 "calorific_unit": "GJ/t"},
    "coal by energy, 44/12 twice": COAL | PER_GJ | {"unit": "TJ", "factor": "347"},
    "natural gas, 44/12 twice": COKE_OVEN | {"factor": "7.4"},
    "natural gas, per kWh for per MJ": COKE_OVEN | {"unit": "TJ", "factor": "202",
                                                    "factor_unit": "kg CO2/GJ"},
    "lpg, 44/12 twice": COAL | PER_T | {"item": "fuel.lpg", "factor": "11"},
    "diesel, its energy for its mass": COAL | PER_T | {"item": "fuel.diesel", "factor": "74.1",
                                                       "factor_unit": "kg CO2/t"},
    "coal, its mass for its energy": COAL | PER_GJ | {"unit": "TJ", "factor": "2440"},
    "coal that tells, its carbon": COAL | PER_T | NCV | {"factor": "0.55"},
    "coal by energy, its carbon": COAL | PER_GJ | {"factor": "25.8"},
    "lignite, its carbon": COAL | PER_T | {"item": "fuel.coal_brown", "factor": "0.33"},
    "natural gas, its carbon": COKE_OVEN | {"factor": "0.55"},
    "coke-oven gas, its carbon": COKE_OVEN | {"factor": "0.2"},
    "diesel, its carbon": COAL | PER_T | {"item": "fuel.diesel", "factor": "0.866"},
    "diesel by litres, its carbon": COAL | {"item": "fuel.diesel", "unit": "kl", "factor": "0.731",
                                            "factor_unit": "kg CO2e/l"},
    "heavy oil, its carbon": COAL | PER_T | {"item": "fuel.oil_heavy", "factor": "0.853"},
    "lpg, its carbon": COAL | PER_T | {"item": "fuel.lpg", "factor": "0.814"},
    "diesel, grams for kilograms": COAL | {"item": "fuel.diesel", "unit": "TJ", "factor": "74.1",
                                           "factor_unit": "g CO2e/GJ"},
    "lean coal whose energy is known, its calorific value is not": INDIAN | {"unit": "TJ"},
}  # fmt: skip


def from_file(cells: dict[str, str]) -> Datum:
    """A row, read with others that are right, and where that fails, by itself."""
    found = assembled(cells).inventory
    assert found is not None, assembled(cells).faults
    return found.data[0]


def over_http(cells: dict[str, Any]) -> Datum:
    """The same sent over HTTP."""
    said = {"datum_id": "d", "step": Step.CASTING, "kind": DataKind.MEASURED, **cells}
    sent = (DatumSent.model_validate(said),)
    return inventory_of(Site("F1", "NO"), 2024, sent, UNITS, POLICY).data[0]


WAYS = pytest.mark.parametrize("read", [from_file, over_http])


def kg(datum: Datum) -> Decimal:
    """What a datum gives off."""
    assert datum.factor is not None
    return datum.quantity * datum.factor


@WAYS
def test_two_tonnes_per_tonne_at_20_gj_are_100_kg_per_gj(read: Any) -> None:
    per_t, per_gj = read(COAL | NCV | PER_T), read(COAL | NCV | PER_GJ)
    assert per_t.factor == per_gj.factor == d("0.1")
    assert kg(per_t) == kg(per_gj) == d("1400000000")


@WAYS
@pytest.mark.parametrize(("item", "per"), MEASURES)
@given(
    share=st.decimals("0.4", "2.5", places=3),
    times=st.decimals("1.01", "2.4", places=3),
    which=st.integers(0, 1),
)
def test_a_factor_per_mass_or_volume_and_one_per_energy_give_the_same(
    read: Any, item: str, per: str, share: Decimal, times: Decimal, which: int
) -> None:
    default = default_in(UNITS.of(per, ITEMS[item]).note)
    assert default is not None
    unit, factor_unit, holds = IN[per][which]
    value = default.value * share
    per_mj = least_factor(item, POLICY) * times
    told = per_mj * value
    base = {"item": item, "quantity": "5", "unit": unit}
    own = {"calorific_value": f"{value:f}", "calorific_unit": f"MJ/{per}"}
    scale = UNITS.of_factor(factor_unit, ITEMS[item]).factor * default.value
    by_amount = {"factor": f"{told / scale:f}", "factor_unit": factor_unit}
    by_energy = {"factor": f"{per_mj:f}", "factor_unit": "kg CO2e/MJ"}
    expected = pytest.approx(d("5") * d(holds) * told, rel=d("1e-18"))
    assert kg(read(base | own | by_amount)) == expected
    assert kg(read(base | own | by_energy)) == expected
    if share >= 1 and per_mj * share < bounds_sent(POLICY)[item]:
        assert kg(read(base | by_amount)) == expected, "by the default, which cancels"


@WAYS
@pytest.mark.parametrize("cells", HONEST.values(), ids=HONEST)
def test_honest_fuels_are_taken(read: Any, cells: dict[str, str]) -> None:
    assert read(cells).factor > 0


@pytest.mark.parametrize("cells", SLIPPED.values(), ids=SLIPPED)
def test_a_unit_that_slipped_and_carbon_for_carbon_dioxide_are_refused(
    cells: dict[str, str],
) -> None:
    assert faults(**cells) == [("factor", "factor-not-physical")]
    with pytest.raises(InvalidRequest) as found:
        over_http(cells)
    assert [one.slug for one in found.value.errors] == ["factor-not-physical"]


def test_the_refusal_of_a_factor_by_a_guessed_calorific_value_asks_for_it() -> None:
    found = assembled(INDIAN | {"unit": "TJ"}).faults[0][0].sentence
    assert found.endswith("Look at its unit, or tell the calorific value")
    lean = assembled(COAL | PER_T | {"factor": "0.67"}).faults[0][0].sentence
    assert "less than 1.02 kg CO2e/kg cannot be, however lean it is (11.5 MJ/kg)" in lean


@WAYS
def test_energy_with_a_factor_per_tonne_goes_by_the_calorific_value_that_is_told(read: Any) -> None:
    assert read(COAL | NCV | PER_T | {"unit": "TJ"}).factor == d("0.1")


@pytest.mark.parametrize(
    ("cells", "slug"),
    [
        (NCV | {"calorific_unit": "MJ/Nm3"}, "unit-of-other-kind"),
        (NCV | {"calorific_value": "20000"}, "calorific-value-not-physical"),
    ],
)
def test_a_calorific_value_that_does_not_go_with_the_factor_is_refused_at_its_field(
    cells: dict[str, str], slug: str
) -> None:
    said = COAL | PER_T | {"unit": "TJ"} | cells
    assert faults(**said) == [("calorific_value", slug)]
    with pytest.raises(InvalidRequest) as found:
        over_http(said)
    assert [(one.pointer, one.slug) for one in found.value.errors] == [
        ("/data/0/calorific_value", slug)
    ]


def test_an_unknown_unit_of_a_calorific_value_is_refused_at_its_field_over_http() -> None:
    with pytest.raises(InvalidRequest) as found:
        over_http(COAL | PER_T | NCV | {"calorific_unit": "BTU"})
    assert [one.pointer for one in found.value.errors] == ["/data/0/calorific_unit"]


def test_the_leanest_of_a_fuel_is_told_for_each_measure_and_below_its_default() -> None:
    fuels = [one for one in ITEMS.values() if one.family is Family.FUEL]
    assert {item for item, _ in MEASURES} == {one.slug for one in fuels}
    for item, per in MEASURES:
        default = default_in(UNITS.of(per, ITEMS[item]).note)
        assert default is not None
        assert default.value / 3 < POLICY.decimal(f"{LEANEST}{item}.{per}") < default.value


# --- what is found ---


def said(*data: Datum) -> list[str]:
    """What R-17 says."""
    return [one.sentence for one in findings(also(*data), ["R-17"])]


def test_lean_coal_without_evidence_is_asked_for_its_calorific_value() -> None:
    lean = from_file(INDIAN)._replace(datum_id="lean")
    (sentence,) = said(lean)
    assert "Best-case factor is not evidence" in sentence
    assert sentence.endswith("tell that of the fuel.")
    assert said(lean._replace(evidence="doc-1")) == []
    assert said(from_file(HONEST["Indian coal that tells"])) == []


def test_a_blend_needs_evidence() -> None:
    blend = from_file(HONEST["B30"])
    (sentence,) = said(blend)
    assert "Best-case factor is not evidence" in sentence
    assert said(blend._replace(evidence="proof of sustainability")) == []


OIL = {"item": "fuel.oil_heavy", "factor": "0.88", "calorific_unit": "GJ/t"}
MAYBE_CARBON = {
    "rich lignite": COAL | PER_T | {"item": "fuel.coal_brown", "factor": "0.58"},
    "rich gas": COKE_OVEN | {"factor": "0.68"},
    "heavy oil that tells": COAL | PER_T | OIL | {"calorific_value": "38.5"},
    "lpg": COAL | PER_T | {"item": "fuel.lpg", "factor": "0.83"},
    "lpg that tells": COAL | PER_T | {"item": "fuel.lpg", "factor": "0.88",
                                      "calorific_value": "46", "calorific_unit": "GJ/t"},
    "heavy oil by litres": COAL | {"item": "fuel.oil_heavy", "unit": "kl", "factor": "0.871",
                                   "factor_unit": "kg CO2e/l"},
}  # fmt: skip


@WAYS
@pytest.mark.parametrize("cells", MAYBE_CARBON.values(), ids=MAYBE_CARBON)
def test_what_may_be_carbon_for_carbon_dioxide_is_found_whatever_reference_it_has(
    read: Any, cells: dict[str, str]
) -> None:
    (sentence,) = said(read(cells)._replace(datum_id="own", evidence="doc-1"))
    assert "Best-case factor is not evidence" in sentence


def test_lean_lignite_that_tells_its_calorific_value_is_not_doubted() -> None:
    lean = {"item": "fuel.coal_brown", "factor": "0.58"}
    (sentence,) = said(from_file(COAL | PER_T | lean)._replace(evidence="doc-1"))
    assert sentence.endswith("Tell the calorific value, by which it is judged.")
    told = {"calorific_value": "5.8", "calorific_unit": "GJ/t"}
    assert said(from_file(COAL | PER_T | lean | told)._replace(evidence="doc-1")) == []


@pytest.mark.parametrize("factor", ["0.7", "0.9", "1.2"])
def test_lignite_at_what_lignite_gives_off_is_neither_refused_nor_doubted(factor: str) -> None:
    cells = COAL | PER_T | {"item": "fuel.coal_brown", "factor": factor}
    assert said(from_file(cells)._replace(evidence="doc-1")) == []


def test_a_blend_that_is_mostly_renewable_says_so() -> None:
    blend = over_http(HONEST["B70 by litres"])._replace(evidence="proof of sustainability")
    (sentence,) = said(blend)
    assert "name what explains it as its technology (blend)" in sentence
    assert said(blend._replace(technology="Blend")) == []


def test_data_stored_with_a_factor_beyond_the_closer_bound_calculate_as_they_did() -> None:
    year = stored()
    data = tuple(
        one._replace(factor=d("0.2")) if one.item == "fuel.gas" else one for one in year.data
    )
    version = Version(1, "0" * 64, year._replace(data=data))
    made = reckon(version, usual(POLICY, TODAY), BOOK, policies_of("ghg"))
    assert made.lines == len(data)
    assert bounds_sent(POLICY)["fuel.gas"] < d("0.2") < bounds(POLICY)["fuel.gas"]


# --- what an equation takes in ---

INPUTS = [one for one in ITEMS.values() if one.family is Family.INPUT]


@pytest.mark.parametrize("item", INPUTS, ids=lambda one: one.slug)
def test_a_factor_of_what_an_equation_takes_in_is_refused_as_not_used(item: Any) -> None:
    cells = PER_T | {"item": item.slug, "quantity": "10", "unit": "t", "step": item.steps[0]}
    assert faults(**cells) == [("factor", "factor-not-used")]
    with pytest.raises(InvalidRequest) as found:
        over_http(cells)
    assert [(one.pointer, one.slug) for one in found.value.errors] == [
        ("/data/0/factor", "factor-not-used")
    ]


def test_a_stored_year_with_a_factor_of_net_anodes_gives_what_it_gave() -> None:
    year = stored()
    data = tuple(
        one._replace(factor=d("3600")) if one.item == "input.net_anode" else one
        for one in year.data
    )
    made = [
        reckon(Version(1, "0" * 64, one), usual(POLICY, TODAY), BOOK, policies_of("ghg"))
        for one in (year, year._replace(data=data))
    ]
    assert data != year.data
    assert made[0].working_hash == made[1].working_hash
    assert made[0].totals == made[1].totals
