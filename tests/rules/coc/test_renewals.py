"""The year for the Performance Standard runs from the first grant of Chain of Custody: who renews
that certificate, or is suspended and reinstated, gets no second one. After a break there is a new
grant.
"""

from datetime import date

import pytest

from contracts import certification
from contracts.coc import ScopeFacilityAdded
from contracts.values import CertificationStatus
from tests.rules.coc.test_covered_facilities import COC, TODAY, asked, events, has, withdrawn
from tests.rules.coc.world import World, granted


@pytest.fixture
def world() -> World:
    return World(TODAY)


def chain(world: World, name: str, first: date, last: date, *, entity: str = "EA") -> None:
    """A Chain of Custody certificate that covers F-98 on some days."""
    told = {"certificate_id": name, "facilities": ("F-98",), "valid_from": first, "valid_to": last}
    world.tell(granted("A", COC).model_copy(update={**told, "entity_id": entity}))
    world.settle()


def added(world: World) -> str:
    where = {"scope_id": "A", "member_id": "A", "facility_id": "F-98"}
    return world.attempt("add_scope_facility", **where, activities=("semi_fabrication",))


def due_of_f98(world: World) -> date:
    assert added(world) == ""
    [last] = events(world, ScopeFacilityAdded)
    due_on: date = last.ps_due_on
    return due_on


def test_a_renewed_certificate_gives_no_second_year(world: World) -> None:
    has(world, "F-98")
    chain(world, "FIRST", date(2025, 3, 1), date(2026, 2, 28))
    chain(world, "RENEWED", date(2026, 3, 1), date(2029, 2, 28))
    assert added(world) == "ps-certificate-overdue"
    opening = asked("X", "F-1", "F-98", activities=("semi_fabrication",))
    assert world.attempt("open_scope", **opening) == "ps-certificate-overdue"


def test_the_year_runs_from_the_first_of_certificates_that_follow_each_other(world: World) -> None:
    """With a provisional year, a renewal in time, and one before its end."""
    has(world, "F-98")
    chain(world, "THIRD", date(2026, 5, 15), date(2029, 5, 14))
    chain(world, "FIRST", date(2025, 9, 1), date(2026, 1, 31))
    chain(world, "SECOND", date(2026, 2, 1), date(2026, 6, 30))
    assert due_of_f98(world) == date(2026, 9, 1)


def test_a_certificate_after_a_break_is_a_grant_of_its_own(world: World) -> None:
    has(world, "F-98")
    chain(world, "FIRST", date(2025, 3, 1), date(2026, 2, 27))
    chain(world, "LATER", date(2026, 3, 1), date(2029, 2, 28))
    assert due_of_f98(world) == date(2027, 3, 1)


@pytest.mark.parametrize(
    ("withdrawn_on", "due_on"),
    [(date(2026, 3, 1), date(2026, 9, 1)), (date(2026, 2, 15), date(2027, 3, 1))],
)
def test_one_that_was_withdrawn_held_until_the_day_before(
    world: World, withdrawn_on: date, due_on: date
) -> None:
    """For its renewal, or before there was one."""
    has(world, "F-98")
    chain(world, "FIRST", date(2025, 9, 1), date(2028, 8, 31))
    withdrawn(world, "FIRST", withdrawn_on)
    chain(world, "LATER", date(2026, 3, 1), date(2029, 2, 28))
    assert due_of_f98(world) == due_on


def test_a_suspension_that_ended_gives_no_second_year(world: World) -> None:
    has(world, "F-98")
    chain(world, "FIRST", date(2025, 9, 1), date(2028, 8, 31))
    status = CertificationStatus
    for day, word in ((4, status.SUSPENDED), (5, status.CERTIFIED_FULL)):
        world.tell(
            certification.CertificateStatusCorrected(
                certificate_id="FIRST", member_id="A", effective_on=date(2026, day, 1), status=word
            )
        )
    world.settle()
    assert due_of_f98(world) == date(2026, 9, 1)


def test_what_another_entity_was_granted_is_not_its_own(world: World) -> None:
    has(world, "F-98")
    chain(world, "OTHERS", date(2025, 3, 1), date(2026, 2, 28), entity="EB")
    chain(world, "OWN", date(2026, 3, 1), date(2029, 2, 28))
    assert due_of_f98(world) == date(2027, 3, 1)
