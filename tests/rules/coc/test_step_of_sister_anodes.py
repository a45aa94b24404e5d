"""A smelter's anodes of a plant of its scope: what the plant gave off is told once, and not again
as what the smelter bought (sources.md 4.1, 5.7)."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.bought import AnodesIn
from contracts.custody import Stage
from contracts.ghg import StepTotal
from contracts.inventory import Scope, Step
from services.coc_ledger.accounting.own_emissions import at_most
from services.coc_ledger.accounting.step_told import step_told
from services.coc_ledger.evidence import FacilityResult

from .given import DAY, POLICY, scope_seen
from .results import calculated, verified
from .test_own_emissions import seen
from .test_step_shares import CAST, INGOT, LIQUID, facility, per_t, told

CELLS, BAKED = Step.ELECTROLYSIS, Step.ANODE_PRODUCTION
ANODE, PASTE = "output.anode", "output.paste"


def bought(
    works: FacilityResult, *lots: tuple[str | None, int, int], item: str = "bought.anode"
) -> FacilityResult:
    """With anodes that it bought: of whom, tonnes, and t CO2e, which are in its purchased goods."""
    kg = Decimal(sum(t for _, _, t in lots) * 1000)
    total = StepTotal(step=CELLS, scope=Scope.PURCHASED, kg=kg)
    came = tuple(
        AnodesIn(item=item, step=CELLS, tonnes=Decimal(t), kg=Decimal(co2 * 1000), supplier_id=whom)
        for whom, t, co2 in lots
    )
    return works.model_copy(update={"totals": (*works.totals, total), "anodes_in": came})


def smelter(name: str = "F-1", more: Mapping[str, int] | None = None) -> FacilityResult:
    """100 t of ingot, with 1,000 t CO2e of the cells; `more`: what a plant of its own made."""
    made = {LIQUID: 100, CAST: 100, **(more or {})}
    off = {CELLS: 1000} | ({BAKED: 100} if more else {})
    left = {LIQUID: 0, CAST: 100, ANODE: 20} if more else {LIQUID: 0, CAST: 100}
    return facility(off, made, left, name)


def plant(name: str = "F-2", item: str = ANODE) -> FacilityResult:
    """50 t of anodes, with 300 t CO2e."""
    return facility({BAKED: 300}, {item: 50}, {ANODE: 50}, name)


@pytest.mark.parametrize(("made", "item"), [(ANODE, "bought.anode"), (PASTE, "bought.paste")])
def test_anodes_of_a_plant_of_the_scope_are_told_where_they_were_made_and_not_where_bought(
    made: str, item: str
) -> None:
    cells = bought(smelter(), ("F-2", 50, 300), item=item)
    assert per_t(INGOT, cells, plant(item=made)) == 13


def test_what_a_plant_gave_off_is_told_and_not_what_its_buyer_took_for_it() -> None:
    """Of 40 t of it with a factor of the table, and 10 t of somebody else's."""
    cells = bought(smelter(), ("F-2", 40, 111), ("S-9", 10, 70))
    assert told({INGOT: 100}, cells, plant()) == 1000 + 300 + 70


def test_more_than_a_plant_made_was_not_all_bought_of_it() -> None:
    """100 t are named as its, and it made 50."""
    assert told({INGOT: 100}, bought(smelter(), ("F-2", 100, 600)), plant()) == 1000 + 300 + 300


def test_whoever_makes_no_anodes_delivered_none_that_are_told_already() -> None:
    cells = bought(smelter(), ("F-2", 50, 300))
    trader = facility({}, {}, {}, "F-2")
    assert told({INGOT: 100}, cells, trader) == 1300


def test_anodes_that_a_smelters_own_plant_sold_to_a_sister_stay_on_the_scopes_metal() -> None:
    """Of 50 t 20 are sold: 15 to the sister, which took 99 t CO2e for them, and 5 elsewhere."""
    first = smelter("F-1", {ANODE: 50})
    sister = bought(smelter("F-3"), ("F-1", 15, 99))
    assert told({INGOT: 200}, first, sister) == 1000 + 90 + 1000


def test_anodes_of_nobody_named_are_told_where_they_were_bought_and_the_balance_says_so() -> None:
    works = bought(smelter(), (None, 50, 300)), plant()
    assert per_t(INGOT, *works) == 16, "more than it bears, and never less"
    assert at_most(works, INGOT, POLICY)
    scope = scope_seen(facilities=("F-1", "F-2"))
    said = step_told(scope, Stage.ALUMINIUM, works, DAY, POLICY, by_hand=False).sentence
    assert "the most that they may bear: who delivered metal, anodes or paste" in said
    named = bought(smelter(), ("F-2", 50, 300)), plant()
    assert not at_most(named, INGOT, POLICY)


def test_anodes_of_nobody_named_are_not_taken_off_a_smelter_that_sold_as_many() -> None:
    first = smelter("F-1", {ANODE: 50})
    sister = bought(smelter("F-3"), (None, 15, 99))
    assert told({INGOT: 200}, first, sister) == 1000 + 90 + 1000 + 99


def test_an_older_result_tells_no_anodes_apart_and_is_told_as_before() -> None:
    cells = bought(smelter(), ("F-2", 50, 300)).model_copy(update={"anodes_in": None})
    assert per_t(INGOT, cells, plant()) == 16


def test_what_a_result_tells_of_anodes_is_kept_with_it() -> None:
    lot = AnodesIn(item="bought.anode", step=CELLS, tonnes=Decimal(5), kg=Decimal(30))
    result = calculated().model_copy(update={"anodes_in": (lot,)})
    assert [one.anodes_in for one in seen(result, verified())] == [(lot,)]


@given(
    *(st.integers(1, 500) for _ in range(3)),
    *(st.fractions(0, 1) for _ in range(4)),
)
@settings(max_examples=200, deadline=None)
def test_all_anodes_of_a_scope_are_told_once_however_they_are_delivered(
    plant_t: int,
    own_t: int,
    factor: int,
    to_first: Fraction,
    sold: Fraction,
    to_sister: Fraction,
    elsewhere: Fraction,
) -> None:
    """A plant delivers to two smelters; one of these has a plant as well, and delivers to the other
    and to strangers; both buy of strangers. What strangers made is told as it was bought."""
    over = int(plant_t * to_first)
    left = int(own_t * sold)
    delivered, strange = int(left * to_sister), int(100 * elsewhere)
    first = facility(
        {CELLS: 700, BAKED: own_t}, {LIQUID: 60, CAST: 60, ANODE: own_t}, {CAST: 60, ANODE: left}
    )
    first = bought(first, ("F-2", over, over * factor), ("S-9", strange, 2 * strange))
    sister = bought(
        facility({CELLS: 400}, {LIQUID: 40, CAST: 40}, {CAST: 40}, "F-3"),
        ("F-2", plant_t - over, 3 * plant_t),
        ("F-1", delivered, delivered * factor),
        ("S-9", 7, 5),
    )
    baked = facility({BAKED: 4 * plant_t}, {ANODE: plant_t}, None, "F-2")
    given_off = 1100 + 4 * plant_t + own_t - left + delivered + 2 * strange + 5
    whole = Fraction(per_t(INGOT, first, sister, baked) or 0) * 100
    assert abs(whole - given_off) < Fraction(1, 10**6)
