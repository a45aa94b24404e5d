"""What changes a membership: its class, more time, suspension, an end, and a restored one. Pure.

Rules: sources.md 1.1 (who must be in which class), 1.2 (class change, extension), 1.3, 1.4. What is
open between sources is a figure of the policy; what follows for the duty is told by `settle.py`.
"""

from datetime import date
from typing import assert_never

from contracts.membership import (
    DutyExtended,
    DutyMissRetracted,
    MemberChanged,
    MemberReinstated,
    MemberResigned,
    MembershipClassChanged,
    MembershipRestored,
    MembershipTerminated,
    MemberSuspended,
    ResignationAnnounced,
    ResignationWithdrawn,
)
from infra.errors import Refused
from infra.policy import Policies

from . import class_fit, fees
from .commands import (
    ChangeClass,
    ChangeMember,
    ExtendDuty,
    ReinstateMember,
    ResignMembership,
    RestoreMembership,
    StandingCommand,
    SuspendMember,
    TerminateMembership,
    WithdrawResignation,
)
from .duty import Clock, clock_from, obliged, shifted, stages
from .guards import WANTED, check_activities, check_class, past_day, require_member, unknown
from .settle import end, forfeiture_stands, look_back, settle, start
from .site import canonical
from .standing import Duty, Member
from .story import Story


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
        case ChangeMember():
            changed = MemberChanged(
                member_id=state.member_id,
                name=command.name,
                country=command.country,
                effective_on=command.on,
            )
            story.tell(changed)
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
        case WithdrawResignation():
            story.tell(ResignationWithdrawn(member_id=state.member_id, withdrawn_on=command.on))
        case TerminateMembership():
            _terminate(command, story)
        case _:
            assert_never(command)


def _already(command: StandingCommand, state: Member) -> bool:
    """Whether what is wanted already holds."""
    match command:
        case ChangeMember():
            same = (command.name, command.country) == (state.name, state.country)
            return state.status == "member" and same
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
            if state.status == "member":
                return state.resigns_on is not None and command.effective_on == state.resigns_on
            same = command.effective_on in (None, state.ended_on)
            return state.status == "resigned" and same
        case WithdrawResignation():
            return state.status == "member" and state.resigns_on is None
        case TerminateMembership():
            return state.status == "terminated"
        case _:
            assert_never(command)


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
    if command.membership_class is WANTED:
        class_fit.settled(story)
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
    miss = state.miss(duty.key)
    kept_until = state.facts(clock, None).forfeits_on(duty.key, policies)
    _check_extension(command, duty, kept_until, _base(state, clock, policies), policies)
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
    if miss is not None and "duty_missed" in state.suspensions:
        _lift(story, command.on)
    settle(story, policies)


def _base(state: Member, clock: Clock, policies: Policies) -> date:
    """The last day of the duty that runs, without any extension."""
    return stages(state.facts(clock, None), policies)[-1].base_on


def _check_extension(
    command: ExtendDuty, duty: Duty, kept_until: date, base_on: date, policies: Policies
) -> None:
    last = shifted(base_on, policies.on(command.on).integer("extension.days_max"))
    wrong: tuple[str, str] | None = None
    if command.on >= kept_until:
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
    """Today or earlier it happens; a later day is announced, and its eve's close tells it."""
    state = story.state
    day = command.effective_on or command.on
    if state.joined_on is not None and day < state.joined_on:
        raise Refused(
            "before-joining",
            f"{state.member_id} joined on {state.joined_on} and cannot have left on {day}.",
            joined_on=state.joined_on,
            effective_on=day,
        )
    if day > command.on:
        story.tell(
            ResignationAnnounced(
                member_id=state.member_id, announced_on=command.on, effective_on=day
            )
        )
    else:
        resign(story, day)


def resign(story: Story, day: date) -> None:
    """The membership ends with this day, and its duty."""
    story.tell(MemberResigned(member_id=story.state.member_id, effective_on=day))
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
    look_back(story, policies)
    story.tell(
        MembershipRestored(
            member_id=state.member_id,
            effective_on=state.forfeiture.effective_on,
            approver=command.approver,
            note_ref=command.note_ref,
        )
    )
    settle(story, policies)
    fees.review(story, policies, shifted(command.on, -1))
