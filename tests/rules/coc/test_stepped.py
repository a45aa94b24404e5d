"""The step's own emissions that a period booked by hand are counted once after its close as well:
verified results add the step to no metal that has it in."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from contracts.coc import BalanceCarried
from contracts.coc_documents import DocumentIssued
from contracts.custody import Account, Lot, PoolKey, Stage
from contracts.values import Activity
from services.coc_ledger.accounting.accounts import NOTHING, Amount
from services.coc_ledger.accounting.booking import booked, posting
from services.coc_ledger.accounting.period_end import begun, stock_entries
from services.coc_ledger.accounting.step_told import step_told
from services.coc_ledger.accounting.stepped import PARTS, Stepped, stepped_part
from services.coc_ledger.documents.paper import kilograms, paper
from services.coc_ledger.pools.commands import ChangeStage
from services.coc_ledger.pools.state import INITIAL, Pool, evolve
from services.coc_ledger.rows import PoolRow
from tests.rules.coc.given import DAY, POLICY, balanced, scope_seen, where
from tests.rules.coc.results import both
from tests.rules.coc.test_own_emissions import OWN, TOLD, VERIFIED
from tests.rules.coc.test_periods_and_orders import AFTER, KEY, TODAY, close, later
from tests.rules.coc.test_printing import ISSUED, LINK
from tests.rules.coc.world import YEAR, World

WHERE: dict[str, Any] = {"scope_id": "A", "member_id": "A", "stage": "aluminium"}
BOOKED = Decimal(1)
"""What the first year booked by hand, per kg, on metal that came in with 4."""


def book(world: World, name: str, movement_id: str, **more: Any) -> None:
    fields = {"day": world.today, **WHERE, **more}
    world.send(name, movement_id=movement_id, **fields)
    world.settle()


def take_in(world: World, movement_id: str, kg: int) -> None:
    scrap = {"origin": "post_consumer_scrap", "origin_ref": "note-1", "supplier_id": "YARD"}
    book(world, "receive_material", movement_id, mass_kg=kg, footprint=TOLD, **scrap)


def sold(world: World, number: str, kg: int, **more: Any) -> DocumentIssued:
    return world.sell(number, "A", kg, **more)


def world_of_scrap() -> World:
    """Scope A, whose supplier of scrap was looked at."""
    world = World(TODAY)
    topics = ("responsible_sourcing", "anti_corruption", "human_rights", "conflict_affected_areas")
    world.send(
        "record_due_diligence",
        scope_id="A",
        member_id="A",
        supplier_id="YARD",
        topics=topics,
        performed_on=YEAR,
    )
    return world


def booked_by_hand() -> World:
    """The first year: 1,000 kg at 4, 1 kg CO2e per kg booked by hand, 500 kg out."""
    world = world_of_scrap()
    take_in(world, "IN-0", 1000)
    book(world, "book_process_emissions", "STEP", emission_kgco2e="1000")
    book(world, "ship_material", "OUT-0", mass_kg=500)
    return world


def closed(*, verified: bool = True) -> World:
    world = booked_by_hand()
    if verified:
        for event in both():
            world.tell(event, "ghg")
    world.today = AFTER
    close(world)
    return world


def row(world: World) -> PoolRow:
    found: PoolRow = world.reader.row("pools", later().key)
    return found


def in_stock_kg(world: World) -> int:
    pool = world.pool(later())
    return pool.stepped.left_kg(pool.books[Account.STOCK].kg)


def added_kgco2e(pool: Pool) -> Decimal:
    process = pool.books.get(Account.PROCESS, NOTHING)
    return -Decimal(process.emission_g + process.partial_g) / 1000


@pytest.mark.parametrize("verified", [True, False])
def test_after_a_close_the_step_that_is_in_is_added_no_second_time(verified: bool) -> None:
    world = closed(verified=verified)
    book(world, "ship_material", "OUT-1", mass_kg=500)
    told = sold(world, "D-1", 400)
    assert told.supplement.intensity_kgco2e_per_kg == 4 + BOOKED
    assert told.supplement.known_percent == 100
    assert told.supplement.step is not None
    assert told.supplement.step.how == "booked"
    assert told.carried.stepped_kg == 400
    assert not told.carried.step_kgco2e
    assert balanced(world.pool(later()))


def test_a_document_of_all_that_has_its_step_in_is_corrected_as_often_as_you_like() -> None:
    """What a document gives back has its step in, also where none was left without it."""
    world = closed()
    book(world, "ship_material", "OUT-1", mass_kg=500)
    sold(world, "D-1", 500)
    for number, before in (("D-2", "D-1"), ("D-3", "D-2")):
        told = sold(world, number, 500, replaces=before, correction_reason="weighed")
        assert told.supplement.intensity_kgco2e_per_kg == 4 + BOOKED
        assert told.carried.stepped_kg == 500
        assert not told.carried.step_kgco2e
    assert balanced(world.pool(later()))


def test_a_mixture_gets_the_step_on_the_part_that_has_it_not() -> None:
    world = closed()
    take_in(world, "IN-1", 500)
    book(world, "ship_material", "OUT-1", mass_kg=1000)
    told = sold(world, "D-1", 400)
    assert (told.carried.stepped_kg, told.carried.step_kgco2e) == (200, 200 * OWN)
    assert told.supplement.intensity_kgco2e_per_kg == 4 + (BOOKED + OWN) / 2
    assert told.supplement.inputs_kgco2e_per_kg == 4 + BOOKED / 2
    assert balanced(world.pool(later()))


def test_a_mixture_whose_step_is_not_known_is_known_where_it_was_booked() -> None:
    world = closed(verified=False)
    take_in(world, "IN-1", 500)
    book(world, "ship_material", "OUT-1", mass_kg=1000)
    told = sold(world, "D-1", 400)
    assert told.carried.known_kg == 200
    assert told.supplement.known_percent == 50
    assert told.supplement.step is not None
    assert told.supplement.step.how == "unknown"


def test_over_all_claims_the_step_is_counted_once() -> None:
    """Claimed, taken in, lost, corrected, and claimed to the last kilogram."""
    world = closed()
    book(world, "ship_material", "OUT-1", mass_kg=300)
    claims = [sold(world, "D-1", 300)]
    take_in(world, "IN-1", 700)
    book(world, "book_loss", "LOST", mass_kg=90)
    book(world, "ship_material", "OUT-2", mass_kg=810)
    claims += [sold(world, "D-2", 330), sold(world, "D-X", 100)]
    claims.append(sold(world, "D-3", 90, replaces="D-X", correction_reason="weighed"))
    world.send("withdraw_document", number="D-3", member_id="A", reason="mistake")
    world.settle()
    claims += [sold(world, "D-4", 480)]
    stand = [one for one in claims if one.number in {"D-1", "D-2", "D-4"}]
    pool = world.pool(later())
    stepped = sum(one.carried.stepped_kg for one in stand)
    lost_kg = 200 * 90 // 900
    assert stepped == 500 - lost_kg
    assert (pool.stepped.stock, pool.stepped.product) == (0, 0)
    assert abs(pool.stepped.rest) < PARTS // 100
    fresh = sum(one.mass_kg for one in stand) - stepped
    assert added_kgco2e(pool) == fresh * OWN
    assert balanced(pool)


def test_a_loss_that_is_taken_back_brings_its_part_back() -> None:
    world = closed()
    take_in(world, "IN-1", 500)
    book(world, "book_loss", "LOST", mass_kg=100)
    assert in_stock_kg(world) == 450
    book(world, "reverse_movement", "BACK", reverses="LOST")
    assert in_stock_kg(world) == 500


def test_metal_of_a_year_goes_on_over_two_closes_with_its_step() -> None:
    world = closed()
    take_in(world, "IN-1", 500)
    book(world, "ship_material", "OUT-1", mass_kg=400)
    world.today = date(2028, 1, 10)
    close(world, day=later().period)
    third = KEY.model_copy(update={"period": date(2028, 1, 1)})
    assert world.pool(third).stepped.stock == 300 * PARTS, "of 600 that are left"
    book(world, "ship_material", "OUT-2", mass_kg=600)
    told = sold(world, "D-1", 400)
    assert told.carried.stepped_kg == 200


def test_a_correction_of_the_closed_period_tells_it_anew() -> None:
    """The emissions booked by hand are taken back after the close: no metal has its step in."""
    world = closed()
    assert (row(world).stepped_kg, in_stock_kg(world)) == (500, 500)
    back = {"reverses": "STEP", "day": TODAY, "reason": "booked-twice"}
    book(world, "reverse_movement", "BACK", **back)
    assert (row(world).stepped_kg, in_stock_kg(world)) == (0, 0)
    book(world, "ship_material", "OUT-1", mass_kg=500)
    told = sold(world, "D-1", 400)
    assert told.supplement.intensity_kgco2e_per_kg == 4 + OWN


def test_a_close_without_emissions_by_hand_leaves_nothing_with_its_step() -> None:
    world = booked_by_hand()
    book(world, "reverse_movement", "BACK", reverses="STEP")
    world.today = AFTER
    close(world)
    assert row(world).stepped_kg == 0
    assert "stepped_kg" not in (world.reader.row("pools", KEY.key).closing or {})


def test_a_balance_says_of_how_much_metal_the_step_is_in() -> None:
    world = closed()
    take_in(world, "IN-1", 500)
    pool = world.pool(later())
    half = stepped_part(pool.stepped, pool.books, pool.onward, Account.STOCK)
    told = step_told(
        scope_seen(), Stage.ALUMINIUM, VERIFIED, DAY, POLICY, by_hand=False, stepped=half
    )
    assert told.how == "verified"
    assert told.kgco2e_per_kg["coc_casthouse_product"] == OWN / 2
    assert told.sentence == (
        "with this step in 50.0 % of it, as an earlier period booked it by hand, and without it in"
        " the rest: a document adds it, by the verified results of 2025"
    )
    all_of_it = step_told(
        scope_seen(), Stage.ALUMINIUM, (), DAY, POLICY, by_hand=False, stepped=half * 2
    )
    assert (all_of_it.how, all_of_it.kgco2e_per_kg) == ("booked", {})
    assert all_of_it.sentence.startswith("with this step: an earlier period booked it by hand")


def test_of_each_lot_it_says_what_a_document_of_it_is_told() -> None:
    """What left had the step in for a greater part than what lies there since: one fraction for
    both is true of neither."""
    world = closed()
    take_in(world, "IN-1", 100)
    book(world, "ship_material", "OUT-1", mass_kg=400)
    world.today = AFTER.replace(day=AFTER.day + 1)
    take_in(world, "IN-2", 700)
    pool = world.pool(later())
    parts = [
        stepped_part(pool.stepped, pool.books, pool.onward, one)
        for one in (Account.STOCK, Account.OUTFLOW, Account.OUTFLOW_SCRAP)
    ]
    document = sold(world, "D-1", 400)
    assert round(parts[1] * 400) == document.carried.stepped_kg
    assert parts[0] < parts[1]
    assert parts[2] == 0


def test_a_paper_says_of_how_much_metal_the_step_was_booked_before() -> None:
    world = closed()
    take_in(world, "IN-1", 500)
    book(world, "ship_material", "OUT-1", mass_kg=1000)
    document = sold(world, "D-1", 400)
    lines = footprint_lines(document)
    assert lines["The issuer's own step"] == (
        f"of {kilograms(200)} booked by hand before, in the metal's average"
    )
    assert lines["The issuer's own step, of the rest"].startswith("5.757 ")


SMELTS = scope_seen(
    activities=(Activity.ALUMINA_REFINING, Activity.SMELTING),
    stages=(Stage.ALUMINA, Stage.ALUMINIUM),
)


@pytest.mark.parametrize(("kg", "more"), [(400, 0), (250, 0), (460, 60)])
def test_a_document_of_emissions_booked_by_hand_says_so_when_it_is_corrected_after_the_close(
    kg: int, more: int
) -> None:
    """By a correction that claims as much, less, or more; of the last the rest has another step."""
    world = booked_by_hand()
    sold(world, "D-1", 400)
    for event in both():
        world.tell(event, "ghg")
    world.today = AFTER
    close(world)
    take_in(world, "IN-1", 500)
    book(world, "ship_material", "OUT-1", mass_kg=1000)
    told = sold(world, "D-2", kg, replaces="D-1", correction_reason="weighed")
    lines = footprint_lines(told)
    new_kg = more // 2
    assert told.carried.stepped_kg == kg - new_kg
    assert told.carried.step_kgco2e == new_kg * OWN
    if not more:
        assert lines["Of it the issuer's own step"] == "booked by hand, in the metal's average"
        never_wrong = sold(booked_by_hand(), "D-1", kg)
        assert lines == footprint_lines(never_wrong)
        assert told.supplement == never_wrong.supplement
    else:
        booked_before = f"of {kilograms(430)} booked by hand before, in the metal's average"
        assert lines["The issuer's own step"] == booked_before
        assert lines["The issuer's own step, of the rest"].startswith("5.757 ")
    world.send("withdraw_document", number="D-2", member_id="A", reason="mistake")
    world.settle()
    assert all(balanced(pool) for pool in world.pools().values())


def footprint_lines(document: DocumentIssued) -> dict[str, str]:
    """The footprint on a document's paper."""
    [part] = [one for one in paper(document, ISSUED, LINK).sections if one.title == "Footprint"]
    return dict(part.lines)


