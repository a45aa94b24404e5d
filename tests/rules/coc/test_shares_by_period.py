"""A joint venture's share is measured in the period in which the kilograms are claimed."""

from datetime import date
from typing import Any

from contracts import certification
from contracts.values import CertificationStatus
from services.coc_ledger.pools.commands import DesignateOutput
from services.coc_ledger.replaced import replaced
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


def two(first: int, second: int, percent: str = "10") -> World:
    """D-1 is B's by its share, D-2 a stranger's; then the year of 930 kg is closed."""
    world = stocked()
    assert share(world, percent, date(2026, 6, 1)) == ""
    assert issue(world, "D-1", first) == ""
    assert issue(world, "D-2", second, **STRANGER) == ""
    world.today = AFTER
    close(world)
    later_output(world, 2000)
    return world


def test_what_a_correction_keeps_of_a_partners_share_is_not_taken_again_by_another_one() -> None:
    world = two(50, 60)
    assert corrected(world, "D-1b", "D-1", 49) == ""
    assert corrected(world, "D-2b", "D-2", 60) == "share-exceeded", "93 kg, D-1b keeps 49"
    assert corrected(world, "D-2b", "D-2", 45) == "share-exceeded"
    assert corrected(world, "D-2b", "D-2", 44) == ""


def test_nor_is_what_a_correction_kept_that_named_the_partner_first() -> None:
    world = stocked()
    assert share(world, "10", date(2026, 6, 1)) == ""
    assert issue(world, "D-1", 60, **STRANGER) == ""
    assert issue(world, "D-2", 60, **STRANGER) == ""
    world.today = AFTER
    close(world)
    later_output(world, 2000)
    assert corrected(world, "D-1b", "D-1", 60) == ""
    assert corrected(world, "D-2b", "D-2", 34) == "share-exceeded", "93 kg, D-1b keeps 60"
    assert corrected(world, "D-1c", "D-1b", 50) == ""
    assert corrected(world, "D-2b", "D-2", 43) == "", "D-1c keeps 50 of it"


def test_a_share_is_free_again_once_its_correction_names_somebody_else_or_is_withdrawn() -> None:
    world = two(60, 60)
    assert corrected(world, "D-1b", "D-1", 60, **STRANGER) == ""
    assert corrected(world, "D-2b", "D-2", 60) == ""
    where = {"member_id": "A", "reason": "not-delivered"}
    assert world.attempt("withdraw_document", number="D-2b", **where) == ""
    world.settle()
    assert corrected(world, "D-1c", "D-1b", 60) == "", "nothing of the 93 kg is taken"


def test_a_correction_of_what_was_sold_before_the_venture_takes_nothing_of_a_closed_year() -> None:
    world = stocked()
    assert issue(world, "D-1", 90) == ""
    assert issue(world, "D-2", 60, **STRANGER) == ""
    assert share(world, "10", date(2026, 6, 1)) == ""
    world.today = AFTER
    close(world)
    later_output(world, 2000)
    assert corrected(world, "D-1b", "D-1", 80) == ""
    assert world.pool(KEY).stakes == {}
    assert corrected(world, "D-2b", "D-2", 60) == ""


def test_two_corrections_decided_at_once_do_not_take_the_last_of_a_share_both() -> None:
    world = two(1, 60)
    assert corrected(world, "D-1b", "D-1", 1) == ""
    old = replaced("D-2", "B", CORRECTED, world.known())
    asked: dict[str, Any] = {"replaced": old, "customer_scope_id": "B", "day": CORRECTED}
    late = DesignateOutput.model_construct(**asked)
    assert corrected(world, "D-2b", "D-2", 60) == ""

    def taken(command: DesignateOutput) -> list[int]:
        return [one.taken_kg for one in command.replaced.shares] if command.replaced else []

    assert taken(late) == [1], "what was known when it was asked"
    assert taken(late.fresh(world.desk.state)) == [61]
