"""Whose anode effects they were: by days and by potlines, never a mean that is nobody's (sources.md
4.3)."""

from calendar import monthrange
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum
from services.ghg.activity.packing import pack, unpack
from services.ghg.calculation.lines import Result
from services.ghg.calculation.working import Term
from services.ghg.factors.pinned import FIRST_ENGINE, SECOND_ENGINE, THIRD_ENGINE
from services.ghg.findings import Context, findings

from .given import POLICY, TODAY, d, decimals, rounded
from .made import datum, inventory, pinned, result
from .test_activity_rows import datum as row
from .test_pfc_choice import METAL, cf4, doubts, method

CELLS = Step.ELECTROLYSIS
SPRING = {"from_on": date(2024, 1, 1), "to_on": date(2024, 6, 30)}
AUTUMN = {"from_on": date(2024, 7, 1), "to_on": date(2024, 12, 31)}
Days = dict[str, date]
OLD = [FIRST_ENGINE, SECOND_ENGINE]


def minutes(name: str, value: str, **more: object) -> Datum:
    return datum(name, CELLS, "anode_effect.minutes", value, **more)


def metal(name: str, tonnes: str, potline: str = "", days: Days | None = None) -> Datum:
    return datum(name, CELLS, "output.liquid_metal", tonnes, potline=potline, **(days or {}))


def per_minute(found: Result) -> Decimal:
    """The minutes of all 100,000 t by the CF4 that they gave off."""
    return cf4(found) / METAL.quantity / d("0.143")


def aem(found: Result) -> Term:
    (line,) = [one for one in found.lines if one.item == "pfc.cf4"]
    return next(term for term in line.working[0].terms if term.symbol == "AEM")


def by(engine: str, *data: Datum) -> Result:
    return result(*data, sets=replace(pinned(), engine=engine))


def r25(found: Result) -> list[str]:
    context = Context(found.inventory, found, POLICY, TODAY)
    return [one.sentence for one in findings(context, ["R-25"])]


def test_a_value_without_days_is_of_the_whole_year() -> None:
    """182 days of 0.1 and 366 of 0.9: 0.634, not the 0.104 of one day among 183."""
    told = (METAL, minutes("spring", "0.1", **SPRING), minutes("year", "0.9"))
    found = result(*told)
    assert rounded(per_minute(found), "0.0001") == d("0.6343")
    assert "anode_effects_overlap" in doubts(found)
    assert any("(spring, year)" in one for one in r25(found))


@pytest.mark.parametrize("engine", OLD)
def test_older_engines_keep_the_weight_of_one_day(engine: str) -> None:
    told = (METAL, minutes("spring", "0.1", **SPRING), minutes("year", "0.9"))
    assert rounded(per_minute(by(engine, *told)), "0.0001") == d("0.1044")


def test_days_that_follow_each_other_are_weighed_and_not_asked_about() -> None:
    halves = (minutes("one", "0.1", **SPRING), minutes("two", "0.9", **AUTUMN))
    found = result(METAL, *halves)
    assert per_minute(found) == (d("18.2") + d("165.6")) / 366
    assert "anode_effects_overlap" not in doubts(found)
    half_told = minutes("two", "0.9", from_on=AUTUMN["from_on"])
    assert per_minute(result(METAL, halves[0], half_told)) == per_minute(found)


def test_minutes_of_each_half_count_for_the_metal_of_that_half() -> None:
    """By hand: 0.143 * (3 * 10,000 + 0.1 * 190,000); by days it were 0.143 * 1.55 * 200,000."""
    made = (
        metal("few", "10000", days=SPRING),
        metal("many", "190000", days=AUTUMN),
    )
    told = (*made, minutes("one", "3", **SPRING), minutes("two", "0.1", **AUTUMN))
    found = result(*told)
    assert cf4(found) == d("0.143") * 49000
    assert aem(found).note == "mean of 2 values, weighed by the metal made in the days of each"
    by_days = cf4(by(THIRD_ENGINE, *told))
    assert rounded(by_days, "1") == rounded(d("0.143") * (546 + d("18.4")) / 366 * 200000, "1")
    assert aem(by(THIRD_ENGINE, *told)).note == ""


