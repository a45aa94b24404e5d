"""Claims stop on a day within a period, since an overdraft that came with a scope was not made good
by its own last day (5.4, 5.6 rule 7): what names it, by when it was due, until when it holds."""

from datetime import date

import pytest

from contracts.custody import PoolKey
from infra.errors import Refused
from services.coc_ledger.accounting.stops import Stop, before, late_stops, may_stop, stops
from services.coc_ledger.rows import PoolRow
from tests.rules.coc.test_balance_goes_over import (
    CARRIED,
    LAST,
    NEXT,
    SWITCH,
    at,
    key_of,
    moved,
    overdrawn,
)
from tests.rules.coc.test_balance_on import told
from tests.rules.coc.test_periods_and_orders import (
    AFTER,
    EVERY,
    close,
    document,
    later,
    send,
    stocked,
)
from tests.rules.coc.test_sellable import answer
from tests.rules.coc.world import LEDGER, World

CUT = date(2027, 1, 1)
A2 = key_of("A2", SWITCH)
MISSED = "50 kg of overdraft were not made good by their own last day, 2027-12-31"


def stopped_within() -> World:
    """Of 150 kg that A2 is to make good through 2027, within its first year, 100 were."""
    world = overdrawn(successor_from=SWITCH)
    world.today = date(2028, 2, 1)
    look = {"scope_id": "A2", "member_id": "A", "supplier_id": "YARD"}
    world.send("record_due_diligence", **look, topics=EVERY, performed_on=date(2027, 1, 5))
    moved(world, "receive_material", 1000, at("A2", date(2027, 8, 1)))
    moved(world, "ship_material", 100, at("A2", date(2027, 8, 1)))
    return world


def named(world: World, day: date, key: PoolKey = A2) -> list[Stop]:
    """What the balance of a day names, as the service's queries find it."""
    row: PoolRow = world.reader.row("pools", key.key)
    rows = {one: world.reader.row("pools", one) for one in before(row)}
    return [*stops(row, rows, LEDGER.policies), *late_stops(row, rows, told(world, day, key).late)]


def test_a_stop_that_begins_on_a_day_within_a_period_is_named_from_that_day_on() -> None:
    world = stopped_within()
    found = told(world, NEXT, A2)
    assert (found.stopped, found.barred) == (True, MISSED)
    [stop] = named(world, NEXT)
    assert stop == Stop(key_of("A", CUT).key, CUT, date(2027, 6, 30), SWITCH, MISSED)
    assert (told(world, LAST, A2).stopped, named(world, LAST)) == (False, [])
    assert may_stop(world.reader.row("pools", A2.key))


def test_what_had_stopped_claims_within_a_period_is_named_once_it_is_made_good() -> None:
    world = stopped_within()
    moved(world, "ship_material", 900, at("A2", world.today))
    found = told(world, world.today, A2)
    assert (found.stopped, found.made_good) == (False, True)
    assert [one.reason for one in named(world, world.today)] == [MISSED]


def test_a_claim_that_is_refused_for_it_names_the_same() -> None:
    world = stopped_within()
    moved(world, "ship_material", 10, at("A2", world.today))
    with pytest.raises(Refused) as refused:
        send(world, document("D-9", 1, scope_id="A2", day=world.today))
    assert refused.value.slug == "claim-not-covered"
    assert refused.value.facts["blocked_because"] == [MISSED]
    assert f"Claims are stopped: {MISSED}." in refused.value.sentence


# --- until when the rest may be sold ---


def test_the_answer_ends_on_the_last_day_of_an_overdraft_that_is_not_made_good() -> None:
    """A declared case lets 200 kg be claimed ahead of input, 50 of them on what is owed still."""
    world = stopped_within()
    world.send("declare_overdraft_case", **at("A2", world.today), reason="flood")
    world.settle()
    then, after = answer(world, LAST, A2), answer(world, NEXT, A2)
    assert (then.kg, then.ahead_kg, then.until) == (150, 150, LAST)
    assert then.because == "an overdraft is to be made good, and is not yet"
    assert (after.kg, after.barred) == (0, MISSED)


def test_the_answer_goes_on_where_the_overdraft_is_made_good_by_its_last_day() -> None:
    world = stopped_within()
    moved(world, "ship_material", 900, at("A2", LAST))
    found = answer(world, LAST, A2)
    assert (found.kg, found.until) == (850, date(2028, 6, 30))
    assert told(world, LAST, A2).overdue_on is None


def test_an_overdraft_that_is_made_good_late_ends_no_answer_where_no_less_is_covered_then() -> None:
    """Behind its day there is nothing ahead of input, and more that is covered without."""
    world = stopped_within()
    world.send("declare_overdraft_case", **at("A2", world.today), reason="flood")
    moved(world, "ship_material", 900, at("A2", NEXT))
    found = [answer(world, day, A2) for day in (LAST, NEXT)]
    assert [(one.kg, one.until) for one in found] == [(kg, date(2028, 6, 30)) for kg in (150, 850)]


def test_what_was_carried_is_told_also_of_a_day_before_the_close_that_told_it() -> None:
    """It was not covered then, and a claim of that day may use it by now."""
    world = stocked()
    world.today = AFTER
    close(world)
    early = date(2027, 1, 5)
    found = told(world, early, later())
    assert (found.stood.terms.carried_kg, found.unused) == (0, ((LAST, CARRIED),))
    moved(world, "ship_material", CARRIED, at("A", AFTER))
    then = answer(world, early, later())
    assert (then.kg, then.until) == (CARRIED, LAST)
    end = "the period ends; nothing of it is carried on: it is what was carried into it"
    assert then.because == end


# --- what is heard first ---


def refused(world: World, key: PoolKey, day: date, mass: int = 5) -> Refused:
    fields = document("D-9", mass, scope_id=key.scope_id, day=day)
    with pytest.raises(Refused) as found:
        send(world, fields)
    return found.value


def test_who_has_shipped_nothing_hears_first_that_claims_are_stopped_and_then_that() -> None:
    """To ship it would help nobody while they are."""
    world = overdrawn(successor_from=SWITCH)
    world.today = date(2028, 2, 1)
    found = refused(world, A2, world.today)
    missed = MISSED.replace("50 kg", "150 kg")
    assert (found.slug, found.facts["blocked_because"]) == ("claim-not-covered", [missed])
    assert f"Claims are stopped: {missed}. 0 kg have left in the period" in found.sentence


def test_where_nothing_stops_claims_metal_that_has_not_left_is_said_alone() -> None:
    world = overdrawn(successor_from=SWITCH)
    assert refused(world, A2, SWITCH).slug == "lot-not-shipped"


def test_what_is_made_good_stops_no_claim_of_metal_that_has_not_left() -> None:
    world = stopped_within()
    moved(world, "ship_material", 900, at("A2", world.today))
    found = refused(world, A2, world.today, 1001)
    assert (found.slug, found.facts["shipped_kg"]) == ("lot-not-shipped", 1000)
