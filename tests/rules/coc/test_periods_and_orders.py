"""Across streams: stages, periods, transfers, late corrections; and no order of arrival matters."""

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from contracts import certification
from contracts.custody import Account, PoolKey, Stage
from contracts.values import CertificationStatus
from services.coc_ledger.pools.state import Pool
from services.coc_ledger.scopes.commands import ApproveScopeTransfer
from tests.rules.coc.given import balanced, kg
from tests.rules.coc.world import YEAR, World

TODAY = date(2026, 6, 1)
NEXT = date(2027, 1, 1)
AFTER = date(2027, 1, 10)
KEY = PoolKey(scope_id="A", stage=Stage.ALUMINIUM, period=YEAR)
EVERY = ("responsible_sourcing", "anti_corruption", "human_rights", "conflict_affected_areas")


def stocked() -> World:
    """Scope A with 1,000 kg of CoC scrap in and 900 kg out."""
    world = World(TODAY)
    world.send(
        "record_due_diligence",
        scope_id="A",
        member_id="A",
        supplier_id="YARD",
        topics=EVERY,
        performed_on=YEAR,
    )
    for fields in bookings(world):
        send(world, fields)
    world.settle()
    return world


def bookings(world: World) -> list[dict[str, Any]]:
    where = {"scope_id": "A", "member_id": "A", "stage": "aluminium"}
    scrap = {"origin": "post_consumer_scrap", "supplier_id": "YARD", "origin_ref": "note-1"}
    made: list[tuple[str, dict[str, Any]]] = [
        ("receive_material", {"mass_kg": 1000, **scrap}),
        ("receive_material", {"mass_kg": 500, "origin": "non_coc"}),
        ("ship_material", {"mass_kg": 900}),
        ("ship_material", {"mass_kg": 30, "lot": "scrap"}),
        ("book_loss", {"mass_kg": 20}),
    ]
    return [
        {
            "command_name": name,
            "movement_id": f"M-{number}",
            "day": date(2026, 1 + number, 5),
            **where,
            **fields,
        }
        for number, (name, fields) in enumerate(made)
    ]


def send(world: World, fields: dict[str, Any]) -> None:
    fields = dict(fields)
    world.send(fields.pop("command_name"), **fields)


def document(number: str, mass: int, **more: Any) -> dict[str, Any]:
    return {
        "command_name": "issue_document",
        "number": number,
        "member_id": "A",
        "scope_id": "A",
        "day": date(2026, 5, 20),
        "customer": {"name": "B", "address": "x", "scope_id": "B"},
        "responsible": "person-1",
        "statement": "asi_coc_mass_balance",
        "material": "coc_aluminium_semi",
        "mass_kg": mass,
        "total_mass_kg": mass,
        **more,
    }


def close(world: World, scope: str = "A", day: date = YEAR) -> None:
    where = {"scope_id": scope, "member_id": scope, "stage": "aluminium", "day": day}
    world.send("close_period", **where)
    world.settle()


def confirm(world: World, number: str, mass: int) -> None:
    world.send(
        "confirm_document",
        number=number,
        member_id="B",
        received_kg=mass,
        received_on=date(2026, 5, 25),
    )
    world.settle()


def later(key: PoolKey = KEY) -> PoolKey:
    return key.model_copy(update={"period": NEXT})


@settings(max_examples=40)
@given(some.permutations(range(5)))
def test_no_order_of_arrival_changes_a_mass(order: list[int]) -> None:
    world = stocked()
    again = World(TODAY)
    again.send(
        "record_due_diligence",
        scope_id="A",
        member_id="A",
        supplier_id="YARD",
        topics=EVERY,
        performed_on=YEAR,
    )
    fields = bookings(again)
    for number in order:
        send(again, fields[number])
    one, other = world.pool(KEY), again.pool(KEY)
    masses = [{name: kg(state, name) for name in Account} for state in (one, other)]
    assert masses[0] == masses[1]
    assert one.days == other.days


def test_a_closed_year_hands_its_balance_and_its_stock_to_the_next() -> None:
    world = stocked()
    send(world, document("D-1", 100))
    world.today = AFTER
    close(world)
    before, after = world.pool(KEY), world.pool(later())
    # 1,000 of 1,500 kg are CoC, and 930 kg have left: 620 kg, of which 100 are claimed
    assert after.carried_kg == 520
    assert after.books[Account.STOCK] == before.books[Account.STOCK]
    assert kg(after, Account.OPENING) == -kg(after, Account.STOCK)
    assert balanced(after)


