"""Facilities: registered once, declared again and again, closed by people (sources.md 1.6, 5.6)."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.facilities import (
    FacilityChanged,
    FacilityClosed,
    FacilityClosureDismissed,
    FacilityClosureProposed,
)
from contracts.values import Activity, Control, ControlBasis, Location
from infra.decider import Command
from services.membership.evidence import EntityEvidence
from services.membership.facility_commands import CloseFacility, DismissClosure, ProposeClosure
from tests.rules.membership.given import passing
from tests.rules.membership.sites import (
    FACILITY,
    ON,
    REGISTERED,
    change,
    declare,
    known,
    offer,
    register,
    smelter,
)

PROPOSE = ProposeClosure(on=ON, facility_id="F1", member_id="M1", import_id="I1")
PROPOSED = FacilityClosureProposed(facility_id="F1", member_id="M1", import_id="I1", proposed_on=ON)
DISMISS = DismissClosure(on=ON, facility_id="F1", member_id="M1")
DISMISSED = FacilityClosureDismissed(facility_id="F1", member_id="M1", dismissed_on=ON)
CLOSE = CloseFacility(on=ON, facility_id="F1", member_id="M1", reason="shut-down")
CLOSED = FacilityClosed(facility_id="F1", member_id="M1", effective_on=ON, reason="shut-down")


def reading(command: Command, content: dict[str, object]) -> Command:
    """The command with some of its content replaced."""
    return type(command).model_validate({**command.model_dump(), **content})


def as_changed(**content: object) -> FacilityChanged:
    whole = {**REGISTERED.model_dump(exclude={"registered_on"}), "effective_on": ON, **content}
    return FacilityChanged.model_validate(whole)


# --- registering and declaring ---


def test_a_facility_is_registered_with_the_evidence_of_its_entity() -> None:
    FACILITY.when(register()).then(REGISTERED)


def test_the_same_again_changes_nothing_in_whatever_order_its_activities_are_given() -> None:
    other_order = (Activity.CASTHOUSE, Activity.SMELTING, Activity.CASTHOUSE)
    smelter().when(register()).nothing()
    smelter().when(register(activities=other_order)).nothing()
    smelter().when(register(capacity_t_per_year=Decimal("185000.0"))).nothing()


def test_another_content_under_the_same_id_is_refused_with_what_differs() -> None:
    smelter().when(register(name="South Smelter", operating=False)).refused(
        "facility-already-registered", differs=["name", "operating"]
    )


def test_an_id_of_another_member_is_taken_and_nothing_of_it_is_told() -> None:
    for ask in (register, declare):
        answered = smelter().when(ask(known(member_id="M2"), member_id="M2"))
        answered.refused("facility-already-registered")
        assert answered.refusal is not None
        assert set(answered.refusal.facts) == {"facility_id"}


def test_declaring_registers_then_changes_then_does_nothing() -> None:
    FACILITY.when(declare()).then(REGISTERED)
    smelter().when(declare()).nothing()
    smelter().when(declare(operating=False)).then(as_changed(operating=False))


CONTENTS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["North Smelter", "South Smelter"]),
        "operating": st.booleans(),
        "start_year": st.sampled_from([None, 1971]),
        "activities": st.permutations([Activity.SMELTING, Activity.CASTHOUSE]),
        "control": st.sampled_from(
            [Control(), Control(basis=ControlBasis.JOINT_VENTURE, share_percent=Decimal("49.9"))]
        ),
    }
)


@given(CONTENTS, CONTENTS)
def test_files_a_b_a_end_in_a_and_a_file_twice_adds_nothing(
    a: dict[str, object], b: dict[str, object]
) -> None:
    once = passing(FACILITY, reading(declare(), a))
    back = passing(once, reading(declare(), b), reading(declare(), a))
    assert back.state == once.state
    back.when(reading(declare(), a)).nothing()


@pytest.mark.parametrize(
    ("evidence", "slug"),
    [
        (known(member_id="M2"), "unknown-entity"),
        (known("E9"), "unknown-entity"),
        (known(is_open=False), "entity-closed"),
    ],
)
def test_a_facility_needs_an_open_entity_of_the_same_member(
    evidence: EntityEvidence, slug: str
) -> None:
    for ask in (register, declare):
        FACILITY.when(ask(evidence)).refused(slug)
    for ask_again in (change, declare):
        smelter().when(ask_again(evidence, name="South Smelter")).refused(slug)


def test_without_evidence_the_entity_is_unknown() -> None:
    FACILITY.when(register().model_copy(update={"entity": None})).refused("unknown-entity")


@pytest.mark.parametrize(
    ("content", "slug"),
    [
        ({"activities": ()}, "activities-missing"),
        (
            {"location": Location(country="NO", subdivision="SE-AB")},
            "location-contradicts-itself",
        ),
        ({"location": Location(country="NO", latitude=Decimal(60))}, "coordinates-incomplete"),
        ({"location": Location(country="NO", longitude=Decimal(6))}, "coordinates-incomplete"),
        ({"start_year": 2025}, "start-year-in-the-future"),
    ],
)
def test_what_contradicts_itself_is_refused(content: dict[str, object], slug: str) -> None:
    FACILITY.when(reading(register(), content)).refused(slug)
    smelter().when(reading(declare(), content)).refused(slug)


def test_a_planned_facility_may_start_in_the_future() -> None:
    planned = register(start_year=2030, operating=False)
    assert FACILITY.when(planned).refusal is None


# --- changing ---


def test_a_change_says_the_whole_content() -> None:
    where = Location(country="NO", subdivision="NO-50")
    smelter().when(change(location=where)).then(as_changed(location=where)).and_when(
        change(location=where)
    ).nothing()


def test_a_facility_may_move_to_another_entity_of_the_member() -> None:
    smelter().when(change(known("E5"), entity_id="E5")).then(as_changed(entity_id="E5"))


def test_while_it_is_offered_its_content_may_change_but_not_its_entity() -> None:
    offered = passing(smelter(), offer())
    offered.when(change(known("E5"), entity_id="E5")).refused("transfer-open", transfer_id="T1")
    assert offered.when(change(operating=False)).refusal is None


# --- closing ---


def test_a_proposal_closes_nothing_and_is_made_once() -> None:
    smelter().when(PROPOSE).then(PROPOSED)
    proposed = smelter().given(PROPOSED)
    proposed.when(PROPOSE.model_copy(update={"import_id": "I2"})).nothing()
    proposed.when(change(operating=False)).then(as_changed(operating=False))


def test_a_person_dismisses_a_proposal_or_closes() -> None:
    proposed = smelter().given(PROPOSED)
    proposed.when(DISMISS).then(DISMISSED).and_when(DISMISS).nothing()
    proposed.when(CLOSE).then(CLOSED)


def test_a_later_file_that_lists_it_again_takes_the_proposal_off() -> None:
    proposed = smelter().given(PROPOSED)
    proposed.when(declare()).then(DISMISSED)
    proposed.when(declare(operating=False)).then(DISMISSED, as_changed(operating=False))


def test_closing_twice_changes_nothing() -> None:
    smelter().when(CLOSE).then(CLOSED).and_when(CLOSE).nothing()


def test_a_facility_on_offer_is_not_closed() -> None:
    passing(smelter(), offer()).when(CLOSE).refused("transfer-open")


@pytest.mark.parametrize(
    "command", [register(), declare(), change(operating=False), offer(), DISMISS]
)
def test_a_closed_facility_stays_closed(command: Command) -> None:
    smelter().given(CLOSED).when(command).refused("facility-closed", facility_id="F1")


def test_proposing_to_close_what_is_closed_changes_nothing() -> None:
    smelter().given(CLOSED).when(PROPOSE).nothing()


@pytest.mark.parametrize("command", [change(), offer(), PROPOSE, DISMISS, CLOSE])
def test_a_facility_that_is_not_the_members_is_unknown(command: Command) -> None:
    FACILITY.when(command).refused("unknown-facility")
    smelter().when(command.model_copy(update={"member_id": "M9"})).refused("unknown-facility")
