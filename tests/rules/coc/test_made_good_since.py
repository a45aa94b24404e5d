"""The day on which an overdraft was made good is the first from which on the books cover it: news
that comes and goes does not move it, nor does a correction of the close (rule 5.4)."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as some

from contracts.certification import CertificateReinstated, CertificateSuspended
from contracts.values import CertificationStatus
from services.coc_ledger.accounting.balance import rule_of
from services.coc_ledger.accounting.made_good import covered
from tests.rules.certification.given import Happened, after
from tests.rules.coc.given import POLICY
from tests.rules.coc.test_late_deliveries import AFTER, LATER, corrected, sold, year_ends
from tests.rules.coc.test_made_good import KEY_2027, claims, comes, on, where
from tests.rules.coc.test_periods_and_orders import EVERY, close, document, send
from tests.rules.coc.world import World

OWED = 990
CAME, LEFT = date(2027, 2, 10), date(2027, 2, 20)
"""Days on which a delivery came to B, and left it again: then what was owed is covered."""
GONE, MARCH, MAY = date(2027, 2, 1), date(2027, 3, 1), date(2027, 5, 1)
MUCH_LATER = date(2028, 3, 1)


def delivered(booked_on: date = LEFT, kg: int = 1000) -> World:
    """B owes 990 kg of 2026 in 2027, and covers them with a delivery of A's."""
    world = sold()
    corrected(world, 10)
    close(world, "B")
    world.today = LEFT
    look = {"scope_id": "A", "member_id": "A", "supplier_id": "YARD"}
    world.send("record_due_diligence", **look, topics=EVERY, performed_on=AFTER)
    mine = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": AFTER}
    scrap = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}
    world.send("receive_material", **mine, movement_id="A-27", mass_kg=kg, **scrap)
    world.send("ship_material", **mine, movement_id="A-28", mass_kg=kg)
    send(world, document("D-27", kg, day=CAME))
    told = {"member_id": "B", "received_kg": kg, "received_on": CAME}
    world.send("confirm_document", number="D-27", **told)
    world.settle()
    world.today = booked_on
    world.send("ship_material", **where(LEFT), movement_id="B-27", mass_kg=kg)
    world.settle()
    return world


def suspended(world: World, day: date) -> None:
    """On a day it is told that A's certificate was suspended before the delivery."""
    world.today = day
    news = CertificateSuspended(
        certificate_id="CA-CoC",
        member_id="A",
        effective_on=GONE,
        status=CertificationStatus.SUSPENDED,
    )
    world.tell(news)
    world.settle()


def reinstated(world: World, day: date) -> None:
    """On a day it is told that the suspension was none."""
    world.today = day
    news = CertificateReinstated(
        certificate_id="CA-CoC",
        member_id="A",
        effective_on=GONE,
        status=CertificationStatus.CERTIFIED_FULL,
    )
    world.tell(news)
    world.settle()


def on_the_board(world: World) -> tuple[str, date | None, date | None]:
    """The overdraft's deadline: state, since when, by when."""
    told = [one for one in world.desk.log if one.envelope.stream == KEY_2027.stream]
    days = (date.fromisoformat(one.envelope.recorded_at[:10]) for one in told)
    history = (
        Happened(one.envelope.stream, one.event, day)
        for one, day in zip(told, days, strict=True)
        if one.event.TYPE.startswith("coc.") and not one.event.TYPE.startswith("coc.period_over")
    )
    row = after(*history).deadlines[f"coc_overdraft:{KEY_2027.key}"]
    return row.state, row.closed_on, row.due_on


MET = ("met", LEFT, date(2027, 12, 31))


def test_a_suspension_that_nets_to_nothing_leaves_the_day_on_which_it_was_met() -> None:
    world = delivered()
    assert on_the_board(world) == MET
    suspended(world, MARCH)
    assert on_the_board(world)[:2] == ("open", None)
    reinstated(world, MAY)
    assert on_the_board(world) == MET


def test_what_is_booked_late_is_met_on_its_own_day() -> None:
    assert on_the_board(delivered(booked_on=MAY)) == MET


def test_what_comes_late_for_an_earlier_day_makes_it_met_from_that_day_on() -> None:
    world = delivered()
    comes(world, OWED, CAME)
    assert on_the_board(world) == ("met", CAME, MET[2])


def test_what_comes_late_and_uncovers_some_days_makes_it_met_behind_them() -> None:
    """Metal without CoC status lay there from March on, until as much CoC metal came in May."""
    world = delivered()
    world.today = MAY
    plain = {"movement_id": "PLAIN", "mass_kg": 1000, "origin": "non_coc"}
    comes(world, 2000, MAY)
    assert on_the_board(world) == MET
    world.send("receive_material", **where(MARCH), **plain)
    world.settle()
    assert on_the_board(world) == ("met", MAY, MET[2])


def test_a_close_and_its_corrections_keep_the_day() -> None:
    world = delivered()
    year_ends(world, LATER)
    close(world, "B", AFTER)
    assert on_the_board(world) == MET
    suspended(world, LATER)
    assert on_the_board(world) == ("missed", LATER, MET[2])
    reinstated(world, MUCH_LATER)
    assert on_the_board(world) == MET


def test_a_close_that_was_wrong_ends_as_one_that_never_was() -> None:
    """The delivery counts no longer: what came in March covers it since then."""
    early, late = delivered(), delivered()
    for world in (early, late):
        world.today = MARCH
        comes(world, OWED, MARCH)
    year_ends(late, LATER)
    close(late, "B", AFTER)
    assert on_the_board(late) == MET
    for world in (early, late):
        suspended(world, LATER)
    year_ends(early, LATER)
    close(early, "B", AFTER)
    assert on_the_board(late) == on_the_board(early) == ("met", MARCH, MET[2])


def test_one_that_is_missed_keeps_the_day_of_the_close_when_that_is_corrected() -> None:
    world = delivered(kg=500)
    year_ends(world, LATER)
    close(world, "B", AFTER)
    assert on_the_board(world) == ("missed", LATER, MET[2])
    suspended(world, MUCH_LATER)
    assert on_the_board(world) == ("missed", LATER, MET[2])


def test_claims_do_not_move_the_day() -> None:
    world = delivered()
    assert claims(world, "F-1", 10, LEFT) == ""
    assert on_the_board(world) == MET
    assert on(world, LEFT).owed_covered


Booked = tuple[int, int, bool]
"""A day of the year, kilograms, whether they are CoC."""


@settings(max_examples=30, deadline=None)
@given(
    some.lists(
        some.tuples(some.integers(1, 12), some.integers(100, 2000), some.booleans()), max_size=8
    )
)
def test_what_is_told_day_by_day_is_what_all_days_together_say(bookings: list[Booked]) -> None:
    """Few days are looked at after a booking; whatever their order, the day is the true one."""
    world = delivered()
    world.today = date(2027, 12, 30)
    for number, (month, kg, coc) in enumerate(bookings):
        day = date(2027, month, 15)
        if coc:
            comes(world, kg, day)
        else:
            plain = {"movement_id": f"PLAIN-{number}", "mass_kg": kg, "origin": "non_coc"}
            world.send("receive_material", **where(day), **plain)
            world.settle()
        pool = world.pool(KEY_2027)
        found = covered(pool, pool.terms, None, world.today, rule_of(POLICY))
        assert found is not None
        assert pool.made_good == found.since
