"""Which documents would tell their step otherwise by now: verified results came, or were corrected,
after issue; or of other metal than was thought the step was in. What a document told and what it is
told otherwise is what one of never-wrong books tells."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from contracts.coc import OutputDesignated
from contracts.coc_documents import DocumentIssued
from contracts.custody import Material, PoolKey
from contracts.inventory import Scope, Step
from services.coc_ledger.accounting import step_shares
from services.coc_ledger.accounting.step_shares import GivenOff, Metal
from services.coc_ledger.pools.step_said import said_by
from services.coc_ledger.pools.told_otherwise import Claiming, claimed_here, kept_here
from services.coc_ledger.rows import PoolRow
from services.coc_ledger.told_again import told_again
from tests.rules.coc.results import CASTHOUSE, both, calculated, verified
from tests.rules.coc.test_own_emissions import OWN, TOLD
from tests.rules.coc.test_periods_and_orders import AFTER, KEY, TODAY, close, later
from tests.rules.coc.test_stepped import BOOKED, book, closed, sold, take_in, world_of_scrap
from tests.rules.coc.world import World

CAME = 4


def claims_in(world: World, pool: PoolRow) -> list[Claiming]:
    """As `told_again.claims_of`, of rows in memory."""
    rows = world.reader.row("documents", {"pool": pool.pool})
    own = [
        claimed_here(
            *(one.number, one.issued_on, one.mass_kg, one.state, one.elsewhere),
            one.material,
            one.carries,
        )
        for one in rows
    ]
    kept = world.reader.row("claim_parts", {"from_pool": pool.pool})
    parts = {one.number: (one.kg, one.carries) for one in kept}

    def rows_of(numbers: list[str]) -> dict[str, Any]:
        return {number: world.reader.row("documents", number) for number in numbers}

    return [*own, *kept_here(pool.pool, parts, rows_of)]


def otherwise(world: World, key: PoolKey = KEY) -> Mapping[str, Any] | None:
    """What the balance of a pool says."""
    row = world.reader.row("pools", key.key)
    return told_again(row, lambda pool: claims_in(world, pool), world.known())


def tell(world: World, *events: Any) -> None:
    for event in events:
        world.tell(event, "ghg")
    world.settle()


def shipped() -> World:
    """1,000 kg at 4 came, 600 kg left."""
    world = world_of_scrap()
    take_in(world, "IN", 1000)
    book(world, "ship_material", "OUT", mass_kg=600)
    return world


def corrected_result(result: int = 2) -> tuple[Any, Any]:
    """As the first, with 50 kt more of the cells."""
    more = (*CASTHOUSE[1:], (Step.ELECTROLYSIS, Scope.DIRECT, "210000000"))
    return calculated(result=result, totals=more), verified(result=result)


def would_tell(world: World, number: str) -> tuple[Decimal, Decimal, int]:
    """What a document told, and by how much otherwise: emissions of what is known, and in part; the
    mass that is known."""
    issued = world.documents()[number].issued
    assert issued is not None
    emission, partial = issued.carried.emission_kgco2e, issued.carried.partial_kgco2e
    known_kg = issued.carried.known_kg
    told = otherwise(world, issued.pool)
    for one in told["documents"] if told else ():
        if one["number"] == number:
            for more in (one, one["step"]):
                emission += more["emission_kgco2e"] if more else 0
                partial += more["partial_kgco2e"] if more else 0
                known_kg += more["known_kg"] if more else 0
    return emission, partial, known_kg


def tells(issued: DocumentIssued) -> tuple[Decimal, Decimal, int]:
    carried = issued.carried
    return carried.emission_kgco2e, carried.partial_kgco2e, carried.known_kg


def test_results_verified_after_issue_are_told_until_a_correction_takes_them() -> None:
    world = shipped()
    assert sold(world, "D-1", 300).carried.untold_kg == 300
    sold(world, "D-2", 300)
    assert otherwise(world) is None
    tell(world, *both())
    told = otherwise(world)
    assert told is not None
    assert [one["number"] for one in told["documents"]] == ["D-1", "D-2"]
    assert told["step"]["known_kg"] == 600
    assert told["step"]["emission_kgco2e"] == 600 * (CAME + OWN)
    assert told["step"]["partial_kgco2e"] == -600 * CAME
    assert told["emission_kgco2e"] == 0
    for number, old in (("D-3", "D-1"), ("D-4", "D-2")):
        foreseen = would_tell(world, old)
        again = sold(world, number, 300, replaces=old, correction_reason="verified")
        assert tells(again) == foreseen
    assert otherwise(world) is None


def test_a_verified_result_that_is_corrected_after_issue_is_told() -> None:
    world = shipped()
    tell(world, *both())
    sold(world, "D-1", 300)
    assert otherwise(world) is None
    tell(world, *corrected_result())
    told = otherwise(world)
    assert told is not None
    assert told["step"]["emission_kgco2e"] == 150
    assert told["step"]["known_kg"] == 0
    foreseen = would_tell(world, "D-1")
    assert tells(sold(world, "D-2", 300, replaces="D-1", correction_reason="result")) == foreseen
    assert otherwise(world) is None


def test_a_result_that_is_calculated_and_not_verified_tells_nothing_otherwise() -> None:
    world = shipped()
    tell(world, *both())
    sold(world, "D-1", 300)
    tell(world, corrected_result()[0])
    assert otherwise(world) is None


def test_a_withdrawn_document_is_named_no_more() -> None:
    world = shipped()
    sold(world, "D-1", 300)
    tell(world, *both())
    assert otherwise(world) is not None
    world.send("withdraw_document", number="D-1", member_id="A", reason="mistake")
    world.settle()
    assert otherwise(world) is None


def test_late_metal_that_is_known_and_its_step_are_told_as_never_wrong_books_tell_them() -> None:
    """500 kg of which nothing was known were half of the metal; then 1,000 kg come late."""
    worlds = world_of_scrap(), world_of_scrap()
    for world, late in zip(worlds, (True, False), strict=True):
        tell(world, *both())
        take_in(world, "IN", 500)
        book(world, "receive_material", "IN-2", mass_kg=500, origin="non_coc")
        if not late:
            take_in(world, "IN-3", 1000)
        day = world.today
        world.today = day.replace(day=day.day + 1)
        book(world, "ship_material", "OUT", mass_kg=800)
        sold(world, "D-1", 400)
        if late:
            scrap = {"origin": "post_consumer_scrap", "origin_ref": "n", "supplier_id": "YARD"}
            more = {"mass_kg": 1000, "footprint": TOLD, **scrap}
            book(world, "receive_material", "IN-3", day=day, **more)
    corrected, right = worlds
    issued = right.documents()["D-1"].issued
    assert issued is not None
    assert would_tell(corrected, "D-1") == tells(issued)
    told = otherwise(corrected)
    assert told is not None
    assert told["step"]["emission_kgco2e"] == 100 * OWN, "of 200 kg that are known, 300 are"


def test_of_other_metal_than_was_thought_the_step_was_in() -> None:
    """500 kg with the step in were sold; 500 kg without, of the same intensity, had come before: no
    average was told otherwise, but half of what was sold lacks the step."""
    world = closed()
    world.today = date(2027, 1, 12)
    book(world, "ship_material", "OUT-1", mass_kg=500)
    world.today = date(2027, 1, 13)
    assert sold(world, "D-1", 500).carried.stepped_kg == 500
    assert otherwise(world, later()) is None
    scrap = {"origin": "post_consumer_scrap", "origin_ref": "note-1", "supplier_id": "YARD"}
    same = {"footprint": {"intensity_kgco2e_per_kg": str(CAME + BOOKED)}, **scrap}
    book(world, "receive_material", "IN-1", day=date(2027, 1, 11), mass_kg=500, **same)
    told = otherwise(world, later())
    assert told is not None
    assert told["step"]["emission_kgco2e"] == 250 * OWN
    foreseen = would_tell(world, "D-1")
    again = sold(world, "D-2", 500, replaces="D-1", correction_reason="came-late")
    assert tells(again) == foreseen
    assert otherwise(world, later()) is None


def test_what_a_correction_keeps_of_a_closed_year_is_named_with_its_step() -> None:
    """It keeps what was told there, also where the results of that year are verified since."""
    world = shipped()
    sold(world, "D-1", 600)
    world.today = AFTER
    close(world)
    tell(world, *both())
    sold(world, "D-2", 500, replaces="D-1", correction_reason="weighed")
    told = otherwise(world)
    assert told is not None
    [one] = told["documents"]
    assert (one["number"], one["claimed_on"]) == ("D-2", TODAY)
    assert one["step"]["emission_kgco2e"] == 500 * (CAME + OWN)


def test_emissions_booked_by_hand_for_documents_that_knew_no_step_make_them_known() -> None:
    world = shipped()
    sold(world, "D-1", 600)
    book(world, "book_process_emissions", "STEP", emission_kgco2e="1000")
    right = world_of_scrap()
    take_in(right, "IN", 1000)
    book(right, "book_process_emissions", "STEP", emission_kgco2e="1000")
    book(right, "ship_material", "OUT", mass_kg=600)
    assert would_tell(world, "D-1") == tells(sold(right, "D-1", 600))


def test_where_the_same_results_say_it_no_document_is_looked_at() -> None:
    """Of a remelter's liquid metal they say nothing: that makes none of its ingots doubtful."""
    melt = ((Step.REMELTING, Scope.DIRECT, "400000"),)
    told_of = calculated(totals=melt, outputs=(("output.cast_metal", "1000"),), along=())
    world = shipped()
    tell(world, told_of, verified())
    step = sold(world, "D-1", 100).supplement.step
    assert step is not None
    assert (step.how, step.kgco2e_per_kg) == ("verified", Decimal("0.4"))

    def none(_: PoolRow) -> list[Claiming]:
        raise AssertionError("documents were read")

    assert told_again(world.reader.row("pools", KEY.key), none, world.known()) is None


