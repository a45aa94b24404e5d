"""What lapsed of a balance before a claim is no source of it: a trace names what covered it, and
says where the rest ended, the same both ways (5.4, 5.6 rule 7)."""

import json
from datetime import date
from typing import Any

import pytest

from services.coc_ledger.pools.earlier import LeftBefore
from services.coc_ledger.traces.kept import PoolPart
from services.coc_ledger.traces.lapsed import Lasting, lapsed_by, lasting_of
from services.coc_ledger.traces.trace import WHOLE, final_parts
from tests.rules.coc.test_balance_goes_over import (
    CARRIED,
    LAST,
    NEXT,
    SWITCH,
    at,
    claimed,
    gone_over,
    in_second_year,
    key_of,
    moved,
    opened,
)
from tests.rules.coc.test_last_days import USED_ON
from tests.rules.coc.test_lineage import book, confirm, issue, pairs, traced
from tests.rules.coc.test_periods_and_orders import AFTER, EVERY, close, stocked
from tests.rules.coc.world import World

THEN = date(2028, 2, 1)
OWN = 1000
A4 = key_of("A4", SWITCH)
CAME = ("carried", key_of("A", date(2027, 1, 1)).key)
SCRAP = ("post_consumer_scrap", None)


def lapsing(world: World) -> World:
    """What was carried into A's 2027 comes with A into A4, whose first year has begun, and serves
    through the end of 2027; 1,000 kg of its own come and leave in February."""
    opened(world, "A4", SWITCH)
    gone_over(world, "A4")
    world.today = THEN
    look = {"scope_id": "A4", "member_id": "A", "supplier_id": "YARD"}
    world.send("record_due_diligence", **look, topics=EVERY, performed_on=USED_ON)
    moved(world, "receive_material", OWN, at("A4", THEN))
    moved(world, "ship_material", OWN, at("A4", THEN))
    moved(world, "ship_material", CARRIED, at("A4", USED_ON))
    return world


def sources(
    world: World, number: str, day: date | None = None
) -> dict[tuple[str, str | None], int]:
    """What a document comes from first."""
    nodes = traced(world, "up", number, day)
    assert final_parts(nodes) == WHOLE
    return {(one.kind, one.pool): one.parts for one in nodes if one.level == 1}


def test_what_lapsed_unused_before_a_claim_is_no_source_of_it() -> None:
    world = lapsing(in_second_year())
    assert claimed(world, "D-1", OWN, THEN, "A4") == ""
    for day in (None, THEN):
        assert sources(world, "D-1", day) == {SCRAP: WHOLE}


def test_of_a_balance_that_was_used_in_part_that_part_is_a_source() -> None:
    """As a mass balance has it: all that is claimed of a pool comes from all that covers it."""
    world = lapsing(in_second_year())
    assert claimed(world, "D-1", 100, USED_ON, "A4") == ""
    assert sources(world, "D-1", USED_ON) == {CAME: WHOLE}
    assert claimed(world, "D-2", OWN, THEN, "A4") == ""
    came = round(WHOLE * 100 / 1100)
    assert sources(world, "D-2") == {CAME: came, SCRAP: WHOLE - came}


@pytest.mark.parametrize("named", [True, False])
def test_through_its_last_day_all_that_is_carried_is_a_source(*, named: bool) -> None:
    """Also of a trace that names no day."""
    world = lapsing(in_second_year())
    assert claimed(world, "D-1", 100, THEN, "A4") == ""
    whole = round(WHOLE * CARRIED / (CARRIED + OWN))
    world.today = LAST
    assert sources(world, "D-1", None)[CAME] == whole
    world.today = NEXT
    assert sources(world, "D-1", THEN if named else None) == {SCRAP: WHOLE}


def bought_first() -> World:
    """The same, after A bought 300 kg of B in its first year."""
    world = stocked()
    look = {"scope_id": "B", "member_id": "B", "supplier_id": "YARD"}
    world.send("record_due_diligence", **look, topics=EVERY, performed_on=date(2026, 1, 5))
    scrap: dict[str, Any] = {"origin": "post_consumer_scrap", "supplier_id": "YARD"}
    scrap["origin_ref"] = "note-1"
    book(world, "B", "aluminium", "receive_material", 300, **scrap)
    book(world, "B", "aluminium", "ship_material", 300)
    issue(world, "D-0", ("B", "A"), "coc_casthouse_product", 300, date(2026, 5, 1))
    confirm(world, "D-0", 300, date(2026, 5, 2), "A")
    world.today = AFTER
    close(world)
    world.today = date(2027, 6, 1)
    return lapsing(world)


def test_what_lapsed_ends_unclaimed_where_it_was_left_and_both_ways_say_the_same() -> None:
    world = bought_first()
    assert claimed(world, "D-1", 100, USED_ON, "A4") == ""
    assert claimed(world, "D-2", OWN, THEN, "A4") == ""
    carried = world.pool(A4).carried_kg
    nodes = [one for one in traced(world, "down", "D-0") if one.level == 2]
    parts = {(one.kind, one.pool): one.parts for one in nodes}
    assert set(parts) == {("carried", A4.key), ("unclaimed", None)}
    assert round(sum(parts.values()) * 100 / carried) == parts["carried", A4.key]
    for day in (None, USED_ON, LAST, THEN):
        assert pairs(world, "up", day) == pairs(world, "down", day)
    assert ("D-2", "D-0", 3) in pairs(world, "up", None)


def test_what_lapsed_unused_leads_nowhere_either_way() -> None:
    world = bought_first()
    assert claimed(world, "D-2", OWN, THEN, "A4") == ""
    assert {one.kind for one in traced(world, "down", "D-0") if one.final} == {"unclaimed"}
    assert ("D-2", "D-0", 3) not in pairs(world, "up", None) | pairs(world, "down", None)


def test_what_lapses_is_of_the_pools_that_left_it_in_proportion_on_one_day() -> None:
    """And of the part with the earlier day no more than was not used."""
    left = [
        tuple(LeftBefore("P", "2027-07-01", 90, "2027-07-01", 0, (("2027-12-31", 90),))),
        tuple(LeftBefore("Q", "2027-08-01", 30, "2027-08-01", 0, (("2027-12-31", 30),))),
        tuple(LeftBefore("R", "2027-08-01", 50, "2027-08-01", 0, (("2028-03-31", 50),))),
    ]
    lasting = lasting_of(json.dumps(left))
    assert Lasting(LAST, 90, "P") in lasting
    part = PoolPart("X", "2027-07-01", "A", "", "", "2028-06-30", None, 170, 40, "[]", None, "[]")
    found = [lapsed_by(day, part, lasting, {}, None) for day in (LAST, NEXT, date(2028, 4, 1))]
    assert found == [{}, {"P": 60, "Q": 20}, {"P": 60, "Q": 20, "R": 50}]
