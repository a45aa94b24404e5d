"""A facility that membership transfers or closes leaves its scope on that day, and may be added to
one of its new owner's; what the old scope holds is shipped.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from contracts.coc import (
    PsObligationMet,
    ScopeFacilityAdded,
    ScopeFacilityLeft,
    ScopeReinstated,
)
from contracts.coc_movements import MovementsBooked
from contracts.custody import Account, PoolKey, Stage
from contracts.facilities import FacilityClosed, FacilityTransferred
from contracts.values import Activity, Standard
from services.coc_ledger.accounting.balance_on import balance_on
from services.coc_ledger.accounting.sellable import Held, sellable
from services.coc_ledger.evidence import ScopeEvidence
from services.coc_ledger.knowledge import results_of, scope_on
from services.coc_ledger.scopes.commands import NoteFacilityLeft
from services.coc_ledger.scopes.duties import left
from services.coc_ledger.scopes.scope import due
from tests.rules.coc.given import POLICY, kg
from tests.rules.coc.results import both
from tests.rules.coc.test_covered_facilities import (
    asked,
    certified,
    document,
    events,
    has,
    issued,
    ready,
)
from tests.rules.coc.test_late_suspension import late, suspend
from tests.rules.coc.world import YEAR, World

TODAY, GONE = date(2026, 6, 1), date(2026, 5, 1)
DAY_BEFORE = date(2026, 4, 30)
COC, PS = Standard.CHAIN_OF_CUSTODY, Standard.PERFORMANCE
REFINING = Activity.ALUMINA_REFINING


@pytest.fixture
def world() -> World:
    return World(TODAY)


def transferred(facility_id: str, to: str = "B", on: date = GONE) -> FacilityTransferred:
    return FacilityTransferred(
        facility_id=facility_id,
        transfer_id=f"T-{facility_id}",
        from_entity_id="EA",
        from_member_id="A",
        entity_id=f"E{to}",
        member_id=to,
        effective_on=on,
    )


def closed(facility_id: str, on: date = GONE, member: str = "A") -> FacilityClosed:
    return FacilityClosed(
        facility_id=facility_id, member_id=member, effective_on=on, reason="mothballed"
    )


def told(world: World, event: FacilityTransferred | FacilityClosed) -> None:
    world.tell(event, "membership")
    world.settle()


def on_day(world: World, day: date, scope_id: str = "A") -> ScopeEvidence:
    found = scope_on(scope_id, day, world.known())
    assert found is not None
    return found


def certified_facility(world: World, facility_id: str, activity: Activity, member: str) -> None:
    has(world, facility_id, activity, member)
    for standard in Standard:
        certified(world, standard, facility_id, member=member)


def works(world: World) -> Mapping[str, Any]:
    """Scope R of A: a casthouse F-R, and a refinery F-9 that made metal's alumina."""
    certified_facility(world, "F-9", REFINING, "A")
    certified_facility(world, "F-R", Activity.CASTHOUSE, "A")
    activities = ("alumina_refining", "casthouse")
    world.send("open_scope", **asked("R", "F-R", "F-9", activities=activities))
    world.settle()
    return {"scope_id": "R", "member_id": "A"}


@pytest.mark.parametrize(
    ("event", "because"), [(transferred("F-1"), "transferred"), (closed("F-1"), "closed")]
)
def test_it_leaves_on_its_day_and_was_there_before(
    world: World, event: FacilityTransferred | FacilityClosed, because: str
) -> None:
    told(world, event)
    [gone] = events(world, ScopeFacilityLeft)
    assert (gone.scope_id, gone.facility_id, gone.because) == ("A", "F-1", because)
    assert gone.effective_on == GONE
    assert on_day(world, DAY_BEFORE).facilities == ("F-1",)
    assert on_day(world, GONE).facilities == ()
    assert world.reader.row("scopes", "A").facilities == ()


def test_the_news_twice_is_one_leaving(world: World) -> None:
    told(world, transferred("F-1"))
    told(world, closed("F-1", member="B"))
    assert len(events(world, ScopeFacilityLeft)) == 1


def test_a_facility_that_is_in_no_scope_is_nobodys_concern(world: World) -> None:
    has(world, "F-7")
    told(world, transferred("F-7"))
    assert events(world, ScopeFacilityLeft) == []


