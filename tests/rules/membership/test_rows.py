"""Rows are folded from published events alone, and agree with what the deciders remember."""

from datetime import date
from decimal import Decimal

import pytest

from contracts.catalog import CATALOG
from contracts.envelope import Envelope, Event, Recorded
from contracts.facilities import EntityClosed, FacilityClosed, FacilityClosureProposed
from contracts.machinery import DayClosed
from contracts.values import Instant, Location
from infra.readmodel import Projection
from services.membership.commands import (
    InvoiceFee,
    RecordFeePayment,
    ResignMembership,
    RestoreMembership,
    SuspendMember,
)
from services.membership.member import MemberCommand
from services.membership.member_rows import MEMBERS, MemberRow
from services.membership.rows import PROJECTIONS, EntityRow, FacilityRow
from tests.rules.membership.given import (
    DS,
    DUE,
    FORFEIT,
    NOW,
    applied,
    certificate,
    member_joined,
    note,
    withdrawn,
)
from tests.rules.membership.sites import ENTITY_REGISTERED, ON, REGISTERED
from tests.rules.membership.test_facilities import as_changed
from tests.rules.membership.test_transfers import OFFERED, moved, stays
from tests.rules.membership.told import Told

ENTITIES, FACILITIES = PROJECTIONS[1:]


def recorded(stream: str, event: Event, version: int) -> Recorded:
    envelope = Envelope(
        event_id=f"e{version}",
        source="membership",
        stream=stream,
        version=version,
        position=100 + version,
        recorded_at=Instant("2025-09-01T08:00:00.000000Z"),
        correlation_id="c",
        causation_id="c",
        command_id="c",
        actor="P7",
    )
    return Recorded(envelope, event)


def folded(projection: Projection, stream: str, *events: Event) -> object:
    row: object = None
    for version, event in enumerate(events, start=1):
        one = recorded(stream, event, version)
        for key in projection.keys(one):
            assert key == stream.partition("/")[2]
            row = projection.evolve(key, row, one)
    return row


def member_row(told: Told) -> MemberRow:
    row = folded(MEMBERS, "member/M1", *told.published())
    assert isinstance(row, MemberRow)
    return row


def test_the_projections_have_their_names_for_ever() -> None:
    assert [(one.name, one.row._fields[0]) for one in PROJECTIONS] == [
        ("members", "member_id"),
        ("entities", "entity_id"),
        ("facilities", "facility_id"),
    ]


def test_an_applicants_row_follows_its_application() -> None:
    standings = [
        row.standing
        for row in (folded(MEMBERS, "member/M1", *applied(DS)[:steps]) for steps in range(1, 5))
        if isinstance(row, MemberRow)
    ]
    assert standings == ["drafted", "submitted", "under_review", "approved"]


def test_a_member_joins_with_its_name_class_and_fee_level() -> None:
    row = folded(MEMBERS, "member/M1", *applied(), member_joined())
    assert isinstance(row, MemberRow)
    assert row[:9] == (
        "M1",
        "Northern Light",
        "NO",
        "PT",
        ("casthouse",),
        "L2",
        "active",
        date(2023, 8, 10),
        None,
    )
    assert (row.version, row.position) == (5, 105)


LIVES: dict[str, list[MemberCommand | date]] = {
    "joined": [],
    "certified": [note(certificate())],
    "withdrawn": [note(certificate()), withdrawn(date(2025, 7, 1))],
    "missed": [DUE],
    "missed, then certified": [DUE, note(certificate())],
    "late": [DUE, note(certificate(valid_from=date(2025, 9, 1)))],
    "forfeited": [FORFEIT],
    "restored": [
        FORFEIT,
        note(certificate()),
        RestoreMembership(on=FORFEIT, member_id="M1", approver="P7"),
    ],
    "suspended twice": [DUE, SuspendMember(on=NOW, member_id="M1")],
    "fee unpaid": [InvoiceFee(on=date(2024, 1, 1), member_id="M1", invoice_id="I1"), DUE],
    "fee paid": [
        InvoiceFee(on=date(2024, 1, 1), member_id="M1", invoice_id="I1"),
        date(2024, 6, 1),
        RecordFeePayment(on=NOW, member_id="M1", invoice_id="I1"),
    ],
    "resigned": [ResignMembership(on=NOW, member_id="M1")],
}


@pytest.mark.parametrize("life", LIVES)
def test_a_members_row_says_what_its_stream_says(life: str) -> None:
    told = Told.joined()
    for step in LIVES[life]:
        told.close(step) if isinstance(step, date) else told.ask(step)
    row = member_row(told)
    told.agrees_with(row)
    assert row.standing == told.state.standing


