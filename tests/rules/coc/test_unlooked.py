"""Suppliers of material without CoC whom nobody looked at: listed with their masses, and a finding
of the close (rules 5.5, 5.6, R-28)."""

from datetime import date
from typing import Any

import pytest

from contracts.coc import MovementBooked, PoolClosed
from contracts.coc_corrections import PoolCorrected
from contracts.custody import Origin, PoolKey, Remark, Stage, Topic
from services.coc_ledger.evidence import Unlooked
from services.coc_ledger.knowledge import unlooked_in
from tests.rules.coc.test_late_deliveries import AFTER, year_ends
from tests.rules.coc.test_periods_and_orders import EVERY, close
from tests.rules.coc.world import YEAR, World

TODAY = date(2026, 6, 1)
APRIL, MAY = date(2026, 4, 5), date(2026, 5, 5)
KEY = PoolKey(scope_id="A", stage=Stage.ALUMINIUM, period=YEAR)
OWN = {"scope_id": "A", "member_id": "A"}
ALL = tuple(sorted(Topic))


def receipt(name: str, kg: int, supplier: str | None, day: date, **more: Any) -> dict[str, Any]:
    """Material without CoC comes to A."""
    fields = {**OWN, "stage": "aluminium", "day": day, "movement_id": name, "mass_kg": kg}
    return {**fields, "origin": "non_coc", "supplier_id": supplier, **more}


def looked_at(world: World, supplier: str, day: date, topics: tuple[str, ...] = EVERY) -> None:
    look = {"supplier_id": supplier, "topics": topics, "performed_on": day}
    world.send("record_due_diligence", **OWN, **look)


def bought(*receipts: dict[str, Any], together: bool = False) -> World:
    world = World(TODAY)
    if together:
        world.send_together([("receive_material", one) for one in receipts])
    for one in () if together else receipts:
        world.send("receive_material", **one)
    world.settle()
    return world


def listed(world: World) -> list[tuple[str | None, int, int]]:
    """Suppliers that are not looked at: their receipts, and kilograms."""
    found = unlooked_in(KEY, world.known())
    return [(one.supplier_id, one.movements, one.mass_kg) for one in found]


@pytest.mark.parametrize("together", [False, True])
def test_suppliers_without_any_record_are_listed_with_what_they_brought(*, together: bool) -> None:
    world = bought(
        receipt("M-1", 100, "TRADER", APRIL),
        receipt("M-2", 50, "TRADER", MAY),
        receipt("M-3", 7, "OTHER", MAY, origin="pre_consumer_scrap"),
        receipt("M-4", 3, None, APRIL),
        together=together,
    )
    [unnamed, other, trader] = unlooked_in(KEY, world.known())
    assert (unnamed.supplier_id, unnamed.mass_kg) == (None, 3)
    assert (other.supplier_id, other.mass_kg) == ("OTHER", 7)
    assert trader == Unlooked(
        supplier_id="TRADER", movements=2, mass_kg=150, first_on=APRIL, last_on=MAY, missing=ALL
    )


@pytest.mark.parametrize("together", [False, True])
def test_who_was_looked_at_is_not_listed(*, together: bool) -> None:
    world = World(TODAY)
    looked_at(world, "TRADER", YEAR)
    lots = [receipt("M-1", 100, "TRADER", APRIL), receipt("M-2", 50, "TRADER", MAY)]
    if together:
        world.send_together([("receive_material", one) for one in lots])
    for one in () if together else lots:
        world.send("receive_material", **one)
    world.settle()
    assert listed(world) == []
    assert world.known().unlooked(KEY.key) == [], "and nothing is kept of them"


def test_a_look_that_is_recorded_later_counts_from_the_day_on_which_it_was_made() -> None:
    world = bought(receipt("M-1", 100, "TRADER", APRIL), receipt("M-2", 50, "TRADER", MAY))
    looked_at(world, "TRADER", MAY)
    assert listed(world) == [("TRADER", 1, 100)]
    looked_at(world, "TRADER", APRIL)
    assert listed(world) == []


def test_a_look_at_some_topics_leaves_the_others_missing() -> None:
    world = bought(receipt("M-1", 100, "TRADER", MAY))
    looked_at(world, "TRADER", APRIL, EVERY[:3])
    [found] = unlooked_in(KEY, world.known())
    assert found.missing == (Topic.CONFLICT_AFFECTED_AREAS,)


def test_a_receipt_that_is_taken_back_counts_no_more() -> None:
    world = bought(receipt("M-1", 100, "TRADER", APRIL), receipt("M-2", 50, "TRADER", APRIL))
    back = {**OWN, "stage": "aluminium", "day": APRIL, "movement_id": "BACK"}
    world.send("reverse_movement", **back, reverses="M-1")
    world.settle()
    assert listed(world) == [("TRADER", 1, 50)]
    world.send("reverse_movement", **{**back, "movement_id": "BACK-2"}, reverses="M-2")
    world.settle()
    assert listed(world) == []


def test_a_mine_of_ones_own_is_no_supplier() -> None:
    """What R-28 remarks of a mine that is not certified is something else."""
    world = bought(receipt("M-1", 100, "TRADER", APRIL))
    [told] = [one.event for one in world.desk.log if isinstance(one.event, MovementBooked)]
    assert [one.rule for one in told.remarks] == ["R-28"]
    mined = told.model_copy(update={"movement_id": "M-2", "origin": Origin.OWN_MINE})
    world.tell(mined, "coc_ledger")
    world.settle()
    assert listed(world) == [("TRADER", 1, 100)]


# --- the close ---


def found_by(event: PoolClosed | PoolCorrected) -> list[Remark]:
    return [one for one in event.remarks if one.rule == "R-28"]


def closes(world: World) -> list[PoolClosed | PoolCorrected]:
    kinds = PoolClosed | PoolCorrected
    return [one.event for one in world.desk.log if isinstance(one.event, kinds)]


def test_a_close_finds_whom_nobody_looked_at() -> None:
    lots = [receipt(f"M-{kg}", kg, f"S-{kg}", APRIL) for kg in range(1, 8)]
    world = bought(*lots)
    looked_at(world, "S-1", YEAR)
    year_ends(world, AFTER)
    close(world)
    [remark] = found_by(closes(world)[-1])
    assert remark.severity == "minor"
    assert remark.sentence == (
        "27 kg without CoC came from suppliers without a valid record of due diligence: S-7, S-6,"
        " S-5, S-4, S-3 and 1 more."
    )


def test_a_close_finds_nothing_where_all_were_looked_at() -> None:
    world = bought(receipt("M-1", 100, "TRADER", APRIL))
    looked_at(world, "TRADER", YEAR)
    year_ends(world, AFTER)
    close(world)
    assert found_by(closes(world)[-1]) == []


def test_a_correction_of_the_close_still_says_what_that_found() -> None:
    world = bought(receipt("M-1", 100, "TRADER", APRIL), receipt("M-2", 1, None, APRIL))
    year_ends(world, AFTER)
    close(world)
    told = found_by(closes(world)[-1])
    assert told[0].sentence.endswith(": TRADER, one that is not named.")
    back = {**OWN, "stage": "aluminium", "day": APRIL, "movement_id": "BACK", "reason": "mistake"}
    world.send("reverse_movement", **back, reverses="M-2")
    world.settle()
    last = closes(world)[-1]
    assert isinstance(last, PoolCorrected)
    assert found_by(last) == told
