"""A suspension that came late: the clock ran after the day, and documents of the days since had
passed their check.
"""

from datetime import date

from contracts.coc import ScopeReinstated, ScopeSuspended
from contracts.coc_scopes import PsObligationEnded
from contracts.custody import PoolKey, Stage
from contracts.facilities import FacilityClosed
from contracts.values import Standard
from infra.decider import Tick
from services.coc_ledger.scopes import state as scope_state
from tests.rules.coc.test_covered_facilities import (
    certified,
    checked,
    document,
    events,
    new_member,
    ready,
)
from tests.rules.coc.world import YEAR, World

PS = Standard.PERFORMANCE


def bought(world: World) -> None:
    """C has metal that counts, under a document of A's, and sells it on."""
    ready(world, "A", "A")
    day = date(2026, 3, 1)
    world.send("issue_document", **document("A", "A", day, "D-0", to="C"))
    world.send("confirm_document", number="D-0", member_id="C", received_kg=100, received_on=day)
    world.settle()
    where = {"scope_id": "C", "member_id": "C", "stage": "aluminium", "day": day}
    world.send("ship_material", **where, movement_id="OUT", mass_kg=100)
    world.settle()


def late(world: World) -> World:
    """A document of C's is issued and confirmed five days after C's last day."""
    new_member(world, "F-C")
    world.today = date(2026, 5, 20)
    bought(world)
    day = date(2026, 5, 15)
    world.send("issue_document", **document("C", "C", day))
    got = {"member_id": "B", "received_kg": 100, "received_on": day}
    world.send("confirm_document", number="D-1", **got)
    world.settle()
    return world


def suspend(world: World) -> None:
    tick = Tick(on=world.today, rule="ps_due:", target="coc_scope/C")
    world.desk.handle(tick, "tick", "", world.today)
    world.settle()


def test_a_suspension_that_is_dated_back_fails_what_was_issued_since() -> None:
    world = late(World(date(2026, 3, 1)))
    assert checked(world).passed
    suspend(world)
    [event] = events(world, ScopeSuspended)
    assert event.effective_on == date(2026, 5, 11)
    assert checked(world).reasons == ("issuer-scope-suspended",)
    buyer = world.pool(PoolKey(scope_id="B", stage=Stage.ALUMINIUM, period=YEAR))
    assert sum(kgs for name, (kgs, *_) in buyer.books.items() if name.value == "input_coc") == 0


def test_a_certificate_that_held_in_time_brings_the_documents_back() -> None:
    world = late(World(date(2026, 3, 1)))
    suspend(world)
    certified(world, PS, "F-C", since=date(2026, 4, 1), member="C")
    assert checked(world).passed
    assert checked(world).check == 3


def test_a_document_of_before_the_suspension_stands() -> None:
    world = World(date(2026, 3, 1))
    new_member(world, "F-C")
    world.today = date(2026, 5, 20)
    bought(world)
    world.send("issue_document", **document("C", "C", date(2026, 5, 10)))
    suspend(world)
    got = {"member_id": "B", "received_kg": 100, "received_on": date(2026, 5, 20)}
    world.send("confirm_document", number="D-1", **got)
    world.settle()
    assert checked(world).passed


def test_an_earlier_suspension_is_not_forgotten_by_a_later_one() -> None:
    today = date(2026, 6, 1)
    first, back, again = date(2026, 5, 11), date(2026, 5, 20), date(2026, 8, 1)
    state = (
        World(today).desk.state("coc_scope/A")._replace(suspended_from=first, reinstated_from=back)
    )
    told = ScopeSuspended(
        scope_id="A", member_id="A", effective_on=again, because="ps_not_achieved", facility_id=None
    )
    seen = scope_state.evidence(scope_state.evolve(state, told), today)
    assert seen is not None
    asked_for = [seen.suspended(day) for day in (date(2026, 5, 15), back, again)]
    assert asked_for == [True, False, True]


def test_an_earlier_certificate_that_is_heard_of_after_a_later_one_brings_them_back_too() -> None:
    world = late(World(date(2026, 3, 1)))
    suspend(world)
    certified(world, PS, "F-C", since=date(2026, 5, 18), member="C")
    assert checked(world).reasons == ("issuer-scope-suspended",)
    certified(world, PS, "F-C", since=date(2026, 5, 13), member="C")
    assert checked(world).passed
    until = [one.effective_on for one in events(world, ScopeReinstated)]
    assert until == [date(2026, 5, 18), date(2026, 5, 13)]


def test_what_waited_for_the_standard_before_it_left_is_claimed_for_those_days_still() -> None:
    """The only facility left on 20 April, and what was made before is claimed afterwards."""
    world = World(date(2026, 3, 1))
    new_member(world, "F-C")
    bought(world)
    world.today = date(2026, 4, 25)
    left = FacilityClosed(
        facility_id="F-C", member_id="C", effective_on=date(2026, 4, 20), reason="mothballed"
    )
    world.tell(left, "membership")
    world.settle()
    assert [one.effective_on for one in events(world, PsObligationEnded)] == [date(2026, 4, 20)]
    slugs = [
        world.attempt("issue_document", **document("C", "C", date(2026, 4, day), f"D-{day}"))
        for day in (19, 20)
    ]
    assert slugs == ["", "facility-left-scope"]
