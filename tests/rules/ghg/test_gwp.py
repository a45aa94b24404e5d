"""Warming potentials: four sets, each disclosed, never mixed (sources.md 4.4, R-18)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import Refused
from services.ghg.factors.gwp import FAMILY, Co2e, Gas, co2e, gwp_set, potential, total

from .given import BOOK, d, decimals

SETS = ("SAR", "AR4", "AR5", "AR6")
MASSES = st.dictionaries(st.sampled_from(list(Gas)), decimals("0", "1000000"))


def test_there_are_four_sets_from_oldest_to_newest() -> None:
    assert tuple(one.factor_set for one in BOOK.family(FAMILY)) == SETS


@pytest.mark.parametrize(
    ("name", "cf4", "c2f6"),
    [("SAR", "6500", "9200"), ("AR4", "7390", "12200"), ("AR5", "6630", "11100"),
     ("AR6", "7380", "12400")],
)  # fmt: skip
def test_fluorocarbons_have_the_potentials_of_their_set(name: str, cf4: str, c2f6: str) -> None:
    factors = gwp_set(BOOK, name)
    assert potential(Gas.CF4, factors).value == d(cf4)
    assert potential(Gas.C2F6, factors).value == d(c2f6)


@pytest.mark.parametrize("name", SETS)
def test_a_kilogram_of_carbon_dioxide_is_one_under_every_set(name: str) -> None:
    assert co2e({Gas.CO2: d("1")}, gwp_set(BOOK, name)) == Co2e(d("1"), name)


def test_fossil_methane_counts_more_where_the_set_tells_it_apart() -> None:
    assert potential(Gas.CH4_FOSSIL, gwp_set(BOOK, "AR6")).value == d("29.8")
    assert potential(Gas.CH4_FOSSIL, gwp_set(BOOK, "AR4")) == potential(
        Gas.CH4, gwp_set(BOOK, "AR4")
    )


@pytest.mark.parametrize("amount", ["0", "1"])
def test_amounts_of_two_sets_are_never_added(amount: str) -> None:
    with pytest.raises(Refused) as refusal:
        Co2e(d("1"), "AR5") + Co2e(d(amount), "AR6")
    assert refusal.value.slug == "mixed-gwp-sets"
    assert refusal.value.facts["sets"] == ["AR5", "AR6"]


def test_a_total_holds_the_set_it_was_asked_for() -> None:
    assert total([], "AR6") == Co2e(d("0"), "AR6")
    assert total([Co2e(d("1"), "AR6"), Co2e(d("2"), "AR6")], "AR6") == Co2e(d("3"), "AR6")
    with pytest.raises(Refused, match="mixed-gwp-sets"):
        total([Co2e(d("1"), "AR5")], "AR6")


@pytest.mark.parametrize("name", [None, ""])
def test_no_set_is_chosen_in_silence(name: str | None) -> None:
    with pytest.raises(Refused) as refusal:
        gwp_set(BOOK, name)
    assert refusal.value.slug == "gwp-set-missing"


def test_a_factor_set_of_another_kind_is_no_gwp_set() -> None:
    with pytest.raises(Refused, match="unknown-factor-set"):
        gwp_set(BOOK, "ipcc_2006")


@given(MASSES, MASSES, st.sampled_from(SETS))
def test_gases_add_up_whichever_way_they_are_parted(
    ours: dict[Gas, Decimal], theirs: dict[Gas, Decimal], name: str
) -> None:
    factors = gwp_set(BOOK, name)
    both = {gas: ours.get(gas, d("0")) + theirs.get(gas, d("0")) for gas in Gas}
    assert co2e(ours, factors) + co2e(theirs, factors) == co2e(both, factors)


@given(MASSES, decimals("0", "1000"), st.sampled_from(SETS))
def test_twice_the_gas_is_twice_the_warming(
    masses: dict[Gas, Decimal], by: Decimal, name: str
) -> None:
    factors = gwp_set(BOOK, name)
    more = {gas: mass * by for gas, mass in masses.items()}
    assert co2e(more, factors) == co2e(masses, factors).scaled(by)
