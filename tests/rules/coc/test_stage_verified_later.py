"""What went on to the next stage has its step's own emissions as they are verified by now, whenever
the result came: both stages, the periods after them, and what documents told and are told otherwise
are as if it had been verified in time."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from functools import reduce
from typing import Any

import pytest

from contracts.coc import MovementBooked
from contracts.coc_corrections import BalanceCorrected, PoolCorrected
from contracts.coc_late import StageFollowed, StepToldAnew
from contracts.custody import Account, Stage
from contracts.envelope import Event
from contracts.inventory import Scope, Step
from services.coc_ledger.accounting.accounts import NOTHING, Amount, plus
from services.coc_ledger.exports.statements import lines
from services.coc_ledger.pools.state import INITIAL, Pool, PoolEvent, evolve
from services.coc_ledger.pools.step_anew import asked_of, told_anew
from tests.rules.coc.given import POLICY, balanced
from tests.rules.coc.results import calculated, verified
from tests.rules.coc.test_late_onward import (
    MADE_ON,
    NEXT_YEAR,
    TODAY,
    book,
    bought,
    closed,
    key,
    late,
    metal,
    on,
    stock,
    world,
)
from tests.rules.coc.world import YEAR, World

STAGES = (Stage.ALUMINA, Stage.ALUMINIUM)


def told(result: int, t_per_t: str, year: int = 2025, facility: str = "F-C") -> tuple[Event, Event]:
    """A refinery's result: of 100 kt of alumina."""
    kg = format(Decimal(t_per_t) * 100_000_000, "f")
    found = calculated(
        facility,
        year=year,
        result=result,
        totals=((Step.ALUMINA_REFINING, Scope.DIRECT, kg),),
        outputs=(("output.alumina", "100000"),),
        along=(),
    )
    return found, verified(facility, year=year, result=result)


def verify(world: World, result: int = 1, t_per_t: str = "0.5", year: int = 2025) -> None:
    for event in told(result, t_per_t, year):
        world.tell(event, "ghg")
    world.settle()


Acts = Callable[[World], None]


def both(*steps: Acts, last: Acts = verify) -> tuple[World, World]:
    """What was verified later, and what was in time."""
    found, right = world(), world()
    for step in (*steps, last):
        step(found)
    for step in (last, *steps):
        step(right)
    return found, right


def alike(found: World, right: World, *periods: date, by: int = 2) -> None:
    for period in periods or (YEAR,):
        for stage in STAGES:
            pair = (stock(one, stage, period) for one in (found, right))
            assert all(abs(one - other) <= by for one, other in zip(*pair, strict=True)), stage


def whole(amount: Amount) -> int:
    return amount.emission_g + amount.partial_g


def events(world: World, kind: type[Event]) -> list[Any]:
    return [one.event for one in world.desk.log if isinstance(one.event, kind)]


def sound(world: World) -> None:
    """Accounts add up; what left a stage came into the next one, to the gram; lines are told."""
    for pool in world.pools().values():
        assert balanced(pool)
        assert pool.key is None or [
            *lines(
                [one for one in world.desk.log if one.envelope.stream == pool.key.stream], POLICY
            )
        ]
    gone, came = world.pool(key(Stage.ALUMINA)), world.pool(key(Stage.ALUMINIUM))
    left = plus(gone.books.get(Account.OUTFLOW, NOTHING), gone.went_on)
    other = -whole(came.books[Account.INPUT_COC]) if Account.INPUT_COC in came.books else 0
    other += whole(gone.books[Account.OUTPUT_COC]) if Account.OUTPUT_COC in gone.books else 0
    assert whole(left) + other == -whole(came.books[Account.NON_COC]) + other


def test_metal_that_went_on_has_its_step_once_that_is_verified() -> None:
    found, right = both(on)
    alike(found, right)
    assert whole(stock(found, Stage.ALUMINIUM)) == 1000 * 2_000 + 1000 * 500
    assert stock(found, Stage.ALUMINIUM).known_kg == stock(found, Stage.ALUMINIUM).kg
    [anew] = events(found, StepToldAnew)
    [one] = anew.steps
    assert (one.days, one.step.kgco2e_per_kg, one.step.results) == (
        (MADE_ON,),
        Decimal("0.5"),
        ("F-C:2025:1",),
    )
    assert not events(right, StepToldAnew), "who was in time is told nothing anew"
    sound(found)


@pytest.mark.parametrize("other", ["0.9", "0.1"])
def test_metal_that_went_on_follows_a_result_that_is_corrected(other: str) -> None:
    found = world()
    verify(found)
    on(found)
    verify(found, 2, other)
    right = world()
    verify(right, 2, other)
    on(right)
    alike(found, right)
    sound(found)


def test_the_result_of_the_year_itself_takes_the_place_of_the_one_before() -> None:
    found = world()
    verify(found)
    on(found)
    verify(found, 1, "0.7", year=2026)
    assert whole(stock(found, Stage.ALUMINIUM)) == 1000 * 2_000 + 1000 * 700
    sound(found)


