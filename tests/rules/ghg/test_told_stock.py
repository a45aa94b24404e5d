"""Whether cast metal in stock at the casthouse was cast already is told by rows of stock: no loss
of post-consumer scrap that nobody tells decides what a mill rolled (sources.md 4.1, R-34; decision
0018)."""

from decimal import Decimal

import pytest

from contracts.inventory import Regime, Severity, Step
from infra.errors import Refused
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.flows import flows_of
from services.ghg.calculation.metal import by_item, reading
from services.ghg.calculation.scrap import Method
from services.ghg.calculation.totals import footprints, mine_to_metal
from services.ghg.factors.pinned import ENGINE, SEVENTH_ENGINE
from services.ghg.findings import Context, findings
from services.ghg.problems import PROBLEMS
from services.ghg.reports.report import Report, report

from .given import POLICY, TODAY, d
from .made import NOWHERE, datum, inventory, pinned, result
from .test_scrap_in_any_year import Year, told

CELLS, CAST, ROLL = Step.ELECTROLYSIS, Step.CASTING, Step.SEMI_FABRICATION
INGOT, LIQUID = "output.cast_metal", "output.liquid_metal"
SMELTER = (
    datum("metal", CELLS, LIQUID, "100000"),
    datum("anodes", CELLS, "input.net_anode", "41000"),
    datum("power", CELLS, "power.grid", "1400000000"),
    datum("sold", CAST, "output.sold", "60000", of=INGOT),
)


def stock(opening: str, closing: str, of: str = INGOT) -> tuple[Datum, Datum]:
    return (
        datum(f"jan-{of}", CAST, "stock.opening", opening, of=of),
        datum(f"dec-{of}", CAST, "stock.closing", closing, of=of),
    )


def year(cast: str, rolled: str, *more: Datum) -> tuple[Datum, ...]:
    ingots = datum("ingot", CAST, INGOT, cast)
    return (*SMELTER, ingots, datum("sheet", ROLL, "output.semi", rolled), *more)


def old(tonnes: str) -> Datum:
    return datum("old", CAST, "scrap.in", tonnes, scrap_kind="post_consumer", factor="50")


def lost(tonnes: str) -> Datum:
    return datum("lost", CAST, "loss.metal", tonnes, scrap_kind="post_consumer")


def of_mill(*data: Datum, engine: str | None = None) -> Decimal | None:
    """What a tonne rolled carries; None where it is not known."""
    made = result(*data) if engine is None else result(*data, sets=pinned(engine=engine))
    return next((one.market for one in footprints(made) if one.step is ROLL), None)


def r_34(*data: Datum) -> list[tuple[str, Severity, tuple[str, ...]]]:
    made = inventory(*data)
    every = findings(Context(made, calculate(made, pinned()), POLICY, TODAY))
    return [(one.sentence, one.severity, tuple(one.data)) for one in every if one.rule == "R-34"]


def cbam(*data: Datum, of: Step | None = None) -> Report:
    return report(inventory(*data), pinned(), Regime.CBAM, asked_for=of)


BEFORE = year("100000", "35000", *stock("2000", "7000"))
"""100,000 tapped and cast, 5,000 of them lie there more than on the first day."""
AFTER = year("115000", "50000", *stock("2000", "7000"), old("20000"))
"""With 20,000 t of scrap, of which 5,000 were lost, or wait to be cast."""
NONE_WAITS = stock("0", "0", LIQUID)


def test_where_a_loss_that_nobody_tells_decides_the_mill_has_no_footprint() -> None:
    assert reading(by_item(BEFORE)).finished
    assert not reading(by_item(AFTER)).finished
    assert of_mill(*BEFORE) is not None
    assert of_mill(*AFTER) is None
    assert flows_of(inventory(*AFTER)).stock_unread_t == 5000


def test_a_row_of_stock_tells_what_waited_and_the_footprint_is_back() -> None:
    finished = of_mill(*AFTER, *NONE_WAITS)
    uncast = year("115000", "55000", *stock("0", "5000", LIQUID), old("20000"))
    before = of_mill(*BEFORE, *NONE_WAITS)
    assert before is not None
    assert finished is not None
    assert finished < before
    assert (of_mill(*uncast) or before) < before


@pytest.mark.parametrize("gone", ["0", "2000", "5000", "9000"])
@pytest.mark.parametrize("days", [("2000", "7000"), ("7000", "2000"), ("0", "90"), ("90", "0")])
def test_told_it_is_metal_that_was_cast_whatever_masses_say(
    days: tuple[str, str], gone: str
) -> None:
    grown = d(days[1]) - d(days[0])
    data = year(str(120000 - d(gone)), "40000", *stock(*days), old("20000"), *NONE_WAITS)
    found = flows_of(inventory(*data))
    assert found.stock_unread_t == 0
    assert found.onward[CAST] == (60000 - d(gone) - grown) / (120000 - d(gone))


def test_told_on_one_day_alone_it_is_not_told() -> None:
    assert of_mill(*AFTER, NONE_WAITS[0]) is None
    assert of_mill(*AFTER, NONE_WAITS[1]) is None


