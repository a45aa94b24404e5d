"""A delivery of a closed period that counts no longer, or is corrected: what its buyer sold on it
is short where it was sold, and owed from there, whether the news came before the close or after."""

from datetime import date
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from contracts.certification import CertificateReinstated, CertificateWithdrawn
from contracts.coc import MovementBooked, PoolClosed
from contracts.coc_corrections import PoolCorrected
from contracts.custody import Account, Carried, PoolKey, Stage
from contracts.values import CertificationStatus
from services.coc_ledger.accounting.balance import (
    Figures,
    Terms,
    closing,
    cover,
    figures,
    rule_of,
)
from services.coc_ledger.pools.commands import ApplyChange, ClosePeriod, DeliveryChange
from services.coc_ledger.pools.deferred import ChangeDeferred
from services.coc_ledger.pools.state import Pool
from tests.rules.coc import conserved
from tests.rules.coc.given import DAY, KEY, NEXT, POLICY, kg, pools, where
from tests.rules.coc.test_periods_and_orders import EVERY, close, confirm, document, send
from tests.rules.coc.world import YEAR, World

TODAY, AFTER, LATER = date(2026, 6, 1), date(2027, 1, 10), date(2028, 1, 10)
GONE = date(2026, 5, 10)
"""Before the documents were issued."""


def sold(bought: int = 1000, claimed: int = 1000, others: int = 0) -> World:
    """A delivers CoC metal to B, which ships 1,000 kg and claims some of them; B has other metal as
    well, of no origin. The year is over."""
    world = World(TODAY)
    look = {"scope_id": "A", "member_id": "A", "supplier_id": "YARD"}
    world.send("record_due_diligence", **look, topics=EVERY, performed_on=YEAR)
    mine = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": date(2026, 5, 1)}
    scrap = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}
    world.send("receive_material", **mine, movement_id="A-1", mass_kg=bought, **scrap)
    world.send("ship_material", **mine, movement_id="A-2", mass_kg=bought)
    send(world, document("D-1", bought))
    confirm(world, "D-1", bought)
    theirs = {"scope_id": "B", "member_id": "B", "stage": "aluminium", "day": date(2026, 5, 25)}
    if others:
        more = {"movement_id": "B-1", "mass_kg": others, "origin": "non_coc"}
        world.send("receive_material", **theirs, **more)
    world.send("ship_material", **theirs, movement_id="B-2", mass_kg=1000)
    if claimed:
        world.open("A9", "A")
        seller = {"member_id": "B", "scope_id": "B", "day": date(2026, 5, 26)}
        buyer = {"name": "A", "address": "x", "scope_id": "A9"}
        send(world, document("E-1", claimed, **seller, customer=buyer))
    world.settle()
    year_ends(world, AFTER)
    return world


def year_ends(world: World, day: date) -> None:
    world.today = day
    world.end_periods(day)
    world.settle()


def pool(world: World, year: int, scope: str = "B") -> Pool:
    return world.pool(PoolKey(scope_id=scope, stage=Stage.ALUMINIUM, period=date(year, 1, 1)))


def corrected(world: World, mass: int, *, confirmed: bool = True) -> None:
    """D-2 stands in the place of D-1."""
    late = {"day": world.today, "replaces": "D-1", "correction_reason": "weighed"}
    send(world, document("D-2", mass, **late))
    world.settle()
    if confirmed:
        confirm(world, "D-2", mass)


def lapsed(world: World) -> None:
    """A's certificate is withdrawn from a day before the delivery on."""
    world.tell(
        CertificateWithdrawn(
            certificate_id="CA-CoC",
            member_id="A",
            effective_on=GONE,
            status=CertificationStatus.WITHDRAWN,
        )
    )
    world.settle()


def restored(world: World) -> None:
    world.tell(
        CertificateReinstated(
            certificate_id="CA-CoC",
            member_id="A",
            effective_on=GONE,
            status=CertificationStatus.CERTIFIED_FULL,
        )
    )
    world.settle()


class Ended(NamedTuple):
    """What is told of a period: its masses, what bears on its cover, and what is available."""

    kgs: tuple[int, ...]
    carried_kg: int
    owed_kg: int
    blocked: bool
    available_kg: int


def ended(world: World, year: int) -> Ended:
    found = pool(world, year)
    made = cover(figures(found.kgs), found.terms, rule_of(POLICY))
    return Ended(found.kgs, found.carried_kg, found.owed_kg, found.blocked, made.available_kg)


