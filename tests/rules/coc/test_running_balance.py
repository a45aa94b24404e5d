"""The running balance of a pool: each row follows from the one before, the last is the balance."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from services.coc_ledger.accounting.balance import rule_of
from services.coc_ledger.accounting.running import DayLine, day_lines
from tests.rules.coc.conserved import days_end_in_the_balance, statements_end_in_the_balance
from tests.rules.coc.given import POLICY
from tests.rules.coc.test_balance_on import days_of, told
from tests.rules.coc.test_periods_and_orders import (
    AFTER,
    KEY,
    close,
    document,
    later,
    send,
    stocked,
)
from tests.rules.coc.world import YEAR, World

DAY = date(2027, 1, 20)
STEPS = some.sampled_from(
    ("receive", "scrap", "ship", "lose", "count", "claim", "correct", "withdraw", "case")
)
NUMBERS = some.tuples(STEPS, some.integers(0, 150), some.integers(1, 400))


def table(world: World, on: date = DAY, *, closed: bool = False) -> list[DayLine]:
    key = KEY if closed else later()
    return day_lines(world.reader.row("pools", key.key), days_of(world, key), rule_of(POLICY), on)


class History:
    """Bookings of scope A in a year, and of the next one as soon as that has come."""

    def __init__(self) -> None:
        self.world = stocked()
        self.numbers: list[str] = []

    def step(self, what: str, at: int, kg: int) -> None:
        """One that is refused changes nothing."""
        first = YEAR if self.world.today < AFTER else date(2027, 1, 1)
        day = min(first + timedelta(days=at), self.world.today)
        self.world.count += 1
        name = f"{what}-{self.world.count}"
        where = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": day}
        moved = {**where, "movement_id": name, "mass_kg": kg}
        scrap = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}
        match what:
            case "receive":
                self.world.attempt("receive_material", **moved, origin="non_coc")
            case "scrap":
                self.world.attempt("receive_material", **moved, **scrap)
            case "ship":
                self.world.attempt("ship_material", **moved)
            case "lose":
                self.world.attempt("book_loss", **moved)
            case "count":
                self.world.attempt("count_stock", **where, movement_id=name, counted_kg=kg)
            case "case":
                self.world.attempt("declare_overdraft_case", **where, reason="flood")
            case "claim":
                self.issue(name, kg, day)
            case "correct" if self.numbers:
                old = self.numbers[at % len(self.numbers)]
                self.issue(name, kg, day, replaces=old, correction_reason="weighed")
            case "withdraw" if self.numbers:
                old = self.numbers[at % len(self.numbers)]
                self.world.attempt("withdraw_document", number=old, member_id="A", reason="typo")
        self.world.settle()

    def issue(self, number: str, kg: int, day: date, **more: str) -> None:
        fields: dict[str, Any] = {**document(number, kg, **more), "day": day}
        name = fields.pop("command_name")
        if not self.world.attempt(name, **fields):
            self.numbers.append(number)


@settings(max_examples=40)
@given(some.lists(NUMBERS, max_size=10), some.lists(NUMBERS, max_size=6))
def test_each_row_follows_from_the_one_before_whatever_was_booked(
    year: list[tuple[str, int, int]], following: list[tuple[str, int, int]]
) -> None:
    history = History()
    for one in year:
        history.step(*one)
    days_end_in_the_balance(history.world)
    history.world.today = AFTER
    close(history.world)
    days_end_in_the_balance(history.world)
    history.world.today = DAY
    for one in following:
        history.step(*one)
    days_end_in_the_balance(history.world)
    statements_end_in_the_balance(history.world)
    assert table(history.world)[0].opening_kg == table(history.world, closed=True)[-1].stock_kg


def closed_year() -> World:
    """620 kg are left of the year before, told on the tenth; nothing was booked since."""
    world = stocked()
    world.today = AFTER
    close(world)
    return world


def test_what_a_close_left_has_a_row_though_nothing_moved_on_that_day() -> None:
    first, close_ = table(closed_year())
    assert (first.day, first.available_kg, first.opening_kg) == ("2027-01-01", 0, 550)
    assert (close_.day, close_.available_kg, close_.carried_kg) == ("2027-01-10", 620, 620)
    assert (close_.opening_kg, close_.inflow_kg, close_.designated_kg) == (0, 0, 0)
    assert close_.stock_kg == first.stock_kg == 550


def test_a_declared_case_has_a_row_though_nothing_moved_on_that_day() -> None:
    world = stocked()
    case = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": date(2026, 4, 5)}
    world.send("declare_overdraft_case", **case, reason="flood")
    world.settle()
    *_, before, of_case = table(world, closed=True)
    assert (of_case.day, of_case.output_kg) == ("2026-06-01", 0), "the day on which it was declared"
    assert of_case.available_kg == before.available_kg + 200, "a fifth of the input ahead of it"


@pytest.mark.parametrize("day", [AFTER - timedelta(days=1), AFTER, DAY])
def test_the_rows_through_a_day_end_in_the_balance_of_that_day(day: date) -> None:
    world = closed_year()
    *_, last = table(world, day)
    assert last.day <= day.isoformat()
    assert last.available_kg == told(world, day, later()).cover.available_kg


def test_a_claim_that_is_corrected_is_in_the_row_of_its_own_day() -> None:
    world = stocked()
    send(world, document("D-1", 450))
    send(world, document("D-2", 300, replaces="D-1", correction_reason="weighed"))
    world.settle()
    *_, last = table(world, closed=True)
    assert (last.day, last.designated_kg, last.available_kg) == ("2026-05-20", 300, 320)


def test_stock_follows_from_a_loss_and_from_what_a_count_did_not_find() -> None:
    world = stocked()
    where = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": date(2026, 5, 25)}
    world.send("count_stock", **where, movement_id="C-1", counted_kg=500)
    world.settle()
    *_, lost, counted = table(world, closed=True)
    assert (lost.losses_kg, counted.unexplained_kg) == (20, 50)
    assert counted.stock_kg == lost.stock_kg - counted.unexplained_kg == 500
