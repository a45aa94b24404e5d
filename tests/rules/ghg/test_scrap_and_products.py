"""Adding post-consumer scrap never raises the footprint of any product, in any year of a smelter
with furnaces that cast metal themselves, lines of cells, liquid metal bought and sold, dross, stock
and a mill that rolls bought slabs beside its own (sources.md 4.8; decision 0018)."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.inventory import Regime, Step
from infra.errors import Refused
from services.ghg.activity.inventory import Datum
from services.ghg.calculation.calculate import calculate
from services.ghg.calculation.flows import Flows, flows_of
from services.ghg.calculation.scrap import Method
from services.ghg.calculation.totals import Side, footprints
from services.ghg.factors.pinned import SEVENTH_ENGINE
from services.ghg.findings import Context, findings
from services.ghg.reports.report import report

from .given import POLICY, TODAY, decimals
from .made import datum, inventory, pinned
from .test_scrap_never_raises import ADDED, NOTHING, ROUNDING, Added, T, Year, years
from .test_scrap_never_raises import told as told_of_year

ZERO, ONE = Decimal(0), Decimal(1)
CELLS, CAST, MELT = Step.ELECTROLYSIS, Step.CASTING, Step.REMELTING
ROLL = Step.SEMI_FABRICATION
INGOT, LIQUID = "output.cast_metal", "output.liquid_metal"
METHODS = (Method.CUT_OFF, Method.CO_PRODUCT)
TONNES_HELD = decimals("0", "5000", 0)
Found = dict[str, Decimal]


class Mill(NamedTuple):
    """What is behind a casthouse: the part of what was cast that was `sold`, tonnes of bought
    `slab` and kg CO2e per t of it, the part of all that was rolled that left as `trim`, kWh per t
    rolled, and tonnes of slabs at the mill on both days. What comes of added scrap is sold, or
    `rolled`: with bought slabs beside it as far as the rest is. Where `waits`, rows of stock tell
    what waits to be cast."""

    sold: Decimal
    slab: Decimal
    slab_kg: str
    trim: Decimal
    power: Decimal
    held: tuple[Decimal, Decimal] | None
    rolled: bool
    waits: bool


MILLS = st.builds(
    Mill,
    decimals("0", "1", 2),
    T,
    st.sampled_from(["2000", "9000"]),
    decimals("0", "0.6", 2),
    st.sampled_from([ZERO, Decimal(300)]),
    st.one_of(st.none(), st.tuples(TONNES_HELD, TONNES_HELD)),
    st.booleans(),
    st.booleans(),
)


def told(year: Year, mill: Mill, added: Added = NOTHING) -> tuple[Datum, ...]:
    """All activity data; the scrap that is added bears nothing of its own."""
    before, data = (
        [
            one._replace(factor=ZERO) if one.datum_id == "more" else one
            for one in told_of_year(year, of)
            if mill.waits or one.of != LIQUID or not one.item.startswith("stock.")
        ]
        for of in (NOTHING, added)
    )
    cast, more = cast_t(before), cast_t(data) - cast_t(before)
    rows = [*_behind(mill, cast * mill.sold, ONE)]
    at_first = flows_of(inventory(*before, *rows))
    fed = at_first.onward.get(CAST, at_first.onward.get(MELT, ZERO)) * cast
    gone_on = min(fed / cast, ONE) if mill.slab else ONE
    gone_on = gone_on if mill.rolled else ZERO
    sheet = (fed + mill.slab) * (ONE - mill.trim)
    trim = datum("trim", ROLL, "output.scrap", str((fed + mill.slab) * mill.trim))
    power = datum("mill", ROLL, "power.grid", str(sheet * mill.power))
    behind = _behind(mill, cast * mill.sold + more * (ONE - gone_on), sheet + more * gone_on)
    kept = ("stock.opening", "stock.closing")
    every = (*behind, trim, power)
    return (*data, *(one for one in every if one.quantity or one.item in kept))


def _behind(mill: Mill, sold: Decimal, sheet: Decimal) -> Iterator[Datum]:
    yield datum("sold-cast", CAST, "output.sold", str(sold), of=INGOT)
    yield datum("slab", ROLL, "bought.cast_metal", str(mill.slab), factor=mill.slab_kg)
    yield datum("sheet", ROLL, "output.semi", str(sheet))
    for day, held in zip(("opening", "closing"), mill.held or (), strict=False):
        yield datum(f"mill-{day}", ROLL, f"stock.{day}", str(held), of=INGOT)


def cast_t(data: Sequence[Datum]) -> Decimal:
    return sum((one.quantity for one in data if one.item == INGOT), ZERO)


def products(
    data: tuple[Datum, ...], method: Method = Method.CUT_OFF, engine: str | None = None
) -> Found:
    """The footprint of every product that is known, both ways."""
    sets = pinned() if engine is None else pinned(engine=engine)
    made = calculate(inventory(*data), sets, regime=Regime.IAI, scrap_method=method)
    every = footprints(made)
    found = {f"{one.step}.{Side.MARKET}": one.market for one in every}
    return found | {f"{one.step}.{Side.LOCATION}": one.location for one in every}


def goes_as_before(added: Added, flows: Flows) -> Added:
    """What a furnace melts more of goes where the rest of it went: to give more of it to casting
    would move what the furnace gave off to another product."""
    own = flows.made.get(MELT, ZERO)
    if added.step is not MELT or not (own or flows.recast):
        return added
    return added._replace(own=ONE - flows.recast if own else ZERO)


def without_site(year: Year) -> Year:
    """What a whole site shares is of each step as it gives off itself: less of one is more of
    another, so it is looked at alone (`test_what_a_site_shares...`)."""
    return year._replace(rates=(*year.rates[:4], ZERO))


def pair(year: Year, mill: Mill, added: Added, method: Method) -> tuple[Found, Found]:
    year = without_site(year)
    before = told(year, mill)
    added = goes_as_before(added, flows_of(inventory(*before)))
    return products(before, method), products(told(year, mill, added), method)


def rose(before: Found, after: Found) -> list[str]:
    both = before.keys() & after.keys()
    return [one for one in both if after[one] > before[one] * (ONE + ROUNDING)]


@pytest.mark.parametrize("method", METHODS)
@given(years(), MILLS, ADDED)
@settings(max_examples=150)
def test_adding_post_consumer_scrap_never_raises_the_footprint_of_a_product(
    method: Method, year: Year, mill: Mill, added: Added
) -> None:
    assert rose(*pair(year, mill, added, method)) == []


def seen(test: Callable[[Year, Mill, Added], None], examples: int) -> None:
    settings(max_examples=examples, database=None)(given(years(), MILLS, ADDED)(test))()


def test_most_of_these_years_have_a_footprint_before_and_after() -> None:
    """A property of years without figures would say nothing."""
    both: dict[Step, int] = dict.fromkeys((CELLS, CAST, MELT, ROLL), 0)
    made = dict(both)

    def count(year: Year, mill: Mill, added: Added) -> None:
        before, after = pair(year, mill, added, Method.CUT_OFF)
        flows = flows_of(inventory(*told(without_site(year), mill, added)))
        for step in both:
            made[step] += bool(flows.made.get(step))
            both[step] += f"{step}.market" in before.keys() & after.keys()

    seen(count, 200)
    assert all(made.values())
    assert all(both[step] > made[step] / 3 for step in both), (both, made)


MINUTES = datum("minutes", CELLS, "anode_effect.minutes", "2")
SMELTER = (
    datum("anodes", CELLS, "input.net_anode", "41000"),
    MINUTES,
    datum("gas", MELT, "fuel.gas", "90000000000"),
)
TAPPED = (*SMELTER, datum("metal", CELLS, LIQUID, "100000"))
"""Anode effects and a furnace of which much is given off."""


def cast(tonnes: str, at: Step = CAST) -> Datum:
    return datum(f"cast-{at}", at, INGOT, tonnes)


def scrap(tonnes: str, at: Step, kind: str = "post_consumer", of: str = "") -> Datum:
    lot = f"{kind}-{at}"
    return datum(lot, at, "scrap.in", tonnes, scrap_kind=kind, factor="0", of=of)


def lost(tonnes: str, at: Step) -> Datum:
    return datum(f"lost-{at}", at, "loss.metal", tonnes, scrap_kind="post_consumer")


def gave(tonnes: str) -> Datum:
    return datum("gave", MELT, "output.to_casting", tonnes)


COLD = datum("cold", MELT, "bought.primary_metal", "40000", factor="0")
CASES = {
    "the cast alone is told": (
        (MINUTES, cast("100000"), scrap("40000", CAST, "pre_consumer")),
        (cast("119000"), scrap("20000", CAST)),
        (lost("1000", CAST),),
        CAST,
    ),
    "other scrap in cells does not say where it is": (
        (*TAPPED, cast("101000"), scrap("4000", CELLS, "pre_consumer")),
        (cast("120600"), scrap("20000", CAST)),
        (lost("400", CAST),),
        CELLS,
    ),
    "casting lost what it seems not to lack": (
        (*TAPPED, COLD, cast("20000", MELT), cast("120000")),
        (cast("139000"), scrap("20000", CAST)),
        (gave("20000"),),
        MELT,
    ),
    "the furnace lost what it seems to have had to spare": (
        (*TAPPED, COLD, cast("40000", MELT), cast("120000")),
        (cast("50000", MELT), scrap("20000", MELT)),
        (gave("0"),),
        CAST,
    ),
    "scrap beside what cells tapped was given to casting": (
        (*TAPPED, COLD, cast("20000", MELT), cast("100000")),
        (cast("119600"), scrap("20000", CELLS, of=INGOT)),
        (lost("400", CELLS),),
        CAST,
    ),
}
"""A year, what becomes of it with old scrap, what settles it, and whose product rose."""


def years_of(case: str, settled: bool = False) -> tuple[tuple[Datum, ...], tuple[Datum, ...], Step]:
    before, added, row, step = CASES[case]
    others = {one.datum_id for one in added}
    after = (*(one for one in before if one.datum_id not in others), *added)
    more = row if settled else ()
    given_before = tuple(one for one in more if one.item == "output.to_casting")
    return (*before, *given_before), (*after, *more), step


@pytest.mark.parametrize("case", CASES)
def test_old_scrap_raised_a_product_by_the_seventh_engine_and_does_not_by_this_one(
    case: str,
) -> None:
    before, after, step = years_of(case)
    of = f"{step}.market"
    seventh = [products(data, engine=SEVENTH_ENGINE) for data in (before, after)]
    assert of in rose(*seventh)
    assert rose(products(before), products(after)) == []


@pytest.mark.parametrize("case", [one for one in CASES if "beside what cells" not in one])
def test_one_row_settles_it_and_r_34_says_which(case: str) -> None:
    before, after, step = years_of(case)
    of = f"{step}.market"
    assert of in products(before)
    assert of not in products(after)
    row = CASES[case][2][0]
    asked = [one for one in r_34(*after) if f"{step}" in one and "is not known" in one]
    assert any(row.item in one for one in asked) or "does not say" in case
    if "does not say" not in case:
        settled = years_of(case, settled=True)
        assert of in products(settled[1])
        assert rose(*(products(data) for data in settled[:2])) == []


def test_scrap_beside_what_cells_tapped_is_nothing_that_a_furnace_gave() -> None:
    before, after, _ = years_of("scrap beside what cells tapped was given to casting")
    assert products(before).keys() == products(after).keys() | {
        f"{MELT}.market",
        f"{MELT}.location",
    }
    assert flows_of(inventory(*after)).recast == 0
    settled = (*after, lost("400", CELLS))
    assert products(before).keys() == products(settled).keys()


def test_scrap_in_cells_that_says_where_it_is_settles_it() -> None:
    _, after, _ = years_of("other scrap in cells does not say where it is")
    told_so = tuple(one._replace(of=INGOT) if one.step is CELLS else one for one in after)
    assert f"{CELLS}.market" in products(told_so)


def test_without_old_scrap_every_product_is_known_as_it_was() -> None:
    """Whatever else is guessed: nothing that could turn it was added."""
    furnace = (*SMELTER, COLD, cast("20000", MELT), cast("120000"))
    for data in (*(before for before, *_ in CASES.values()), furnace):
        assert products(data).keys() == products(data, engine=SEVENTH_ENGINE).keys()
        assert products(data) == products(data, engine=SEVENTH_ENGINE)


def test_where_a_whole_site_shares_something_nothing_is_known_of_any_step() -> None:
    """What each step has of it follows what cells gave off."""
    _, after, _ = years_of("the cast alone is told")
    mined = datum("ore", Step.BAUXITE_MINING, "output.bauxite", "1000")
    heat = datum("heat", Step.SITE, "fuel.gas", "5000000")
    assert f"{Step.BAUXITE_MINING}.market" in products((*after, mined))
    assert products((*after, mined, heat)) == {}


@pytest.mark.parametrize("regime", [Regime.IAI, Regime.GBT_44905_2024, Regime.CBAM])
def test_a_report_speaks_of_no_product_that_is_not_known(regime: Regime) -> None:
    _, after, _ = years_of("the cast alone is told")
    made = report(inventory(*after), pinned(), regime)
    assert (made.product, made.intensity) == (None, None)
    with pytest.raises(Refused, match="scrap-loss-missing"):
        report(inventory(*after), pinned(), regime, asked_for=CAST)
    _, furnace, _ = years_of("casting lost what it seems not to lack")
    if regime is not Regime.GBT_44905_2024:
        with pytest.raises(Refused, match="furnace-metal-untold"):
            report(inventory(*furnace), pinned(), regime, asked_for=MELT)
    assert report(inventory(*furnace), pinned(), regime).product is CAST


def r_34(*data: Datum) -> list[str]:
    made = inventory(*data)
    every = findings(Context(made, calculate(made, pinned()), POLICY, TODAY))
    return [one.sentence for one in every if one.rule == "R-34"]
