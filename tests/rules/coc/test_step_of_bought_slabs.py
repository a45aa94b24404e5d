"""A scope that taps and rolls, and casts nothing: slabs that it bought of others are none of its
tapped metal, which is told once (sources.md 4.1, 5.7)."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.custody import Material
from contracts.inventory import Step
from services.coc_ledger.accounting.own_emissions import at_most
from services.coc_ledger.evidence import FacilityResult

from .given import POLICY
from .test_step_of_sister_works import COLD_IN, SLAB_IN, Lots, smelter, works
from .test_step_shares import LIQUID, SCRAP, SEMI, SHEET, per_t, told


def mill(*came: tuple[str, int, str | None], rolled: int = 50, scrap: int = 0) -> FacilityResult:
    """Works F-2, of another name than the cells: 10 t CO2e."""
    made = {SEMI: rolled, "output.scrap": scrap}
    return works("F-2", {Step.SEMI_FABRICATION: 10}, made, {SEMI: rolled}, came)


def both(*came: tuple[str, int, str | None]) -> FacilityResult:
    """Cells and mill in one works."""
    off = {Step.ELECTROLYSIS: 1000, Step.SEMI_FABRICATION: 10}
    return works("F-1", off, {LIQUID: 100, SEMI: 50}, {LIQUID: 100, SEMI: 50}, came)


CELLS = smelter({LIQUID: 100}, {LIQUID: 100})


@pytest.mark.parametrize("item", [SLAB_IN, COLD_IN])
def test_what_cells_tapped_is_not_told_again_of_sheet_from_slabs_of_somebody_else(
    item: str,
) -> None:
    for group in ((CELLS, mill((item, 50, "S-6"))), (both((item, 50, "S-6")),)):
        assert [per_t(one, *group) for one in (Material.LIQUID, SHEET)] == [10, Decimal("0.2")]
        assert told({Material.LIQUID: 100, SHEET: 50}, *group) == 1010


def test_of_sheet_from_slabs_and_from_tapped_metal_the_cells_are_on_its_own_part() -> None:
    """30 of the 50 t are of somebody else: 80 t are sold liquid."""
    assert told({Material.LIQUID: 80, SHEET: 50}, CELLS, mill((SLAB_IN, 30, "S-6"))) == 1010


@pytest.mark.parametrize("came", [[], [(SLAB_IN, 50, "F-1")]])
def test_where_no_slabs_are_anothers_tapped_metal_went_to_the_mill_as_ever(came: Lots) -> None:
    assert told({Material.LIQUID: 50, SHEET: 50}, CELLS, mill(*came)) == 1010


def test_slabs_of_nobody_named_may_be_of_the_scopes_own_metal_and_the_balance_says_so() -> None:
    group = CELLS, mill((SLAB_IN, 50, None))
    assert per_t(SHEET, *group) == Decimal("10.2"), "more than it bears, and never less"
    assert at_most(group, SHEET, POLICY)
    assert not at_most((CELLS, mill((SLAB_IN, 50, "S-6"))), SHEET, POLICY)


def test_slabs_of_nobody_named_of_a_works_that_is_alone_are_a_strangers() -> None:
    assert told({Material.LIQUID: 100, SHEET: 50}, both((SLAB_IN, 50, None))) == 1010


def test_more_slabs_than_a_mill_rolled_are_not_what_another_one_did() -> None:
    """They lie in stock; the other mill rolls tapped metal."""
    other = works("F-3", {}, {SEMI: 40}, {SEMI: 40})
    group = CELLS, mill((SLAB_IN, 90, "S-6")), other
    assert told({Material.LIQUID: 60, SHEET: 90}, *group) == 1010


@given(*(st.integers(0, 300) for _ in range(4)), st.integers(1, 300))
@settings(max_examples=150, deadline=None)
def test_all_that_leaves_a_scope_that_casts_nothing_bears_all_it_gave_off(
    liquid: int, own: int, bought: int, scrap: int, sheet: int
) -> None:
    """Cells sell some of what they tapped and roll the rest; slabs of others are rolled with it."""
    cut = own + bought
    scrap = min(scrap, cut // 2)
    sheet = cut - scrap
    if not liquid + own or not sheet:
        return
    cells = smelter({LIQUID: liquid + own}, {LIQUID: liquid + own})
    rolls = mill((SLAB_IN, bought, "S-6"), rolled=sheet, scrap=scrap)
    leaves = {Material.LIQUID: liquid, SHEET: sheet, SCRAP: scrap}
    assert abs(told(leaves, cells, rolls) - 1010) < Decimal("0.0001")
