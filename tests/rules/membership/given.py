"""What the specifications of membership begin with: a member, its certificates, its days.

PT member M1 joined on 10 August 2023, so its first duty is due on 10 August 2025 (sources.md 1.2).
"""

from datetime import date, timedelta
from typing import Any

from contracts.membership import (
    ApplicationApproved,
    ApplicationDrafted,
    ApplicationReviewStarted,
    ApplicationSubmitted,
    DutyMet,
    DutyMissed,
    DutyStarted,
    MemberJoined,
    MemberReinstated,
    MembershipForfeited,
    MemberSuspended,
    SuspensionReason,
)
from contracts.values import Activity, CertificateType, DutyRule, MembershipClass, Standard
from infra.decider import Command, Tick
from services.membership import member
from services.membership.commands import (
    AdmitMember,
    NoteCertificate,
    NoteCertificateReinstated,
    NoteCertificateSuspended,
    NoteCertificateWithdrawn,
    NoteConversion,
)
from services.membership.duty import HeldCertificate
from tests.rules.spec import Given, Spec, policies_of

PT = MembershipClass.PRODUCTION_AND_TRANSFORMATION
IU = MembershipClass.INDUSTRIAL_USERS
DS = MembershipClass.DOWNSTREAM_SUPPORTERS
FIRST = DutyRule.INITIAL_CERTIFICATION
AGAIN = DutyRule.RECERTIFICATION
POLICIES = policies_of("membership")
ONE_DAY = timedelta(days=1)

JOINED = date(2023, 8, 10)
DUE = date(2025, 8, 10)
MISSED = date(2025, 8, 11)
FORFEIT = date(2025, 11, 9)
"""90 days after the first day missed."""
NOW = date(2025, 9, 1)
POLICY_ID = POLICIES.on(NOW).policy_id
BEFORE = date(2025, 8, 1)
"""A day on which the first duty was not due yet."""

SPEC = Spec(member, POLICIES)


def applied(membership_class: MembershipClass = PT, on: date = JOINED) -> tuple[Any, ...]:
    """M1 up to the approval of its application."""
    activities = (Activity.CASTHOUSE,) if membership_class is PT else ()
    return (
        ApplicationDrafted(member_id="M1", name="Northern Light", country="NO", drafted_on=on),
        ApplicationSubmitted(
            member_id="M1",
            name="Northern Light",
            country="NO",
            membership_class=membership_class,
            activities=activities,
            submitted_on=on,
        ),
        ApplicationReviewStarted(member_id="M1", started_on=on),
        ApplicationApproved(
            member_id="M1",
            membership_class=membership_class,
            activities=activities,
            fee_level="L2",
            approved_on=on,
            approver="P7",
        ),
    )


def joined(membership_class: MembershipClass = PT, on: date = JOINED) -> Given:
    """M1 as a member since a day, by the command itself."""
    given = SPEC.given(*applied(membership_class, on))
    answered = given.when(AdmitMember(on=on, member_id="M1"))
    assert answered.refusal is None
    return answered.and_given()


def certificate(
    certificate_id: str = "C1",
    valid_from: date = date(2025, 6, 1),
    valid_to: date = date(2028, 5, 31),
    *,
    standard: Standard = Standard.PERFORMANCE,
    kind: CertificateType = CertificateType.FULL,
    facilities: int = 1,
) -> HeldCertificate:
    """A PS certificate over one facility, for three years."""
    return HeldCertificate(
        certificate_id=certificate_id,
        standard=standard,
        certificate_type=kind,
        facilities=facilities,
        valid_from=valid_from,
        valid_to=valid_to,
    )


def note(held: HeldCertificate, on: date = NOW) -> NoteCertificate:
    """Audits granted it."""
    return NoteCertificate(on=on, member_id="M1", certificate=held)


def converted(valid_to: date, effective_on: date, of: str = "C1") -> NoteConversion:
    return NoteConversion(
        on=NOW, member_id="M1", certificate_id=of, valid_to=valid_to, effective_on=effective_on
    )


def suspended(effective_on: date, of: str = "C1") -> NoteCertificateSuspended:
    return NoteCertificateSuspended(
        on=NOW, member_id="M1", certificate_id=of, effective_on=effective_on
    )


def reinstated(effective_on: date, of: str = "C1") -> NoteCertificateReinstated:
    return NoteCertificateReinstated(
        on=NOW, member_id="M1", certificate_id=of, effective_on=effective_on
    )


def withdrawn(effective_on: date, of: str = "C1", on: date = NOW) -> NoteCertificateWithdrawn:
    return NoteCertificateWithdrawn(
        on=on, member_id="M1", certificate_id=of, effective_on=effective_on
    )


def tick(rule: str, on: date, target: str = "member/M1") -> Tick:
    """The clock closes a day."""
    return Tick(on=on, target=target, rule=rule)


def days_closed(given: Given, through: date) -> Given:
    """As the clock does it: every rule that is due through a day, until nothing is."""
    assert given.decider.due is not None
    asked: set[tuple[str, date]] = set()
    while fresh := sorted(
        (day, rule)
        for rule, day in given.decider.due(given.state).items()
        if day <= through and (rule, day) not in asked
    ):
        day, rule = fresh[0]
        asked.add((rule, day))
        answered = given.when(tick(rule, through))
        assert answered.refusal is None
        given = answered.and_given()
    return given


def passing(given: Given, *commands: Command) -> Given:
    """The state after commands that must all be accepted."""
    answered = given.when(*commands)
    assert answered.refusal is None, str(answered.refusal)
    return answered.and_given()


# --- events ---


def started(
    rule: DutyRule, starts_on: date, due_on: date, certificate_id: str | None = None
) -> DutyStarted:
    return DutyStarted(
        member_id="M1",
        rule=rule,
        starts_on=starts_on,
        due_on=due_on,
        policy_id=POLICIES.on(starts_on).policy_id,
        certificate_id=certificate_id,
    )


def met(rule: DutyRule, due_on: date, certificate_id: str, effective_on: date) -> DutyMet:
    return DutyMet(
        member_id="M1",
        rule=rule,
        due_on=due_on,
        certificate_id=certificate_id,
        effective_on=effective_on,
    )


def missed(rule: DutyRule, due_on: date) -> DutyMissed:
    return DutyMissed(
        member_id="M1",
        rule=rule,
        due_on=due_on,
        effective_on=due_on + ONE_DAY,
        forfeits_on=due_on + 91 * ONE_DAY,
        policy_id=POLICY_ID,
    )


def suspension(effective_on: date, reason: SuspensionReason = "duty_missed") -> MemberSuspended:
    return MemberSuspended(
        member_id="M1", reason=reason, effective_on=effective_on, policy_id=POLICY_ID
    )


def reinstatement(effective_on: date, reason: SuspensionReason = "duty_missed") -> MemberReinstated:
    return MemberReinstated(member_id="M1", reason=reason, effective_on=effective_on)


def forfeited(rule: DutyRule, effective_on: date) -> MembershipForfeited:
    return MembershipForfeited(
        member_id="M1", rule=rule, effective_on=effective_on, policy_id=POLICY_ID
    )


def member_joined(membership_class: MembershipClass = PT, on: date = JOINED) -> MemberJoined:
    return MemberJoined(
        member_id="M1",
        name="Northern Light",
        country="NO",
        membership_class=membership_class,
        activities=(Activity.CASTHOUSE,) if membership_class is PT else (),
        fee_level="L2",
        joined_on=on,
    )
