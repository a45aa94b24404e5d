"""What was bought and put in stock was not melted, and old scrap bears what left with dross: mine
to metal follows what went in (sources.md 4.1, 4.8; decision 0019)."""

from decimal import Decimal

import pytest

from contracts.inventory import Regime, Scope, Step
from infra.errors import Refused
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.flows import flows_of
from services.ghg.calculation.stored import as_melted
from services.ghg.calculation.totals import footprints, mine_to_metal, totals
from services.ghg.factors.pinned import EIGHTH_ENGINE, ENGINE
from services.ghg.findings import Context, findings
from services.ghg.problems import PROBLEMS

from .given import POLICY, TODAY
from .made import datum, inventory, pinned

CELLS, CAST, MELT = Step.ELECTROLYSIS, Step.CASTING, Step.REMELTING
COLD, OLD = "bought.primary_metal", "post_consumer"
SMELTER = (
    datum("tapped", CELLS, "output.liquid_metal", "250000"),
    datum("anodes", CELLS, "input.net_anode", "105000"),
    datum("minutes", CELLS, "anode_effect.minutes", "0.2"),
)


def stock(
    opening: str, closing: str, of: str, at: Step = CAST, kind: str = ""
) -> tuple[Datum, ...]:
    days = (("opening", opening), ("closing", closing))
    return tuple(
        datum(f"{day}-{of}-{at}-{kind}", at, f"stock.{day}", held, of=of, scrap_kind=kind)
        for day, held in days
    )


def cast(tonnes: str) -> Datum:
    return datum("cast", CAST, "output.cast_metal", tonnes)


def cold(tonnes: str, at: Step = CAST, factor: str = "9000") -> Datum:
    return datum(f"cold-{at}", at, COLD, tonnes, factor=factor)


def scrap(tonnes: str, kind: str = OLD, at: Step = CAST, of: str = "") -> Datum:
    lot = f"{kind}-{at}"
    return datum(lot, at, "scrap.in", tonnes, scrap_kind=kind, factor="0", of=of)


def lost(tonnes: str, kind: str = "") -> Datum:
    return datum(f"lost-{kind}", CAST, "loss.metal", tonnes, scrap_kind=kind)


def dross(tonnes: str) -> Datum:
    return datum("dross", CAST, "waste.dross_aluminium", tonnes)


def metal(*data: Datum, engine: str = ENGINE) -> Decimal:
    return mine_to_metal(calculate(inventory(*data), pinned(engine=engine))).market


def casting(*data: Datum, engine: str = ENGINE) -> Decimal:
    made = calculate(inventory(*data), pinned(engine=engine))
    return next(one.market for one in footprints(made) if one.step is CAST)


def r_34(*data: Datum) -> list[str]:
    made = inventory(*data)
    every = findings(Context(made, calculate(made, pinned()), POLICY, TODAY))
    return [one.sentence for one in every if one.rule == "R-34"]


def test_metal_that_was_bought_and_put_in_stock_was_not_melted() -> None:
    stored = (*SMELTER, cold("12000"), *stock("1000", "3000", COLD), cast("260000"))
    used = (*SMELTER, cold("10000"), cast("260000"))
    assert metal(*stored) == metal(*used)
    assert metal(*stored, engine=EIGHTH_ENGINE) > metal(*used, engine=EIGHTH_ENGINE)
    assert metal(*used) == metal(*used, engine=EIGHTH_ENGINE)
    assert casting(*stored) == casting(*used)


def test_metal_that_came_out_of_stock_was_melted() -> None:
    drawn = (*SMELTER, cold("8000"), *stock("3000", "1000", COLD), cast("260000"))
    assert metal(*drawn) == metal(*SMELTER, cold("10000"), cast("260000"))


@pytest.mark.parametrize("told", [(lost("0", OLD),), ()])
def test_scrap_that_was_bought_and_put_in_stock_changes_nothing(told: tuple[Datum, ...]) -> None:
    """The eighth engine took it for melted, and, where nobody tells its loss, for lost."""
    added = (scrap("20000"), *stock("0", "20000", "scrap.in"), *told)
    before = (*SMELTER, cast("250000"))
    assert metal(*before, *added) == metal(*before)
    assert r_34(*before, *added) == r_34(*before)
    raised = metal(*before, *added, engine=EIGHTH_ENGINE) > metal(*before)
    assert raised is bool(told)


