"""Circularity worked by hand: shares of masses, and silence where the data do not tell
(sources.md 6)."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from contracts.inventory import Step
from services.ghg.activity.inventory import Datum, Inventory
from services.ghg.calculation.circularity import (
    Circularity,
    EndOfLife,
    Level,
    Mass,
    Share,
    added,
    by_level,
    circularity,
    level_of,
)

from .audited import SMELTER, datum
from .given import d, decimals, rounded

MELT = Step.REMELTING
# 600 primary, 20 alloying, 300 pre-consumer, 80 post-consumer enter: 1,000 t. Run-around is apart.
REMELTER = (
    datum("primary", MELT, "bought.primary_metal", "600"),
    datum("alloy", MELT, "bought.alloying", "20"),
    datum("pre", MELT, "scrap.in", "250", scrap_kind="pre_consumer"),
    datum("bought-dross", MELT, "scrap.in", "50", scrap_kind="dross", supplier_id="s"),
    datum("post", MELT, "scrap.in", "80", scrap_kind="post_consumer"),
    datum("round", MELT, "scrap.in", "30", scrap_kind="internal"),
    datum("cast", MELT, "output.cast_metal", "940"),
    datum("out", MELT, "output.scrap", "20"),
    datum("returned", MELT, "output.scrap_returned", "30"),
    datum("dross", MELT, "waste.dross", "100", treatment="recycled"),
    datum("in-dross", MELT, "waste.dross_aluminium", "40"),
    datum("won", MELT, "output.dross_metal", "30"),
)


def of(*data: Datum) -> Circularity:
    return circularity(Inventory(SMELTER, 2025, data))


def without(*names: str) -> Circularity:
    return of(*(one for one in REMELTER if one.datum_id not in names))


def test_the_indicators_of_a_remelter_by_hand() -> None:
    found = of(*REMELTER)
    assert found.recycled == Share(d("380"), d("1000"), 1)
    assert found.pre_consumer.value == d("0.3")
    assert found.post_consumer.value == d("0.08")
    assert found.recycling_input == Share(d("380"), d("980"), 1)
    assert found.process_scrap == Share(d("50"), d("1000"), 1)  # 20 out, 30 returned
    assert found.closed_loop.value == d("0.6")
    # in: 1,000; usable out: 940, 20 and 30 won from dross; 30 went round
    assert found.metal_yield == Share(d("990"), d("1000"), 1)
    assert found.dross_recovery.value == d("0.75")


MILL = (
    datum("tapped", Step.ELECTROLYSIS, "output.liquid_metal", "100"),
    datum("slab", Step.CASTING, "output.cast_metal", "98"),
    datum("sheet", Step.SEMI_FABRICATION, "output.semi", "80"),
    datum("trim", Step.SEMI_FABRICATION, "output.scrap", "17"),
)


def test_the_yield_is_what_leaves_the_plant_over_what_came_in() -> None:
    """Of 100 t of liquid metal 80 leave as sheet and 17 as scrap: 97 %, not 195 of 198."""
    assert of(*MILL).metal_yield == Share(d("97"), d("100"), 1)
    sold = datum("sold", Step.CASTING, "output.sold", "50", of="output.cast_metal")
    half = [one._replace(quantity=one.quantity / 2) for one in MILL[2:]]
    assert of(*MILL[:2], sold, *half).metal_yield == Share(d("98.5"), d("100"), 1)
    assert of(*MILL[1:]).metal_yield == Share(d("97"), d("98"), 1), "of the mill alone"


def test_scrap_that_goes_round_raises_no_yield() -> None:
    """The mill's scrap is cast again: 115 t cast, and still 80 of 100 leave."""
    again = (
        datum("round", MELT, "scrap.in", "17", scrap_kind="internal"),
        datum("trim", Step.SEMI_FABRICATION, "output.scrap_returned", "17"),
    )
    cast = MILL[1]._replace(quantity=d("115"))
    assert of(MILL[0], cast, MILL[2], *again).metal_yield == Share(d("80"), d("100"), 1)
    assert of(MILL[0], cast, MILL[2], again[0]).metal_yield == Share(d("80"), d("100"), 1)


