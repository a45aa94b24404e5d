"""What changes a membership: its class, more time, suspension, an end, and a restored one. Pure.

Rules: domain.md 1.1 (who must be in which class), 1.2 (class change, extension), 1.3, 1.4. What is
open between sources is a figure of the policy; what follows for the duty is told by `settle.py`.
"""

from datetime import date
from typing import assert_never

from contracts.membership import (
    DutyExtended,
    DutyMissRetracted,
    MemberReinstated,
    MemberResigned,
    MembershipClassChanged,
    MembershipRestored,
    MembershipTerminated,
    MemberSuspended,
)
from contracts.values import Activity, MembershipClass
from infra.errors import Refused
from infra.policy import Policies, Policy

from .commands import (
    ChangeClass,
    ExtendDuty,
    ReinstateMember,
    ResignMembership,
    RestoreMembership,
    StandingCommand,
    SuspendMember,
    TerminateMembership,
)
from .duty import Clock, clock_from, obliged, shifted, stages
from .settle import Story, end, forfeiture_stands, settle, start
from .site import canonical
from .standing import ENDED, Duty, Member


def decide(command: StandingCommand, story: Story, policies: Policies) -> None:
    """Tell the events of a command; raises Refused."""
    state = story.state
    if _already(command, state):
        return
    if isinstance(command, RestoreMembership):
        _restore(command, story, policies)
        return
    require_member(state, command.member_id)
    match command:
        case ChangeClass():
            _change_class(command, story, policies)
        case ExtendDuty():
            _extend(command, story, policies)
        case SuspendMember():
            suspended = MemberSuspended(
                member_id=state.member_id,
                reason="other",
                effective_on=command.on,
                note_ref=command.note_ref,
            )
            story.tell(suspended)
        case ReinstateMember():
            _reinstate(command, story)
        case ResignMembership():
            _resign(command, story)
        case TerminateMembership():
            _terminate(command, story)
        case _:
            assert_never(command)


def _already(command: StandingCommand, state: Member) -> bool:
    """Whether what is wanted already holds."""
    match command:
        case ChangeClass():
            same = command.membership_class is state.membership_class
            return same and canonical(command.activities) == state.activities
        case ExtendDuty():
            # The time given may have let a certificate meet the duty: then a later one runs.
            given = any(one.until == command.due_on for one in state.extensions)
            return given and state.duty is not None and command.due_on <= state.duty.due_on
        case SuspendMember():
            return state.status == "member" and "other" in state.suspensions
        case ReinstateMember():
            return state.status == "member" and not state.suspensions
        case RestoreMembership():
            return state.status == "member"
        case ResignMembership():
            same = command.effective_on in (None, state.ended_on)
            return state.status == "resigned" and same
        case TerminateMembership():
            return state.status == "terminated"
        case _:
            assert_never(command)


# --- guards shared with the application and the fees ---


def require_member(state: Member, member_id: str) -> None:
    """Refuse unless the membership runs, active or suspended."""
    if state.status == "member":
        return
    if state.status in ENDED:
        raise Refused(
            "membership-ended",
            f"The membership of {member_id} ended on {state.ended_on} ({state.status}); "
            "to come back, apply under a new member id.",
            member_id=member_id,
            status=state.status,
            ended_on=state.ended_on,
        )
    if state.status == "none":
        raise unknown(member_id)
    raise Refused(
        "not-yet-member",
        f"{member_id} has not joined: its application is {state.status.replace('_', ' ')}.",
        member_id=member_id,
        status=state.status,
    )


def unknown(member_id: str) -> Refused:
    """The refusal of a member id that was never used."""
    return Refused("unknown-member", f"There is no member {member_id}.", member_id=member_id)


def past_day(asked: date | None, today: date, what: str) -> date:
    """The day asked for, or today; refused when it lies ahead."""
    if asked is not None and asked > today:
        raise Refused(
            "day-in-the-future",
            f"{what} on {asked} cannot be recorded on {today}: record it when the day has come.",
            day=asked,
            today=today,
        )
    return asked or today


