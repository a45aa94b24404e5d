"""The same at random in a second year: its pools got a balance, or an overdraft, of the first, and
go over with it to another scope (5.4, 5.6 rule 7)."""

from typing import ClassVar

from hypothesis import seed, settings
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from tests.rules.coc.ledger_books import SCOPES
from tests.rules.coc.test_ledger_machine import ROUNDS, Ledger

YEARS = (2026, 2027)
PLENTY = 100_000
"""Kilograms, so that no more leaves than there is: what a stock below zero carries has tests of its
own."""


class SecondYear(Ledger):
    """Half of what is covered is claimed by A, and more than all by B, in a declared case."""

    went_over: ClassVar[list[tuple[bool, bool]]] = []

    @initialize()
    def begin(self) -> None:
        super().begin()
        for scope in SCOPES:
            self.receive(scope, PLENTY, 0, coc=scope != "B")
        self.declare_a_case("B")
        self.issue("A", 0, 50, 0, 30)
        self.issue("B", 0, 100, 0, 30)
        self.a_year_goes_by()
        for scope in ("A", "B"):
            self.close(scope, YEARS[0])

    @precondition(lambda self: self.own.ends)
    @rule()
    def close_what_went_over(self) -> None:
        for scope in self.own.ends:
            for year in YEARS:
                self.close(scope, year)

    def teardown(self) -> None:
        """What moved within a year that it would have served, or had to be made good, in."""
        super().teardown()
        if hasattr(self, "own"):
            moved = [
                one.left
                for (_, year), one in self.own.periods.items()
                if one.left is not None and one.next[1] == year == YEARS[1]
            ]
            year = YEARS[1]
            self.went_over.extend((year in one.balance, year in one.owed) for one in moved)


TestSecondYear = SecondYear.TestCase
TestSecondYear.settings = settings(max_examples=20, stateful_step_count=40)
MANY = settings(TestSecondYear.settings, max_examples=60)


def test_balances_and_overdrafts_do_go_over_within_the_year_that_they_serve_in() -> None:
    """Counted, since what never happens proves nothing; by seeds of its own, until both did."""

    class Counted(SecondYear):
        went_over: ClassVar[list[tuple[bool, bool]]] = []

    found = (False, False)
    for number in range(ROUNDS):
        run_state_machine_as_test(seed(number)(Counted), settings=MANY)
        balances, overdrafts = zip(*Counted.went_over or [found], strict=True)
        found = any(balances), any(overdrafts)
        if all(found):
            break
    assert found == (True, True)
