"""Certificates as spans of days: what was known of them, and what they say on a day. Part of the
oracle: computed from the neutral history by the words of sources.md 2.1, 2.2, 2.3 and 2.7.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from contracts.values import AuditKind, CertificationStatus, FindingClass, Standard

from .history import (
    AuditConcluded,
    CertificateConverted,
    CertificateGranted,
    CertificateReinstated,
    CertificateSuspended,
    CertificateWithdrawn,
    Entry,
)
from .rules import ONE_DAY, Rules, last_valid_day, plus_months


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both included; `last` is None while no end is known."""

    first: date
    last: date | None

    def holds(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Certificate:
    """All that is known of a certificate, as dates."""

    certificate_id: str
    member_id: str
    entity_id: str
    standard: Standard
    facilities: tuple[str, ...]
    decided_on: date
    valid_from: date
    valid_to: date
    full_from: date | None
    withdrawn_on: date | None
    suspended: tuple[Span, ...]
    surveillance: tuple[date, ...]
    watched: tuple[date, ...]
    replaces: str | None

    def status(self, on: date) -> CertificationStatus:
        """Withdrawn beats expired beats suspended; decided and not yet valid is in process
        (sources.md 2.7)."""
        if on < min(self.decided_on, self.valid_from):
            return CertificationStatus.NONE
        if self.withdrawn_on is not None and on >= self.withdrawn_on:
            return CertificationStatus.WITHDRAWN
        if on > self.valid_to:
            return CertificationStatus.EXPIRED
        if on < self.valid_from:
            return CertificationStatus.IN_PROCESS
        if any(span.holds(on) for span in self.suspended):
            return CertificationStatus.SUSPENDED
        if self.full_from is not None and on >= self.full_from:
            return CertificationStatus.CERTIFIED_FULL
        return CertificationStatus.CERTIFIED_PROVISIONAL

    def valid(self, on: date) -> bool:
        """Whether it certifies anything on a day."""
        return self.status(on) in (
            CertificationStatus.CERTIFIED_FULL,
            CertificationStatus.CERTIFIED_PROVISIONAL,
        )

    @property
    def last_day(self) -> date:
        """The last day before it ended, by expiry or withdrawal."""
        if self.withdrawn_on is None:
            return self.valid_to
        return min(self.valid_to, self.withdrawn_on - ONE_DAY)

    @property
    def surveillance_open(self) -> tuple[date, ...]:
        """Days by which a surveillance audit is due that no audit has answered yet."""
        return self.surveillance[len(self.watched) :]


def certificates(entries: Sequence[Entry], rules: Rules) -> dict[str, Certificate]:
    """The certificates of some entries, by id, in the order granted."""
    audits = {entry.audit_id: entry for entry in entries if isinstance(entry, AuditConcluded)}
    return {
        entry.certificate_id: _certificate(entry, entries, audits, rules)
        for entry in entries
        if isinstance(entry, CertificateGranted)
    }


def _certificate(
    granted: CertificateGranted,
    entries: Sequence[Entry],
    audits: dict[str, AuditConcluded],
    rules: Rules,
) -> Certificate:
    own = [
        entry for entry in entries if getattr(entry, "certificate_id", "") == granted.certificate_id
    ]
    converted = next((entry for entry in own if isinstance(entry, CertificateConverted)), None)
    decisive = audits[granted.audit_id]
    provisional = majors(decisive) > 0
    years = rules.provisional_years if provisional else rules.validity_years
    full_from = None if provisional else granted.valid_from
    if converted is not None:
        decisive, years, full_from = (
            audits[converted.audit_id],
            rules.validity_years,
            converted.effective_on,
        )
    withdrawals = [entry.effective_on for entry in own if isinstance(entry, CertificateWithdrawn)]
    months = dict(rules.surveillance_months)[decisive.overall_maturity]
    watched = [
        entry.ended_on
        for entry in own
        if isinstance(entry, AuditConcluded) and entry.kind is AuditKind.SURVEILLANCE
    ]
    return Certificate(
        certificate_id=granted.certificate_id,
        member_id=granted.member_id,
        entity_id=granted.entity_id,
        standard=granted.standard,
        facilities=granted.facilities,
        decided_on=granted.decided_on,
        valid_from=granted.valid_from,
        valid_to=last_valid_day(granted.valid_from, years),
        full_from=full_from,
        withdrawn_on=min(withdrawals, default=None),
        suspended=_suspensions(own),
        surveillance=()
        if full_from is None
        else tuple(plus_months(granted.valid_from, count) for count in months),
        watched=tuple(watched),
        replaces=granted.replaces,
    )


def majors(audit: AuditConcluded) -> int:
    """How many major findings an audit has; one site's finding counts for the whole scope."""
    return sum(found.finding_class is FindingClass.MAJOR for found in audit.findings)


def _suspensions(own: Iterable[Entry]) -> tuple[Span, ...]:
    spans: list[Span] = []
    for entry in own:
        if isinstance(entry, CertificateSuspended):
            spans.append(Span(entry.effective_on, None))
        elif isinstance(entry, CertificateReinstated):
            spans[-1] = Span(spans[-1].first, entry.effective_on - ONE_DAY)
    return tuple(spans)


@dataclass(frozen=True, slots=True)
class Counted:
    """Days on which a certificate counts for the duty; `cut` when they ended before its time."""

    first: date
    last: date
    certificate_id: str
    cut: bool


def counted(found: Iterable[Certificate], rules: Rules) -> list[Counted]:
    """The days that count, in time order: all from the first to the last, without those of a
    suspension where the rules say so."""
    days: list[Counted] = []
    for one in found:
        if not one.facilities or not (rules.provisional_counts or one.full_from):
            continue
        first = one.valid_from
        if not rules.provisional_counts and one.full_from:
            first = max(first, one.full_from)
        gaps = () if rules.suspended_counts else one.suspended
        for gap in gaps:
            days.append(Counted(first, gap.first - ONE_DAY, one.certificate_id, cut=True))
            first = date.max if gap.last is None else gap.last + ONE_DAY
        cut = one.last_day < one.valid_to
        days.append(Counted(first, one.last_day, one.certificate_id, cut))
    return sorted(
        (span for span in days if span.first <= span.last),
        key=lambda span: (span.first, span.certificate_id),
    )


def runs(days: Iterable[Counted]) -> list[Counted]:
    """Runs of days in which one certificate followed another without a gap. A run is called by
    the certificate that lasts longest."""
    merged: list[Counted] = []
    for span in days:
        last = merged[-1] if merged else None
        if last is None or span.first > last.last + ONE_DAY:
            merged.append(span)
        elif span.last > last.last:
            merged[-1] = Counted(last.first, span.last, span.certificate_id, span.cut)
    return merged