def check_class(
    membership_class: MembershipClass, activities: tuple[Activity, ...], policy: Policy
) -> None:
    """Refuse a class that the activities do not allow (domain.md 1.1)."""
    forcing = [one.value for one in activities if one.value in policy.words("class.forces_pt")]
    if forcing and membership_class is not MembershipClass.PRODUCTION_AND_TRANSFORMATION:
        raise Refused(
            "class-must-be-pt",
            f"Who does {', '.join(forcing)} joins class PT, Production and Transformation, "
            f"not {membership_class.value}.",
            membership_class=membership_class.value,
            activities=forcing,
        )


def check_activities(
    membership_class: MembershipClass, activities: tuple[Activity, ...], policy: Policy
) -> None:
    """Refuse a class without the activities that it is about."""
    needs = policy.words("application.activities_needed_by")
    if not activities and membership_class.value in needs:
        raise Refused(
            "activities-missing",
            f"Members of class {membership_class.value} name their supply-chain activities: "
            "at least one.",
            membership_class=membership_class.value,
        )


# --- class ---


def _change_class(command: ChangeClass, story: Story, policies: Policies) -> None:
    """PT <-> IU keeps the clock; to an obliged class starts one, from one ends it [G]."""
    state = story.state
    before = state.membership_class
    day = past_day(command.effective_on, command.on, "A change of class")
    if before is None or (state.class_since is not None and day < state.class_since):
        raise Refused(
            "class-change-out-of-order",
            f"The class was last set for {state.class_since}; a change on {day} would come "
            "before that.",
            effective_on=day,
            class_since=state.class_since,
        )
    policy = policies.on(day)
    activities = canonical(command.activities)
    check_class(command.membership_class, activities, policy)
    check_activities(command.membership_class, activities, policy)
    was, becomes = obliged(before, policy), obliged(command.membership_class, policy)
    if was and not becomes and state.duty is not None:
        _check_settled(state.duty, day)
    story.tell(
        MembershipClassChanged(
            member_id=state.member_id,
            previous_class=before,
            membership_class=command.membership_class,
            activities=activities,
            effective_on=day,
            policy_id=policy.policy_id,
        )
    )
    if was and not becomes:
        _leave_duty(story, day)
    elif becomes and not was:
        start(story, clock_from(day, policies), policies)
        settle(story, policies)


def _check_settled(duty: Duty, day: date) -> None:
    """No class change leads out of a duty whose last day is over."""
    if duty.due_on < day:
        raise Refused(
            "duty-not-settled",
            f"The duty ({duty.rule.value}) was due on {duty.due_on}, before the change on {day}: "
            "it must be met, or extended, first.",
            due_on=duty.due_on,
            effective_on=day,
        )


def _leave_duty(story: Story, day: date) -> None:
    """There was no duty from that day on, so none that was missed since."""
    for miss in story.state.misses:
        if miss.due_on >= day:
            story.tell(
                DutyMissRetracted(
                    member_id=story.state.member_id,
                    rule=miss.rule,
                    due_on=miss.due_on,
                    certificate_id=None,
                    effective_on=miss.missed_on,
                )
            )
    since = story.state.suspensions.get("duty_missed")
    if since is not None:
        _lift(story, since)
    end(story, day, "class_changed")


def _lift(story: Story, day: date) -> None:
    story.tell(
        MemberReinstated(member_id=story.state.member_id, reason="duty_missed", effective_on=day)
    )


# --- more time ---


def _extend(command: ExtendDuty, story: Story, policies: Policies) -> None:
    """By exception, with a reason and an approver: published rules are not found [G]."""
    state = story.state
    duty, clock = state.duty, state.clock
    if duty is None or clock is None:
        raise Refused(
            "no-duty",
            f"Member {state.member_id} has no duty to certify that could be extended.",
            member_id=state.member_id,
        )
    _check_extension(command, duty, _base(state, clock, policies), policies)
    missed = state.miss(duty.key) is not None
    story.tell(
        DutyExtended(
            member_id=state.member_id,
            rule=duty.rule,
            previous_due_on=duty.due_on,
            due_on=command.due_on,
            extended_on=command.on,
            reason=command.reason,
            approver=command.approver,
            policy_id=policies.on(command.on).policy_id,
            note_ref=command.note_ref,
        )
    )
    if missed and "duty_missed" in state.suspensions:
        _lift(story, command.on)
    settle(story, policies)


