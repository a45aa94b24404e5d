"""The mass balance to the kilogram: input percentage, carry-over, overdraft, the close."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as some

from contracts.custody import Account, Entry, Switched
from services.coc_ledger.accounting.accounts import NO_KGS, Kgs, posted_kg
from services.coc_ledger.accounting.balance import (
    Closing,
    Figures,
    Terms,
    as_of,
    closing,
    cover,
    figures,
    lapsed_before,
    max_output,
    percentage,
    rule_of,
    unused,
    working,
)
from services.coc_ledger.accounting.lasting import Ending, Until
from services.coc_ledger.accounting.period import Course, period_of
from tests.rules.coc.given import POLICY, TONNE

RULE = rule_of(POLICY)
W11 = Figures(10_000 * TONNE, 5_000 * TONNE, 9_800 * TONNE, 0)


def test_half_of_the_inflow_covers_half_of_the_output() -> None:
    """W10: 50 % of the year's inflow is CoC, so at most 50 % of its output is claimed as such."""
    assert percentage(Figures(100, 50, 80, 0)) == "50.0000"
    assert max_output(Figures(100, 50, 80, 0), cap_at_input=True) == 40


def test_products_and_scrap_together_are_covered_to_the_kilogram() -> None:
    """W11: 4,900 t and not one kilogram more."""
    assert cover(W11, Terms(), RULE).available_kg == 4_900 * TONNE
    claimed = W11._replace(designated_kg=4_900 * TONNE)
    assert cover(claimed, Terms(), RULE)[-3:] == (0, 0, 0)
    above = W11._replace(designated_kg=4_900 * TONNE + 1)
    assert cover(above, Terms(), RULE).shortfall_kg == 1


@pytest.mark.parametrize(
    ("found", "kg"),
    [
        (Figures(3, 1, 2, 0), 0),  # two thirds of a kilogram is none
        (Figures(0, 0, 500, 0), 0),  # nothing came in
        (Figures(100, 100, 900, 0), 100),  # out of old stock: never more than came as CoC
        (Figures(100, -5, 90, 0), 0),  # corrections took more than there was
    ],
)
def test_rounding_and_stock_never_make_cover(found: Figures, kg: int) -> None:
    assert max_output(found, cap_at_input=True) == kg


def test_an_overdraft_needs_a_case_and_ends_at_a_fifth_of_the_input() -> None:
    assert cover(W11, Terms(), RULE).overdraft_kg == 0
    with_case = cover(W11, Terms(case=True), RULE)
    assert with_case.overdraft_kg == 1_000 * TONNE
    assert with_case.available_kg == 5_900 * TONNE
    used = cover(W11._replace(designated_kg=5_000 * TONNE), Terms(case=True), RULE)
    assert (used.overdraft_used_kg, used.available_kg) == (100 * TONNE, 900 * TONNE)


@pytest.mark.parametrize(
    ("designated", "terms", "left"),
    [
        # all claimed: nothing is left, nothing expires
        (40, Terms(), Closing(40, 0, 0, 0, 0, 0)),
        # not all claimed: the rest goes on
        (30, Terms(), Closing(40, 10, 0, 0, 0, 0)),
        # what was carried in is used first, and expires where it was not
        (5, Terms(carried_kg=12), Closing(40, 40, 7, 0, 0, 0)),
        (20, Terms(carried_kg=12), Closing(40, 32, 0, 0, 0, 0)),
        # an overdraft within the limit is owed
        (48, Terms(case=True), Closing(40, 0, 0, 8, 0, 0, ahead_kg=8)),
        # beyond the limit (a fifth of 50) it is a finding as well
        (55, Terms(case=True), Closing(40, 0, 0, 15, 0, 5, ahead_kg=15)),
        # without a case all of it is
        (41, Terms(), Closing(40, 0, 0, 1, 0, 1, ahead_kg=1)),
        # what was owed is made good before anything is earned
        (30, Terms(owed_kg=10), Closing(40, 0, 0, 0, 0, 0)),
        # and where it is not, that is said
        (0, Terms(owed_kg=45), Closing(40, 0, 0, 5, 5, 0)),
    ],
)
def test_a_period_leaves_what_the_rules_say(designated: int, terms: Terms, left: Closing) -> None:
    assert closing(Figures(100, 50, 80, designated), terms, RULE) == left


MASS = some.integers(0, 10**9)


@given(MASS, MASS, MASS, MASS, MASS, MASS, some.booleans())
def test_the_cover_is_a_sum_that_never_grows_by_rounding(
    coc: int, other: int, output: int, designated: int, carried: int, owed: int, case: bool
) -> None:
    found = Figures(coc + other, coc, output, designated)
    terms = Terms(carried, owed, case)
    made = cover(found, terms, RULE)
    assert made.max_output_kg * found.inflow_kg <= coc * output
    assert made.max_output_kg <= coc
    more = found._replace(designated_kg=designated + made.available_kg)
    after = cover(more, terms, RULE)
    if made.available_kg:
        assert (after.available_kg, after.shortfall_kg) == (0, 0)
    left = closing(found, terms, RULE)
    total = carried + left.max_output_kg - owed - designated
    assert left.balance_kg + left.expired_kg - left.owed_kg == total


