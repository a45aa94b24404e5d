"""Fees: asked for, paid, overdue, and the suspension that unpaid ones lead to. Pure.

Source: domain.md 1.3 (60 days, suspension), 1.5. Fees rest on no other service: a payment that is
recorded late but was made in time lifts the suspension as if it had never been.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import assert_never

from contracts.membership import (
    FeeInvoiced,
    FeeOverdue,
    FeePaid,
    MemberReinstated,
    MemberSuspended,
)
from infra.errors import Refused
from infra.policy import Policies

from .commands import FeeCommand, InvoiceFee, RecordFeePayment
from .duty import shifted
from .settle import Story
from .standing import Invoice, Member

OVERDUE = "fee_overdue"
SUSPENSION = "fee_suspension"


def decide(command: FeeCommand, story: Story, policies: Policies) -> None:
    """Tell the events of a command of a member; raises Refused."""
    match command:
        case InvoiceFee():
            _invoice(command, story, policies)
        case RecordFeePayment():
            _pay(command, story, policies)
        case _:
            assert_never(command)


def _invoice(command: InvoiceFee, story: Story, policies: Policies) -> None:
    """Ask for a fee. Asking again for the same changes nothing."""
    state = story.state
    fee_level = command.fee_level or state.fee_level
    invoiced_on = command.invoiced_on or command.on
    known = state.invoices.get(command.invoice_id)
    if known is not None:
        # Without a day of its own a repeat on a later day is the same request.
        same = command.invoiced_on is None or known.invoiced_on == invoiced_on
        if known.fee_level == fee_level and same:
            return
        raise Refused(
            "invoice-already-issued",
            f"Invoice {command.invoice_id} of {known.invoiced_on} is for fee level "
            f"{known.fee_level}; another fee needs an invoice id of its own.",
            invoice_id=command.invoice_id,
        )
    if invoiced_on > command.on:
        raise Refused(
            "day-in-the-future",
            f"An invoice of {invoiced_on} cannot be recorded on {command.on}.",
            invoiced_on=invoiced_on,
            today=command.on,
        )
    policy = policies.on(invoiced_on)
    story.tell(
        FeeInvoiced(
            member_id=state.member_id,
            invoice_id=command.invoice_id,
            fee_level=fee_level,
            invoiced_on=invoiced_on,
            due_on=shifted(invoiced_on, policy.integer("fees.payment_days")),
            policy_id=policy.policy_id,
        )
    )


def _pay(command: RecordFeePayment, story: Story, policies: Policies) -> None:
    """A fee was paid. The suspension goes, unless another unpaid one keeps it up."""
    state = story.state
    paid_on = command.paid_on or command.on
    known = state.invoices.get(command.invoice_id)
    if known is None:
        raise Refused(
            "unknown-invoice",
            f"Member {state.member_id} has no invoice {command.invoice_id}.",
            invoice_id=command.invoice_id,
        )
    if known.paid_on is not None:
        if command.paid_on is None or known.paid_on == paid_on:
            return
        raise Refused(
            "invoice-already-paid",
            f"Invoice {command.invoice_id} was paid on {known.paid_on}.",
            invoice_id=command.invoice_id,
            paid_on=known.paid_on,
        )
    if not known.invoiced_on <= paid_on <= command.on:
        raise Refused(
            "payment-day-impossible",
            f"Invoice {command.invoice_id} of {known.invoiced_on} cannot have been paid on "
            f"{paid_on}: a payment lies between its invoice and today, {command.on}.",
            invoice_id=command.invoice_id,
            paid_on=paid_on,
        )
    story.tell(FeePaid(member_id=state.member_id, invoice_id=command.invoice_id, paid_on=paid_on))
    _lift(story, paid_on)
    _suspend(story, policies, shifted(command.on, -1))


def _lift(story: Story, paid_on: date) -> None:
    """Lift the suspension from the day of payment on, unless another fee held it up by then."""
    since = story.state.suspensions.get("fees_unpaid")
    if since is None:
        return
    others = (one.suspends_on for one in _unpaid(story.state) if one.suspends_on is not None)
    if any(suspends_on <= max(since, paid_on) for suspends_on in others):
        return
    story.tell(
        MemberReinstated(
            member_id=story.state.member_id,
            reason="fees_unpaid",
            effective_on=max(since, paid_on),
        )
    )


def settle_fees(story: Story, policies: Policies, closed: date) -> None:
    """Tell what the end of the day `closed` means for unpaid fees."""
    for invoice_id, unpaid in sorted(story.state.invoices.items()):
        if unpaid.paid_on is not None or unpaid.due_on > closed or unpaid.suspends_on is not None:
            continue
        effective_on = shifted(unpaid.due_on, 1)
        policy = policies.on(effective_on)
        days = policy.integer("fees.suspension_days_after_due")
        story.tell(
            FeeOverdue(
                member_id=story.state.member_id,
                invoice_id=invoice_id,
                due_on=unpaid.due_on,
                effective_on=effective_on,
                suspends_on=shifted(effective_on, days),
                policy_id=policy.policy_id,
            )
        )
    _suspend(story, policies, closed)


def _suspend(story: Story, policies: Policies, closed: date) -> None:
    """Suspend for the overdue fee that has waited longest, once its days are over."""
    waiting = [one.suspends_on for one in _unpaid(story.state) if one.suspends_on is not None]
    first = min(waiting, default=None)
    if first is None or shifted(first, -1) > closed or "fees_unpaid" in story.state.suspensions:
        return
    story.tell(
        MemberSuspended(
            member_id=story.state.member_id,
            reason="fees_unpaid",
            effective_on=first,
            policy_id=policies.on(first).policy_id,
        )
    )


def due(state: Member) -> Mapping[str, date]:
    """When the clock must ask again, invoice by invoice."""
    days: dict[str, date] = {}
    for invoice_id, one in state.invoices.items():
        if one.paid_on is not None:
            continue
        if one.suspends_on is None:
            days[f"{OVERDUE}:{invoice_id}"] = one.due_on
        elif "fees_unpaid" not in state.suspensions:
            days[f"{SUSPENSION}:{invoice_id}"] = shifted(one.suspends_on, -1)
    return days


def _unpaid(state: Member) -> Iterator[Invoice]:
    return (one for one in state.invoices.values() if one.paid_on is None)
