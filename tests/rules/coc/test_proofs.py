"""One proof of origin that is named in two scopes, or for two suppliers, is told with who names it;
one that covers many deliveries of a supplier is not."""

from datetime import date

import pytest

from contracts.coc_movements import MovementsBooked
from services.coc_ledger.exports.proofs import TWO_SCOPES, TWO_SUPPLIERS, Line, Proofs
from services.coc_ledger.rows import movement_key, movement_of
from tests.rules.coc.test_periods_and_orders import EVERY
from tests.rules.coc.world import YEAR, World

MAY, JUNE = date(2026, 5, 1), date(2026, 6, 1)
BOTH = frozenset({"A", "A2"})


@pytest.fixture
def world() -> World:
    """Scopes A and A2 of one member, who has looked at two yards for both."""
    world = World(date(2026, 7, 1))
    world.open("A2", "A")
    for scope in sorted(BOTH):
        for yard in ("YARD", "YARD-2"):
            look = {"scope_id": scope, "member_id": "A", "supplier_id": yard}
            world.send("record_due_diligence", **look, topics=EVERY, performed_on=YEAR)
    return world


def bring(
    world: World, name: str, proof: str, scope: str = "A", yard: str = "YARD", day: date = MAY
) -> None:
    """A ton of scrap."""
    where = {"scope_id": scope, "member_id": "A", "stage": "aluminium", "day": day}
    scrap = {"origin": "post_consumer_scrap", "supplier_id": yard, "origin_ref": proof}
    world.send("receive_material", **where, movement_id=name, mass_kg=1000, **scrap)
    world.settle()


def found(
    world: World, scope: str = "A", seen: frozenset[str] = BOTH, year: int = 2026
) -> list[Line]:
    proofs = Proofs(year)
    for one in world.desk.log:
        proofs.add(one.event)
    for key in (movement_key(*one) for one in proofs.taken_back):
        proofs.take_back(movement_of(world.reader.rows["movements"][key]))
    return list(proofs.lines(scope, seen))


def test_a_declaration_that_covers_many_deliveries_of_a_supplier_is_not_remarked_on(
    world: World,
) -> None:
    for number in range(4):
        bring(world, f"M-{number}", "note-1", day=JUNE if number else MAY)
    assert found(world) == []


def test_a_proof_of_two_suppliers_is_told_with_masses_and_days(world: World) -> None:
    bring(world, "M-1", "note-1")
    bring(world, "M-2", "note-1", day=JUNE)
    bring(world, "M-3", "note-1", yard="YARD-2")
    assert found(world) == [
        Line("note-1", (TWO_SUPPLIERS,), "A", "YARD", 2, 2000, MAY, JUNE),
        Line("note-1", (TWO_SUPPLIERS,), "A", "YARD-2", 1, 1000, MAY, MAY),
    ]


def test_a_proof_of_two_scopes_is_told_in_both_and_in_no_third(world: World) -> None:
    bring(world, "M-1", "note-1")
    bring(world, "M-1", "note-1", scope="A2")
    told = [(one.scope_id, one.remarks, one.mass_kg) for one in found(world)]
    assert told == [("A", (TWO_SCOPES,), 1000), ("A2", (TWO_SCOPES,), 1000)]
    assert found(world, "A2") == found(world)
    assert found(world, "B") == []


def test_a_scope_that_is_not_the_viewers_is_masked_and_counted_once(world: World) -> None:
    bring(world, "M-1", "note-1")
    bring(world, "M-1", "note-1", scope="A2")
    bring(world, "M-2", "note-1", scope="A2", yard="YARD-2")
    mine, theirs = found(world, seen=frozenset({"A"}))
    assert (mine.scope_id, mine.remarks) == ("A", (TWO_SCOPES, TWO_SUPPLIERS))
    assert theirs == Line("note-1", mine.remarks, *(None,) * 6, masked=True)


def test_what_was_taken_back_does_not_count(world: World) -> None:
    bring(world, "M-1", "note-1")
    bring(world, "M-2", "note-1", yard="YARD-2")
    bring(world, "M-3", "note-1", yard="YARD-2", day=JUNE)
    where = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": MAY}
    world.send("reverse_movement", **where, movement_id="R-1", reverses="M-2")
    world.settle()
    assert [(one.supplier_id, one.mass_kg) for one in found(world)] == [
        ("YARD", 1000), ("YARD-2", 1000),
    ]  # fmt: skip
    june = {**where, "day": JUNE}
    world.send("reverse_movement", **june, movement_id="R-2", reverses="M-3")
    world.settle()
    assert found(world) == []


def test_years_are_told_apart(world: World) -> None:
    bring(world, "M-1", "note-1")
    bring(world, "M-2", "note-1", yard="YARD-2")
    assert found(world, year=2025) == []


def test_movements_that_came_together_name_theirs_as_well(world: World) -> None:
    bring(world, "M-1", "note-1")
    where = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": JUNE}
    scrap = {"origin": "post_consumer_scrap", "supplier_id": "YARD-2"}
    rows = [
        {**where, **scrap, "movement_id": f"T-{number}", "mass_kg": 10, "origin_ref": proof}
        for number, proof in enumerate(("note-1", "note-2", "note-1"))
    ]
    world.send_together([("receive_material", row) for row in rows])
    world.settle()
    assert any(isinstance(one.event, MovementsBooked) for one in world.desk.log)
    told = [(one.supplier_id, one.movements, one.mass_kg) for one in found(world)]
    assert told == [("YARD", 1, 1000), ("YARD-2", 2, 20)]
