"""Fees: 60 days, then overdue, then a suspension that a payment lifts (sources.md 1.3, 1.5)."""

from datetime import date

import pytest

from contracts.membership import FeeInvoiceCancelled, FeeInvoiced, FeeOverdue, FeePaid
from services.membership import member
from services.membership.commands import (
    CancelFeeInvoice,
    InvoiceFee,
    RecordFeePayment,
    ResignMembership,
)
from tests.rules.membership.given import (
    DS,
    POLICY_ID,
    days_closed,
    joined,
    passing,
    reinstatement,
    suspension,
    tick,
)

INVOICED = date(2024, 1, 1)
DUE = date(2024, 3, 1)
"""60 days later, in a leap year."""
LATE = date(2024, 3, 2)
SUSPENDED = date(2024, 4, 1)
"""30 days after the first day late."""


def invoice(
    invoice_id: str = "I1", on: date = INVOICED, fee_level: str | None = None
) -> InvoiceFee:
    return InvoiceFee(on=on, member_id="M1", invoice_id=invoice_id, fee_level=fee_level)


def pay(on: date, paid_on: date | None = None, invoice_id: str = "I1") -> RecordFeePayment:
    return RecordFeePayment(on=on, member_id="M1", invoice_id=invoice_id, paid_on=paid_on)


def paid(on: date, invoice_id: str = "I1") -> FeePaid:
    return FeePaid(member_id="M1", invoice_id=invoice_id, paid_on=on)


ASKED = passing(joined(DS), invoice())
UNPAID = days_closed(ASKED, SUSPENDED)


def test_an_invoice_is_due_in_sixty_days_at_the_members_fee_level() -> None:
    joined(DS).when(invoice()).then(
        FeeInvoiced(
            member_id="M1",
            invoice_id="I1",
            fee_level="L2",
            invoiced_on=INVOICED,
            due_on=DUE,
            policy_id=POLICY_ID,
        )
    )
    assert member.due(ASKED.state) == {"fee_overdue:I1": DUE}


def test_the_same_invoice_again_changes_nothing_another_one_is_refused() -> None:
    ASKED.when(invoice()).nothing()
    ASKED.when(invoice(on=date(2024, 1, 5))).nothing()
    ASKED.when(invoice(fee_level="L3")).refused("invoice-already-issued", invoice_id="I1")


def test_an_invoice_is_not_dated_ahead() -> None:
    ahead = invoice().model_copy(update={"invoiced_on": date(2024, 1, 2)})
    joined(DS).when(ahead).refused("day-in-the-future")


def test_no_fee_is_asked_for_a_day_before_the_membership() -> None:
    given = joined(DS, date(2023, 8, 10))
    early = invoice().model_copy(update={"invoiced_on": date(2023, 8, 9)})
    given.when(early).refused("before-joining", joined_on="2023-08-10")
    first_day = invoice().model_copy(update={"invoiced_on": date(2023, 8, 10)})
    assert given.when(first_day).refusal is None


def test_once_the_last_day_is_closed_the_fee_is_overdue() -> None:
    ASKED.when(tick("fee_overdue:I1", date(2024, 2, 29))).nothing()
    ASKED.when(tick("fee_overdue:I1", DUE)).then(
        FeeOverdue(
            member_id="M1",
            invoice_id="I1",
            due_on=DUE,
            effective_on=LATE,
            suspends_on=SUSPENDED,
            policy_id=POLICY_ID,
        )
    )


def test_after_the_policys_days_the_member_is_suspended() -> None:
    overdue = days_closed(ASKED, DUE)
    assert overdue.state.standing == "active"
    assert member.due(overdue.state) == {"fee_suspension:I1": date(2024, 3, 31)}
    overdue.when(tick("fee_suspension:I1", date(2024, 3, 30))).nothing()
    overdue.when(tick("fee_suspension:I1", date(2024, 3, 31))).then(
        suspension(SUSPENDED, "fees_unpaid")
    )


def test_who_is_suspended_for_fees_is_not_asked_again() -> None:
    assert UNPAID.state.standing == "suspended"
    assert member.due(UNPAID.state) == {}


def test_a_payment_lifts_the_suspension() -> None:
    UNPAID.when(pay(date(2024, 4, 9))).then(
        paid(date(2024, 4, 9)), reinstatement(date(2024, 4, 9), "fees_unpaid")
    ).and_when(pay(date(2024, 4, 10))).nothing()


@pytest.mark.parametrize("paid_on", [date(2024, 2, 1), date(2024, 3, 31)])
def test_a_payment_recorded_late_but_made_in_time_means_there_was_no_suspension(
    paid_on: date,
) -> None:
    UNPAID.when(pay(date(2024, 4, 9), paid_on)).then(
        paid(paid_on), reinstatement(SUSPENDED, "fees_unpaid")
    )


