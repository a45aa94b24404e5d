"""A certificate follows its audit; later it is converted, suspended, reinstated or withdrawn."""

from datetime import date, timedelta

import pytest

from contracts.audits import (
    CertificateConverted,
    CertificateRefused,
    CertificateReinstated,
    CertificateSuspended,
    CertificateWithdrawn,
)
from contracts.values import AuditKind, CertificateType, FindingClass, Maturity, Standard
from infra.policy import PolicyFile
from services.audit_scheduling import certificate as decider
from services.audit_scheduling.commands import (
    ConvertCertificate,
    ReinstateCertificate,
    SuspendCertificate,
    WithdrawCertificate,
)
from tests.rules.spec import Spec, policies_of

from .given import (
    DECIDED,
    ENDED,
    ONE_DAY,
    POLICIES,
    POLICY_ID,
    PROVISIONAL,
    audited,
    certified,
    decide,
    granted,
)

certificate = Spec(decider, POLICIES)


def with_findings(minor: int = 0, major: int = 0, critical: int = 0) -> dict[str, object]:
    counts = {
        FindingClass.MINOR: minor,
        FindingClass.MAJOR: major,
        FindingClass.CRITICAL_BREACH: critical,
    }
    return {"audit": audited(findings=counts)}


def refused(reason: str) -> CertificateRefused:
    return CertificateRefused.model_validate(
        {
            "certificate_id": "C1",
            "audit_id": "A1",
            "member_id": "M1",
            "entity_id": "E1",
            "standard": Standard.PERFORMANCE,
            "decided_on": DECIDED,
            "reason": reason,
            "policy_id": POLICY_ID,
        }
    )


def figure(name: str, value: object) -> PolicyFile:
    """A policy of the day of decision that changes one figure."""
    figures = {name: {"value": value, "evidence": "unverified", "source": "this test"}}
    return PolicyFile.model_validate(
        {"policy_id": "another", "valid_from": DECIDED, "figures": figures}
    )


# --- the decision ---


def test_an_audit_without_findings_leads_to_a_full_certificate() -> None:
    certificate.when(decide()).then(granted())


def test_minor_findings_do_not_change_that() -> None:
    certificate.when(decide(**with_findings(minor=40))).then(granted(minor_findings=40))


@pytest.mark.parametrize("majors", [1, 2, 3])
def test_one_to_three_major_findings_make_it_provisional(majors: int) -> None:
    certificate.when(decide(**with_findings(major=majors))).then(
        granted(**PROVISIONAL | {"major_findings": majors})
    )


def test_more_than_three_major_findings_and_the_decision_is_no() -> None:
    certificate.when(decide(**with_findings(major=4))).then(refused("too_many_major_findings"))


def test_a_critical_breach_and_the_decision_is_no() -> None:
    certificate.when(decide(**with_findings(critical=1))).then(refused("critical_breach"))
    certificate.when(decide(**with_findings(major=4, critical=1))).then(refused("critical_breach"))


def test_what_a_critical_breach_does_is_a_policy() -> None:
    lenient = figure("findings.critical_breach_refuses", False)
    spec = Spec(decider, policies_of("audit_scheduling", lenient))
    asked = decide(**with_findings(critical=1))
    spec.when(asked).then(granted(policy_id="another"))
    day_before = {"on": DECIDED, "decided_on": DECIDED - ONE_DAY}
    spec.when(asked.model_copy(update=day_before)).then(
        refused("critical_breach").model_copy(update={"decided_on": DECIDED - ONE_DAY})
    )


def test_operations_may_say_no_for_another_reason_but_never_yes() -> None:
    certificate.when(decide(decision="refuse")).then(refused("other"))
    with pytest.raises(ValueError, match="decision"):
        decide(decision="grant")


def test_a_decision_needs_a_concluded_audit() -> None:
    certificate.when(decide(audit=None)).refused("audit-not-concluded")
    certificate.when(decide(audit=audited(audit_id="A2"))).refused("audit-not-concluded")


def test_an_audit_is_decided_on_once() -> None:
    certificate.when(decide(audit=audited(decided_by="C9"))).refused(
        "audit-already-decided", certificate_id="C9"
    )


@pytest.mark.parametrize(
    "kind",
    [
        AuditKind.SURVEILLANCE,
        AuditKind.SCOPE_CHANGE,
        AuditKind.PROVISIONAL_TRANSITION,
        AuditKind.SPECIAL,
    ],
)
def test_other_audits_lead_to_no_certificate_of_their_own(kind: AuditKind) -> None:
    certificate.when(decide(audit=audited(kind=kind))).refused("audit-kind-decides-nothing")