@pytest.mark.parametrize(
    "data",
    [
        year("95000", "35000", *stock("0", "5000")),
        year("110000", "50000", *stock("0", "5000"), old("20000"), lost("5000")),
        year("115000", "50000", *stock("5000", "5000"), old("20000")),
        year("115000", "55000", old("20000")),
        year("119600", "54600", *stock("0", "5000"), old("20000")),
        year("115000", "65000", *stock("5000", "0"), old("20000"), lost("5000")),
    ],
    ids=["no old scrap", "its loss told", "no change", "no stock", "nothing open", "drawn, told"],
)
def test_where_no_loss_could_turn_it_nothing_is_asked_and_it_is_read_as_before(
    data: tuple[Datum, ...],
) -> None:
    assert of_mill(*data) == of_mill(*data, engine=SEVENTH_ENGINE)
    assert of_mill(*data) is not None
    assert not any("is not known" in sentence for sentence, _, _ in r_34(*data))


def test_everything_else_of_that_year_is_known() -> None:
    """What was tapped, cast and shared by primary metal does not follow how stock is read."""
    made = result(*AFTER)
    assert {one.step for one in footprints(made)} == {CELLS, CAST}
    told_, untold = mine_to_metal(result(*AFTER, *NONE_WAITS)), mine_to_metal(made)
    assert told_.market == untold.market
    alone = tuple(one for one in AFTER if one.step is not ROLL)
    assert flows_of(inventory(*alone)).stock_unread_t == 0, "nobody rolls anything"


def test_r_34_names_the_rows_to_add_and_those_concerned() -> None:
    asked = [one for one in r_34(*AFTER) if "footprint of what the mill made" in one[0]]
    [(sentence, severity, data)] = asked
    assert "Add stock.opening and stock.closing of output.liquid_metal at casting" in sentence
    assert "changed by 5000 t" in sentence
    assert "loss.metal with scrap_kind post_consumer" in sentence
    assert severity is Severity.MAJOR
    assert set(data) == {f"jan-{INGOT}", f"dec-{INGOT}"}
    assert not any("is not known" in one for one, _, _ in r_34(*AFTER, *NONE_WAITS))


def test_a_report_of_what_was_rolled_is_not_of_something_else() -> None:
    silent = cbam(*AFTER)
    assert (silent.product, silent.intensity) == (None, None)
    assert silent.products == (CAST, CELLS)
    assert "cast_stock_untold" in {one.about for one in silent.doubts}
    with pytest.raises(Refused, match="cast-stock-untold"):
        cbam(*AFTER, of=ROLL)
    assert cbam(*AFTER, of=CAST).intensity is not None
    assert cbam(*AFTER, *NONE_WAITS).product is ROLL


def test_the_refusal_is_explained() -> None:
    assert "cast-stock-untold" in {one.slug for one in PROBLEMS}


@pytest.mark.parametrize("step", [CAST, Step.REMELTING])
def test_what_a_site_without_cells_drew_of_what_waited_was_tapped_by_nobody(step: Step) -> None:
    """Told so, it would else be primary metal of which nothing was given off."""
    remelter = (
        datum("old", step, "scrap.in", "10000", scrap_kind="post_consumer", factor="50"),
        datum("back", step, "scrap.in", "500", scrap_kind="internal"),
        datum("off", ROLL, "output.scrap_returned", "500"),
        datum("gas", step, "fuel.gas", "30000000"),
        datum("cast", step, INGOT, "10900"),
        *stock("900", "100", LIQUID),
    )
    made = result(*remelter, site=NOWHERE._replace(technology=None))
    with pytest.raises(Refused, match="output-missing"):
        mine_to_metal(made)
    assert [one.step for one in footprints(made)] == [step]


SMALL = Year(
    tapped=Decimal(0),
    bought=Decimal(1),
    bought_factor=d("9000"),
    pre=d("147"),
    pre_factor=None,
    post=Decimal(0),
    collected=Decimal(0),
    round_t=Decimal(0),
    to_scrap=Decimal(0),
    sold=d("0.41"),
    mill_to_scrap=d("0.1"),
    at=CAST,
    more_at=CAST,
    old_lost=d("0.041"),
    stock=(Decimal(0), d("86")),
)
"""A casthouse that put more in stock than it rolled."""


def rolled_of(of: Year, added: str, engine: str = ENGINE) -> Decimal | None:
    """What a tonne rolled carries, with `added` tonnes of old scrap."""
    data = of.data(Decimal(added))
    return told(data, Regime.IAI, Method.CUT_OFF, pinned(engine=engine)).get(f"{ROLL}.market")


def test_the_seventh_engine_let_a_loss_that_nobody_told_raise_what_a_mill_rolled() -> None:
    """What the property of any year found: from 15 to 67 t CO2e/t."""
    before, after = (rolled_of(SMALL, added, SEVENTH_ENGINE) for added in ("0", "2140"))
    assert before is not None
    assert after is not None
    assert after > 4 * before


def test_no_loss_that_nobody_tells_raises_what_a_mill_rolled() -> None:
    assert rolled_of(SMALL, "0") == rolled_of(SMALL, "0", SEVENTH_ENGINE)
    assert rolled_of(SMALL, "2140") is None
    said = SMALL._replace(waiting=(Decimal(0), Decimal(0)))
    before, after = rolled_of(said, "0"), rolled_of(said, "2140")
    assert before is not None
    assert after is not None
    assert after < before
