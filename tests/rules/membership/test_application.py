"""How one becomes a member (sources.md 1.4)."""

from datetime import date

import pytest

from contracts.membership import (
    ApplicationApproved,
    ApplicationDeclined,
    ApplicationDrafted,
    ApplicationReviewStarted,
    ApplicationSubmitted,
    InformationRequested,
    InformationSupplied,
)
from contracts.values import Activity, MembershipClass
from infra.decider import Command
from services.membership.commands import (
    AdmitMember,
    ApproveApplication,
    DeclineApplication,
    DraftApplication,
    RequestInformation,
    ResignMembership,
    StartReview,
    SubmitApplication,
    SupplyInformation,
    SuspendMember,
    TerminateMembership,
)
from tests.rules.membership.given import (
    DS,
    FORFEIT,
    IU,
    PT,
    SPEC,
    applied,
    days_closed,
    joined,
    member_joined,
    passing,
)

ON = date(2023, 5, 2)
DRAFT = DraftApplication(on=ON, member_id="M1", name="Northern Light", country="NO")
DRAFTED = ApplicationDrafted(member_id="M1", name="Northern Light", country="NO", drafted_on=ON)
STEPS = applied(DS, ON)


def submit(membership_class: MembershipClass = PT, *activities: Activity) -> SubmitApplication:
    return SubmitApplication(
        on=ON, member_id="M1", membership_class=membership_class, activities=activities
    )


def approve(
    fee_level: str = "L2",
    membership_class: MembershipClass | None = None,
    activities: tuple[Activity, ...] | None = None,
) -> ApproveApplication:
    return ApproveApplication(
        on=ON,
        member_id="M1",
        fee_level=fee_level,
        membership_class=membership_class,
        activities=activities,
        approver="P7",
    )


def test_an_application_begins_as_a_draft() -> None:
    SPEC.when(DRAFT).then(DRAFTED)


def test_the_same_draft_again_changes_nothing() -> None:
    SPEC.given(DRAFTED).when(DRAFT).nothing()


def test_a_draft_may_be_written_anew() -> None:
    renamed = DRAFT.model_copy(update={"name": "Northern Lights"})
    SPEC.given(DRAFTED).when(renamed).then(DRAFTED.model_copy(update={"name": "Northern Lights"}))


def test_an_id_in_use_cannot_be_drafted_by_another() -> None:
    other = DRAFT.model_copy(update={"name": "Southern Light"})
    SPEC.given(*STEPS[:2]).when(other).refused("member-id-taken", status="submitted")


def test_a_draft_is_submitted_for_a_class_with_activities_in_one_spelling() -> None:
    twice = submit(PT, Activity.CASTHOUSE, Activity.SMELTING, Activity.CASTHOUSE)
    SPEC.given(DRAFTED).when(twice).then(
        ApplicationSubmitted(
            member_id="M1",
            name="Northern Light",
            country="NO",
            membership_class=PT,
            activities=(Activity.SMELTING, Activity.CASTHOUSE),
            submitted_on=ON,
        )
    ).and_when(submit(PT, Activity.SMELTING, Activity.CASTHOUSE)).nothing()


@pytest.mark.parametrize(
    "activity", [Activity.BAUXITE_MINING, Activity.ALUMINA_REFINING, Activity.SMELTING]
)
@pytest.mark.parametrize("membership_class", sorted(set(MembershipClass) - {PT}))
def test_mining_refining_or_smelting_forces_class_pt(
    activity: Activity, membership_class: MembershipClass
) -> None:
    SPEC.given(DRAFTED).when(
        submit(membership_class, activity, Activity.MATERIAL_CONVERSION)
    ).refused("class-must-be-pt", activities=[activity.value])


@pytest.mark.parametrize("membership_class", [PT, IU])
def test_a_material_converter_may_choose(membership_class: MembershipClass) -> None:
    asked = submit(membership_class, Activity.MATERIAL_CONVERSION)
    assert len(SPEC.given(DRAFTED).when(asked).events) == 1


