"""An audit is booked, called off or concluded; nothing is recorded twice or against itself."""

from datetime import date

import pytest

from contracts.audits import AuditCancelled, Finding
from contracts.values import AuditKind, FindingClass, Maturity, MembershipClass, Standard
from services.audit_scheduling import audit as decider
from services.audit_scheduling.commands import CancelAudit
from services.audit_scheduling.evidence import FacilityEvidence, ScopeEvidence
from tests.rules.spec import Spec

from .given import (
    ENDED,
    ONE_DAY,
    POLICIES,
    SCOPE,
    STARTED,
    certified,
    conclude,
    concluded,
    findings,
    held,
    schedule,
    scheduled,
)

audit = Spec(decider, POLICIES)
CANCEL = CancelAudit(
    on=date(2026, 2, 1), audit_id="A1", auditor_firm="firm-1", reason="auditor-ill"
)
CANCELLED = AuditCancelled(
    audit_id="A1",
    member_id="M1",
    entity_id="E1",
    standard=Standard.PERFORMANCE,
    kind=AuditKind.INITIAL_CERTIFICATION,
    cancelled_on=date(2026, 2, 1),
    reason="auditor-ill",
)
ABOUT = {"kind": AuditKind.SURVEILLANCE, "certificate_id": "C1", "certificate": certified()}


# --- booking ---


def test_an_audit_is_booked() -> None:
    audit.when(schedule()).then(scheduled())


def test_a_scope_is_kept_in_order_and_each_facility_once() -> None:
    audit.when(schedule(facilities=("F2", "F1", "F2"))).then(scheduled())


def test_booking_the_same_audit_twice_changes_nothing() -> None:
    audit.given(scheduled()).when(schedule(facilities=("F2", "F1"))).nothing()


def test_booking_it_again_with_another_day_is_refused_and_says_what_differs() -> None:
    audit.given(scheduled()).when(schedule(ends_on=ENDED + ONE_DAY)).refused(
        "audit-already-scheduled", differs=["ends_on"]
    )


def test_an_audit_may_end_on_the_day_it_starts_but_not_before() -> None:
    audit.when(schedule(ends_on=STARTED)).then(scheduled(ends_on=STARTED))
    audit.when(schedule(ends_on=STARTED - ONE_DAY)).refused("dates-reversed")


def test_an_audit_that_was_called_off_is_not_booked_again_under_its_id() -> None:
    audit.given(scheduled(), CANCELLED).when(schedule()).refused("audit-cancelled")


def test_a_concluded_audit_is_not_booked_any_more() -> None:
    audit.given(concluded()).when(schedule()).refused("audit-already-concluded")


# --- calling off ---


def test_a_booked_audit_is_called_off() -> None:
    audit.given(scheduled()).when(CANCEL).then(CANCELLED)


def test_calling_it_off_twice_changes_nothing() -> None:
    audit.given(scheduled(), CANCELLED).when(CANCEL).nothing()


def test_only_what_was_booked_can_be_called_off() -> None:
    audit.when(CANCEL).refused("unknown-audit")
    audit.given(concluded()).when(CANCEL).refused("unknown-audit")


def test_an_audit_that_has_ended_is_not_called_off() -> None:
    audit.given(scheduled(), concluded()).when(CANCEL).refused("audit-already-concluded")


def test_a_firm_cannot_call_off_another_firms_audit() -> None:
    other = CANCEL.model_copy(update={"auditor_firm": "firm-2"})
    audit.given(scheduled()).when(other).refused("audit-of-other-firm")


# --- concluding ---


def test_an_audit_is_concluded_with_what_it_found() -> None:
    found = findings(minor=2, major=1)
    audit.given(scheduled()).when(conclude(findings=found)).then(concluded(findings=found))


def test_an_audit_that_was_never_booked_can_be_recorded_as_concluded() -> None:
    audit.when(conclude()).then(concluded())