def test_what_scrap_lies_in_stock_is_told_where_old_scrap_and_other_was_melted() -> None:
    """Until then there is no figure, and R-34 says which rows to add."""
    data = (*SMELTER, scrap("5000"), scrap("5000", "pre_consumer"), lost("0", OLD), cast("258000"))
    untold = stock("0", "2000", "scrap.in")
    with pytest.raises(Refused, match="scrap-stock-untold"):
        metal(*data, *untold)
    assert any("with its scrap_kind" in one for one in r_34(*data, *untold))
    assert "scrap-stock-untold" in {one.slug for one in PROBLEMS}
    for kind in (OLD, "pre_consumer"):
        told = metal(*data, *stock("0", "2000", "scrap.in", kind=kind))
        assert told == metal(*SMELTER, cold("8000"), cast("258000"))


def test_scrap_in_stock_beyond_all_that_came_is_not_used_and_found() -> None:
    data = (*SMELTER, scrap("5000"), lost("0", OLD), cast("255000"))
    slipped = stock("0", "2000000", "scrap.in")
    assert metal(*data, *slipped) == metal(*data)
    assert any("It was not counted" in one for one in r_34(*data, *slipped))


@pytest.mark.parametrize(
    ("gone", "in_dross"), [("200", "1300"), ("600", "900"), ("0", "1500"), ("1000", "500")]
)
def test_told_old_scrap_bears_what_left_with_dross_first(gone: str, in_dross: str) -> None:
    tapped = SMELTER[0]._replace(quantity=Decimal(100000))
    smelter = (tapped, *SMELTER[1:])
    before = (*smelter, lost("500"), dross("500"), cast("99000"))
    after = (
        *smelter,
        scrap("20000"),
        lost("500"),
        lost(gone, OLD),
        dross(in_dross),
        cast("118000"),
    )
    assert metal(*after) <= metal(*before)
    if in_dross != "500":
        assert metal(*after, engine=EIGHTH_ENGINE) > metal(*before, engine=EIGHTH_ENGINE)


def test_where_the_cast_alone_is_told_cells_made_what_left_with_dross_too() -> None:
    """What they made does not follow what dross took of old scrap."""
    smelter = (*SMELTER[1:], scrap("1000", "pre_consumer"))
    before = flows_of(inventory(*smelter, dross("500"), cast("100500")))
    added = (scrap("20000"), lost("200", OLD), dross("1300"), cast("119500"))
    after = flows_of(inventory(*smelter, *added))
    assert before.cells_made_t == after.cells_made_t == 100000
    assert after.cast_primary_t >= before.cast_primary_t


TWO_STEPS = (
    *SMELTER,
    cold("4000", factor="2000"),
    cold("6000", MELT, "9000"),
    cast("255000"),
    datum("own", MELT, "output.cast_metal", "3000"),
    datum("gave", MELT, "output.to_casting", "2000"),
    *stock("3000", "1000", COLD, Step.SITE),
)


def test_a_stock_of_what_two_steps_bought_is_of_both_whatever_the_order_of_rows() -> None:
    turned = tuple(reversed(TWO_STEPS))
    made, again = (calculate(inventory(*data), pinned()) for data in (TWO_STEPS, turned))
    assert totals(made).by_step == totals(again).by_step
    assert casting(*TWO_STEPS) == casting(*turned)
    eighth = {casting(*data, engine=EIGHTH_ENGINE) for data in (TWO_STEPS, turned)}
    assert len(eighth) == 2
    lines = [one for one in made.lines if one.data and one.data[0].startswith("opening")]
    assert {one.step: one.activity for one in lines} == {CAST: Decimal(800), MELT: Decimal(1200)}
    before = calculate(inventory(*TWO_STEPS), pinned(engine=EIGHTH_ENGINE))
    assert totals(made).of(Scope.PURCHASED) == totals(before).of(Scope.PURCHASED)


def test_a_stock_told_at_a_step_that_bought_some_is_of_that_step() -> None:
    at_furnace = stock("0", "2000", COLD, MELT)
    year = as_melted(inventory(cold("4000"), cold("6000", MELT), *at_furnace))
    assert {one.step: one.quantity for one in year.data} == {CAST: 4000, MELT: 4000}


def test_a_year_without_such_stock_is_as_the_eighth_engine_had_it() -> None:
    data = (*SMELTER, scrap("20000"), lost("400", OLD), cold("5000"), cast("274000"))
    assert as_melted(inventory(*data)).data == data
    for regime in Regime:
        made, before = (
            calculate(inventory(*data), pinned(engine=engine), regime=regime)
            for engine in (ENGINE, EIGHTH_ENGINE)
        )
        assert made.lines == before.lines
        assert footprints(made) == footprints(before)
    assert metal(*data) == metal(*data, engine=EIGHTH_ENGINE)
