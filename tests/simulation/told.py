"""Short ways to tell a history of one member, and to ask the oracle about it."""

from dataclasses import replace
from datetime import date, timedelta

from contracts.values import AuditKind, DutyRule, FindingClass, Maturity, MembershipClass, Standard
from simulator.history import (
    AuditConcluded,
    CertificateConverted,
    CertificateGranted,
    CertificateWithdrawn,
    ClassChanged,
    Entry,
    Extended,
    Found,
    Joined,
    in_order,
)
from simulator.ledger import Duty
from simulator.oracle import Oracle, Standing
from simulator.rules import Rules

M = "syn-m-0001"
PT, IU, DS = (MembershipClass(code) for code in ("PT", "IU", "DS"))
INITIAL, AGAIN = DutyRule.INITIAL_CERTIFICATION, DutyRule.RECERTIFICATION
ONE = timedelta(days=1)
JOINED, DUE = date(2020, 3, 10), date(2022, 3, 10)


def joined(on: date = JOINED, kind: MembershipClass = PT) -> Joined:
    return Joined(
        recorded_on=on,
        member_id=M,
        joined_on=on,
        name="Synthetic Aluminium 001 (CN)",
        country="CN",
        membership_class=kind,
    )


def granted(
    valid_from: date,
    told_on: date | None = None,
    *,
    number: int = 1,
    majors: int = 0,
    standard: Standard = Standard.PERFORMANCE,
    maturity: Maturity = Maturity.MEDIUM,
) -> list[Entry]:
    """An audit that ended a week before, and the certificate it led to."""
    told = told_on or valid_from
    findings = tuple(
        Found(f"n{finding}", "5.1", FindingClass.MAJOR, None) for finding in range(majors)
    )
    audit = AuditConcluded(
        recorded_on=min(told, valid_from) - ONE,
        member_id=M,
        audit_id=f"a{number}",
        entity_id="e1",
        standard=standard,
        kind=AuditKind.INITIAL_CERTIFICATION,
        facilities=("f1",),
        auditor_firm="syn-auditors-01",
        lead_auditor="p1",
        started_on=valid_from - 9 * ONE,
        ended_on=valid_from - 7 * ONE,
        findings=findings,
        overall_maturity=maturity,
        certificate_id=None,
    )
    certificate = CertificateGranted(
        recorded_on=told,
        member_id=M,
        certificate_id=f"c{number}",
        audit_id=f"a{number}",
        entity_id="e1",
        standard=standard,
        facilities=("f1",),
        valid_from=valid_from,
        decided_on=min(told, valid_from),
        replaces=None,
    )
    return [audit, certificate]


def withdrawn(on: date) -> CertificateWithdrawn:
    return CertificateWithdrawn(
        recorded_on=on, member_id=M, certificate_id="c1", effective_on=on, reason="r"
    )


def converted(on: date) -> list[Entry]:
    audit, _ = granted(on - ONE, number=9)
    assert isinstance(audit, AuditConcluded)
    transition = replace(audit, certificate_id="c1", kind=AuditKind.PROVISIONAL_TRANSITION)
    return [
        transition,
        CertificateConverted(
            recorded_on=on, member_id=M, certificate_id="c1", audit_id="a9", effective_on=on
        ),
    ]


def extended(told_on: date, due_on: date, rule: DutyRule = INITIAL) -> Extended:
    return Extended(recorded_on=told_on, member_id=M, rule=rule, due_on=due_on, reason="r")


def changed(on: date, to: MembershipClass) -> ClassChanged:
    return ClassChanged(
        recorded_on=on, member_id=M, effective_on=on, membership_class=to, activities=()
    )


def oracle(*entries: Entry, rules: Rules | None = None) -> Oracle:
    return Oracle(in_order(entries), rules or Rules())


def duty(asked: Oracle, on: date, rule: DutyRule = INITIAL, known: date | None = None) -> Duty:
    """The duty of a rule as it stands on a day, by all that is known on it."""
    found = [one for one in asked.duties(M, on, known or on) if one.rule is rule]
    assert len(found) == 1, asked.duties(M, on, known or on)
    return found[0]


def standing(asked: Oracle, on: date, known: date | None = None) -> Standing:
    found = asked.standing(M, on, known or on)
    assert found is not None
    return found
