"""Whose anode effects they were: by days and by potlines, never a mean that is nobody's (sources.md
4.3)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum
from services.ghg.activity.packing import pack, unpack
from services.ghg.calculation.lines import Result
from services.ghg.factors.pinned import FIRST_ENGINE, SECOND_ENGINE
from services.ghg.findings import Context, findings

from .given import POLICY, TODAY, d, decimals, rounded
from .made import datum, inventory, pinned, result
from .test_activity_rows import datum as row
from .test_pfc_choice import METAL, cf4, doubts, method

CELLS = Step.ELECTROLYSIS
SPRING = {"from_on": date(2024, 1, 1), "to_on": date(2024, 6, 30)}
AUTUMN = {"from_on": date(2024, 7, 1), "to_on": date(2024, 12, 31)}
OLD = [FIRST_ENGINE, SECOND_ENGINE]


def minutes(name: str, value: str, **more: object) -> Datum:
    return datum(name, CELLS, "anode_effect.minutes", value, **more)


def metal(name: str, tonnes: str, potline: str = "") -> Datum:
    return datum(name, CELLS, "output.liquid_metal", tonnes, potline=potline)


def per_minute(found: Result) -> Decimal:
    """The minutes of all 100,000 t by the CF4 that they gave off."""
    return cf4(found) / METAL.quantity / d("0.143")


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
