"""What is remembered of a facility: whose it is, its content, its offers, its end. Pure.

`Facility` is the fold of the stream `facility/<id>`; `evolve` is total over its events.
"""

from collections.abc import Mapping
from datetime import date
from typing import Literal, NamedTuple, assert_never

from contracts.facilities import (
    FacilityChanged,
    FacilityClosed,
    FacilityClosureDismissed,
    FacilityClosureProposed,
    FacilityRegistered,
    FacilityTransferOffered,
    FacilityTransferred,
    FacilityTransferReturned,
)
from infra.errors import Refused

from .facility_commands import FacilityBound
from .site import Site, site_of

FacilityEvent = (
    FacilityRegistered
    | FacilityChanged
    | FacilityTransferOffered
    | FacilityTransferred
    | FacilityTransferReturned
    | FacilityClosureProposed
    | FacilityClosureDismissed
    | FacilityClosed
)


Proposed = Literal["not_listed", "entity_closed"]
"""Why it is proposed to close a facility."""


class Offer(NamedTuple):
    """An offer of the facility. Outcome `open` while it waits, through `answer_by`."""

    transfer_id: str
    from_entity_id: str
    to_entity_id: str
    to_member_id: str
    answer_by: date
    outcome: Literal["open", "done", "returned", "withdrawn", "expired"] = "open"


class Facility(NamedTuple):
    """The fold of `facility/<id>`; without a site it was never registered. `offers` keeps every
    offer by id: an id is used once."""

    facility_id: str
    member_id: str
    site: Site | None
    offers: Mapping[str, Offer]
    offered: str
    proposed: Proposed | None
    closed_on: date | None

    @property
    def offer(self) -> Offer | None:
        """The offer that waits for an answer."""
        return self.offers.get(self.offered)


INITIAL = Facility(
    facility_id="",
    member_id="",
    site=None,
    offers={},
    offered="",
    proposed=None,
    closed_on=None,
)


def evolve(state: Facility, event: FacilityEvent) -> Facility:
    """The facility after an event."""
    match event:
        case FacilityRegistered() | FacilityChanged():
            # In full: every declared row passes here, and `_replace` costs more than the rest.
            return Facility(
                event.facility_id,
                event.member_id,
                site_of(event),
                state.offers,
                state.offered,
                state.proposed,
                state.closed_on,
            )
        case FacilityTransferOffered():
            offer = Offer(
                event.transfer_id,
                event.from_entity_id,
                event.to_entity_id,
                event.to_member_id,
                event.answer_by,
            )
            offers = {**state.offers, event.transfer_id: offer}
            return state._replace(offers=offers, offered=event.transfer_id)
        case FacilityTransferred():
            moved = state.site and state.site._replace(entity_id=event.entity_id)
            ended = _ended(state, event.transfer_id, "done")
            return ended._replace(site=moved, member_id=event.member_id, proposed=None)
        case FacilityTransferReturned():
            return _ended(state, event.transfer_id, event.because)
        case FacilityClosureProposed():
            return state._replace(proposed=event.because)
        case FacilityClosureDismissed():
            return state._replace(proposed=None)
        case FacilityClosed():
            return state._replace(closed_on=event.effective_on, proposed=None)
        case _:
            assert_never(event)


def _ended(
    state: Facility,
    transfer_id: str,
    outcome: Literal["done", "returned", "withdrawn", "expired"],
) -> Facility:
    offers = {**state.offers, transfer_id: state.offers[transfer_id]._replace(outcome=outcome)}
    return state._replace(offers=offers, offered="")


# --- guards ---


def own(command: FacilityBound, state: Facility) -> Site:
    """The site, for the member who owns it; others do not learn that it exists."""
    if state.site is None or state.member_id != command.member_id:
        raise Refused(
            "unknown-facility",
            f"Member {command.member_id} has no facility {command.facility_id}.",
            facility_id=command.facility_id,
            member_id=command.member_id,
        )
    return state.site


def check_open(state: Facility) -> None:
    if state.closed_on is not None:
        raise Refused(
            "facility-closed",
            f"Facility {state.facility_id} was closed on {state.closed_on}, for good; a new one "
            "needs an id of its own.",
            facility_id=state.facility_id,
            closed_on=state.closed_on,
        )


def check_not_offered(state: Facility, what: str) -> None:
    if state.offer is not None:
        raise Refused(
            "transfer-open",
            f"Facility {state.facility_id} is offered to entity {state.offer.to_entity_id} "
            f"(transfer {state.offered}); withdraw the offer before it {what}.",
            facility_id=state.facility_id,
            transfer_id=state.offered,
        )
