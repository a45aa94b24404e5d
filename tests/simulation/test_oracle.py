"""The oracle on members, case by case: each answer worked out by hand, sources.md 1.1 to 1.4."""

from dataclasses import replace
from datetime import date

import pytest

from contracts.values import MembershipClass, Standard
from simulator.history import CertificateSuspended, Invoiced, Paid, Resigned, Restored, Submitted
from simulator.ledger import MET, MISSED, OPEN
from simulator.oracle import Standing
from simulator.rules import Rules

from .told import (
    AGAIN,
    DS,
    DUE,
    IU,
    JOINED,
    ONE,
    PT,
    M,
    changed,
    converted,
    duty,
    extended,
    granted,
    joined,
    oracle,
    standing,
    withdrawn,
)

# --- when it is due (sources.md 1.2) ---


def test_w12_joined_in_august_2023_is_due_by_august_2025() -> None:
    found = duty(oracle(joined(date(2023, 8, 15))), date(2024, 1, 1))
    assert (found.state, found.due_on) == (OPEN, date(2025, 8, 15))


def test_who_joined_before_the_launch_counts_from_the_launch() -> None:
    found = duty(oracle(joined(date(2015, 6, 1))), date(2018, 1, 1))
    assert (found.starts_on, found.due_on) == (date(2017, 12, 1), date(2019, 12, 1))


def test_a_day_after_the_launch_counts_for_itself() -> None:
    found = duty(oracle(joined(date(2017, 12, 2))), date(2018, 1, 1))
    assert found.due_on == date(2019, 12, 2)


def test_joined_on_29_february_is_due_on_the_28th() -> None:
    found = duty(oracle(joined(date(2020, 2, 29))), date(2021, 1, 1))
    assert found.due_on == date(2022, 2, 28)


def test_the_last_day_is_not_missed_and_the_next_is() -> None:
    asked = oracle(joined())
    assert duty(asked, DUE).state == OPEN
    assert duty(asked, DUE + ONE).state == MISSED


def test_a_supporter_has_no_duty() -> None:
    asked = oracle(joined(kind=DS))
    assert asked.duties(M, date(2025, 1, 1), date(2025, 1, 1)) == ()
    assert standing(asked, date(2025, 1, 1)) == Standing("active")


def test_many_extensions_are_answered_without_asking_the_same_twice() -> None:
    """Each asks what the duty was before it: thirty would be asked a thousand million times."""
    days = [JOINED + number * ONE for number in range(1, 31)]
    asked = oracle(joined(), *(extended(day, DUE + (day - JOINED)) for day in days))
    assert duty(asked, days[-1]).due_on == DUE + 30 * ONE
    assert asked.ledger(M, days[-1]).upto(11) is asked.ledger(M, days[9])


# --- what meets it ---


def test_a_certificate_on_the_last_day_meets_it() -> None:
    found = duty(oracle(joined(), *granted(DUE)), DUE + ONE)
    assert (found.state, found.certificate_id) == (MET, "c1")


def test_a_provisional_certificate_meets_it() -> None:
    assert duty(oracle(joined(), *granted(DUE, majors=2)), DUE + ONE).state == MET


def test_it_does_not_where_the_policy_says_so() -> None:
    strict = replace(Rules(), provisional_counts=False)
    asked = oracle(joined(), *granted(DUE, majors=2), rules=strict)
    assert duty(asked, DUE + ONE).state == MISSED


def test_a_chain_of_custody_certificate_does_not_meet_it() -> None:
    asked = oracle(joined(), *granted(DUE - 90 * ONE, standard=Standard.CHAIN_OF_CUSTODY))
    assert duty(asked, DUE + ONE).state == MISSED


def test_withdrawn_before_the_day_leaves_it_open_then_missed() -> None:
    asked = oracle(joined(), *granted(date(2021, 5, 1)), withdrawn(date(2021, 9, 1)))
    assert duty(asked, date(2021, 8, 31)).state == MET
    assert duty(asked, date(2021, 9, 1)).state == OPEN
    assert duty(asked, DUE + ONE).state == MISSED


def test_withdrawn_after_the_day_left_it_met_and_the_next_one_missed() -> None:
    gone = date(2022, 9, 1)
    asked = oracle(joined(), *granted(date(2021, 5, 1)), withdrawn(gone))
    assert duty(asked, gone).state == MET
    again = duty(asked, gone, AGAIN)
    assert (again.due_on, again.state) == (gone - ONE, MISSED)