def test_the_working_adds_up_and_names_the_rule_behind_every_step() -> None:
    found = W11._replace(designated_kg=1_000 * TONNE)
    lines = {line.name: line for line in working(found, Terms(7, 0, True), POLICY)}
    steps = ("maximum output", "carried", "owed", "overdraft", "designated")
    assert sum(lines[name].kg for name in steps) == lines["available"].kg
    assert all(line.source and line.evidence for name, line in lines.items() if name in steps)
    assert lines["overdraft"].evidence == "unverified"


def test_periods_are_fixed_until_they_are_changed() -> None:
    calendar = (Course(date(2026, 4, 1), 12), Course(date(2027, 1, 1), 6))
    days = [date(2026, 3, 31), date(2026, 4, 1), date(2026, 12, 31), date(2027, 7, 1)]
    found = [period_of(calendar, day) for day in days]
    assert found[0] is None
    assert found[1] == found[2] == (date(2026, 4, 1), date(2026, 12, 31))
    assert found[3] == (date(2027, 7, 1), date(2027, 12, 31))


DAY = some.integers(0, 9)
BY_DAY = some.dictionaries(DAY, some.integers(1, 20), max_size=4)


@given(BY_DAY, some.integers(0, 20), BY_DAY, some.integers(0, 9))
def test_what_lapses_is_what_nobody_took_day_by_day(
    lasting: dict[int, int], plain: int, claims: dict[int, int], asked: int
) -> None:
    """Gone through by day, as a clerk would: what lapses first is taken first."""
    days = [date(2026, 1, 1 + number) for number in range(10)]
    rest, lapsed = dict(lasting), 0
    for number in range(asked):
        wanted = claims.get(number, 0)
        for last in sorted(rest):
            taken = min(rest[last], wanted)
            rest[last], wanted = rest[last] - taken, wanted - taken
        lapsed += rest.pop(number, 0)

    def through(day: date) -> Kgs:
        claimed = sum(kg for number, kg in claims.items() if days[number] <= day)
        return posted_kg(NO_KGS, (Entry(account=Account.OUTPUT_COC, kg=claimed),))

    parts = tuple(Until(days[last], kg) for last, kg in sorted(lasting.items()))
    terms = Terms(plain + sum(lasting.values()), lasting=parts)
    assert lapsed_before(terms, through, days[asked]) == lapsed


@given(BY_DAY, some.integers(0, 20), BY_DAY, some.integers(0, 9))
def test_what_is_left_of_each_part_is_what_nobody_took_of_it_day_by_day(
    lasting: dict[int, int], plain: int, claims: dict[int, int], asked: int
) -> None:
    """Claims of before a last day took what lapsed since, and not what serves longer."""
    days = [date(2026, 1, 1 + number) for number in range(31)]
    rest = {**lasting, 30: plain}
    for number in range(asked + 1):
        rest = {last: kg for last, kg in rest.items() if last >= number}
        wanted = claims.get(number, 0)
        for last in sorted(rest):
            taken = min(rest[last], wanted)
            rest[last], wanted = rest[last] - taken, wanted - taken

    def through(day: date) -> Kgs:
        claimed = sum(kg for number, kg in claims.items() if days[number] <= day)
        return posted_kg(NO_KGS, (Entry(account=Account.OUTPUT_COC, kg=claimed),))

    parts = tuple(Until(days[last], kg) for last, kg in sorted(lasting.items()))
    terms = Terms(plain + sum(lasting.values()), lasting=parts)
    found, then = figures(through(days[asked])), as_of(terms, through, days[asked])
    left = [(days[last], kg) for last, kg in sorted(rest.items()) if kg]
    assert list(unused(found, then, days[30], days[asked])) == left


@given(BY_DAY, BY_DAY, MASS, MASS, MASS)
def test_nothing_is_lost_between_what_a_period_got_and_what_it_leaves(
    lasting: dict[int, int], due: dict[int, int], plain: int, output: int, designated: int
) -> None:
    """Whatever lapses or goes on; and no part goes on whose day is over."""
    days = [date(2026, 1, 1 + number) for number in range(10)]
    had, owed = ([Until(days[one], kg) for one, kg in sorted(of.items())] for of in (lasting, due))
    terms = Terms(plain + sum(kg for _, kg in had), 7 + sum(kg for _, kg in owed), False)
    terms = terms._replace(lasting=tuple(had), due=tuple(owed))
    switched = Switched(carried_until=days[7], earned_until=days[9])
    for ending in (Ending(days[4]), Ending(days[4], 0, switched)):
        left = closing(Figures(output, output, output, designated), terms, RULE, ending)
        total = terms.carried_kg + output - terms.owed_kg - designated
        assert left.balance_kg + left.expired_kg - left.owed_kg == total
        for parts, whole in ((left.lasting, left.balance_kg), (left.due, left.owed_kg)):
            assert sum(one.kg for one in parts) <= whole
            assert all(one.day > days[4] for one in parts)
        if ending.switched:
            assert sum(one.kg for one in left.lasting) == left.balance_kg
            late = left.unmet_kg
            assert sum(one.kg for one in left.due) == left.owed_kg - late
