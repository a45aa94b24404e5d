"""Who works for a scope, who has a share in it and whom it looked at goes over with it, from the
day of the transfer on, and says where it comes from (rules 5.6)."""

from datetime import date
from typing import Any

import pytest

from contracts.coc import DueDiligenceRecorded
from contracts.custody import Topic
from services.coc_ledger.evidence import ScopeEvidence
from services.coc_ledger.scopes.commands import ApproveScopeTransfer
from services.coc_ledger.scopes.partners import contractors_told, ventures_told
from services.coc_ledger.scopes.state import Scope, evidence
from tests.rules.coc.test_periods_and_orders import EVERY
from tests.rules.coc.world import YEAR, World, facility_of

TODAY = date(2026, 6, 1)
OVER, BEFORE = date(2026, 7, 1), date(2026, 6, 30)
OLD, NEW = "A", "A2"
LOOK = {"supplier_id": "YARD", "topics": EVERY, "performed_on": YEAR}
WORKS = {"title_stays": True, "keeps_records": True, "risks_controlled": True}


def of(scope_id: str) -> dict[str, str]:
    return {"scope_id": scope_id, "member_id": scope_id[0]}


def world_of(scope_id: str = NEW, *, successor: bool = True) -> World:
    """Scope A with a contractor, a holder of a share and a supplier that was looked at, and another
    scope into which it may go over."""
    world = World(TODAY)
    hire(world, OLD, "MELTER")
    share(world, OLD, "B", 30)
    world.send("record_due_diligence", **of(OLD), **LOOK)
    if successor:
        succeed(world, NEW, OLD)
    elif scope_id == NEW:
        world.open(NEW, "A")
    world.settle()
    return world


def succeed(world: World, scope_id: str, old: str, facility: str = facility_of(OLD)) -> None:
    """A scope that is opened to take another one over."""
    opening: dict[str, Any] = {
        "entity_id": "EA",
        "name": f"Works {scope_id}",
        "address": "1 Main Street",
        "facilities": (facility,),
        "activities": ("casthouse",),
        "starts_on": YEAR,
        "successor_of": old,
    }
    world.send("open_scope", **of(scope_id), **opening)


def goes_over(world: World, to: str = NEW, old: str = OLD, day: date = OVER) -> World:
    over = {"to_scope_id": to, "effective_on": day, "approver": "person-1"}
    world.carry_out(ApproveScopeTransfer.model_validate({**of(old), **over, "on": TODAY}))
    world.settle()
    return world


def hire(world: World, scope_id: str, name: str) -> None:
    world.send("list_contractor", **of(scope_id), contractor_id=name, name=name, **WORKS)
    world.settle()


def dismiss(world: World, scope_id: str, name: str) -> None:
    world.send("delist_contractor", **of(scope_id), contractor_id=name)
    world.settle()


def share(world: World, scope_id: str, holder: str, percent: int) -> None:
    held = {"holder_scope_id": holder, "share_percent": percent}
    world.send("list_joint_venture", **of(scope_id), **held)
    world.settle()


def scope(world: World, scope_id: str = NEW) -> Scope:
    state: Scope = world.desk.state(f"coc_scope/{scope_id}")
    return state


def on(world: World, day: date, scope_id: str = NEW) -> ScopeEvidence:
    found = evidence(scope(world, scope_id), day)
    assert found is not None
    return found


def shares(world: World, day: date) -> dict[str, int]:
    return {one.holder_scope_id: int(one.share_percent) for one in on(world, day).stakes}


def test_contractors_count_in_the_successor_from_the_day_of_the_transfer_on() -> None:
    world = goes_over(world_of())
    assert on(world, OVER).contractors == ("MELTER",)
    assert on(world, BEFORE).contractors == ()
    [told] = contractors_told(scope(world).hired)
    assert (told.name, told.since, told.from_scope_id) == ("MELTER", OVER, OLD)


def test_a_share_goes_over_with_the_output_that_it_is_one_of() -> None:
    world = goes_over(world_of())
    assert shares(world, OVER) == {"B": 30}
    assert shares(world, BEFORE) == {}, "the successor had no part in that output"
    [told] = ventures_told(scope(world).shares)
    assert (told.since, told.from_scope_id) == (OVER, OLD)


def test_a_share_does_not_go_into_the_output_of_a_scope_that_was_there_before() -> None:
    world = goes_over(world_of(successor=False))
    assert shares(world, OVER) == {}
    assert on(world, OVER).contractors == ("MELTER",)
    assert list(scope(world).diligence) == ["YARD"]


def test_a_supplier_that_was_looked_at_needs_no_second_look() -> None:
    world = goes_over(world_of())
    assert scope(world).diligence == scope(world, OLD).diligence
    told = [one.event for one in world.desk.log if isinstance(one.event, DueDiligenceRecorded)]
    assert [(one.scope_id, one.from_scope_id) for one in told] == [(OLD, None), (NEW, OLD)]
    world.today = OVER
    scrap = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}
    lot = {"stage": "aluminium", "day": OVER, "movement_id": "IN", "mass_kg": 100}
    world.send("receive_material", **of(NEW), **lot, **scrap)
    world.settle()
    [pool] = [one for one in world.pools().values() if one.key and one.key.scope_id == NEW]
    assert any(account.value == "input_post_consumer" for account in pool.books)