def test_documents_of_an_earlier_division_of_the_same_results_are_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An earlier build spread the same emissions otherwise: over half as much metal."""
    world = shipped()
    tell(world, *both())
    sold(world, "D-1", 300)
    per_tonne = step_shares.per_tonne

    def doubled(material: Material, off: GivenOff, metal: Metal) -> Decimal:
        return 2 * (per_tonne(material, off, metal) or Decimal(0))

    with monkeypatch.context() as earlier:
        earlier.setattr(step_shares, "per_tonne", doubled)
        sold(world, "D-2", 300)
    told = otherwise(world)
    assert told is not None
    assert [one["number"] for one in told["documents"]] == ["D-2"]
    assert told["step"]["emission_kgco2e"] == -300 * OWN
    foreseen = would_tell(world, "D-2")
    assert tells(sold(world, "D-3", 300, replaces="D-2", correction_reason="spread")) == foreseen


def test_a_claim_that_tells_no_material_is_looked_at_where_results_say_several_things() -> None:
    """Older events tell the figure alone: of liquid metal it is another than of ingots."""
    world = shipped()
    tell(world, *both())
    sold(world, "D-1", 300)
    row = world.reader.row("pools", KEY.key)
    told = (one.event for one in world.desk.log)
    [claim] = [one for one in told if isinstance(one, OutputDesignated)]
    assert claim.step is not None
    older = claim.model_copy(update={"step": claim.step.model_copy(update={"material": None})})

    def looked_at(event: OutputDesignated) -> bool:
        found = list[str]()

        def documents(_: PoolRow) -> list[Claiming]:
            found.append("read")
            return []

        told_again(row._replace(said=said_by((), event)), documents, world.known())
        return bool(found)

    assert [looked_at(one) for one in (claim, older)] == [False, True]


def test_many_small_documents_are_named_as_one_large_one_is() -> None:
    """A corrected result adds 0.5 kg a kilogram: 5 kg to each of twenty, less than a kilogram of
    metal has of the step."""
    world = shipped()
    tell(world, *both())
    for number in range(20):
        sold(world, f"D-{number}", 10)
    sold(world, "D-200", 200)
    assert otherwise(world) is None
    tell(world, *corrected_result())
    told = otherwise(world)
    assert told is not None
    assert told["documents_count"] == 21
    assert told["step"]["emission_kgco2e"] == 200
    assert {one["step"]["emission_kgco2e"] for one in told["documents"]} == {5, 100}
