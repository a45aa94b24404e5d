"""Entities: the certifying units of a member. A decider, stream `entity/<id>`.

Source: sources.md 1.6. An entity is registered once (its id is its natural key), may change, and
closes when no facility is left in it. It also answers for facilities that other entities offer it:
the acceptance is decided here, and `reactions.py` completes it on the facility's own stream.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Literal, NamedTuple, assert_never

from contracts.envelope import Event
from contracts.facilities import (
    Country,
    EntityAcceptedTransfer,
    EntityChanged,
    EntityClosed,
    EntityRegistered,
    EntityReturnedTransfer,
)
from contracts.values import EntityId, FacilityId, Id, MemberId, Name
from infra.decider import Command
from infra.errors import Refused
from infra.policy import Policies

from .evidence import EntityContents, MemberEvidence, OfferEvidence, check_member


class EntityBound(Command):
    """Base of all commands to `entity/<id>`, given for the member that owns it."""

    entity_id: EntityId
    member_id: MemberId

    @property
    def stream(self) -> str:
        return f"entity/{self.entity_id}"


class RegisterEntity(EntityBound):
    """A new entity of a member."""

    NAME: ClassVar[str] = "register_entity"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "member"})
    name: Name
    country: Country
    member: MemberEvidence | None = None


class ChangeEntity(EntityBound):
    """Another name or country."""

    NAME: ClassVar[str] = "change_entity"
    name: Name
    country: Country


class CloseEntity(EntityBound):
    """No facility is left in it."""

    NAME: ClassVar[str] = "close_entity"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "contents"})
    contents: EntityContents | None = None


class AcceptTransfer(EntityBound):
    """Take a facility that was offered to this entity."""

    NAME: ClassVar[str] = "accept_transfer"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "offer"})
    facility_id: FacilityId
    transfer_id: Id
    offer: OfferEvidence | None = None


class ReturnTransfer(EntityBound):
    """Do not take it."""

    NAME: ClassVar[str] = "return_transfer"
    FILLED: ClassVar[frozenset[str]] = frozenset({"on", "offer"})
    facility_id: FacilityId
    transfer_id: Id
    reason: Id = "not_wanted"
    offer: OfferEvidence | None = None


Answer = Literal["accepted", "returned"]
EntityCommand = RegisterEntity | ChangeEntity | CloseEntity | AcceptTransfer | ReturnTransfer
EntityEvent = (
    EntityRegistered
    | EntityChanged
    | EntityClosed
    | EntityAcceptedTransfer
    | EntityReturnedTransfer
)


class Entity(NamedTuple):
    """The fold of `entity/<id>`; without a member it was never registered. `answers` keeps how
    each transfer was answered, so that an answer can be repeated and not reversed."""

    member_id: str
    name: str
    country: str
    open: bool
    answers: Mapping[str, Answer]


INITIAL = Entity(member_id="", name="", country="", open=False, answers={})


def decide(command: EntityCommand, state: Entity, policies: Policies) -> Sequence[Event]:
    """Events of a command; raises Refused."""
    if isinstance(command, RegisterEntity):
        return _register(command, state)
    if state.member_id != command.member_id:
        raise _unknown(command)
    match command:
        case ChangeEntity():
            return _change(command, state)
        case CloseEntity():
            return _close(command, state)
        case AcceptTransfer() | ReturnTransfer():
            return _answer(command, state)
        case _:
            assert_never(command)


def evolve(state: Entity, event: EntityEvent) -> Entity:
    """The entity after an event."""
    match event:
        case EntityRegistered():
            return Entity(event.member_id, event.name, event.country, True, state.answers)
        case EntityChanged():
            return state._replace(name=event.name, country=event.country)
        case EntityClosed():
            return state._replace(open=False)
        case EntityAcceptedTransfer():
            return state._replace(answers={**state.answers, event.transfer_id: "accepted"})
        case EntityReturnedTransfer():
            return state._replace(answers={**state.answers, event.transfer_id: "returned"})
        case _:
            assert_never(event)


def _unknown(command: EntityBound) -> Refused:
    return Refused(
        "unknown-entity",
        f"Member {command.member_id} has no entity {command.entity_id}.",
        entity_id=command.entity_id,
        member_id=command.member_id,
    )


def _closed(command: EntityBound) -> Refused:
    return Refused(
        "entity-closed",
        f"Entity {command.entity_id} is closed; a new one needs an id of its own.",
        entity_id=command.entity_id,
    )


def _register(command: RegisterEntity, state: Entity) -> Sequence[Event]:
    if state.member_id and state.member_id != command.member_id:
        raise Refused(
            "entity-already-registered",
            f"The id {command.entity_id} is taken; choose another one.",
            entity_id=command.entity_id,
        )
    if state.member_id:
        if not state.open:
            raise _closed(command)
        differs = _differing(command, state)
        if not differs:
            return []
        raise Refused(
            "entity-already-registered",
            f"Entity {command.entity_id} is registered with another {' and '.join(differs)}; "
            "change it instead.",
            entity_id=command.entity_id,
            differs=differs,
        )
    check_member(command.member, command.member_id)
    return [
        EntityRegistered(
            entity_id=command.entity_id,
            member_id=command.member_id,
            name=command.name,
            country=command.country,
            registered_on=command.on,
            known_through=command.member.known_through if command.member else None,
        )
    ]


def _differing(command: RegisterEntity | ChangeEntity, state: Entity) -> list[str]:
    wanted = {"name": (command.name, state.name), "country": (command.country, state.country)}
    return [field for field, (asked, known) in wanted.items() if asked != known]


def _change(command: ChangeEntity, state: Entity) -> Sequence[Event]:
    if not state.open:
        raise _closed(command)
    if not _differing(command, state):
        return []
    return [
        EntityChanged(
            entity_id=command.entity_id,
            member_id=command.member_id,
            name=command.name,
            country=command.country,
            effective_on=command.on,
        )
    ]


def _close(command: CloseEntity, state: Entity) -> Sequence[Event]:
    if not state.open:
        return []
    contents = command.contents
    if contents is None or contents.entity_id != command.entity_id:
        raise Refused(
            "entity-contents-unknown",
            f"What entity {command.entity_id} contains is not known yet; ask again in a moment.",
            entity_id=command.entity_id,
        )
    if contents.open_facilities:
        named = ", ".join(contents.open_facilities[:5])
        raise Refused(
            "entity-has-open-facilities",
            f"Entity {command.entity_id} still has open facilities, {named} among them; close "
            "them, or move them to another entity, first.",
            entity_id=command.entity_id,
            open_facilities=list(contents.open_facilities),
        )
    return [
        EntityClosed(
            entity_id=command.entity_id,
            member_id=command.member_id,
            effective_on=command.on,
            known_through=contents.known_through,
        )
    ]


def _answer(command: AcceptTransfer | ReturnTransfer, state: Entity) -> Sequence[Event]:
    """One answer per offer. The acceptance is refused here when it could not be completed: no such
    offer, offered to somebody else, answered or withdrawn already, or the entity is closed."""
    accepting = isinstance(command, AcceptTransfer)
    given = state.answers.get(command.transfer_id)
    if given == ("accepted" if accepting else "returned"):
        return []
    if given is not None:
        raise Refused(
            "transfer-already-answered",
            f"Transfer {command.transfer_id} was {given} before; an answer is final.",
            transfer_id=command.transfer_id,
            answer=given,
        )
    offer = _offer(command)
    if accepting and not state.open:
        raise _closed(command)
    if isinstance(command, ReturnTransfer):
        return [
            EntityReturnedTransfer(
                entity_id=command.entity_id,
                member_id=command.member_id,
                facility_id=command.facility_id,
                transfer_id=command.transfer_id,
                effective_on=command.on,
                reason=command.reason,
            )
        ]
    return [
        EntityAcceptedTransfer(
            entity_id=command.entity_id,
            member_id=command.member_id,
            facility_id=command.facility_id,
            transfer_id=command.transfer_id,
            effective_on=command.on,
            known_through=offer.known_through,
        )
    ]


def _offer(command: AcceptTransfer | ReturnTransfer) -> OfferEvidence:
    """The offer that is answered; who it was not made to does not learn that it exists."""
    offer = command.offer
    asked = (command.transfer_id, command.facility_id, command.entity_id, command.member_id)
    if offer is None or asked != (
        offer.transfer_id,
        offer.facility_id,
        offer.to_entity_id,
        offer.to_member_id,
    ):
        raise Refused(
            "unknown-transfer",
            f"Facility {command.facility_id} was not offered to entity {command.entity_id} as "
            f"transfer {command.transfer_id}.",
            transfer_id=command.transfer_id,
            facility_id=command.facility_id,
        )
    if not offer.open or (offer.answer_by is not None and command.on > offer.answer_by):
        raise Refused(
            "transfer-not-open",
            f"Transfer {command.transfer_id} of facility {command.facility_id} no longer waits "
            "for an answer: it was withdrawn, has expired, or is done.",
            transfer_id=command.transfer_id,
            facility_id=command.facility_id,
        )
    return offer