def test_expired_before_the_day_met_it_and_the_next_is_due_with_the_first() -> None:
    asked = oracle(joined(), *granted(date(2020, 9, 1), majors=1))
    assert asked.certificates(M, DUE)[0].valid_to == date(2021, 8, 31)
    assert duty(asked, date(2021, 10, 1)).state == MET
    again = duty(asked, date(2021, 10, 1), AGAIN)
    assert (again.due_on, again.state) == (DUE, OPEN)


def test_a_suspended_certificate_counts_unless_the_policy_says_no() -> None:
    held = CertificateSuspended(
        recorded_on=DUE - ONE,
        member_id=M,
        certificate_id="c1",
        effective_on=DUE - ONE,
        reason="r",
    )
    entries = [joined(), *granted(date(2021, 9, 1)), held]
    assert duty(oracle(*entries), DUE + ONE).state == MET
    strict = replace(Rules(), suspended_counts=False)
    assert duty(oracle(*entries, rules=strict), DUE + ONE).state == MISSED


# --- late news, late certificates ---


def test_told_late_but_effective_in_time_retracts_the_miss() -> None:
    told = DUE + 30 * ONE
    asked = oracle(joined(), *granted(DUE - 5 * ONE, told))
    assert duty(asked, DUE + ONE, known=told - ONE).state == MISSED
    assert duty(asked, DUE + ONE, known=told).state == MET
    assert standing(asked, told, known=told - ONE).reasons == {"duty_missed"}
    assert standing(asked, told) == Standing("active")


def test_valid_only_later_cures_the_miss_but_it_stays_a_miss() -> None:
    day = DUE + 40 * ONE
    asked = oracle(joined(), *granted(day))
    assert standing(asked, day - ONE) == Standing("suspended", frozenset({"duty_missed"}))
    assert standing(asked, day) == Standing("active")
    assert duty(asked, day).late


def test_nothing_comes_and_the_membership_is_forfeited() -> None:
    asked = oracle(joined())
    last = DUE + Rules().forfeit_days * ONE
    assert standing(asked, last) == Standing("suspended", frozenset({"duty_missed"}))
    assert standing(asked, last + ONE) == Standing("forfeited")
    assert asked.duties(M, last + ONE, last + ONE) == ()


def test_told_after_the_forfeiture_it_takes_a_person_to_restore() -> None:
    told = DUE + 120 * ONE
    entries = [joined(), *granted(DUE - 5 * ONE, told)]
    assert standing(oracle(*entries), told) == Standing("forfeited")
    back = oracle(*entries, Restored(recorded_on=told + ONE, member_id=M))
    assert standing(back, told) == Standing("forfeited")
    assert standing(back, told + ONE) == Standing("active")
    assert duty(back, told + ONE).state == MET


def test_an_extension_moves_the_day() -> None:
    new = DUE + 100 * ONE
    asked = oracle(joined(), extended(DUE - 30 * ONE, new))
    assert duty(asked, DUE, known=DUE - 31 * ONE).due_on == DUE
    assert duty(asked, new).state == OPEN
    assert duty(asked, new + ONE).state == MISSED


def test_an_extension_after_the_miss_takes_it_back() -> None:
    told, new = DUE + 20 * ONE, DUE + 150 * ONE
    asked = oracle(joined(), extended(told, new))
    assert standing(asked, told - ONE).status == "suspended"
    assert standing(asked, told) == Standing("active")
    assert standing(asked, DUE + 120 * ONE) == Standing("active")
    assert standing(asked, new + 91 * ONE) == Standing("forfeited")


# --- again and again ---


def test_recertification_is_due_on_the_last_valid_day() -> None:
    asked = oracle(joined(), *granted(date(2021, 5, 1)))
    again = duty(asked, date(2023, 1, 1), AGAIN)
    assert (again.state, again.due_on) == (OPEN, date(2024, 4, 30))
    assert duty(asked, date(2024, 5, 1), AGAIN).state == MISSED
    assert standing(asked, date(2024, 4, 30) + 91 * ONE) == Standing("forfeited")


def test_a_renewal_without_a_gap_moves_it_on() -> None:
    second = granted(date(2024, 5, 1), date(2024, 4, 1), number=2)
    asked = oracle(joined(), *granted(date(2021, 5, 1)), *second)
    assert duty(asked, date(2024, 3, 31), AGAIN).due_on == date(2024, 4, 30)
    assert duty(asked, date(2024, 4, 1), AGAIN).due_on == date(2024, 4, 30)
    assert duty(asked, date(2024, 5, 1), AGAIN).due_on == date(2027, 4, 30)
    assert standing(asked, date(2024, 5, 1)) == Standing("active")


