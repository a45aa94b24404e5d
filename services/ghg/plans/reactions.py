"""What events make of plans and claims by themselves. Pure: an event in, commands out.

A claim hears of its certificate, and one to be a member of the membership, whichever of the two is
heard of last. A plan ends with its entity, a request to a supplier when its facility goes to
another member. The names are state: command ids derive from them.
"""

from collections.abc import Sequence
from datetime import date
from typing import get_args

from contracts.envelope import Recorded
from contracts.facilities import EntityClosed, FacilityTransferred
from contracts.ghg_claims import ClaimApproved
from contracts.membership import (
    MemberResigned,
    MembershipForfeited,
    MembershipRestored,
    MembershipTerminated,
)
from infra.decider import Command, Lookup, Reaction
from services.ghg.claims.commands import NoteClaimCertificate, NoteClaimMembership
from services.ghg.claims.standing import certificate_of, standing_of
from services.ghg.claims.wording import Form
from services.ghg.suppliers.commands import WithdrawDatumRequest

from .commands import EndPlan
from .rows import ClaimRow, DatumRequestRow, FormerRow

HELD = frozenset({"approved", "lapsed"})
Ends = MembershipForfeited | MemberResigned | MembershipTerminated


def note_claim_certificates(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """How a certificate stands, to every claim that rests on it."""
    event, on = recorded.event, _day(recorded)
    if isinstance(event, ClaimApproved):
        certificate = standing_of(event.certificate_id or "", rows)
        if certificate is None:
            return ()
        return [NoteClaimCertificate(on=on, claim_id=event.claim_id, certificate=certificate)]
    certificate_id = certificate_of(recorded)
    if certificate_id is None:
        return ()
    certificate = standing_of(certificate_id, rows)
    if certificate is None:
        return ()
    resting: Sequence[ClaimRow] = rows("claims", {"certificate_id": certificate_id})
    return [
        NoteClaimCertificate(on=on, claim_id=row.claim_id, certificate=certificate)
        for row in resting
        if row.state in HELD
    ]


def note_claim_memberships(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """That the membership ended, or was restored, to every claim to be a member."""
    event, on = recorded.event, _day(recorded)
    if not isinstance(event, ClaimApproved | Ends | MembershipRestored):
        return ()
    former: FormerRow | None = rows("former_members", event.member_id)
    ended_on = former.ended_on if former else None
    if isinstance(event, ClaimApproved):
        if ended_on is None:
            return ()
        return [NoteClaimMembership(on=on, claim_id=event.claim_id, ended_on=ended_on)]
    made: Sequence[ClaimRow] = rows("claims", {"member_id": event.member_id})
    return [
        NoteClaimMembership(on=on, claim_id=row.claim_id, ended_on=ended_on)
        for row in made
        if row.state in HELD and row.form == Form.MEMBERSHIP
    ]


def end_plans(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """A closed entity plans nothing any more."""
    event = recorded.event
    if not isinstance(event, EntityClosed) or rows("plans", event.entity_id) is None:
        return ()
    return [EndPlan(on=_day(recorded), entity_id=event.entity_id, ended_on=event.effective_on)]


def end_datum_requests(recorded: Recorded, rows: Lookup) -> Sequence[Command]:
    """What a member asked suppliers for a facility ends when the facility goes to another: the
    answer would stand in the other's data. The new owner asks for itself."""
    event = recorded.event
    if not isinstance(event, FacilityTransferred) or event.from_member_id == event.member_id:
        return ()
    asked: Sequence[DatumRequestRow] = rows("datum_requests", {"member_id": event.from_member_id})
    return [
        WithdrawDatumRequest(
            on=_day(recorded), request_id=row.request_id, member_id=event.from_member_id
        )
        for row in asked
        if row.facility_id == event.facility_id and row.state != "withdrawn"
    ]


def _day(recorded: Recorded) -> date:
    return date.fromisoformat(recorded.envelope.recorded_at[:10])


PLAN_REACTIONS: tuple[Reaction, ...] = (
    Reaction("note_claim_certificates", note_claim_certificates),
    Reaction("end_plans", end_plans, frozenset({EntityClosed})),
    Reaction("end_datum_requests", end_datum_requests, frozenset({FacilityTransferred})),
    Reaction(
        "note_claim_memberships",
        note_claim_memberships,
        frozenset({ClaimApproved, *get_args(Ends), MembershipRestored}),
    ),
)
