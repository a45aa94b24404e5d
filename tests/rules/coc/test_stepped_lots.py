"""Metal that has its step in since a period before booked it by hand: each lot takes its part with
it as it leaves, and what is taken back gives back just what it took."""

from datetime import date
from typing import Any

import pytest

from contracts.coc import MovementBooked
from contracts.custody import Account, Lot, MovementKind, Origin, Stage
from services.coc_ledger.accounting.accounts import Amount, reversed_entries
from services.coc_ledger.accounting.booking import booked, posting
from services.coc_ledger.accounting.lots import Day
from services.coc_ledger.accounting.stepped import PARTS, Stepped
from services.coc_ledger.pools.commands import ChangeStage, ReceiveMaterial
from services.coc_ledger.pools.late import share
from services.coc_ledger.pools.state import Pool, evolve
from tests.rules.coc.given import POLICY, balanced, where
from tests.rules.coc.results import both
from tests.rules.coc.test_own_emissions import OWN, TOLD
from tests.rules.coc.test_periods_and_orders import AFTER, TODAY, close, later
from tests.rules.coc.test_stepped import (
    BOOKED,
    SMELTS,
    WHERE,
    added_kgco2e,
    alumina,
    book,
    closed,
    row,
    sold,
    take_in,
    world_of_scrap,
)
from tests.rules.coc.world import World

MOVES = {
    "LOST-1": (11, "book_loss", 100),
    "OUT-1": (12, "ship_material", 200),
    "IN-1": (13, "receive_material", 700),
    "LOST-2": (14, "book_loss", 90),
    "OUT-2": (15, "ship_material", 300),
}
"""By name the day, what was booked, and the kilograms."""


@pytest.mark.parametrize("wrong", ["LOST-1", "LOST-2", "OUT-1"])
def test_of_several_bookings_the_one_that_is_taken_back_gives_back_just_its_part(
    wrong: str,
) -> None:
    """Lost, or shipped, before the new metal came, and after: as if it had never been booked."""
    worlds = closed(), closed()
    for world, left_out in zip(worlds, ("", wrong), strict=True):
        for name, (day, command, kg) in MOVES.items():
            world.today = date(2027, 1, day)
            if name == "IN-1":
                take_in(world, name, kg)
            elif name != left_out:
                book(world, command, name, mass_kg=kg)
        if not left_out:
            on = date(2027, 1, MOVES[wrong][0])
            book(world, "reverse_movement", "BACK", reverses=wrong, day=on)
    corrected, right = worlds
    assert corrected.pool(later()).stepped == right.pool(later()).stepped
    told = [sold(world, "D-1", 150).carried for world in worlds]
    assert told[0] == told[1]


def test_metal_that_left_before_new_came_has_its_step_in_whenever_it_is_claimed() -> None:
    """Half old, half new, each sold for itself: no document tells the step of its metal twice, and
    none leaves it out."""
    world = closed()
    book(world, "ship_material", "OUT-1", mass_kg=500)
    take_in(world, "IN-1", 500)
    old = sold(world, "D-1", 500)
    book(world, "ship_material", "OUT-2", mass_kg=500)
    new = sold(world, "D-2", 500)
    assert [one.carried.stepped_kg for one in (old, new)] == [500, 0]
    assert old.supplement.intensity_kgco2e_per_kg == 4 + BOOKED
    assert new.supplement.intensity_kgco2e_per_kg == 4 + OWN
    assert balanced(world.pool(later()))


def test_many_small_claims_tell_the_step_of_as_much_metal_as_one_large_one() -> None:
    """A quarter of the metal has it in: so have two of the first six kilograms, and 25 of 100."""
    world = closed()
    take_in(world, "IN-1", 1500)
    book(world, "ship_material", "OUT-1", mass_kg=100)
    told = [sold(world, f"D-{number}", 1).carried.stepped_kg for number in range(1, 7)]
    assert (max(told), sum(told)) == (1, 2)
    rest = sold(world, "D-7", 94)
    assert sum(told) + rest.carried.stepped_kg == 25
    assert added_kgco2e(world.pool(later())) == 75 * OWN


def test_rows_of_a_file_take_the_step_along_as_movements_alone_do() -> None:
    """In one event: shipped, new metal taken in, shipped again."""
    scrap = {"origin": "post_consumer_scrap", "origin_ref": "note-1", "supplier_id": "YARD"}
    rows: list[tuple[str, dict[str, Any]]] = [
        ("ship_material", {"mass_kg": 200}),
        ("receive_material", {"mass_kg": 700, "footprint": TOLD, **scrap}),
        ("ship_material", {"mass_kg": 400}),
    ]
    together, alone = closed(), closed()
    full = [
        (name, {"movement_id": f"M-{number}", "day": AFTER, **WHERE, **fields})
        for number, (name, fields) in enumerate(rows)
    ]
    assert together.send_together(full) == 1
    together.settle()
    for name, fields in full:
        book(alone, name, **fields)
    assert together.pool(later()).stepped == alone.pool(later()).stepped
    assert sold(together, "D-1", 600).carried.stepped_kg == 200 + 300 * 400 // 1000


