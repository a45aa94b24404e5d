"""Who works for a scope, and who has a share in it, is judged on the day of the metal."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from services.coc_ledger.evidence import Stake
from services.coc_ledger.scopes.entity_rules import stake_limit
from services.coc_ledger.scopes.partners import (
    Shares,
    contractors_told,
    shared,
    stakes_on,
    ventures_told,
)
from services.coc_ledger.scopes.scope import evidence
from tests.rules.coc.test_periods_and_orders import document, stocked
from tests.rules.coc.world import World

LISTED, BETWEEN, GONE = date(2026, 6, 1), date(2026, 6, 10), date(2026, 6, 20)
OWN: dict[str, Any] = {"scope_id": "A", "member_id": "A"}


def said(world: World, command: str, on: date, **fields: Any) -> str:
    """Why it is refused on a day; nothing when it is not."""
    world.today = on
    refused = world.attempt(command, **OWN, **fields)
    world.settle()
    return refused


def listed(world: World, on: date) -> str:
    told = {"title_stays": True, "keeps_records": True, "risks_controlled": True}
    return said(world, "list_contractor", on, contractor_id="K-1", name="Toller", **told)


def booked(world: World, day: date) -> str:
    """Metal of a day that went through the contractor's works."""
    world.count += 1
    told = {"movement_id": f"K-{world.count}", "mass_kg": 10, "origin": "non_coc"}
    where = {"stage": "aluminium", "day": day, "contractor_id": "K-1"}
    return said(world, "receive_material", world.today, **where, **told)


def test_a_contractors_movement_is_judged_on_its_own_day() -> None:
    world = stocked()
    assert listed(world, LISTED) == ""
    assert said(world, "delist_contractor", GONE, contractor_id="K-1") == ""
    world.today = date(2026, 6, 30)
    days = (date(2026, 5, 31), LISTED, BETWEEN, GONE, date(2026, 6, 21))
    lacking = "contractor-not-listed"
    assert [booked(world, day) for day in days] == [lacking, "", "", "", lacking]


def test_a_contractor_that_is_listed_again_was_not_in_between() -> None:
    world = stocked()
    listed(world, LISTED)
    said(world, "delist_contractor", BETWEEN, contractor_id="K-1")
    assert listed(world, GONE) == ""
    assert listed(world, GONE) == ""
    assert booked(world, date(2026, 6, 15)) == "contractor-not-listed"
    assert [booked(world, day) for day in (BETWEEN, GONE)] == ["", ""]


def share(world: World, percent: str, on: date, holder: str = "B") -> str:
    told = {"holder_scope_id": holder, "share_percent": Decimal(percent)}
    return said(world, "list_joint_venture", on, **told)


def limit(world: World, day: date) -> int | None:
    """What B may take on a day of 1,000 kg of output."""
    told = evidence(world.desk.state("coc_scope/A"), day)
    assert told is not None
    return stake_limit(told.stakes, "B", 1000)


def test_a_share_ends_on_a_day_and_its_former_holder_is_a_customer_like_any_other() -> None:
    world = stocked()
    assert share(world, "1", LISTED) == ""
    first = document("D-1", 100)
    del first["command_name"]
    assert world.attempt("issue_document", **first) == "share-exceeded"
    assert share(world, "0", BETWEEN) == ""
    assert share(world, "0", BETWEEN) == ""
    assert [limit(world, day) for day in (LISTED, date(2026, 6, 9), BETWEEN)] == [10, 10, None]
    assert world.attempt("issue_document", **{**first, "day": BETWEEN}) == ""
    assert share(world, "40", GONE) == ""
    assert [limit(world, day) for day in (LISTED, BETWEEN, GONE)] == [10, None, 400]


def test_shares_of_a_day_are_never_more_than_the_whole_when_one_is_sold() -> None:
    """B's share goes to A9, which had none of it on the days on which B had it."""
    world = stocked()
    world.open("A9", "A")
    assert share(world, "60", LISTED) == ""
    assert share(world, "0", BETWEEN) == ""
    assert share(world, "60", GONE, "A9") == ""
    state = world.desk.state("coc_scope/A")
    days = (date(2026, 5, 1), LISTED, date(2026, 6, 9), BETWEEN, GONE)
    held = {
        day: [(one.holder_scope_id, int(one.share_percent)) for one in stakes_on(state.shares, day)]
        for day in days
    }
    b, c = [("B", 60)], [("A9", 60)]
    assert list(held.values()) == [b, b, b, c, c]


@given(some.lists(some.tuples(some.sampled_from("BC"), some.sampled_from((0, 30, 60, 99)))))
def test_shares_of_no_day_are_more_than_the_whole(changes: list[tuple[str, int]]) -> None:
    known: Shares = {}
    held: dict[str, int] = {}
    days = [LISTED + timedelta(days=n) for n in range(-1, len(changes) + 1)]
    for day, (holder, percent) in zip(days[1:], changes, strict=False):
        others = sum(part for name, part in held.items() if name != holder)
        if others + percent <= 100 and (percent or holder in held):
            held[holder] = percent
            stake = Stake(holder_scope_id=holder, share_percent=Decimal(percent))
            known = shared(known, stake, day, None)
            assert {one.holder_scope_id: one.share_percent for one in stakes_on(known, day)} == {
                name: part for name, part in held.items() if part
            }
    assert all(sum(s.share_percent for s in stakes_on(known, day)) <= 100 for day in days)


def test_a_share_is_given_to_a_scope_that_there_is() -> None:
    world = stocked()
    assert share(world, "40", LISTED, "NOBODY") == "unknown-holder"
    assert share(world, "0", LISTED, "NOBODY") == ""
    assert world.desk.state("coc_scope/A").stakes == ()


def test_each_time_of_a_contractor_and_each_share_is_told_with_its_days() -> None:
    world = stocked()
    listed(world, LISTED)
    share(world, "1", LISTED)
    said(world, "delist_contractor", BETWEEN, contractor_id="K-1")
    share(world, "0", BETWEEN)
    listed(world, GONE)
    share(world, "40", GONE)
    state = world.desk.state("coc_scope/A")
    assert contractors_told(state.hired) == [
        ("K-1", "Toller", LISTED, BETWEEN, None),
        ("K-1", "Toller", GONE, None, None),
    ]
    assert ventures_told(state.shares) == [
        ("B", Decimal(1), LISTED, date(2026, 6, 9), None),
        ("B", Decimal(40), GONE, None, None),
    ]
