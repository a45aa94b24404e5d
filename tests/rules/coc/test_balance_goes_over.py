"""A scope goes over with a balance, or an overdraft: it serves, and is to be made good, as long as
without the transfer, in whatever periods of the successor that lies (5.4, 5.6 rule 7)."""

from datetime import date
from typing import Any

import pytest
from pydantic import TypeAdapter

from contracts.coc import PoolClosed
from contracts.coc_movements import apart
from contracts.custody import PoolKey
from services.coc_ledger.accounting.balance import rule_of
from services.coc_ledger.accounting.running import day_lines
from services.coc_ledger.accounting.stops import stops
from services.coc_ledger.exports.statements import lines
from services.coc_ledger.pools.state import Pool
from services.coc_ledger.rows import PoolRow
from tests.rules.coc.conserved import rows_say_what_streams_say
from tests.rules.coc.given import POLICY
from tests.rules.coc.test_balance_on import days_of, told
from tests.rules.coc.test_going_over import approve
from tests.rules.coc.test_periods_and_orders import (
    AFTER,
    EVERY,
    KEY,
    close,
    document,
    send,
    stocked,
)
from tests.rules.coc.test_sellable import answer
from tests.rules.coc.world import LEDGER, World, facility_of

SWITCH, LAST, NEXT = date(2027, 7, 1), date(2027, 12, 31), date(2028, 1, 1)
CARRIED = 620
"""1,000 of 1,500 kg are CoC, and 930 kg have left in 2026."""


def key_of(scope_id: str, first: date) -> PoolKey:
    return KEY.model_copy(update={"scope_id": scope_id, "period": first})


def year_of(world: World, scope_id: str, year: int) -> Pool:
    return world.pool(key_of(scope_id, date(year, 1, 1)))


def at(scope_id: str, day: date) -> dict[str, Any]:
    return {"scope_id": scope_id, "member_id": "A", "stage": "aluminium", "day": day}


def moved(world: World, command: str, mass: int, where: dict[str, Any], **more: Any) -> None:
    """Metal of member A; CoC where it is scrap that somebody used before."""
    scrap = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}
    world.count += 1
    fields = {"movement_id": f"N-{world.count}", "mass_kg": mass, **where}
    world.send(command, **fields, **(scrap if command == "receive_material" else {}), **more)
    world.settle()


def closed(world: World, scope_id: str, day: date, today: date) -> None:
    """The period of a day is closed on another one."""
    world.today = today
    world.end_periods(today)
    world.settle()
    world.send("close_period", **at(scope_id, day))
    world.settle()


def opened(world: World, scope_id: str, first: date) -> None:
    """A scope of member A whose periods begin on a day of their own."""
    world.certify(facility_of(scope_id), "A")
    world.send(
        "open_scope",
        scope_id=scope_id,
        member_id="A",
        entity_id="EA",
        name=scope_id,
        address="1 Main Street",
        facilities=(facility_of(scope_id),),
        activities=("casthouse",),
        starts_on=first,
    )
    world.settle()


def in_second_year(*, successor: str = "A2") -> World:
    """620 kg are carried into A's 2027, which is running."""
    world = stocked()
    world.open(successor, "A")
    world.today = AFTER
    close(world)
    world.today = date(2027, 6, 1)
    return world


def earned(world: World, kg: int) -> None:
    """A takes in as much CoC metal in 2027 and ships it, without a claim."""
    look = {"scope_id": "A", "member_id": "A", "supplier_id": "YARD"}
    world.send("record_due_diligence", **look, topics=EVERY, performed_on=date(2027, 1, 5))
    moved(world, "receive_material", kg, at("A", world.today))
    moved(world, "ship_material", kg, at("A", world.today))


def gone_over(world: World, successor: str = "A2", on: date = SWITCH, scope_id: str = "A") -> World:
    """A goes over, and its books are closed on the day."""
    approve(world, scope_id, successor, on)
    closed(world, scope_id, date(2027, 1, 1), on)
    return world


def claimed(world: World, number: str, mass: int, day: date, scope_id: str = "A2") -> str:
    """Why the successor may not claim so much on a day."""
    fields = document(number, mass, scope_id=scope_id, day=day)
    slug = world.attempt(fields.pop("command_name"), **fields)
    world.settle()
    return slug


def last_close(world: World) -> PoolClosed:
    return [one.event for one in world.desk.log if isinstance(one.event, PoolClosed)][-1]


# --- the same calendar ---


