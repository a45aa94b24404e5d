"""Membership in one place: its deciders, its commands, who may issue them, its evidence. Pure."""

from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import NamedTuple

from contracts.envelope import Event
from infra.decider import Command
from infra.readmodel import Consumer

from . import entity, facility, member
from .class_fit import ReviewClass
from .commands import (
    AdmitMember,
    ApproveApplication,
    CancelFeeInvoice,
    ChangeClass,
    ChangeFeeLevel,
    ChangeMember,
    DeclineApplication,
    DraftApplication,
    ExtendDuty,
    InvoiceFee,
    NoteCertificate,
    NoteCertificateReinstated,
    NoteCertificateSuspended,
    NoteCertificateWithdrawn,
    NoteConversion,
    RecordFeePayment,
    ReinstateMember,
    RequestInformation,
    ResignMembership,
    RestoreMembership,
    StartReview,
    SubmitApplication,
    SupplyInformation,
    SuspendMember,
    TerminateMembership,
    WithdrawResignation,
)
from .duty import CertificateNoted, LateNewsNoted
from .entity import AcceptTransfer, ChangeEntity, CloseEntity, RegisterEntity, ReturnTransfer
from .evidence import EntityContents, EntityEvidence, MemberEvidence, OfferEvidence
from .facility_commands import (
    ChangeFacility,
    CloseFacility,
    CompleteReturn,
    CompleteTransfer,
    DeclareFacility,
    DismissClosure,
    OfferTransfer,
    ProposeClosure,
    ProposeStranded,
    RegisterFacility,
    WithdrawTransfer,
)
from .reactions import REACTIONS
from .rows import PROJECTIONS

DECIDERS: Mapping[str, ModuleType] = {"member": member, "entity": entity, "facility": facility}
RESTS_ON: Mapping[str, tuple[str, ...]] = member.RESTS_ON

BY_OPS: tuple[type[Command], ...] = (
    StartReview,
    RequestInformation,
    ApproveApplication,
    DeclineApplication,
    AdmitMember,
    ChangeMember,
    ChangeClass,
    ExtendDuty,
    SuspendMember,
    ReinstateMember,
    RestoreMembership,
    TerminateMembership,
    ChangeFeeLevel,
    InvoiceFee,
    RecordFeePayment,
    CancelFeeInvoice,
)
BY_OPS_AND_MEMBERS: tuple[type[Command], ...] = (
    DraftApplication,
    SubmitApplication,
    SupplyInformation,
    ResignMembership,
    WithdrawResignation,
    RegisterEntity,
    ChangeEntity,
    CloseEntity,
    AcceptTransfer,
    ReturnTransfer,
    RegisterFacility,
    DeclareFacility,
    ChangeFacility,
    OfferTransfer,
    WithdrawTransfer,
    ProposeClosure,
    DismissClosure,
    CloseFacility,
)
"""A member's command names a `member_id`: it must be the caller's own. In transfers it is that of
the side which acts: the owner who offers, the receiver who answers."""

COMMANDS: tuple[type[Command], ...] = (*BY_OPS, *BY_OPS_AND_MEMBERS)
INTERNAL: tuple[type[Command], ...] = (
    NoteCertificate,
    NoteConversion,
    NoteCertificateSuspended,
    NoteCertificateReinstated,
    NoteCertificateWithdrawn,
    CompleteTransfer,
    CompleteReturn,
    ProposeStranded,
    ReviewClass,
)
PRIVATE: tuple[type[Event], ...] = (CertificateNoted, LateNewsNoted)

ROLES: Mapping[str, frozenset[str]] = {
    **{command.NAME: frozenset({"ops"}) for command in BY_OPS},
    **{command.NAME: frozenset({"ops", "member"}) for command in BY_OPS_AND_MEMBERS},
}

CONSUMERS: tuple[Consumer, ...] = (
    Consumer("membership", ("membership", "audit_scheduling"), PROJECTIONS, (), REACTIONS),
)
"""One reader: our own events for queries and transfers, those of audits for the duty."""


# --- evidence ---


class Knowledge(NamedTuple):
    """What the server can look up for a command. `state(stream)` is one of our own streams as
    folded now, its INITIAL when new; `facilities_in(entity)` some open facilities of an entity;
    `known_through` the position of our store through which both were read."""

    state: Callable[[str], object]
    facilities_in: Callable[[str], Sequence[str]]
    known_through: int


Body = Mapping[str, object]


def fill(name: str, body: Body, known: Knowledge) -> dict[str, object]:
    """The evidence fields of a command, from its other fields as sent; none when it needs none.

    The day and the approver are not evidence: whoever knows the caller adds them.
    """
    filler = FILLERS.get(name)
    return filler(body, known) if filler else {}


def entity_evidence(entity_id: str, known: Knowledge) -> EntityEvidence | None:
    """What is known of an entity; None when there is none of that id."""
    state = known.state(f"entity/{entity_id}") if entity_id else None
    if not isinstance(state, entity.Entity) or not state.member_id:
        return None
    return EntityEvidence(
        entity_id=entity_id,
        member_id=state.member_id,
        open=state.open,
        known_through=known.known_through,
    )


def _for_entity(body: Body, known: Knowledge) -> dict[str, object]:
    member_id = _text(body, "member_id")
    state = known.state(f"member/{member_id}") if member_id else None
    if not isinstance(state, member.Member) or not state.member_id:
        return {"member": None}
    evidence = MemberEvidence(
        member_id=member_id, standing=state.standing, known_through=known.known_through
    )
    return {"member": evidence}


def _for_closing(body: Body, known: Knowledge) -> dict[str, object]:
    entity_id = _text(body, "entity_id")
    if not entity_id:
        return {"contents": None}
    contents = EntityContents(
        entity_id=entity_id,
        open_facilities=tuple(known.facilities_in(entity_id)),
        known_through=known.known_through,
    )
    return {"contents": contents}


def _for_answer(body: Body, known: Knowledge) -> dict[str, object]:
    facility_id, transfer_id = _text(body, "facility_id"), _text(body, "transfer_id")
    state = known.state(f"facility/{facility_id}") if facility_id else None
    offer = state.offers.get(transfer_id) if isinstance(state, facility.Facility) else None
    if offer is None:
        return {"offer": None}
    evidence = OfferEvidence(
        transfer_id=transfer_id,
        facility_id=facility_id,
        to_entity_id=offer.to_entity_id,
        to_member_id=offer.to_member_id,
        open=offer.outcome == "open",
        known_through=known.known_through,
        answer_by=offer.answer_by,
    )
    return {"offer": evidence}


def _for_facility(body: Body, known: Knowledge) -> dict[str, object]:
    return {"entity": entity_evidence(_text(body, "entity_id"), known)}


def _for_offer(body: Body, known: Knowledge) -> dict[str, object]:
    return {"to_entity": entity_evidence(_text(body, "to_entity_id"), known)}


FILLERS: Mapping[str, Callable[[Body, Knowledge], dict[str, object]]] = {
    RegisterEntity.NAME: _for_entity,
    CloseEntity.NAME: _for_closing,
    AcceptTransfer.NAME: _for_answer,
    ReturnTransfer.NAME: _for_answer,
    RegisterFacility.NAME: _for_facility,
    DeclareFacility.NAME: _for_facility,
    ChangeFacility.NAME: _for_facility,
    OfferTransfer.NAME: _for_offer,
}


def _text(body: Body, name: str) -> str:
    value = body.get(name)
    return value if isinstance(value, str) else ""
