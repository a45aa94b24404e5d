"""A share of a joint venture is its member's: where the holder's scope goes over into another one
of the same member, that one has it from that day on (rules 5.6, 4 and 7)."""

from datetime import date
from decimal import Decimal
from typing import Any

from contracts.coc_scopes import JointVentureListed
from services.coc_ledger.knowledge import scope_on
from services.coc_ledger.scopes.commands import ApproveScopeTransfer
from services.coc_ledger.scopes.entity_rules import stake_limit
from services.coc_ledger.scopes.heirs import inherited, places, shown
from services.coc_ledger.scopes.partners import VentureTold, ventures_told
from tests.rules.coc.test_covered_facilities import events
from tests.rules.coc.test_partners import share
from tests.rules.coc.test_periods_and_orders import AFTER, close, document, stocked
from tests.rules.coc.world import World

LISTED = date(2026, 6, 1)
BEFORE, OVER, LATER = date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 10)
"""The days about that on which B's scope goes over into its scope B2."""


def goes_over(world: World, to: str = "B2", old: str = "B", day: date = OVER) -> None:
    over = {"to_scope_id": to, "effective_on": day, "approver": "person-1", "on": world.today}
    own = {"scope_id": old, "member_id": old[0]}
    assert world.carry_out(ApproveScopeTransfer.model_validate({**own, **over})) == ""
    world.settle()


def venture(percent: str = "10", to: str = "B2") -> World:
    """B has a share of A's output, and goes over."""
    world = stocked()
    world.open(to, to[0])
    assert share(world, percent, LISTED) == ""
    goes_over(world, to)
    return world


def held(world: World, day: date, scope_id: str = "A") -> dict[str, int]:
    """Who may take which share of A's output on a day, in per cent."""
    found = scope_on(scope_id, day, world.known())
    assert found is not None
    return {one.holder_scope_id: int(one.share_percent) for one in found.stakes}


def issue(world: World, number: str, mass: int, to: str, day: date, **more: Any) -> str:
    told = document(number, mass, day=day, customer={"name": to, "address": "x", "scope_id": to})
    del told["command_name"]
    world.today = max(world.today, day)
    refused = world.attempt("issue_document", **{**told, **more})
    world.settle()
    return refused


def told(world: World, scope_id: str = "A") -> list[tuple[str, int, date, date | None]]:
    """The shares as they are shown."""
    shares = world.desk.state(f"coc_scope/{scope_id}").shares
    return [
        (one.holder_scope_id, int(one.share_percent), one.since, one.through)
        for one in shown(ventures_told(shares), world.desk.state)
    ]


def test_the_successor_has_the_share_from_the_day_of_the_transfer_on() -> None:
    world = venture()
    assert [held(world, day) for day in (BEFORE, OVER)] == [{"B": 10}, {"B2": 10}]
    assert told(world) == [("B", 10, LISTED, BEFORE), ("B2", 10, OVER, None)]


def test_what_the_holder_took_of_the_period_is_of_the_successors_share() -> None:
    world = venture()  # 10 % of 930 kg
    assert issue(world, "D-1", 60, "B", BEFORE) == ""
    assert issue(world, "D-2", 34, "B2", LATER) == "share-exceeded"
    assert issue(world, "D-2", 33, "B2", LATER) == ""
    assert issue(world, "D-3", 1, "B", BEFORE) == "share-exceeded", (
        "nor is there more for a day before"
    )


def test_a_correction_in_a_closed_period_is_asked_about_all_that_was_taken_by_the_share() -> None:
    world = venture()
    assert issue(world, "D-1", 60, "B", BEFORE) == ""
    world.open("A9", "A")
    assert issue(world, "D-2", 50, "A9", LATER) == ""
    world.today = AFTER
    close(world)
    corrects = {"replaces": "D-2", "correction_reason": "customer"}
    assert issue(world, "D-3", 50, "B2", AFTER, **corrects) == "share-exceeded"
    assert issue(world, "D-3", 33, "B2", AFTER, **corrects) == ""


