"""A joint venture's share is measured in the period in which the kilograms are claimed."""

from datetime import date
from typing import Any

from contracts import certification
from contracts.values import CertificationStatus
from tests.rules.coc.test_partners import share
from tests.rules.coc.test_periods_and_orders import AFTER, KEY, close, document, later, stocked
from tests.rules.coc.world import World

CORRECTED = date(2027, 1, 5)
STRANGER: dict[str, Any] = {
    "customer": {"name": "C", "address": "x"},
    "registration_id": "a-registration-id-of-c",
}


def issue(world: World, number: str, mass: int, **more: Any) -> str:
    """Why it is refused; nothing when it is not."""
    told = document(number, mass, **more)
    del told["command_name"]
    refused = world.attempt("issue_document", **told)
    world.settle()
    return refused


def corrected(world: World, number: str, old: str, mass: int, **more: Any) -> str:
    return issue(
        world, number, mass, **{"day": CORRECTED, **more}, replaces=old, correction_reason="weighed"
    )


def over(percent: str = "10") -> World:
    """90 kg of 930 are B's by its share of 10 %; then the year is closed."""
    world = stocked()
    assert share(world, percent, date(2026, 6, 1)) == ""
    assert issue(world, "D-1", 90) == ""
    world.today = AFTER
    close(world)
    return world


def later_output(world: World, mass: int) -> None:
    """Metal that came and left in the year after."""
    where = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": CORRECTED}
    scrap = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-9"}
    world.send("receive_material", **where, movement_id="IN-9", mass_kg=mass, **scrap)
    world.send("ship_material", **where, movement_id="OUT-9", mass_kg=mass)
    world.settle()


def test_a_correction_that_stays_in_a_closed_year_is_not_measured_against_the_present_one() -> None:
    world = over()
    assert corrected(world, "D-2", "D-1", 60) == ""
    assert world.pool(later()).stakes == {}
    assert corrected(world, "D-3", "D-2", 50) == "", "nor is the correction of that"


def test_what_was_sold_before_the_venture_was_listed_is_corrected_without_a_share() -> None:
    world = stocked()
    assert issue(world, "D-1", 90) == ""
    assert share(world, "1", date(2026, 6, 1)) == ""
    world.today = AFTER
    close(world)
    assert corrected(world, "D-2", "D-1", 60) == ""


def test_neither_is_it_in_the_year_of_the_sale_unless_more_is_taken() -> None:
    world = stocked()
    assert issue(world, "D-1", 90) == ""
    assert share(world, "1", date(2026, 6, 1)) == ""
    on = {"day": date(2026, 6, 1)}
    assert corrected(world, "D-2", "D-1", 91, **on) == "share-exceeded"
    assert corrected(world, "D-2", "D-1", 60, **on) == ""
    assert world.pool(KEY).stakes == {}


def test_all_of_the_present_years_share_is_left_after_a_correction_of_a_closed_one() -> None:
    world = over()
    later_output(world, 200)
    assert corrected(world, "D-2", "D-1", 60) == ""
    assert issue(world, "D-3", 21, day=CORRECTED) == "share-exceeded"
    assert issue(world, "D-3", 20, day=CORRECTED) == ""


def test_what_a_correction_takes_beyond_a_closed_year_is_of_the_present_ones_share() -> None:
    world = over()
    later_output(world, 200)
    assert corrected(world, "D-2", "D-1", 111) == "share-exceeded"
    assert corrected(world, "D-2", "D-1", 105) == ""
    assert [one.kg for one in world.pool(later()).stakes.values()] == [15]
    assert issue(world, "D-3", 6, day=CORRECTED) == "share-exceeded"


def test_a_share_that_became_smaller_lets_a_correction_to_less_through() -> None:
    world = stocked()
    share(world, "10", date(2026, 6, 1))
    assert issue(world, "D-1", 90) == ""
    share(world, "5", date(2026, 6, 10))
    on = {"day": date(2026, 6, 10)}
    assert corrected(world, "D-2", "D-1", 80, **on) == ""
    assert [(one.kg, one.counts) for one in world.pool(KEY).stakes.values()] == [
        (90, False),
        (80, True),
    ]
    assert issue(world, "D-3", 1, **on) == "share-exceeded"


def test_a_partner_that_is_not_certified_any_more_keeps_what_it_took() -> None:
    world = over()
    gone = certification.CertificateSuspended(
        certificate_id="CB-PS",
        member_id="B",
        effective_on=date(2027, 1, 1),
        status=CertificationStatus.SUSPENDED,
    )
    world.tell(gone)
    later_output(world, 200)
    assert corrected(world, "D-2", "D-1", 91) == "holder-ps-certificate-needed"
    assert corrected(world, "D-2", "D-1", 60) == ""


def test_a_partner_that_a_correction_names_is_asked_for_its_share_of_the_closed_year() -> None:
    world = stocked()
    share(world, "10", date(2026, 6, 1))
    assert issue(world, "D-1", 50) == ""
    assert issue(world, "D-2", 60, **STRANGER) == ""
    world.today = AFTER
    close(world)
    later_output(world, 2000)
    assert corrected(world, "D-3", "D-2", 60) == "share-exceeded", "93 kg of 930, 50 are taken"
    assert corrected(world, "D-3", "D-2", 43) == ""
    assert world.pool(later()).stakes == {}
