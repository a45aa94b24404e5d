"""A facility with a new owner: for whom a year's figures count, and what of it a former owner
asked ends."""

from datetime import date
from typing import Any

from contracts.envelope import Envelope, Event, Recorded
from contracts.facilities import FacilityTransferred
from contracts.values import Instant
from services.ghg.plans.figures import counted, counted_to, sums_of
from services.ghg.plans.reactions import end_datum_requests
from services.ghg.plans.rows import DatumRequestRow
from services.ghg.rows import FacilityRow, YearRow, year_of
from services.ghg.suppliers.commands import WithdrawDatumRequest

from .life import ON, disclosed, result, sealed, submitted, verified
from .test_plan_reactions import World

NEW: dict[str, Any] = {"member_id": "M2", "entity_id": "E2"}
HAS_IT_NOW = FacilityRow("F1", "M2", "E2", "NO", None, ("smelting",), 1970, None)
BY_FORMER = (sealed(), result(), submitted(), verified())
BY_NEW = (
    sealed(2, "43000", **NEW),
    result(2, data_version=2, totals=(), **NEW),
    verified(2, member_id="M2"),
)
MOVED = FacilityTransferred(
    facility_id="F1",
    transfer_id="T1",
    from_entity_id="E1",
    from_member_id="M1",
    entity_id="E2",
    member_id="M2",
    effective_on=ON,
)


def happened(event: Event, version: int = 1) -> Recorded:
    """An event of the facility's year."""
    at = Instant("2026-06-01T08:00:00.000000Z")
    stream = "facility_year/F1:2025"
    return Recorded(Envelope("e1", "s", stream, version, 1, at, "c", "c", "k", "a"), event)


def row(*events: Event) -> YearRow:
    """The facility-year after these."""
    found = year_of("F1:2025", [happened(one, at) for at, one in enumerate(events, 1)])
    assert found is not None
    return found


def asked(request_id: str, facility_id: str, state: str) -> DatumRequestRow:
    """What M1 asked a supplier."""
    told = (request_id, "M1", facility_id, f"{facility_id}:2025", "S1", "bought.alumina", "t")
    return DatumRequestRow(*told, state, "10", "1", "1", 0, None, None, ON)


def test_a_year_that_nobody_disclosed_counts_for_whose_the_facility_is_now() -> None:
    assert counted_to(row(*BY_FORMER), HAS_IT_NOW) == ("M2", "E2")
    assert counted_to(row(*BY_FORMER), None) == ("M1", "E1")


def test_a_disclosed_year_counts_for_whom_the_disclosure_names() -> None:
    assert counted_to(row(*BY_FORMER, disclosed()), HAS_IT_NOW) == ("M1", "E1")
    again = row(*BY_FORMER, disclosed(), *BY_NEW, disclosed(2, 2, **NEW))
    assert counted_to(again, HAS_IT_NOW) == ("M2", "E2")


def test_what_a_new_owner_verified_counts_once_it_is_disclosed() -> None:
    before = row(*BY_FORMER, disclosed(), *BY_NEW)
    assert counted(before) == sums_of(before.disclosed, verified=True)
    after = row(*BY_FORMER, disclosed(), *BY_NEW, disclosed(2, 2, **NEW))
    assert counted(after) == sums_of(after.latest, verified=True)


def test_who_verified_for_a_former_owner_is_not_the_new_ones_verifier() -> None:
    assert row(*BY_FORMER).verifier_id == "V1"
    assert row(*BY_FORMER, sealed(2, "43000")).verifier_id == "V1"
    assert row(*BY_FORMER, sealed(2, "43000", **NEW)).verifier_id is None


def test_what_was_asked_of_suppliers_ends_when_the_facility_goes() -> None:
    world = World()
    for request_id, facility_id, state in (
        ("rq1", "F1", "answered"),
        ("rq2", "F2", "open"),
        ("rq3", "F1", "withdrawn"),
    ):
        world.rows["datum_requests"][request_id] = asked(request_id, facility_id, state)
    assert end_datum_requests(happened(MOVED), world) == [
        WithdrawDatumRequest(on=date(2026, 6, 1), request_id="rq1", member_id="M1")
    ]
    within = MOVED.model_copy(update={"member_id": "M1"})
    assert end_datum_requests(happened(within), world) == ()