def findings(world: World, year: int) -> list[str]:
    """What the last close of a period found by R-27."""
    closes = [
        one.event
        for one in world.desk.log
        if isinstance(one.event, PoolClosed | PoolCorrected)
        and one.event.pool == pool(world, year).key
    ]
    return [one.sentence for one in closes[-1].remarks if one.rule == "R-27"]


@pytest.mark.parametrize("late", [False, True])
def test_what_was_sold_on_a_delivery_that_is_corrected_is_owed_however_late(*, late: bool) -> None:
    world = sold()
    if late:
        close(world, "B")
    corrected(world, 10)
    if not late:
        close(world, "B")
    assert (kg(pool(world, 2026), Account.INPUT_COC), pool(world, 2027).owed_kg) == (-10, 990)
    assert pool(world, 2027).blocked
    assert findings(world, 2026) == ["990 kg were claimed without cover."]
    year_ends(world, LATER)
    close(world, "B", date(2027, 1, 1))
    assert (pool(world, 2028).owed_kg, pool(world, 2028).blocked) == (990, True)
    assert findings(world, 2027) == ["990 kg of overdraft of the period before were not made good."]


@pytest.mark.parametrize("late", [False, True])
def test_what_was_sold_on_a_delivery_that_counts_no_longer_is_owed(*, late: bool) -> None:
    world = sold()
    if late:
        close(world, "B")
    lapsed(world)
    if not late:
        close(world, "B")
    assert (pool(world, 2027).owed_kg, pool(world, 2027).blocked) == (1000, True)
    assert findings(world, 2026) == ["1000 kg were claimed without cover."]


def test_the_present_period_shows_nothing_of_a_late_correction() -> None:
    world = sold()
    close(world, "B")
    corrected(world, 10)
    assert figures(pool(world, 2027).kgs) == (0, 0, 0, 0)
    told = [one.event for one in world.desk.log if isinstance(one.event, MovementBooked)]
    late = [(one.day.year, one.late_for) for one in told if one.document and one.reverses is None]
    assert set(late) == {(2026, None)}


def test_a_delivery_that_holds_again_leaves_all_as_it_was() -> None:
    world = sold()
    close(world, "B")
    before = [ended(world, year) for year in (2026, 2027)]
    lapsed(world)
    restored(world)
    assert [ended(world, year) for year in (2026, 2027)] == before


def test_news_goes_through_all_periods_that_are_closed() -> None:
    early, late = sold(), sold()
    corrected(early, 10)
    for world in (early, late):
        close(world, "B")
        year_ends(world, LATER)
        close(world, "B", date(2027, 1, 1))
    corrected(late, 10)
    for year in (2026, 2027, 2028):
        assert ended(late, year) == ended(early, year)


def test_a_delivery_that_came_late_is_corrected_where_it_was_booked() -> None:
    """It was confirmed behind the close, and booked in the next year: there it is corrected, open
    or closed, and so is what stands in its place."""
    world = World(TODAY)
    look = {"scope_id": "A", "member_id": "A", "supplier_id": "YARD"}
    world.send("record_due_diligence", **look, topics=EVERY, performed_on=YEAR)
    mine = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": date(2026, 5, 1)}
    scrap = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}
    world.send("receive_material", **mine, movement_id="A-1", mass_kg=500, **scrap)
    world.send("ship_material", **mine, movement_id="A-2", mass_kg=500)
    send(world, document("D-1", 500))
    theirs = {"scope_id": "B", "member_id": "B", "stage": "aluminium", "day": YEAR}
    world.send("receive_material", **theirs, movement_id="B-1", mass_kg=1, origin="non_coc")
    world.settle()
    year_ends(world, AFTER)
    close(world, "B")
    confirm(world, "D-1", 500)
    assert kg(pool(world, 2027), Account.INPUT_COC) == -500
    year_ends(world, LATER)
    close(world, "B", date(2027, 1, 1))
    corrected(world, 400)
    found = [kg(pool(world, year), Account.INPUT_COC) for year in (2026, 2027, 2028)]
    assert found == [0, -400, 0]
    assert pool(world, 2028).end is None
    lapsed(world)
    assert [kg(pool(world, year), Account.INPUT_COC) for year in (2026, 2027, 2028)] == [0, 0, 0]
    assert kg(pool(world, 2027), Account.NON_COC) == -400