def test_a_document_of_verified_results_says_so_when_a_later_year_books_by_hand() -> None:
    """In the second year the step is booked by hand, and the correction claims nothing there."""
    world = World(TODAY)
    topics = ("responsible_sourcing", "anti_corruption", "human_rights", "conflict_affected_areas")
    looked = {"supplier_id": "YARD", "topics": topics, "performed_on": YEAR}
    world.send("record_due_diligence", scope_id="A", member_id="A", **looked)
    for event in both():
        world.tell(event, "ghg")
    take_in(world, "IN-0", 1000)
    book(world, "ship_material", "OUT-0", mass_kg=500)
    first = sold(world, "D-1", 400)
    world.today = AFTER
    close(world)
    book(world, "book_process_emissions", "STEP", emission_kgco2e="100")
    told = sold(world, "D-2", 300, replaces="D-1", correction_reason="weighed")
    assert told.supplement.step == first.supplement.step
    assert told.supplement.intensity_kgco2e_per_kg == 4 + OWN
    assert (told.carried.step_kgco2e, told.carried.stepped_kg) == (300 * OWN, 0)


def alumina(stock: Amount, stepped_kg: int) -> Pool:
    """A pool of a refinery with what the period before left."""
    pool = PoolKey(scope_id="S-1", stage=Stage.ALUMINA, period=YEAR)
    carried = BalanceCarried(
        pool=pool,
        member_id="M-1",
        from_pool=pool.model_copy(update={"period": date(2025, 1, 1)}),
        balance_kg=0,
        owed_kg=0,
        blocked=False,
        entries=stock_entries(stock),
        stepped_kg=stepped_kg,
    )
    return evolve(evolve(INITIAL, begun(pool, "M-1", date(2026, 12, 31), POLICY)), carried)


