"""Scopes that go over into another one: where later deliveries are booked, what is refused."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Self

import pytest

from contracts.custody import Account, PoolKey
from infra.errors import Refused
from services.coc_ledger import domain
from services.coc_ledger.pools.deferred import ChangeDeferred
from services.coc_ledger.scopes.commands import ApproveScopeTransfer
from tests.rules.coc.given import balanced, kg
from tests.rules.coc.test_periods_and_orders import KEY, close, document, send, stocked
from tests.rules.coc.world import World

OVER_ON = date(2026, 7, 1)


def go_over(world: World, to_scope_id: str) -> None:
    """Scope B goes over into another one, and the day comes."""
    approve(world, "B", to_scope_id, OVER_ON)
    world.today = OVER_ON


def approve(world: World, scope_id: str, to_scope_id: str, effective_on: date) -> None:
    """Operations approve a transfer; filled in as over HTTP."""
    sent = {
        "scope_id": scope_id,
        "member_id": scope_id[0],
        "to_scope_id": to_scope_id,
        "effective_on": effective_on,
    }
    filled = domain.fill(ApproveScopeTransfer, sent, world.known(), world.today)
    told = {**sent, **filled, "on": world.today, "approver": "person-1"}
    world.desk.handle(ApproveScopeTransfer.model_validate(told), scope_id, "", world.today)
    world.settle()


def receive_d1(world: World, received_on: date) -> str:
    """Why member B may not confirm that D-1 has come."""
    told = {"number": "D-1", "member_id": "B", "received_kg": 100, "received_on": received_on}
    slug = world.attempt("confirm_document", **told)
    world.settle()
    return slug


@pytest.mark.parametrize(("days", "scope_id"), [(-1, "B"), (0, "B2")])
def test_what_comes_after_its_scope_went_over_is_booked_where_that_went(
    days: int, scope_id: str
) -> None:
    world = stocked()
    world.open("B2", "B")
    send(world, document("D-1", 100))
    go_over(world, "B2")
    assert receive_d1(world, OVER_ON + timedelta(days=days)) == ""
    got = {one: world.pool(KEY.model_copy(update={"scope_id": one})) for one in ("B", "B2")}
    assert {one: kg(pool, Account.INPUT_COC) for one, pool in got.items()} == {
        one: (-100 if one == scope_id else 0) for one in got
    }
    assert received_by(world, "D-1") == ("B", got[scope_id].key)


def received_by(world: World, number: str) -> tuple[str | None, PoolKey | None]:
    """Who booked a document, and where."""
    checked = world.documents()[number].checked
    assert checked is not None
    return checked.receiver_member_id, checked.receiver


def test_what_comes_after_its_scope_went_over_to_another_member_is_refused() -> None:
    world = stocked()
    world.open("A2", "A")
    send(world, document("D-1", 100))
    go_over(world, "A2")
    assert receive_d1(world, OVER_ON) == "scope-transferred"
    assert receive_d1(world, OVER_ON - timedelta(days=1)) == ""


def test_nothing_is_issued_to_a_scope_that_went_over() -> None:
    world = stocked()
    world.open("B2", "B")
    go_over(world, "B2")
    late = {**document("D-1", 100), "day": OVER_ON}
    with pytest.raises(Refused, match="Scope B ended before 2026-07-01: book in B2"):
        send(world, late)


def test_a_scope_goes_over_into_none_that_has_ended() -> None:
    world = stocked()
    world.open("B2", "B")
    go_over(world, "B2")
    with pytest.raises(Refused, match="no other scope B to go over into on 2026-07-02"):
        approve(world, "A", "B", OVER_ON + timedelta(days=1))


def test_scopes_that_go_over_into_each_other_are_looked_through_once() -> None:
    """One after the other, the later day first: on that day both have ended."""
    world = stocked()
    world.open("B2", "B")
    send(world, document("D-1", 100))
    late = OVER_ON + timedelta(days=9)
    go_round(world, OVER_ON, late)
    world.today = late
    assert receive_d1(world, late) == "scope-transferred"


def sold_and_gone_over(*, closed: bool) -> World:
    """A document of scope A is confirmed; then A goes over into A2."""
    world = stocked()
    world.open("A2", "A")
    send(world, document("D-1", 100))
    world.settle()
    assert receive_d1(world, world.today) == ""
    approve(world, "A", "A2", OVER_ON)
    world.today = OVER_ON
    if closed:
        close(world)
    return world


def corrected(world: World, **changed: object) -> str:
    """Why D-1 is not corrected from 100 to 90 kg by scope A2."""
    more = {"replaces": "D-1", "correction_reason": "weight", "scope_id": "A2", "day": OVER_ON}
    fields = {**document("D-2", 90), **more, **changed}
    slug = world.attempt(fields.pop("command_name"), **fields)
    world.settle()
    return slug


def test_a_document_of_a_scope_that_went_over_is_corrected_by_the_one_that_has_its_books() -> None:
    world = sold_and_gone_over(closed=True)
    assert corrected(world, scope_id="A") == "scope-transferred"
    world.open("A3", "A")
    assert corrected(world, scope_id="A3") == "unknown-document"
    assert corrected(world) == ""
    old, new = world.documents()["D-1"].ended, world.documents()["D-2"].issued
    assert old is not None
    assert new is not None
    assert (old.because, old.by) == ("superseded", "D-2")
    assert (new.issuer.scope_id, new.pool.scope_id, new.mass_kg) == ("A2", "A2", 90)
    claimed = [kg(pool, Account.OUTPUT_COC) for pool in world.pools().values()]
    assert sorted(claimed) == [0, 0, 90], "what was delivered, where it was claimed first"
    assert all(map(balanced, world.pools().values()))


def test_while_the_period_of_the_error_is_open_it_is_corrected_there() -> None:
    world = sold_and_gone_over(closed=False)
    assert corrected(world) == "period-of-error-open"
    assert corrected(world, scope_id="A", day=OVER_ON - timedelta(days=1)) == ""
    assert kg(world.pool(KEY), Account.OUTPUT_COC) == 90


class ApprovedLongAgo(ApproveScopeTransfer):
    """Decided by what its sender knew: two at once could lead back into each other."""

    def fresh(self, state: Callable[[str], Any]) -> Self:
        return self


def go_round(world: World, there: date, back: date) -> None:
    """Scopes B and B2 go over into each other, as stores may have it in which that was not refused
    yet."""
    for scope_id, to_scope_id, day in (("B2", "B", back), ("B", "B2", there)):
        approved = ApprovedLongAgo(
            on=world.today,
            scope_id=scope_id,
            member_id="B",
            to_scope_id=to_scope_id,
            effective_on=day,
            approver="person-1",
            known_to=True,
        )
        world.desk.handle(approved, f"over-{scope_id}", "", world.today)
    world.settle()


def refusal(world: World, scope_id: str, to_scope_id: str, day: date) -> Refused:
    """Why operations may not approve a transfer."""
    with pytest.raises(Refused) as refused:
        approve(world, scope_id, to_scope_id, day)
    return refused.value


def test_no_scope_goes_over_where_it_would_come_back() -> None:
    """Directly, or over several: one that goes over later than that."""
    world = stocked()
    for scope_id in ("B2", "B3"):
        world.open(scope_id, "B")
    approve(world, "B", "B2", OVER_ON)
    approve(world, "B2", "B3", OVER_ON + timedelta(days=9))
    direct = refusal(world, "B3", "B2", OVER_ON)
    assert (direct.slug, direct.facts["passed"]) == ("transfer-leads-back", ["B3"])
    over_two = refusal(world, "B3", "B", OVER_ON - timedelta(days=1))
    assert (over_two.slug, over_two.facts["passed"]) == ("transfer-leads-back", ["B2", "B3"])


def test_a_scope_goes_over_into_one_that_stays() -> None:
    world = stocked()
    world.open("B2", "B")
    approve(world, "B", "B2", OVER_ON + timedelta(days=9))
    refused = refusal(world, "A", "B", OVER_ON)
    assert (refused.slug, refused.facts["to_scope_id"]) == ("transfer-goes-on", "B2")
    approve(world, "A", "B2", OVER_ON)
    assert world.reader.row("scopes", "A").to_scope_id == "B2"


@pytest.mark.parametrize("order", [("B", "B2"), ("B2", "B")])
def test_what_goes_round_between_closed_periods_is_refused_and_not_passed_on_for_ever(
    order: tuple[str, str],
) -> None:
    """Each is closed, and hands on to the other."""
    world = stocked()
    world.open("B2", "B")
    for scope_id in order:
        lot = {"movement_id": f"M-{scope_id}", "mass_kg": 700, "origin": "non_coc"}
        world.send("receive_material", **at(scope_id), **lot)
    world.settle()
    go_round(world, OVER_ON + timedelta(days=5), OVER_ON)
    world.today = OVER_ON + timedelta(days=6)
    world.send("close_period", **at(order[0]))
    world.settle()
    world.send("close_period", **at(order[1]))
    with pytest.raises(AssertionError, match="came through B"):
        world.settle()
    assert len([one for one in world.desk.log if isinstance(one.event, ChangeDeferred)]) <= 2


def at(scope_id: str) -> dict[str, object]:
    """Where a movement of member B is booked."""
    return {"scope_id": scope_id, "member_id": "B", "stage": "aluminium", "day": date(2026, 5, 1)}