def test_the_decision_falls_on_the_audits_last_day_at_the_earliest() -> None:
    certificate.when(decide(decided_on=ENDED - ONE_DAY)).refused("decided-before-audit-end")
    dates = {
        "decided_on": ENDED,
        "valid_from": ENDED,
        "valid_to": date(2029, 3, 5),
        "surveillance_due_on": (date(2027, 9, 6),),
    }
    certificate.when(decide(decided_on=ENDED)).then(granted(**dates))


def test_a_decision_of_tomorrow_is_not_recorded_today() -> None:
    certificate.when(decide(decided_on=DECIDED + ONE_DAY)).refused("decided-in-the-future")


# --- from when, how long ---


def test_a_certificate_recorded_late_holds_from_the_day_it_took_effect() -> None:
    late = decide(on=date(2026, 9, 1), decided_on=DECIDED, valid_from=ENDED)
    dates = {
        "valid_from": ENDED,
        "valid_to": date(2029, 3, 5),
        "surveillance_due_on": (date(2027, 9, 6),),
    }
    certificate.when(late).then(granted(**dates))


def test_a_certificate_does_not_hold_before_its_audit_ended() -> None:
    certificate.when(decide(valid_from=ENDED - ONE_DAY)).refused("valid-from-before-audit-end")


def test_a_certificate_starts_a_year_ahead_at_most() -> None:
    latest = DECIDED + timedelta(days=366)
    dates = {
        "valid_from": latest,
        "valid_to": date(2030, 4, 10),
        "surveillance_due_on": (date(2028, 10, 11),),
    }
    certificate.when(decide(valid_from=latest)).then(granted(**dates))
    certificate.when(decide(valid_from=latest + ONE_DAY)).refused("valid-from-too-far-ahead")


@pytest.mark.parametrize(
    ("maturity", "due"),
    [
        (Maturity.HIGH, ()),
        (Maturity.MEDIUM, (date(2027, 10, 10),)),
        (Maturity.LOW, (date(2027, 4, 10), date(2028, 4, 10))),
        (None, (date(2027, 10, 10),)),
    ],
)
def test_surveillance_follows_maturity(maturity: Maturity | None, due: tuple[date, ...]) -> None:
    certificate.when(decide(audit=audited(overall_maturity=maturity))).then(
        granted(overall_maturity=maturity, surveillance_due_on=due)
    )


# --- taking over from another ---


def test_a_recertification_takes_over_from_the_certificate_it_names() -> None:
    audit = audited(kind=AuditKind.RECERTIFICATION)
    asked = decide(certificate_id="C2", audit=audit, replaces="C1", replaced=certified())
    certificate.when(asked).then(granted(certificate_id="C2", replaces="C1"))


def test_a_recertification_takes_over_from_the_certificate_its_audit_names() -> None:
    audit = audited(kind=AuditKind.RECERTIFICATION, certificate_id="C1")
    asked = decide(certificate_id="C2", audit=audit, replaced=certified())
    certificate.when(asked).then(granted(certificate_id="C2", replaces="C1"))
    certificate.when(decide(certificate_id="C2", audit=audit, replaces="C9")).refused(
        "replaces-another-certificate"
    )


def test_a_recertification_may_take_over_from_none_that_is_known() -> None:
    certificate.when(decide(audit=audited(kind=AuditKind.RECERTIFICATION))).then(granted())


def test_what_is_replaced_was_granted_and_is_of_the_same_scope() -> None:
    audit = audited(kind=AuditKind.RECERTIFICATION)
    asked = {"certificate_id": "C2", "audit": audit, "replaces": "C1"}
    certificate.when(decide(**asked)).refused("unknown-certificate")
    other = certified(entity_id="E2")
    certificate.when(decide(**asked, replaced=other)).refused("certificate-of-other-scope")
    itself = decide(audit=audit, replaces="C1", replaced=certified())
    certificate.when(itself).refused("unknown-certificate")


def test_a_first_certificate_replaces_none() -> None:
    certificate.when(decide(certificate_id="C2", replaces="C1", replaced=certified())).refused(
        "initial-replaces-nothing"
    )


# --- again ---


def test_the_same_decision_twice_changes_nothing() -> None:
    certificate.given(granted()).when(decide()).nothing()
    certificate.given(granted()).when(decide(on=DECIDED + ONE_DAY)).nothing()
    certificate.given(granted()).when(decide(decided_on=DECIDED, valid_from=DECIDED)).nothing()
    no = refused("too_many_major_findings")
    certificate.given(no).when(decide(**with_findings(major=4))).nothing()
    certificate.given(no).when(decide(decision="refuse")).nothing()


