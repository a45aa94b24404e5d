"""Audits and certificates of a life: planned backwards from the day a certificate takes effect.

Steps of sources.md 2.1: plan, audit, report within eight weeks, decision. A major finding makes
the certificate provisional (2.2); surveillance follows maturity (2.3).
"""

from dataclasses import dataclass
from datetime import date, timedelta

from contracts.values import Activity, AuditKind, FindingClass, Maturity, Standard

from . import names
from .history import (
    AuditCancelled,
    AuditConcluded,
    AuditScheduled,
    CertificateConverted,
    CertificateGranted,
    CertificateRefused,
    CertificateReinstated,
    CertificateSuspended,
    CertificateWithdrawn,
    Found,
)
from .life import Life
from .rules import ONE_DAY, last_valid_day, plus_months

LEAD_DAYS = 130
"""From the first sites told to the earliest certificate: the time an audit takes, at least."""

CRITERIA = ("1.1", "2.3", "3.2", "5.1", "5.2", "5.3", "6.1", "6.5", "7.2", "9.1", "10.4", "11.1")
FIRMS = 9


@dataclass(frozen=True, slots=True)
class Scope:
    """What an audit looks at and a certificate covers."""

    entity_id: str
    facilities: tuple[str, ...]
    standard: Standard = Standard.PERFORMANCE


@dataclass(frozen=True, slots=True)
class Held:
    """A certificate as granted."""

    certificate_id: str
    scope: Scope
    valid_from: date
    valid_to: date
    maturity: Maturity


