"""What was known of one member on a day, and its duties as they follow from that. Part of the
oracle: direct functions over spans of days (sources.md 1.1 to 1.3).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import TypeVar, cast

from contracts.values import DutyRule, MembershipClass, Standard

from .coverage import Certificate, Counted, Span, certificates, counted, runs
from .history import (
    CertificateConverted,
    CertificateGranted,
    CertificateReinstated,
    CertificateSuspended,
    CertificateWithdrawn,
    ClassChanged,
    Entry,
    Extended,
    InvoiceCancelled,
    Invoiced,
    Joined,
    Paid,
    ReinstatedByHand,
    SuspendedByHand,
)
from .rules import ONE_DAY, Rules, plus_years

E = TypeVar("E", bound=Entry)
_BEARING = (
    CertificateConverted,
    CertificateGranted,
    CertificateReinstated,
    CertificateSuspended,
    CertificateWithdrawn,
    ClassChanged,
    Extended,
    Joined,
)
"""What duties follow from."""
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


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice: its last day, and the day it was paid if that is known."""

    invoice_id: str
    due_on: date
    paid_on: date | None


@dataclass(frozen=True, slots=True)
class Extension:
    """More time for a duty that fell due on `previous` when it was given."""

    rule: DutyRule
    recorded_on: date
    previous: date
    due_on: date