@pytest.mark.parametrize(("stepped_kg", "known_kg"), [(4000, 2000), (1000, 500), (0, 0)])
def test_a_change_of_stage_takes_its_part_of_what_has_the_step_in(
    stepped_kg: int, known_kg: int
) -> None:
    """Half of 4,000 kg goes on; of the step nothing is known but what was booked before."""
    state = alumina(Amount(4000, 4000, 8_000_000), stepped_kg)
    made = (Activity.ALUMINA_REFINING, Activity.SMELTING)
    scope = scope_seen(activities=made, stages=(Stage.ALUMINA, Stage.ALUMINIUM))
    fields = where(stage=Stage.ALUMINA, scope=scope)
    command = ChangeStage(movement_id="S-1", mass_kg=2000, results=(), **fields)
    posted = posting(command, state, POLICY)
    gone = {one.account: one for one in posted.entries}[Account.OUTFLOW]
    assert gone.known_kg == known_kg
    assert gone.emission_kgco2e + gone.partial_kgco2e == 4000
    assert bool(posted.remarks) == (stepped_kg < 4000)
    after = evolve(state, booked(command, posted, "digest"))
    assert after.stepped.stock == stepped_kg * PARTS // 2
    assert balanced(after)


def test_of_metal_below_zero_nothing_has_the_step_in() -> None:
    """More left than was there: the stock is below zero, or all that left is claimed."""
    asked = [(-10, 0), (0, 0), (-10, -10), (0, -10), (10, 0), (10, -5)]
    found = Stepped(product=4 * PARTS)
    assert [Stepped().of(Lot.PRODUCT, kg, there) for kg, there in asked] == [0] * 6
    assert [found.of(Lot.PRODUCT, kg, there) for kg, there in asked] == [0, 0, 0, 0, 4, 4]