@pytest.mark.parametrize("wrong", [0, 1])
def test_of_several_changes_of_stage_the_one_that_is_taken_back_gives_back_just_its_part(
    wrong: int,
) -> None:
    """One before new material came, with the step in all of it, and one after."""
    days = [date(2026, 1, 10), date(2026, 1, 12)]

    def worked(state: Pool, made: list[int]) -> tuple[Pool, dict[int, MovementBooked]]:
        done = dict[int, MovementBooked]()
        for one in (0, 1):
            if one == 1:
                came = where(stage=Stage.ALUMINA, scope=SMELTS, day=date(2026, 1, 11))
                new = ReceiveMaterial(movement_id="IN", mass_kg=3000, origin=Origin.NON_COC, **came)
                state = evolve(state, booked(new, posting(new, state, POLICY), "digest"))
            if one in made:
                fields = where(stage=Stage.ALUMINA, scope=SMELTS, day=days[one])
                on = ChangeStage(movement_id=f"S-{one}", mass_kg=1000, results=(), **fields)
                done[one] = booked(on, posting(on, state, POLICY), "digest")
                state = evolve(state, done[one])
        return state, done

    begun_with = alumina(Amount(4000, 4000, 8_000_000), 4000)
    both_made, done = worked(begun_with, [0, 1])
    back = done[wrong].model_copy(
        update={
            "movement_id": "BACK",
            "kind": MovementKind.REVERSAL,
            "undoes": MovementKind.TO_STAGE,
            "reverses": f"S-{wrong}",
            "entries": reversed_entries(done[wrong].entries),
        }
    )
    corrected = evolve(both_made, back)
    for late in share(corrected, TODAY):
        corrected = evolve(corrected, late)
    right, _ = worked(begun_with, [1 - wrong])
    assert corrected.stepped.stock == right.stepped.stock


def test_what_an_older_claim_was_told_too_little_the_next_ones_are_told() -> None:
    """Told 250 of 500, as the pool's average was: a lot without any bears the other 250."""
    before = Stepped(product=500 * PARTS)
    after = before.claimed(Lot.PRODUCT, 500, 500, told_kg=250)
    assert after.of(Lot.PRODUCT, 400, 500) == 250
    assert after.claimed(Lot.PRODUCT, 400, 500, told_kg=250).of(Lot.PRODUCT, 100, 100) == 0


def taken_back(world: World) -> None:
    again = {"reverses": "STEP", "day": date(2026, 2, 5), "reason": "booked-wrongly"}
    book(world, "reverse_movement", "BACK", **again)


def test_emissions_taken_back_behind_the_close_leave_no_lot_of_the_stock_with_its_step() -> None:
    """All metal with the step left the first period, then other came: none of it has the step in,
    and so has the stock none that went over, though 200 kg of it left before that was known. Both
    documents add the step."""
    worlds = world_of_scrap(), world_of_scrap()
    for world, late in zip(worlds, (True, False), strict=True):
        world.today = date(2026, 2, 1)
        take_in(world, "IN-0", 1000)
        world.today = date(2026, 2, 5)
        book(world, "book_process_emissions", "STEP", emission_kgco2e="1000")
        world.today = date(2026, 2, 8)
        book(world, "ship_material", "OUT-0", mass_kg=1000)
        world.today = date(2026, 2, 10)
        take_in(world, "IN-1", 500)
        if not late:
            taken_back(world)
        for event in both():
            world.tell(event, "ghg")
        world.today = AFTER
        close(world)
        world.today = date(2027, 1, 12)
        book(world, "ship_material", "OUT-1", mass_kg=200)
        if late:
            taken_back(world)
        assert balanced(world.pool(later()))
    corrected, right = (world.pool(later()).stepped for world in worlds)
    assert corrected == right
    documents = [sold(world, "D-1", 200) for world in worlds]
    assert documents[0].carried == documents[1].carried
    assert documents[0].carried.step_kgco2e == 200 * OWN


