"""What is claimed ahead of input is a source of its own in a trace, and holds nothing of what came
in."""

from datetime import date
from typing import Any

from services.coc_ledger.traces.trace import WHOLE
from tests.rules.coc.monthly import EVERY
from tests.rules.coc.test_lineage import DAY, book, confirm, issue, traced
from tests.rules.coc.world import YEAR, World

SCRAP = {"origin": "post_consumer_scrap", "supplier_id": "YARD"}


def ahead(non_coc: int = 0) -> World:
    """D-1 claims 115 of A: 15 more than its input covers."""
    world = World(date(2026, 6, 1))
    looked = {"supplier_id": "YARD", "performed_on": YEAR, "topics": EVERY}
    world.send("record_due_diligence", scope_id="A", member_id="A", **looked)
    scrap: dict[str, Any] = {**SCRAP, "origin_ref": "note-1"}
    book(world, "A", "aluminium", "receive_material", 100, **scrap)
    if non_coc:
        book(world, "A", "aluminium", "receive_material", non_coc, origin="non_coc")
    where = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": DAY}
    world.send("declare_overdraft_case", **where, reason="furnace-fire")
    book(world, "A", "aluminium", "ship_material", 200 if non_coc else 115)
    assert issue(world, "D-1", ("A", "B"), "coc_casthouse_product", 115, DAY) == ""
    confirm(world, "D-1", 115, DAY)
    return world


def test_the_overdraft_of_a_claim_is_a_source_of_its_own() -> None:
    found = {one.kind: one.parts for one in traced(ahead(), "up", "D-1")}
    assert found == {
        "post_consumer_scrap": round(WHOLE * 100 / 115),
        "overdraft": WHOLE - round(WHOLE * 100 / 115),
    }


def test_an_overdraft_is_found_beside_metal_without_coc_too() -> None:
    """All that is CoC has left, and half as much again was no CoC."""
    found = {one.kind: one.parts for one in traced(ahead(100), "up", "D-1")}
    assert found["overdraft"] == WHOLE - round(WHOLE * 100 / 115)


def test_what_comes_in_behind_an_overdraft_takes_its_place() -> None:
    world, later = ahead(), date(2026, 3, 1)
    scrap: dict[str, Any] = {**SCRAP, "origin_ref": "note-2"}
    book(world, "A", "aluminium", "receive_material", 15, later, **scrap)
    assert [one.kind for one in traced(world, "up", "D-1")] == ["post_consumer_scrap"]
    then = [one.kind for one in traced(world, "up", "D-1", DAY)]
    assert then == ["post_consumer_scrap", "overdraft"]


def test_what_came_in_is_found_in_the_covered_part_of_a_claim_alone() -> None:
    """115 of D-1 come into B, half of its inflow; of the 60 that it claims, 50 are covered."""
    world = ahead(100)
    book(world, "B", "aluminium", "receive_material", 115, origin="non_coc")
    where = {"scope_id": "B", "member_id": "B", "stage": "aluminium", "day": DAY}
    world.send("declare_overdraft_case", **where, reason="furnace-fire")
    book(world, "B", "aluminium", "ship_material", 100)
    # half of the 100 that left is covered, and 10 more are claimed
    assert issue(world, "D-2", ("B", "A"), "coc_casthouse_product", 60, DAY) == ""
    ends = {(one.kind, one.document): one.parts for one in traced(world, "down", "D-1")}
    of_claim, held = ends["document", "D-2"], ends["held", None]
    assert (of_claim, held) == (round(WHOLE * 50 / 115), WHOLE - round(WHOLE * 50 / 115))