def test_what_was_carried_in_is_used_by_the_successor_until_the_year_ends_and_no_longer() -> None:
    world = gone_over(in_second_year())
    assert (last_close(world).balance_kg, last_close(world).expired_kg) == (CARRIED, 0)
    world.today = LAST
    moved(world, "ship_material", 700, at("A2", LAST))
    assert claimed(world, "D-1", CARRIED + 1, LAST) == "claim-not-covered"
    assert claimed(world, "D-1", CARRIED - 20, LAST) == ""
    closed(world, "A2", LAST, AFTER.replace(year=2028))
    assert (last_close(world).balance_kg, last_close(world).expired_kg) == (0, 20)
    assert year_of(world, "A2", 2028).carried_kg == 0


def test_what_the_cut_period_earned_is_carried_on_once_as_without_the_transfer() -> None:
    world = in_second_year()
    earned(world, 300)
    gone_over(world)
    assert year_of(world, "A2", 2027).carried_kg == CARRIED + 300
    closed(world, "A2", LAST, date(2028, 1, 10))
    assert (last_close(world).balance_kg, last_close(world).expired_kg) == (300, CARRIED)
    assert year_of(world, "A2", 2028).carried_kg == 300
    closed(world, "A2", NEXT, date(2029, 1, 10))
    assert (last_close(world).balance_kg, last_close(world).expired_kg) == (0, 300)


def test_at_the_end_of_a_period_a_transfer_carries_as_that_period_would() -> None:
    world = in_second_year()
    earned(world, 300)
    gone_over(world, on=NEXT)
    assert (last_close(world).balance_kg, last_close(world).expired_kg) == (300, CARRIED)
    assert year_of(world, "A2", 2028).carried_kg == 300
    closed(world, "A2", NEXT, date(2029, 1, 10))
    assert last_close(world).expired_kg == 300


def test_what_serves_for_the_shortest_time_is_claimed_first() -> None:
    world = in_second_year()
    earned(world, 300)
    gone_over(world)
    world.today = LAST
    moved(world, "ship_material", 800, at("A2", LAST))
    assert claimed(world, "D-1", CARRIED + 100, LAST) == ""
    closed(world, "A2", LAST, date(2028, 1, 10))
    assert (last_close(world).balance_kg, last_close(world).expired_kg) == (200, 0)


def test_two_scopes_go_over_into_one_each_with_the_days_of_its_own() -> None:
    world = in_second_year()
    world.open("A3", "A")
    world.send("receive_material", **at("A3", date(2027, 5, 1)), movement_id="Z-1", **NON_COC)
    earned(world, 300)
    gone_over(world)
    gone_over(world, scope_id="A3", on=date(2027, 8, 1))
    after = year_of(world, "A2", 2027)
    assert dict(after.lasting) == {LAST: CARRIED, date(2028, 12, 31): 300}
    assert after.carried_kg == CARRIED + 300
    rows_say_what_streams_say(world)


NON_COC = {"mass_kg": 10, "origin": "non_coc"}


@pytest.mark.parametrize("successor_closed", [False, True])
def test_what_corrects_a_year_after_the_transfer_is_as_if_it_had_never_been_wrong(
    *, successor_closed: bool
) -> None:
    """500 kg that were no CoC metal had never come in the first year, told before or after."""
    found = []
    for late in (False, True):
        world = stocked()
        world.open("A2", "A")
        world.today = AFTER
        close(world)
        world.today = date(2027, 6, 1)
        if not late:
            taken_back(world)
        earned(world, 300)
        gone_over(world)
        if successor_closed:
            closed(world, "A2", LAST, date(2028, 1, 10))
        if late:
            taken_back(world)
        pools = (year_of(world, "A2", 2027), year_of(world, "A2", 2028))
        found.append([(one.carried_kg, dict(one.lasting)) for one in pools])
        rows_say_what_streams_say(world)
    assert found[0] == found[1]
    [(carried, lasting), _] = found[1]
    assert (carried, lasting) == (930 + 300, {LAST: 930, date(2028, 12, 31): 300})


def taken_back(world: World) -> None:
    """The 500 kg without CoC in A's first year."""
    back = {**at("A", date(2026, 2, 5)), "movement_id": "R-1", "reverses": "M-1"}
    world.send("reverse_movement", **back, reason="mistake")
    world.settle()


# --- another calendar: the last day lies within a period of the successor ---