def test_recording_the_same_conclusion_twice_changes_nothing() -> None:
    found = findings(minor=2)
    audit.given(concluded(findings=found)).when(conclude(findings=found[::-1])).nothing()


def test_a_contradicting_conclusion_is_refused_and_says_what_differs() -> None:
    audit.given(concluded()).when(conclude(findings=findings(minor=1), facilities=("F1",))).refused(
        "audit-already-concluded", differs=["facilities", "findings"]
    )


def test_a_cancelled_audit_is_not_concluded() -> None:
    audit.given(scheduled(), CANCELLED).when(conclude()).refused("audit-cancelled")


def test_days_and_sites_may_turn_out_differently_from_the_plan() -> None:
    changes = {"started_on": STARTED + ONE_DAY, "facilities": ("F1",)}
    audit.given(scheduled()).when(conclude(**changes)).then(concluded(**changes))


def test_who_audits_whom_does_not_turn_out_differently() -> None:
    audit.given(scheduled()).when(
        conclude(auditor_firm="firm-2", standard=Standard.CHAIN_OF_CUSTODY)
    ).refused("audit-differs-from-plan", differs=["auditor_firm", "standard"])


def test_an_audit_is_concluded_on_its_last_day_at_the_earliest() -> None:
    audit.when(conclude(on=ENDED)).then(concluded())
    audit.when(conclude(on=ENDED - ONE_DAY)).refused("audit-not-ended")


def test_an_audit_does_not_end_before_it_starts() -> None:
    audit.when(conclude(started_on=ENDED)).then(concluded(started_on=ENDED))
    audit.when(conclude(started_on=ENDED + ONE_DAY)).refused("dates-reversed")


def test_high_maturity_is_only_for_an_audit_without_any_finding() -> None:
    high = {"overall_maturity": Maturity.HIGH}
    audit.when(conclude(**high)).then(concluded(**high))
    audit.when(conclude(**high, findings=findings(minor=1))).refused("high-maturity-with-findings")


def test_every_finding_has_an_id_of_its_own() -> None:
    one = findings(minor=1)
    audit.when(conclude(findings=one + one)).refused("finding-listed-twice", findings=["n0"])


def test_a_finding_lies_within_the_scope() -> None:
    at = Finding(
        finding_id="n1", criterion="6.7", finding_class=FindingClass.MAJOR, facility_id="F9"
    )
    audit.when(conclude(findings=(at,))).refused("finding-outside-scope", facilities=["F9"])
    inside = at.model_copy(update={"facility_id": "F2"})
    audit.when(conclude(findings=(inside,))).then(concluded(findings=(inside,)))


# --- what an audit is about ---


@pytest.mark.parametrize(
    "kind",
    [AuditKind.SURVEILLANCE, AuditKind.SCOPE_CHANGE, AuditKind.PROVISIONAL_TRANSITION],
)
def test_a_look_at_a_certificate_names_it(kind: AuditKind) -> None:
    audit.when(schedule(kind=kind)).refused("certificate-missing")
    audit.when(schedule(**ABOUT | {"kind": kind})).then(scheduled(kind=kind, certificate_id="C1"))


def test_an_initial_audit_is_about_no_certificate() -> None:
    audit.when(schedule(certificate_id="C1", certificate=certified())).refused(
        "certificate-unexpected"
    )


def test_a_recertification_may_name_the_certificate_or_not() -> None:
    kind = {"kind": AuditKind.RECERTIFICATION}
    audit.when(schedule(**kind)).then(scheduled(**kind))
    audit.when(schedule(**ABOUT | kind)).then(scheduled(**kind, certificate_id="C1"))


def test_a_certificate_must_have_been_granted() -> None:
    audit.when(schedule(**ABOUT | {"certificate": None})).refused("unknown-certificate")
    audit.when(conclude(**ABOUT | {"certificate": None})).refused("unknown-certificate")