def test_a_contradicting_decision_is_refused_and_says_what_differs() -> None:
    asked = decide(audit_id="A2", valid_from=ENDED, decision="refuse")
    certificate.given(granted()).when(asked).refused(
        "certificate-already-decided", differs=["audit_id", "decision", "valid_from"]
    )
    certificate.given(refused("other")).when(decide()).refused(
        "certificate-already-decided", differs=["decision"]
    )


# --- conversion ---

TRANSITION = audited(
    audit_id="A2",
    kind=AuditKind.PROVISIONAL_TRANSITION,
    certificate_id="C1",
    ended_on=date(2026, 11, 20),
    overall_maturity=Maturity.LOW,
)
CONVERT = ConvertCertificate(
    on=date(2026, 12, 1), certificate_id="C1", audit_id="A2", audit=TRANSITION
)
CONVERTED = CertificateConverted(
    certificate_id="C1",
    audit_id="A2",
    member_id="M1",
    valid_to=date(2029, 4, 9),
    surveillance_due_on=(date(2027, 4, 10), date(2028, 4, 10)),
    effective_on=date(2026, 12, 1),
    policy_id=POLICY_ID,
)
provisional = certificate.given(granted(**PROVISIONAL))


def test_a_provisional_certificate_becomes_a_full_one_of_three_years_from_its_start() -> None:
    provisional.when(CONVERT).then(CONVERTED)


def test_converting_twice_changes_nothing_and_otherwise_is_refused() -> None:
    done = provisional.given(CONVERTED)
    done.when(CONVERT.model_copy(update={"on": date(2026, 12, 9)})).nothing()
    done.when(CONVERT.model_copy(update={"effective_on": date(2026, 11, 20)})).refused(
        "certificate-already-converted", differs=["effective_on"]
    )


def test_a_conversion_holds_from_the_transition_audits_end_at_the_earliest() -> None:
    provisional.when(CONVERT.model_copy(update={"effective_on": date(2026, 11, 20)})).then(
        CONVERTED.model_copy(update={"effective_on": date(2026, 11, 20)})
    )
    provisional.when(CONVERT.model_copy(update={"effective_on": date(2026, 11, 19)})).refused(
        "effective-before-audit-end"
    )


def test_a_conversion_comes_on_the_last_valid_day_at_the_latest() -> None:
    last_day = PROVISIONAL["valid_to"]
    assert isinstance(last_day, date)
    late = CONVERT.model_copy(update={"on": last_day + ONE_DAY})
    provisional.when(late).refused("certificate-expired")
    provisional.when(late.model_copy(update={"effective_on": last_day})).then(
        CONVERTED.model_copy(update={"effective_on": last_day})
    )


def test_surveillance_due_before_the_conversion_is_not_asked_for() -> None:
    early = granted(**PROVISIONAL | {"valid_from": ENDED, "valid_to": date(2027, 3, 5)})
    policies = policies_of("audit_scheduling", figure("surveillance.months.low", [6, 12]))
    on = date(2027, 3, 5)
    Spec(decider, policies).given(early).when(CONVERT.model_copy(update={"on": on})).then(
        CONVERTED.model_copy(
            update={
                "valid_to": date(2029, 3, 5),
                "surveillance_due_on": (date(2027, 3, 6),),
                "effective_on": on,
                "policy_id": "another",
            }
        )
    )


def test_a_conversion_needs_a_transition_audit_of_this_certificate() -> None:
    for change in ({"kind": AuditKind.SURVEILLANCE}, {"certificate_id": "C9"}):
        audit = TRANSITION.model_copy(update=change)
        provisional.when(CONVERT.model_copy(update={"audit": audit})).refused(
            "not-a-transition-audit"
        )
    provisional.when(CONVERT.model_copy(update={"audit": None})).refused("audit-not-concluded")


@pytest.mark.parametrize("finding", [FindingClass.MAJOR, FindingClass.CRITICAL_BREACH])
def test_a_conversion_needs_the_major_findings_gone(finding: FindingClass) -> None:
    audit = TRANSITION.model_copy(update={"findings": {finding: 1, FindingClass.MINOR: 3}})
    provisional.when(CONVERT.model_copy(update={"audit": audit})).refused("major-findings-remain")


def test_a_full_certificate_is_not_converted() -> None:
    certificate.given(granted()).when(CONVERT).refused("certificate-not-provisional")


def test_a_suspended_certificate_is_reinstated_before_it_is_converted() -> None:
    provisional.given(suspended(date(2026, 11, 1))).when(CONVERT).refused("certificate-suspended")


# --- suspension, reinstatement, withdrawal ---


def suspended(effective_on: date, reason: str = "action-overdue") -> CertificateSuspended:
    return CertificateSuspended(
        certificate_id="C1", member_id="M1", effective_on=effective_on, reason=reason
    )


