"""Says what follows from the facts: events that bring a member's record into line. Pure.

`duty.stages` tells what the course of the duty is; the record (`standing.Member`) tells what was
said of it so far. The difference is said here, so it does not matter in which order facts and ticks
came: the last one to come finds the same course, and leaves the same record.
"""

from collections.abc import Sequence
from datetime import date
from typing import Literal

from contracts.membership import (
    DutyMet,
    DutyMissRetracted,
    ForfeitureQuestioned,
    ForfeitureUpheld,
    MemberReinstated,
    MembershipForfeited,
    MemberSuspended,
)
from contracts.values import CertificateId
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
from .standing import Duty, Member
from .story import Story, begin, begin_later, meet, miss, over, reopen, void


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
        for before, stage in zip((None, *course), course[:-1], strict=False):
            _tell_met(story, stage, before, policies)
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
    begin(story, first, policies)


def end(
    story: Story, effective_on: date, because: Literal["class_changed", "membership_ended"]
) -> None:
    """The duty that runs is over, not met; and so is one that a certificate to come would meet."""
    state = story.state
    rules = [met.duty.rule for met in state.met if met.on > effective_on]
    rules += [state.duty.rule] if state.duty is not None else []
    for rule in dict.fromkeys(rules):
        over(story, rule, effective_on, because)


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
    for told in state.misses:
        if told.key in standing:
            continue
        stage = next((one for one in course if one.key == told.key), None)
        if stage is not None and stage.span is not None:
            certificate_id: CertificateId | None = stage.span.certificate_id
        else:
            held = state.certificates.values()
            certificate_id = covering(told.missed_on, held, policies)
        story.tell(
            DutyMissRetracted(
                member_id=state.member_id,
                rule=told.rule,
                due_on=told.due_on,
                certificate_id=certificate_id,
                effective_on=told.missed_on,
            )
        )


# --- the course, as far as it was not told ---


def _tell_met(story: Story, stage: Stage, before: Stage | None, policies: Policies) -> None:
    """A duty that is behind: met in time, or late after a miss."""
    late = stage.outcome == "late"
    met = story.state.met_by(stage.key)
    if met is not None and met.by in stage.able and (not late or story.state.miss(stage.key)):
        waits = story.state.suspensions.get("duty_missed") == stage.missed_on
        earlier = stage.met_on is not None and stage.met_on < met.on
        if (waits and met.on != stage.met_on) if late else earlier:
            meet(story, stage)  # an earlier day than was told, or than is waited for
        return
    duty = story.state.duty
    beyond = duty is not None and duty.rule is not stage.rule
    if late or not beyond:
        _take_up(story, stage, before, policies)
    if late:
        _tell_missed(story, stage, policies)
    meet(story, stage)
    if late:
        _reinstate(story, stage.missed_on, stage.met_on)


def _tell_last(story: Story, course: Sequence[Stage], policies: Policies) -> None:
    """The duty that is ahead, or was missed for good."""
    before, last = course[-2] if len(course) > 1 else None, course[-1]
    _take_up(story, last, before, policies)
    if last.outcome == "missed":
        _tell_missed(story, last, policies)
        return
    since = story.state.suspensions.get("duty_missed")
    if since is not None:
        late = (one.met_on for one in course if one.outcome == "late" and one.missed_on == since)
        _reinstate(story, since, next(late, since))


def _take_up(story: Story, stage: Stage, before: Stage | None, policies: Policies) -> None:
    """Make this duty the one that runs; `before` is the one that is met before it can."""
    duty = story.state.duty
    if duty is not None and duty.key == stage.key:
        # (A certificate to come may begin it anew: until then it runs as it was told.)
        if stage.starts_on < duty.starts_on:
            begin(story, stage, policies)
        elif before is not None and before.met_on is not None and duty.starts_on < before.met_on:
            begin_later(story, duty, stage, policies)
        return
    if duty is not None and duty.rule is not stage.rule:
        void(story, duty)
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
        reopen(story, stage)
    else:
        begin(story, stage, policies)


def _overtaken(duty: Duty, stage: Stage) -> bool:
    """Whether another certificate moved the date on: the duty as it stood is met. (The same
    certificate running longer only moves it.)"""
    return stage.due_on > duty.due_on and stage.rests_on != duty.rests_on


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
    miss(story, stage, stage.forfeits_on, policies)
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
            over(story, stage.rule, forfeiture.effective_on, "membership_ended")
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
