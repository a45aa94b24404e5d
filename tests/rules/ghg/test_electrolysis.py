"""Carbon balances: worked example W3 of sources.md 9, and results that show their working."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given

from infra.errors import Refused
from services.ghg.calculation import electrolysis
from services.ghg.calculation.electrolysis import Furnace, Own, Paste, Process, Stud
from services.ghg.calculation.working import Working

from .given import BOOK, d, decimals, rounded

SET = BOOK.named("electrolysis_ipcc_2006", electrolysis.FAMILY)
BALANCES: tuple[Callable[[Decimal], Working], ...] = (
    lambda mass: electrolysis.tier1(mass, Process.PREBAKE, SET),
    lambda mass: electrolysis.anode(mass, d("0.463"), SET),
    lambda mass: electrolysis.pitch(mass, Furnace.RIEDHAMMER, SET),
    lambda mass: electrolysis.packing(mass, SET),
    lambda mass: electrolysis.soederberg(mass, d("0.52"), Stud.VERTICAL, Paste.DRY, SET),
    lambda mass: electrolysis.calcination(mass, SET),
)


def about(result: Working) -> list[str]:
    return [doubt.about for doubt in result.doubts]


def test_w3_prebaked_anodes_with_defaults() -> None:
    result = electrolysis.anode(d("1"), d("0.463"), SET)
    assert rounded(result.value, "0.000001") == d("1.656923")
    assert result.rule == "equation 4.21, prebaked anodes"
    assert result.defaults == ("S_a", "Ash_a")


def test_a_result_shows_each_term_with_its_source() -> None:
    result = electrolysis.anode(d("1000"), d("0.42"), SET, {"S_a": d("0.015")})
    shown = {term.symbol: (term.value, term.unit, term.evidence) for term in result.terms}
    assert shown == {
        "NAC": (d("0.42"), "t/t Al", "given"),
        "MP": (d("1000"), "t Al", "given"),
        "S_a": (d("0.015"), "t/t", "given"),
        "Ash_a": (d("0.004"), "t/t", "verified"),
    }
    assert result.defaults == ("Ash_a",)
    assert result.formula == "NAC * MP * (1 - S_a - Ash_a) * 44/12"
    assert (result.unit, result.factor_set) == ("t CO2", "electrolysis_ipcc_2006")


def test_a_default_brings_the_width_of_its_range() -> None:
    result = electrolysis.anode(d("1"), d("0.4"), SET)
    widths = {term.symbol: term.uncertainty_percent for term in result.terms}
    assert widths == {"NAC": None, "MP": None, "S_a": d("50"), "Ash_a": d("85")}


@pytest.mark.parametrize(("process", "per_t"), [("prebake", "1.6"), ("soederberg", "1.7")])
def test_tier_1_is_a_default_per_tonne(process: str, per_t: str) -> None:
    result = electrolysis.tier1(d("10"), Process(process), SET)
    assert result.value == 10 * d(per_t)
    assert result.defaults == ("EF",)


def test_pitch_burns_where_green_anodes_lose_more_than_hydrogen_and_tar() -> None:
    weighed = electrolysis.pitch(d("1000"), Furnace.OTHER, SET, green_t=d("1055"))
    assert weighed.value == (d("1055") - d("5.275") - d("1000")) * 44 / 12
    by_ratio = electrolysis.pitch(d("1000"), Furnace.OTHER, SET)
    assert by_ratio.value == weighed.value
    assert "GA_BA" in by_ratio.defaults
    assert "GA_BA" not in weighed.defaults


def test_a_riedhammer_furnace_collects_tar_that_does_not_burn() -> None:
    ours = electrolysis.pitch(d("1000"), Furnace.RIEDHAMMER, SET, green_t=d("1055"))
    theirs = electrolysis.pitch(d("1000"), Furnace.OTHER, SET, green_t=d("1055"))
    tar = d("0.005") * 1055 * 44 / 12
    assert rounded(theirs.value - ours.value, "0.000001") == rounded(tar, "0.000001")


def test_packing_coke_less_sulphur_and_ash() -> None:
    result = electrolysis.packing(d("1000"), SET)
    assert result.value == d("15") * d("0.955") * 44 / 12


def test_soederberg_paste_by_hand() -> None:
    result = electrolysis.soederberg(d("1"), d("0.52"), Stud.HORIZONTAL, Paste.WET, SET)
    carbon = (
        d("0.52") - d("0.004") - d("0.27") * d("0.52") * d("0.041")
        - d("0.73") * d("0.52") * d("0.021") - d("0.01")
    )  # fmt: skip
    assert rounded(result.value, "0.0000000001") == rounded(carbon * 44 / 12, "0.0000000001")


def test_the_dust_that_two_sources_disagree_on_is_exposed() -> None:
    result = electrolysis.soederberg(d("1"), d("0.52"), Stud.VERTICAL, Paste.DRY, SET)
    dust = next(term for term in result.terms if term.symbol == "CD")
    assert (dust.value, dust.evidence) == (d("0.01"), "unverified")
    assert "factor of 100" in dust.note
    assert about(result) == ["default_disputed"]
    other = electrolysis.soederberg(
        d("1"), d("0.52"), Stud.VERTICAL, Paste.DRY, SET, {"CD": d("0.0001")}
    )
    assert about(other) == []
    difference = d("0.0099") * 44 / 12
    assert rounded(other.value - result.value, "0.000001") == rounded(difference, "0.000001")


def test_the_doubtful_bound_of_packing_coke_is_exposed() -> None:
    assert "error of transcription" in SET.factor("S_pc").note


def test_calcination_with_the_defaults_of_the_worksheet() -> None:
    result = electrolysis.calcination(d("1"), SET)
    carbon = d("0.77") - d("0.755") * d("0.975")
    expected = carbon * 44 / 12 + d("0.035") * 44 / 16
    assert rounded(result.value, "0.0000000001") == rounded(expected, "0.0000000001")
    assert set(result.defaults) == {"H2O_gc", "V_gc", "S_gc", "CC_GC", "DE_GC", "S_cc", "M_gc"}


def test_more_coke_than_went_in_is_a_contradiction_that_is_told() -> None:
    result = electrolysis.calcination(d("100"), SET, calcined_t=d("80"), dust_t=d("10"))
    assert result.value < 0
    assert about(result) == ["negative_balance"]


def test_a_value_outside_the_published_range_is_used_and_doubted() -> None:
    usual = electrolysis.anode(d("1"), d("0.4"), SET, {"S_a": d("0.03")})
    odd = electrolysis.anode(d("1"), d("0.4"), SET, {"S_a": d("0.031")})
    assert about(usual) == []
    assert about(odd) == ["outside_published_range"]
    assert odd.value < usual.value


@pytest.mark.parametrize(
    ("own", "slug"),
    [
        ({"S_a": d("2")}, "share-above-one"),
        ({"S_a": d("-0.01")}, "quantity-negative"),
        ({"S_pc": d("0.02")}, "unknown-parameter"),
    ],
)
def test_a_parameter_that_cannot_be_is_refused(own: Own, slug: str) -> None:
    with pytest.raises(Refused) as refusal:
        electrolysis.anode(d("1"), d("0.4"), SET, own)
    assert refusal.value.slug == slug


@pytest.mark.parametrize("balance", BALANCES)
def test_a_negative_mass_is_refused(balance: Callable[[Decimal], Working]) -> None:
    with pytest.raises(Refused) as refusal:
        balance(d("-1"))
    assert refusal.value.slug == "quantity-negative"


@pytest.mark.parametrize("balance", BALANCES)
def test_nothing_made_gives_nothing_off(balance: Callable[[Decimal], Working]) -> None:
    assert balance(d("0")).value == 0


@given(decimals("0", "1000000"), decimals("0", "1000000"))
def test_two_halves_of_a_plant_give_what_the_plant_gives(ours: Decimal, theirs: Decimal) -> None:
    for balance in BALANCES:
        apart = balance(ours).value + balance(theirs).value
        assert rounded(apart, "0.000001") == rounded(balance(ours + theirs).value, "0.000001")


@given(decimals("0", "0.5"), decimals("0", "0.5"))
def test_more_sulphur_never_means_more_carbon_dioxide(ours: Decimal, theirs: Decimal) -> None:
    less, more = sorted((ours, theirs))
    low = electrolysis.anode(d("100"), d("0.4"), SET, {"S_a": less})
    high = electrolysis.anode(d("100"), d("0.4"), SET, {"S_a": more})
    assert high.value <= low.value
