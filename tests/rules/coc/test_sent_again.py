"""What was taken back and is sent again: neither booked twice by a file that comes once more, nor
passed over as if it were in the books."""

from contracts.custody import Account
from services.coc_ledger.evidence import PoolKnown
from services.coc_ledger.pools.commands import ReverseMovement
from services.coc_ledger.pools.recent import PAGES, PER_PAGE
from tests.rules.coc.given import kg, movement, pools, receive, where


def test_a_movement_that_was_taken_back_is_no_repeat_when_it_is_sent_again() -> None:
    booked = pools.when(receive("IN-1", 100))
    row = movement(booked.events[-1])
    back = ReverseMovement(
        movement_id="BACK", reverses="IN-1", **where(known=PoolKnown(reversed=row))
    )
    done = booked.and_when(back)
    done.and_when(receive("IN-1", 100)).refused("movement-reversed", reversed_by="BACK")
    done.and_when(receive("IN-1", 99)).refused("movement-reversed", reversed_by="BACK")
    done.and_when(back).nothing()
    anew = done.and_when(receive("IN-2", 100))
    assert kg(anew.state, Account.STOCK) == 100


def test_a_movement_whose_reversal_the_state_forgot_is_refused_by_its_row() -> None:
    booked = pools.when(receive("IN-1", 1))
    row = movement(booked.events[-1])
    back = ReverseMovement(
        movement_id="BACK", reverses="IN-1", **where(known=PoolKnown(reversed=row))
    )
    known = PoolKnown(through=PER_PAGE * (PAGES + 2))
    others = [receive(f"M-{at}", 1, known=known) for at in range(PER_PAGE * (PAGES + 2))]
    later = booked.and_when(back, *others)
    assert later.state.recent.forgotten > 3, "the id and its reversal are with the rows alone"
    told = known.model_copy(update={"movement": row.model_copy(update={"reversed_by": "BACK"})})
    later.and_when(receive("IN-1", 1, known=told)).refused("movement-reversed", reversed_by="BACK")
