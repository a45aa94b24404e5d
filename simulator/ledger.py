"""What was known of one member on a day, and its duties as they follow from that. Part of the
oracle: direct functions over spans of days (domain.md 1.1 to 1.3).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from contracts.values import DutyRule, MembershipClass, Standard

from .coverage import Certificate, Counted, Span, certificates, counted, runs
from .history import (
    ClassChanged,
    Entry,
    Extended,
    Invoiced,
    Joined,
    Paid,
    ReinstatedByHand,
    SuspendedByHand,
)
from .rules import ONE_DAY, Rules, plus_years

OPEN, MET, MISSED = "open", "met", "missed"
"""States of a duty. A missed duty that was cured late is `met`, with `late` set."""


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty to certify as it stands."""

    rule: DutyRule
    starts_on: date
    due_on: date
    state: str
    certificate_id: str | None = None
    late: bool = False


@dataclass(frozen=True)
class Ledger:
    """What was known of one member on some day."""

    entries: tuple[Entry, ...]
    rules: Rules
    certificates: tuple[Certificate, ...] = ()
    counted: tuple[Counted, ...] = ()
    obliged: tuple[Span, ...] = ()

    @classmethod
    def of(cls, entries: tuple[Entry, ...], rules: Rules) -> "Ledger":
        found = tuple(certificates(entries, rules).values())
        performance = [one for one in found if one.standard is Standard.PERFORMANCE]
        days = tuple(counted(performance, rules))
        return cls(entries, rules, found, days, tuple(_obliged(entries, rules)))

    def duties(self, on: date) -> tuple[Duty, ...]:
        """The duties of the obliged class that holds on a day, if one does (domain.md 1.2)."""
        span = next((span for span in self.obliged if span.holds(on)), None)
        if span is None:
            return ()
        initial = self._initial(span, on)
        renewal = self._renewal(initial, on)
        return (initial,) if renewal is None else (initial, renewal)

    def _initial(self, span: Span, on: date) -> Duty:
        """The duty to certify once: met by what held on its last day, or ran its course before;
        what was taken back before that day does not meet it."""
        rule = DutyRule.INITIAL_CERTIFICATION
        starts_on = max(span.first, self.rules.launch)
        due_on = self._extended(rule, span.first, plus_years(starts_on, self.rules.duty_years))
        day = min(on, due_on)
        for days in self.counted:
            if days.first <= day and days.last >= starts_on and (days.last >= day or not days.cut):
                return Duty(rule, starts_on, due_on, MET, days.certificate_id)
        if on <= due_on:
            return Duty(rule, starts_on, due_on, OPEN)
        for days in self.counted if self.rules.late_cures else ():
            if due_on < days.first <= on:
                return Duty(rule, starts_on, due_on, MET, days.certificate_id, late=True)
        return Duty(rule, starts_on, due_on, MISSED)

    def _renewal(self, initial: Duty, on: date) -> Duty | None:
        """The duty to recertify, as soon as the first one was met: due when the run of
        certificates ends."""
        rule = DutyRule.RECERTIFICATION
        begun = [run for run in runs(self.counted) if run.first <= on]
        if initial.state != MET or not begun:
            return None
        run = begun[-1]
        due_on = self._extended(rule, run.first, run.last)
        if self.rules.early_expiry_waits and not initial.late:
            due_on = max(due_on, initial.due_on)
        return Duty(rule, run.first, due_on, OPEN if on <= due_on else MISSED)

    def _extended(self, rule: DutyRule, since: date, due_on: date) -> date:
        """The day after exceptional extensions of the clock that started `since`."""
        for entry in self.entries:
            if isinstance(entry, Extended) and entry.rule is rule and entry.recorded_on >= since:
                due_on = max(due_on, entry.due_on)
        return due_on

    def due_days(self) -> set[date]:
        """Every day on which some duty fell or falls due, as far as was known."""
        found = {entry.due_on for entry in self.entries if isinstance(entry, Extended)}
        found |= {run.last for run in runs(self.counted)}
        for span in self.obliged:
            start = max(span.first, self.rules.launch)
            found.add(plus_years(start, self.rules.duty_years))
        return found

    def invoices(self) -> Iterator[tuple[str, date, date | None]]:
        """Each invoice: its id, its last day, and the day it was paid if that is known."""
        paid = {one.invoice_id: one.paid_on for one in self.entries if isinstance(one, Paid)}
        for entry in self.entries:
            if isinstance(entry, Invoiced):
                due_on = entry.recorded_on + timedelta(days=self.rules.invoice_days)
                yield entry.invoice_id, due_on, paid.get(entry.invoice_id)

    def by_hand(self, on: date) -> bool:
        """Whether operations hold the member suspended."""
        held = False
        for entry in self.entries:
            if isinstance(entry, SuspendedByHand) and entry.effective_on <= on:
                held = True
            elif isinstance(entry, ReinstatedByHand) and entry.effective_on <= on:
                held = False
        return held


def _obliged(entries: tuple[Entry, ...], rules: Rules) -> Iterator[Span]:
    """The spans of days in which the member's class has the duty (domain.md 1.1)."""
    classes: list[tuple[date, MembershipClass]] = []
    for entry in entries:
        if isinstance(entry, Joined):
            classes.append((entry.joined_on, entry.membership_class))
        elif isinstance(entry, ClassChanged):
            classes.append((entry.effective_on, entry.membership_class))
    first: date | None = None
    for day, kind in classes:
        if kind in rules.obliged and first is None:
            first = day
        elif kind not in rules.obliged and first is not None:
            yield Span(first, day - ONE_DAY)
            first = None
    if first is not None:
        yield Span(first, None)