def test_a_forfeiture_that_nothing_carries_any_more_marks_the_row() -> None:
    told = Told.joined()
    told.close(FORFEIT)
    assert not member_row(told).forfeiture_questioned
    told.ask(note(certificate()))
    assert member_row(told).forfeiture_questioned
    told.ask(withdrawn(date(2025, 7, 1)))
    assert not member_row(told).forfeiture_questioned


def test_invoices_are_listed_with_their_state() -> None:
    told = Told.joined()
    told.ask(InvoiceFee(on=date(2024, 1, 1), member_id="M1", invoice_id="I1"))
    assert member_row(told).invoices == {"I1": {"due_on": "2024-03-01", "state": "open"}}
    told.close(date(2024, 3, 1))
    assert member_row(told).invoices["I1"]["state"] == "overdue"
    told.ask(RecordFeePayment(on=NOW, member_id="M1", invoice_id="I1"))
    assert member_row(told).invoices["I1"]["state"] == "paid"


def test_an_entitys_row() -> None:
    closed = EntityClosed(entity_id="E1", member_id="M1", effective_on=ON)
    assert folded(ENTITIES, "entity/E1", ENTITY_REGISTERED, closed) == EntityRow(
        entity_id="E1",
        member_id="M1",
        name="North Metals",
        country="NO",
        state="closed",
        registered_on=ON,
        closed_on=ON,
        version=2,
        position=102,
    )


FACILITY_ROW = FacilityRow(
    facility_id="F1",
    member_id="M1",
    entity_id="E1",
    name="North Smelter",
    activities=("smelting", "casthouse"),
    country="NO",
    subdivision="NO-46",
    latitude="59.9",
    longitude="6.6",
    control_basis="operational_control",
    share_percent="100",
    operating=True,
    start_year=1971,
    capacity_t_per_year="185000",
    state="open",
    registered_on=ON,
    closed_on=None,
    transfer_id=None,
    offered_to_entity_id=None,
    offered_to_member_id=None,
    answer_by=None,
    closure_proposed=None,
    closure_proposed_by=None,
    version=1,
    position=101,
)


def facility_row(*events: Event) -> FacilityRow:
    row = folded(FACILITIES, "facility/F1", *events)
    assert isinstance(row, FacilityRow)
    return row


def test_a_facilitys_row_carries_its_whole_content() -> None:
    assert facility_row(REGISTERED) == FACILITY_ROW
    changed = as_changed(
        location=Location(country="SE", latitude=Decimal("60.50"), longitude=Decimal(17))
    )
    assert facility_row(REGISTERED, changed) == FACILITY_ROW._replace(
        country="SE",
        subdivision=None,
        latitude="60.5",
        longitude="17",
        version=2,
        position=102,
    )


def test_an_offered_facility_shows_to_whom_and_until_when() -> None:
    row = facility_row(REGISTERED, OFFERED)
    assert (row.transfer_id, row.offered_to_entity_id, row.offered_to_member_id) == (
        "T1",
        "E2",
        "M2",
    )
    assert row.answer_by == OFFERED.answer_by
    returned = facility_row(REGISTERED, OFFERED, stays("withdrawn"))
    assert returned == FACILITY_ROW._replace(version=3, position=103)


def test_a_transferred_facility_is_the_receivers() -> None:
    assert facility_row(REGISTERED, OFFERED, moved()) == FACILITY_ROW._replace(
        member_id="M2", entity_id="E2", version=3, position=103
    )


def test_closures_are_proposed_and_done() -> None:
    proposed = FacilityClosureProposed(
        facility_id="F1", member_id="M1", import_id="I1", proposed_on=ON
    )
    closed = FacilityClosed(facility_id="F1", member_id="M1", effective_on=ON, reason="gone")
    assert facility_row(REGISTERED, proposed).closure_proposed_by == "I1"
    row = facility_row(REGISTERED, proposed, closed)
    assert (row.state, row.closed_on, row.closure_proposed_by) == ("closed", ON, None)


@pytest.mark.parametrize("projection", PROJECTIONS, ids=lambda one: one.name)
def test_calendars_and_private_events_concern_no_row(projection: Projection) -> None:
    told = Told.joined()
    told.ask(note(certificate()))
    silent = [event for event in told.events if event.TYPE not in CATALOG.published]
    assert len(silent) == 1
    closed = [DayClosed(on=ON), *silent]
    assert [projection.keys(recorded("member/M1", event, 1)) for event in closed] == [(), ()]
