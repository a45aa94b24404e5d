"""A certificate later: converted, suspended, reinstated, withdrawn; nothing twice."""

from datetime import date

import pytest

from contracts.audits import (
    CertificateConverted,
    CertificateReinstated,
    CertificateSuspended,
    CertificateWithdrawn,
)
from contracts.values import AuditKind, CertificateType, FindingClass, Maturity
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
    figure,
    granted,
    refused,
)

certificate = Spec(decider, POLICIES)


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