@dataclass(frozen=True)
class Ledger:
    """What was known of one member on some day."""

    entries: tuple[Entry, ...]
    rules: Rules
    earlier: dict[int, "Ledger"] = field(default_factory=dict, compare=False, repr=False)
    """Of this member's ledgers those asked for so far, by how many entries had been told: each asks
    the earlier ones what was known before, which would double the work with every extension."""

    def upto(self, count: int) -> "Ledger":
        """What was known when only so many of the entries had been told."""
        assert 0 <= count <= len(self.entries)
        if count not in self.earlier:
            self.earlier[count] = Ledger(self.entries[:count], self.rules, self.earlier)
        return self.earlier[count]

    @cached_property
    def _by_kind(self) -> dict[type[Entry], list[Entry]]:
        found: dict[type[Entry], list[Entry]] = {}
        for entry in self.entries:
            found.setdefault(type(entry), []).append(entry)
        return found

    def told(self, kind: type[E]) -> list[E]:
        """All entries of a kind, in the order told."""
        return cast("list[E]", self._by_kind.get(kind, []))

    @cached_property
    def certificates(self) -> tuple[Certificate, ...]:
        """All certificates, of both standards, in the order granted."""
        return tuple(certificates(self.entries, self.rules).values())

    @cached_property
    def counted(self) -> list[Counted]:
        """The days on which a Performance Standard certificate counts."""
        held = [one for one in self.certificates if one.standard is Standard.PERFORMANCE]
        return counted(held, self.rules)

    @cached_property
    def obliged(self) -> list[Span]:
        """The spans of days in which the member's class has the duty."""
        return list(_obliged(self.entries, self.rules))

    def duties(self, on: date, *, ahead: bool = False) -> tuple[Duty, ...]:
        """The duties of the obliged class that holds on a day, if one does (sources.md 1.2).

        By what holds on that day; or `ahead`, by all that is known already to hold later: a
        certificate that was granted and begins in time has met a duty then.
        """
        span = next((span for span in self.obliged if span.holds(on)), None)
        if span is None or (on < self.rules.launch and not ahead):
            return ()
        days = [one for one in self.counted if ahead or one.first <= on]
        initial, by = self._initial(span, days, on)
        if by is None:
            return (initial,)
        return initial, self._renewal(span, initial, by, runs(days), on)

    def _initial(
        self, span: Span, days: Sequence[Counted], on: date
    ) -> tuple[Duty, Counted | None]:
        """The duty to certify once, and what met it: what holds on its last day, or ran its
        course before; what was taken back before that day does not meet it."""
        rule = DutyRule.INITIAL_CERTIFICATION
        starts_on = max(span.first, self.rules.launch)
        due_on = self._extended(rule, span, plus_years(starts_on, self.rules.duty_years))
        for one in days:
            kept = one.last >= min(on, due_on) or not one.cut
            if one.first <= due_on and one.last >= starts_on and kept:
                return Duty(rule, starts_on, due_on, MET, one.certificate_id), one
        if on <= due_on:
            return Duty(rule, starts_on, due_on, OPEN), None
        for one in days:
            if due_on < one.first and self._curable(due_on, one.first):
                return Duty(rule, starts_on, due_on, MET, one.certificate_id, late=True), one
        return Duty(rule, starts_on, due_on, MISSED), None

    def _renewal(
        self, span: Span, initial: Duty, by: Counted, found: Sequence[Counted], on: date
    ) -> Duty:
        """The duty to recertify after the first one was met `by` a certificate: due when its run
        of certificates ends, and again when the next run ends that began in time or cured it."""
        rule = DutyRule.RECERTIFICATION
        last = next(number for number, run in enumerate(found) if run.last >= by.first)
        while True:
            run = found[last]
            due_on = run.last
            if self.rules.early_expiry_waits and not initial.late:
                due_on = max(due_on, initial.due_on)
            due_on = self._extended(rule, span, due_on)
            after = found[last + 1] if last + 1 < len(found) else None
            if after is None:
                break
            in_time = after.first <= due_on + ONE_DAY
            if not in_time and not (on > due_on and self._curable(due_on, after.first)):
                break
            last += 1
        return Duty(rule, run.first, due_on, OPEN if on <= due_on else MISSED)

    def _curable(self, due_on: date, first: date) -> bool:
        """Whether a certificate that begins on a day heals the miss of an earlier due day."""
        return self.rules.late_cures and first < self.forfeits_on(due_on)

    def forfeits_on(self, due_on: date) -> date:
        """The first day without membership if the miss of a due day is not cured: some days after
        the first day missed, or after the day on which the miss was learnt if that is later."""
        if due_on not in self._forfeits:
            learnt_on = max(due_on + ONE_DAY, self._learnt(due_on))
            self._forfeits[due_on] = learnt_on + timedelta(days=self.rules.forfeit_days)
        return self._forfeits[due_on]

    @cached_property
    def _forfeits(self) -> dict[date, date]:
        return {}

    def _learnt(self, due_on: date) -> date:
        """The day of the entry since which that day is known as missed and not cured; the due day
        itself if it was so from its end on."""
        learnt_on = due_on
        for told_on, before in reversed(list(self._past(due_on))):
            if not before.uncured(due_on, told_on):
                learnt_on = told_on
        return learnt_on

    def _past(self, day: date) -> Iterator[tuple[date, "Ledger"]]:
        """Every day after a day on which something was told that bears on duties, and what was
        known before that; the latest first."""
        known = self
        while (last := known._last) >= 0 and known.entries[last].recorded_on > day:
            yield known.entries[last].recorded_on, known._before
            known = known._before

    @cached_property
    def _last(self) -> int:
        """The number of the last entry that bears on duties; -1 if none does."""
        numbers = range(len(self.entries) - 1, -1, -1)
        return next((one for one in numbers if isinstance(self.entries[one], _BEARING)), -1)

    @cached_property
    def _before(self) -> "Ledger":
        """What was known before that entry."""
        return self.upto(self._last)

    def uncured(self, due_on: date, on: date) -> bool:
        """Whether a day's duty is missed, and by all that is known will not be cured."""
        duties = self.duties(on, ahead=True)
        return any((duty.state, duty.due_on) == (MISSED, due_on) for duty in duties)

    def _extended(self, rule: DutyRule, span: Span, due_on: date) -> date:
        """The day after exceptional extensions. Each was given on top of a day that the duty had
        then: it lapses if the duty falls due before that day after all."""
        for one in self.extensions:
            if one.rule is rule and one.recorded_on >= span.first:
                if one.previous <= due_on <= one.due_on:
                    due_on = one.due_on
        return due_on

    @cached_property
    def extensions(self) -> list[Extension]:
        """The extensions, each with the day that the duty had before it."""
        found = []
        for number, entry in enumerate(self.entries):
            if isinstance(entry, Extended):
                before = self.upto(number)
                for duty in before.duties(entry.recorded_on, ahead=True):
                    if duty.rule is entry.rule:
                        found.append(
                            Extension(entry.rule, entry.recorded_on, duty.due_on, entry.due_on)
                        )
        return found

    @cached_property
    def runs(self) -> list[Counted]:
        """The runs of certificates that count."""
        return runs(self.counted)

    @cached_property
    def due_days(self) -> set[date]:
        """Every day on which some duty fell or falls due, as far as was known."""
        found = {entry.due_on for entry in self.told(Extended)}
        found |= {run.last for run in self.runs}
        for span in self.obliged:
            start = max(span.first, self.rules.launch)
            found.add(plus_years(start, self.rules.duty_years))
        return found

    @cached_property
    def invoices(self) -> list[Bill]:
        """Every invoice, in the order told, but for those raised in error."""
        paid = {one.invoice_id: one.paid_on for one in self.told(Paid)}
        never = {one.invoice_id for one in self.told(InvoiceCancelled)}
        days = timedelta(days=self.rules.invoice_days)
        return [
            Bill(one.invoice_id, one.recorded_on + days, paid.get(one.invoice_id))
            for one in self.told(Invoiced)
            if one.invoice_id not in never
        ]

    def by_hand(self, on: date) -> bool:
        """Whether operations hold the member suspended: one more suspension than ends of one."""
        begun = sum(one.effective_on <= on for one in self.told(SuspendedByHand))
        ended = sum(one.effective_on <= on for one in self.told(ReinstatedByHand))
        return begun > ended


def _obliged(entries: tuple[Entry, ...], rules: Rules) -> Iterator[Span]:
    """The spans of days in which the member's class has the duty (sources.md 1.1)."""
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
