"""A picture: the same numbers give the same text, which brings nothing with it."""

import re
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree

import pytest

from services.portal import charts
from services.portal.charts import (
    Bar,
    Block,
    Curve,
    Day,
    Level,
    Levels,
    Part,
    Pathway,
    Running,
    Share,
    Waterfall,
    Year,
)
from services.portal.sankey import Band, Box, Sankey, sankey

SVG = "{http://www.w3.org/2000/svg}"
SCOPES = ("Scope 1", "Scope 2", "Scope 3")
WATERFALL = Waterfall(
    "Emissions <of> F & $x$",
    "Electrolysis 11.10",
    "kt CO2e",
    SCOPES,
    (
        Bar("Electrolysis", tuple(map(Part, SCOPES, map(Decimal, ("2", "8.1", "1"))))),
        Bar("Semi fabrication", (Part("Scope 1", Decimal("0.4")),)),
    ),
)
PATHWAY = Pathway(
    "Against the pathway",
    "2023: 15 against 16",
    "t CO2e/t Al",
    tuple(
        Year(year, Decimal(2051 - year), Decimal(20) if year < 2025 else None, year == 2023)
        for year in range(2023, 2051)
    ),
    (("limit", Decimal(11)),),
)
CURVE = Curve(
    "Curve",
    "100 kt at 4",
    "kt",
    "t CO2e/t Al",
    (Block(Decimal(100), Decimal(4)), Block(Decimal(300), Decimal(9))),
)
RUNNING = Running(
    "Running balance",
    "3 kt and 1 kt",
    "kt",
    (
        Day(date(2025, 1, 5), Decimal(0), Decimal(2)),
        Day(date(2025, 3, 9), Decimal(3), Decimal(1)),
    ),
    date(2025, 6, 1),
)
LEVELS = Levels(
    "Trace",
    "all of it scrap",
    (
        Level("level 1", (Share("D-1", Decimal(70), "goes on"), Share("x", Decimal(30), "masked"))),
        Level("level 2", (Share("s", Decimal(70), "ends"), Share("", Decimal(30), "above"))),
    ),
)
SANKEY = Sankey(
    "Aluminium",
    "in 3, out 3",
    "kt",
    (
        (Box("0 a", "A", Decimal(2)), Box("0 b", "B", Decimal(1))),
        (Box("1 p", "Works", Decimal(3)),),
        (Box("2 c", "C", Decimal(3)),),
    ),
    (
        Band("0 a", "1 p", True, Decimal(2)),
        Band("0 b", "1 p", False, Decimal(1)),
        Band("1 p", "2 c", True, Decimal(3)),
    ),
)
DRAWN = [
    (charts.running, RUNNING),
    (charts.levels, LEVELS),
    (sankey, SANKEY),
    (charts.waterfall, WATERFALL),
    (charts.pathway, PATHWAY),
    (charts.curve, CURVE),
]


@pytest.mark.parametrize(("draw", "asked"), DRAWN)
def test_the_same_numbers_are_the_same_text(draw: object, asked: object) -> None:
    assert callable(draw)
    first = draw(asked)
    for one in (charts.waterfall, charts.pathway, charts.curve):
        one.cache_clear()
    assert draw(asked) == first


@pytest.mark.parametrize(("draw", "asked"), DRAWN)
def test_a_picture_brings_no_style_script_link_or_address(draw: object, asked: object) -> None:
    assert callable(draw)
    root = ElementTree.fromstring(draw(asked))
    tags = {one.tag.removeprefix(SVG) for one in root.iter()}
    assert not tags & {"style", "script", "a", "image", "foreignObject", "metadata"}
    for one in root.iter():
        assert not {"style", "onload", "onclick"} & set(one.attrib)
        for name, value in one.attrib.items():
            assert not value.startswith(("http", "//", "data:")), (name, value)
    assert "http" not in draw(asked).replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(("draw", "asked"), DRAWN)
def test_a_picture_is_named_and_told_in_words(draw: object, asked: Waterfall) -> None:
    assert callable(draw)
    root = ElementTree.fromstring(draw(asked))
    named = {one.attrib["id"]: one.text for one in root if "id" in one.attrib}
    assert root.attrib["role"] == "img"
    words = [named[one] for one in root.attrib["aria-labelledby"].split()]
    assert words == [asked.title, asked.told]


@pytest.mark.parametrize(("draw", "asked"), DRAWN)
def test_every_colour_is_a_class_of_the_sheet_and_every_reference_is_its_own(
    draw: object, asked: object
) -> None:
    assert callable(draw)
    text = draw(asked)
    assert set(re.findall(r"#[0-9a-f]{6}\b", text)) == set()
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
    used = re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', text)
    assert {one or other for one, other in used} <= set(ids)


def test_two_pictures_share_no_id() -> None:
    drawn = (charts.waterfall(WATERFALL), charts.pathway(PATHWAY), charts.curve(CURVE))
    found = [set(re.findall(r'\bid="([^"]+)"', text)) for text in drawn]
    assert len(set.union(*found)) == sum(map(len, found))


def test_series_differ_by_more_than_colour() -> None:
    text = charts.waterfall(WATERFALL)
    assert len(re.findall("<pattern", text)) == len(SCOPES) - 1
    for series in SCOPES:
        assert f">{series}<" in text


def test_verified_years_are_filled_and_others_are_hollow() -> None:
    text = charts.pathway(PATHWAY)
    assert "actual, verified" in text
    assert "actual, not verified" in text
    assert "fill-paper stroke-series-1" in text
    assert "fill-series-1 stroke-series-1" in text


def test_bars_say_how_much_they_add_and_the_last_one_the_total() -> None:
    text = charts.waterfall(WATERFALL)
    assert re.findall(r">(\d+\.\d\d)<", text) == ["11.10", "0.40", "11.50"]
