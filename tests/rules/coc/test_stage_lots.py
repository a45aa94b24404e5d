"""What went on to the next stage has not been shipped: no document claims it, whether it went on as
CoC or not, and taking the change back leaves the pool as it was."""

from typing import Any

from contracts.custody import Account, Stage
from contracts.values import CertificationStatus
from services.coc_ledger.flows.flow import Place, passages
from tests.rules.coc.given import kg
from tests.rules.coc.test_stage_checks import told
from tests.rules.coc.test_stage_reversal import key, refinery, send, sold
from tests.rules.coc.world import World


def bauxite(number: str, mass: int) -> dict[str, Any]:
    return {**sold(number, mass), "material": "coc_bauxite"}


def mine(coc_kg: int) -> World:
    """The rest of the mine's bauxite, 7,153 kg, became alumina, so much of it as CoC."""
    world = refinery()
    send(world, "change_stage", "bauxite", "REST", mass_kg=7153, coc_kg=coc_kg)
    return world


def test_what_became_alumina_is_never_claimed_as_bauxite() -> None:
    for coc_kg in (0, 5000):
        world = mine(coc_kg)
        assert world.attempt("issue_document", **bauxite("D", 1)) == "lot-not-shipped"


def test_what_was_shipped_beside_it_is_claimed_and_no_more() -> None:
    world = refinery()
    send(world, "change_stage", "bauxite", "REST", mass_kg=7000, coc_kg=0)
    send(world, "ship_material", "bauxite", "OUT-2", mass_kg=153)
    assert world.attempt("issue_document", **bauxite("D-1", 154)) == "lot-not-shipped"
    assert world.attempt("issue_document", **bauxite("D-2", 153)) == ""


def test_what_no_certificate_covers_any_more_went_on_all_the_same() -> None:
    world = refinery()
    told(world, CertificationStatus.SUSPENDED)
    pool = world.pool(key(Stage.BAUXITE))
    assert (kg(pool, Account.OUTFLOW), pool.onward.kg) == (2847, 2847)


def test_taken_back_nothing_is_left_of_it_and_the_flow_is_as_it_was() -> None:
    world = mine(0)
    send(world, "reverse_movement", "bauxite", "BACK", reverses="REST")
    pool = world.pool(key(Stage.BAUXITE))
    assert (kg(pool, Account.OUTFLOW), pool.onward.kg) == (0, 0)
    events = [one.event for one in world.desk.log]
    flows = [one for event in events for one in passages(event) if one.stage is Stage.BAUXITE]
    assert all(one.place is not Place.MARKET for one in flows)
    went_on = sum(one.kg for one in flows if one.place is Place.CONVERSION and not one.inward)
    assert went_on == 2847


def test_the_balance_tells_as_waiting_what_was_shipped_alone() -> None:
    world = mine(0)
    send(world, "ship_material", "bauxite", "OUT-2", mass_kg=100)
    row = world.reader.row("pools", key(Stage.BAUXITE).key)
    assert (row.carrying["outflow"][0], row.carrying["onward"][0]) == (7253, 7153)


def test_a_lot_carries_its_part_of_what_was_shipped_alone() -> None:
    """Bauxite used for alumina may carry something else than what was sold."""
    world = mine(0)
    told = {"footprint": {"intensity_kgco2e_per_kg": "2"}}
    send(world, "receive_material", "bauxite", "BOUGHT", mass_kg=100, origin="non_coc", **told)
    send(world, "ship_material", "bauxite", "OUT-2", mass_kg=100)
    world.send("issue_document", **bauxite("D", 50))
    world.settle()
    document = world.documents()["D"].issued
    assert document is not None
    assert document.carried.partial_kgco2e == 100