def test_a_look_that_does_not_count_any_more_stays_behind() -> None:
    world = world_of()
    old = {"supplier_id": "OLD-YARD", "topics": EVERY, "performed_on": date(2025, 1, 1)}
    world.send("record_due_diligence", **of(OLD), **old, valid_through=BEFORE)
    goes_over(world)
    assert list(scope(world).diligence) == ["YARD"]


def test_to_another_entity_nothing_comes() -> None:
    world = goes_over(world_of(successor=False, scope_id="B"), to="B")
    assert scope(world, "B").diligence == {}
    assert (scope(world, "B").hired, scope(world, "B").shares) == ({}, {})


def test_what_is_told_between_the_approval_and_the_day_comes_too() -> None:
    world = goes_over(world_of())
    hire(world, OLD, "ROLLER")
    share(world, OLD, "B", 40)
    half = (Topic.HUMAN_RIGHTS.value,)
    world.send(
        "record_due_diligence", **of(OLD), supplier_id="LATE", topics=half, performed_on=TODAY
    )
    dismiss(world, OLD, "MELTER")
    world.settle()
    assert on(world, OVER).contractors == ("ROLLER",)
    assert [one.contractor_id for one in contractors_told(scope(world).hired)] == ["ROLLER"]
    assert shares(world, OVER) == {"B": 40}
    assert sorted(scope(world).diligence) == ["LATE", "YARD"]
    share(world, OLD, "B", 0)
    assert shares(world, OVER) == {}


def test_after_the_day_the_old_scope_changes_no_partner_of_its_successor() -> None:
    world = goes_over(world_of())
    world.today = OVER
    dismiss(world, OLD, "MELTER")
    share(world, OLD, "B", 0)
    assert on(world, OVER).contractors == ("MELTER",)
    assert shares(world, OVER) == {"B": 30}
    late = {"supplier_id": "LATE", "topics": EVERY, "performed_on": BEFORE}
    world.send("record_due_diligence", **of(OLD), **late)
    world.settle()
    assert "LATE" in scope(world).diligence, "a look that is recorded late counts all the same"


@pytest.mark.parametrize("first", [True, False])
def test_what_the_successor_lists_by_itself_stands(*, first: bool) -> None:
    world = world_of()
    if not first:
        goes_over(world)
    share(world, NEW, "B", 10)
    dismiss(world, NEW, "MELTER")
    if first:
        goes_over(world)
    else:
        share(world, OLD, "B", 35)
        world.send("record_due_diligence", **of(OLD), **{**LOOK, "performed_on": TODAY})
        world.settle()
    assert shares(world, OVER) == {"B": 10}
    assert on(world, OVER).contractors == (("MELTER",) if first else ())


def test_shares_that_would_be_more_than_the_whole_stay_behind() -> None:
    world = world_of()
    world.open("A9", "A")
    share(world, NEW, "A9", 80)
    goes_over(world)
    assert shares(world, OVER) == {"A9": 80}


def test_what_came_with_one_transfer_goes_on_with_the_next() -> None:
    world = goes_over(world_of())
    world.open("A3", "A")
    goes_over(world, "A3", NEW, date(2026, 8, 1))
    hire(world, OLD, "ROLLER")
    assert on(world, date(2026, 8, 1), "A3").contractors == ("MELTER", "ROLLER")
    assert list(scope(world, "A3").diligence) == ["YARD"]


LATE, EARLY = date(2026, 8, 10), date(2026, 7, 26)


def passing() -> World:
    """A goes over into A2, which goes over into A3 before that day."""
    world = goes_over(world_of(), day=LATE)
    world.open("A3", "A")
    return goes_over(world, "A3", NEW, EARLY)


def test_what_comes_into_a_scope_after_it_went_over_goes_on_from_that_day() -> None:
    world = passing()
    assert [on(world, day, "A3").contractors for day in (EARLY, LATE)] == [(), ("MELTER",)]
    [told] = contractors_told(scope(world, "A3").hired)
    assert (told.since, told.from_scope_id) == (LATE, NEW)


def test_what_is_told_before_it_passes_through_goes_on_as_well() -> None:
    world = passing()
    world.today = date(2026, 8, 1)
    hire(world, OLD, "ROLLER")
    dismiss(world, OLD, "MELTER")
    assert on(world, LATE, "A3").contractors == ("ROLLER",)
    hire(world, NEW, "LATER")
    assert on(world, LATE, "A3").contractors == ("ROLLER",), "A2 is over"


def test_a_share_passes_through_on_that_day_too() -> None:
    world = goes_over(world_of(), day=LATE)
    world.certify("F-3", "A")
    succeed(world, "A3", NEW, "F-3")
    goes_over(world, "A3", NEW, EARLY)
    world.today = date(2026, 8, 1)
    share(world, OLD, "B", 40)
    stakes = [on(world, day, "A3").stakes for day in (EARLY, LATE)]
    assert [[int(one.share_percent) for one in told] for told in stakes] == [[], [40]]
    share(world, OLD, "B", 0)
    assert on(world, LATE, "A3").stakes == ()
