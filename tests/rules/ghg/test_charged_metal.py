"""Metal that was not tapped is no primary metal, wherever it was charged, and what was given off
for it is in what was cast of it (sources.md 4.1 [A24], 4.8 [A40])."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.inventory import Regime, Step
from services.ghg.activity.installation import Route
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.flows import flows_of
from services.ghg.calculation.lines import Result
from services.ghg.calculation.metal import accounts, by_item
from services.ghg.calculation.supplies import supplies
from services.ghg.calculation.totals import Side, footprints, mine_to_metal, totals
from services.ghg.factors.pinned import FIRST_ENGINE, SECOND_ENGINE, THIRD_ENGINE
from services.ghg.reports.report import report

from .given import d, decimals
from .made import NOWHERE, datum, inventory, pinned, result

CELLS, CAST, MELT, SEMIS = (
    Step.ELECTROLYSIS,
    Step.CASTING,
    Step.REMELTING,
    Step.SEMI_FABRICATION,
)
SMELTER = (
    datum("metal", CELLS, "output.liquid_metal", "100000"),
    datum("anodes", CELLS, "input.net_anode", "41000"),
    datum("minutes", CELLS, "anode_effect.minutes", "0.5"),
    datum("power", CELLS, "power.grid", "1400000000"),
    datum("alumina", CELLS, "bought.alumina", "193000"),
)


def ingots(tonnes: str | Decimal, step: Step = CAST) -> Datum:
    return datum(f"ingot-{step}", step, "output.cast_metal", str(tonnes))


def scrap(tonnes: str | Decimal, step: Step, kind: str = "pre_consumer", **more: str) -> Datum:
    return datum("scrap", step, "scrap.in", str(tonnes), scrap_kind=kind, factor="8000", **more)


COLD = datum("cold", MELT, "bought.primary_metal", "40000", factor="8000")
CHARGED = {
    "casting": scrap("40000", CAST),
    "cells": scrap("40000", CELLS),
    "remelting": scrap("40000", MELT),
    "cold metal at remelting": COLD,
    "liquid metal at remelting": COLD._replace(item="bought.liquid_metal"),
}


def footprint(found: Result, step: Step = CAST) -> Decimal:
    return next((one.market for one in footprints(found) if one.step is step), Decimal(0))


def primary_t(*data: Datum) -> Decimal:
    return flows_of(inventory(*data)).cast_primary_t


def told(found: Result) -> list[str]:
    return [one.about for one in found.doubts]


def near(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= max(abs(one), abs(other), Decimal(1)) * Decimal("1e-20")


@pytest.mark.parametrize("where", CHARGED)
def test_wherever_metal_is_charged_only_what_was_tapped_is_primary(where: str) -> None:
    """100 kt tapped, 40 kt charged, 140 kt cast: 100 kt are primary, as without the 40."""
    found = result(*SMELTER, CHARGED[where], ingots("140000"))
    alone = mine_to_metal(result(*SMELTER, ingots("100000")))
    assert near(mine_to_metal(found).cast_t, d("100000"))
    assert near(mine_to_metal(found).market, alone.market)


@pytest.mark.parametrize("where", CHARGED)
def test_wherever_metal_is_charged_its_burden_is_in_what_was_cast(where: str) -> None:
    """40 kt at 8 t/t: 320,000 t, in the metal cast as if charged to casting."""
    found = result(*SMELTER, CHARGED[where], ingots("140000"))
    whole = totals(found).side(Side.MARKET) / 1000
    assert near(footprint(found) * 140000, whole)
    assert near(footprint(found), footprint(result(*SMELTER, CHARGED["casting"], ingots("140000"))))
    assert [one.difference_t for one in accounts(by_item(found.inventory.data))] == [0]


@pytest.mark.parametrize(
    ("where", "about"),
    [
        ("casting", []),
        ("cells", ["scrap_in_cells"]),
        ("remelting", ["remelted_cast_at_casting"]),
        ("cold metal at remelting", ["remelted_cast_at_casting"]),
    ],
)
def test_a_result_says_how_metal_was_read_that_was_charged_elsewhere(
    where: str, about: list[str]
) -> None:
    assert told(result(*SMELTER, CHARGED[where], ingots("140000"))) == about


@pytest.mark.parametrize("where", ["casting", "remelting"])
def test_the_border_mechanism_sees_scrap_that_was_remelted_and_cast(where: str) -> None:
    data = (*SMELTER, CHARGED[where], ingots("140000"))
    found = report(inventory(*data), pinned(), Regime.CBAM).cbam
    assert found is not None
    assert (found.route, found.pre_consumer_share) == (Route.MIXED, d("1"))
    assert found.scrap_t_per_t is not None
    assert near(found.scrap_t_per_t, d("40000") / 140000)


def test_scrap_that_cells_melted_is_in_what_they_tapped_where_metal_balances_so() -> None:
    """140 kt tapped and cast, 40 kt of scrap to the cells: 100 kt are primary, and alumina is held
    to these."""
    data = (SMELTER[0]._replace(quantity=d("140000")), *SMELTER[1:], scrap("40000", CELLS))
    assert near(primary_t(*data, ingots("140000")), d("100000"))
    (casthouse,) = accounts(by_item((*data, ingots("140000"))))
    assert casthouse.difference_t == 0
    used = {one.title: one for one in supplies(by_item((*data, ingots("140000"))), NOWHERE)}
    assert used["alumina"].per_t == d("1.93")
    assert used["anodes"].made_t == d("100000")


def test_metal_that_neither_reading_of_scrap_in_cells_explains_is_out_of_balance() -> None:
    """100 tapped, 40 charged, 120 cast: 20 are too many or are missing, and are not read away."""
    (casthouse,) = accounts(by_item((*SMELTER, scrap("40000", CELLS), ingots("120000"))))
    assert abs(casthouse.difference_t) == 20000


def test_of_liquid_metal_that_is_sold_scrap_in_cells_took_its_part_along() -> None:
    sold = datum("sold", CELLS, "output.sold", "70000", of="output.liquid_metal")
    data = (SMELTER[0]._replace(quantity=d("140000")), *SMELTER[1:], scrap("40000", CELLS), sold)
    assert near(primary_t(*data, ingots("70000")), d("50000"))


@pytest.mark.parametrize("step", [CAST, MELT, CELLS])
def test_where_tapped_metal_is_told_only_as_cast_what_was_charged_is_none_of_it(step: Step) -> None:
    data = (*SMELTER[1:], scrap("40000", step), ingots("140000"))
    assert primary_t(*data) == d("100000")


def test_a_furnace_that_casts_its_own_metal_adds_none_to_casting() -> None:
    """Also where it lost some, and casting a little: loss goes nowhere."""
    data = (*SMELTER, scrap("40000", MELT), ingots("99000"), ingots("39000", MELT))
    found = result(*data)
    assert primary_t(*data) == d("99000")
    assert near(footprint(found, MELT), d("320000") / 39000)
    assert told(found) == []


def test_a_furnace_that_casts_a_token_of_its_own_does_not_hide_the_rest() -> None:
    """40 kt charged to remelting, 4 cast there and 136 at casting: 36 of it are in these."""
    data = (*SMELTER, scrap("40000", MELT), ingots("136000"), ingots("4000", MELT))
    assert near(primary_t(*data), d("100000"))
    assert near(footprint(result(*data), MELT), d("8"))
    assert told(result(*data)) == ["remelted_cast_at_casting"]


def test_run_around_scrap_that_is_remelted_leaves_the_mix_as_it_is() -> None:
    again = datum("again", MELT, "scrap.in", "5000", scrap_kind="internal")
    assert primary_t(*SMELTER, again, ingots("100000")) == d("100000")


@pytest.mark.parametrize("engine", [FIRST_ENGINE, SECOND_ENGINE, THIRD_ENGINE])
@pytest.mark.parametrize("step", [CELLS, MELT])
def test_older_engines_keep_what_they_took_for_primary(engine: str, step: Step) -> None:
    data = inventory(*SMELTER, scrap("40000", step), ingots("140000"))
    assert flows_of(data, engine).cast_primary_t == d("140000")
    assert flows_of(inventory(*SMELTER, CHARGED["casting"], ingots("140000")), engine).primary == (
        d("100000") / 140000
    )
    assert result(*data.data, sets=replace(pinned(), engine=engine)).doubts == ()


SHARE = decimals("0", "1")
T = decimals("0", "50000")


@given(
    st.tuples(T, T, T),
    decimals("1", "150000"),
    decimals("0", "60000"),
    decimals("0", "0.9"),
    st.booleans(),
)
@settings(max_examples=120, deadline=None)
def test_all_that_was_given_off_is_in_what_was_cast_remelted_sold_and_rolled(
    charged: tuple[Decimal, Decimal, Decimal],
    cast: Decimal,
    melted: Decimal,
    gone: Decimal,
    rolls: bool,
) -> None:
    """Whatever was charged where, and whatever each furnace cast."""
    lots = (
        scrap(tonnes, step)._replace(datum_id=f"scrap-{step}")
        for tonnes, step in zip(charged, (CELLS, CAST, MELT), strict=True)
    )
    data = (*SMELTER, *lots, datum("gas", MELT, "fuel.gas", "90000"), ingots(cast))
    made = {CAST: cast}
    if melted > 1:
        data, made = (*data, ingots(melted, MELT)), {CAST: cast, MELT: melted}
    store = sum(made.values(), Decimal(0))
    if rolls:
        sold = datum("sold", CAST, "output.sold", str(store * gone), of="output.cast_metal")
        data = (*data, sold, datum("sheet", SEMIS, "output.semi", str(store * (1 - gone))))
    found = result(*data)
    whole = totals(found).side(Side.MARKET) / 1000
    furnaces = sum((tonnes * footprint(found, at) for at, tonnes in made.items()), Decimal(0))
    assert near(furnaces, whole)
    if rolls:
        sheets = store * (1 - gone) * footprint(found, SEMIS)
        assert near(sheets + furnaces * gone, whole)


@given(T, decimals("1", "200000"), decimals("0", "60000"), st.sampled_from([CELLS, CAST, MELT]))
@settings(max_examples=80, deadline=None)
def test_metal_that_is_charged_never_makes_more_primary_metal(
    charged: Decimal, cast: Decimal, melted: Decimal, step: Step
) -> None:
    made = (ingots(cast), *((ingots(melted, MELT),) if melted else ()))
    less = primary_t(*SMELTER, *made)
    assert primary_t(*SMELTER, scrap(charged, step), *made) <= less
    assert 0 <= less <= cast


def test_the_site_without_cells_remelts_and_casts() -> None:
    nowhere = NOWHERE._replace(technology=None)
    found = result(scrap("100", MELT, "post_consumer"), ingots("100"), site=nowhere)
    assert footprint(found) == 8
