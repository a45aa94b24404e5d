"""Who belongs to a member, and who acted for it, as rows: what independence is looked at by. Pure.

A person is known by the reference that events carry, which stands for one subject of the issuer;
nobody's name is here. Somebody with two accounts at the issuer is two people to us.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from contracts import ghg
from contracts.envelope import Recorded
from contracts.facilities import EntityRegistered
from infra.decider import Lookup
from infra.readmodel import Projection

from .evidence import Engagement

Acted = ghg.ActivitySealed | ghg.ResultSubmitted | ghg.DisclosurePublished


class HandRow(NamedTuple):
    """A person sent, submitted or disclosed something for a member: last on this day."""

    hand: str
    member_id: str
    last_on: date


class EntityRow(NamedTuple):
    """An entity, whether or not it has a facility, and whose it is."""

    entity_id: str
    member_id: str


def acted_for(person_ref: str, members: Iterable[str], rows: Lookup) -> tuple[Engagement, ...]:
    """For which of some members a person acted, and when last."""
    found = (rows("hands", f"{one}~{person_ref}") for one in sorted(members))
    return tuple(
        Engagement(organisation_id=row.member_id, last_on=row.last_on)
        for row in found
        if row is not None
    )


def _hand_keys(recorded: Recorded) -> Sequence[str]:
    event = recorded.event
    if not isinstance(event, Acted):
        return ()
    return (f"{event.member_id}~{recorded.envelope.actor}",)


def _hand(key: str, row: HandRow | None, recorded: Recorded) -> HandRow | None:
    on = date.fromisoformat(recorded.envelope.recorded_at[:10])
    return HandRow(key, key.partition("~")[0], max(on, row.last_on) if row else on)


def _entity_keys(recorded: Recorded) -> Sequence[str]:
    match recorded.event:
        case EntityRegistered(entity_id=entity_id):
            return (entity_id,)
        case _:
            return ()


def _entity(key: str, row: EntityRow | None, recorded: Recorded) -> EntityRow | None:
    match recorded.event:
        case EntityRegistered(member_id=member_id):
            return EntityRow(key, member_id)
        case _:
            return row


PARTIES: tuple[Projection, ...] = (
    Projection("hands", 1, HandRow, _hand_keys, _hand, (), frozenset(Acted.__args__)),
    Projection("entities", 1, EntityRow, _entity_keys, _entity, (), frozenset({EntityRegistered})),
)
