"""Findings: every rule finds its fault and nothing else does (sources.md 8)."""

import time

import pytest

from contracts.ghg import DATA_NAMED, Finding
from services.ghg.findings import RULES, Context, blocks, findings

from .audited import CAST, CLEAN, CLEAN_DATA, FAILING, PASSING, audited, datum
from .given import d

SEVERITIES = {
    "block": "R-12 R-18 R-19",
    "major": "R-03 R-04 R-06 R-08 R-09 R-11 R-14 R-15 R-16 R-17 R-21 R-22 R-23 R-24 R-34",
    "minor": "R-01 R-02 R-05 R-10 R-13 R-20 R-25 R-26",
    "info": "R-07",
}
NUMBERS = [*(f"R-{number:02}" for number in range(1, 27)), "R-34"]
WEIGHTS = list(SEVERITIES)


def found(context: Context, rule: str) -> list[Finding]:
    return [one for one in findings(context) if one.rule == rule]


def test_every_rule_of_the_list_is_there_with_both_fixtures() -> None:
    assert list(RULES) == NUMBERS
    assert sorted(FAILING) == sorted(PASSING) == NUMBERS


@pytest.mark.parametrize(("severity", "rules"), SEVERITIES.items())
def test_a_rule_weighs_what_the_list_says(severity: str, rules: str) -> None:
    assert [number for number in NUMBERS if RULES[number].severity == severity] == rules.split()


def test_a_year_with_nothing_wrong_has_no_finding() -> None:
    assert findings(CLEAN) == ()


@pytest.mark.parametrize("rule", NUMBERS)
def test_a_fault_is_found(rule: str) -> None:
    (one, *_) = found(FAILING[rule], rule)
    assert one.severity is RULES[rule].severity
    assert one.sentence.endswith((".", "?"))
    assert one.source.startswith("sources.md 8")


@pytest.mark.parametrize("rule", NUMBERS)
def test_what_is_right_is_not_found(rule: str) -> None:
    assert found(PASSING[rule], rule) == []


@pytest.mark.parametrize("rule", NUMBERS)
def test_findings_come_by_weight_and_number(rule: str) -> None:
    places = [(WEIGHTS.index(one.severity), one.rule) for one in findings(FAILING[rule])]
    assert places == sorted(places)


def test_some_findings_stop_what_they_are_about() -> None:
    stopped = {rule: blocks(findings(FAILING[rule])) for rule in NUMBERS}
    both = {"submission", "publication"}
    assert {rule: what for rule, what in stopped.items() if what} == {
        "R-12": both,
        "R-18": both,
        "R-19": {"publication"},
    }
    assert blocks(()) == frozenset()


def test_a_finding_counts_all_its_data_and_names_the_first() -> None:
    lots = [datum(f"lot-{number}", CAST, "scrap.in", "1") for number in range(50)]
    (one,) = found(audited((*CLEAN_DATA, *lots)), "R-04")
    assert (one.data_count, len(one.data), one.data[0]) == (50, DATA_NAMED, "lot-0")


def test_a_long_sentence_is_cut() -> None:
    parts = [f"{'x' * 120}-{number}" for number in range(5)]
    cut_offs = [FAILING["R-24"].cut_offs[0]._replace(what=part) for part in parts]
    for one in found(FAILING["R-24"]._replace(cut_offs=cut_offs), "R-24"):
        assert len(one.sentence) <= 600


def test_two_hundred_lines_with_nothing_wrong_cost_little() -> None:
    """A bulk import makes findings thousands of times. The bound is ten times what is usual, so
    that a slow machine passes and a walk per rule does not."""
    tenth = [one._replace(quantity=one.quantity / 20) for one in CLEAN_DATA]
    data = [one._replace(datum_id=f"{one.datum_id}-{part}") for part in range(20) for one in tenth]
    data = [
        one if one.item != "anode_effect.minutes" else one._replace(quantity=d("0.5"))
        for one in data
    ]
    lines = [
        one._replace(data=(f"{one.data[0]}-{part}",), kg=one.kg / 20)
        for part in range(20)
        for one in CLEAN.result.lines
    ]
    context = audited(data, lines)
    assert findings(context) == ()
    best = min(_took(context) for _ in range(5))
    assert best < 0.01


def _took(context: Context) -> float:
    start = time.process_time()
    findings(context)
    return time.process_time() - start
