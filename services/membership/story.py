"""What is told of a member's duty, word by word. Pure.

`settle.py` decides what follows from the facts; these are the words for it. Each tells one event
and leaves the member as it is after it.
"""

from datetime import date
from typing import Literal

from contracts.envelope import Event
from contracts.membership import DutyEnded, DutyMet, DutyMissed, DutyReopened, DutyStarted
from contracts.values import DutyRule
from infra.policy import Policies

from .duty import Stage, shifted
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


def begin(story: Story, stage: Stage, policies: Policies) -> None:
    """The duty runs from this stage's first day on."""
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


def over(
    story: Story,
    rule: DutyRule,
    effective_on: date,
    because: Literal["class_changed", "membership_ended", "certificate_gone"],
) -> None:
    """It runs no more, and was not met."""
    member_id = story.state.member_id
    story.tell(
        DutyEnded(member_id=member_id, rule=rule, effective_on=effective_on, because=because)
    )


def meet(story: Story, stage: Stage) -> None:
    """A certificate meets it, from the first day of both on."""
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


def reopen(story: Story, stage: Stage) -> None:
    """What met it is gone: it runs again."""
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


def miss(story: Story, stage: Stage, forfeits_on: date, policies: Policies) -> None:
    """It was not met on its last day. `forfeits_on`: the first day without membership."""
    story.tell(
        DutyMissed(
            member_id=story.state.member_id,
            rule=stage.rule,
            due_on=stage.due_on,
            effective_on=stage.missed_on,
            forfeits_on=forfeits_on,
            policy_id=policies.on(stage.missed_on).policy_id,
        )
    )


def void(story: Story, duty: Duty) -> None:
    """A recertification whose certificate is gone: an earlier duty takes its place."""
    held = story.state.certificates.get(duty.rests_on or "")
    gone_on = held.withdrawn_from if held is not None else None
    over(story, duty.rule, gone_on or duty.starts_on, "certificate_gone")


def begin_later(story: Story, told: Duty, stage: Stage, policies: Policies) -> None:
    """The same duty, but what began it is gone: it never ran from the day that was told. A miss of
    it stands."""
    missed = story.state.miss(stage.key)
    over(story, told.rule, told.starts_on, "certificate_gone")
    begin(story, stage, policies)
    if missed is not None:
        miss(story, stage, missed.forfeits_on, policies)