def _base(state: Member, clock: Clock, policies: Policies) -> date:
    """The last day of the duty that runs, without any extension."""
    return stages(state.facts(clock, None), policies)[-1].base_on


def _check_extension(command: ExtendDuty, duty: Duty, base_on: date, policies: Policies) -> None:
    last = shifted(base_on, policies.on(command.on).integer("extension.days_max"))
    missed_on = shifted(duty.due_on, 1)
    grace = policies.on(missed_on).integer("forfeit.days_after_miss")
    wrong: tuple[str, str] | None = None
    if command.on >= shifted(missed_on, grace):
        wrong = "extension-too-late", "the days in which the membership could be kept are over"
    elif command.due_on < command.on:
        wrong = "extension-in-the-past", f"{command.due_on} is over"
    elif command.due_on <= duty.due_on:
        wrong = "extension-not-longer", f"{command.due_on} gives no more time"
    elif command.due_on > last:
        wrong = "extension-too-long", f"no extension goes beyond {last}"
    if wrong is not None:
        slug, why = wrong
        raise Refused(
            slug,
            f"The duty ({duty.rule.value}) is due on {duty.due_on}: {why}.",
            due_on=duty.due_on,
            asked=command.due_on,
            latest=last,
        )


# --- standing ---


def _reinstate(command: ReinstateMember, story: Story) -> None:
    state = story.state
    if "other" not in state.suspensions:
        raise Refused(
            "suspended-by-rule",
            f"Member {state.member_id} is suspended for {', '.join(sorted(state.suspensions))}: "
            "that ends when the duty is met or the fee is paid.",
            reasons=list(state.suspensions),
        )
    story.tell(MemberReinstated(member_id=state.member_id, reason="other", effective_on=command.on))


def _resign(command: ResignMembership, story: Story) -> None:
    state = story.state
    day = past_day(command.effective_on, command.on, "A resignation")
    if state.joined_on is not None and day < state.joined_on:
        raise Refused(
            "before-joining",
            f"{state.member_id} joined on {state.joined_on} and cannot have left on {day}.",
            joined_on=state.joined_on,
            effective_on=day,
        )
    story.tell(MemberResigned(member_id=state.member_id, effective_on=day))
    end(story, day, "membership_ended")


def _terminate(command: TerminateMembership, story: Story) -> None:
    terminated = MembershipTerminated(
        member_id=story.state.member_id,
        effective_on=command.on,
        reason=command.reason,
        approver=command.approver,
        note_ref=command.note_ref,
    )
    story.tell(terminated)
    end(story, command.on, "membership_ended")


def _restore(command: RestoreMembership, story: Story, policies: Policies) -> None:
    """A person undoes a forfeiture, once no fact carries it any more."""
    state = story.state
    if state.forfeiture is None:
        if state.status == "none":
            raise unknown(command.member_id)
        raise Refused(
            "not-forfeited",
            f"Only a forfeited membership can be restored; {command.member_id} is "
            f"{state.status.replace('_', ' ')}.",
            member_id=command.member_id,
            status=state.status,
        )
    if forfeiture_stands(state, policies):
        raise Refused(
            "forfeiture-stands",
            f"The duty ({state.forfeiture.rule.value}) behind the forfeiture of "
            f"{state.forfeiture.effective_on} is still missed: no certificate that counts was "
            "effective in time.",
            effective_on=state.forfeiture.effective_on,
        )
    story.tell(
        MembershipRestored(
            member_id=state.member_id,
            effective_on=state.forfeiture.effective_on,
            approver=command.approver,
            note_ref=command.note_ref,
        )
    )
    settle(story, policies)
