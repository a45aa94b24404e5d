"""The step's own emissions: from verified results into documents, counted once, conserved."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from contracts.coc import MovementBooked, OutputDesignated
from contracts.coc_documents import DocumentIssued
from contracts.custody import Account, Lot, Material, PoolKey, Stage
from contracts.envelope import Event
from contracts.inventory import Scope, Step
from contracts.values import Activity
from services.coc_ledger.accounting.accounts import NOTHING
from services.coc_ledger.accounting.own_emissions import RESULTS, ResultRow, newest, step_of
from services.coc_ledger.evidence import FacilityResult, PoolKnown
from services.coc_ledger.pools.commands import BookProcessEmissions, ChangeStage, ReverseMovement
from services.coc_ledger.pools.state import Pool
from tests.rules.coc.given import (
    DAY,
    POLICY,
    balanced,
    claim,
    movement,
    pools,
    receive,
    scrap,
    ship,
    where,
)
from tests.rules.coc.results import CASTHOUSE, both, calculated, verified
from tests.rules.coc.told import recorded
from tests.rules.coc.world import YEAR, World

TODAY = date(2026, 6, 1)
TOLD = {"intensity_kgco2e_per_kg": "4"}
OWN = Decimal("5.757")
"""570 kt by its steps, with a hundredth of that shared, over 100 kt: kg per kg."""


def rows_of(*events: Event) -> dict[str, ResultRow]:
    rows: dict[str, ResultRow] = {}
    for one in recorded(*events, stream="facility_year/F-1:2025"):
        for key in RESULTS.keys(one):
            rows[key] = RESULTS.evolve(key, rows.get(key), one)
    return rows


def seen(*events: Event, facilities: Sequence[str] = ("F-1",)) -> tuple[FacilityResult, ...]:
    return newest(facilities, DAY, rows_of(*events).get)


VERIFIED = seen(*both())
MADE: dict[str, Any] = {"material": Material.CASTHOUSE_PRODUCT, "results": VERIFIED}


def grams(state: Pool, account: Account) -> int:
    return state.books.get(account, NOTHING).emission_g


# --- what results say ---


def test_own_are_the_site_power_and_fuels_and_never_the_metal_that_was_bought() -> None:
    told = step_of(VERIFIED, Material.CASTHOUSE_PRODUCT, DAY, POLICY)
    assert (told.how, told.kgco2e_per_kg) == ("verified", OWN)
    assert (told.period, told.verifiers, told.results) == ("2025", ("V-1",), ("F-1:2025:1",))
    assert (told.boundary, told.method) == ("step:1:2_market:3.1:3.3:3.4", "ar6")


def test_anodes_and_transport_are_of_the_step_and_bought_metal_is_not() -> None:
    """Of 250 kt that purchased goods brought along 60 kt are anodes; 5 kt more is transport."""
    totals = (*CASTHOUSE[:-1], (Step.ELECTROLYSIS, Scope.TRANSPORT, "5000000"))
    found = seen(calculated(totals=totals, along=((Step.ELECTROLYSIS, "190000000"),)), verified())
    told = step_of(found, Material.CASTHOUSE_PRODUCT, DAY, POLICY)
    assert told.kgco2e_per_kg == Decimal("5.7") + Decimal("0.6") + Decimal("0.05")


@pytest.mark.parametrize(
    ("material", "per_kg"),
    [(Material.LIQUID, "5.656"), (Material.CASTHOUSE_PRODUCT, "5.757"), (Material.SEMI, "5.757")],
)
def test_a_material_bears_the_steps_that_it_went_through(material: Material, per_kg: str) -> None:
    assert step_of(VERIFIED, material, DAY, POLICY).kgco2e_per_kg == Decimal(per_kg)


def test_metal_that_was_cast_but_not_tapped_bears_no_cells_of_its_own() -> None:
    """60 kt tapped and 40 kt of scrap cast: what the cells give off is spread over the hundred."""
    outputs = (("output.liquid_metal", "60000"), ("output.cast_metal", "100000"))
    found = seen(calculated(outputs=outputs), verified())
    told = step_of(found, Material.CASTHOUSE_PRODUCT, DAY, POLICY)
    assert told.kgco2e_per_kg == OWN


def test_a_scope_of_two_facilities_needs_both_of_one_year() -> None:
    one_only = (*both("F-1", 2024), *both("F-1", 2025), *both("F-2", 2024))
    found = seen(*one_only, facilities=("F-1", "F-2"))
    assert [(one.facility_id, one.year) for one in found] == [("F-1", 2024), ("F-2", 2024)]
    assert seen(*both("F-1"), facilities=("F-1", "F-2")) == ()


def test_what_is_only_calculated_does_not_count_and_a_later_verified_result_does() -> None:
    assert seen(calculated()) == ()
    lower = (*CASTHOUSE[:-1], (Step.SITE, Scope.DIRECT, "0"))
    later = seen(*both(), calculated(result=2, totals=lower), verified(result=2))
    assert [one.result for one in later] == [2]
    assert step_of(later, Material.LIQUID, DAY, POLICY).kgco2e_per_kg == Decimal("5.6")


@pytest.mark.parametrize(
    ("found", "day", "reason"),
    [
        ((), DAY, "no-verified-result"),
        (VERIFIED, date(2028, 3, 1), "verified-result-too-old"),
        (
            seen(calculated(), verified(scopes=(Scope.DIRECT,))),
            DAY,
            "statement-covers-too-little",
        ),
        (seen(calculated(outputs=()), verified()), DAY, "no-output-of-stage"),
        (seen(calculated(along=None), verified()), DAY, "result-tells-no-bought-metal-apart"),
    ],
)
def test_what_is_not_known_is_said_and_not_guessed(
    found: tuple[FacilityResult, ...], day: date, reason: str
) -> None:
    told = step_of(found, Material.CASTHOUSE_PRODUCT, day, POLICY)
    assert (told.how, told.reason, told.kgco2e_per_kg) == ("unknown", reason, None)


# --- in a pool ---


def claimed_pool(**more: Any) -> Any:
    return pools.when(
        receive("IN-1", 600, footprint=TOLD),
        scrap("IN-2", 400, footprint=TOLD),
        ship("OUT-1", 500),
        claim("D-1", 200, **(MADE | more)),
    )


def test_a_claim_carries_the_average_of_the_pool_and_the_step() -> None:
    done = claimed_pool()
    event = done.events[-1]
    assert isinstance(event, OutputDesignated)
    assert event.carried.emission_kgco2e == 200 * 4 + 200 * OWN
    assert event.carried.step_kgco2e == 200 * OWN
    assert balanced(done.state)
    assert -grams(done.state, Account.PROCESS) == 200 * OWN * 1000


def test_mass_whose_footprint_is_not_known_stays_so() -> None:
    done = pools.when(
        receive("IN-1", 600),
        scrap("IN-2", 400, footprint=TOLD),
        ship("OUT-1", 500),
        claim("D-1", 200, **MADE),
    )
    event = done.events[-1]
    assert isinstance(event, OutputDesignated)
    assert event.carried.known_kg == 80
    assert event.carried.step_kgco2e == 80 * OWN
    assert event.carried.partial_kgco2e == 120 * OWN, "known of the rest, apart"


def test_a_lot_never_carries_more_recycled_metal_than_metal() -> None:
    """The claim took its part of the average of both shipments; then the one without scrap was
    taken back to the gram: in the order of days 400 of 500 kg are scrap, in each lot alike."""
    first = pools.when(receive("IN-1", 100, footprint=TOLD), ship("OUT-1", 100))
    shipped = first.events[-1]
    row = movement(shipped)
    claimed = first.and_when(
        scrap("IN-2", 400, footprint=TOLD), ship("OUT-2", 400), claim("D-1", 250, **MADE)
    )
    back = ReverseMovement(
        movement_id="BACK", reverses="OUT-1", **where(known=PoolKnown(reversed=row))
    )
    done = claimed.and_when(back, claim("D-2", 50, **MADE))
    event = done.events[-1]
    assert isinstance(event, OutputDesignated)
    assert event.carried.post_kg == 40
    assert balanced(done.state)


def test_by_hand_and_verified_are_never_both_counted() -> None:
    by_hand = BookProcessEmissions(movement_id="P-1", emission_kgco2e=Decimal(7), **where())
    claimed_pool().and_when(by_hand).refused("process-emissions-verified")
    booked = pools.when(
        receive("IN-1", 600, footprint=TOLD),
        scrap("IN-2", 400, footprint=TOLD),
        by_hand,
        ship("OUT-1", 500),
        claim("D-1", 200, **MADE),
    )
    event = booked.events[-1]
    assert isinstance(event, OutputDesignated)
    assert event.step is not None
    assert event.step.how == "booked"
    assert event.carried.step_kgco2e == 0


def test_a_replaced_claim_gives_the_steps_part_back_before_the_next_takes_it() -> None:
    done = claimed_pool()
    old = done.events[-1]
    assert isinstance(old, OutputDesignated)
    replaced = {
        "number": "D-1",
        "pool": old.pool,
        "mass_kg": 200,
        "lot": Lot.PRODUCT,
        "carried": old.carried,
        "designated": True,
        "day": old.day,
    }
    after = done.and_when(claim("D-2", 150, replaced=replaced, **MADE))
    assert balanced(after.state)
    assert -grams(after.state, Account.PROCESS) == 150 * OWN * 1000
    assert grams(after.state, Account.OUTPUT_COC) == 150 * (4 + OWN) * 1000
    assert grams(after.state, Account.OUTFLOW) == 350 * 4 * 1000


def test_what_goes_on_to_the_next_stage_takes_the_step_along_or_says_that_it_is_missing() -> None:
    refinery = calculated(
        along=(),
        totals=((Step.ALUMINA_REFINING, Scope.DIRECT, "1000000"),),
        outputs=(("output.alumina", "1000"),),
    )
    stage: dict[str, Any] = {"stage": Stage.ALUMINA}
    stage["scope"] = where()["scope"].model_copy(
        update={
            "stages": (Stage.ALUMINA, Stage.ALUMINIUM),
            "activities": (Activity.ALUMINA_REFINING, Activity.SMELTING),
        }
    )

    def used(results: tuple[FacilityResult, ...]) -> Any:
        fields = where(**stage)
        change = ChangeStage(movement_id="S-1", mass_kg=1928, results=results, **fields)
        return pools.when(receive("IN-1", 1928, footprint=TOLD, **stage), change)

    known = used(seen(refinery, verified()))
    event = known.events[-1]
    assert isinstance(event, MovementBooked)
    assert (grams(known.state, Account.OUTFLOW), event.remarks) == (1928 * 5 * 1000, ())
    assert balanced(known.state)
    told = used(())
    event = told.events[-1]
    assert isinstance(event, MovementBooked)
    assert [one.rule for one in event.remarks] == ["5.7"]
    gone = told.state.books[Account.OUTFLOW]
    assert (gone.known_kg, gone.emission_g, gone.partial_g) == (0, 0, 1928 * 4 * 1000)
    assert balanced(told.state)


# --- from seller to buyer ---


def sold(world: World, number: str, seller: str, kg: int, **more: Any) -> DocumentIssued:
    return world.sell(number, seller, kg, TODAY, **more)


@pytest.fixture
def world() -> World:
    made = World(TODAY)
    where = {"scope_id": "A", "member_id": "A", "stage": "aluminium", "day": TODAY}
    topics = ("responsible_sourcing", "anti_corruption", "human_rights", "conflict_affected_areas")
    made.send(
        "record_due_diligence",
        scope_id="A",
        member_id="A",
        supplier_id="YARD",
        topics=topics,
        performed_on=YEAR,
    )
    made.send(
        "receive_material",
        movement_id="IN",
        mass_kg=1000,
        origin="post_consumer_scrap",
        origin_ref="note-1",
        supplier_id="YARD",
        footprint=TOLD,
        **where,
    )
    made.send("ship_material", movement_id="OUT", mass_kg=1000, **where)
    made.settle()
    return made


def test_a_document_without_a_verified_result_tells_the_inputs_alone(world: World) -> None:
    told = sold(world, "D-1", "A", 100).supplement
    assert told.step is not None
    assert (told.step.how, told.step.reason) == ("unknown", "no-verified-result")
    assert (told.intensity_kgco2e_per_kg, told.inputs_kgco2e_per_kg) == (None, Decimal(4))
    assert (told.known_percent, told.at_least_kgco2e_per_kg) == (Decimal(0), Decimal(4))


def test_the_footprint_grows_with_each_step_and_nothing_is_counted_twice(world: World) -> None:
    for event in (*both(), *both("F-B", member="B")):
        world.tell(event, "ghg")
    world.settle()
    first = sold(world, "D-1", "A", 1000)
    told = first.supplement
    assert (told.intensity_kgco2e_per_kg, told.inputs_kgco2e_per_kg) == (4 + OWN, Decimal(4))
    world.send("confirm_document", number="D-1", member_id="B", received_kg=1000, received_on=TODAY)
    world.settle()
    where = {"scope_id": "B", "member_id": "B", "stage": "aluminium", "day": TODAY}
    world.send("ship_material", movement_id="OUT", mass_kg=1000, **where)
    world.settle()
    second = sold(world, "D-2", "B", 400)
    assert second.supplement.inputs_kgco2e_per_kg == 4 + OWN
    assert second.supplement.intensity_kgco2e_per_kg == 4 + OWN + OWN
    key = PoolKey(scope_id="B", stage=Stage.ALUMINIUM, period=YEAR)
    pool = world.pool(key)
    assert balanced(pool)
    came_in = 1000 * (4 + OWN) + 400 * OWN
    left = sum(grams(pool, one) for one in (Account.OUTPUT_COC, Account.OUTFLOW, Account.STOCK))
    assert left == came_in * 1000


def test_a_step_that_is_not_known_lowers_no_intensity_downstream(world: World) -> None:
    """A sells without a verified result; B's step is verified. B's metal is known in part."""
    sold(world, "D-1", "A", 1000)
    pool = world.pool(PoolKey(scope_id="A", stage=Stage.ALUMINIUM, period=YEAR))
    assert balanced(pool)
    for event in both("F-B", member="B"):
        world.tell(event, "ghg")
    where = {"scope_id": "B", "member_id": "B", "stage": "aluminium", "day": TODAY}
    world.send("confirm_document", number="D-1", member_id="B", received_kg=1000, received_on=TODAY)
    world.settle()
    world.send(
        "receive_material",
        movement_id="IN",
        mass_kg=1000,
        origin="non_coc",
        footprint={"intensity_kgco2e_per_kg": "16"},
        **where,
    )
    world.send("ship_material", movement_id="OUT", mass_kg=2000, **where)
    world.settle()
    second = sold(world, "D-2", "B", 400)
    told = second.supplement
    assert (told.intensity_kgco2e_per_kg, told.inputs_kgco2e_per_kg) == (None, None)
    assert (told.known_percent, told.known_part_kgco2e_per_kg) == (Decimal(50), 16 + OWN)
    assert told.at_least_kgco2e_per_kg == (16 + 4) / Decimal(2) + OWN
    assert second.carried.partial_kgco2e == 200 * (4 + OWN)
    at_b = world.pool(PoolKey(scope_id="B", stage=Stage.ALUMINIUM, period=YEAR))
    assert balanced(at_b)
    came_in = 1000 * (4 + 16) + 400 * OWN
    left = (at_b.books[one] for one in (Account.OUTPUT_COC, Account.OUTFLOW))
    assert sum(one.emission_g + one.partial_g for one in left) == came_in * 1000


def test_a_claim_without_a_known_step_is_given_back_to_the_gram(world: World) -> None:
    key = PoolKey(scope_id="A", stage=Stage.ALUMINIUM, period=YEAR)
    before = {account: held for account, held in world.pool(key).books.items() if any(held)}
    sold(world, "D-1", "A", 333)
    assert world.pool(key).books[Account.OUTPUT_COC].known_kg == 0
    sold(world, "D-2", "A", 100, replaces="D-1", correction_reason="weighed")
    world.send("withdraw_document", number="D-2", member_id="A", reason="mistake")
    world.settle()
    after = {account: held for account, held in world.pool(key).books.items() if any(held)}
    assert after == before


def test_what_is_withdrawn_takes_its_step_along(world: World) -> None:
    for event in both():
        world.tell(event, "ghg")
    world.settle()
    sold(world, "D-1", "A", 1000)
    world.send("withdraw_document", number="D-1", member_id="A", reason="mistake")
    world.settle()
    pool = world.pool(PoolKey(scope_id="A", stage=Stage.ALUMINIUM, period=YEAR))
    assert balanced(pool)
    assert grams(pool, Account.PROCESS) == 0
    assert grams(pool, Account.OUTFLOW) == 4_000_000