def test_nothing_comes_in_any_more_and_what_is_there_is_shipped(world: World) -> None:
    where = {**ready(world, "A", "A"), "day": GONE}
    bought = {"origin": "non_coc", "mass_kg": 500, "movement_id": "IN-2"}
    world.send("receive_material", **{**where, "day": DAY_BEFORE}, **bought)
    told(world, transferred("F-1"))
    later = {"origin": "non_coc", "mass_kg": 1, "movement_id": "IN-3"}
    assert world.attempt("receive_material", **where, **later) == "facility-left-scope"
    before = {**where, "day": DAY_BEFORE}
    assert world.attempt("receive_material", **before, **later) == "", "what came before, counts"
    assert world.attempt("ship_material", **where, movement_id="OUT-2", mass_kg=500) == ""
    pool = world.pool(PoolKey(scope_id="A", stage=Stage.ALUMINIUM, period=YEAR))
    assert kg(pool, Account.STOCK) == 1


def test_a_file_books_what_leaves_and_not_what_comes(world: World) -> None:
    """What a file's chunk leaves out is told row by row, as any booking is."""
    where = {**ready(world, "A", "A"), "day": GONE, "mass_kg": 1}
    told(world, transferred("F-1"))
    out = {**where, "movement_id": "OUT-2"}
    came = {**where, "movement_id": "IN-3", "origin": "non_coc"}
    world.send_together([("ship_material", out), ("receive_material", came)])
    [chunk] = events(world, MovementsBooked)
    assert chunk.movement_ids == ("OUT-2",)
    assert world.attempt("receive_material", **came) == "facility-left-scope"


def test_a_scope_without_facilities_claims_nothing_though_its_entity_is_certified(
    world: World,
) -> None:
    ready(world, "A", "A")
    certified(world, COC, "F-2")
    certified(world, PS, "F-2")
    told(world, transferred("F-1"))
    assert world.attempt("issue_document", **document("A", "A", GONE)) == "facility-left-scope"
    assert world.attempt("issue_document", **document("A", "A", DAY_BEFORE)) == ""


def test_how_much_may_be_sold_says_the_same(world: World) -> None:
    ready(world, "A", "A")
    told(world, transferred("F-1"))
    row = world.reader.row("pools", f"A:aluminium:{YEAR}")
    stood = balance_on(row, GONE, {}, POLICY)
    held = Held(world.certificates("EA"), 0, 0)
    answers = [
        sellable(on_day(world, day), (), row, day, stood, held, POLICY).barred
        for day in (DAY_BEFORE, GONE)
    ]
    assert answers == [None, "no facility is in the scope any more"]


def test_a_delivery_is_for_the_new_owners_scope(world: World) -> None:
    ready(world, "A", "A")
    world.send("issue_document", **document("A", "A", GONE))
    world.settle()
    told(world, transferred("F-B").model_copy(update={"from_entity_id": "EB"}))
    got = {"number": "D-1", "member_id": "B", "received_kg": 100}
    assert world.attempt("confirm_document", **got, received_on=GONE) == "facility-left-scope"
    again = document("A", "A", GONE, "D-2")
    assert world.attempt("issue_document", **again) == "facility-left-scope"


# --- where others stay ---


def test_the_stage_of_a_facility_that_left_is_idle_and_the_others_go_on(world: World) -> None:
    own = works(world)
    told(world, closed("F-9"))
    bought = {**own, "origin": "non_coc", "mass_kg": 10}
    slugs = [
        world.attempt(
            "receive_material", **bought, stage=stage, day=day, movement_id=f"{stage}-{day}"
        )
        for stage, day in (("alumina", GONE), ("alumina", DAY_BEFORE), ("aluminium", GONE))
    ]
    assert slugs == ["facility-left-scope", "", ""]
    use = {**own, "stage": "bauxite", "day": GONE, "mass_kg": 2847, "movement_id": "T"}
    assert world.attempt("change_stage", **use) == "facility-left-scope"
    out = {**own, "stage": "alumina", "day": GONE, "movement_id": "OUT", "mass_kg": 10}
    assert world.attempt("ship_material", **out) == ""


def test_a_movement_that_names_its_activity_is_refused_from_that_day_on(world: World) -> None:
    own = works(world)
    told(world, closed("F-9"))
    out = {**own, "stage": "alumina", "activity": "alumina_refining", "mass_kg": 1}
    slugs = [
        world.attempt("ship_material", **out, day=day, movement_id=f"OUT-{day}")
        for day in (DAY_BEFORE, GONE)
    ]
    assert slugs == ["", "activity-not-of-scope"]