def new_scope() -> World:
    """A goes over in mid-2027 into a scope whose first year begins on that day."""
    world = in_second_year()
    earned(world, 300)
    opened(world, "A4", SWITCH)
    gone_over(world, "A4")
    world.today = date(2028, 2, 1)
    moved(world, "ship_material", 2000, at("A4", SWITCH))
    return world


def test_within_a_period_of_the_successor_it_serves_through_its_last_day() -> None:
    """Told in time or late: a claim of that day may use it, one of the day after may not."""
    world, key = new_scope(), key_of("A4", SWITCH)
    assert [told(world, day, key).claimable.available_kg for day in (LAST, NEXT)] == [920, 300]
    assert [answer(world, day, key).kg for day in (LAST, NEXT)] == [920, 300]
    assert claimed(world, "D-1", 301, NEXT, "A4") == "claim-not-covered"
    assert claimed(world, "D-1", 921, LAST, "A4") == "claim-not-covered"
    assert claimed(world, "D-1", 600, LAST, "A4") == ""
    assert [told(world, day, key).claimable.available_kg for day in (LAST, NEXT)] == [320, 300]
    assert claimed(world, "D-2", 300, NEXT, "A4") == ""
    closed(world, "A4", SWITCH, date(2028, 7, 1))
    assert (last_close(world).balance_kg, last_close(world).expired_kg) == (0, 20)


def test_the_answer_says_until_when_it_serves() -> None:
    world, key = new_scope(), key_of("A4", SWITCH)
    then, after = answer(world, LAST, key), answer(world, NEXT, key)
    assert (then.until, after.until) == (LAST, date(2028, 6, 30))
    assert then.because == "what came with a scope that went over lapses"
    assert told(world, LAST, key).unused == ((LAST, CARRIED), (date(2028, 12, 31), 300))


def test_a_claim_given_back_after_the_last_day_lapses_with_what_it_had_used() -> None:
    world, key = new_scope(), key_of("A4", SWITCH)
    assert claimed(world, "D-1", 600, LAST, "A4") == ""
    world.send("withdraw_document", number="D-1", member_id="A", reason="mistake")
    world.settle()
    assert told(world, NEXT, key).claimable.available_kg == 300
    closed(world, "A4", SWITCH, date(2028, 7, 1))
    assert (last_close(world).balance_kg, last_close(world).expired_kg) == (300, CARRIED)


def test_what_lasts_longer_than_a_period_of_the_successor_goes_on_to_its_last_day() -> None:
    world = new_scope()
    closed(world, "A4", SWITCH, date(2028, 7, 1))
    assert last_close(world).balance_kg == 300
    key, end = key_of("A4", date(2028, 7, 1)), date(2028, 12, 31)
    assert dict(world.pool(key).lasting) == {end: 300}
    world.today = date(2029, 1, 10)
    moved(world, "ship_material", 1, at("A4", world.today))
    over = date(2029, 1, 1)
    assert [told(world, day, key).cover.available_kg for day in (end, over)] == [300, 0]


def test_a_claim_is_corrected_on_its_own_day_once_what_it_used_has_lapsed() -> None:
    """On a later one it would be a claim of that day."""
    world, key = new_scope(), key_of("A4", SWITCH)
    assert claimed(world, "D-1", 600, LAST, "A4") == ""
    fields = document("D-2", 590, scope_id="A4", replaces="D-1", correction_reason="weight")
    name = fields.pop("command_name")
    assert world.attempt(name, **{**fields, "day": NEXT}) == "claim-not-covered"
    assert world.attempt(name, **{**fields, "day": LAST}) == ""
    world.settle()
    assert told(world, NEXT, key).claimable.available_kg == 300


def test_a_statement_and_the_table_of_days_have_it_until_then() -> None:
    world, key = new_scope(), key_of("A4", SWITCH)
    moved(world, "ship_material", 1, at("A4", date(2028, 1, 5)))
    booked = [one for one in world.desk.log if one.envelope.stream == key.stream]
    shown = list(lines((part for one in booked for part in apart(one)), POLICY))
    assert [one.available_kg for one in shown[-2:]] == [920, 300]
    row: PoolRow = world.reader.row("pools", key.key)
    table = day_lines(row, days_of(world, key), rule_of(POLICY))
    assert {one.day: one.available_kg for one in table}["2028-01-05"] == 300


