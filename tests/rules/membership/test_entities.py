"""Entities: one id once, changed, closed when empty (sources.md 1.6)."""

from datetime import date

import pytest

from contracts.facilities import EntityChanged, EntityClosed
from services.membership.entity import ChangeEntity, CloseEntity, RegisterEntity
from services.membership.evidence import EntityContents, MemberEvidence
from tests.rules.membership.sites import ENTITY, ENTITY_REGISTERED, MEMBER, ON

REGISTER = RegisterEntity(
    on=ON, entity_id="E1", member_id="M1", name="North Metals", country="NO", member=MEMBER
)
CHANGE = ChangeEntity(on=ON, entity_id="E1", member_id="M1", name="Nordic Metals", country="NO")
GIVEN = ENTITY.given(ENTITY_REGISTERED)


def contents(*open_facilities: str, entity_id: str = "E1") -> EntityContents:
    return EntityContents(entity_id=entity_id, open_facilities=open_facilities, known_through=44)


def close(found: EntityContents | None, member_id: str = "M1") -> CloseEntity:
    return CloseEntity(on=ON, entity_id="E1", member_id=member_id, contents=found)


CLOSED = EntityClosed(entity_id="E1", member_id="M1", effective_on=ON, known_through=44)


def test_an_entity_is_registered_with_the_evidence_of_its_member() -> None:
    ENTITY.when(REGISTER).then(ENTITY_REGISTERED)


def test_the_same_again_changes_nothing_another_content_is_refused_with_what_differs() -> None:
    GIVEN.when(REGISTER).nothing()
    GIVEN.when(REGISTER.model_copy(update={"name": "X", "country": "SE"})).refused(
        "entity-already-registered", differs=["country", "name"]
    )


def test_an_id_of_another_member_is_taken_and_nothing_of_it_is_told() -> None:
    answered = GIVEN.when(REGISTER.model_copy(update={"member_id": "M2"}))
    answered.refused("entity-already-registered")
    assert answered.refusal is not None
    assert set(answered.refusal.facts) == {"entity_id"}


@pytest.mark.parametrize(
    ("member", "slug"),
    [
        (None, "unknown-member"),
        (MEMBER.model_copy(update={"member_id": "M9"}), "unknown-member"),
        (MEMBER.model_copy(update={"standing": "under_review"}), "not-a-member"),
        (MEMBER.model_copy(update={"standing": "forfeited"}), "not-a-member"),
    ],
)
def test_only_a_members_group_can_grow(member: MemberEvidence | None, slug: str) -> None:
    ENTITY.when(REGISTER.model_copy(update={"member": member})).refused(slug)


def test_a_suspended_member_may_still_register() -> None:
    suspended = MEMBER.model_copy(update={"standing": "suspended"})
    ENTITY.when(REGISTER.model_copy(update={"member": suspended})).then(ENTITY_REGISTERED)


def test_an_entity_may_change_and_the_same_change_changes_nothing() -> None:
    GIVEN.when(CHANGE).then(
        EntityChanged(
            entity_id="E1", member_id="M1", name="Nordic Metals", country="NO", effective_on=ON
        )
    ).and_when(CHANGE).nothing()


def test_an_entity_without_open_facilities_may_close() -> None:
    GIVEN.when(close(contents())).then(CLOSED).and_when(close(contents())).nothing()


def test_an_entity_with_open_facilities_may_not() -> None:
    GIVEN.when(close(contents("F1", "F2"))).refused(
        "entity-has-open-facilities", open_facilities=["F1", "F2"]
    )


@pytest.mark.parametrize("found", [None, contents(entity_id="E7")])
def test_closing_needs_to_know_what_it_contains(found: EntityContents | None) -> None:
    GIVEN.when(close(found)).refused("entity-contents-unknown")


def test_a_closed_entity_stays_closed() -> None:
    closed = GIVEN.given(CLOSED)
    closed.when(CHANGE).refused("entity-closed")
    closed.when(REGISTER).refused("entity-closed")


@pytest.mark.parametrize("member_id", ["M1", "M2"])
def test_an_entity_that_is_not_the_members_is_unknown(member_id: str) -> None:
    given = ENTITY if member_id == "M1" else GIVEN
    given.when(CHANGE.model_copy(update={"member_id": member_id})).refused("unknown-entity")
    given.when(close(contents(), member_id)).refused("unknown-entity")


def test_days_are_those_of_the_command() -> None:
    later = date(2025, 1, 2)
    answered = GIVEN.when(CHANGE.model_copy(update={"on": later}))
    assert answered.events[0].model_dump()["effective_on"] == later
