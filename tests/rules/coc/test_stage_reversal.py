"""A change of stage that was mistyped is taken back, in both pools, and not where claims rest on
it."""

from datetime import date
from typing import Any

from contracts.coc import MovementBooked
from contracts.custody import Account, Entry, MovementKind, PoolKey, Stage
from services.coc_ledger.exports.epcis import epcis_document
from services.coc_ledger.pools import pool
from services.coc_ledger.pools.state import Pool
from services.coc_ledger.yearly_reports import yearly
from tests.rules.coc.given import kg, pools
from tests.rules.coc.test_periods_and_orders import document
from tests.rules.coc.told import movement
from tests.rules.coc.world import YEAR, World

AFTER = date(2027, 1, 10)
DAY = date(2026, 2, 2)


def key(stage: Stage, scope: str = "R", period: date = YEAR) -> PoolKey:
    return PoolKey(scope_id=scope, stage=stage, period=period)


def refinery() -> World:
    """A mine with its refinery: 10,000 kg of bauxite, of which 2,847 became 1,000 of alumina, as
    CoC; of that 600 left."""
    world = World(date(2026, 6, 1))
    world.send(
        "open_scope",
        scope_id="R",
        member_id="A",
        entity_id="EA",
        name="Refinery",
        address="1 Main Street",
        facilities=("F-1",),
        activities=("bauxite_mining", "alumina_refining"),
        starts_on=YEAR,
    )
    world.settle()
    send(world, "receive_material", "bauxite", "IN", mass_kg=10_000, origin="own_mine")
    send(world, "change_stage", "bauxite", "T", mass_kg=2847, coc_kg=2847)
    send(world, "ship_material", "alumina", "OUT", mass_kg=600)
    return world


def send(world: World, command: str, stage: str, movement_id: str, **fields: Any) -> None:
    assert attempt(world, command, stage, movement_id, **fields) == ""


def attempt(world: World, command: str, stage: str, movement_id: str, **fields: Any) -> str:
    where = {"scope_id": "R", "member_id": "A", "stage": stage, "day": DAY}
    slug = world.attempt(command, movement_id=movement_id, **where, **fields)
    world.settle()
    return slug


def sold(number: str, mass: int) -> dict[str, Any]:
    said = {**document(number, mass), "scope_id": "R", "material": "coc_alumina"}
    del said["command_name"]
    return said


def test_it_leaves_both_pools_as_if_it_had_never_been() -> None:
    world = refinery()
    send(world, "reverse_movement", "bauxite", "BACK", reverses="T")
    bauxite, alumina = (world.pool(key(stage)) for stage in (Stage.BAUXITE, Stage.ALUMINA))
    assert (kg(bauxite, Account.STOCK), kg(bauxite, Account.OUTPUT_COC)) == (10_000, 0)
    assert (kg(alumina, Account.INPUT_COC), kg(alumina, Account.STOCK)) == (0, -600)
    row = world.reader.row("movements", f"{key(Stage.ALUMINA).key}/stage:bauxite:T")
    assert row.reversed_by == "back:stage:bauxite:T"
    send(world, "change_stage", "bauxite", "T-2", mass_kg=5694, coc_kg=5694)
    assert kg(world.pool(key(Stage.ALUMINA)), Account.INPUT_COC) == -2000


def test_a_trace_finds_nothing_that_passed() -> None:
    world = refinery()
    assert [row.kg for row in world.reader.rows["pool_passages"].values()] == [1000]
    send(world, "reverse_movement", "bauxite", "BACK", reverses="T")
    assert [row for row in world.reader.rows["pool_passages"].values() if row] == []
    days = [row for row in world.reader.rows["pool_days"].values() if "alumina" in row.pool]
    assert [row.brought for row in days] == [{}]