def test_a_correction_tells_the_step_of_its_part_where_what_came_late_carries_the_same() -> None:
    """500 kg with the step in were sold; 500 kg without, of the same intensity, had come before:
    the average told no document otherwise, but half of what was sold has the step in."""
    world = closed()
    world.today = date(2027, 1, 12)
    book(world, "ship_material", "OUT-1", mass_kg=500)
    world.today = date(2027, 1, 13)
    assert sold(world, "D-1", 500).carried.stepped_kg == 500
    world.today = date(2027, 1, 14)
    scrap = {"origin": "post_consumer_scrap", "origin_ref": "note-1", "supplier_id": "YARD"}
    same = {"intensity_kgco2e_per_kg": str(4 + BOOKED)}
    late = {"day": date(2027, 1, 11), "mass_kg": 500, "footprint": same, **scrap}
    book(world, "receive_material", "IN-1", **late)
    assert not any(world.pool(later()).told_otherwise)
    corrected = sold(world, "D-2", 500, replaces="D-1", correction_reason="came-late")
    assert corrected.carried.stepped_kg == 250
    assert world.pool(later()).stepped.left_kg(500) == 250
    assert row(world).late is world.pool(later()).lots.late is False


def told_too_little() -> Stepped:
    """An older claim of 500 kg with the step in, told as 250."""
    opened = Stepped().opened(500).went(500, 500, Account.OUTFLOW)
    return opened.claimed(Lot.PRODUCT, 500, 500, told_kg=250)


FIRST = date(2027, 1, 1)
CLAIMED = {
    FIRST: Day(opened=Amount(500)),
    date(2027, 1, 5): Day(product_kg=500),
    date(2027, 1, 6): Day(claimed=Amount(500)),
}


def test_what_an_older_claim_was_told_too_little_is_told_also_after_anything_came_late() -> None:
    days = {**CLAIMED, date(2027, 1, 7): Day(came=Amount(500), product_kg=500)}
    after = told_too_little().in_order(days, FIRST)
    assert (after.product, after.rest) == (0, 250 * PARTS)
    assert after.of(Lot.PRODUCT, 400, 500) == 250


def test_what_lies_unclaimed_anew_makes_up_for_what_an_older_claim_was_told_too_little() -> None:
    """The claim is given back, or late metal makes it one of half as much: nothing is left over."""
    given_back = told_too_little().given_back(Lot.PRODUCT, 250)
    free = {**CLAIMED, date(2027, 1, 6): Day()}
    after = given_back.in_order(free, FIRST)
    assert (after.product, after.rest) == (500 * PARTS, 0)
    mixed = {**CLAIMED, date(2027, 1, 4): Day(came=Amount(500))}
    after = told_too_little().in_order(mixed, FIRST)
    assert (after.stock, after.rest) == (250 * PARTS, 0)


def test_a_loss_that_is_taken_back_leaves_what_older_claims_were_told_too_little() -> None:
    """250 kg are lost, and are not lost after all: no claim was given back, so nothing made up for
    the 250 kg that an older claim was told too little, and the next ones are told them."""
    opened = Stepped().opened(1000).went(500, 1000, Account.OUTFLOW)
    claimed = opened.claimed(Lot.PRODUCT, 500, 500, told_kg=250)
    lost = claimed.went(250, 500, Account.LOSSES)
    assert (lost.stock, lost.rest) == (250 * PARTS, 250 * PARTS)
    days = {**CLAIMED, FIRST: Day(opened=Amount(1000))}
    after = lost.in_order(days, FIRST)
    assert (after.stock, after.rest) == (500 * PARTS, 250 * PARTS)
    late = after.in_order({**days, date(2027, 1, 2): Day(lost_kg=200)}, FIRST)
    assert (late.stock, late.rest) == (300 * PARTS, 250 * PARTS)


def test_a_change_of_stage_that_is_taken_back_leaves_what_older_claims_were_told_too_little() -> (
    None
):
    """250 kg go on to the next stage, and come back: no claim was given back with them."""
    opened = Stepped().opened(1000).went(500, 1000, Account.OUTFLOW)
    claimed = opened.claimed(Lot.PRODUCT, 500, 500, told_kg=250)
    onward = claimed.went_on(250, 500)
    assert (onward.stock, onward.rest) == (250 * PARTS, 250 * PARTS)
    days = {**CLAIMED, FIRST: Day(opened=Amount(1000))}
    after = onward.in_order(days, FIRST)
    assert (after.stock, after.rest) == (500 * PARTS, 250 * PARTS)
    late = after.in_order({**days, date(2027, 1, 2): Day(onward_kg=200)}, FIRST)
    assert (late.stock, late.rest) == (300 * PARTS, 250 * PARTS)
    again = late.in_order(days, FIRST)
    assert (again.stock, again.rest) == (500 * PARTS, 250 * PARTS)
