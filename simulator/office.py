"""What passes between a member and the secretariat: the application, the yearly fee."""

from datetime import date, timedelta

from . import names
from .history import (
    Approved,
    Declined,
    Drafted,
    InformationRequested,
    InformationSupplied,
    Invoiced,
    Joined,
    Paid,
    ReviewStarted,
    Submitted,
    Terminated,
)
from .life import Life

STAGES = ("drafted", "submitted", "under_review", "information_requested", "declined")
"""Where an application may stand that has not become a membership."""


def apply(life: Life, until: str = "joined") -> None:
    """The application's way up to a stage, or to the day of joining (sources.md 1.4)."""
    seat = life.seat
    who = {"member_id": life.member_id}
    named = {"name": life.name, "country": seat.country}
    drafted_on = seat.joined_on - life.days(60, 140)
    submitted_on = drafted_on + life.days(0, 20)
    review_on = submitted_on + life.days(1, 10)
    asked_on = review_on + life.days(1, 10)
    decided_on = seat.joined_on - life.days(0, 7)
    life.tell(Drafted(recorded_on=drafted_on, **who, **named))
    if until == "drafted":
        return
    life.tell(
        Submitted(
            recorded_on=submitted_on,
            **who,
            **named,
            membership_class=seat.membership_class,
            activities=life.activities,
        )
    )
    if until == "submitted":
        return
    life.tell(ReviewStarted(recorded_on=review_on, **who))
    if until == "under_review":
        return
    if until == "information_requested" or life.chance(0.3):
        life.tell(InformationRequested(recorded_on=asked_on, **who))
        if until == "information_requested":
            return
        life.tell(InformationSupplied(recorded_on=asked_on + life.days(1, 8), **who))
    if until == "declined":
        life.tell(Declined(recorded_on=decided_on, **who))
        return
    life.tell(
        Approved(
            recorded_on=decided_on,
            **who,
            membership_class=seat.membership_class,
            activities=life.activities,
            fee_level=fee_level(life),
        ),
        Joined(
            recorded_on=seat.joined_on,
            **who,
            **named,
            joined_on=seat.joined_on,
            membership_class=seat.membership_class,
        ),
    )


def fee_level(life: Life) -> str:
    """Fees scale with size and type (sources.md 1.5); the levels' names are ours."""
    size = "large" if (life.seat.facilities or 0) > 20 else life.choice(("small", "medium"))
    return f"{life.seat.membership_class.lower()}-{size}"


def bill(life: Life, away: tuple[date, date] | None = None) -> None:
    """An invoice on joining and each 1 February. Most are paid in time, some late, some in time
    but told late; those that led to a termination never. None is written in the days of `away`,
    when there is no membership."""
    ended = next(
        (entry.recorded_on for entry in life.entries if isinstance(entry, Terminated)), None
    )
    for day in _invoice_days(life):
        if away and away[0] <= day <= away[1]:
            continue
        invoice = names.invoice_id(life.seat.number, day.year)
        life.tell(Invoiced(recorded_on=day, member_id=life.member_id, invoice_id=invoice))
        if ended is not None and ended - timedelta(days=460) < day:
            continue
        paid, told = day + life.days(2, 55), life.days(0, 1)
        if away is None and life.chance(0.04):
            paid = day + timedelta(days=life.rules.invoice_days) + life.days(6, 90)
        elif away is None and life.chance(0.01):
            paid, told = day + timedelta(days=life.rules.invoice_days - 2), life.days(5, 9)
        life.tell(
            Paid(
                recorded_on=paid + told,
                member_id=life.member_id,
                invoice_id=invoice,
                paid_on=paid,
            )
        )


def _invoice_days(life: Life) -> list[date]:
    first = life.seat.joined_on
    winters = [date(year, 2, 1) for year in range(first.year, life.as_of.year + 1)]
    return [first, *(day for day in winters if day > first + timedelta(days=90))]