def test_what_is_listed_of_the_holder_before_the_day_goes_over_too() -> None:
    world = venture()
    assert share(world, "40", date(2026, 6, 20)) == ""
    assert [held(world, day) for day in (BEFORE, OVER)] == [{"B": 40}, {"B2": 40}]
    assert share(world, "0", BEFORE) == ""
    assert held(world, OVER) == {}


def test_a_share_of_the_successors_own_is_added() -> None:
    world = stocked()
    world.open("B2", "B")
    assert [share(world, "10", LISTED), share(world, "5", LISTED, "B2")] == ["", ""]
    goes_over(world)
    assert held(world, BEFORE) == {"B": 10, "B2": 5}
    assert held(world, OVER) == {"B2": 15}
    assert issue(world, "D-1", 80, "B", BEFORE) == ""
    assert issue(world, "D-2", 60, "B2", LATER) == "share-exceeded"
    assert issue(world, "D-2", 59, "B2", LATER) == ""


def test_another_share_of_the_successor_stands_in_the_place_of_the_one_that_went_over() -> None:
    world = venture("60")
    assert share(world, "60", LATER, "B2") == ""
    assert len(events(world, JointVentureListed)) == 1, "it has that share already"
    assert share(world, "50", LATER, "B2") == ""
    [_, anew] = events(world, JointVentureListed)
    assert (anew.holder_scope_id, anew.in_place_of) == ("B2", ("B",))
    assert [held(world, day) for day in (BEFORE, OVER, LATER)] == [
        {"B": 60},
        {"B2": 60},
        {"B2": 50},
    ]
    world.open("A9", "A")
    assert share(world, "51", LATER, "A9") == "shares-above-whole"
    assert share(world, "50", LATER, "A9") == ""


def test_the_first_share_of_a_successor_does_not_count_for_days_of_the_one_before() -> None:
    world = venture("30")
    assert share(world, "40", LATER, "B2") == ""
    assert [held(world, day) for day in (BEFORE, OVER, LATER)] == [
        {"B": 30},
        {"B2": 30},
        {"B2": 40},
    ]


def test_the_successors_share_ends_as_any_other() -> None:
    world = venture()
    assert share(world, "0", LATER, "B2") == ""
    assert [held(world, day) for day in (OVER, LATER)] == [{"B2": 10}, {}]
    assert share(world, "0", LATER, "B2") == ""


def test_a_holder_that_is_over_gets_no_share_and_loses_the_one_it_left() -> None:
    world = venture()
    assert share(world, "20", LATER) == "scope-transferred"
    assert share(world, "0", LATER) == ""
    assert held(world, LATER) == {}


def test_to_another_member_no_share_goes_by_itself() -> None:
    world = venture(to="A9")
    assert held(world, OVER) == {"B": 10}


def test_a_share_passes_through_a_scope_that_goes_on() -> None:
    world = venture()
    world.open("B3", "B")
    goes_over(world, "B3", "B2", LATER)
    days = (BEFORE, OVER, LATER)
    assert [held(world, day) for day in days] == [{"B": 10}, {"B2": 10}, {"B3": 10}]


def test_two_that_went_over_into_each_others_place_end_the_search() -> None:
    """No scope can be approved into one that leads back; a stream of before might say so."""
    world = venture()
    back = world.desk.state("coc_scope/B2")._replace(ends_before=LATER, to_scope_id="B")
    states = {"coc_scope/B": world.desk.state("coc_scope/B"), "coc_scope/B2": back}
    assert [one.scope_id for one in places("B", states.__getitem__)] == ["B", "B2"]


def test_a_share_that_comes_to_the_scope_itself_is_none() -> None:
    world = venture()
    stakes = world.desk.state("coc_scope/A").stakes
    assert inherited("B2", stakes, OVER, world.desk.state) == ()
    assert stake_limit(inherited("A", stakes, OVER, world.desk.state), "B2", 930) == 93


def test_a_share_that_ended_before_its_holder_did_is_shown_with_its_own_days() -> None:
    world = venture()
    ended = VentureTold("B", Decimal(10), LISTED, date(2026, 6, 20))
    assert shown([ended], world.desk.state) == [ended]
