"""Accounting periods: a fixed start, a length, a change as an event; reconciliation; what a close
finds. Pure.

A period is named by its first day. A change takes effect on a day to come; the period before ends
the day before, however short. Rules: sources.md 5.3 (one year at most), 5.4, 8 (R-27, R-34).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from dateutil.relativedelta import relativedelta

from contracts.custody import Account, Remark, Switched
from contracts.inventory import Severity
from infra.errors import Refused
from infra.policy import Policy
from services.coc_ledger.evidence import Unlooked

from .accounts import GRAMS, INFLOWS, NO_KGS, OUTPUTS, PLACE, Amount, Kgs, added
from .balance import Closing
from .lasting import Until

ONE_DAY = timedelta(days=1)


class Course(NamedTuple):
    """From a day on, periods of so many months."""

    starts_on: date
    months: int


Calendar = tuple[Course, ...]


class Period(NamedTuple):
    """First and last day."""

    starts_on: date
    ends_on: date


class Month(NamedTuple):
    """One month of a pool's reconciliation. `difference_kg` is what the books cannot explain."""

    month: str
    opening_kg: int
    inflow_kg: int
    input_kg: int
    output_kg: int
    losses_kg: int
    difference_kg: int
    closing_kg: int
    remarks: tuple[Remark, ...]


def period_of(calendar: Calendar, day: date) -> Period | None:
    """The period in which a day lies; None before the first."""
    courses = [course for course in calendar if course.starts_on <= day]
    if not courses:
        return None
    course = courses[-1]
    later = [other.starts_on for other in calendar if other.starts_on > course.starts_on]
    number = 0
    while (following := start_of(course, number + 1)) <= day:
        number += 1
    ends_on = min([following, *later]) - ONE_DAY
    return Period(start_of(course, number), ends_on)


def switched_at(calendar: Calendar, day: date) -> Switched | None:
    """Through which days a balance would serve that came into the period of a day, and one that is
    earned in it, if the scope kept its periods; None before the first."""
    period = period_of(calendar, day)
    following = period_of(calendar, period.ends_on + ONE_DAY) if period is not None else None
    if period is None or following is None:
        return None
    return Switched(carried_until=period.ends_on, earned_until=following.ends_on)


def start_of(course: Course, number: int) -> date:
    """The first day of a course's period, counted from zero."""
    return course.starts_on + relativedelta(months=course.months * number)


def check_months(months: int, policy: Policy) -> None:
    """Refuse a period longer than the policy's (Refused `period-too-long`)."""
    most = policy.integer("period.months_at_most")
    if months > most:
        raise Refused(
            "period-too-long",
            f"An accounting period has at most {most} months, not {months}.",
            months=months,
            most=most,
        )


def check_first(starts_on: date, on: date, policy: Policy) -> None:
    """Refuse accounts that begin later than the longest period is long, counted from today
    (Refused `first-period-too-far`): the day is mistyped, and could never be changed."""
    most = policy.integer("period.months_at_most")
    latest = on + relativedelta(months=most)
    if starts_on > latest:
        raise Refused(
            "first-period-too-far",
            f"The first period can begin through {latest}, {most} months ahead, not on"
            f" {starts_on}.",
            latest=latest,
            starts_on=starts_on,
        )


def check_change(calendar: Calendar, wanted: Course, on: date, policy: Policy) -> date | None:
    """Refuse a change that comes too late, begins later than a period is long, or makes a period
    too long. Returns the first day of what it stands in the place of: of the first change that has
    not begun; None where there is none."""
    check_months(wanted.months, policy)
    pending = [one.starts_on for one in calendar[1:] if one.starts_on > on]
    begun = calendar[: len(calendar) - len(pending)]
    first = max(on, begun[-1].starts_on)
    if wanted.starts_on <= first:
        raise Refused(
            "period-change-too-late",
            f"Periods can change from {first + ONE_DAY} on: what has begun stays as it is.",
            earliest=first + ONE_DAY,
        )
    most = policy.integer("period.months_at_most")
    latest = first + relativedelta(months=most)
    if wanted.starts_on > latest:
        raise Refused(
            "period-change-too-far",
            f"Periods can change through {latest}: one lasts {most} months at most, and what is to"
            " begin later is changed when that is nearer.",
            latest=latest,
        )
    return pending[0] if pending else None


# --- reconciliation ---


def reconciled(days: Mapping[date, Kgs], policy: Policy) -> Sequence[Month]:
    """Month by month: what was there, came, went, was lost, cannot be explained, is left."""
    by_month: dict[str, Kgs] = {}
    for day in sorted(days):
        month = day.isoformat()[:7]
        by_month[month] = added(by_month.get(month, NO_KGS), days[day])
    months: list[Month] = []
    stock = 0
    for month, kgs in by_month.items():
        made = _month(month, kgs, stock, policy)
        months.append(made)
        stock = made.closing_kg
    return months


