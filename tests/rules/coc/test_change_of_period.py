"""A scope's periods change while one is running: what was opened before ends with it."""

from datetime import date

import pytest

from contracts.coc_calendar import PeriodChanged, PoolShortened
from contracts.custody import Account
from infra.decider import Command
from infra.errors import Refused
from services.coc_ledger.scopes.commands import ChangePeriod
from services.coc_ledger.scopes.scope import decide, evolve
from tests.rules.coc.given import POLICIES, kg
from tests.rules.coc.test_periods_and_orders import KEY, close, send, stocked
from tests.rules.coc.world import YEAR, World

CHANGE = date(2026, 6, 15)
LAST = date(2026, 6, 14)
NEW = KEY.model_copy(update={"period": CHANGE})


def changed() -> World:
    """A pool with metal in stock, and then other periods from mid-June on."""
    world = stocked()
    world.send("change_period", scope_id="A", member_id="A", starts_on=CHANGE, months=12)
    world.settle()
    return world


def booking(day: date, movement_id: str = "N-1") -> dict[str, object]:
    return {
        "command_name": "receive_material",
        "scope_id": "A",
        "member_id": "A",
        "stage": "aluminium",
        "movement_id": movement_id,
        "day": day,
        "mass_kg": 70,
        "origin": "non_coc",
    }


def test_a_pool_that_is_open_ends_where_the_calendar_says_by_now() -> None:
    world = changed()
    told = [one.event for one in world.desk.log if isinstance(one.event, PoolShortened)]
    assert [(one.pool, one.ends_on) for one in told] == [(KEY, LAST)]
    assert told[0].close_by < date(2026, 9, 1)
    assert world.pool(KEY).ends_on == LAST
    assert world.reader.row("pools", KEY.key).ends_on == LAST


def test_it_is_closed_after_its_new_end_and_its_stock_reaches_the_new_period() -> None:
    world = changed()
    with pytest.raises(Refused, match="period-not-over"):
        close(world)
    world.today = date(2026, 6, 20)
    left = kg(world.pool(KEY), Account.STOCK)
    close(world)
    end, after = world.pool(KEY).end, world.pool(NEW)
    assert end is not None
    assert (end.closed_on, end.next_period) == (world.today, CHANGE)
    assert (kg(after, Account.STOCK), left) == (550, 550)


def test_what_is_of_the_day_of_the_change_is_booked_in_the_new_period() -> None:
    world = changed()
    world.today = date(2026, 6, 20)
    send(world, booking(LAST, "OLD"))
    send(world, booking(CHANGE, "NEW"))
    world.settle()
    assert kg(world.pool(NEW), Account.NON_COC) == -70
    assert kg(world.pool(KEY), Account.NON_COC) == -570


def test_nothing_can_be_booked_yet_in_what_a_pool_loses() -> None:
    """So a change takes nothing from under what is booked: it is refused for a day that is here,
    which says from which day on it can be."""
    world = stocked()
    send(world, booking(world.today))
    with pytest.raises(Refused, match="day-ahead"):
        send(world, booking(date(2026, 6, 2), "N-2"))
    with pytest.raises(Refused, match="period-change-too-late") as refused:
        world.send("change_period", scope_id="A", member_id="A", starts_on=world.today, months=12)
    assert refused.value.facts["earliest"] == "2026-06-02"