def test_dross_that_goes_in_again_is_no_metal_that_came_in() -> None:
    own = datum("own", MELT, "scrap.in", "30", scrap_kind="dross")
    cast = REMELTER[6]._replace(quantity=d("970"))
    rest = [one for one in REMELTER if one.datum_id != "cast"]
    assert of(*rest, cast, own).metal_yield == Share(d("990"), d("1000"), 1)


def test_run_around_told_as_it_goes_in_alone_raises_no_yield_above_one() -> None:
    """100 t and 20 t of ends that go in again: 115 t are weighed as cast, ends and all, of which 95
    leave. Where 95 t are weighed, the ends are in the 25 t of which nothing tells."""
    tapped, ends = MILL[0], datum("ends", MELT, "scrap.in", "20", scrap_kind="internal")
    for weighed in ("115", "95"):
        cast = MILL[1]._replace(quantity=d(weighed))
        assert of(tapped, cast, ends).metal_yield == Share(d("95"), d("100"), 1)
    off = datum("off", MELT, "output.scrap_returned", "20")
    net = MILL[1]._replace(quantity=d("95"))
    assert of(tapped, net, ends, off).metal_yield == Share(d("95"), d("100"), 1)
    assert of(tapped, net, off).metal_yield == Share(d("95"), d("100"), 1)


def test_own_dross_told_as_it_goes_in_alone_raises_no_yield_above_one() -> None:
    own = datum("own", MELT, "scrap.in", "10", scrap_kind="dross")
    cast = MILL[1]._replace(quantity=d("107"))
    assert of(MILL[0], cast, own).metal_yield == Share(d("97"), d("100"), 1)


ROUND = decimals("0", "100", 0)


@given(
    decimals("1", "1000", 0), ROUND, ROUND, ROUND, ROUND, ROUND, ROUND,
    decimals("0", "1", 2), decimals("0", "1", 2), st.booleans(),
)  # fmt: skip
@settings(max_examples=400)
def test_no_more_leaves_than_came_in_whichever_side_of_run_around_is_told(
    tapped: Decimal,
    again: Decimal,
    trim: Decimal,
    ends: Decimal,
    own: Decimal,
    dross: Decimal,
    won: Decimal,
    cast: Decimal,
    rolled: Decimal,
    rolls: bool,
) -> None:
    """Wherever no step gives more than it took: what was cast and rolled are parts of what is left
    once scrap that returns, and metal in dross, are off."""
    into = tapped + again + own
    slabs = max(into - ends - max(dross, won), d("0")) * cast
    back = min(trim, slabs)
    told = [
        MILL[0]._replace(quantity=tapped),
        MILL[1]._replace(quantity=slabs),
        datum("again", MELT, "scrap.in", str(again), scrap_kind="internal"),
        datum("ends", MELT, "output.scrap_returned", str(ends)),
        datum("own", MELT, "scrap.in", str(own), scrap_kind="dross"),
        datum("in-dross", MELT, "waste.dross_aluminium", str(dross)),
        datum("won", MELT, "output.dross_metal", str(won)),
    ]
    if rolls:
        rolling = Step.SEMI_FABRICATION
        told.append(MILL[2]._replace(quantity=(slabs - back) * rolled))
        told.append(datum("trim", rolling, "output.scrap_returned", str(back)))
    assume(slabs > 0 and ends + max(dross, won) <= into)
    found = of(*(one for one in told if one.quantity)).metal_yield
    assert found.part_t <= max(found.whole_t, d("0"))


@given(
    decimals("1", "1000"), decimals("0", "1"), decimals("0", "1"), decimals("0", "1"),
    decimals("0.001", "1000"),
)  # fmt: skip
def test_a_yield_is_of_the_plant_however_many_steps_it_has_and_scales(
    tapped: Decimal, cast: Decimal, sold: Decimal, rolled: Decimal, size: Decimal
) -> None:
    """By hand: what was sold as slab and what left as sheet or scrap, over what was tapped."""
    slabs = tapped * cast
    sheet = slabs * (1 - sold) * rolled
    trim = (slabs * (1 - sold) - sheet) / 2
    data = (
        MILL[0]._replace(quantity=tapped),
        MILL[1]._replace(quantity=slabs),
        datum("sold", Step.CASTING, "output.sold", str(slabs * sold), of="output.cast_metal"),
        MILL[2]._replace(quantity=sheet),
        MILL[3]._replace(quantity=trim),
    )
    assume(sheet > 0)
    found = of(*data).metal_yield
    assert found == Share(slabs * sold + sheet + trim, tapped, 1)
    scaled = of(*(one._replace(quantity=one.quantity * size) for one in data)).metal_yield
    assert rounded(scaled.value or d("0"), "1e-18") == rounded(found.value or d("0"), "1e-18")