def test_looking_ahead_it_moves_on_as_soon_as_it_is_granted() -> None:
    day = date(2024, 4, 1)
    asked = oracle(joined(), *granted(date(2021, 5, 1)), *granted(date(2024, 5, 1), day, number=2))
    before, after = (asked.duties(M, day, known, ahead=True)[1] for known in (day - ONE, day))
    assert (before.due_on, after.due_on) == (date(2024, 4, 30), date(2027, 4, 30))


def test_an_extension_lapses_with_the_certificate_it_was_given_on_top_of() -> None:
    more = extended(date(2023, 12, 1), date(2024, 8, 1), AGAIN)
    gone = withdrawn(date(2024, 2, 1))
    asked = oracle(joined(), *granted(date(2021, 5, 1)), more, gone)
    assert duty(asked, date(2024, 1, 31), AGAIN).due_on == date(2024, 8, 1)
    assert duty(asked, date(2024, 2, 1), AGAIN).due_on == date(2024, 1, 31)


def test_a_gap_of_one_day_is_a_miss_for_one_day() -> None:
    asked = oracle(joined(), *granted(date(2021, 5, 1)), *granted(date(2024, 5, 2), number=2))
    assert standing(asked, date(2024, 5, 1)).status == "suspended"
    assert standing(asked, date(2024, 5, 2)) == Standing("active")


def test_the_recertification_can_be_extended() -> None:
    more = extended(date(2024, 4, 1), date(2024, 7, 1), AGAIN)
    asked = oracle(joined(), *granted(date(2021, 5, 1)), more)
    assert duty(asked, date(2024, 7, 1), AGAIN).state == OPEN
    assert duty(asked, date(2024, 7, 2), AGAIN).state == MISSED


def test_a_conversion_moves_the_recertification_to_the_full_term() -> None:
    day = date(2021, 5, 1)
    asked = oracle(joined(), *granted(day, majors=1), *converted(date(2022, 2, 1)))
    assert duty(asked, date(2022, 1, 31), AGAIN).due_on == date(2022, 4, 30)
    assert duty(asked, date(2022, 2, 1), AGAIN).due_on == date(2024, 4, 30)


# --- classes ---


@pytest.mark.parametrize(("first", "second"), [(PT, IU), (IU, PT)])
def test_between_the_obliged_classes_the_clock_runs_on(
    first: MembershipClass, second: MembershipClass
) -> None:
    asked = oracle(joined(kind=first), changed(date(2021, 6, 1), second))
    assert duty(asked, date(2021, 7, 1)).due_on == DUE


def test_a_supporter_that_becomes_a_producer_starts_its_clock_then() -> None:
    asked = oracle(joined(kind=DS), changed(date(2021, 6, 1), PT))
    assert asked.duties(M, date(2021, 5, 31), date(2021, 6, 1)) == ()
    assert duty(asked, date(2021, 6, 1)).due_on == date(2023, 6, 1)


def test_a_producer_that_becomes_a_supporter_has_no_duty_any_more() -> None:
    asked = oracle(joined(), changed(date(2021, 6, 1), DS))
    assert duty(asked, date(2021, 5, 31)).state == OPEN
    assert asked.duties(M, date(2021, 6, 1), date(2021, 6, 1)) == ()
    assert standing(asked, date(2024, 1, 1)) == Standing("active")


# --- fees, ends, applications ---


def test_unpaid_fees_suspend_after_the_days_of_grace_and_payment_reinstates() -> None:
    day = date(2020, 3, 10)
    bill = Invoiced(recorded_on=day, member_id=M, invoice_id="i1")
    last = day + 90 * ONE
    paid = Paid(recorded_on=last + 9 * ONE, member_id=M, invoice_id="i1", paid_on=last + 9 * ONE)
    asked = oracle(joined(kind=DS), bill, paid)
    assert standing(asked, last) == Standing("active")
    assert standing(asked, last + ONE).reasons == {"fees_unpaid"}
    assert standing(asked, last + 9 * ONE) == Standing("active")


def test_who_resigned_has_no_duty_any_more() -> None:
    gone = Resigned(recorded_on=date(2021, 1, 1), member_id=M, effective_on=date(2021, 1, 1))
    asked = oracle(joined(), gone)
    assert standing(asked, date(2025, 1, 1)) == Standing("resigned")
    assert asked.deadlines(date(2025, 1, 1), date(2025, 1, 1)) == []


def test_an_application_stands_where_it_was_told_last() -> None:
    told = Submitted(
        recorded_on=date(2020, 1, 5),
        member_id=M,
        name="Synthetic Aluminium 001 (CN)",
        country="CN",
        membership_class=PT,
        activities=(),
    )
    assert standing(oracle(told), date(2020, 2, 1)) == Standing("submitted")
    assert oracle(told).standing(M, date(2020, 1, 4), date(2020, 1, 4)) is None
