"""Anodes and paste of a site with both kinds of cells: each by its own equation and its own metal
(sources.md 4.2)."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.inventory import Regime, Step
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.lines import Line, Result
from services.ghg.factors.pinned import FIRST_ENGINE, SECOND_ENGINE
from services.ghg.reports.report import report

from .given import d, decimals, rounded
from .made import NOWHERE, datum, pinned, result

CELLS = Step.ELECTROLYSIS
SITE = NOWHERE._replace(paste="dry")
BAKED = datum("mp", CELLS, "output.liquid_metal", "100000", technology="CWPB")
PASTED = datum("mv", CELLS, "output.liquid_metal", "100000", technology="VSS")
ANODES = datum("anodes", CELLS, "input.net_anode", "45000")
PASTE = datum("paste", CELLS, "input.paste", "52000")
HORIZONTAL = PASTED._replace(datum_id="mh", technology="HSS")


def carbon(*data: Datum, technology: str = "CWPB", engine: str | None = None) -> list[Line]:
    """The lines of carbon that cells burnt."""
    sets = pinned() if engine is None else replace(pinned(), engine=engine)
    found = result(*data, site=SITE._replace(technology=technology), sets=sets)
    return [one for one in found.lines if one.item in {"input.net_anode", "input.paste"}]


def tonnes(line: Line) -> Decimal:
    return rounded(line.kg / 1000, "1")


def about(line: Line) -> set[str]:
    return {one.about for one in line.doubts}


@pytest.mark.parametrize("technology", ["CWPB", "VSS"])
def test_paste_beside_anodes_is_of_the_metal_of_its_own_cells(technology: str) -> None:
    """By hand: 0.52 less 0.0005, 0.0051168, 0.0082992 and 0.01, times 100,000 and 44/12."""
    anodes, paste = carbon(BAKED, PASTED, ANODES, PASTE, technology=technology)
    assert (tonnes(anodes), tonnes(paste)) == (d("161040"), d("181897"))
    assert (anodes.data, paste.data) == (("anodes", "mp"), ("paste", "mv"))


@pytest.mark.parametrize(
    ("told", "missing", "t"), [(ANODES, "VSS", "170000"), (PASTE, "prebake", "160000")]
)
def test_cells_whose_carbon_is_not_told_are_at_tier_1_with_a_doubt(
    told: Datum, missing: str, t: str
) -> None:
    lines = carbon(BAKED, PASTED, told)
    [stands_in] = [one for one in lines if told.datum_id not in one.data]
    assert tonnes(stands_in) == d(t)
    [doubt] = stands_in.doubts
    assert doubt.about == "anode_tier1"
    assert f"What {missing} cells burnt for 100000 t" in doubt.sentence
    assert all("anode_tier1" not in about(one) for one in lines if one is not stands_in)


@pytest.mark.parametrize("engine", [FIRST_ENGINE, SECOND_ENGINE])
def test_older_engines_keep_the_equation_of_all_metal(engine: str) -> None:
    anodes, paste = carbon(BAKED, PASTED, ANODES, PASTE, engine=engine)
    assert (tonnes(anodes), tonnes(paste)) == (d("161040"), d("178047"))
    assert len(carbon(BAKED, PASTED, ANODES, engine=engine)) == 1


@given(decimals("1", "90000"), decimals("1", "90000"), st.sampled_from(["CWPB", "VSS", "HSS"]))
def test_a_site_of_one_kind_of_cells_is_as_it_was(
    metal: Decimal, burnt: Decimal, technology: str
) -> None:
    made = BAKED._replace(technology="", quantity=metal)
    own = (ANODES if technology == "CWPB" else PASTE)._replace(quantity=burnt)
    new, old = (
        carbon(made, own, technology=technology, engine=engine) for engine in (None, SECOND_ENGINE)
    )
    assert new == old


def test_paste_of_two_kinds_of_cells_is_shared_by_metal_unless_it_says_whose_it_is() -> None:
    vertical, horizontal = carbon(PASTED, HORIZONTAL, PASTE)
    assert "paste_shared" in about(vertical) & about(horizontal)
    assert vertical.kg > horizontal.kg  # less soluble matter leaves it
    own = PASTE._replace(technology="HSS")
    lines = {one.data: one for one in carbon(PASTED, HORIZONTAL, own)}
    assert tonnes(lines["mv",]) == d("170000")
    assert "paste_shared" not in about(lines["paste", "mh"])


def test_what_was_measured_of_dust_and_soluble_matter_settles_the_default() -> None:
    """By hand: 0.0005 becomes 0.003 and 0.01 becomes 0.002, of the same 0.52."""
    [default] = carbon(PASTED, PASTE)
    own = (
        datum("cd", CELLS, "parameter.CD", "0.002"),
        datum("csm", CELLS, "parameter.CSM", "3", technology="VSS"),
        datum("other", CELLS, "parameter.CSM", "4", technology="HSS"),
    )
    [settled] = carbon(PASTED, PASTE, *own)
    assert tonnes(settled) - tonnes(default) == rounded(d("550") * 44 / 12, "1")
    assert "default_disputed" in about(default)
    assert "default_disputed" not in about(settled)


def test_paste_beside_anodes_with_no_metal_of_its_own_is_asked_about() -> None:
    _, paste = carbon(BAKED, ANODES, PASTE)
    assert {"stud_unknown", "soederberg_metal_unknown"} <= about(paste)


def test_anodes_in_cells_that_are_all_soederberg_are_asked_about() -> None:
    [anodes] = carbon(PASTED, ANODES, technology="VSS")
    assert "anodes_in_soederberg" in about(anodes)
    assert tonnes(anodes) == d("161040")


def gbt(found: Result) -> list[str]:
    told = report(found.inventory, pinned(), Regime.GBT_44905_2024)
    return [one.sentence for one in told.doubts if one.about == "regime_not_for_technology"]


def test_a_regime_of_prebake_cells_asks_about_the_metal_of_others() -> None:
    assert gbt(result(BAKED, ANODES, site=SITE)) == []
    [sentence] = gbt(result(BAKED, PASTED, ANODES, PASTE, site=SITE))
    assert sentence.endswith("than VSS, which made 100000 t of 200000 t of the metal.")
    [whole] = gbt(result(PASTED, PASTE, site=SITE._replace(technology="VSS")))
    assert whole.endswith("takes other cells than VSS.")