def test_the_review_waits_for_information_and_goes_on() -> None:
    reviewed = SPEC.given(*STEPS[:2]).when(StartReview(on=ON, member_id="M1"))
    reviewed.then(ApplicationReviewStarted(member_id="M1", started_on=ON))
    asked = reviewed.and_when(RequestInformation(on=ON, member_id="M1", note_ref="N1"))
    asked.then(InformationRequested(member_id="M1", requested_on=ON, note_ref="N1"))
    asked.and_when(RequestInformation(on=ON, member_id="M1")).nothing()
    asked.and_when(approve()).refused("application-out-of-turn", status="information_requested")
    supplied = asked.and_when(SupplyInformation(on=ON, member_id="M1"))
    supplied.then(InformationSupplied(member_id="M1", supplied_on=ON))
    assert supplied.and_when(approve()).refusal is None


def test_approval_names_class_activities_and_fee_level() -> None:
    SPEC.given(*STEPS[:3]).when(approve("L9", IU, (Activity.MATERIAL_CONVERSION,))).then(
        ApplicationApproved(
            member_id="M1",
            membership_class=IU,
            activities=(Activity.MATERIAL_CONVERSION,),
            fee_level="L9",
            approved_on=ON,
            approver="P7",
        )
    )


def test_approval_without_activities_is_refused_for_classes_that_must_certify() -> None:
    SPEC.given(*STEPS[:3]).when(approve("L2", PT)).refused("activities-missing")


def test_approval_checks_the_class_against_the_activities() -> None:
    SPEC.given(*STEPS[:3]).when(approve("L2", IU, (Activity.SMELTING,))).refused("class-must-be-pt")


def test_approving_twice_alike_changes_nothing_and_otherwise_is_out_of_turn() -> None:
    SPEC.given(*STEPS).when(approve()).nothing()
    SPEC.given(*STEPS).when(approve("L3")).refused("application-out-of-turn", status="approved")


def test_a_declined_application_is_over_and_its_id_used() -> None:
    decline = DeclineApplication(on=ON, member_id="M1", approver="P7")
    declined = SPEC.given(*STEPS[:3]).when(decline)
    declined.then(ApplicationDeclined(member_id="M1", declined_on=ON, approver="P7"))
    declined.and_when(decline).nothing()
    declined.and_when(DRAFT).refused("member-id-used", status="declined")


def test_an_ended_member_applies_again_under_a_new_id() -> None:
    ended = passing(joined(), ResignMembership(on=FORFEIT, member_id="M1"))
    ended.when(DRAFT).refused("member-id-used", status="resigned")
    days_closed(joined(), FORFEIT).when(DRAFT).refused("member-id-used", status="forfeited")


def test_joining_needs_an_approval_and_happens_once() -> None:
    admit = AdmitMember(on=ON, member_id="M1")
    SPEC.given(*STEPS[:3]).when(admit).refused("application-out-of-turn", status="under_review")
    SPEC.given(*STEPS).when(admit).then(member_joined(DS, ON)).and_when(admit).nothing()


def test_joining_is_not_recorded_ahead_of_its_day() -> None:
    ahead = AdmitMember(on=ON, member_id="M1", joined_on=date(2023, 5, 3))
    SPEC.given(*STEPS).when(ahead).refused("day-in-the-future")


STEPWISE: list[Command] = [
    submit(),
    StartReview(on=ON, member_id="M1"),
    RequestInformation(on=ON, member_id="M1"),
    SupplyInformation(on=ON, member_id="M1"),
    approve(),
    DeclineApplication(on=ON, member_id="M1", approver="P7"),
    AdmitMember(on=ON, member_id="M1"),
    SuspendMember(on=ON, member_id="M1"),
    ResignMembership(on=ON, member_id="M1"),
    TerminateMembership(on=ON, member_id="M1", reason="r", approver="P7"),
]


@pytest.mark.parametrize("command", STEPWISE, ids=lambda command: command.NAME)
def test_nothing_can_be_done_with_an_id_that_nobody_drafted(command: Command) -> None:
    SPEC.when(command).refused("unknown-member", member_id="M1")


@pytest.mark.parametrize("command", STEPWISE[7:], ids=lambda command: command.NAME)
@pytest.mark.parametrize("steps", range(1, 5))
def test_an_applicant_is_no_member_yet(command: Command, steps: int) -> None:
    SPEC.given(*STEPS[:steps]).when(command).refused("not-yet-member")