def test_a_result_of_other_metal_changes_nothing() -> None:
    found = world()
    verify(found)
    on(found)
    verify(found, 1, "0.7", year=2024)
    for event in told(1, "0.9", facility="F-OTHER"):
        found.tell(event, "ghg")
    found.settle()
    assert not events(found, StepToldAnew)


def test_what_comes_late_and_what_is_verified_later_meet_in_any_order() -> None:
    one, right = both(on, late)
    other, _ = both(on, last=late)
    verify(other)
    for found in (one, other):
        alike(found, right)
        sound(found)


def test_a_change_of_stage_that_is_taken_back_takes_its_step_with_it() -> None:
    found = world()
    on(found)
    verify(found)
    book(found, "reverse_movement", "BACK", MADE_ON, reverses="S-1")
    assert not any(stock(found, Stage.ALUMINIUM))
    on(found, "S-2")
    right = world()
    verify(right)
    on(right, "S-2")
    alike(found, right)


def test_a_step_that_is_booked_by_hand_is_not_added_again_until_that_is_taken_back() -> None:
    found = world()
    day = date(2026, 3, 8)
    book(found, "book_process_emissions", "STEP", day, emission_kgco2e="1000")
    on(found)
    before = stock(found, Stage.ALUMINIUM)
    verify(found)
    assert stock(found, Stage.ALUMINIUM) == before
    book(found, "reverse_movement", "BACK", day, reverses="STEP")
    right = world()
    verify(right)
    on(right)
    alike(found, right)


def test_a_step_that_results_added_since_is_not_booked_by_hand_as_well() -> None:
    found, _ = both(on)
    where = {"scope_id": "C", "member_id": "A", "stage": "alumina", "movement_id": "STEP"}
    slug = found.attempt("book_process_emissions", day=MADE_ON, emission_kgco2e="9", **where)
    assert slug == "process-emissions-verified"


def test_where_both_stages_are_closed_the_next_year_of_the_metal_follows() -> None:
    def ends(world: World) -> None:
        on(world)
        closed(world, "alumina", "aluminium")

    found, right = both(ends)
    alike(found, right, YEAR, NEXT_YEAR)
    assert whole(stock(found, Stage.ALUMINIUM, NEXT_YEAR)) == 1000 * 2_500
    [again] = events(found, PoolCorrected)
    assert (again.pool, again.reason) == (key(Stage.ALUMINIUM), "earlier-stage-corrected")
    sound(found)