def test_what_is_paid_in_time_is_never_overdue() -> None:
    given = passing(ASKED, pay(date(2024, 2, 1)))
    assert member.due(given.state) == {}
    given.when(tick("fee_overdue:I1", DUE)).nothing()


def test_a_second_unpaid_fee_keeps_the_suspension_up() -> None:
    two = passing(ASKED, invoice("I2", date(2024, 1, 2)))
    both = days_closed(two, date(2024, 6, 1))
    first = both.when(pay(date(2024, 6, 2)))
    first.then(paid(date(2024, 6, 2)))
    assert first.state.standing == "suspended"
    last = first.and_when(pay(date(2024, 6, 3), invoice_id="I2"))
    assert last.state.standing == "active"


def test_paid_before_the_second_one_suspended_the_suspension_begins_with_the_second() -> None:
    two = passing(ASKED, invoice("I2", date(2024, 1, 11)))
    both = days_closed(two, date(2024, 6, 1))
    both.when(pay(date(2024, 6, 2), paid_on=date(2024, 4, 5))).then(
        paid(date(2024, 4, 5)),
        reinstatement(date(2024, 4, 5), "fees_unpaid"),
        suspension(date(2024, 4, 11), "fees_unpaid"),
    )


def test_payments_fit_their_invoice() -> None:
    ASKED.when(pay(date(2024, 2, 1), invoice_id="I9")).refused("unknown-invoice")
    ASKED.when(pay(date(2024, 2, 1), date(2023, 12, 31))).refused("payment-day-impossible")
    ASKED.when(pay(date(2024, 2, 1), date(2024, 2, 2))).refused("payment-day-impossible")
    settled = passing(ASKED, pay(date(2024, 2, 1)))
    settled.when(pay(date(2024, 2, 5), date(2024, 2, 4))).refused("invoice-already-paid")


# --- an invoice raised in error ---


def cancel(on: date, invoice_id: str = "I1") -> CancelFeeInvoice:
    return CancelFeeInvoice(on=on, member_id="M1", invoice_id=invoice_id, approver="P7")


def cancelled(on: date, invoice_id: str = "I1") -> FeeInvoiceCancelled:
    return FeeInvoiceCancelled(
        member_id="M1",
        invoice_id=invoice_id,
        cancelled_on=on,
        reason="raised_in_error",
        approver="P7",
    )


def test_nothing_is_due_on_a_cancelled_invoice() -> None:
    on = date(2024, 2, 1)
    answered = ASKED.when(cancel(on))
    answered.then(cancelled(on)).and_when(cancel(on)).nothing()
    assert member.due(answered.state) == {}
    answered.and_when(pay(on)).refused("invoice-cancelled")
    answered.and_when(invoice()).refused("invoice-cancelled")


def test_only_an_invoice_that_is_out_and_unpaid_can_be_cancelled() -> None:
    ASKED.when(cancel(date(2024, 2, 1), "I9")).refused("unknown-invoice")
    passing(ASKED, pay(date(2024, 2, 1))).when(cancel(date(2024, 2, 2))).refused(
        "invoice-already-paid"
    )


def test_a_suspension_that_rested_on_it_alone_never_was() -> None:
    on = date(2024, 4, 9)
    UNPAID.when(cancel(on)).then(cancelled(on), reinstatement(SUSPENDED, "fees_unpaid"))


def test_another_unpaid_fee_suspends_from_its_own_day() -> None:
    two = passing(ASKED, invoice("I2", date(2024, 1, 11)))
    both, on = days_closed(two, date(2024, 6, 1)), date(2024, 6, 2)
    both.when(cancel(on)).then(
        cancelled(on),
        reinstatement(SUSPENDED, "fees_unpaid"),
        suspension(date(2024, 4, 11), "fees_unpaid"),
    )
    both.when(cancel(on, "I2")).then(cancelled(on, "I2"))


def test_days_on_which_a_fee_was_unpaid_stay_suspended_whatever_is_paid_or_cancelled_next() -> None:
    two = passing(ASKED, invoice("I2", date(2024, 1, 11)))
    both = days_closed(two, date(2024, 6, 1))
    one_left = passing(both, pay(date(2024, 6, 2), paid_on=date(2024, 4, 20)))
    on = date(2024, 6, 3)
    one_left.when(cancel(on, "I2")).then(
        cancelled(on, "I2"), reinstatement(date(2024, 4, 20), "fees_unpaid")
    )
    one_left.when(pay(on, date(2024, 4, 12), "I2")).then(
        paid(date(2024, 4, 12), "I2"), reinstatement(date(2024, 4, 20), "fees_unpaid")
    )


def test_what_is_owed_is_paid_or_cancelled_after_the_end_too() -> None:
    gone = passing(UNPAID, ResignMembership(on=date(2024, 5, 1), member_id="M1"))
    on = date(2024, 5, 2)
    gone.when(pay(on)).then(paid(on))
    gone.when(cancel(on)).then(cancelled(on))
    gone.when(invoice("I2", on)).refused("membership-ended")
