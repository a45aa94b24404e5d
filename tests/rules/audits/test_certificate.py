"""A certificate follows its audit; later it is converted, suspended, reinstated or withdrawn."""

from datetime import date, timedelta

import pytest

from contracts.values import AuditKind, FindingClass, Maturity, MembershipClass
from services.audit_scheduling import certificate as decider
from tests.rules.spec import Spec, policies_of

from .given import (
    DECIDED,
    ENDED,
    ONE_DAY,
    POLICIES,
    PROVISIONAL,
    audited,
    certified,
    decide,
    figure,
    granted,
    held,
    refused,
)

certificate = Spec(decider, POLICIES)


def with_findings(minor: int = 0, major: int = 0, critical: int = 0) -> dict[str, object]:
    counts = {
        FindingClass.MINOR: minor,
        FindingClass.MAJOR: major,
        FindingClass.CRITICAL_BREACH: critical,
    }
    return {"audit": audited(findings=counts)}


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


def test_only_two_classes_are_granted_a_certificate() -> None:
    for one in MembershipClass:
        answered = certificate.when(decide(classes=held(one.value)))
        if one in ("PT", "IU"):
            answered.then(granted())
        else:
            answered.refused("class-not-certifiable", membership_class=one.value, day=str(DECIDED))


def test_the_class_is_that_of_the_day_of_the_decision() -> None:
    left = held("PT", "DS", changed_on=DECIDED)
    certificate.when(decide(classes=left)).refused("class-not-certifiable")
    certificate.when(decide(classes=left, decided_on=DECIDED - ONE_DAY)).then(
        granted(
            decided_on=DECIDED - ONE_DAY,
            valid_from=DECIDED - ONE_DAY,
            valid_to=date(2029, 4, 8),
            surveillance_due_on=(date(2027, 10, 9),),
        )
    )
    certificate.when(decide(classes=held("DS", "IU", changed_on=DECIDED))).then(granted())


def test_a_no_may_be_said_to_members_of_every_class() -> None:
    certificate.when(decide(classes=held("DS"), decision="refuse")).then(refused("other"))


def test_a_certificate_that_was_granted_stays_when_the_class_changes() -> None:
    left = held("PT", "DS", changed_on=date(2024, 2, 1))
    certificate.given(granted()).when(decide(classes=left)).nothing()


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
