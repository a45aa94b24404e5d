"""Facilities: what stands where, what it does, who controls it. A decider, stream `facility/<id>`.

Source: sources.md 1.6, 5.6. The id is the natural key: it is taken once and for ever. `register` is
for new ones and says so when it is not new; `declare` is for imports: it registers, changes, or
does nothing, so that files A, B, A end in A. A transfer is offered here, answered on the stream of
the receiving entity, and completed here by a reaction. `propose_closure` never closes: a person
does, or dismisses it; a facility that a later file lists again is off the list by itself. One whose
entity closed while it came (the two streams know each other by evidence that may be a moment old)
is proposed as well: nobody dismisses that; it closes, or moves to another entity.
"""

from collections.abc import Sequence
from datetime import date
from typing import assert_never

from contracts.envelope import Event
from contracts.facilities import (
    FacilityChanged,
    FacilityClosed,
    FacilityClosureDismissed,
    FacilityClosureProposed,
    FacilityRegistered,
)
from infra.decider import Tick
from infra.errors import Refused
from infra.policy import Policies

from . import transfer
from .evidence import check_entity
from .facility_commands import (
    ChangeFacility,
    CloseFacility,
    CompleteReturn,
    CompleteTransfer,
    DeclareFacility,
    DismissClosure,
    FacilityContent,
    OfferTransfer,
    ProposeClosure,
    ProposeStranded,
    RegisterFacility,
    WithdrawTransfer,
)
from .facility_state import INITIAL, Facility, check_not_offered, check_open, evolve, own
from .site import Site, check_site, differing, site_of
from .transfer import due

__all__ = ["INITIAL", "Facility", "decide", "due", "evolve"]

OwnerCommand = (
    ChangeFacility
    | OfferTransfer
    | WithdrawTransfer
    | ProposeClosure
    | DismissClosure
    | CloseFacility
)
FacilityCommand = (
    OwnerCommand
    | RegisterFacility
    | DeclareFacility
    | ProposeStranded
    | CompleteTransfer
    | CompleteReturn
    | Tick
)


def decide(command: FacilityCommand, state: Facility, policies: Policies) -> Sequence[Event]:
    """Events of a command; raises Refused."""
    match command:
        case Tick():
            return transfer.expire(command, state)
        case RegisterFacility():
            return _register(command, state)
        case DeclareFacility():
            return _declare(command, state)
        case CompleteTransfer() | CompleteReturn():
            return transfer.complete(command, state)
        case ProposeStranded():
            return _strand(command, state)
        case _:
            return _decide_as_owner(command, state, own(command, state), policies)


def _decide_as_owner(
    command: OwnerCommand, state: Facility, site: Site, policies: Policies
) -> Sequence[Event]:
    match command:
        case ProposeClosure():
            return _propose(command, state)
        case CloseFacility():
            return _close(command, state)
        case WithdrawTransfer():
            return transfer.withdraw(command, state)
        case ChangeFacility():
            check_open(state)
            return _change(command, state, site)
        case OfferTransfer():
            check_open(state)
            return transfer.offer(command, state, site, policies)
        case DismissClosure():
            check_open(state)
            if state.proposed == "entity_closed":
                raise _stranded(state, site)
            return _dismissal(state, command.on)
        case _:
            assert_never(command)


# --- content ---


def _register(command: RegisterFacility, state: Facility) -> Sequence[Event]:
    if state.site is None:
        return _registered(command)
    _check_same_owner(command, state)
    check_open(state)
    differs = differing(site_of(command), state.site)
    if not differs:
        return []
    raise Refused(
        "facility-already-registered",
        f"Facility {command.facility_id} is registered with another {', '.join(differs)}; "
        "change it, or declare it, instead.",
        facility_id=command.facility_id,
        differs=differs,
    )


def _declare(command: DeclareFacility, state: Facility) -> Sequence[Event]:
    """Whatever there was, afterwards it is as declared."""
    if state.site is None:
        return _registered(command)
    _check_same_owner(command, state)
    check_open(state)
    changed = _change(command, state, state.site)
    return [*_dismissal(state, command.on), *changed] if state.proposed == "not_listed" else changed


def _check_same_owner(command: FacilityContent, state: Facility) -> None:
    if state.member_id != command.member_id:
        raise Refused(
            "facility-already-registered",
            f"The id {command.facility_id} is taken; choose another one.",
            facility_id=command.facility_id,
        )


def _registered(command: FacilityContent) -> Sequence[Event]:
    site = site_of(command)
    check_site(site, command.on)
    check_entity(command.entity, command.entity_id, command.member_id)
    return [
        FacilityRegistered.of_checked(
            {
                **site._asdict(),
                "facility_id": command.facility_id,
                "member_id": command.member_id,
                "registered_on": command.on,
                "known_through": command.entity.known_through if command.entity else None,
            }
        )
    ]


def _change(command: FacilityContent, state: Facility, site: Site) -> Sequence[Event]:
    wanted = site_of(command)
    if wanted == site:
        return []
    check_site(wanted, command.on)
    if wanted.entity_id != site.entity_id:
        check_not_offered(state, "moves to another entity")
    check_entity(command.entity, command.entity_id, command.member_id)
    left = wanted.entity_id != site.entity_id and state.proposed == "entity_closed"
    return [
        *(_dismissal(state, command.on) if left else ()),
        FacilityChanged.of_checked(
            {
                **wanted._asdict(),
                "facility_id": command.facility_id,
                "member_id": command.member_id,
                "effective_on": command.on,
                "known_through": command.entity.known_through if command.entity else None,
            }
        ),
    ]


# --- closure ---


def _propose(command: ProposeClosure, state: Facility) -> Sequence[Event]:
    if state.closed_on is not None or state.proposed is not None:
        return []
    return [
        FacilityClosureProposed(
            facility_id=command.facility_id,
            member_id=command.member_id,
            import_id=command.import_id,
            proposed_on=command.on,
        )
    ]


def _strand(command: ProposeStranded, state: Facility) -> Sequence[Event]:
    """Its entity is closed; unless it has left it meanwhile, somebody must decide."""
    here = state.site is not None and state.site.entity_id == command.entity_id
    if not here or state.closed_on is not None or state.proposed == "entity_closed":
        return []
    return [
        FacilityClosureProposed(
            facility_id=state.facility_id,
            member_id=state.member_id,
            proposed_on=command.on,
            because="entity_closed",
        )
    ]


def _stranded(state: Facility, site: Site) -> Refused:
    return Refused(
        "entity-closed",
        f"Entity {site.entity_id} is closed: facility {state.facility_id} closes too, or moves to "
        "another entity.",
        facility_id=state.facility_id,
        entity_id=site.entity_id,
    )


def _dismissal(state: Facility, day: date) -> list[Event]:
    if state.proposed is None:
        return []
    return [
        FacilityClosureDismissed(
            facility_id=state.facility_id, member_id=state.member_id, dismissed_on=day
        )
    ]


def _close(command: CloseFacility, state: Facility) -> Sequence[Event]:
    if state.closed_on is not None:
        return []
    check_not_offered(state, "closes")
    return [
        FacilityClosed(
            facility_id=command.facility_id,
            member_id=command.member_id,
            effective_on=command.on,
            reason=command.reason,
        )
    ]
