"""Fees: asked for, paid, overdue, and the suspension that unpaid ones lead to. Pure.

Source: sources.md 1.3 (60 days, suspension), 1.5. Fees rest on no other service: a payment that is
recorded late but was made in time lifts the suspension as if it had never been.
"""

from collections.abc import Mapping
from datetime import date
from typing import assert_never

from contracts.membership import (
    FeeInvoiceCancelled,
    FeeInvoiced,
    FeeLevelChanged,
    FeeOverdue,
    FeePaid,
    MemberReinstated,
    MemberSuspended,
)
from infra.errors import Refused
from infra.policy import Policies

from .commands import (
    CancelFeeInvoice,
    ChangeFeeLevel,
    FeeCommand,
    InvoiceFee,
    RecordFeePayment,
)
from .duty import shifted
from .guards import require_member
from .standing import ENDED, Invoice, Member
from .story import Story

OVERDUE = "fee_overdue"
SUSPENSION = "fee_suspension"


def decide(command: FeeCommand, story: Story, policies: Policies) -> None:
    """Tell the events of a command; raises Refused."""
    settling = isinstance(command, RecordFeePayment | CancelFeeInvoice)
    if not (settling and story.state.status in ENDED):  # what is owed is owed after the end, too
        require_member(story.state, command.member_id)
    match command:
        case ChangeFeeLevel():
            _change_level(command, story)
        case InvoiceFee():
            _invoice(command, story, policies)
        case RecordFeePayment():
            _pay(command, story, policies)
        case CancelFeeInvoice():
            _cancel(command, story, policies)
        case _:
            assert_never(command)


def _change_level(command: ChangeFeeLevel, story: Story) -> None:
    if command.fee_level == story.state.fee_level:
        return
    story.tell(
        FeeLevelChanged(
            member_id=story.state.member_id,
            fee_level=command.fee_level,
            effective_on=command.on,
            approver=command.approver,
        )
    )


def _invoice(command: InvoiceFee, story: Story, policies: Policies) -> None:
    """Ask for a fee. Asking again for the same changes nothing."""
    state = story.state
    fee_level = command.fee_level or state.fee_level
    invoiced_on = command.invoiced_on or command.on
    known = state.invoices.get(command.invoice_id)
    if known is not None:
        _check_not_cancelled(known, command.invoice_id)
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
    if state.joined_on is not None and invoiced_on < state.joined_on:
        raise Refused(
            "before-joining",
            f"{state.member_id} joined on {state.joined_on}: no membership fee was due on "
            f"{invoiced_on}.",
            joined_on=state.joined_on,
            invoiced_on=invoiced_on,
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
    known = _known(state, command.invoice_id)
    _check_not_cancelled(known, command.invoice_id)
    if known.paid_on is not None:
        if command.paid_on is None or known.paid_on == paid_on:
            return
        raise _already_paid(known, command.invoice_id)
    if not known.invoiced_on <= paid_on <= command.on:
        raise Refused(
            "payment-day-impossible",
            f"Invoice {command.invoice_id} of {known.invoiced_on} cannot have been paid on "
            f"{paid_on}: a payment lies between its invoice and today, {command.on}.",
            invoice_id=command.invoice_id,
            paid_on=paid_on,
        )
    story.tell(FeePaid(member_id=state.member_id, invoice_id=command.invoice_id, paid_on=paid_on))
    review(story, policies, shifted(command.on, -1))


def _cancel(command: CancelFeeInvoice, story: Story, policies: Policies) -> None:
    """Nothing is due on it, and nothing was: a suspension that rested on it alone never was."""
    state = story.state
    known = _known(state, command.invoice_id)
    if known.cancelled:
        return
    if known.paid_on is not None:
        raise _already_paid(known, command.invoice_id)
    story.tell(
        FeeInvoiceCancelled(
            member_id=state.member_id,
            invoice_id=command.invoice_id,
            cancelled_on=command.on,
            reason=command.reason,
            approver=command.approver,
            note_ref=command.note_ref,
        )
    )
    review(story, policies, shifted(command.on, -1))


def _known(state: Member, invoice_id: str) -> Invoice:
    known = state.invoices.get(invoice_id)
    if known is None:
        raise Refused(
            "unknown-invoice",
            f"Member {state.member_id} has no invoice {invoice_id}.",
            invoice_id=invoice_id,
        )
    return known


def _already_paid(known: Invoice, invoice_id: str) -> Refused:
    return Refused(
        "invoice-already-paid",
        f"Invoice {invoice_id} was paid on {known.paid_on}.",
        invoice_id=invoice_id,
        paid_on=known.paid_on,
    )


def _check_not_cancelled(known: Invoice, invoice_id: str) -> None:
    if known.cancelled:
        raise Refused(
            "invoice-cancelled",
            f"Invoice {invoice_id} was cancelled; another one needs an id of its own.",
            invoice_id=invoice_id,
        )


def review(story: Story, policies: Policies, closed: date) -> None:
    """Say anew what unpaid fees mean since the suspension of a member began: it goes on while one
    follows the other, and there was none on days on which none was unpaid."""
    if story.state.status != "member":
        return
    since = story.state.suspensions.get("fees_unpaid")
    if since is None:
        _suspend(story, policies, closed)
        return
    reached = since
    for first, paid_on in _unpaid_spans(story.state):
        if shifted(first, -1) > closed or (paid_on is not None and paid_on <= reached):
            continue
        if first > reached:
            _lift(story, reached)
            _hold(story, first, policies)
        if paid_on is None:
            return
        reached = paid_on
    _lift(story, reached)


def _unpaid_spans(state: Member) -> list[tuple[date, date | None]]:
    """The days on which a fee suspends: from which on, and the day it was paid; in order."""
    found = [
        (one.suspends_on, one.paid_on)
        for one in state.invoices.values()
        if one.suspends_on is not None and not one.cancelled
    ]
    spans = [(first, paid_on) for first, paid_on in found if paid_on is None or paid_on > first]
    return sorted(spans, key=lambda span: (span[0], span[1] or date.max))


def _lift(story: Story, day: date) -> None:
    story.tell(
        MemberReinstated(member_id=story.state.member_id, reason="fees_unpaid", effective_on=day)
    )


def _hold(story: Story, day: date, policies: Policies) -> None:
    story.tell(
        MemberSuspended(
            member_id=story.state.member_id,
            reason="fees_unpaid",
            effective_on=day,
            policy_id=policies.on(day).policy_id,
        )
    )


def settle_fees(story: Story, policies: Policies, closed: date) -> None:
    """Tell what the end of the day `closed` means for unpaid fees."""
    for invoice_id, unpaid in sorted(story.state.invoices.items()):
        if not unpaid.open or unpaid.due_on > closed or unpaid.suspends_on is not None:
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
    waiting = (first for first, paid_on in _unpaid_spans(story.state) if paid_on is None)
    first = min(waiting, default=None)
    if first is None or shifted(first, -1) > closed or "fees_unpaid" in story.state.suspensions:
        return
    _hold(story, first, policies)


def due(state: Member) -> Mapping[str, date]:
    """When the clock must ask again, invoice by invoice."""
    days: dict[str, date] = {}
    for invoice_id, one in state.invoices.items():
        if not one.open:
            continue
        if one.suspends_on is None:
            days[f"{OVERDUE}:{invoice_id}"] = one.due_on
        elif "fees_unpaid" not in state.suspensions:
            days[f"{SUSPENSION}:{invoice_id}"] = shifted(one.suspends_on, -1)
    return days
