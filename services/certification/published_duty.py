"""What the world has been told of a member's duty to certify. A decider, public stream
`duty/<member>`.

Membership decides; this passes it on without reasons and approvers. The same twice in a row is told
once; a miss that is retracted and comes back is told again.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, NamedTuple

from contracts.certification import (
    DutyEnded,
    DutyExtended,
    DutyMet,
    DutyMissed,
    DutyMissRetracted,
    DutyReopened,
    DutyStarted,
)
from infra.decider import Command
from infra.policy import Policies

PublicEvent = (
    DutyStarted | DutyExtended | DutyEnded | DutyMet | DutyReopened | DutyMissed | DutyMissRetracted
)


class PublishDuty(Command):
    """Tell the world what membership said, if it was not the last that was told."""

    NAME: ClassVar[str] = "publish_duty"
    event: PublicEvent

    @property
    def stream(self) -> str:
        return f"duty/{self.event.member_id}"


class Publication(NamedTuple):
    """The last event told of each duty, written out."""

    last: Mapping[str, str] = {}


INITIAL = Publication()


def decide(command: PublishDuty, state: Publication, policies: Policies) -> Sequence[PublicEvent]:
    """The event, unless it is the last one told of this duty."""
    event = command.event
    return [] if state.last.get(event.rule) == _written(event) else [event]


def evolve(state: Publication, event: PublicEvent) -> Publication:
    """What is public after an event."""
    return Publication({**state.last, event.rule.value: _written(event)})


def _written(event: PublicEvent) -> str:
    return f"{event.TYPE} {event.model_dump_json()}"
