"""Criterion 5.2: limits by start year and data year, unrounded, with the gap (sources.md 3.3)."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given

from contracts.ghg import Finding
from contracts.inventory import Severity
from infra.errors import Refused
from infra.policy import Figure, Policy, PolicyFile
from services.ghg.reports.threshold import NO_PLAN, Assessment, Plan, Smelter, assess, doubted_by
from tests.rules.spec import policies_of

from .given import POLICY, TODAY, d, decimals

GOOD = Plan(True, {2025: d("12.9"), 2030: d("10.9")})
LATE = Plan(True, {2025: d("12.9"), 2030: d("11")})


def judged(
    start: int, data: int, intensity: str, plan: Plan = NO_PLAN, policy: Policy = POLICY
) -> Assessment:
    return assess(Smelter(start, data, d(intensity)), plan, policy)


def with_policy(**figures: str) -> Policy:
    """The policy as shipped, with other readings."""
    changed = {
        name: Figure(value=value, evidence="design", source="a test")
        for name, value in figures.items()
    }
    later = PolicyFile(policy_id="ghg-test", valid_from=date(2026, 1, 1), figures=changed)
    return policies_of("ghg", later).on(TODAY)


@pytest.mark.parametrize(
    ("start", "data", "intensity", "plan", "meets"),
    [
        (2021, 2024, "11", NO_PLAN, True),  # new: at most 11
        (2021, 2024, "11.0000001", GOOD, False),  # a roadmap does not help a new one
        (2020, 2024, "10.9999999", NO_PLAN, True),  # existing: already below 11
        (2020, 2024, "11", NO_PLAN, False),  # below, not at
        (2020, 2024, "16", GOOD, True),  # before 2025 the roadmap counts
        (2020, 2024, "16", LATE, False),  # 2030 must be below 11
        (2020, 2024, "16", Plan(False, GOOD.planned), False),
        (2020, 2024, "16", Plan(True, {2030: d("10")}), False),  # 2025 is not planned
        (2020, 2025, "12.9999", GOOD, True),  # 2025 itself is judged by its data
        (2020, 2025, "13", GOOD, False),
        (2020, 2029, "12.9", GOOD, True),
        (2020, 2029, "12.9", NO_PLAN, False),
        (2020, 2030, "12.9", GOOD, False),  # from 2030 on below 11
        (2020, 2030, "10.99", NO_PLAN, True),
        (1970, 2040, "11", GOOD, False),
    ],
)
def test_5_2_by_start_year_and_data_year(
    start: int, data: int, intensity: str, plan: Plan, meets: bool
) -> None:
    assert judged(start, data, intensity, plan).meets is meets


def test_the_gap_is_told_in_tonnes_and_in_per_cent() -> None:
    result = judged(2020, 2030, "12.5")
    (missed,) = result.missed
    assert (missed.value, missed.limit, missed.gap) == (d("12.5"), d("11"), d("1.5"))
    assert missed.gap_percent == d("12")  # cut 12 % of 12.5 and 11 is reached


def test_every_check_of_a_roadmap_is_shown() -> None:
    result = judged(2020, 2026, "13.5", LATE)
    assert [(one.what, one.year, one.holds) for one in result.checks] == [
        ("intensity", 2026, False),
        ("planned intensity", 2030, False),
    ]
    assert [one.gap for one in result.checks] == [d("0.5"), d("0")]  # at 11, which must be below


def test_a_year_that_nobody_planned_does_not_hold() -> None:
    result = judged(2020, 2024, "16", Plan(True, {}))
    assert [(one.value, one.gap, one.gap_percent) for one in result.missed] == [
        (None, None, None),
        (None, None, None),
    ]


def test_the_comparator_is_policy() -> None:
    assert not judged(2020, 2030, "11").meets
    lenient = with_policy(**{"5.2.existing.comparator": "at_most"})
    result = judged(2020, 2030, "11", policy=lenient)
    assert result.meets
    assert result.policy_id == "ghg-test"


def test_the_reading_of_a_years_end_is_policy() -> None:
    exit_rate = with_policy(**{"5.2.reading": "exit_rate"})
    falling = Smelter(2010, 2025, d("13.4"), exit_rate=d("12.8"))
    assert not assess(falling, GOOD, POLICY).meets
    assert assess(falling, GOOD, exit_rate).meets
    with pytest.raises(Refused) as refusal:
        assess(falling._replace(exit_rate=None), GOOD, exit_rate)
    assert refusal.value.slug == "exit-rate-missing"


def test_between_the_years_the_average_counts_under_both_readings() -> None:
    exit_rate = with_policy(**{"5.2.reading": "exit_rate"})
    between = Smelter(2010, 2027, d("13.4"), exit_rate=d("12.8"))
    assert not assess(between, GOOD, exit_rate).meets


@pytest.mark.parametrize(
    ("smelter", "slug"),
    [
        (Smelter(2020, 2024, d("0")), "intensity-impossible"),
        (Smelter(2020, 2024, d("-1")), "intensity-impossible"),
        (Smelter(2020, 2024, d("12"), d("0")), "intensity-impossible"),
        (Smelter(2025, 2024, d("9")), "start-after-data"),
    ],
)
def test_what_cannot_be_is_refused(smelter: Smelter, slug: str) -> None:
    with pytest.raises(Refused) as refusal:
        assess(smelter, NO_PLAN, POLICY)
    assert refusal.value.slug == slug


@given(decimals("0.0001", "30"), decimals("0.0001", "30"))
def test_who_gives_off_less_is_never_judged_worse(ours: Decimal, theirs: Decimal) -> None:
    less, more = sorted((ours, theirs))
    for start, data in ((2021, 2024), (2010, 2024), (2010, 2027), (2010, 2031)):
        low = assess(Smelter(start, data, less), GOOD, POLICY)
        high = assess(Smelter(start, data, more), GOOD, POLICY)
        assert low.meets >= high.meets


def test_grave_findings_about_what_is_counted_doubt_the_intensity_and_others_do_not() -> None:
    def finding(rule: str, severity: Severity) -> Finding:
        return Finding(
            rule=rule, severity=severity, data=(), data_count=0, sentence="x", source="y"
        )

    found = [
        finding("R-18", Severity.BLOCK),
        finding("R-14", Severity.MAJOR),
        finding("R-18", Severity.INFO),
        finding("R-23", Severity.MAJOR),
    ]
    assert [one.rule for one in doubted_by(found, POLICY)] == ["R-18", "R-14"]
    of_report = [finding("R-18", Severity.BLOCK), finding("R-11", Severity.MAJOR)]
    told = [one.rule for one in doubted_by(found, POLICY, of_report)]
    assert told == ["R-18", "R-14", "R-11"], "what both say is told once"
