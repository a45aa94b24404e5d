"""Cast metal in stock at the casthouse is in no share of what was cast, and what is said where
masses leave it open (sources.md 4.1; decision 0016)."""

from decimal import Decimal

import pytest

from contracts.ghg import Finding, Intensity
from contracts.inventory import Step
from infra.errors import Refused
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.flows import Flows, flows_of
from services.ghg.calculation.lines import Result
from services.ghg.calculation.metal import by_item, reading, reading_of_shares
from services.ghg.calculation.totals import Side, cells_of, mine_to_metal
from services.ghg.factors.pinned import ENGINE, FIFTH_ENGINE, SIXTH_ENGINE
from services.ghg.findings import Context, findings
from services.ghg.results.comparing import compared, intensities_compared
from services.ghg.results.reckoning import per_tonne as every_intensity

from .given import POLICY, TODAY, d
from .made import datum, inventory, pinned, result

CELLS, CAST = Step.ELECTROLYSIS, Step.CASTING
INGOT = "output.cast_metal"
SMELTER = (
    datum("metal", CELLS, "output.liquid_metal", "100000"),
    datum("anodes", CELLS, "input.net_anode", "41000"),
    datum("power", CELLS, "power.grid", "1400000000"),
)


def ingots(tonnes: str) -> Datum:
    return datum("ingot", CAST, INGOT, tonnes)


def old(tonnes: str) -> Datum:
    return datum("old", CAST, "scrap.in", tonnes, scrap_kind="post_consumer", factor="50")


def stock(opening: str, closing: str) -> tuple[Datum, Datum]:
    return (
        datum("jan", CAST, "stock.opening", opening, of=INGOT),
        datum("dec", CAST, "stock.closing", closing, of=INGOT),
    )


def flows(*data: Datum, engine: str = ENGINE) -> Flows:
    made = result(*data, sets=pinned(engine=engine))
    return flows_of(made.inventory, made.engine, made.melt_loss)


def per_tonne(*data: Datum) -> Decimal:
    return mine_to_metal(result(*data)).on(Side.MARKET)


def intensities(made: Result) -> tuple[Intensity, ...]:
    found = flows_of(made.inventory, made.engine, made.melt_loss)
    return every_intensity(made, found, cells_of(made.lines, found))


def said(*data: Datum) -> dict[str, str]:
    return {one.about: one.sentence for one in result(*data).doubts}


def r_34(*data: Datum) -> list[Finding]:
    made = inventory(*data)
    every = findings(Context(made, calculate(made, pinned()), POLICY, TODAY))
    return [one for one in every if one.rule == "R-34"]


@pytest.mark.parametrize("days", [("3000", "4400"), ("3000", "4000"), ("4000", "3000"), ("1", "1")])
@pytest.mark.parametrize("cast", ["99000", "100000", "100800"])
def test_rows_of_stock_change_nothing_in_mine_to_metal(cast: str, days: tuple[str, str]) -> None:
    """Growing or drawn, in what was cast or beside it, whatever masses say."""
    assert per_tonne(*SMELTER, ingots(cast), *stock(*days)) == per_tonne(*SMELTER, ingots(cast))


def test_what_lies_in_stock_beyond_all_that_went_in_is_heard() -> None:
    """100,000 tapped, 99,300 cast, and 1,100 more in stock: 400 t too many, nearer than 700."""
    data = (*SMELTER, ingots("99300"), *stock("3000", "4100"))
    found = flows(*data)
    assert (found.beyond_t, found.stored_beyond_t) == (d("400"), d("400"))
    told = said(*data)["cast_beyond_charged"]
    assert told.startswith("400 t of what lies in stock as not yet cast are beyond all metal that")
    assert "were cast beyond" not in told


def test_what_was_cast_beyond_is_told_apart_from_what_lies_in_stock_beyond() -> None:
    """100,400 cast, stock read as cast: 400 are beyond, none of stock."""
    found = flows(*SMELTER, ingots("100400"), *stock("3000", "3100"))
    assert (found.beyond_t, found.stored_beyond_t) == (d("400"), d("0"))