def scope_of(life: Life, entity_id: str, on: date, standard: Standard) -> Scope:
    """What a first certificate of an entity covers: all it has, or a good part of it."""
    places = life.scope(entity_id, on)
    if len(places) > 2 and life.chance(0.5):
        places = places[: max(1, len(places) * 2 // 3)]
    for place in places:
        place.settled = True
    return Scope(entity_id, tuple(place.facility_id for place in places), standard)


def audit(
    life: Life,
    scope: Scope,
    kind: AuditKind,
    report_on: date,
    *,
    majors: int = 0,
    breach: bool = False,
    certificate_id: str | None = None,
) -> tuple[str, Maturity]:
    """An audit from plan to report; the plan is moved once in twenty. Its id and maturity."""
    ended = report_on - life.days(8, 40)
    started = ended - life.days(1, 4)
    planned = max(started - life.days(45, 100), life.ready_on + ONE_DAY)
    if life.chance(0.05) and started - planned > timedelta(days=20):
        cancelled = _schedule(life, scope, kind, planned, started, ended, certificate_id)
        planned += timedelta(days=10)
        life.tell(
            AuditCancelled(
                recorded_on=planned,
                member_id=life.member_id,
                audit_id=cancelled,
                auditor_firm=names.auditor_firm(_firm(life)),
                reason="auditor-unavailable",
            )
        )
    audit_id = _schedule(life, scope, kind, planned, started, ended, certificate_id)
    findings = _findings(life, audit_id, scope, majors, breach)
    maturity = Maturity.HIGH if not findings else life.choice((Maturity.LOW, Maturity.MEDIUM))
    firm = _firm(life)
    life.tell(
        AuditConcluded(
            recorded_on=report_on,
            member_id=life.member_id,
            audit_id=audit_id,
            entity_id=scope.entity_id,
            standard=scope.standard,
            kind=kind,
            facilities=scope.facilities,
            auditor_firm=names.auditor_firm(firm),
            lead_auditor=names.lead_auditor(firm, 1 + life.seat.number % 3),
            started_on=started,
            ended_on=ended,
            findings=findings,
            overall_maturity=maturity,
            certificate_id=certificate_id,
        )
    )
    return audit_id, maturity


def _firm(life: Life) -> int:
    return 1 + life.seat.number % FIRMS


def _schedule(
    life: Life,
    scope: Scope,
    kind: AuditKind,
    planned: date,
    started: date,
    ended: date,
    certificate_id: str | None,
) -> str:
    life.audits += 1
    audit_id = names.audit_id(life.seat.number, life.audits)
    life.tell(
        AuditScheduled(
            recorded_on=planned,
            member_id=life.member_id,
            audit_id=audit_id,
            entity_id=scope.entity_id,
            standard=scope.standard,
            kind=kind,
            facilities=scope.facilities,
            auditor_firm=names.auditor_firm(_firm(life)),
            starts_on=started,
            ends_on=ended,
            certificate_id=certificate_id,
        )
    )
    return audit_id


def _findings(
    life: Life, audit_id: str, scope: Scope, majors: int, breach: bool
) -> tuple[Found, ...]:
    minors = life.dice.choices((0, 1, 2, 3, 5), (30, 25, 20, 15, 10))[0]
    classes = [FindingClass.MAJOR] * majors + [FindingClass.MINOR] * minors
    if breach:
        classes.append(FindingClass.CRITICAL_BREACH)
    return tuple(
        Found(
            finding_id=f"{audit_id}-n{number}",
            criterion=life.choice(CRITERIA),
            finding_class=finding_class,
            facility_id=life.choice(scope.facilities) if life.chance(0.8) else None,
        )
        for number, finding_class in enumerate(classes, start=1)
    )


def certify(
    life: Life,
    scope: Scope,
    valid_from: date,
    *,
    told_on: date | None = None,
    majors: int = 0,
    replaces: Held | None = None,
) -> Held:
    """An audit and a certificate effective `valid_from`. `told_on` later than that is a decision
    recorded late; a renewal is decided some weeks before it takes effect."""
    kind = AuditKind.RECERTIFICATION if replaces else AuditKind.INITIAL_CERTIFICATION
    told_on = told_on or (valid_from - life.days(8, 60) if replaces else valid_from)
    decided_on = min(told_on, valid_from)
    report_on = decided_on - life.days(6, 30)
    audit_id, maturity = audit(life, scope, kind, report_on, majors=majors)
    life.certificates += 1
    granted = CertificateGranted(
        recorded_on=told_on,
        member_id=life.member_id,
        certificate_id=names.certificate_id(life.seat.number, life.certificates),
        audit_id=audit_id,
        entity_id=scope.entity_id,
        standard=scope.standard,
        facilities=scope.facilities,
        valid_from=valid_from,
        decided_on=decided_on,
        replaces=replaces.certificate_id if replaces else None,
    )
    life.tell(granted)
    years = life.rules.provisional_years if majors else life.rules.validity_years
    held = Held(
        granted.certificate_id, scope, valid_from, last_valid_day(valid_from, years), maturity
    )
    if not majors:
        watch(life, held)
    return held


def watch(life: Life, held: Held) -> None:
    """Surveillance audits of a full certificate, mostly in time (sources.md 2.3)."""
    for months in dict(life.rules.surveillance_months)[held.maturity]:
        due = plus_months(held.valid_from, months)
        report_on = due - life.days(0, 50) if life.chance(0.9) else due + life.days(5, 40)
        audit(
            life,
            held.scope,
            AuditKind.SURVEILLANCE,
            report_on,
            certificate_id=held.certificate_id,
        )


def refuse(life: Life, scope: Scope, on: date, *, breach: bool = False) -> None:
    """An audit with too much wrong, and the decision not to certify (sources.md 2.2, rule 2)."""
    majors = 0 if breach else life.rules.major_findings_max + life.dice.randint(1, 2)
    audit_id, _ = audit(
        life,
        scope,
        AuditKind.INITIAL_CERTIFICATION,
        on - life.days(6, 25),
        majors=majors,
        breach=breach,
    )
    life.certificates += 1
    life.tell(
        CertificateRefused(
            recorded_on=on,
            member_id=life.member_id,
            certificate_id=names.certificate_id(life.seat.number, life.certificates),
            audit_id=audit_id,
            entity_id=scope.entity_id,
            standard=scope.standard,
            reason="critical_breach" if breach else "too_many_major_findings",
        )
    )


def convert(life: Life, held: Held, on: date) -> Held:
    """A transition audit finds the major findings closed: provisional becomes full."""
    audit_id, maturity = audit(
        life,
        held.scope,
        AuditKind.PROVISIONAL_TRANSITION,
        on - life.days(6, 25),
        certificate_id=held.certificate_id,
    )
    life.tell(
        CertificateConverted(
            recorded_on=on,
            member_id=life.member_id,
            certificate_id=held.certificate_id,
            audit_id=audit_id,
            effective_on=on,
        )
    )
    full = last_valid_day(held.valid_from, life.rules.validity_years)
    converted = Held(held.certificate_id, held.scope, held.valid_from, full, maturity)
    watch(life, converted)
    return converted


def suspend(life: Life, held: Held, on: date, until: date | None) -> None:
    """A certificate is suspended, and reinstated if `until` is given."""
    life.tell(
        CertificateSuspended(
            recorded_on=on,
            member_id=life.member_id,
            certificate_id=held.certificate_id,
            effective_on=on,
            reason="corrective-action-overdue",
        )
    )
    if until is not None:
        life.tell(
            CertificateReinstated(
                recorded_on=until,
                member_id=life.member_id,
                certificate_id=held.certificate_id,
                effective_on=until,
            )
        )


def withdraw(life: Life, held: Held, on: date) -> None:
    """A certificate is taken back, and its surveillance with it."""
    about = _about(life, held)
    life.entries = [
        entry
        for entry in life.entries
        if not (
            isinstance(entry, AuditScheduled | AuditConcluded | AuditCancelled)
            and entry.audit_id in about
            and entry.recorded_on >= on
        )
    ]
    life.tell(
        CertificateWithdrawn(
            recorded_on=on,
            member_id=life.member_id,
            certificate_id=held.certificate_id,
            effective_on=on,
            reason="systemic-failure",
        )
    )


def _about(life: Life, held: Held) -> frozenset[str]:
    """The audits that follow a certificate."""
    return frozenset(
        entry.audit_id
        for entry in life.entries
        if isinstance(entry, AuditScheduled) and entry.certificate_id == held.certificate_id
    )


def renew(life: Life, held: Held) -> Held:
    """Recertify in time, cycle after cycle, as long as the world goes on. The last certificate."""
    while held.valid_to - timedelta(days=10) <= life.as_of:
        held = certify(life, held.scope, held.valid_to + ONE_DAY, replaces=held)
    return held


def more_certificates(life: Life) -> None:
    """What a certified group adds over the years: its other entities, Chain of Custody. A mine
    renews it: few have it, and the chain of the others begins there."""
    for entity in life.entities[1:]:
        if life.chance(0.6):
            _another(life, entity, Standard.PERFORMANCE, lapses=life.chance(0.12))
    if life.chance(0.4):
        lapses = life.chance(0.1) and Activity.BAUXITE_MINING not in life.activities
        _another(life, life.entities[0], Standard.CHAIN_OF_CUSTODY, lapses=lapses)


def _another(life: Life, entity_id: str, standard: Standard, *, lapses: bool) -> None:
    valid_from = max(life.ready_on, life.rules.launch) + life.days(LEAD_DAYS, 1400)
    scope = scope_of(life, entity_id, life.ready_on, standard)
    held = certify(life, scope, valid_from, majors=1 if life.chance(0.1) else 0)
    if not lapses:
        renew(life, held)