def test_minutes_are_weighed_by_days_where_metal_is_told_by_the_year_and_that_is_told() -> None:
    found = result(METAL, minutes("one", "0.1", **SPRING), minutes("two", "0.9", **AUTUMN))
    assert per_minute(found) == (d("18.2") + d("165.6")) / 366
    assert aem(found).note.startswith("mean of 2 values, weighed by the days of each, as metal is")
    assert aem(result(METAL, minutes("year", "0.9"))).note == ""


def test_metal_of_a_month_counts_for_the_half_year_that_it_lies_in() -> None:
    january = {"from_on": date(2024, 1, 1), "to_on": date(2024, 1, 31)}
    rest = {"from_on": date(2024, 2, 1), "to_on": date(2024, 6, 30)}
    made = (
        metal("jan", "1000", days=january),
        metal("rest", "9000", days=rest),
        metal("autumn", "90000", days=AUTUMN),
    )
    halves = (minutes("one", "1", **SPRING), minutes("two", "0", **AUTUMN))
    assert cf4(result(*made, *halves)) == d("1430")


def test_frequency_times_duration_is_taken_of_each_period() -> None:
    """By hand: 2 * 3 minutes of 10,000 t and 1 * 1 of 90,000; of means it were 1.1 * 1.2."""
    made = (
        metal("few", "10000", days=SPRING),
        metal("many", "90000", days=AUTUMN),
    )
    found = result(
        *made,
        datum("f1", CELLS, "anode_effect.frequency", "2", **SPRING),
        datum("f2", CELLS, "anode_effect.frequency", "1", **AUTUMN),
        datum("d2", CELLS, "anode_effect.duration", "1", **AUTUMN),
        datum("d1", CELLS, "anode_effect.duration", "3", **SPRING),
    )
    assert cf4(found) == d("0.143") * 150000
    assert aem(found).note.startswith("mean of 2 values, weighed by the metal")


MONTHS = [
    {"from_on": date(2024, at, 1), "to_on": date(2024, at, monthrange(2024, at)[1])}
    for at in range(1, 13)
]


@given(
    st.lists(st.tuples(decimals("0", "9000"), decimals("0", "5")), min_size=12, max_size=12),
    decimals("0.01", "100"),
    st.permutations(range(24)),
)
@settings(max_examples=30, deadline=None)
def test_a_year_gives_off_what_its_months_give_off_in_any_order_of_rows_and_scales(
    months: list[tuple[Decimal, Decimal]], size: Decimal, order: list[int]
) -> None:
    assume(sum(tonnes for tonnes, _ in months) > 0)
    rows = [
        row
        for at, (tonnes, effects) in enumerate(months)
        for row in (
            metal(f"m{at}", str(tonnes), days=MONTHS[at]),
            minutes(f"e{at}", str(effects), **MONTHS[at]),
        )
    ]
    by_hand = sum((d("0.143") * tonnes * effects for tonnes, effects in months), Decimal(0))
    year = cf4(result(*(rows[at] for at in order)))
    assert abs(year - by_hand) <= by_hand * Decimal("1e-20")
    scaled = [
        one._replace(quantity=one.quantity * size) if one.item == METAL.item else one
        for one in rows
    ]
    assert abs(cf4(result(*scaled)) - by_hand * size) <= by_hand * size * Decimal("1e-20")


def test_recorded_minutes_that_frequency_and_duration_deny_are_asked_about() -> None:
    often = datum("often", CELLS, "anode_effect.frequency", "2")
    long = datum("long", CELLS, "anode_effect.duration", "3")
    found = result(METAL, minutes("year", "0.9"), often, long)
    assert per_minute(found) == d("0.9")
    assert any("gives 6 anode-effect minutes" in one and "0.9" in one for one in r25(found))
    agreed = result(METAL, minutes("year", "5.9"), often, long)
    assert "anode_effect_minutes_differ" not in doubts(agreed)