def test_a_snapshot_of_its_pools_is_read_back_as_it_is() -> None:
    world, kept = new_scope(), TypeAdapter(Pool)
    pools = world.pools().values()
    assert [kept.validate_json(kept.dump_json(one)) for one in pools] == list(pools)
    assert any(one.lasting for one in pools)


# --- overdrafts ---


def overdrawn(*, successor_from: date = date(2026, 1, 1), closed_on_time: bool = True) -> World:
    """A claims 150 kg ahead of input in 2026, to be made good by the end of 2027, and goes over;
    its books of 2027 are closed then, or are open still."""
    world = stocked()
    case = {**at("A", date(2026, 5, 1)), "reason": "flood"}
    world.send("declare_overdraft_case", **case)
    send(world, document("D-1", CARRIED + 150))
    world.today = AFTER
    close(world)
    world.today = date(2027, 6, 1)
    opened(world, "A2", successor_from)
    if closed_on_time:
        return gone_over(world)
    approve(world, "A", "A2", SWITCH)
    world.today = SWITCH
    world.end_periods(SWITCH)
    world.settle()
    return world


def test_an_overdraft_that_goes_over_is_to_be_made_good_by_the_day_that_it_was() -> None:
    """Not by the day of the transfer, on which nothing was late yet; and not later."""
    world = overdrawn()
    assert (last_close(world).owed_kg, last_close(world).unmet_kg) == (150, 0)
    after = year_of(world, "A2", 2027)
    assert (after.owed_kg, after.blocked, dict(after.due)) == (150, False, {LAST: 150})
    closed(world, "A2", LAST, date(2028, 1, 10))
    assert (last_close(world).owed_kg, last_close(world).unmet_kg) == (150, 150)
    assert year_of(world, "A2", 2028).blocked


def test_it_is_told_ahead_with_its_day_while_the_books_that_left_it_are_open() -> None:
    """Nothing is late, and no reason is given why anything should be stopped."""
    world = overdrawn(closed_on_time=False)
    after = year_of(world, "A2", 2027)
    assert (after.owed_kg, after.blocked, after.terms.due) == (150, False, ((LAST, 150),))
    rows = {one: world.reader.row("pools", key_of(one, NEXT.replace(year=2027)).key) for one in ALL}
    cut = {rows["A"].pool: rows["A"]}
    assert list(stops(rows["A2"]._replace(blocked=True), cut, LEDGER.policies)) == []
    closed(world, "A", date(2027, 1, 1), SWITCH)
    after = year_of(world, "A2", 2027)
    assert (after.owed_kg, after.foreseen, dict(after.due)) == (150, {}, {LAST: 150})
    rows_say_what_streams_say(world)


ALL = ("A", "A2")


def test_what_the_cut_period_overdrew_is_due_a_year_later_as_without_the_transfer() -> None:
    world = in_second_year()
    earned(world, 300)
    world.send("declare_overdraft_case", **at("A", world.today), reason="flood")
    moved(world, "ship_material", 900, at("A", world.today))
    fields = document("D-1", CARRIED + 350, day=world.today)
    send(world, fields)
    gone_over(world)
    assert (last_close(world).owed_kg, last_close(world).unmet_kg) == (50, 0)
    closed(world, "A2", LAST, date(2028, 1, 10))
    assert (last_close(world).owed_kg, last_close(world).unmet_kg) == (50, 0)
    closed(world, "A2", NEXT, date(2029, 1, 10))
    assert last_close(world).unmet_kg == 50


def test_one_that_is_late_within_a_period_of_the_successor_stops_its_claims_from_then_on() -> None:
    world = overdrawn(successor_from=SWITCH)
    world.today = date(2028, 2, 1)
    look = {"scope_id": "A2", "member_id": "A", "supplier_id": "YARD"}
    world.send("record_due_diligence", **look, topics=EVERY, performed_on=date(2027, 1, 5))
    moved(world, "receive_material", 1000, at("A2", date(2027, 8, 1)))
    moved(world, "ship_material", 100, at("A2", date(2027, 8, 1)))
    world.send("declare_overdraft_case", **at("A2", world.today), reason="flood")
    world.settle()
    key = key_of("A2", SWITCH)
    found = [told(world, day, key) for day in (LAST, NEXT)]
    assert [one.claimable.available_kg for one in found] == [150, 0]
    missed = "50 kg of overdraft were not made good by their own last day, 2027-12-31"
    assert found[1].barred == missed
    assert claimed(world, "D-9", 1, NEXT) == "claim-not-covered"
    assert claimed(world, "D-9", 100, LAST) == ""