def test_a_correction_of_one_that_was_never_confirmed_is_booked_in_the_same_period() -> None:
    world = sold()
    close(world, "B")
    corrected(world, 10, confirmed=False)
    assert pool(world, 2027).owed_kg == 1000
    again = {"day": world.today, "replaces": "D-2", "correction_reason": "weighed"}
    send(world, document("D-3", 600, **again))
    confirm(world, "D-3", 600)
    assert kg(pool(world, 2026), Account.INPUT_COC) == -600
    assert pool(world, 2027).owed_kg == 400


def test_a_correction_that_came_in_another_period_is_booked_in_that() -> None:
    world = sold()
    close(world, "B")
    corrected(world, 10, confirmed=False)
    told = {"member_id": "B", "received_kg": 10, "received_on": date(2027, 1, 2)}
    world.send("confirm_document", number="D-2", **told)
    world.settle()
    found = [kg(pool(world, year), Account.INPUT_COC) for year in (2026, 2027)]
    assert found == [0, -10]


def delivery(action: str, *, check: int, as_coc: bool) -> ApplyChange:
    """What is told of a delivery of 100 kg."""
    told = DeliveryChange.model_validate(
        {
            "movement_id": f"document:{check}:D-1",
            "action": action,
            "day": DAY,
            "received_kg": 100,
            "coc_kg": 100,
            "carried": Carried(),
            "document": "D-1",
            "as_coc": as_coc,
        }
    )
    ends_on = date(2026, 12, 31)
    return ApplyChange(on=AFTER, pool=KEY, member_id="M-1", ends_on=ends_on, delivery=told)


def test_one_that_was_passed_on_by_the_rule_of_then_goes_the_same_way() -> None:
    """It counts no longer in a later period: there it counts again, and is taken back."""
    booked = pools.when(delivery("book", check=1, as_coc=True))
    closed = booked.and_when(ClosePeriod(**where(on=AFTER)))
    failed = delivery("reclassify", check=2, as_coc=False)
    then = ChangeDeferred(
        pool=KEY,
        member_id="M-1",
        to=KEY.model_copy(update={"period": NEXT}),
        late_for=DAY,
        change_id="document:2:D-1",
        delivery=failed.delivery,
    )
    again = closed.and_given(then).when(delivery("reclassify", check=3, as_coc=True))
    assert [type(one) for one in again.events] == [ChangeDeferred]
    now = closed.and_when(failed)
    assert [type(one) for one in now.events] == [MovementBooked, PoolCorrected]


def test_input_below_zero_of_the_rule_of_then_is_owed_and_does_not_expire() -> None:
    """A balance of 1,000 kg was carried, and what it came from was taken out of the next year."""
    none = Figures(inflow_kg=0, input_kg=-1000, output_kg=0, designated_kg=0)
    rule = rule_of(POLICY)
    assert cover(none, Terms(carried_kg=1000), rule).available_kg == 0
    kept = closing(none, Terms(carried_kg=1000), rule)
    assert (kept.balance_kg, kept.owed_kg, kept.unmet_kg) == (0, 0, 0)
    sold_already = closing(none, Terms(), rule)
    assert (sold_already.owed_kg, sold_already.unmet_kg, sold_already.excess_kg) == (1000, 1000, 0)


NEWS = some.sampled_from((10, 400, 1000, 1200, "withdrawn", "withdrawn and back"))


@settings(max_examples=30, deadline=None)
@given(some.integers(300, 1500), some.integers(0, 100), some.sampled_from((0, 300)), NEWS)
def test_early_and_late_news_end_alike(bought: int, part: int, others: int, news: object) -> None:
    claimed = min(bought, bought * 1000 // (bought + others)) * part // 100
    early, late = (sold(bought, min(claimed, 1000), others) for _ in range(2))
    for world in (early, late):
        if world is late:
            close(world, "B")
        if isinstance(news, int):
            corrected(world, min(news, bought))
        else:
            lapsed(world)
            if news != "withdrawn":
                restored(world)
        if world is early:
            close(world, "B")
        year_ends(world, LATER)
        close(world, "B", date(2027, 1, 1))
        conserved.accounts_add_up_to_zero(world)
        conserved.claims_and_deliveries_stand_on_both_sides(world)
        conserved.rows_say_what_streams_say(world)
        conserved.statements_end_in_the_balance(world)
    for year in (2026, 2027, 2028):
        assert ended(late, year) == ended(early, year)