@pytest.mark.parametrize(
    "more",
    [
        datum("sold", CELLS, "output.sold", "1500", of="output.liquid_metal"),
        datum("bought", CAST, "bought.liquid_metal", "100", factor="9000"),
    ],
)
def test_whatever_is_cast_beyond_is_heard_of_liquid_metal_sold_and_bought_too(more: Datum) -> None:
    data = (*SMELTER, more, ingots("100200"))
    beyond_t = flows(*data).beyond_t
    assert beyond_t > 0
    assert said(*data)["cast_beyond_charged"].startswith(f"{beyond_t} t were cast beyond")


@pytest.mark.parametrize("days", [("2000", "4200"), ("4200", "2000")])
@pytest.mark.parametrize("cast", ["97800", "98900", "99000", "100000", "101100", "102000"])
@pytest.mark.parametrize("lost", ["0", "100", "500", "1500"])
def test_no_untold_loss_of_scrap_turns_stock_to_a_higher_figure(
    days: tuple[str, str], cast: str, lost: str
) -> None:
    more = str(d(cast) + 5000 - d(lost))
    before = per_tonne(*SMELTER, ingots(cast), *stock(*days))
    assert per_tonne(*SMELTER, old("5000"), ingots(more), *stock(*days)) <= before


def test_the_fifth_engine_turned_it_with_a_loss_of_two_percent() -> None:
    """What the test above is there for, seen once."""
    days = stock("2000", "4200")
    before = flows(*SMELTER, ingots("99000"), *days, engine=FIFTH_ENGINE)
    after = flows(*SMELTER, old("5000"), ingots("103900"), *days, engine=FIFTH_ENGINE)
    assert after.cast_primary_t < before.cast_primary_t


def test_old_scrap_that_bears_what_lies_uncast_is_asked_for_its_loss() -> None:
    """5,000 t wait to be cast: whether they are of tapped metal nobody tells."""
    data = (*SMELTER, old("20000"), ingots("114900"), *stock("0", "5000"))
    found = flows(*data)
    assert (found.old_lost_t, found.stored_old_t) == (d("100"), d("5000"))
    (asked,) = r_34(*data)
    assert asked.sentence.startswith(
        "100 t that the melt lost and 5000 t that lie in stock as not yet cast are taken as lost"
        " of 20000 t of post-consumer scrap, of which a melt usually takes 400 t"
    )
    told = datum("gone", CAST, "loss.metal", "100", scrap_kind="post_consumer")
    assert r_34(*data, told) == []
    assert flows(*data, told).primary == d("100000") / d("119900")


def test_scrap_in_cells_is_not_read_otherwise_for_what_other_scrap_lost() -> None:
    """4,000 t charged to cells, beside what they tapped as masses have it; then 20,000 t of old
    scrap in the casthouse lose 400 that nobody tells. So the sixth engine read it; the seventh has
    no figure then until it is told (`test_told_in_cells`)."""
    cells = datum("pre", CELLS, "scrap.in", "4000", scrap_kind="pre_consumer", factor="9000")
    before = (*SMELTER, cells, ingots("102100"))
    after = (*SMELTER, cells, old("20000"), ingots("121700"))
    assert (reading(by_item(before)).in_tapped, reading(by_item(after)).in_tapped) == (False, True)
    assert not reading_of_shares(by_item(after)).in_tapped
    sets = pinned(engine=SIXTH_ENGINE)
    then, now = (mine_to_metal(result(*of, sets=sets)).on(Side.MARKET) for of in (before, after))
    assert now <= then
    with pytest.raises(Refused, match="scrap-in-cells-untold"):
        per_tonne(*after)


def test_where_only_the_share_of_primary_metal_changed_intensities_are_told_and_no_line() -> None:
    """From the fifth engine to the sixth, of a melt that gained: its lines are the same."""
    data = (*SMELTER, ingots("100500"))
    fifth, sixth = (result(*data, sets=pinned(engine=one)) for one in (FIFTH_ENGINE, ENGINE))
    assert compared(fifth.lines, sixth.lines, other_engine=True) == []
    told = intensities_compared(intensities(fifth), intensities(sixth))
    moved = {one.of for one in told if one.before != one.after}
    assert moved == {"mine_to_metal"}
    assert len(told) == len(intensities(sixth))


def test_an_intensity_that_only_one_result_has_is_told_with_nothing_on_the_other_side() -> None:
    now = intensities(result(*SMELTER, ingots("100000")))
    assert [one.before for one in intensities_compared((), now)] == [None] * len(now)
    assert [one.after for one in intensities_compared(now, ())] == [None] * len(now)
