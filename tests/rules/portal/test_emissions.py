"""What the pages of emissions show, from what ghg tells."""

import re
from decimal import Decimal
from typing import Any

import pytest

from services.portal import emissions, words
from services.portal.emissions import Place

from .pages import said

PLACE = Place("F/1", 2024, 2)
TOTALS = [
    {"step": "casting", "scope": "1", "kg": "1000"},
    {"step": "electrolysis", "scope": "1", "kg": "2000"},
    {"step": "electrolysis", "scope": "2_location", "kg": "9000"},
    {"step": "electrolysis", "scope": "2_market", "kg": "500"},
    {"step": "electrolysis", "scope": "3.1", "kg": "4000"},
]


def line(kg: str, evidence: str, scope: str = "1", **more: Any) -> dict[str, Any]:
    """A line with a factor on some evidence."""
    factor = {"factor_set": "S", "name": evidence, "value": "1", "evidence": evidence}
    said = {"step": "casting", "scope": scope, "kg": kg, "factor": factor, "data": ["D1"]}
    return {**said, **more}


def curve_page(**told: Any) -> str:
    """The page of the curve of 2024 without a picture."""
    page: dict[str, Any] = {"year": 2024, "certified": False, "picture": None, "steps": []}
    return said("emissions_curve.html", **page, least=None, **told)


def test_both_sides_of_scope_2_are_told_and_each_sum_takes_one() -> None:
    rows = emissions.table_of(TOTALS)
    assert [row.step for row in rows] == ["electrolysis", "casting"]
    assert (rows[0].location, rows[0].market) == (Decimal(15), Decimal("6.5"))
    sums = emissions.sums_of(rows)
    assert (sums.location, sums.market) == (Decimal(16), Decimal("7.5"))
    told = dict(zip(emissions.SCOPES, sums.cells, strict=True))
    assert told["3.4"] is None
    assert told["1"] == 3


def test_the_waterfall_adds_up_to_what_was_bought() -> None:
    rows = emissions.table_of(TOTALS)
    drawn = emissions.waterfall_of(rows, PLACE)
    assert drawn is not None
    total = sum(part.value for bar in drawn.bars for part in bar.parts)
    assert total * 1000 == emissions.sums_of(rows).market
    assert emissions.SCOPES["2_location"] not in drawn.series
    assert emissions.waterfall_of([], PLACE) is None


def test_what_rests_on_unverified_factors_is_told_without_the_other_side() -> None:
    lines = [
        line("3000", "verified"),
        line("1000", "unverified"),
        line("9000", "unverified", "2_location"),
    ]
    used, percent = emissions.used_of(lines)
    assert percent == 25
    assert [one.tonnes for one in used] == [3, 1]
    assert emissions.used_of([]) == ([], None)


def test_addresses_keep_the_result_and_escape_names() -> None:
    assert PLACE.page == "/emissions/F%2F1/2024"
    assert PLACE.link("/lines", step="casting", scope=None) == (
        "/emissions/F%2F1/2024/lines?result=2&step=casting"
    )
    assert PLACE.datum("a&b").endswith("datum=a%26b")


def test_lines_are_chosen_by_step_scope_and_datum() -> None:
    lines = [line("1", "verified"), line("-5", "verified", "3.1", data=["D2"], step="site")]
    assert emissions.lines_shown(lines, None, None, None)[0]["kg"] == "-5"
    assert len(emissions.lines_shown(lines, "casting", None, None)) == 1
    assert len(emissions.lines_shown(lines, None, "3.1", "D2")) == 1
    assert emissions.lines_shown(lines, "casting", None, "D2") == []


def test_the_certified_curve_has_only_steps_that_may_tell_it() -> None:
    steps = [
        {
            "output_t": "5000",
            "intensity": "4",
            "certified_t": "2000",
            "certified_intensity": "3",
        },
        {
            "output_t": "7000",
            "intensity": "9",
            "certified_t": None,
            "certified_intensity": None,
        },
        {"output_t": "1000", "intensity": "12", "certified_t": "0", "certified_intensity": None},
    ]
    told = {"year": 2024, "steps": steps}
    every, _ = emissions.curve_of(told, certified=False)
    assert every is not None
    assert [block.output for block in every.blocks] == [5, 7, 1]
    certified, rows = emissions.curve_of(told, certified=True)
    assert certified is not None
    assert [(block.output, block.intensity) for block in certified.blocks] == [
        (Decimal(2), Decimal(3))
    ]
    assert len(rows) == 3
    assert emissions.curve_of({"year": 2024, "steps": []}, certified=False) == (None, [])