def test_waste_stands_by_what_became_of_it() -> None:
    more = [
        datum("spl", Step.ELECTROLYSIS, "waste.spl_carbon", "7", treatment="recovered"),
        datum("other", Step.SITE, "waste.other", "5", treatment="buried somewhere"),
    ]
    levels = by_level(of(*REMELTER, *more).waste)
    assert {level: mass for level, mass in levels.items() if mass} == {
        Level.RECYCLED: d("100"),  # aluminium in dross is in the dross already
        Level.RECOVERED: d("7"),
        Level.UNTOLD: d("5"),
    }
    assert next(iter(levels)) is Level.REUSED


@pytest.mark.parametrize("level", Level)
def test_every_level_is_understood(level: Level) -> None:
    assert level_of(level.value) is level


SPL = (
    datum("carbon", Step.ELECTROLYSIS, "waste.spl_carbon", "60", treatment="recovered"),
    datum("bricks", Step.ELECTROLYSIS, "waste.spl_refractory", "40", treatment="treated"),
)


@pytest.mark.parametrize(
    ("treatment", "untreated"),
    [
        ("treated", "0"),
        ("landfilled", "0"),
        ("landfilled_untreated", "40"),
        ("discharged", "40"),
        ("", None),
    ],
)
def test_linings_go_untreated_nowhere(treatment: str, untreated: str | None) -> None:
    found = of(SPL[0], SPL[1]._replace(treatment=treatment)).spl_untreated
    assert found.value == (None if untreated is None else d(untreated))
    assert (found.told, found.silent) == ((0, 1) if untreated is None else (1, 0))


def test_residue_in_use_is_a_share_of_residue() -> None:
    refinery = Step.ALUMINA_REFINING
    found = of(
        datum("stack", refinery, "waste.bauxite_residue", "950", treatment="stored"),
        datum("cement", refinery, "waste.bauxite_residue", "50", treatment="recycled"),
    )
    assert found.bauxite_residue == Mass(d("1000"), 1)
    assert found.bauxite_residue_used.value == d("0.05")
    assert found.recycled == Share()  # a refinery is not asked


def silent(found: Circularity) -> set[str]:
    names = set(Circularity._fields) - {"waste"}
    return {name for name in names if getattr(found, name).silent}


def test_what_the_data_do_not_tell_is_none_and_counted() -> None:
    assert silent(of(*REMELTER)) == set()
    assert silent(without("out", "returned", "round")) == {"process_scrap", "closed_loop"}
    assert silent(without("won")) == {"dross_recovery"}
    assert without("won").dross_recovery.value is None
    mixed = datum("mixed", MELT, "scrap.in", "1")
    contents = {"recycled", "pre_consumer", "post_consumer", "recycling_input"}
    assert silent(of(*REMELTER, mixed)) == contents | {"process_scrap"}
    cells = datum("tapped", Step.ELECTROLYSIS, "output.liquid_metal", "1")
    assert "spl_untreated" in silent(of(*REMELTER, cells))


def test_run_around_weighed_once_is_counted_once() -> None:
    for names in ((), ("returned",), ("round",)):
        assert without(*names).process_scrap.part_t == d("50")


CELLS = Step.ELECTROLYSIS
IN_CELLS = datum("old", CELLS, "scrap.in", "100", scrap_kind="post_consumer")
POTROOM = (
    datum("tapped", CELLS, "output.liquid_metal", "1000"),
    datum("gone", CELLS, "loss.metal", "10", scrap_kind="post_consumer"),
    datum("cast", Step.CASTING, "output.cast_metal", "1000"),
)


def test_scrap_in_what_cells_tapped_enters_once() -> None:
    found = of(*POTROOM, IN_CELLS._replace(of="output.liquid_metal")).recycled
    assert (found.part_t, found.whole_t) == (d("100"), d("1010")), "910 t were made of alumina"
    beside = of(*POTROOM, IN_CELLS._replace(of="output.cast_metal")).recycled
    assert (beside.part_t, beside.whole_t) == (d("100"), d("1100"))