def test_a_pool_that_was_being_opened_while_the_periods_changed_ends_with_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its first booking was filled in before the change and is decided after it."""
    world, waiting = World(date(2026, 6, 1)), list[Command]()

    def keep(command: Command) -> int:
        waiting.append(command)
        return 0

    with monkeypatch.context() as patched:
        patched.setattr(world, "_handle", keep)
        send(world, booking(date(2026, 6, 1)))
    world.send("change_period", scope_id="A", member_id="A", starts_on=CHANGE, months=12)
    world.settle()
    world.desk.handle(waiting[0], "late", "", world.today)
    assert world.pool(KEY).ends_on == date(2026, 12, 31)
    world.settle()
    assert world.pool(KEY).ends_on == LAST


def test_a_pool_of_a_change_that_nobody_told_it_of_is_closed_all_the_same() -> None:
    """As books are in which pools did not hear of changes."""
    world = stocked()
    world.reader.consumer = world.reader.consumer._replace(reactions=())
    world.send("change_period", scope_id="A", member_id="A", starts_on=CHANGE, months=12)
    world.settle()
    assert world.pool(KEY).ends_on == date(2026, 12, 31)
    world.today = date(2026, 6, 20)
    close(world)
    events = [type(one.event) for one in world.desk.log][-2:]
    assert events[0] is PoolShortened
    assert world.pool(KEY).end is not None


def change(world: World, starts_on: date, months: int = 12) -> str:
    told = {"scope_id": "A", "member_id": "A", "starts_on": starts_on, "months": months}
    refused = world.attempt("change_period", **told)
    world.settle()
    return refused


def periods(world: World) -> list[tuple[str, int]]:
    """The calendar of A as its row tells it, the same as its stream."""
    state, row = world.desk.state("coc_scope/A"), world.reader.row("scopes", "A")
    told = [(one.starts_on.isoformat(), one.months) for one in state.calendar]
    assert [tuple(one) for one in row.calendar] == told
    return told


def test_a_change_lies_no_further_ahead_than_a_period_is_long() -> None:
    world = stocked()
    with pytest.raises(Refused, match="period-change-too-far") as refused:
        world.send(
            "change_period", scope_id="A", member_id="A", starts_on=date(2199, 1, 1), months=12
        )
    assert refused.value.facts["latest"] == "2027-06-01"
    assert change(world, date(2027, 6, 2)) == "period-change-too-far"
    assert change(world, date(2027, 6, 1)) == ""


def test_a_change_that_has_not_begun_is_replaced_by_an_earlier_or_a_later_one() -> None:
    world = changed()
    assert change(world, date(2026, 6, 10), 6) == ""
    assert periods(world) == [("2026-01-01", 12), ("2026-06-10", 6)]
    assert world.pool(KEY).ends_on == date(2026, 6, 9)
    assert change(world, date(2026, 8, 1), 3) == ""
    assert periods(world) == [("2026-01-01", 12), ("2026-08-01", 3)]
    assert world.pool(KEY).ends_on == world.reader.row("pools", KEY.key).ends_on
    assert world.pool(KEY).ends_on == date(2026, 7, 31)


def test_a_change_is_taken_back_by_the_periods_that_there_were() -> None:
    world = changed()
    assert change(world, date(2027, 1, 1), 12) == ""
    assert world.pool(KEY).ends_on == date(2026, 12, 31)
    world.today = date(2026, 6, 20)
    send(world, booking(date(2026, 6, 20)))
    world.settle()
    assert kg(world.pool(KEY), Account.NON_COC) == -570


def test_what_has_begun_stays_as_it_is() -> None:
    world = changed()
    world.today = CHANGE
    assert change(world, CHANGE, 6) == "period-change-too-late"
    assert change(world, date(2026, 7, 1), 6) == ""
    assert periods(world)[1:] == [("2026-06-15", 12), ("2026-07-01", 6)]


def test_a_change_of_centuries_ahead_that_was_stored_is_replaced() -> None:
    world = stocked()
    far = PeriodChanged(scope_id="A", member_id="A", starts_on=date(2199, 1, 1), months=12)
    state = evolve(world.desk.state("coc_scope/A"), far)
    wanted = ChangePeriod(on=world.today, scope_id="A", member_id="A", starts_on=CHANGE, months=6)
    [event] = decide(wanted, state, POLICIES)
    assert isinstance(event, PeriodChanged)
    assert event.replaces == date(2199, 1, 1)
    assert [one.starts_on for one in evolve(state, event).calendar] == [YEAR, CHANGE]


def test_a_pool_that_is_over_does_not_begin_to_run_again() -> None:
    """Its change was replaced on its last day, and the clock was told first."""
    world = changed()
    world.today = LAST
    world.end_periods(LAST)
    assert change(world, date(2027, 1, 1), 12) == ""
    assert world.pool(KEY).ends_on == LAST