def test_the_table_of_regions_says_that_its_tonnes_are_primary_metal() -> None:
    region = {
        "key": {"region": "europe"},
        "suppressed": False,
        "facilities": 9,
        "output_t": "700000",
        "emission_t": "9000000",
        "intensity": "8",
    }
    shown = curve_page(regions=[region])
    heads = re.findall(r"<th[^>]*>([^<]*)</th>", shown.partition("By region")[2])
    assert heads == [
        "Region",
        "Facilities",
        "Primary metal, t",
        "All steps, t CO2e",
        "Mine to metal, t CO2e/t Al",
    ]
    assert ">Output, t<" not in shown


def test_limits_carry_the_evidence_of_their_own_figure() -> None:
    limit = {"what": "limit final", "comparator": "below", "limit": "11", "year": 2030}
    known = {"5.2.existing.final.limit": {"evidence": "verified", "source": "rule 3.3"}}
    [found] = emissions.limits_of({"limits": [limit]}, {"figures": known})
    assert (found.evidence, found.compared) == ("verified", "below")
    [untold] = emissions.limits_of({"limits": [limit]}, {})
    assert untold.evidence == "unknown"


def test_numbers_are_written_for_people() -> None:
    assert words.number("1234567.891") == "1,234,567.89"
    assert words.number(None) == "–"
    assert words.tonnes("1234567", 1) == "1,234.6"
    assert words.percent("0.9708") == "97.1 %"


def test_the_curve_says_of_which_edition_it_and_each_region_are() -> None:
    told = {
        "key": {"region": "europe"},
        "suppressed": False,
        "facilities": 9,
        "output_t": "700000",
        "emission_t": "9000000",
        "intensity": "8",
        "edition": "2026-03-31",
    }
    hidden = {"key": {"region": "oceania"}, "suppressed": True, "edition": None}
    shown = curve_page(edition="2026-06-30", regions=[told, hidden])
    curve, _, table = shown.partition("By region")
    assert "edition of 2026-06-30" in curve
    assert ">Edition</th>" in table
    assert "<td>2026-03-31</td>" in table
    assert table.count("not told: too few entities") == 1


def test_the_curve_says_that_there_is_no_edition_and_not_that_entities_are_too_few() -> None:
    hidden = {"key": {"region": "oceania"}, "suppressed": True, "edition": None}
    shown = curve_page(
        edition=None,
        outlook="The first edition of 2024 can be told from 2026-04-01.",
        because="no edition of 2024 yet: the first is told later.",
        regions=[hidden],
    )
    assert "Nothing can be shown: no edition of 2024 yet" in shown
    assert "The first edition of 2024 can be told from 2026-04-01." in shown
    assert "not told: no edition yet" in shown
    assert "too few" not in shown


def test_a_curve_that_is_left_out_says_both_reasons_that_there_may_be() -> None:
    """Entities may be enough, and the tables tell what makes a step of few of it."""
    shown = " ".join(curve_page(edition=None, regions=[]).split())
    assert "too few entities have verified figures of 2024" in shown
    assert "or a step would tell of few beside what tables tell." in shown


@pytest.mark.parametrize(("last", "is_old"), [("2026-06-30", False), ("2026-12-31", True)])
def test_the_curve_says_where_later_editions_could_not_tell_it_and_when_the_next_comes(
    last: str, *, is_old: bool
) -> None:
    shown = curve_page(
        edition="2026-06-30",
        last_edition=last,
        outlook="2024 has had all of its 6 editions: there will be no further one.",
        regions=[],
    )
    assert ("could not tell a newer curve" in shown) is is_old
    assert (last in shown.replace("edition of 2026-06-30", "")) is is_old
    assert "there will be no further one" in shown