def reinstated(effective_on: date) -> CertificateReinstated:
    return CertificateReinstated(certificate_id="C1", member_id="M1", effective_on=effective_on)


def withdrawn(effective_on: date) -> CertificateWithdrawn:
    return CertificateWithdrawn(
        certificate_id="C1", member_id="M1", effective_on=effective_on, reason="fraud"
    )


def suspend(on: date, effective_on: date | None = None) -> SuspendCertificate:
    return SuspendCertificate(
        on=on, certificate_id="C1", reason="action-overdue", effective_on=effective_on
    )


def reinstate(on: date, effective_on: date | None = None) -> ReinstateCertificate:
    return ReinstateCertificate(on=on, certificate_id="C1", effective_on=effective_on)


def withdraw(on: date, effective_on: date | None = None) -> WithdrawCertificate:
    return WithdrawCertificate(
        on=on, certificate_id="C1", reason="fraud", effective_on=effective_on
    )


MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)
full = certificate.given(granted())


def test_a_certificate_is_suspended_and_reinstated() -> None:
    full.when(suspend(MAY)).then(suspended(MAY)).and_when(reinstate(JUNE)).then(reinstated(JUNE))


def test_a_suspension_may_be_recorded_late_but_not_ahead() -> None:
    full.when(suspend(JUNE, MAY)).then(suspended(MAY))
    full.when(suspend(MAY, JUNE)).refused("effective-in-the-future")


def test_a_suspension_lies_within_the_validity() -> None:
    full.when(suspend(JUNE, DECIDED)).then(suspended(DECIDED))
    full.when(suspend(JUNE, DECIDED - ONE_DAY)).refused("effective-too-early")
    last_day = date(2029, 4, 9)
    full.when(suspend(last_day)).then(suspended(last_day))
    full.when(suspend(last_day + ONE_DAY)).refused("certificate-expired")


def test_suspending_twice_changes_nothing_and_for_another_reason_is_refused() -> None:
    held = full.given(suspended(MAY))
    held.when(suspend(JUNE)).nothing()
    held.when(suspend(JUNE, JUNE)).refused("certificate-already-suspended")
    other = SuspendCertificate(on=JUNE, certificate_id="C1", reason="fraud")
    held.when(other).refused("certificate-already-suspended")


def test_reinstating_what_is_not_suspended_changes_nothing() -> None:
    full.when(reinstate(JUNE)).nothing()


def test_changes_take_effect_in_the_order_in_which_they_are_recorded() -> None:
    full.given(suspended(JUNE)).when(reinstate(JULY, MAY)).refused("effective-too-early")
    full.given(suspended(JUNE)).when(reinstate(JULY, JUNE)).then(reinstated(JUNE))
    full.given(suspended(JUNE)).when(withdraw(JULY, MAY)).refused("effective-too-early")


def test_a_certificate_is_withdrawn_for_good() -> None:
    gone = full.when(withdraw(MAY)).then(withdrawn(MAY))
    for command in (suspend(JUNE), reinstate(JUNE)):
        gone.and_given().when(command).refused("certificate-withdrawn")
    provisional.given(withdrawn(MAY)).when(CONVERT).refused("certificate-withdrawn")


def test_a_suspended_certificate_may_be_withdrawn() -> None:
    full.given(suspended(MAY)).when(withdraw(JUNE)).then(withdrawn(JUNE))


def test_a_certificate_may_be_withdrawn_before_it_holds() -> None:
    ahead = certificate.given(granted(valid_from=JULY))
    ahead.when(withdraw(MAY)).then(withdrawn(MAY))


def test_withdrawing_twice_changes_nothing_and_otherwise_is_refused() -> None:
    full.given(withdrawn(MAY)).when(withdraw(JUNE)).nothing()
    full.given(withdrawn(MAY)).when(withdraw(JUNE, JUNE)).refused("certificate-already-withdrawn")


def test_an_expired_certificate_cannot_be_withdrawn() -> None:
    full.when(withdraw(date(2029, 4, 10))).refused("certificate-expired")


def test_nothing_happens_to_what_was_never_granted() -> None:
    for given in (certificate, certificate.given(refused("other"))):
        for command in (suspend(MAY), reinstate(MAY), withdraw(MAY), CONVERT):
            given.when(command).refused("unknown-certificate")


def test_evidence_of_a_certificate_follows_its_conversion() -> None:
    state = decider.evolve(decider.INITIAL, granted(**PROVISIONAL))
    found = decider.evidence(state)
    assert found == certified(
        certificate_type=CertificateType.PROVISIONAL, valid_to=date(2027, 4, 9)
    )
    assert decider.evidence(decider.evolve(state, CONVERTED)) == certified()
    assert decider.evidence(decider.INITIAL) is None
