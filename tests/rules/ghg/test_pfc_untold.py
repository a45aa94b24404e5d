"""Own PFC coefficients of whose measurement something is not told: leaving it out lowers nothing
that is not found (sources.md 4.3, R-25)."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ghg.activity.inventory import Datum
from services.ghg.calculation.lines import Result
from services.ghg.factors.pinned import FIRST_ENGINE, FOURTH_ENGINE, SECOND_ENGINE, THIRD_ENGINE
from services.ghg.findings import findings

from .given import d, decimals
from .made import pinned, result
from .test_pfc_choice import (
    COEFFICIENT,
    DUCT,
    EFFICIENCY,
    METAL,
    MINUTES,
    RATIO,
    SLOPE,
    VOLTAGE,
    at,
    cf4,
    doubts,
    method,
    t_co2e,
)

HIGH = SLOPE._replace(quantity=d("0.4"))
HIGH_OVC = COEFFICIENT._replace(quantity=d("5"))
LACKING: list[dict[str, Any]] = [{"from_on": None}, {"uncertainty_percent": None}]


def of_r_25(found: Result) -> str:
    return " ".join(one.sentence for one in findings(at(found)) if one.rule == "R-25")


def used(found: Result) -> set[str]:
    return {name for line in found.lines if line.item == "pfc.cf4" for name in line.data}


def test_leaving_the_ratio_out_does_not_replace_a_high_own_slope() -> None:
    """0.4 is what the cells give off; the table's 0.143 would be a third of it."""
    found = result(METAL, MINUTES, HIGH)
    assert cf4(found) == d("0.4") * d("0.5") * 100000
    assert t_co2e(found) == t_co2e(
        result(METAL, MINUTES, HIGH, RATIO._replace(quantity=d("0.121")))
    )
    assert "own_slope_incomplete" in doubts(found)
    assert used(found) == {"metal", "aem", "slope"}
    said = of_r_25(found)
    assert "The own slope is not told whole: parameter.F missing." in said
    assert "leaving something out lowers nothing" in said


@pytest.mark.parametrize("lacking", LACKING)
def test_nor_does_leaving_out_the_day_or_the_uncertainty(lacking: dict[str, Any]) -> None:
    for anode_effects, own in (((MINUTES,), HIGH), ((VOLTAGE, EFFICIENCY), HIGH_OVC)):
        whole = result(METAL, *anode_effects, own, RATIO)
        part = result(METAL, *anode_effects, own._replace(**lacking), RATIO)
        assert t_co2e(part) == t_co2e(whole)
        assert used(part) == used(whole)
        assert "leaving something out lowers nothing" in of_r_25(part)


def test_what_is_kept_is_no_tier_3() -> None:
    assert method(result(METAL, MINUTES, HIGH)) == "slope"
    kept = result(METAL, VOLTAGE, EFFICIENCY, HIGH_OVC)
    assert method(kept) == "overvoltage"
    assert cf4(kept) == d("5") * d("1.5") * 100000 / 95


def test_a_low_own_slope_without_its_ratio_gives_way_to_the_table_and_is_found() -> None:
    found = result(METAL, MINUTES, SLOPE)
    assert t_co2e(found) == t_co2e(result(METAL, MINUTES))
    assert "The own slope was not used: parameter.F missing." in of_r_25(found)


def test_an_own_overvoltage_coefficient_without_its_efficiency_is_found() -> None:
    found = result(METAL, MINUTES, VOLTAGE, HIGH_OVC, RATIO)
    assert "anode_effect.current_efficiency missing" in of_r_25(found)


def test_a_kept_slope_far_above_what_is_published_is_asked_about() -> None:
    found = result(METAL, MINUTES, SLOPE._replace(quantity=d("1.9")))
    assert {"own_slope_incomplete", "own_coefficient_high"} <= doubts(found)


def test_a_better_method_is_taken_whatever_an_untold_slope_gives() -> None:
    assert method(result(METAL, MINUTES, HIGH, *DUCT)) == "measured_duct"
    other = result(
        METAL, MINUTES, HIGH._replace(from_on=None), VOLTAGE, EFFICIENCY, COEFFICIENT, RATIO
    )
    assert method(other) == "measured_overvoltage"


@given(
    decimals("0.01", "2", 2),
    decimals("0.01", "0.6", 2),
    st.sets(st.sampled_from(["ratio", "from_on", "uncertainty_percent"]), min_size=1),
)
def test_leaving_anything_of_a_measurement_out_lowers_nothing_unfound(
    slope: Decimal, ratio: Decimal, left_out: set[str]
) -> None:
    own, of_own = SLOPE._replace(quantity=slope), RATIO._replace(quantity=ratio)
    whole = result(METAL, MINUTES, own, of_own)
    fields: dict[str, Any] = dict.fromkeys(left_out - {"ratio"})
    told: list[Datum] = [own._replace(**fields), *([] if "ratio" in left_out else [of_own])]
    part = result(METAL, MINUTES, *told)
    assert t_co2e(part) >= t_co2e(result(METAL, MINUTES))
    assert cf4(part) >= cf4(whole) or "The own slope was not used" in of_r_25(part)
    assert "parameter.S_CF4" in of_r_25(part) or "own slope" in of_r_25(part)


@pytest.mark.parametrize("engine", [FIRST_ENGINE, SECOND_ENGINE, THIRD_ENGINE, FOURTH_ENGINE])
def test_an_earlier_engine_keeps_the_tables_slope(engine: str) -> None:
    found = result(METAL, MINUTES, HIGH, sets=pinned(engine=engine))
    assert cf4(found) == cf4(result(METAL, MINUTES)) == d("7150")