def test_an_activity_that_another_facility_does_as_well_stays(world: World) -> None:
    certified_facility(world, "F-8", Activity.CASTHOUSE, "A")
    world.send(
        "add_scope_facility",
        scope_id="A",
        member_id="A",
        facility_id="F-8",
        activities=("casthouse",),
    )
    world.settle()
    told(world, transferred("F-1"))
    seen = on_day(world, GONE)
    assert (seen.activities, seen.idle, seen.vacant) == ((Activity.CASTHOUSE,), (), False)


def test_its_verified_results_are_read_for_the_days_before_alone(world: World) -> None:
    for event in both("F-1", member="A"):
        world.tell(event, "ghg")
    world.settle()
    told(world, transferred("F-1"))
    read = [bool(results_of(on_day(world, day), day, world.known())) for day in (DAY_BEFORE, GONE)]
    assert read == [True, False]


# --- afterwards ---


def test_the_new_owner_adds_it_to_a_scope_of_its_own(world: World) -> None:
    told(world, transferred("F-1"))
    for standard in Standard:
        certified(world, standard, "F-1", member="B", since=GONE)
    added = {"scope_id": "B", "member_id": "B", "facility_id": "F-1"}
    assert world.attempt("add_scope_facility", **added, activities=("casthouse",)) == ""
    assert on_day(world, TODAY, "B").facilities == ("F-B", "F-1")


def test_one_that_comes_back_is_added_again_and_was_away_between(world: World) -> None:
    told(world, transferred("F-1"))
    back = transferred("F-1", "A", on=date(2026, 5, 20))
    told(world, back.model_copy(update={"from_entity_id": "EB", "from_member_id": "B"}))
    assert on_day(world, TODAY).facilities == (), "nobody adds it for its owner"
    added = {"scope_id": "A", "member_id": "A", "facility_id": "F-1"}
    world.send("add_scope_facility", **added, activities=("casthouse",))
    world.settle()
    days = (DAY_BEFORE, GONE, date(2026, 5, 31), TODAY)
    assert [on_day(world, day).facilities for day in days] == [("F-1",), (), (), ("F-1",)]
    assert len(events(world, ScopeFacilityAdded)) == 1


def test_a_scope_that_opened_while_the_news_was_on_its_way_loses_it_again(world: World) -> None:
    certified_facility(world, "F-9", REFINING, "A")
    world.send("open_scope", **asked("R", "F-1", "F-9", activities=("alumina_refining",)))
    told(world, transferred("F-9", on=TODAY))
    assert on_day(world, TODAY, "R").facilities == ("F-1",)


def test_nothing_is_due_of_it_any_more() -> None:
    world = World(date(2026, 3, 1))
    has(world, "F-98")
    certified(world, COC, "F-98", since=date(2026, 2, 10))
    added = {"scope_id": "A", "member_id": "A", "facility_id": "F-98"}
    world.send("add_scope_facility", **added, activities=("semi_fabrication",))
    world.settle()
    assert set(due(world.desk.state("coc_scope/A"))) == {"ps_due:F-98"}
    told(world, closed("F-98"))
    assert due(world.desk.state("coc_scope/A")) == {}
    assert world.reader.row("scopes", "A").ps_due == {}


def test_the_last_that_was_not_covered_ends_the_duty_of_the_whole_and_the_suspension() -> None:
    world = late(World(date(2026, 3, 1)))
    suspend(world)
    state = world.desk.state("coc_scope/C")
    assert state.uncovered == ("F-C",)
    leaving = NoteFacilityLeft(
        on=TODAY,
        scope_id="C",
        member_id="C",
        facility_id="F-C",
        effective_on=date(2026, 5, 25),
        because="closed",
    )
    covered = {"facilities": ("F-C", "F-D"), "parts_from": {"F-D": date(2026, 5, 1)}}
    others_covered = state._replace(**covered, met_by="CC-PS-1")
    [_, met, back] = left(leaving, others_covered)
    assert isinstance(met, PsObligationMet)
    assert met.facility_id is None
    assert isinstance(back, ScopeReinstated)
    assert back.effective_on == date(2026, 5, 25)


def test_documents_of_before_keep_what_they_named(world: World) -> None:
    ready(world, "A", "A")
    world.send("issue_document", **document("A", "A", DAY_BEFORE))
    world.settle()
    told(world, transferred("F-1"))
    assert issued(world).evidence.facilities == ("F-1",)
