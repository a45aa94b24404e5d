"""What went on to the next stage follows what comes late at the stage before: whenever it was
booked, both stages, the periods after them and documents are as if it had come in time; and a
document that was issued before is told otherwise."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from contracts.coc_corrections import PoolCorrected
from contracts.coc_late import LateShared, StageFollowed, ToldOtherwise
from contracts.custody import Account, PoolKey, Stage
from services.coc_ledger.accounting.accounts import NOTHING, Amount, plus
from services.coc_ledger.exports.statements import lines
from services.coc_ledger.pools.carrying import KEPT, held
from services.coc_ledger.pools.late import share
from services.coc_ledger.pools.state import INITIAL, PoolEvent, evolve
from tests.rules.coc.given import POLICY, balanced
from tests.rules.coc.world import YEAR, World

TODAY = date(2026, 6, 1)
MADE_ON = date(2026, 3, 9)
LATE_ON = date(2026, 3, 5)
NEXT_YEAR = date(2027, 1, 1)
REFINES = ("bauxite_mining", "alumina_refining", "smelting", "casthouse")


def world(activities: tuple[str, ...] = REFINES[1:]) -> World:
    """A scope that refines and smelts, with alumina at 2."""
    made = World(TODAY)
    made.open("C", "A", activities)
    book(made, "receive_material", "IN", date(2026, 3, 1), mass_kg=2000, **bought("2"))
    return made


def bought(per_kg: str) -> dict[str, Any]:
    return {"origin": "non_coc", "footprint": {"intensity_kgco2e_per_kg": per_kg}}


def book(world: World, command: str, movement_id: str, day: date, **said: Any) -> None:
    where = {"scope_id": "C", "member_id": "A", "stage": "alumina", **said}
    world.send(command, movement_id=movement_id, day=day, **where)
    world.settle()


def on(world: World, movement_id: str = "S-1", day: date = MADE_ON, kg: int = 1000) -> None:
    """1,000 kg are smelted."""
    book(world, "change_stage", movement_id, day, mass_kg=kg, coc_kg=0)


def late(world: World, **more: Any) -> None:
    """As much again, at 6, of a day before that."""
    book(world, "receive_material", "LATE", LATE_ON, mass_kg=2000, **bought("6"), **more)


def key(stage: Stage, period: date = YEAR) -> PoolKey:
    return PoolKey(scope_id="C", stage=stage, period=period)


def stocks(world: World) -> list[Amount]:
    return [stock(world, one) for one in (Stage.ALUMINA, Stage.ALUMINIUM)]


def stock(world: World, stage: Stage, period: date = YEAR) -> Amount:
    return world.pool(key(stage, period)).books.get(Account.STOCK, NOTHING)


def metal(world: World, command: str, movement_id: str, day: date, **said: Any) -> None:
    """At the stage behind."""
    book(world, command, movement_id, day, stage="aluminium", **said)


def both(*steps: Callable[[World], None], then: Callable[[World], None]) -> tuple[World, World]:
    """What came late, and what came in time: the same, but for the order in which it was booked."""
    corrected, in_time = world(), world()
    for step in (*steps, late, then):
        step(corrected)
    for step in (late, *steps, then):
        step(in_time)
    return corrected, in_time


def sound(world: World) -> None:
    """Accounts add up, rows say what streams say, and no gram is twice, or lost, between pools."""
    grams, gone = NOTHING, NOTHING
    for pool in world.pools().values():
        assert balanced(pool)
        if pool.key is None:
            continue
        row = world.reader.row("pools", pool.key.key)
        for account in KEPT:
            assert held(row.carrying, account.value) == pool.books.get(account, NOTHING)
        for account in (Account.STOCK, Account.OUTFLOW, Account.OUTPUT_COC):
            grams = plus(grams, pool.books.get(account, NOTHING))
        grams = plus(grams, pool.told_otherwise)
        if pool.key.stage is not Stage.ALUMINIUM:
            gone = plus(gone, pool.onward)
        booked = [one for one in world.desk.log if one.envelope.stream == pool.key.stream]
        assert [*lines(booked, POLICY)]
    came = 2000 * 2_000 + 2000 * 6_000
    assert grams.emission_g + grams.partial_g - gone.emission_g - gone.partial_g == came


def nothing(_: World) -> None:
    """No more."""


def test_metal_that_went_on_follows_what_comes_late_at_the_stage_before() -> None:
    corrected, in_time = both(on, then=nothing)
    assert stocks(corrected) == stocks(in_time)
    assert stocks(in_time)[1].emission_g + stocks(in_time)[1].partial_g == 4_000_000
    assert not any(corrected.pool(key(Stage.ALUMINA)).told_otherwise)
    sound(corrected)


def test_a_change_of_stage_that_is_booked_anew_is_as_if_nothing_had_come_late() -> None:
    def anew(world: World) -> None:
        book(world, "reverse_movement", "BACK", MADE_ON, reverses="S-1")
        on(world, "S-2")

    corrected, in_time = both(on, then=anew)
    assert stocks(corrected) == stocks(in_time)
    sound(corrected)


def test_a_change_of_stage_that_is_taken_back_takes_all_that_followed_with_it() -> None:
    def back(world: World) -> None:
        book(world, "reverse_movement", "BACK", MADE_ON, reverses="S-1")

    corrected, in_time = both(on, then=back)
    assert stocks(corrected) == stocks(in_time)
    assert not any(stocks(corrected)[1])
    sound(corrected)


def test_of_two_days_each_follows_by_what_it_had_of_the_stock() -> None:
    def two(world: World) -> None:
        on(world, "S-1", date(2026, 3, 3), 400)
        on(world, "S-2", MADE_ON, 500)

    corrected, in_time = both(two, then=nothing)
    found = corrected.pool(key(Stage.ALUMINIUM)).lots.entered
    assert set(found) == {MADE_ON}, "the first went before there was any of it"
    assert stocks(corrected) == stocks(in_time)
    sound(corrected)


def test_metal_that_left_the_next_stage_since_is_shared_with_and_its_document_told_otherwise() -> (
    None
):
    """A quarter of the metal is left; of what was shipped a half is sold."""

    def sells(world: World) -> None:
        scrap = {"origin": "post_consumer_scrap", "origin_ref": "n", "supplier_id": "YARD"}
        topics = ("responsible_sourcing", "anti_corruption", "human_rights")
        looked = {"supplier_id": "YARD", "topics": (*topics, "conflict_affected_areas")}
        world.send("record_due_diligence", scope_id="C", member_id="A", performed_on=YEAR, **looked)
        on(world)
        made_kg = stock(world, Stage.ALUMINIUM).kg
        day = date(2026, 3, 10)
        same = {"footprint": {"intensity_kgco2e_per_kg": "0"}, **scrap}
        metal(world, "receive_material", "SCRAP", day, mass_kg=made_kg, **same)
        metal(world, "ship_material", "OUT", date(2026, 3, 11), mass_kg=made_kg)
        said = {"member_id": "A", "scope_id": "C"}
        world.sell("D-1", "A", made_kg // 4, date(2026, 3, 12), **said)

    corrected, in_time = both(sells, then=nothing)
    pools = [one.pool(key(Stage.ALUMINIUM)) for one in (corrected, in_time)]
    for account in (Account.STOCK, Account.OUTFLOW):
        found, right = (one.books[account] for one in pools)
        assert all(abs(one - other) <= 2 for one, other in zip(found, right, strict=True)), account
    issued = [one.documents()["D-1"].issued for one in (corrected, in_time)]
    carried = [one.carried for one in issued if one is not None]
    grams = [int((one.emission_kgco2e + one.partial_kgco2e) * 1000) for one in carried]
    otherwise = pools[0].told_otherwise
    assert abs(grams[0] + otherwise.emission_g + otherwise.partial_g - grams[1]) <= 2
    assert otherwise.emission_g + otherwise.partial_g > 0
    row = corrected.reader.row("pools", key(Stage.ALUMINIUM).key)
    assert [one[0] for one in row.told_days] == ["2026-03-12"]


def closed(world: World, *stages: str) -> None:
    """In the next year, of this one."""
    world.today = date(2027, 1, 10)
    where = {"scope_id": "C", "member_id": "A", "day": TODAY}
    for stage in stages:
        world.send("close_period", stage=stage, **where)
        world.settle()


def test_where_the_next_stage_is_closed_its_close_and_the_period_after_it_follow() -> None:
    def ends(world: World) -> None:
        on(world)
        closed(world, "aluminium")

    corrected, in_time = both(ends, then=nothing)
    for period in (YEAR, NEXT_YEAR):
        found, right = (stock(one, Stage.ALUMINIUM, period) for one in (corrected, in_time))
        assert found == right
        assert found.kg > 0
    events = [one.event for one in corrected.desk.log]
    [again] = [one for one in events if isinstance(one, PoolCorrected)]
    assert (again.reason, again.correction_id) == ("earlier-stage-corrected", "onward:alumina:5")
    assert not again.balance_change_kg


def test_where_both_stages_are_closed_what_is_taken_back_with_a_reason_reaches_the_next_year() -> (
    None
):
    def ends(world: World) -> None:
        late(world)
        on(world)
        closed(world, "alumina", "aluminium")
        again = {"reverses": "LATE", "reason": "booked-wrongly"}
        book(world, "reverse_movement", "BACK", LATE_ON, **again)

    def right(world: World) -> None:
        on(world)
        closed(world, "alumina", "aluminium")

    worlds = world(), world()
    ends(worlds[0])
    right(worlds[1])
    for stage in (Stage.ALUMINA, Stage.ALUMINIUM):
        for period in (YEAR, NEXT_YEAR):
            found, should = (stock(one, stage, period) for one in worlds)
            assert found == should, (stage, period)
    assert all(balanced(pool) for pool in worlds[0].pools().values())


def test_from_the_mine_to_the_metal_each_stage_follows_the_one_before() -> None:
    def mined(late_at: int) -> World:
        made = World(TODAY)
        made.open("C", "A", REFINES)

        def bauxite(name: str, day: int, per_kg: str) -> None:
            said = {"stage": "bauxite", "mass_kg": 9000, **bought(per_kg)}
            book(made, "receive_material", name, date(2026, 3, day), **said)

        bauxite("IN", 1, "0.1")
        for step in range(3):
            if late_at == step:
                bauxite("LATE", 2, "0.3")
            if step == 0:
                said: dict[str, Any] = {"stage": "bauxite", "mass_kg": 6000, "coc_kg": 0}
                book(made, "change_stage", "S-1", date(2026, 3, 3), **said)
            elif step == 1:
                on(made, "S-2", date(2026, 3, 4), 1000)
        return made

    in_time, later = mined(0), mined(2)
    stages = (Stage.BAUXITE, *(Stage.ALUMINA, Stage.ALUMINIUM))
    for stage in stages:
        found, right = (stock(one, stage) for one in (later, in_time))
        assert all(abs(one - other) <= 1 for one, other in zip(found, right, strict=True)), stage
    assert len([one for one in later.desk.log if isinstance(one.event, StageFollowed)]) == 2


@pytest.mark.parametrize("by_hand", [True, False])
def test_what_is_known_of_the_step_is_as_if_it_had_come_in_time(by_hand: bool) -> None:
    """Emissions booked by hand after the metal went on make known what went on unknown; metal of
    which nothing is known makes less of it known."""

    def more(world: World) -> None:
        if by_hand:
            step = {"emission_kgco2e": "1000"}
            book(world, "book_process_emissions", "STEP", date(2026, 3, 8), **step)
        else:
            kg = {"mass_kg": 2000, "origin": "non_coc"}
            book(world, "receive_material", "UNKNOWN", LATE_ON, **kg)

    corrected, in_time = world(), world()
    on(corrected)
    more(corrected)
    more(in_time)
    on(in_time)
    for found, right in zip(stocks(corrected), stocks(in_time), strict=True):
        assert all(abs(one - other) <= 1 for one, other in zip(found, right, strict=True))


def test_what_older_books_told_otherwise_of_it_follows_with_what_comes_late_next() -> None:
    """They kept it in the account, and no event told the next stage."""
    corrected, state = world(), INITIAL
    on(corrected)
    late(corrected)
    where = key(Stage.ALUMINA)
    for one in corrected.desk.log:
        event = one.event
        if one.envelope.stream != where.stream:
            continue
        if isinstance(event, LateShared):
            untold = {"onward": (), "went_on": ToldOtherwise(), "told_otherwise": event.went_on}
            event = event.model_copy(update=untold)
        assert isinstance(event, PoolEvent)
        state = evolve(state, event)
    assert balanced(state)
    assert state.told_otherwise == corrected.pool(where).went_on
    [told] = share(state._replace(lots=state.lots._replace(late=True)), TODAY)
    after = evolve(state, told)
    assert balanced(after)
    assert not any(after.told_otherwise)
    assert after.went_on == corrected.pool(where).went_on
    assert [one.day for one in told.onward] == [MADE_ON]
