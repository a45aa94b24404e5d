"""A facility is in one open scope for an activity; one that is to take over another scope awaits
its facilities, and has them from the day on which it goes over.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from contracts.coc_scopes import ScopeFacilitiesCame
from contracts.custody import Account, PoolKey, Stage
from contracts.values import Activity, Standard
from infra.errors import Refused
from services.coc_ledger.accounting.balance_on import balance_on
from services.coc_ledger.accounting.sellable import Held, sellable
from services.coc_ledger.evidence import ScopeEvidence
from services.coc_ledger.knowledge import scope_on
from services.coc_ledger.scopes.neighbours import (
    Neighbour,
    also_in,
    check_elsewhere,
    neighbours,
)
from services.coc_ledger.scopes.scope import due
from tests.rules.coc.given import POLICY, kg
from tests.rules.coc.test_covered_facilities import (
    asked,
    certified,
    document,
    events,
    has,
    ready,
)
from tests.rules.coc.test_facility_left import closed, told, transferred
from tests.rules.coc.test_going_over import approve
from tests.rules.coc.world import YEAR, World

TODAY, OVER_ON = date(2026, 6, 1), date(2026, 7, 1)
DAY_BEFORE = OVER_ON - timedelta(days=1)
CASTHOUSE, SMELTING = Activity.CASTHOUSE, Activity.SMELTING


@pytest.fixture
def world() -> World:
    return World(TODAY)


def refusal(world: World, command: str, **fields: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        world.send(command, **fields)
    return refused.value


def adding(scope_id: str, facility_id: str, *activities: str) -> Mapping[str, Any]:
    own = {"scope_id": scope_id, "member_id": "A", "facility_id": facility_id}
    return {**own, "activities": activities or ("casthouse",)}


def successor(world: World, *more: str, **changed: Any) -> None:
    """Scope N of A, opened to take over scope A, with its facility F-1."""
    world.send("open_scope", **asked("N", "F-1", *more, **{"successor_of": "A", **changed}))
    world.settle()


def on_day(world: World, day: date, scope_id: str = "N") -> ScopeEvidence:
    found = scope_on(scope_id, day, world.known())
    assert found is not None
    return found


def booked(world: World, day: date, scope_id: str = "N", name: str = "M-1") -> str:
    """Why ten kilograms may not be bought on a day; nothing when they are."""
    own = {"scope_id": scope_id, "member_id": "A", "stage": "aluminium", "day": day}
    lot = {"movement_id": name, "mass_kg": 10, "origin": "non_coc"}
    return world.attempt("receive_material", **own, **lot)


# --- in one scope ---


def test_a_scope_does_not_open_with_a_facility_of_another_one(world: World) -> None:
    refused = refusal(world, "open_scope", **asked("N", "F-1"))
    assert refused.slug == "facility-in-other-scope"
    assert refused.facts["facility_id"] == "F-1"
    assert refused.facts["scope_id"] == "A"
    assert refused.facts["activities"] == ["casthouse"]


def test_of_two_that_rows_have_not_heard_of_the_second_is_refused(world: World) -> None:
    world.certify("F-2", "A")
    world.send("open_scope", **asked("N", "F-2"))
    assert world.reader.row("scopes", "N") is None
    assert world.attempt("open_scope", **asked("O", "F-2")) == "facility-in-other-scope"


def test_scopes_of_before_that_were_never_named_are_found_by_rows(world: World) -> None:
    """As in a store of a time in which nothing was named."""
    del world.desk.folds["coc_entity/EA"]
    assert world.attempt("open_scope", **asked("N", "F-1")) == "facility-in-other-scope"


def test_a_facility_of_another_scope_is_not_added(world: World) -> None:
    world.open("N", "A")
    assert refusal(world, "add_scope_facility", **adding("N", "F-1")).facts["scope_id"] == "A"
    world.certify("F-2", "A")
    assert world.attempt("add_scope_facility", **adding("N", "F-2")) == ""
    assert world.attempt("add_scope_facility", **adding("A", "F-2")) == "facility-in-other-scope"


def test_for_different_activities_it_may_be_in_two(world: World) -> None:
    """ASI counts input and output by activity in each scope: a site may smelt in one scope and
    cast in another."""
    assert world.attempt("open_scope", **asked("N", "F-1", activities=("smelting",))) == ""
    world.settle()
    world.certify("F-2", "A")
    more = adding("N", "F-2", "casthouse")
    refused = refusal(world, "add_scope_facility", **more)
    assert (refused.slug, refused.facts["facility_id"]) == ("facility-in-other-scope", "F-1")


def test_the_scope_of_another_member_is_not_named() -> None:
    other = Neighbour("SECRET", "B", {"F-1": None}, frozenset({CASTHOUSE}), None)
    with pytest.raises(Refused) as refused:
        check_elsewhere(["F-1"], {CASTHOUSE}, [other], "A")
    assert refused.value.facts["scope_id"] is None
    assert "SECRET" not in str(refused.value)


def test_the_same_opening_twice_is_one(world: World) -> None:
    assert world.send("open_scope", **asked("A", "F-1")) == 0


def test_from_the_day_on_which_a_scope_went_over_its_facility_is_free(world: World) -> None:
    world.open("N", "A")
    approve(world, "A", "N", OVER_ON)
    refused = refusal(world, "add_scope_facility", **adding("N", "F-1"))
    assert refused.facts["until"] == OVER_ON.isoformat()
    early = asked("O", "F-1", starts_on=DAY_BEFORE)
    assert world.attempt("open_scope", **early) == "facility-in-other-scope"
    world.today = OVER_ON
    assert world.attempt("add_scope_facility", **adding("N", "F-1")) == ""
    late = asked("O", "F-1", starts_on=OVER_ON)
    assert world.attempt("open_scope", **late) == "facility-in-other-scope"


def test_from_the_day_on_which_it_left_it_is_free(world: World) -> None:
    """It went to B, and came back."""
    told(world, transferred("F-1"))
    back = transferred("F-1", "A", on=date(2026, 5, 20))
    told(world, back.model_copy(update={"from_entity_id": "EB", "from_member_id": "B"}))
    before = asked("N", "F-1", starts_on=date(2026, 4, 1))
    assert world.attempt("open_scope", **before) == "facility-in-other-scope"
    assert world.attempt("open_scope", **asked("N", "F-1", starts_on=date(2026, 5, 1))) == ""


def test_scopes_of_before_that_share_a_facility_say_so(world: World) -> None:
    world.open("N", "A")
    version, state = world.desk.folds["coc_scope/N"]
    shared = state._replace(facilities=("F-1", "F-N"))
    world.desk.folds["coc_scope/N"] = (version, shared)
    seen = neighbours("N", "EA", TODAY, (), world.desk.state)
    assert also_in(shared, TODAY, seen) == {"F-1": ["A"]}
    casts_not = shared._replace(activities=(SMELTING,))
    assert also_in(casts_not, TODAY, seen) == {}
    approve(world, "A", "N", OVER_ON)
    after = neighbours("N", "EA", OVER_ON, (), world.desk.state)
    assert also_in(shared, OVER_ON, after) == {}, "put right by a transfer"


# --- to come ---


def test_a_successor_has_the_facilities_from_the_day_of_the_transfer_on(world: World) -> None:
    successor(world)
    assert on_day(world, OVER_ON).facilities == (), "nobody has approved it"
    approve(world, "A", "N", OVER_ON)
    [came] = events(world, ScopeFacilitiesCame)
    assert (came.from_scope_id, came.facilities, came.effective_on) == ("A", ("F-1",), OVER_ON)
    days = (DAY_BEFORE, OVER_ON)
    assert [on_day(world, day).facilities for day in days] == [(), ("F-1",)]
    assert [on_day(world, day, "A").ended(day) for day in days] == [False, True]


def test_before_that_nothing_is_booked_in_it(world: World) -> None:
    successor(world)
    assert booked(world, TODAY) == "facilities-to-come"
    approve(world, "A", "N", OVER_ON)
    world.today = OVER_ON
    assert booked(world, DAY_BEFORE, "A") == ""
    assert booked(world, DAY_BEFORE, name="M-2") == "facilities-to-come"
    assert booked(world, OVER_ON) == ""
    assert booked(world, OVER_ON, "A", "M-2") == "scope-transferred"


def test_nothing_leaves_it_or_is_claimed_before(world: World) -> None:
    successor(world)
    at = {"scope_id": "N", "member_id": "A", "stage": "aluminium", "day": TODAY, "mass_kg": 1}
    assert world.attempt("ship_material", **at, movement_id="O-1") == "facilities-to-come"
    assert world.attempt("issue_document", **document("N", "A", TODAY)) == "facilities-to-come"
    to_it = document("B", "B", TODAY, to="N")
    ready(world, "B", "B")
    assert world.attempt("issue_document", **to_it) == "facilities-to-come"
    held = Held(world.certificates("EA"), 0, 0)
    stood = balance_on(None, TODAY, {}, POLICY)
    answer = sellable(on_day(world, TODAY), (), None, TODAY, stood, held, POLICY)
    assert answer.barred == "the facilities come with the scope that goes over"


def test_what_the_other_scope_holds_comes_with_them(world: World) -> None:
    successor(world)
    assert booked(world, TODAY, "A") == ""
    approve(world, "A", "N", OVER_ON)
    world.today = OVER_ON
    where = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": TODAY}
    world.settle()
    world.send("close_period", **where)
    world.settle()
    pool = world.pool(PoolKey(scope_id="N", stage=Stage.ALUMINIUM, period=YEAR))
    assert kg(pool, Account.STOCK) == 10


def test_the_stages_of_its_own_facilities_work_at_once(world: World) -> None:
    has(world, "F-9", Activity.ALUMINA_REFINING)
    world.certify("F-9", "A")
    has(world, "F-9", Activity.ALUMINA_REFINING)
    successor(world, "F-9", activities=("alumina_refining", "casthouse"))
    seen = on_day(world, TODAY)
    assert seen.facilities == ("F-9",)
    assert (seen.awaits, seen.awaiting) == ((Stage.ALUMINIUM,), False)
    assert booked(world, TODAY) == "facilities-to-come"
    approve(world, "A", "N", OVER_ON)
    assert on_day(world, OVER_ON).idle == ()


def test_one_that_the_performance_standard_does_not_cover_yet_comes_as_well(
    world: World,
) -> None:
    """A mill has a year from its grant, wherever it is by then."""
    has(world, "F-98")
    certified(world, Standard.CHAIN_OF_CUSTODY, "F-98", since=date(2026, 2, 10))
    mill = {"activities": ("casthouse", "semi_fabrication")}
    world.send("add_scope_facility", **adding("A", "F-98", "semi_fabrication"))
    world.settle()
    successor(world, "F-98", **mill)
    assert on_day(world, TODAY).facilities == ()
    approve(world, "A", "N", OVER_ON)
    assert on_day(world, DAY_BEFORE).facilities == ()
    assert on_day(world, OVER_ON).facilities == ("F-1", "F-98")
    assert set(due(world.desk.state("coc_scope/N"))) == {"ps_due:F-98"}


def test_what_went_over_elsewhere_does_not_come(world: World) -> None:
    successor(world)
    world.open("O", "A")
    approve(world, "A", "O", OVER_ON)
    assert events(world, ScopeFacilitiesCame) == []
    world.today = OVER_ON
    assert world.attempt("add_scope_facility", **adding("N", "F-1")) == ""
    world.settle()
    assert on_day(world, OVER_ON).facilities == ("F-1",)
    assert booked(world, OVER_ON) == ""


def test_one_that_closes_meanwhile_does_not_come(world: World) -> None:
    successor(world)
    told(world, closed("F-1"))
    approve(world, "A", "N", OVER_ON)
    assert events(world, ScopeFacilitiesCame) == []
    assert on_day(world, OVER_ON).facilities == ()


def test_a_successor_is_of_a_scope_of_the_same_entity_that_stays(world: World) -> None:
    for other in ("B", "nobody", "N"):
        opening = asked("N", "F-1", successor_of=other)
        assert world.attempt("open_scope", **opening) == "unknown-scope"
    world.open("O", "A")
    approve(world, "A", "O", OVER_ON)
    opening = asked("N", "F-1", successor_of="A")
    assert world.attempt("open_scope", **opening) == "scope-transferred"


def test_it_takes_nothing_of_a_third_scope(world: World) -> None:
    world.open("O", "A")
    opening = asked("N", "F-1", "F-O", successor_of="A")
    assert refusal(world, "open_scope", **opening).facts["scope_id"] == "O"


def test_until_it_has_come_it_is_the_other_scopes_and_then_nobody_elses(world: World) -> None:
    successor(world)
    world.open("O", "A")
    assert refusal(world, "add_scope_facility", **adding("O", "F-1")).facts["scope_id"] == "A"
    approve(world, "A", "N", OVER_ON)
    world.today = OVER_ON
    assert refusal(world, "add_scope_facility", **adding("O", "F-1")).facts["scope_id"] == "N"