def _month(month: str, kgs: Kgs, opening_kg: int, policy: Policy) -> Month:
    inflow = -sum(kgs[PLACE[account]] for account in INFLOWS)
    output = sum(kgs[PLACE[account]] for account in OUTPUTS)
    losses, odd = kgs[PLACE[Account.LOSSES]], kgs[PLACE[Account.UNEXPLAINED]]
    opening_kg -= kgs[PLACE[Account.OPENING]]
    closing_kg = opening_kg + inflow - output - losses - odd
    remarks = mass_remarks(opening_kg + inflow, odd, closing_kg, policy)
    put = -sum(kgs[PLACE[account]] for account in INFLOWS if account is not Account.NON_COC)
    return Month(month, opening_kg, inflow, put, output, losses, odd, closing_kg, remarks)


def mass_remarks(there: int, odd: int, stock: int, policy: Policy) -> tuple[Remark, ...]:
    """R-34: more than the tolerance cannot be explained, or more left than was there. The rule
    names no base; ours is all that was `there` to be counted: what lay there at first and what came
    in, so that a month without inflow is judged as others are."""
    permille = policy.integer("tolerance.mass_permille")
    found: list[Remark] = []
    if abs(odd) * 1000 > permille * max(there, 0):
        found.append(
            _remark(
                "R-34",
                Severity.MAJOR,
                f"{abs(odd)} kg cannot be explained: more than {permille} per mille of"
                f" {max(there, 0)} kg that lay there at first or came in.",
            )
        )
    if stock < 0:
        found.append(
            _remark("R-34", Severity.MAJOR, f"{-stock} kg more have left than there were.")
        )
    return tuple(found)


UNTOLD = "an earlier period claimed more than the rules allow"
"""Why claims are stopped where the periods before say nothing of it (events of older builds)."""


def not_in_time(late: Iterable[Until]) -> tuple[str, ...]:
    """Why claims are stopped where the last day of an overdraft lies within the period: `late` is
    what was missing on each such day."""
    return tuple(
        f"{kg} kg of overdraft were not made good by their own last day, {day}" for day, kg in late
    )


def close_remarks(end: Closing) -> tuple[Remark, ...]:
    """R-27: claims beyond the cover, an overdraft not made good, or not by its own last day."""
    found: list[Remark] = []
    if end.excess_kg:
        found.append(
            _remark("R-27", Severity.BLOCK, f"{end.excess_kg} kg were claimed without cover.")
        )
    if end.unmet_kg:
        found.append(
            _remark(
                "R-27",
                Severity.BLOCK,
                f"{end.unmet_kg} kg of overdraft of the period before were not made good.",
            )
        )
    if end.late_kg:
        sentence = f"{end.late_kg} kg of overdraft were not made good by their own last day."
        found.append(_remark("R-27", Severity.MAJOR, sentence))
    return tuple(found)


UNLOOKED = "R-28"
NAMED = 5
"""So many suppliers are named in a remark."""


def unlooked_remarks(some: Sequence[Unlooked]) -> tuple[Remark, ...]:
    """R-28, 5.6 (6): material without CoC from suppliers that no valid record covers, as was known
    at the close."""
    if not some:
        return ()
    most = sorted(some, key=lambda one: (-one.mass_kg, one.supplier_id or ""))
    named = ", ".join(one.supplier_id or "one that is not named" for one in most[:NAMED])
    more = f" and {len(most) - NAMED} more" if len(most) > NAMED else ""
    sentence = (
        f"{sum(one.mass_kg for one in some)} kg without CoC came from suppliers without a valid"
        f" record of due diligence: {named}{more}."
    )
    return (_remark(UNLOOKED, Severity.MINOR, sentence),)


def late_remarks(told: Amount) -> tuple[Remark, ...]:
    """5.7: what came too late for lots that were told of is said, and carried nowhere."""
    if not any(told):
        return ()
    grams, recycled = told.emission_g + told.partial_g, told.pre_kg + told.post_kg
    sentence = (
        f"Lots that had left before should have told {Decimal(grams) / GRAMS:+f} kg CO2e and"
        f" {recycled:+} kg of recycled metal: it came late, and is not carried on."
    )
    return (_remark("5.7", Severity.INFO, sentence),)


def _remark(rule: str, severity: Severity, sentence: str) -> Remark:
    return Remark(rule=rule, severity=severity, sentence=sentence)


def through(days: Mapping[date, Kgs], day: date | None) -> Kgs:
    """The masses of all days through one (None: of all)."""
    some = [kgs for one, kgs in days.items() if day is None or one <= day]
    return tuple(map(sum, zip(*some, strict=True))) if some else NO_KGS


def blocked(remarks: Iterable[Remark]) -> bool:
    """Whether a finding stops further documents."""
    return any(remark.severity is Severity.BLOCK for remark in remarks)
