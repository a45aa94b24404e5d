"""PFC: worked examples W1, W6 and W9 of sources.md 9, and what makes a measurement hold."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import Refused
from services.ghg.calculation import pfc
from services.ghg.calculation.pfc import LowVoltage, Measurement, Pfc, Technology
from services.ghg.factors.gwp import Gas, co2e, gwp_set

from .given import BOOK, POLICY, d, decimals, rounded

IPCC = BOOK.named("ipcc_2006", pfc.FAMILY)
EU = BOOK.named("eu_2025_2547", pfc.FAMILY)
AR4, AR5, AR6 = (gwp_set(BOOK, name) for name in ("AR4", "AR5", "AR6"))
MEASURED = Measurement(d("0.100"), d("0.110"), d("15"), date(2022, 12, 31), "campaign 7")
YEAR_END = date(2025, 12, 31)
CLASSIC = (Technology.CWPB, Technology.SWPB, Technology.VSS, Technology.HSS)


def about(result: Pfc) -> set[str]:
    return {doubt.about for doubt in result.doubts}


def slope(technology: Technology = Technology.CWPB, factors: object = None, **more: str) -> Pfc:
    used = EU if factors is EU else IPCC
    metal, minutes = d(more.get("metal", "100000")), d(more.get("minutes", "0.5"))
    return pfc.slope(metal, minutes, technology, used, AR5, POLICY)


@pytest.mark.parametrize(
    ("name", "tonnes"), [("AR4", "63393.33"), ("AR5", "57007.665"), ("AR6", "63494.86")]
)
def test_w6_a_hundred_thousand_tonnes_at_half_a_minute(name: str, tonnes: str) -> None:
    gwp = gwp_set(BOOK, name)
    result = pfc.slope(d("100000"), d("0.5"), Technology.CWPB, IPCC, gwp, POLICY)
    assert result.cf4.value == d("7150")
    assert result.c2f6.value == d("865.15")
    assert result.co2e.tonnes == d(tonnes)
    assert result.co2e.gwp_set == name


@pytest.mark.parametrize(
    ("technology", "name", "per_t"),
    [
        (Technology.CWPB, "AR5", "3.096"),
        (Technology.CWPB, "AR6", "3.448"),
        (Technology.SWPB, "AR5", "15.048"),
        (Technology.VSS, "AR5", "5.748"),
        (Technology.HSS, "AR5", "2.985"),
    ],
)
def test_w9_tier_1_per_tonne(technology: Technology, name: str, per_t: str) -> None:
    result = pfc.tier1(d("1"), technology, IPCC, gwp_set(BOOK, name))
    assert result.co2e.tonnes == d(per_t)
    assert "pfc_tier1" in about(result)


def test_w1_the_worlds_smelters_of_2015() -> None:
    assert co2e({Gas.CF4: d("0.0741")}, AR5).tonnes == d("0.491283")
    assert co2e({Gas.C2F6: d("0.00425")}, AR5).tonnes == d("0.047175")
    both = co2e({Gas.CF4: d("0.0741"), Gas.C2F6: d("0.00425")}, AR5)
    assert both.tonnes == d("0.538458")


@pytest.mark.parametrize("technology", [Technology.SWPB, Technology.VSS, Technology.HSS])
def test_the_two_sets_differ_so_a_result_names_its_own(technology: Technology) -> None:
    ours, theirs = slope(technology), slope(technology, EU)
    assert ours.cf4.value != theirs.cf4.value
    assert (ours.cf4.factor_set, theirs.cf4.factor_set) == ("ipcc_2006", "eu_2025_2547")


def test_point_feeders_are_known_to_the_newer_set_alone() -> None:
    assert slope(Technology.PFPB_M, EU).cf4.value == d("5200")
    with pytest.raises(Refused) as refusal:
        slope(Technology.PFPB_M)
    assert refusal.value.slug == "unknown-factor"


def test_cells_that_should_be_measured_take_cwpb_and_say_so() -> None:
    result = slope(Technology.PFPB_MW, EU)
    assert result.cf4.value == slope(Technology.CWPB, EU).cf4.value
    assert "own_measurement_expected" in about(result)


def test_overvoltage_divides_by_the_efficiency_in_per_cent() -> None:
    result = pfc.overvoltage(d("100000"), d("4"), d("95"), Technology.CWPB, IPCC, AR5)
    assert rounded(result.cf4.value, "0.01") == d("4884.21")  # 1.16 * 4 / 95 * 100,000
    assert result.c2f6.value == result.cf4.value * d("0.121")


@pytest.mark.parametrize("efficiency", ["0.95", "0", "100.1", "-95"])
def test_an_efficiency_that_is_no_percentage_is_refused(efficiency: str) -> None:
    with pytest.raises(Refused) as refusal:
        pfc.overvoltage(d("1"), d("1"), d(efficiency), Technology.CWPB, IPCC, AR5)
    assert refusal.value.slug == "current-efficiency-not-percent"


def test_an_own_measurement_is_used_while_it_holds() -> None:
    result = pfc.measured_slope(d("100000"), d("0.5"), MEASURED, YEAR_END, AR5, POLICY)
    assert result.cf4.value == d("5000")
    assert result.c2f6.value == d("550")
    assert result.cf4.factor_set == pfc.OWN
    assert result.cf4.defaults == ()
    assert "campaign 7, measured on 2022-12-31" in result.cf4.terms[0].source


def test_an_own_overvoltage_coefficient_is_used_while_it_holds() -> None:
    """By hand, equation 4.27: 1.2 kg/t/mV x 1.5 mV / 95 % x 100,000 t = 1894.74 kg CF4, a tenth
    and a hundredth of it C2F6; under AR5 1894.74 x 6630 + 208.42 x 11,100 kg CO2e."""
    own = MEASURED._replace(coefficient=d("1.2"))
    metal = (d("100000"), d("1.5"), d("95"))
    result = pfc.measured_overvoltage(*metal, own, YEAR_END, AR5, POLICY)
    assert rounded(result.cf4.value, "0.01") == d("1894.74")
    assert rounded(result.c2f6.value, "0.01") == d("208.42")
    assert rounded(result.co2e.kg, "1") == d("14875579")
    assert (result.cf4.rule, result.cf4.factor_set) == ("equation 4.27, tier 3", pfc.OWN)
    assert "campaign 7, measured on 2022-12-31" in result.cf4.terms[0].source
    with pytest.raises(Refused, match="pfc-measurement-not-valid"):
        pfc.measured_overvoltage(*metal, own, date(2026, 12, 31), AR5, POLICY)
    with pytest.raises(Refused, match="current-efficiency-not-percent"):
        pfc.measured_overvoltage(*metal[:2], d("0.95"), own, YEAR_END, AR5, POLICY)


def test_with_the_coefficients_of_a_table_own_overvoltage_gives_what_the_table_does() -> None:
    metal = (d("100000"), d("4"), d("95"))
    own = MEASURED._replace(coefficient=d("1.16"), fraction=d("0.121"))
    ours = pfc.measured_overvoltage(*metal, own, YEAR_END, AR5, POLICY)
    table = pfc.overvoltage(*metal, Technology.CWPB, IPCC, AR5)
    assert (ours.cf4.value, ours.c2f6.value) == (table.cf4.value, table.c2f6.value)


def test_a_measurement_is_to_be_renewed_within_three_years() -> None:
    assert pfc.renewal_due_on(MEASURED, POLICY) == YEAR_END
    earlier = MEASURED._replace(measured_on=date(2022, 12, 30))
    faults = pfc.measurement_faults(earlier, YEAR_END, POLICY)
    assert [fault.about for fault in faults] == ["measurement_expired"]


def test_a_measurement_that_does_not_hold_is_not_used() -> None:
    poor = MEASURED._replace(uncertainty_percent=d("15.1"), measured_on=date(2020, 1, 1))
    with pytest.raises(Refused) as refusal:
        pfc.measured_slope(d("1"), d("1"), poor, YEAR_END, AR5, POLICY)
    assert refusal.value.slug == "pfc-measurement-not-valid"
    assert refusal.value.facts["faults"] == ["measurement_expired", "measurement_uncertain"]


def test_the_duct_tells_only_of_what_the_hoods_collect() -> None:
    result = pfc.measured_duct({Gas.CF4: d("980"), Gas.C2F6: d("98")}, d("98"), AR5)
    assert (result.cf4.value, result.c2f6.value) == (d("1000"), d("100"))
    assert result.doubts == ()  # a duct measurement sees low-voltage emissions too


@pytest.mark.parametrize("collected", ["0", "-1", "100.01"])
def test_hoods_collect_some_and_at_most_all(collected: str) -> None:
    with pytest.raises(Refused) as refusal:
        pfc.measured_duct({Gas.CF4: d("1"), Gas.C2F6: d("1")}, d(collected), AR5)
    assert refusal.value.slug == "collection-efficiency-impossible"


def test_a_gas_that_nobody_measured_is_not_zero() -> None:
    with pytest.raises(Refused) as refusal:
        pfc.measured_duct({Gas.CF4: d("1")}, d("98"), AR5)
    assert refusal.value.slug == "duct-gas-missing"


@pytest.mark.parametrize("addressed", list(LowVoltage))
def test_low_voltage_emissions_are_doubted_until_addressed(addressed: LowVoltage) -> None:
    result = pfc.slope(d("1"), d("1"), Technology.CWPB, IPCC, AR5, POLICY, low_voltage=addressed)
    unaddressed = addressed is LowVoltage.NOT_ADDRESSED
    assert ("low_voltage_unaddressed" in about(result)) == unaddressed


def test_minutes_are_effects_times_their_duration() -> None:
    assert pfc.anode_effect_minutes(d("0.25"), d("2")) == d("0.5")


@pytest.mark.parametrize(("metal", "minutes"), [("-1", "1"), ("1", "-1")])
def test_less_than_nothing_is_refused(metal: str, minutes: str) -> None:
    with pytest.raises(Refused) as refusal:
        slope(metal=metal, minutes=minutes)
    assert refusal.value.slug == "quantity-negative"


@given(decimals("0", "1000000"), decimals("0", "10"), st.sampled_from(CLASSIC), st.integers(1, 9))
def test_scaling_the_metal_scales_the_gas(
    metal: Decimal, minutes: Decimal, technology: Technology, by: int
) -> None:
    one = pfc.slope(metal, minutes, technology, IPCC, AR6, POLICY)
    more = pfc.slope(metal * by, minutes, technology, IPCC, AR6, POLICY)
    assert more.co2e == one.co2e.scaled(Decimal(by))


@given(decimals("0", "1000000"), decimals("0", "10"), decimals("0", "10"))
def test_more_anode_effects_never_mean_less_gas(
    metal: Decimal, ours: Decimal, theirs: Decimal
) -> None:
    less, more = sorted((ours, theirs))
    low = pfc.slope(metal, less, Technology.CWPB, EU, AR6, POLICY)
    high = pfc.slope(metal, more, Technology.CWPB, EU, AR6, POLICY)
    assert low.co2e.kg <= high.co2e.kg