@pytest.mark.parametrize(
    "change",
    [{"entity_id": "E2"}, {"member_id": "M2"}, {"standard": Standard.CHAIN_OF_CUSTODY}],
)
def test_a_certificate_must_be_that_of_the_scope(change: dict[str, object]) -> None:
    other = {"certificate": certified(**change)}
    audit.when(schedule(**ABOUT | other)).refused("certificate-of-other-scope")


# --- scope ---


def test_the_member_has_joined() -> None:
    nobody = SCOPE.model_copy(update={"classes": ()})
    audit.when(schedule(scope=nobody)).refused("unknown-member")
    audit.when(conclude(scope=nobody)).refused("unknown-member")


def test_only_two_classes_can_be_certified() -> None:
    for membership_class in MembershipClass:
        scope = SCOPE.model_copy(update={"classes": held(membership_class)})
        if membership_class in ("PT", "IU"):
            audit.when(schedule(scope=scope)).then(scheduled())
        else:
            audit.when(schedule(scope=scope)).refused(
                "class-not-certifiable", membership_class=membership_class.value
            )


@pytest.mark.parametrize(
    ("classes", "changed_on", "fine"),
    [
        (("DS", "IU"), ENDED, True),
        (("DS", "IU"), ENDED + ONE_DAY, False),
        (("PT", "DS"), ENDED, False),
        (("PT", "DS"), ENDED + ONE_DAY, True),
    ],
    ids=["entered by its last day", "entered later", "left by then", "left later"],
)
def test_the_class_is_that_of_the_audits_last_day(
    classes: tuple[str, ...], changed_on: date, fine: bool
) -> None:
    scope = SCOPE.model_copy(update={"classes": held(*classes, changed_on=changed_on)})
    for asked, then in ((schedule(scope=scope), scheduled()), (conclude(scope=scope), concluded())):
        if fine:
            audit.when(asked).then(then)
        else:
            audit.when(asked).refused(
                "class-not-certifiable", membership_class="DS", certifiable=["IU", "PT"]
            )


def test_an_applicant_is_of_the_class_it_joins_in() -> None:
    before = date(2023, 11, 6)
    asked = schedule(on=before, starts_on=before, ends_on=before)
    assert audit.when(asked).refusal is None


def test_an_audit_that_was_recorded_stays_when_the_class_changes() -> None:
    left = SCOPE.model_copy(update={"classes": held("PT", "DS", changed_on=date(2024, 2, 1))})
    audit.given(concluded()).when(conclude(scope=left)).nothing()


def test_the_entity_is_the_members() -> None:
    for owner in (None, "M2"):
        scope = SCOPE.model_copy(update={"entity_member_id": owner})
        audit.when(schedule(scope=scope)).refused("unknown-entity")


def test_an_entity_closed_on_the_audits_first_day_is_not_audited() -> None:
    later = SCOPE.model_copy(update={"entity_closed_on": STARTED + ONE_DAY})
    audit.when(conclude(scope=later)).then(concluded())
    then = SCOPE.model_copy(update={"entity_closed_on": STARTED})
    audit.when(conclude(scope=then)).refused("entity-closed")


def test_every_facility_is_registered() -> None:
    audit.when(schedule(facilities=("F1", "F8"))).refused("unknown-facility", facilities=["F8"])


def test_every_facility_belongs_to_the_entity() -> None:
    audit.when(schedule(facilities=("F1", "F9"))).refused(
        "facility-of-other-entity", facilities=["F9"]
    )


def test_a_facility_closed_on_the_audits_first_day_is_not_audited() -> None:
    for closed_on, fine in ((STARTED, False), (STARTED + ONE_DAY, True)):
        facility = FacilityEvidence(facility_id="F1", entity_id="E1", closed_on=closed_on)
        scope = ScopeEvidence.model_validate({**dict(SCOPE), "facilities": (facility,)})
        asked = audit.when(conclude(facilities=("F1",), scope=scope))
        if fine:
            asked.then(concluded(facilities=("F1",)))
        else:
            asked.refused("facility-closed", facilities=["F1"])
