"""What a decision knows of other streams: filled in by the server, stored with what it led to.

`known_through` is the position of this service's store through which the other stream was read.
None of these can be claimed by a client; a missing one means that no such thing is known.
"""

from datetime import date
from typing import Annotated

from pydantic import Field

from contracts.values import EntityId, FacilityId, Id, MemberId, Value
from infra.errors import Refused

Position = Annotated[int, Field(ge=0)]


class MemberEvidence(Value):
    """A member: `standing` as in `standing.Member.standing`."""

    member_id: MemberId
    standing: str
    known_through: Position


class EntityEvidence(Value):
    """An entity, whose it is, and whether it is open."""

    entity_id: EntityId
    member_id: MemberId
    open: bool
    known_through: Position


class EntityContents(Value):
    """Facilities that are open in an entity: some of them are enough, none means none."""

    entity_id: EntityId
    open_facilities: tuple[FacilityId, ...]
    known_through: Position


class OfferEvidence(Value):
    """The offer of a facility as its stream has it; `open` while it waits for an answer, which
    counts through `answer_by` even where the clock has yet to come there."""

    transfer_id: Id
    facility_id: FacilityId
    to_entity_id: EntityId
    to_member_id: MemberId
    open: bool
    known_through: Position
    answer_by: date | None = None


def check_member(evidence: MemberEvidence | None, member_id: MemberId) -> None:
    """Refuse what is done for a group that is no member, or no longer."""
    if evidence is None or evidence.member_id != member_id:
        raise Refused("unknown-member", f"There is no member {member_id}.", member_id=member_id)
    if evidence.standing not in ("active", "suspended"):
        raise Refused(
            "not-a-member",
            f"{member_id} is {evidence.standing.replace('_', ' ')}; only a member's group can "
            "grow.",
            member_id=member_id,
            standing=evidence.standing,
        )


def check_entity(evidence: EntityEvidence | None, entity_id: EntityId, member_id: MemberId) -> None:
    """Refuse an entity that is not known, not this member's, or closed."""
    known = evidence is not None and evidence.entity_id == entity_id
    if evidence is None or not known or evidence.member_id != member_id:
        raise Refused(
            "unknown-entity",
            f"Member {member_id} has no entity {entity_id}.",
            entity_id=entity_id,
            member_id=member_id,
        )
    if not evidence.open:
        raise Refused(
            "entity-closed",
            f"Entity {entity_id} is closed: no facility enters it any more.",
            entity_id=entity_id,
        )