def test_each_potline_has_its_own_metal() -> None:
    """By hand: 0.143 * (0.1 * 10,000 + 3 * 190,000), not 0.143 * 1.55 * 200,000."""
    told = (
        metal("a", "10000", "A"),
        metal("b", "190000", "B"),
        minutes("ae-a", "0.1", potline="A"),
        minutes("ae-b", "3", potline="B"),
    )
    found = result(*told)
    assert cf4(found) == d("81653")
    assert [one.data for one in found.lines if one.item == "pfc.cf4"] == [
        ("ae-a", "a"),
        ("ae-b", "b"),
    ]
    assert r25(found)[1:] == []  # low-voltage emissions alone
    assert {cf4(by(engine, *told)) for engine in OLD} == {d("44330")}


def test_potlines_that_are_not_named_are_asked_about() -> None:
    found = result(
        metal("a", "10000"), metal("b", "190000"), minutes("ae-a", "0.1"), minutes("ae-b", "3")
    )
    assert cf4(found) == d("44330")
    assert any("potline" in one and "(ae-a, ae-b)" in one for one in r25(found))


def test_what_is_told_of_all_potlines_is_of_each_and_cells_without_effects_are_at_tier_1() -> None:
    often = datum("often", CELLS, "anode_effect.frequency", "0.5", potline="A")
    long = datum("long", CELLS, "anode_effect.duration", "2")
    found = result(metal("a", "10000", "A"), metal("rest", "1000"), often, long)
    first, second = (one for one in found.lines if one.item == "pfc.cf4")
    assert first.activity == d("0.143") * 10000
    assert second.rule.endswith("tier1")
    assert second.data == ("rest",)


def test_a_potline_that_no_metal_names_counts_for_the_rest_and_is_asked_about() -> None:
    """As where a line is spelled otherwise there: its effects are of metal that names no line."""
    data = (metal("a", "10000", "A"), metal("rest", "90000"), minutes("ae-a", "0.1", potline="A"))
    lost = minutes("ae-b", "3", potline="B")
    sentences = r25(result(*data, lost))
    assert any("No metal is told of the line of cells B: " in one for one in sentences)
    mended = result(*data, metal("b", "5", "B"), lost)
    assert not [one for one in r25(mended) if "line of cells B" in one]
    one_line = result(metal("all", "100000"), minutes("ae", "1", potline="A"))
    assert not [one for one in r25(one_line) if "line of cells" in one], "a site of one line"


def test_a_potline_without_metal_is_told_and_counts_nothing() -> None:
    lost = minutes("ae-b", "3", potline="B")
    found = result(metal("a", "10000", "A"), minutes("ae-a", "1", potline="A"), lost)
    assert cf4(found) == d("1430")
    assert "tapped_metal_missing" in doubts(found)


def test_gases_measured_in_the_duct_of_all_potlines_are_counted_once() -> None:
    duct = (
        datum("cf4", CELLS, "duct.cf4", "5000"),
        datum("c2f6", CELLS, "duct.c2f6", "500"),
        datum("hoods", CELLS, "duct.collected", "100"),
    )
    lines = (metal("a", "10000", "A"), metal("b", "10000", "B"), minutes("ae", "3", potline="A"))
    found = result(*lines, *duct)
    assert (method(found), cf4(found)) == ("measured_duct", d("5000"))


@given(st.lists(st.tuples(decimals("1", "90000"), decimals("0", "5")), min_size=1, max_size=4))
def test_potlines_add_up_to_what_each_gives_off_alone(lines: list[tuple[Decimal, Decimal]]) -> None:
    told: list[Datum] = []
    alone = Decimal(0)
    for place, (tonnes, effects) in enumerate(lines):
        name = f"line-{place}"
        one = (metal(f"m{place}", str(tonnes), name), minutes(f"e{place}", str(effects)))
        told += [one[0], one[1]._replace(potline=name)]
        alone += cf4(result(*one))
    assert cf4(result(*told)) == alone


def test_a_file_names_the_potline_and_it_is_kept() -> None:
    told = row(potline="North 2")
    assert told.potline == "North 2"
    assert unpack(pack(inventory(told))).data[0].potline == "North 2"
