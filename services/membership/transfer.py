"""A facility on its way to another entity: offered, taken back, answered, expired. Pure.

The answer is decided on the stream of the receiving entity (`entity.py`) and arrives here by a
reaction. This stream alone says where a facility is.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Literal

from contracts.envelope import Event
from contracts.facilities import (
    FacilityTransferOffered,
    FacilityTransferred,
    FacilityTransferReturned,
)
from infra.decider import Tick
from infra.errors import Refused
from infra.policy import Policies

from .duty import shifted
from .evidence import check_entity
from .facility_commands import CompleteReturn, CompleteTransfer, OfferTransfer, WithdrawTransfer
from .facility_state import Facility, Offer, check_not_offered, check_open
from .site import Site

EXPIRY = "transfer_expiry"


def offer(
    command: OfferTransfer, state: Facility, site: Site, policies: Policies
) -> Sequence[Event]:
    known = state.offers.get(command.transfer_id)
    to = (command.to_entity_id, command.to_member_id)
    if known is not None:
        if known.outcome == "open" and (known.to_entity_id, known.to_member_id) == to:
            return []
        raise Refused(
            "transfer-id-used",
            f"Transfer {command.transfer_id} of facility {command.facility_id} is {known.outcome}; "
            "another offer needs an id of its own.",
            transfer_id=command.transfer_id,
            outcome=known.outcome,
        )
    check_not_offered(state, "is offered again")
    if command.to_entity_id == site.entity_id:
        raise Refused(
            "transfer-to-itself",
            f"Facility {command.facility_id} is in entity {site.entity_id} already.",
            facility_id=command.facility_id,
            entity_id=site.entity_id,
        )
    check_entity(command.to_entity, command.to_entity_id, command.to_member_id)
    days = policies.on(command.on).integer("transfer.answer_days")
    return [
        FacilityTransferOffered(
            facility_id=command.facility_id,
            member_id=command.member_id,
            transfer_id=command.transfer_id,
            from_entity_id=site.entity_id,
            to_entity_id=command.to_entity_id,
            to_member_id=command.to_member_id,
            offered_on=command.on,
            answer_by=shifted(command.on, days),
            known_through=command.to_entity.known_through if command.to_entity else None,
        )
    ]


def withdraw(command: WithdrawTransfer, state: Facility) -> Sequence[Event]:
    known = _known_offer(command, state)
    if known.outcome == "withdrawn":
        return []
    if known.outcome != "open":
        raise _not_open(command, known)
    return [_returned(state, command.transfer_id, command.on, "withdrawn")]


def _known_offer(
    command: WithdrawTransfer | CompleteTransfer | CompleteReturn, state: Facility
) -> Offer:
    known = state.offers.get(command.transfer_id)
    if known is None:
        raise Refused(
            "unknown-transfer",
            f"Facility {command.facility_id} was never offered as {command.transfer_id}.",
            transfer_id=command.transfer_id,
            facility_id=command.facility_id,
        )
    return known


def _not_open(
    command: WithdrawTransfer | CompleteTransfer | CompleteReturn, known: Offer
) -> Refused:
    return Refused(
        "transfer-not-open",
        f"Transfer {command.transfer_id} of facility {command.facility_id} is {known.outcome}.",
        transfer_id=command.transfer_id,
        outcome=known.outcome,
    )


def _returned(
    state: Facility,
    transfer_id: str,
    day: date,
    because: Literal["returned", "withdrawn", "expired"],
    reason: str | None = None,
) -> Event:
    return FacilityTransferReturned(
        facility_id=state.facility_id,
        member_id=state.member_id,
        transfer_id=transfer_id,
        effective_on=day,
        because=because,
        reason=reason,
    )


def complete(command: CompleteTransfer | CompleteReturn, state: Facility) -> Sequence[Event]:
    """The receiver's answer arrives. An acceptance given in time counts, even where the clock came
    first and returned the offer as expired; one given late does not, even where the clock has yet
    to come. What was withdrawn before the answer came stays withdrawn."""
    known = _known_offer(command, state)
    returning = isinstance(command, CompleteReturn)
    if known.outcome == ("returned" if returning else "done"):
        return []
    if (command.entity_id, command.member_id) != (known.to_entity_id, known.to_member_id):
        raise Refused(
            "unknown-transfer",
            f"Facility {command.facility_id} was not offered to entity {command.entity_id}.",
            transfer_id=command.transfer_id,
            facility_id=command.facility_id,
        )
    in_time = command.effective_on <= known.answer_by
    here = state.site is not None and state.site.entity_id == known.from_entity_id
    revived = known.outcome == "expired" and in_time and state.offer is None and here
    if isinstance(command, CompleteReturn):
        if known.outcome == "expired":
            return []
        if known.outcome != "open":
            raise _not_open(command, known)
        day, reason = command.effective_on, command.reason
        return [_returned(state, command.transfer_id, day, "returned", reason)]
    if not (known.outcome == "open" and in_time) and not revived:
        raise _not_open(command, known)
    check_open(state)
    return [
        FacilityTransferred(
            facility_id=command.facility_id,
            transfer_id=command.transfer_id,
            from_entity_id=known.from_entity_id,
            from_member_id=state.member_id,
            entity_id=command.entity_id,
            member_id=command.member_id,
            effective_on=command.effective_on,
        )
    ]


def expire(command: Tick, state: Facility) -> Sequence[Event]:
    offer = state.offer
    if command.rule != EXPIRY or offer is None or offer.answer_by > command.on:
        return []
    return [_returned(state, offer.transfer_id, shifted(offer.answer_by, 1), "expired")]


def due(state: Facility) -> Mapping[str, date]:
    """When an offer that was not answered has to be returned: once its last day is closed."""
    return {EXPIRY: state.offer.answer_by} if state.offer else {}
