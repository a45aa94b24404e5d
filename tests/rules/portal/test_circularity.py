"""What the pages of circularity show: masses with their shares, and silence as silence."""

from decimal import Decimal
from typing import Any

import orjson
import pytest

from infra.web import Json
from services.ghg.activity.items import ITEMS, Family
from services.ghg.calculation.circularity import Circularity, Level
from services.ghg.calculation.circularity import circularity as calculated
from services.ghg.calculation.metal import IN_DROSS
from services.ghg.reports.asked import circularity_shown
from services.portal import circularity, emissions
from tests.rules.ghg.made import inventory, smelter
from tests.rules.ghg.test_circularity import REMELTER, of

from . import pages

NOBODY = {"value": None, "part_t": "0", "whole_t": "0", "told": 0, "silent": 0}


def told(found: Circularity) -> dict[str, Any]:
    """As the service tells it."""
    answer: dict[str, Any] = orjson.loads(Json(circularity_shown(found)).body)
    return answer


def one(name: str, **more: object) -> circularity.Indicator:
    """An indicator of which only this is told."""
    return circularity.indicator(name, {**NOBODY, **more})


def said(name: str, **values: object) -> str:
    """A page of circularity, with the rule that it names."""
    return pages.said(name, rule="rule 6", **values)


def test_every_indicator_level_and_waste_that_is_told_has_a_name_for_people() -> None:
    assert set(circularity.INDICATORS) == set(Circularity._fields) - {"waste"}
    assert list(circularity.LEVELS) == [level.value for level in Level], "the best first"
    waste = {name for name, item in ITEMS.items() if item.family is Family.WASTE}
    assert set(circularity.WASTE) == waste - {IN_DROSS}


def test_a_share_stands_beside_its_masses() -> None:
    found = circularity.shown(told(of(*REMELTER)), "R1 in 2025").indicators
    by = {row.name: row for row in found}
    assert (by["recycled"].value, by["recycled"].part_t) == ("0.38", "380")
    assert by["recycled"].whole_t == "1000"
    assert by["recycled"].untold == ""


@pytest.mark.parametrize(
    ("name", "more", "word"),
    [
        ("dross_recovery", {"silent": 1}, "not told"),
        ("eol_collection_rate", {}, "not told"),
        ("dross_recovery", {}, "does not arise"),
        ("closed_loop", {"told": 1}, "no whole"),
    ],
)
def test_what_has_no_value_says_why_and_is_never_a_nought(
    name: str, more: dict[str, int], word: str
) -> None:
    found = one(name, **more)
    assert (found.value, found.untold) == (None, word)
    assert (found.part_t is None) == (word != "no whole")


def test_waste_is_told_by_level_the_best_first_and_adds_up() -> None:
    rows = [
        {"item": "waste.dross", "level": "recycled", "t": "90"},
        {"item": "waste.dross", "level": "untold", "t": "10"},
        {"item": "waste.spl_carbon", "level": "landfilled_untreated", "t": "100"},
    ]
    found = circularity.waste_of(rows, "R1 in 2025")
    assert found.columns == ["spent pot lining, carbon", "dross"]
    assert [row.title for row in found.rows] == list(circularity.LEVELS.values())
    by = {row.title: row for row in found.rows}
    assert (by["recycled"].cells, by["recycled"].share) == ([None, Decimal(90)], Decimal("0.45"))
    assert (by["reused"].t, by["reused"].cells) == (Decimal(0), [None, None])
    assert found.sums.cells == [Decimal(100), Decimal(100)]
    assert (found.sums.t, found.sums.share) == (Decimal(200), Decimal(1))
    assert found.picture is not None
    assert [bar.name for bar in found.picture.bars] == [
        "recycled",
        "landfilled untreated",
        "not told",
    ]
    assert "together 200.00" in found.picture.told


def test_much_waste_is_drawn_in_kilotonnes() -> None:
    residue = {"item": "waste.bauxite_residue", "level": "stored", "t": "250000"}
    drawn = circularity.waste_of([residue], "R1 in 2025").picture
    assert drawn is not None
    assert (drawn.unit, drawn.bars[0].parts[0].value) == ("kt", Decimal(250))


def test_a_year_that_tells_of_no_waste_does_not_say_that_there_was_none() -> None:
    found = circularity.shown(told(calculated(inventory(*smelter()))), "F1 in 2024")
    assert (found.waste.rows, found.waste.picture) == ([], None)
    place = emissions.Place("F1", 2024, 1)
    row = {"member_id": "M1", "entity_id": "E1", "data_version": 2}
    page = said("circularity_year.html", place=place, row=row, version=1, found=found, picture=None)
    assert "No waste is told of: not that there was none." in page
    assert '<td>Spent pot lining untreated</td> <td>6.7</td> <td class="number">' in page
    assert '<span class="note">not told</span>' in page
    assert "By version 1 of the activity data; the latest is version 2." in page


def test_a_list_leads_to_the_circularity_of_its_only_member() -> None:
    rows = [{"member_id": "M1", "year": 2024}, {"member_id": "M1", "year": 2025}]
    assert emissions.circular_of(rows, None, None) == {"member": "M1", "year": "2025"}
    assert emissions.circular_of(rows, "2024", "M9") == {"member": "M9", "year": "2024"}
    assert emissions.circular_of([*rows, {"member_id": "M2", "year": 2024}], None, None) is None
    assert emissions.circular_of([], None, "M1") is None