def test_what_was_sold_behind_the_next_stage_is_told_otherwise() -> None:
    def sells(world: World) -> None:
        scrap = {"origin": "post_consumer_scrap", "origin_ref": "n", "supplier_id": "YARD"}
        topics = ("responsible_sourcing", "anti_corruption", "human_rights")
        looked = {"supplier_id": "YARD", "topics": (*topics, "conflict_affected_areas")}
        world.send("record_due_diligence", scope_id="C", member_id="A", performed_on=YEAR, **looked)
        on(world)
        made_kg = stock(world, Stage.ALUMINIUM).kg
        same = {"footprint": {"intensity_kgco2e_per_kg": "0"}, **scrap}
        metal(world, "receive_material", "SCRAP", date(2026, 3, 10), mass_kg=made_kg, **same)
        metal(world, "ship_material", "OUT", date(2026, 3, 11), mass_kg=made_kg)
        world.sell("D-1", "A", made_kg // 4, date(2026, 3, 12), member_id="A", scope_id="C")

    found, right = both(sells)
    pools = [one.pool(key(Stage.ALUMINIUM)) for one in (found, right)]
    issued = [one.documents()["D-1"].issued for one in (found, right)]
    grams = [
        int((one.carried.emission_kgco2e + one.carried.partial_kgco2e) * 1000)
        for one in issued
        if one is not None
    ]
    more = whole(pools[0].told_otherwise)
    assert abs(grams[0] + more - grams[1]) <= 2
    made_kg = stock(found, Stage.ALUMINIUM).kg
    assert abs(more - 1000 * 500 * (made_kg // 4) // (2 * made_kg)) <= 2
    alike(found, right)


def test_where_a_facility_came_whose_step_is_not_verified_nothing_is_known_any_more() -> None:
    found = world()
    verify(found)
    on(found)
    assert stock(found, Stage.ALUMINIUM).known_kg
    found.certify("F-NEW", "A")
    added = {"scope_id": "C", "member_id": "A", "facility_id": "F-NEW"}
    found.today = date(2026, 3, 1)
    found.send("add_scope_facility", activities=("alumina_refining",), **added)
    found.settle()
    assert not stock(found, Stage.ALUMINIUM).known_kg
    assert whole(stock(found, Stage.ALUMINIUM)) == 1000 * 2_000
    found.today = TODAY
    for event in told(1, "0.5", facility="F-NEW"):
        found.tell(event, "ghg")
    found.settle()
    assert whole(stock(found, Stage.ALUMINIUM)) == 1000 * 2_500
    sound(found)


def test_a_change_of_stage_that_was_on_its_way_when_a_result_came_follows() -> None:
    """It was filled in by what was known before, and booked behind the news."""
    found, right = world(), world()
    where = {"scope_id": "C", "member_id": "A", "stage": "alumina", "movement_id": "S-1"}
    waiting = found.built("change_stage", day=MADE_ON, mass_kg=1000, coc_kg=0, **where)
    verify(found)
    assert found.carry_out(waiting) == ""
    found.settle()
    verify(right)
    on(right)
    alike(found, right)
    assert len(events(found, StepToldAnew)) == 1


def before(world: World) -> Pool:
    """The refinery's books of before: changes of stage did not say by what their step was added."""
    where, state = key(Stage.ALUMINA), INITIAL
    for one in world.desk.log:
        event = one.event
        if one.envelope.stream != where.stream or isinstance(event, StepToldAnew):
            continue
        if isinstance(event, MovementBooked):
            event = event.model_copy(update={"step": None})
        assert isinstance(event, PoolEvent)
        state = evolve(state, event)
    return state


def asked(world: World, state: Pool) -> tuple[Sequence[StepToldAnew], Pool]:
    """What the hourly look asks, and what comes of it."""
    [command] = asked_of(TODAY, world.reader.row("scopes", "C"), world.reader.row)
    found = told_anew(command.fresh(world.desk.state), state, world.known().policies)
    return found, reduce(evolve, found, state)


def test_books_of_before_that_say_nothing_of_the_step_follow_when_they_are_asked() -> None:
    found, _ = both(on)
    [event], after = asked(found, before(found))
    assert [one.day for one in event.onward] == [MADE_ON]
    assert after.went_on == found.pool(key(Stage.ALUMINA)).went_on
    assert balanced(after)
    assert asked(found, after) == ((), after), "and no more when they are asked again"


def test_books_of_before_that_had_it_in_time_are_left_as_they_are() -> None:
    _, right = both(on)
    [event], after = asked(right, before(right))
    assert (event.onward, event.entries) == ((), ())
    assert not any(after.went_on)


def a_year_by_hand(world: World, *, wrong: bool) -> None:
    """A year books its step by hand. What it left is mixed with as much that has it not, and 1,000
    kg of that go on: of the year's 2,000 kg 800 were said to have left, and where that is `wrong`
    it is taken back afterwards."""
    day = date(2026, 3, 8)
    book(world, "book_process_emissions", "STEP", day, emission_kgco2e="1000")
    if wrong:
        book(world, "ship_material", "OUT", date(2026, 3, 9), mass_kg=800)
    closed(world, "alumina")
    verify(world, 1, "0.9")
    book(world, "receive_material", "IN-2", date(2027, 1, 5), mass_kg=2000, **bought("2"))
    book(world, "change_stage", "S-1", date(2027, 1, 8), mass_kg=1000, coc_kg=0)
    if wrong:
        again = {"reverses": "OUT", "reason": "booked-wrongly"}
        book(world, "reverse_movement", "BACK", date(2026, 3, 9), **again)


def test_of_metal_that_went_on_so_much_has_its_step_in_as_the_year_before_left_by_now() -> None:
    found, right = world(), world()
    a_year_by_hand(found, wrong=True)
    a_year_by_hand(right, wrong=False)
    assert events(found, BalanceCorrected)[-1].stepped_change_kg == 800
    alike(found, right, NEXT_YEAR, by=1000)  # stepped metal is told in whole kilograms
    pool = found.pool(key(Stage.ALUMINA, NEXT_YEAR))
    [day] = pool.lots.followed.values()
    assert day.step.emission_g == pytest.approx(-125 * 900, abs=900), "of 125 kg it was not added"
    assert balanced(pool)
    assert events(found, StageFollowed)


def test_metal_that_went_on_with_its_step_in_has_it_by_results_where_that_is_taken_back() -> None:
    """The year before had booked it by hand; in its place verified results add it, once."""
    found, day = world(), date(2026, 3, 8)
    book(found, "book_process_emissions", "STEP", day, emission_kgco2e="1000")
    closed(found, "alumina")
    verify(found)
    book(found, "change_stage", "S-1", date(2027, 1, 8), mass_kg=1000, coc_kg=0)
    before = stock(found, Stage.ALUMINIUM, NEXT_YEAR)
    assert whole(before) == 1000 * 2_500, "booked by hand"
    again = {"reverses": "STEP", "reason": "booked-wrongly"}
    book(found, "reverse_movement", "BACK", day, **again)
    assert events(found, BalanceCorrected)[-1].stepped_change_kg == -2000
    assert stock(found, Stage.ALUMINIUM, NEXT_YEAR) == before, "and verified"
    pool = found.pool(key(Stage.ALUMINA, NEXT_YEAR))
    assert -whole(pool.books[Account.PROCESS]) == 1000 * 500
    assert balanced(pool)
