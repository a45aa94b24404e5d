"""Says what follows from the facts: events that bring a member's record into line. Pure.

`duty.stages` tells what the course of the duty is; the record (`standing.Member`) tells what was
said of it so far. The difference is said here, so it does not matter in which order facts and ticks
came: the last one to come finds the same course, and leaves the same record.
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from contracts.envelope import Event
from contracts.membership import (
    DutyEnded,
    DutyMet,
    DutyMissed,
    DutyMissRetracted,
    DutyReopened,
    DutyStarted,
    ForfeitureQuestioned,
    ForfeitureUpheld,
    MemberReinstated,
    MembershipForfeited,
    MemberSuspended,
)
from contracts.values import CertificateId, DutyRule
from infra.policy import Policies

from .duty import (
    INITIAL_RULE,
    Clock,
    Facts,
    LateNewsNoted,
    Stage,
    covering,
    shifted,
    stages,
)
from .member_fold import evolve
from .standing import Duty, Member, MemberEvent, Met


class Story:
    """Events told so far, and the member after them.

    `on` is the day of the command; a tick closes it, so that the next one `dawns`. `ran` is the
    duty that ran before anything was told.
    """

    def __init__(self, state: Member, on: date, *, closing: bool = False) -> None:
        self.state = state
        self.events: list[Event] = []
        self.on = on
        self.dawns = shifted(on, 1) if closing else on
        self.ran = state.duty.key if state.duty is not None else None

    def tell(self, event: MemberEvent) -> None:
        """One more event."""
        self.events.append(event)
        self.state = evolve(self.state, event)


def settle(story: Story, policies: Policies, closed: date | None = None) -> Story:
    """Tell what follows for the duty. `closed`: the last day of which all is known (a tick)."""
    state = story.state
    if state.clock is None:
        return story
    facts = state.facts(state.clock, closed)
    course = stages(facts, policies)
    if _late_news(story, course[-1], facts):
        story.tell(LateNewsNoted(member_id=state.member_id, noted_on=story.on))
        facts = story.state.facts(state.clock, closed)
        course = stages(facts, policies)
    if state.status == "member":
        _retract(story, course, policies)
        for stage in course[:-1]:
            _tell_met(story, stage, policies)
        _tell_last(story, course, policies)
        if forfeit(course, facts.closed):
            _forfeit(story, course[-1], policies)
    elif state.status == "forfeited":
        _retract(story, course, policies)
        _review(story, course, facts.closed, policies)
    elif state.misses:
        _retract(story, course, policies)
    return story


def _late_news(story: Story, last: Stage, facts: Facts) -> bool:
    """Whether it is learnt only now that a duty which nobody took to be open is over and not met.
    (What the clock finds was open all the time.)"""
    learnt = last.due_on < story.on and last.key not in facts.forfeits and last.key != story.ran
    bound = story.state.status in ("member", "forfeited")
    return learnt and bound and story.dawns == story.on


def look_back(story: Story, policies: Policies) -> None:
    """Of a forfeited membership no duty runs: take the one that would, so that only what is told
    from here on counts as news."""
    state = story.state
    if state.status == "forfeited" and state.clock is not None:
        story.ran = stages(state.facts(state.clock, None), policies)[-1].key


def start(story: Story, clock: Clock, policies: Policies) -> None:
    """The first duty begins to run."""
    first = Stage(INITIAL_RULE, clock.starts_on, clock.due_on, clock.due_on, None, "open")
    _tell_started(story, first, policies)


def end(
    story: Story, effective_on: date, because: Literal["class_changed", "membership_ended"]
) -> None:
    """The duty that runs is over, not met; and so is one that a certificate to come would meet."""
    state = story.state
    rules = [met.duty.rule for met in state.met if met.on > effective_on]
    rules += [state.duty.rule] if state.duty is not None else []
    for rule in dict.fromkeys(rules):
        _over(story, rule, effective_on, because)


def _over(
    story: Story,
    rule: DutyRule,
    effective_on: date,
    because: Literal["class_changed", "membership_ended", "certificate_gone"],
) -> None:
    member_id = story.state.member_id
    story.tell(
        DutyEnded(member_id=member_id, rule=rule, effective_on=effective_on, because=because)
    )


def forfeit(course: Sequence[Stage], closed: date | None) -> bool:
    """Whether the membership is forfeit: the last duty missed, and all its days of grace over."""
    forfeits_on = course[-1].forfeits_on
    if course[-1].outcome != "missed" or forfeits_on is None or closed is None:
        return False
    return shifted(forfeits_on, -1) <= closed


def forfeiture_stands(state: Member, policies: Policies) -> bool:
    """Whether a forfeited membership would be forfeit by all that is known now."""
    if state.clock is None:
        return True
    facts = state.facts(state.clock, None)
    return forfeit(stages(facts, policies), facts.closed)


# --- misses that never were ---


def _retract(story: Story, course: Sequence[Stage], policies: Policies) -> None:
    """Take back every miss that the course does not have."""
    state = story.state
    standing = {one.key for one in course if one.outcome in ("late", "missed")}
    for miss in state.misses:
        if miss.key in standing:
            continue
        stage = next((one for one in course if one.key == miss.key), None)
        if stage is not None and stage.span is not None:
            certificate_id: CertificateId | None = stage.span.certificate_id
        else:
            held = state.certificates.values()
            certificate_id = covering(miss.missed_on, held, policies)
        story.tell(
            DutyMissRetracted(
                member_id=state.member_id,
                rule=miss.rule,
                due_on=miss.due_on,
                certificate_id=certificate_id,
                effective_on=miss.missed_on,
            )
        )


# --- the course, as far as it was not told ---


def _tell_met(story: Story, stage: Stage, policies: Policies) -> None:
    """A duty that is behind: met in time, or late after a miss."""
    late = stage.outcome == "late"
    met = story.state.met_by(stage.key)
    if met is not None and met.by in stage.able and (not late or story.state.miss(stage.key)):
        waits = story.state.suspensions.get("duty_missed") == stage.missed_on
        earlier = stage.met_on is not None and stage.met_on < met.on
        if (waits and met.on != stage.met_on) if late else earlier:
            _meet(story, stage)  # an earlier day than was told, or than is waited for
        return
    duty = story.state.duty
    beyond = duty is not None and duty.rule is not stage.rule
    if late or not beyond:
        _take_up(story, stage, policies)
    if late:
        _tell_missed(story, stage, policies)
    _meet(story, stage)
    if late:
        _reinstate(story, stage.missed_on, stage.met_on)


def _tell_last(story: Story, course: Sequence[Stage], policies: Policies) -> None:
    """The duty that is ahead, or was missed for good."""
    last = course[-1]
    _take_up(story, last, policies)
    if last.outcome == "missed":
        _tell_missed(story, last, policies)
        return
    since = story.state.suspensions.get("duty_missed")
    if since is not None:
        late = (one.met_on for one in course if one.outcome == "late" and one.missed_on == since)
        _reinstate(story, since, next(late, since))


def _take_up(story: Story, stage: Stage, policies: Policies) -> None:
    """Make this duty the one that runs."""
    duty = story.state.duty
    if duty is not None and duty.key == stage.key:
        # (A certificate to come may begin it anew: until then it runs as it was told.)
        if stage.starts_on < duty.starts_on:
            _tell_started(story, stage, policies)
        return
    if duty is not None and duty.rule is not stage.rule:
        _void(story, duty)
    elif duty is not None and _overtaken(duty, stage) and stage.rests_on is not None:
        story.tell(
            DutyMet(
                member_id=story.state.member_id,
                rule=duty.rule,
                due_on=duty.due_on,
                certificate_id=stage.rests_on,
                effective_on=stage.starts_on,
            )
        )
    if story.state.met_by(stage.key) is not None:
        _reopen(story, stage)
    else:
        _tell_started(story, stage, policies)


def _overtaken(duty: Duty, stage: Stage) -> bool:
    """Whether another certificate moved the date on: the duty as it stood is met. (The same
    certificate running longer only moves it.)"""
    return stage.due_on > duty.due_on and stage.rests_on != duty.rests_on


def _tell_started(story: Story, stage: Stage, policies: Policies) -> None:
    story.tell(
        DutyStarted(
            member_id=story.state.member_id,
            rule=stage.rule,
            starts_on=stage.starts_on,
            due_on=stage.due_on,
            policy_id=policies.on(stage.starts_on).policy_id,
            certificate_id=stage.rests_on,
        )
    )


def _void(story: Story, duty: Duty) -> None:
    """A recertification whose certificate is gone: an earlier duty takes its place."""
    held = story.state.certificates.get(duty.rests_on or "")
    gone_on = held.withdrawn_from if held is not None else None
    _over(story, duty.rule, gone_on or duty.starts_on, "certificate_gone")


def _reopen(story: Story, stage: Stage) -> None:
    state = story.state
    met: Met | None = state.met_by(stage.key)
    if met is None:
        return
    held = state.certificates.get(met.by)
    gone_on = held.withdrawn_from if held is not None else None
    story.tell(
        DutyReopened(
            member_id=state.member_id,
            rule=stage.rule,
            due_on=stage.due_on,
            certificate_id=met.by,
            effective_on=gone_on or stage.starts_on,
        )
    )


def _meet(story: Story, stage: Stage) -> None:
    if stage.span is None or stage.met_on is None:
        return
    story.tell(
        DutyMet(
            member_id=story.state.member_id,
            rule=stage.rule,
            due_on=stage.due_on,
            certificate_id=stage.span.certificate_id,
            effective_on=stage.met_on,
        )
    )


# --- misses and what they lead to ---


def _tell_missed(story: Story, stage: Stage, policies: Policies) -> None:
    """The miss, if it was not told, and the suspension that belongs to it."""
    _miss(story, stage, policies)
    _suspend(story, stage, policies)


def _suspend(story: Story, stage: Stage, policies: Policies) -> None:
    since = story.state.suspensions.get("duty_missed")
    if since == stage.missed_on:
        return
    if since is not None:
        _reinstate(story, since, since)
    story.tell(
        MemberSuspended(
            member_id=story.state.member_id,
            reason="duty_missed",
            effective_on=stage.missed_on,
            policy_id=policies.on(stage.missed_on).policy_id,
        )
    )


def _miss(story: Story, stage: Stage, policies: Policies) -> bool:
    """Tell a miss; False when it was told before."""
    if story.state.miss(stage.key) is not None or stage.forfeits_on is None:
        return False
    story.tell(
        DutyMissed(
            member_id=story.state.member_id,
            rule=stage.rule,
            due_on=stage.due_on,
            effective_on=stage.missed_on,
            forfeits_on=stage.forfeits_on,
            policy_id=policies.on(stage.missed_on).policy_id,
        )
    )
    return True


def _reinstate(story: Story, since: date, on: date | None) -> None:
    """Lift the suspension of a miss, if it is that one which holds: not before the day has come
    (the clock asks again then)."""
    if on is not None and on > story.dawns:
        return
    if story.state.suspensions.get("duty_missed") == since:
        story.tell(
            MemberReinstated(
                member_id=story.state.member_id,
                reason="duty_missed",
                effective_on=on or since,
            )
        )


def _forfeit(story: Story, stage: Stage, policies: Policies) -> None:
    if stage.forfeits_on is None:
        return
    story.tell(
        MembershipForfeited(
            member_id=story.state.member_id,
            rule=stage.rule,
            effective_on=stage.forfeits_on,
            policy_id=policies.on(stage.missed_on).policy_id,
        )
    )
    end(story, stage.forfeits_on, "membership_ended")


# --- a membership that was forfeited ---


def _review(story: Story, course: Sequence[Stage], closed: date | None, policies: Policies) -> None:
    """Keep telling what was missed, and whether the forfeiture is still carried by it. Ending the
    end takes a person (`restore_membership`)."""
    forfeiture, last = story.state.forfeiture, course[-1]
    if forfeiture is None:
        return
    for stage in course:
        if stage.outcome in ("late", "missed") and _miss(story, stage, policies):
            _over(story, stage.rule, forfeiture.effective_on, "membership_ended")
    carried = forfeit(course, closed)
    if carried and (last.rule, last.forfeits_on) != (forfeiture.rule, forfeiture.effective_on):
        _suspend(story, last, policies)
        _forfeit(story, last, policies)
    elif carried == forfeiture.questioned:
        changed = ForfeitureUpheld if carried else ForfeitureQuestioned
        story.tell(
            changed(
                member_id=story.state.member_id,
                rule=forfeiture.rule,
                effective_on=forfeiture.effective_on,
            )
        )
