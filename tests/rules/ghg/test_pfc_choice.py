"""Which method a facility's data allow: the best of them, and tier 1 never where anode effects
were recorded (sources.md 4.3, R-25)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.inventory import Step
from infra.errors import Refused
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.lines import Result
from services.ghg.calculation.pfc import Technology
from services.ghg.factors.pinned import FIRST_ENGINE, SECOND_ENGINE, THIRD_ENGINE
from services.ghg.findings import Context, findings

from .given import BOOK, POLICY, TODAY, d
from .made import NOWHERE, datum, pinned, result

CELLS = Step.ELECTROLYSIS
METAL = datum("metal", CELLS, "output.liquid_metal", "100000")
MINUTES = datum("aem", CELLS, "anode_effect.minutes", "0.5")
OFTEN = datum("aef", CELLS, "anode_effect.frequency", "0.25")
LONG = datum("aed", CELLS, "anode_effect.duration", "2")
VOLTAGE = datum("aeo", CELLS, "anode_effect.overvoltage", "1.5")
EFFICIENCY = datum("ce", CELLS, "anode_effect.current_efficiency", "95")
SLOPE = datum(
    "slope", CELLS, "parameter.S_CF4", "0.1",
    uncertainty_percent="12", from_on=date(2023, 6, 1), source="campaign of 2023",
)  # fmt: skip
COEFFICIENT = datum(
    "ovc", CELLS, "parameter.OVC", "1.2",
    uncertainty_percent="12", from_on=date(2023, 6, 1), source="campaign of 2023",
)  # fmt: skip
RATIO = datum("ratio", CELLS, "parameter.F", "0.1")
DUCT = (
    datum("cf4", CELLS, "duct.cf4", "5000"),
    datum("c2f6", CELLS, "duct.c2f6", "500"),
    datum("hoods", CELLS, "duct.collected", "98"),
)
EVERYTHING = (MINUTES, OFTEN, LONG, VOLTAGE, EFFICIENCY, SLOPE, RATIO, *DUCT)


def at(found: Result) -> Context:
    return Context(found.inventory, found, POLICY, TODAY)


def method(found: Result) -> str:
    return next(one.rule for one in found.lines if one.item == "pfc.cf4").rpartition(", ")[2]


def cf4(found: Result) -> Decimal:
    return sum((one.activity for one in found.lines if one.item == "pfc.cf4"), Decimal(0))


def t_co2e(found: Result) -> Decimal:
    kg = sum((one.kg for one in found.lines if one.item.startswith("pfc.")), Decimal(0))
    return kg / 1000


def doubts(found: Result) -> set[str]:
    every = [doubt for line in found.lines for doubt in line.doubts]
    return {doubt.about for doubt in (*every, *found.doubts)}


@pytest.mark.parametrize(
    ("gwp", "tonnes"), [("AR4", "63393.33"), ("AR5", "57007.665"), ("AR6", "63494.86")]
)
def test_w6_slope_of_a_smelters_minutes(gwp: str, tonnes: str) -> None:
    found = result(METAL, MINUTES, sets=pinned(gwp))
    assert (cf4(found), t_co2e(found)) == (d("7150"), d(tonnes))


@pytest.mark.parametrize(
    ("technology", "gwp", "per_t"),
    [
        ("CWPB", "AR5", "3.096"),
        ("CWPB", "AR6", "3.448"),
        ("SWPB", "AR5", "15.048"),
        ("VSS", "AR5", "5.748"),
        ("HSS", "AR5", "2.985"),
    ],
)
def test_w9_tier_1_where_nothing_was_recorded(technology: str, gwp: str, per_t: str) -> None:
    site = NOWHERE._replace(technology=technology)
    found = result(METAL, site=site, sets=pinned(gwp))
    assert method(found) == "tier1"
    assert t_co2e(found) / METAL.quantity == d(per_t)
    assert "pfc_tier1" in doubts(found)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (EVERYTHING, "measured_duct"),
        (EVERYTHING[:7], "measured_slope"),
        ((*EVERYTHING[:5], COEFFICIENT, RATIO), "measured_overvoltage"),
        ((*EVERYTHING[:7], COEFFICIENT), "measured_slope"),
        ((VOLTAGE, EFFICIENCY, COEFFICIENT, RATIO), "measured_overvoltage"),
        (EVERYTHING[:5], "overvoltage"),
        (EVERYTHING[:3], "slope"),
        ((OFTEN, LONG), "slope"),
        ((OFTEN,), "tier1"),
        ((), "tier1"),
    ],
)
def test_the_best_method_that_the_data_allow(data: tuple[Datum, ...], expected: str) -> None:
    assert method(result(METAL, *data)) == expected


@given(st.sets(st.sampled_from(EVERYTHING)).filter(lambda told: MINUTES in told))
@settings(max_examples=60)
def test_recorded_minutes_are_never_passed_over_for_tier_1(told: set[Datum]) -> None:
    data = sorted(told, key=lambda one: one.datum_id)
    for sets in (pinned(), pinned(pfc="eu_2025_2547")):
        assert method(result(METAL, *data, sets=sets)) != "tier1"


def test_frequency_times_duration_is_minutes() -> None:
    assert cf4(result(METAL, OFTEN, LONG)) == cf4(result(METAL, MINUTES))


@pytest.mark.parametrize(
    ("changed", "about"),
    [
        ((SLOPE._replace(uncertainty_percent=d("16")), RATIO), "measurement_uncertain"),
        ((SLOPE._replace(from_on=date(2019, 1, 1)), RATIO), "measurement_expired"),
        ((SLOPE._replace(from_on=None), RATIO), "own_slope_incomplete"),
        ((SLOPE,), "own_slope_incomplete"),
    ],
)
def test_an_own_slope_that_does_not_hold_gives_way_with_its_reason(
    changed: tuple[Datum, ...], about: str
) -> None:
    found = result(METAL, MINUTES, *changed)
    assert method(found) == "slope"
    assert about in doubts(found)


@pytest.mark.parametrize(
    ("changed", "about"),
    [
        ((COEFFICIENT._replace(uncertainty_percent=d("16")), RATIO), "measurement_uncertain"),
        ((COEFFICIENT._replace(from_on=date(2019, 1, 1)), RATIO), "measurement_expired"),
        ((COEFFICIENT._replace(from_on=None), RATIO), "own_overvoltage_incomplete"),
        ((COEFFICIENT._replace(uncertainty_percent=None), RATIO), "own_overvoltage_incomplete"),
        ((COEFFICIENT,), "own_overvoltage_incomplete"),
    ],
)
def test_an_own_overvoltage_coefficient_that_does_not_hold_gives_way_with_its_reason(
    changed: tuple[Datum, ...], about: str
) -> None:
    found = result(METAL, VOLTAGE, EFFICIENCY, *changed)
    assert method(found) == "overvoltage"
    assert about in doubts(found)


def test_an_own_overvoltage_coefficient_without_its_efficiency_is_not_used() -> None:
    found = result(METAL, MINUTES, VOLTAGE, COEFFICIENT, RATIO)
    assert method(found) == "slope"
    assert "own_overvoltage_incomplete" in doubts(found)


def test_own_overvoltage_is_worked_out_from_the_data_that_tell_it() -> None:
    (line,) = [
        one
        for one in result(METAL, VOLTAGE, EFFICIENCY, COEFFICIENT, RATIO).lines
        if one.item == "pfc.cf4"
    ]
    assert line.activity == d("1.2") * d("1.5") * 100000 / 95
    assert set(line.data) == {"metal", "aeo", "ce", "ovc", "ratio"}
    assert line.uncertainty_percent is not None, "that of the measurement"


OLDER = SLOPE._replace(datum_id="slope-2022", quantity=d("0.2"), from_on=date(2022, 3, 1))
OLD_RATIO = RATIO._replace(datum_id="ratio-2022", quantity=d("0.3"), from_on=date(2022, 3, 1))
DATED_RATIO = RATIO._replace(from_on=date(2023, 6, 1))


def test_of_several_own_slopes_the_newest_measured_holds_in_any_order_of_rows() -> None:
    campaigns = (SLOPE, OLDER, DATED_RATIO, OLD_RATIO)
    alone = result(METAL, MINUTES, SLOPE, DATED_RATIO)
    for rows in permutations((METAL, MINUTES, *campaigns)):
        found = result(*rows)
        assert (cf4(found), t_co2e(found)) == (cf4(alone), t_co2e(alone))
        used = {name for one in found.lines if one.item == "pfc.cf4" for name in one.data}
        assert used == {"metal", "aem", "slope", "ratio"}, "and no other is named"
        assert "own_measurement_ambiguous" not in doubts(found)
    coefficients = (COEFFICIENT, COEFFICIENT._replace(datum_id="old", from_on=OLDER.from_on))
    for ovc in permutations(coefficients):
        found = result(METAL, VOLTAGE, EFFICIENCY, *ovc, RATIO)
        assert {"ovc"} == {one for line in found.lines for one in line.data} & {"ovc", "old"}


def test_of_own_slopes_of_one_day_the_highest_is_taken_in_any_order_with_a_doubt() -> None:
    twin = SLOPE._replace(datum_id="slope-b", quantity=d("0.12"))
    for rows in permutations((SLOPE, twin, RATIO)):
        found = result(METAL, MINUTES, *rows)
        assert cf4(found) == d("0.12") * d("0.5") * 100000
        (doubt,) = [
            one
            for line in found.lines
            for one in line.doubts
            if one.about == "own_measurement_ambiguous"
        ]
        assert "(slope, slope-b): the highest, 0.12 of slope-b, was taken" in doubt.sentence
    same = result(METAL, MINUTES, SLOPE, SLOPE._replace(datum_id="again"), RATIO)
    assert "own_measurement_ambiguous" not in doubts(same), "what is told twice is no question"


@pytest.mark.parametrize("engine", [FIRST_ENGINE, SECOND_ENGINE, THIRD_ENGINE])
def test_older_engines_look_at_the_day_of_the_slope_alone(engine: str) -> None:
    sets = replace(pinned(), engine=engine)
    found = result(METAL, MINUTES, SLOPE._replace(quantity=d("0.001")), OLD_RATIO, sets=sets)
    assert method(found) == "measured_slope"
    assert not {"measurement_expired", "own_coefficient_low"} & doubts(found)


@pytest.mark.parametrize(
    ("own", "about"),
    [
        ((SLOPE._replace(quantity=d("0.001")), RATIO), "own_coefficient_low"),
        ((SLOPE._replace(quantity=d("0.044")), RATIO), "own_coefficient_low"),
        ((SLOPE._replace(quantity=d("0.46")), RATIO), "own_coefficient_high"),
        ((SLOPE, RATIO._replace(quantity=d("0.001"))), "own_coefficient_low"),
        ((SLOPE, RATIO._replace(quantity=d("0.5"))), "own_coefficient_high"),
        ((COEFFICIENT._replace(quantity=d("0.012")), RATIO), "own_coefficient_low"),
        ((COEFFICIENT._replace(quantity=d("12")), RATIO), "own_coefficient_high"),
    ],
)
def test_an_own_coefficient_far_from_what_is_published_for_its_cells_is_asked_about(
    own: tuple[Datum, ...], about: str
) -> None:
    """CWPB: slopes 0.143 with 6 % (0.134 to 0.152), three times beyond 0.045 to 0.455."""
    told = (MINUTES,) if own[0].item == SLOPE.item else (VOLTAGE, EFFICIENCY)
    found = result(METAL, *told, *own)
    assert method(found).startswith("measured_"), "it is taken all the same"
    assert about in doubts(found)
    sentences = [
        one.sentence for one in findings(at(found), ["R-25"]) if "It was taken" in one.sentence
    ]
    assert len(sentences) == 1


@pytest.mark.parametrize("technology", list(Technology))
def test_what_is_published_for_cells_is_never_asked_about(technology: Technology) -> None:
    """Nor is a third of it or its threefold, whichever table it stands in."""
    for table in BOOK.family("pfc"):
        told = table.factors.get(f"slope.{technology}"), table.factors.get(f"fraction.{technology}")
        for times in (d("0.34"), d("1"), d("2.1")):
            if None in told:
                continue
            slope, ratio = (one.value * times for one in told if one is not None)
            own = (SLOPE._replace(quantity=slope), RATIO._replace(quantity=ratio))
            found = result(METAL, MINUTES, *own, site=NOWHERE._replace(technology=technology.value))
            assert not {"own_coefficient_low", "own_coefficient_high"} & doubts(found)


def test_a_slope_a_hundred_times_too_low_without_a_reference_is_a_best_case() -> None:
    """R-17, major; with a reference R-25 alone asks."""
    low = SLOPE._replace(quantity=d("0.00143"))
    (found,) = findings(at(result(METAL, MINUTES, low, RATIO)), ["R-17"])
    assert (found.severity, found.data) == ("major", ("slope",))
    assert "slope: parameter.S_CF4 is 0.00143, and what is published for CWPB" in found.sentence
    proven = result(METAL, MINUTES, low._replace(evidence="report-7"), RATIO)
    assert findings(at(proven), ["R-17"]) == ()
    assert findings(at(result(METAL, MINUTES, SLOPE, RATIO)), ["R-17"]) == ()


def test_each_technology_has_its_own_newest_slope() -> None:
    side = (
        METAL._replace(datum_id="side", technology="SWPB"),
        MINUTES._replace(datum_id="side-aem", technology="SWPB"),
        OLDER._replace(datum_id="side-slope", technology="SWPB"),
        OLD_RATIO._replace(datum_id="side-ratio", technology="SWPB"),
    )
    found = result(METAL, MINUTES, SLOPE, RATIO, *side)
    assert cf4(found) == (d("0.1") + d("0.2")) * d("0.5") * 100000


@pytest.mark.parametrize("engine", [FIRST_ENGINE, SECOND_ENGINE])
def test_older_engines_take_the_last_slope_of_the_file_and_the_mean_of_ratios(engine: str) -> None:
    sets = replace(pinned(), engine=engine)
    campaigns = (SLOPE, OLDER, DATED_RATIO, OLD_RATIO)
    found = result(METAL, MINUTES, *campaigns, sets=sets)
    (c2f6,) = [one.activity for one in found.lines if one.item == "pfc.c2f6"]
    assert cf4(found) == d("0.2") * d("0.5") * 100000
    assert c2f6 == cf4(found) * d("0.2")


def test_half_a_duct_measurement_is_not_used() -> None:
    found = result(METAL, MINUTES, DUCT[0], DUCT[2])
    assert method(found) == "slope"
    assert "duct_incomplete" in doubts(found)


def test_what_the_hoods_miss_is_counted() -> None:
    assert cf4(result(METAL, *DUCT)) == d("5000") * 100 / 98
    assert "low_voltage_unaddressed" not in doubts(result(METAL, *DUCT))


def test_point_fed_cells_that_a_set_does_not_know_take_those_of_centre_worked_ones() -> None:
    site = NOWHERE._replace(technology="PFPB_M")
    stood_in = result(METAL, MINUTES, site=site)
    known = result(METAL, MINUTES, site=site, sets=pinned(pfc="eu_2025_2547"))
    assert (cf4(stood_in), cf4(known)) == (d("7150"), d("5200"))
    assert "technology_stands_in" in doubts(stood_in)
    assert "technology_stands_in" not in doubts(known)


def test_a_set_without_tier_1_is_followed_by_one_that_has_it() -> None:
    found = result(METAL, sets=pinned(pfc="eu_2025_2547"))
    assert t_co2e(found) == d("309600")
    assert "pfc_set_stands_in" in doubts(found)


def test_two_technologies_are_two_sets_of_cells() -> None:
    old = METAL._replace(datum_id="old", technology="SWPB")
    hot = MINUTES._replace(datum_id="hot", technology="SWPB")
    both = result(METAL, MINUTES, old, hot)
    assert cf4(both) == d("7150") + d("0.272") * d("0.5") * 100000


def test_a_year_in_two_parts_is_weighed_by_their_days() -> None:
    first = MINUTES._replace(
        datum_id="q1", quantity=d("1"), from_on=date(2024, 1, 1), to_on=date(2024, 1, 31)
    )
    rest = MINUTES._replace(
        datum_id="q2", quantity=d("0"), from_on=date(2024, 2, 1), to_on=date(2024, 12, 31)
    )
    weighed = d("0.143") * 31 / 366 * 100000
    assert abs(cf4(result(METAL, first, rest)) - weighed) < d("0.000001")


def test_cells_of_no_known_technology_are_refused() -> None:
    with pytest.raises(Refused) as refusal:
        result(METAL, MINUTES, site=NOWHERE._replace(technology=None))
    assert refusal.value.slug == "cell-technology-missing"


def test_effects_without_metal_are_doubted_and_give_nothing() -> None:
    found = result(MINUTES)
    assert found.lines == ()
    assert doubts(found) == {"tapped_metal_missing"}