def test_scrap_of_which_nobody_tells_whether_it_was_tapped_is_in_no_share() -> None:
    assert {"recycled", "recycling_input"} <= silent(of(*POTROOM, IN_CELLS))


def test_more_won_back_than_lay_in_the_dross_is_no_share() -> None:
    dross = datum("in", MELT, "waste.dross_aluminium", "1800")
    won = datum("won", MELT, "output.dross_metal", "1800")
    untold = REMELTER[:-2]
    assert of(*untold, dross, won).dross_recovery.value == 1
    more = of(*untold, dross, won._replace(quantity=d("2400")))
    assert more.dross_recovery == Share(silent=1), "two different wholes, as of old scrap"
    assert added([more, of(*untold, dross, won)]).dross_recovery.value == 1


def test_facilities_add_masses_and_not_shares() -> None:
    big = of(*(one._replace(quantity=one.quantity * 9) for one in REMELTER))
    primary = of(
        datum("p", MELT, "bought.primary_metal", "10000"),
        datum("c", MELT, "output.cast_metal", "9900"),
    )
    group = added([of(*REMELTER), big, primary])
    assert group.recycled == Share(d("3800"), d("20000"), 3)
    assert group.recycled.value == d("0.19")  # the mean of the shares would be 0.253
    assert (group.process_scrap.told, group.process_scrap.silent) == (2, 1)
    assert group.process_scrap.value == d("0.05")  # of those that tell
    assert group.waste == {("waste.dross", Level.RECYCLED): d("1000")}


@given(st.lists(decimals("0.1", "1000"), min_size=1, max_size=6))
def test_adding_in_any_grouping_is_the_same(sizes: Sequence[object]) -> None:
    parts = [
        of(*(one._replace(quantity=one.quantity * d(str(size))) for one in REMELTER))
        for size in sizes
    ]
    at_once = added(parts)
    step_by_step = parts[0]
    for part in parts[1:]:
        step_by_step = added([step_by_step, part])
    assert step_by_step == at_once
    assert rounded(at_once.recycled.value or d("0"), "0.000001") == d("0.380000")


def test_recycling_efficiency_is_collection_times_processing_times_melt_yield() -> None:
    told = EndOfLife(d("70"), d("100"), d("0.9"), d("0.98"))
    assert told.collection_rate == d("0.7")
    assert told.recycling_efficiency == d("0.6174")
    for missing in EndOfLife._fields:
        assert told._replace(**{missing: None}).recycling_efficiency is None
    assert told._replace(available_t=d("0")).collection_rate is None


OLD_SCRAP = (
    datum("collected", MELT, "end_of_life.collected", "70"),
    datum("available", MELT, "end_of_life.available", "100"),
    datum("processing", MELT, "end_of_life.processing_yield", "0.9"),
    datum("melting", MELT, "end_of_life.melt_yield", "0.98"),
)


def test_collection_and_recycling_efficiency_follow_from_the_years_data() -> None:
    found = of(*REMELTER, *OLD_SCRAP)
    assert found.eol_collection_rate == Share(d("70"), d("100"), 1)
    assert found.recycling_efficiency.value == d("0.6174")
    other = of(*(one._replace(quantity=d("0.5")) for one in OLD_SCRAP[2:]), *OLD_SCRAP[:2])
    assert other.recycling_efficiency.value == d("0.175")
    assert added([found, other]).recycling_efficiency.value == d("0.3962")  # of 200 t available
    assert added([found, of(*REMELTER)]).eol_collection_rate == found.eol_collection_rate


def test_of_old_scrap_nobody_is_asked_and_half_a_statement_is_silent() -> None:
    assert of(*REMELTER).eol_collection_rate == Share()
    assert of(*REMELTER).recycling_efficiency.value is None
    for missing in OLD_SCRAP:
        found = of(*(one for one in OLD_SCRAP if one is not missing))
        assert found.recycling_efficiency == Share(silent=1)
    assert of(*OLD_SCRAP[:2]).eol_collection_rate.value == d("0.7")
    more = OLD_SCRAP[0]._replace(quantity=d("101"))
    assert of(more, *OLD_SCRAP[1:]).eol_collection_rate == Share(silent=1)