def test_it_is_taken_back_once() -> None:
    world = refinery()
    send(world, "reverse_movement", "bauxite", "BACK", reverses="T")
    send(world, "reverse_movement", "bauxite", "BACK", reverses="T")
    slug = attempt(world, "reverse_movement", "bauxite", "BACK-2", reverses="T")
    assert slug == "movement-reversed"
    left = [one for one in world.desk.log if getattr(one.event, "undoes", None) is not None]
    assert len(left) == 2


def test_what_was_claimed_of_the_product_keeps_it_until_that_is_withdrawn() -> None:
    world = refinery()
    assert world.attempt("issue_document", **sold("D-1", 500)) == ""
    world.settle()
    slug = attempt(world, "reverse_movement", "bauxite", "BACK", reverses="T")
    assert slug == "claims-rest-on-it"
    assert kg(world.pool(key(Stage.BAUXITE)), Account.STOCK) == 7153, "nothing was half done"
    world.send("withdraw_document", number="D-1", member_id="A", reason="mistake")
    world.settle()
    send(world, "reverse_movement", "bauxite", "BACK", reverses="T")


def test_the_side_that_got_it_is_not_taken_back_by_itself() -> None:
    world = refinery()
    bare = attempt(world, "reverse_movement", "alumina", "BACK", reverses="T")
    assert bare == "unknown-movement", "it has no id there that a clerk could name"


def test_a_closed_period_of_the_next_stage_keeps_it() -> None:
    world = refinery()
    world.today = AFTER
    where = {"scope_id": "R", "member_id": "A", "day": DAY}
    world.send("close_period", stage="alumina", **where)
    world.settle()
    slug = attempt(world, "reverse_movement", "bauxite", "BACK", reverses="T")
    assert slug == "period-closed"


def test_in_a_closed_period_it_is_taken_back_with_a_reason_and_the_close_follows() -> None:
    world = refinery()
    world.today = AFTER
    where = {"scope_id": "R", "member_id": "A", "day": DAY}
    world.send("close_period", stage="bauxite", **where)
    world.settle()
    after = key(Stage.BAUXITE, period=date(2027, 1, 1))
    assert kg(world.pool(after), Account.STOCK) == 7153
    said = {"reverses": "T", "reason": "mistyped"}
    send(world, "reverse_movement", "bauxite", "BACK", **said)
    assert kg(world.pool(after), Account.STOCK) == 10_000
    assert kg(world.pool(key(Stage.ALUMINA)), Account.INPUT_COC) == 0


def test_the_steps_own_emissions_that_go_back_are_none_that_were_booked_by_hand() -> None:
    """Else they would be added no more to what leaves the pool."""
    back = MovementBooked.model_validate(
        {
            **movement("B", MovementKind.REVERSAL, reverses="T").model_dump(),
            "undoes": MovementKind.TO_STAGE,
            "entries": [
                Entry.model_validate({"account": account, "kg": 0, "emission_kgco2e": grams})
                for account, grams in (("process", "5"), ("output_coc", "-5"))
            ],
        }
    )
    state: Pool = pools.given(back).state
    assert state.by_hand_g == pool.INITIAL.by_hand_g == 0


def test_the_report_and_epcis_follow() -> None:
    world = refinery()
    send(world, "reverse_movement", "bauxite", "BACK", reverses="T")
    sums = yearly.NOTHING
    for one in world.desk.log:
        found = yearly.year_of(one.event)
        if found and found[0].stage is Stage.ALUMINA:
            sums = yearly.added(sums, one.event)
    assert (sums.earlier_stage_kg, sums.kgs) == (0, {"outflow": 600, "stock": -600})
    alumina = [one for one in world.desk.log if one.envelope.stream == key(Stage.ALUMINA).stream]
    told: dict[str, Any] = epcis_document(
        alumina, "https://castmark.test", alumina[-1].envelope.recorded_at, ()
    )
    events = told["epcisBody"]["eventList"]
    declared = [one for one in events if "errorDeclaration" in one]
    assert [one["type"] for one in declared] == ["TransformationEvent"]
