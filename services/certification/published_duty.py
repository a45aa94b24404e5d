"""What the world has been told of a member's duty to certify. A decider, public stream
`duty/<member>`.

Membership decides; this passes it on without reasons and approvers. The same twice in a row is told
once; a miss that is retracted and comes back is told again.

What a certificate led to is told after the event of that certificate, though audits and membership
are read side by side: it is held until its cause is public, and what the member's stream says next
waits behind it. An event of audits that never comes (it was skipped) holds nothing up for ever:
when audits have closed the day, the clock lets go what waits.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from types import UnionType
from typing import ClassVar, NamedTuple, assert_never, get_args

from contracts.certification import (
    DutyEnded,
    DutyExtended,
    DutyMet,
    DutyMissed,
    DutyMissRetracted,
    DutyReopened,
    DutyStarted,
)
from contracts.envelope import Event
from contracts.values import Id, MemberId
from infra.decider import Command, Tick
from infra.policy import Policies

PublicEvent = (
    DutyStarted | DutyExtended | DutyEnded | DutyMet | DutyReopened | DutyMissed | DutyMissRetracted
)
LET_GO = "let_go"


def _by_type(union: UnionType) -> Mapping[str, type[PublicEvent]]:
    return {event.TYPE: event for event in get_args(union)}


PUBLIC = _by_type(PublicEvent)


class DutyHeld(Event):
    """Private: this is told when each of `awaits` is public. `said` are the fields of the public
    event of type `told_as`."""

    TYPE: ClassVar[str] = "certification.duty_held.v1"
    member_id: MemberId
    told_as: Id
    said: dict[str, str | None]
    awaits: tuple[str, ...]
    held_on: date


class CertificateHeard(Event):
    """Private: what audits said of a certificate of this member is public; `causes` are the names
    by which others may wait for it."""

    TYPE: ClassVar[str] = "certification.certificate_heard.v1"
    member_id: MemberId
    causes: tuple[str, ...]


class DutiesLetGo(Event):
    """Private: the first `number` of those that were held wait no more; they follow."""

    TYPE: ClassVar[str] = "certification.duties_let_go.v1"
    member_id: MemberId
    number: int


class PublishDuty(Command):
    """Tell the world what membership said, if it was not the last that was told. It follows from
    what is named in `awaits`: ids of events of audits, `certificate/<id>` for a grant."""

    NAME: ClassVar[str] = "publish_duty"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "awaits"})
    event: PublicEvent
    awaits: tuple[str, ...] = ()

    @property
    def stream(self) -> str:
        return f"duty/{self.event.member_id}"


class HearCertificate(Command):
    """What audits said of a certificate of this member has been published."""

    NAME: ClassVar[str] = "hear_certificate"
    member_id: MemberId
    causes: tuple[str, ...]

    @property
    def stream(self) -> str:
        return f"duty/{self.member_id}"


class Publication(NamedTuple):
    """The last event told of each duty, written out; what audits said that is public; what waits,
    the first first."""

    last: Mapping[str, str] = {}
    heard: tuple[str, ...] = ()
    waiting: tuple[DutyHeld, ...] = ()


INITIAL = Publication()

AnyCommand = PublishDuty | HearCertificate | Tick
AnyEvent = PublicEvent | DutyHeld | CertificateHeard | DutiesLetGo


def decide(command: AnyCommand, state: Publication, policies: Policies) -> Sequence[AnyEvent]:
    """Events of a command."""
    match command:
        case PublishDuty():
            return _publish(command, state)
        case HearCertificate():
            new = tuple(cause for cause in command.causes if cause not in state.heard)
            if not new:
                return []
            heard = CertificateHeard(member_id=command.member_id, causes=new)
            return [heard, *_let_go(evolve(state, heard), date.min)]
        case Tick():
            return _let_go(state, command.on) if command.rule == LET_GO else []
        case _:
            assert_never(command)


def evolve(state: Publication, event: AnyEvent) -> Publication:
    """What is public after an event."""
    match event:
        case DutyHeld():
            return state._replace(waiting=(*state.waiting, event))
        case CertificateHeard():
            return state._replace(heard=(*state.heard, *event.causes))
        case DutiesLetGo():
            return state._replace(waiting=state.waiting[event.number :])
        case _:
            return state._replace(last={**state.last, event.rule.value: _written(event)})


def due(state: Publication) -> Mapping[str, date]:
    """The clock asks on the day on which the first of those that wait was held."""
    return {LET_GO: state.waiting[0].held_on} if state.waiting else {}


def _publish(command: PublishDuty, state: Publication) -> Sequence[PublicEvent | DutyHeld]:
    event = command.event
    if _said_last(event, state):
        return []
    awaits = tuple(cause for cause in command.awaits if cause not in state.heard)
    if awaits or state.waiting:
        held = DutyHeld(
            member_id=event.member_id,
            told_as=event.TYPE,
            said=event.model_dump(mode="json"),
            awaits=awaits,
            held_on=command.on,
        )
        return [held]
    return [event]


def _said_last(event: PublicEvent, state: Publication) -> bool:
    """Whether nothing else was said of its duty since, be that told or held."""
    for held in reversed(state.waiting):
        if held.said["rule"] == event.rule:
            return (held.told_as, held.said) == (event.TYPE, event.model_dump(mode="json"))
    return state.last.get(event.rule) == _written(event)


def _let_go(state: Publication, on: date) -> Sequence[PublicEvent | DutiesLetGo]:
    """Those that wait for nothing any more, or were held until a day, from the first on: nobody
    overtakes."""
    free: list[PublicEvent] = []
    for held in state.waiting:
        if held.held_on > on and not set(held.awaits) <= set(state.heard):
            break
        free.append(PUBLIC[held.told_as].model_validate(held.said))
    if not free:
        return []
    told: list[PublicEvent | DutiesLetGo] = [
        DutiesLetGo(member_id=free[0].member_id, number=len(free))
    ]
    last = dict(state.last)
    for event in free:
        if last.get(event.rule) != _written(event):
            told.append(event)
            last[event.rule] = _written(event)
    return told


def _written(event: PublicEvent) -> str:
    return f"{event.TYPE} {event.model_dump_json()}"
