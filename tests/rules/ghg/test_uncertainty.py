"""How sure a total is: approach 1 by hand, a simulation that agrees with it on linear cases, and
quantities that stand in many lines (sources.md 4.10)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import Refused
from services.ghg.calculation.uncertainty import (
    Line,
    Quantity,
    of_product,
    of_sum,
    propagate,
    simulate,
)

from .given import POLICY, d, decimals, rounded

POWER = {
    "kwh_a": Quantity(d("1000"), d("3")),
    "kwh_b": Quantity(d("3000"), d("4")),
    "factor": Quantity(d("0.5"), d("5")),
}
SHARED: list[Line] = [["kwh_a", "factor"], ["kwh_b", "factor"]]
AGREE = d("0.03")
"""How far a simulated width of 10,000 draws may lie from the propagated one: three times its own
standard error, which is just under 1 %."""


def linear(count: int) -> tuple[dict[str, Quantity], list[Line]]:
    """A sum of independent quantities of different sizes and widths."""
    quantities = {
        f"q{number}": Quantity(d("10") * (number + 1), d("2") + number % 7)
        for number in range(count)
    }
    return quantities, [[name] for name in quantities]


def test_a_products_uncertainty_is_the_root_of_the_squares() -> None:
    assert of_product([d("3"), d("4")]) == d("5")


def test_a_sums_uncertainty_weighs_each_part() -> None:
    # 3 % of 100 and 4 % of 100 are 3 and 4: together 5 of 200.
    assert of_sum([Quantity(d("100"), d("3")), Quantity(d("100"), d("4"))]) == d("2.5")


def test_of_nothing_there_is_no_per_cent() -> None:
    with pytest.raises(Refused) as refusal:
        of_sum([Quantity(d("1"), d("3")), Quantity(d("-1"), d("3"))])
    assert refusal.value.slug == "total-is-zero"


def test_independent_lines_are_approach_1() -> None:
    quantities, lines = linear(5)
    result = propagate(quantities, lines, POLICY)
    expected = of_sum(list(quantities.values()))
    assert result.percent is not None
    assert rounded(result.percent, "0.0000000001") == rounded(expected, "0.0000000001")


def test_a_factor_in_two_lines_is_wrong_in_both_at_once() -> None:
    result = propagate(POWER, SHARED, POLICY)
    assert result.value == d("2000")
    # 3 % of 500, 4 % of 1500, and 5 % of all 2000: 15, 60 and 100.
    assert rounded(result.half_width, "0.0001") == rounded(d("13825").sqrt(), "0.0001")
    apart = {**POWER, "other": POWER["factor"]}
    alone = propagate(apart, [["kwh_a", "factor"], ["kwh_b", "other"]], POLICY)
    assert alone.half_width < result.half_width


def test_what_makes_a_total_uncertain_is_named_greatest_first() -> None:
    result = propagate(POWER, SHARED, POLICY)
    assert [name for name, _ in result.shares] == ["factor", "kwh_b", "kwh_a"]
    assert abs(sum((share for _, share in result.shares), d("-1"))) < d("1E-20")


def test_quantities_too_uncertain_for_this_way_are_named() -> None:
    quantities = {"a": Quantity(d("1"), d("60")), "b": Quantity(d("1"), d("60.1"))}
    assert propagate(quantities, [["a"], ["b"]], POLICY).wide == ("b",)


def test_a_certain_total_has_no_width() -> None:
    result = propagate({"a": Quantity(d("5"), d("0"))}, [["a"]], POLICY)
    assert (result.half_width, result.shares) == (d("0"), ())
    told = simulate({"a": Quantity(d("5"), d("0"))}, [["a"]], seed=1)
    assert told.low == told.high == told.mean == d("5")


@pytest.mark.parametrize("seed", [1, 2, 20261121])
@pytest.mark.parametrize("count", [1, 2, 40])
def test_the_simulation_agrees_with_propagation_on_linear_totals(count: int, seed: int) -> None:
    quantities, lines = linear(count)
    exact = propagate(quantities, lines, POLICY)
    drawn = simulate(quantities, lines, seed=seed)
    assert drawn.draws == 10_000
    assert abs((drawn.high - drawn.low) / 2 / exact.half_width - 1) < AGREE
    assert abs(drawn.mean - exact.value) < exact.half_width * AGREE
    assert abs(drawn.low - (exact.value - exact.half_width)) < exact.half_width * AGREE * 2
    assert abs(drawn.high - (exact.value + exact.half_width)) < exact.half_width * AGREE * 2


def test_the_simulation_agrees_on_products_while_uncertainties_are_small() -> None:
    exact, drawn = propagate(POWER, SHARED, POLICY), simulate(POWER, SHARED, seed=7)
    assert abs((drawn.high - drawn.low) / 2 / exact.half_width - 1) < AGREE
    assert abs(drawn.mean - exact.value) < exact.half_width * d("0.05")


def test_a_seed_repeats_its_draws_and_another_does_not() -> None:
    assert simulate(POWER, SHARED, seed=3) == simulate(POWER, SHARED, seed=3)
    assert simulate(POWER, SHARED, seed=3).low != simulate(POWER, SHARED, seed=4).low


def test_the_order_of_quantities_changes_nothing() -> None:
    turned = dict(reversed(POWER.items()))
    assert simulate(turned, SHARED, seed=3) == simulate(POWER, SHARED, seed=3)


@pytest.mark.parametrize(
    ("quantities", "lines", "slug"),
    [
        (POWER, [["kwh_c"]], "line-of-nothing-known"),
        (POWER, [[]], "line-of-nothing-known"),
        ({"a": Quantity(d("1"), d("-1"))}, [["a"]], "uncertainty-negative"),
    ],
)
def test_what_cannot_be_drawn_is_refused(
    quantities: dict[str, Quantity], lines: list[Line], slug: str
) -> None:
    with pytest.raises(Refused) as propagated:
        propagate(quantities, lines, POLICY)
    with pytest.raises(Refused) as simulated:
        simulate(quantities, lines, seed=1)
    assert propagated.value.slug == simulated.value.slug == slug


@pytest.mark.parametrize("draws", [-1, 0, 999])
def test_an_interval_needs_enough_draws(draws: int) -> None:
    with pytest.raises(Refused) as refusal:
        simulate(POWER, SHARED, seed=1, draws=draws)
    assert refusal.value.slug == "too-few-draws"


VALUES = st.lists(st.builds(Quantity, decimals("1", "1000"), decimals("0", "50")), min_size=1)


@given(VALUES, st.integers(2, 9))
def test_scaling_all_lines_scales_the_width(values: list[Quantity], by: int) -> None:
    ours = {f"q{number}": value for number, value in enumerate(values)}
    more = {name: one._replace(value=one.value * by) for name, one in ours.items()}
    lines: list[Line] = [[name] for name in ours]
    one, other = propagate(ours, lines, POLICY), propagate(more, lines, POLICY)
    assert abs(other.half_width - one.half_width * by) < Decimal("1E-15")


@given(VALUES)
def test_a_sum_is_no_less_sure_than_its_worst_part(values: list[Quantity]) -> None:
    assert of_sum(values) <= max(one.uncertainty_percent for one in values) + Decimal("1E-15")


@given(VALUES, decimals("0", "50"))
def test_more_uncertain_data_never_make_a_surer_total(
    values: list[Quantity], more: Decimal
) -> None:
    first = values[0]
    worse = first._replace(uncertainty_percent=first.uncertainty_percent + more)
    assert of_sum(values) <= of_sum([worse, *values[1:]]) + Decimal("1E-15")
