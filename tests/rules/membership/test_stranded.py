"""A facility that comes into an entity while the entity closes stays in no limbo (sources.md 1.6).

Either stream knows the other by evidence that may be a moment old. Whichever of the two is heard of
last finds the other, and somebody has to decide: the facility closes, or moves.
"""

from collections.abc import Sequence

import pytest

from contracts.envelope import Envelope, Event, Recorded
from contracts.facilities import (
    EntityClosed,
    FacilityClosed,
    FacilityClosureDismissed,
    FacilityClosureProposed,
    FacilityTransferred,
)
from contracts.values import Instant
from infra.decider import Command
from services.membership.domain import CONSUMERS
from services.membership.facility_commands import (
    CloseFacility,
    DismissClosure,
    ProposeClosure,
    ProposeStranded,
)
from services.membership.reactions import propose_stranded
from tests.rules.membership.given import ONE_DAY, passing
from tests.rules.membership.sites import (
    ENTITY_REGISTERED,
    ON,
    REGISTERED,
    change,
    declare,
    known,
    offer,
    smelter,
)
from tests.simulation.inmemory import Reader

ENTITY_CLOSED = EntityClosed(entity_id="E1", member_id="M1", effective_on=ON, known_through=40)
STRAND = ProposeStranded(on=ON, facility_id="F1", member_id="M1", entity_id="E1")
PROPOSED = FacilityClosureProposed(
    facility_id="F1", member_id="M1", proposed_on=ON, because="entity_closed"
)
STRANDED = smelter().given(PROPOSED)


def heard(*events: Event) -> list[Command]:
    """What membership does by itself when it hears of these, one after the other."""
    reader, wanted = Reader(CONSUMERS[0]), list[Command]()
    for position, event in enumerate(events, start=1):
        at = Instant("2024-06-03T10:00:00.000000Z")
        envelope = Envelope("e", "membership", "x/1", 1, position, at, "c", "c", "c", "P7")
        recorded = Recorded(envelope, event)
        reader.apply(recorded)
        wanted += propose_stranded(recorded, reader.row)
    return wanted


@pytest.mark.parametrize(
    "order",
    [
        (ENTITY_REGISTERED, ENTITY_CLOSED, REGISTERED),
        (ENTITY_REGISTERED, REGISTERED, ENTITY_CLOSED),
        (REGISTERED, ENTITY_REGISTERED, ENTITY_CLOSED),
    ],
    ids=["the facility last", "the closing last", "the facility first"],
)
def test_whichever_is_heard_of_last_finds_the_other(order: Sequence[Event]) -> None:
    assert heard(*order) == [STRAND]


def test_only_what_is_open_and_in_that_entity_is_put_before_somebody() -> None:
    closed = FacilityClosed(facility_id="F1", member_id="M1", effective_on=ON, reason="r")
    assert heard(ENTITY_REGISTERED, REGISTERED, closed, ENTITY_CLOSED) == []
    elsewhere = REGISTERED.model_copy(update={"entity_id": "E9"})
    assert heard(ENTITY_REGISTERED, elsewhere, ENTITY_CLOSED) == []
    assert heard(ENTITY_REGISTERED, REGISTERED) == []


def test_a_transfer_completed_into_a_closed_entity_is_found_as_well() -> None:
    came = FacilityTransferred(
        facility_id="F1",
        transfer_id="T1",
        from_entity_id="E9",
        from_member_id="M1",
        entity_id="E1",
        member_id="M1",
        effective_on=ON,
    )
    elsewhere = REGISTERED.model_copy(update={"entity_id": "E9"})
    assert heard(ENTITY_REGISTERED, elsewhere, ENTITY_CLOSED, came) == [STRAND]


def test_it_is_proposed_once_and_not_when_it_has_left_or_closed() -> None:
    smelter().when(STRAND).then(PROPOSED).and_when(STRAND).nothing()
    passing(smelter(), change(known("E3"), entity_id="E3")).when(STRAND).nothing()
    gone = CloseFacility(on=ON, facility_id="F1", member_id="M1")
    passing(smelter(), gone).when(STRAND).nothing()


def test_nobody_dismisses_it_and_no_file_does() -> None:
    dismiss = DismissClosure(on=ON, facility_id="F1", member_id="M1")
    STRANDED.when(dismiss).refused("entity-closed", entity_id="E1")
    STRANDED.when(declare()).nothing()
    listed = ProposeClosure(on=ON, facility_id="F1", member_id="M1", import_id="I1")
    STRANDED.when(listed).nothing()


def test_it_weighs_more_than_a_file_that_did_not_list_it() -> None:
    listed = ProposeClosure(on=ON, facility_id="F1", member_id="M1", import_id="I1")
    passing(smelter(), listed).when(STRAND).then(PROPOSED)


def test_it_moves_to_another_entity_and_is_off_the_list() -> None:
    moved = STRANDED.when(change(known("E3"), entity_id="E3"))
    assert moved.events[0] == FacilityClosureDismissed(
        facility_id="F1", member_id="M1", dismissed_on=ON
    )
    assert (moved.state.site.entity_id, moved.state.proposed) == ("E3", None)
    declared = STRANDED.when(declare(known("E3"), entity_id="E3"))
    assert (declared.state.site.entity_id, declared.state.proposed) == ("E3", None)


def test_it_may_be_offered_or_closed() -> None:
    assert STRANDED.when(offer()).refusal is None
    closed = STRANDED.when(CloseFacility(on=ON + ONE_DAY, facility_id="F1", member_id="M1"))
    assert (closed.state.closed_on, closed.state.proposed) == (ON + ONE_DAY, None)


def test_its_row_says_why() -> None:
    reader = Reader(CONSUMERS[0])
    for position, event in enumerate([REGISTERED, PROPOSED], start=1):
        at = Instant("2024-06-03T10:00:00.000000Z")
        envelope = Envelope(
            "e", "membership", "facility/F1", position, position, at, "c", "c", "c", "P7"
        )
        reader.apply(Recorded(envelope, event))
    row = reader.row("facilities", "F1")
    assert (row.closure_proposed, row.closure_proposed_by) == ("entity_closed", None)
