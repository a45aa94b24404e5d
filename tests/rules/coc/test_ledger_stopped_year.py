"""The same at random in a year that the one before stops: metal that B had sold as CoC was taken
back, so that B begins the next year with what it owes, and makes that good in it (5.4, R-27)."""

from typing import Any, ClassVar

from hypothesis import seed, settings
from hypothesis import strategies as some
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from tests.rules.coc.test_ledger_machine import PART, Ledger

YEARS = (2026, 2027)
PLENTY = 100_000
SECOND = 100
"""The first day of the second year, as the machine counts days."""


class StoppedYear(Ledger):
    """B declares a case in the second year: a fifth of the input ahead of it, if nothing stopped
    it."""

    issued_then: ClassVar[list[tuple[bool, bool]]] = []

    @initialize()
    def begin(self) -> None:
        super().begin()
        came = self.receive("B", PLENTY, 0, coc=True)
        self.ship("B", PLENTY, 0)
        self.issue("B", 0, 100, 0, 30)
        self.world.settle()
        self.reverse(came, None)
        self.a_year_goes_by()
        self.close("B", YEARS[0])
        self.receive("B", 2 * PLENTY, SECOND, coc=True)
        self.ship("B", 2 * PLENTY, SECOND)
        self.declare_a_case("B")

    @rule(
        other=some.integers(0, 1), part=PART, more=some.integers(0, 1), day=some.integers(100, 119)
    )
    def issue_in_the_stopped_year(self, other: int, part: int, more: int, day: int) -> Any:
        """All that is covered, and a kilogram more, as well."""
        period = self.own.period(("B", YEARS[1]))
        taken = self.issue("B", other, part, more, day)
        self.issued_then.append((period.stopped() and period.case, isinstance(taken, str)))


TestStoppedYear = StoppedYear.TestCase
TestStoppedYear.settings = settings(max_examples=20, stateful_step_count=40)


def test_claims_are_made_and_refused_in_a_year_that_is_stopped_though_a_case_was_declared() -> None:
    """Counted, since what never happens proves nothing."""

    class Counted(StoppedYear):
        issued_then: ClassVar[list[tuple[bool, bool]]] = []

    run_state_machine_as_test(seed(1)(Counted), settings=TestStoppedYear.settings)
    assert {(True, True), (True, False)} <= set(Counted.issued_then)