def test_a_delivery_confirmed_after_the_close_is_booked_in_the_next_year_with_a_note() -> None:
    world = stocked()
    send(world, document("D-1", 100))
    world.today = AFTER
    mine = {"scope_id": "B", "member_id": "B", "stage": "aluminium", "day": YEAR}
    world.send("receive_material", **mine, movement_id="M", mass_kg=1, origin="non_coc")
    world.settle()
    close(world, "B")
    world.today = date(2027, 1, 11)
    confirm(world, "D-1", 100)
    theirs = KEY.model_copy(update={"scope_id": "B"})
    assert kg(world.pool(theirs), Account.INPUT_COC) == 0
    assert kg(world.pool(later(theirs)), Account.INPUT_COC) == -100
    late = [
        row.movement["late_for"]
        for row in world.reader.rows["movements"].values()
        if row.movement["late_for"]
    ]
    assert late == ["2026-05-25"]


def test_an_error_of_a_closed_year_is_put_right_in_that_year() -> None:
    world = stocked()
    send(world, document("D-1", 100))
    confirm(world, "D-1", 100)
    world.today = AFTER
    close(world)
    send(
        world,
        document("D-2", 60, replaces="D-1", correction_reason="weighed", day=date(2027, 1, 5)),
    )
    world.settle()
    assert kg(world.pool(KEY), Account.OUTPUT_COC) == 60, "as if never wrong"
    assert kg(world.pool(later()), Account.OUTPUT_COC) == 0
    assert balanced(world.pool(KEY))
    assert balanced(world.pool(later()))
    theirs = KEY.model_copy(update={"scope_id": "B"})
    assert kg(world.pool(theirs), Account.INPUT_COC) == 0, "the old delivery is taken back"


def test_a_correction_and_its_correction_leave_everything_as_it_was() -> None:
    world = stocked()
    send(world, document("D-1", 100))
    confirm(world, "D-1", 100)
    before = books(world)
    change = certification.CertificateSuspended(
        certificate_id="CA-CoC",
        member_id="A",
        effective_on=date(2026, 5, 1),
        status=CertificationStatus.SUSPENDED,
    )
    world.tell(change)
    world.settle()
    theirs = KEY.model_copy(update={"scope_id": "B"})
    assert kg(world.pool(theirs), Account.INPUT_COC) == 0
    assert kg(world.pool(theirs), Account.NON_COC) == -100
    assert kg(world.pool(KEY), Account.OUTPUT_COC) == 0
    world.tell(
        certification.CertificateReinstated(
            certificate_id="CA-CoC",
            member_id="A",
            effective_on=date(2026, 5, 1),
            status=CertificationStatus.CERTIFIED_FULL,
        )
    )
    world.settle()
    assert books(world) == before


def books(world: World) -> dict[str, dict[Account, Any]]:
    """All accounts that hold anything."""
    return {stream: _held(state) for stream, state in world.pools().items()}


def _held(state: Pool) -> dict[Account, Any]:
    return {account: amount for account, amount in state.books.items() if any(amount)}


@pytest.mark.parametrize("coc", [0, 964])
def test_alumina_becomes_aluminium_with_all_that_it_carries(coc: int) -> None:
    world = World(TODAY)
    world.send(
        "open_scope",
        scope_id="R",
        member_id="A",
        entity_id="EA",
        name="Smelter",
        address="x",
        facilities=("F-1",),
        activities=("smelting",),
        starts_on=YEAR,
    )
    where = {"scope_id": "R", "member_id": "A", "stage": "alumina", "day": date(2026, 2, 1)}
    told = {"intensity_kgco2e_per_kg": "1.5"}
    world.send(
        "receive_material",
        **where,
        movement_id="M-1",
        mass_kg=1928,
        origin="non_coc",
        footprint=told,
    )
    world.settle()
    use = {**where, "movement_id": "M-2", "mass_kg": 1928, "coc_kg": coc}
    slug = world.attempt("change_stage", **use)
    if coc:
        assert slug == "claim-not-covered"
        return
    world.settle()
    pool = world.pool(PoolKey(scope_id="R", stage=Stage.ALUMINIUM, period=YEAR))
    assert (kg(pool, Account.STOCK), kg(pool, Account.NON_COC)) == (1000, -1000)
    brought = pool.books[Account.STOCK]
    assert (brought.known_kg, brought.emission_g) == (1000, 1928 * 1500), "it did nothing to it"
    assert balanced(pool)


def test_a_transferred_scope_ends_on_the_day_and_its_balance_moves() -> None:
    world = stocked()
    send(world, document("D-1", 100))
    world.desk.handle(
        ApproveScopeTransfer(
            on=TODAY,
            scope_id="A",
            member_id="A",
            to_scope_id="B",
            effective_on=date(2026, 7, 1),
            approver="person-1",
            known_to=True,
        ),
        "transfer",
        "",
        TODAY,
    )
    world.settle()
    world.today = date(2026, 7, 2)
    where = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": date(2026, 7, 2)}
    loss = {**where, "movement_id": "M-9", "mass_kg": 1}
    assert world.attempt("book_loss", **loss) == "scope-transferred"
    close(world)
    theirs = world.pool(KEY.model_copy(update={"scope_id": "B"}))
    assert theirs.carried_kg == 520
    assert theirs.member_id == "B"
    assert kg(theirs, Account.STOCK) == kg(world.pool(KEY), Account.STOCK)
