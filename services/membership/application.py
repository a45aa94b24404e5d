"""An application: drafted, submitted, reviewed, approved or declined, and the day of joining. Pure.

Rules: sources.md 1.4. Approval needs class, activities and fee level. Asking twice for what already
holds changes nothing; asking out of turn is refused with what the application is waiting for.
"""

from typing import assert_never

from contracts.membership import (
    ApplicationApproved,
    ApplicationDeclined,
    ApplicationDrafted,
    ApplicationReviewStarted,
    ApplicationSubmitted,
    InformationRequested,
    InformationSupplied,
    MemberJoined,
)
from infra.errors import Refused
from infra.policy import Policies

from .commands import (
    AdmitMember,
    ApplicationCommand,
    ApproveApplication,
    DeclineApplication,
    DraftApplication,
    RequestInformation,
    StartReview,
    SubmitApplication,
    SupplyInformation,
)
from .duty import clock_from, obliged
from .guards import check_activities, check_class, past_day, unknown
from .settle import settle, start
from .site import canonical
from .standing import ENDED, Member, Status
from .story import Story


def decide(command: ApplicationCommand, story: Story, policies: Policies) -> None:
    """Tell the events of a command; raises Refused."""
    match command:
        case DraftApplication():
            _draft(command, story)
        case SubmitApplication():
            _submit(command, story, policies)
        case StartReview() | RequestInformation() | SupplyInformation():
            _review(command, story)
        case ApproveApplication():
            _approve(command, story, policies)
        case DeclineApplication():
            _decline(command, story)
        case AdmitMember():
            _admit(command, story, policies)
        case _:
            assert_never(command)


def _expect(state: Member, member_id: str, *wanted: Status) -> None:
    """Refuse unless the application waits for this step."""
    if state.status in wanted:
        return
    if state.status == "none":
        raise unknown(member_id)
    should = " or ".join(one.replace("_", " ") for one in wanted)
    raise Refused(
        "application-out-of-turn",
        f"{member_id} is {state.standing.replace('_', ' ')}; this step needs an application that "
        f"is {should}.",
        member_id=member_id,
        status=state.standing,
        wanted=list(wanted),
    )


def _draft(command: DraftApplication, story: Story) -> None:
    state = story.state
    same = (command.name, command.country) == (state.name, state.country)
    if state.status in ENDED or state.status == "declined":
        raise Refused(
            "member-id-used",
            f"{command.member_id} was used before and is {state.status}: an application after "
            "that gets a new member id.",
            member_id=command.member_id,
            status=state.status,
        )
    if state.status != "none" and same:
        return
    if state.status not in ("none", "drafted"):
        raise Refused(
            "member-id-taken",
            f"{command.member_id} belongs to another application or member; choose another id.",
            member_id=command.member_id,
            status=state.standing,
        )
    story.tell(
        ApplicationDrafted(
            member_id=command.member_id,
            name=command.name,
            country=command.country,
            drafted_on=command.on,
        )
    )


def _submit(command: SubmitApplication, story: Story, policies: Policies) -> None:
    state = story.state
    activities = canonical(command.activities)
    asked = (command.membership_class, activities)
    if state.status == "submitted" and asked == (state.membership_class, state.activities):
        return
    _expect(state, command.member_id, "drafted")
    check_class(command.membership_class, activities, policies.on(command.on))
    story.tell(
        ApplicationSubmitted(
            member_id=state.member_id,
            name=state.name,
            country=state.country,
            membership_class=command.membership_class,
            activities=activities,
            submitted_on=command.on,
        )
    )


def _review(command: StartReview | RequestInformation | SupplyInformation, story: Story) -> None:
    state, member_id = story.state, command.member_id
    match command:
        case StartReview():
            if state.status == "under_review":
                return
            _expect(state, member_id, "submitted")
            story.tell(ApplicationReviewStarted(member_id=member_id, started_on=command.on))
        case RequestInformation():
            if state.status == "information_requested":
                return
            _expect(state, member_id, "under_review")
            story.tell(
                InformationRequested(
                    member_id=member_id, requested_on=command.on, note_ref=command.note_ref
                )
            )
        case SupplyInformation():
            _expect(state, member_id, "information_requested")
            story.tell(
                InformationSupplied(
                    member_id=member_id, supplied_on=command.on, note_ref=command.note_ref
                )
            )
        case _:
            assert_never(command)


def _approve(command: ApproveApplication, story: Story, policies: Policies) -> None:
    state = story.state
    asked = state.activities if command.activities is None else command.activities
    activities = canonical(asked)
    membership_class = command.membership_class or state.membership_class
    if state.status == "approved":
        wanted = (membership_class, activities, command.fee_level)
        if wanted == (state.membership_class, state.activities, state.fee_level):
            return
    _expect(state, command.member_id, "under_review")
    if membership_class is None:
        raise Refused(
            "class-missing",
            f"The application of {command.member_id} names no class; approve it with one.",
            member_id=command.member_id,
        )
    policy = policies.on(command.on)
    check_activities(membership_class, activities, policy)
    check_class(membership_class, activities, policy)
    story.tell(
        ApplicationApproved(
            member_id=state.member_id,
            membership_class=membership_class,
            activities=activities,
            fee_level=command.fee_level,
            approved_on=command.on,
            approver=command.approver,
        )
    )


def _decline(command: DeclineApplication, story: Story) -> None:
    if story.state.status == "declined":
        return
    _expect(story.state, command.member_id, "under_review", "information_requested")
    story.tell(
        ApplicationDeclined(
            member_id=command.member_id,
            declined_on=command.on,
            approver=command.approver,
            note_ref=command.note_ref,
        )
    )


def _admit(command: AdmitMember, story: Story, policies: Policies) -> None:
    """Joining sets the clocks: the duty runs from that day, or from the launch (sources.md 1.2)."""
    state = story.state
    if state.status == "member" and command.joined_on in (None, state.joined_on):
        return
    _expect(state, command.member_id, "approved")
    joined_on = past_day(command.joined_on, command.on, "Joining")
    if state.membership_class is None:
        raise Refused(
            "class-missing",
            f"The approval of {command.member_id} names no class.",
            member_id=command.member_id,
        )
    story.tell(
        MemberJoined(
            member_id=state.member_id,
            name=state.name,
            country=state.country,
            membership_class=state.membership_class,
            activities=state.activities,
            fee_level=state.fee_level,
            joined_on=joined_on,
        )
    )
    if obliged(state.membership_class, policies.on(joined_on)):
        start(story, clock_from(joined_on, policies), policies)
        settle(story, policies)
