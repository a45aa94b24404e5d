"""Changes of stage taken back one after the other, faster than the next pool is told, or filled in
before others were carried out, as the rows of a file are: no claim is left without its cover."""

from contracts.custody import Account, Stage
from infra.decider import Command
from tests.rules.coc.given import kg
from tests.rules.coc.test_stage_reversal import DAY, attempt, key, refinery, send, sold
from tests.rules.coc.world import World

WHERE = {"scope_id": "R", "member_id": "A", "day": DAY}


def claimed(mass: int = 1000) -> World:
    """Two changes of stage into the alumina of a refinery, 1,000 kg of CoC each; 1,000 left, of
    which a document claims a part."""
    world = refinery()
    send(world, "change_stage", "bauxite", "T-2", mass_kg=2847, coc_kg=2847)
    send(world, "ship_material", "alumina", "OUT-2", mass_kg=400)
    assert world.attempt("issue_document", **sold("D-1", mass)) == ""
    world.settle()
    return world


def back(world: World, movement_id: str) -> Command:
    """A change of stage is to be taken back, as far as is known now."""
    said = {"movement_id": f"BACK-{movement_id}", "reverses": movement_id, "stage": "bauxite"}
    return world.built("reverse_movement", **said, **WHERE)


def input_kg(world: World) -> int:
    return -kg(world.pool(key(Stage.ALUMINA)), Account.INPUT_COC)


def test_two_in_a_row_count_both_before_the_next_pool_is_told() -> None:
    world = claimed()
    assert world.carry_out(back(world, "T")) == ""
    assert world.carry_out(back(world, "T-2")) == "claims-rest-on-it"
    world.settle()
    assert input_kg(world) == 1000


def test_two_of_one_file_are_both_known_by_the_second() -> None:
    world = claimed()
    rows = [back(world, name) for name in ("T", "T-2")]
    assert [world.carry_out(row) for row in rows] == ["", "claims-rest-on-it"]
    world.settle()
    assert input_kg(world) == 1000


def test_what_nothing_rests_on_is_taken_back_however_fast() -> None:
    world = claimed()
    world.send("withdraw_document", number="D-1", member_id="A", reason="mistake")
    world.settle()
    rows = [back(world, name) for name in ("T", "T-2")]
    assert [world.carry_out(row) for row in rows] == ["", ""]
    world.settle()
    assert input_kg(world) == 0
    send(world, "change_stage", "bauxite", "T-3", mass_kg=2847, coc_kg=2847)
    assert attempt(world, "reverse_movement", "bauxite", "BACK-3", reverses="T-3") == ""
    assert input_kg(world) == 0, "what has arrived is counted once"


def test_what_was_booked_in_the_next_pool_since_it_was_filled_in_counts() -> None:
    world = claimed()
    late = back(world, "T")
    other = {"movement_id": "IN-9", "mass_kg": 9000, "origin": "non_coc", "stage": "alumina"}
    assert world.attempt("receive_material", **other, **WHERE) == ""
    assert world.carry_out(late) == "claims-rest-on-it"


def test_a_next_pool_that_was_closed_since_keeps_it() -> None:
    world = claimed(100)
    world.today = world.today.replace(year=2027)
    late = back(world, "T")
    world.send("close_period", stage="alumina", **WHERE)
    assert world.carry_out(late) == "period-closed"
